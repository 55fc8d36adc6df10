package history

import (
	"encoding/base64"
	"errors"
	"testing"
)

// FuzzTermsQuery holds a page of terms, whatever a request asks for, to: no
// panic, no error but ErrQuery, no more rows than the search matches, and a
// cursor that its own query takes back.
func FuzzTermsQuery(f *testing.F) {
	facts := termsWeek(f)
	for _, at := range []string{`{"s":2,"d":true,"i":400,"n":3}`, `{"s":0,"t":"water","n":1}`, `{"s":11,"r":0.5,"n":-1}`, `{"s":2,"d":true,"i":1,"r":2,"t":"x","n":9e18}`, `{"s":99}`, `[]`} {
		f.Add("water", "-volume", base64.RawURLEncoding.EncodeToString([]byte(at)))
	}
	f.Add("a\x00b%_'\"", "term", "")
	f.Add("ﬁ\xff", "--volume", "=")
	f.Fuzz(func(t *testing.T, search, sort, cursor string) {
		q := TermsQuery{Marketplace: us, Week: week, Search: search, Sort: sort, Cursor: cursor, Limit: 5}
		page, next, total, err := facts.Terms(t.Context(), q)
		if err != nil {
			if !errors.Is(err, ErrQuery) {
				t.Fatal(err)
			}
			return
		}
		if len(page) > min(5, total) || next != "" && len(page) != 5 {
			t.Fatalf("%d rows of %d, then %q", len(page), total, next)
		}
		if next == "" {
			return
		}
		q.Cursor = next
		if _, _, _, err := facts.Terms(t.Context(), q); err != nil {
			t.Fatalf("its own cursor: %v", err)
		}
	})
}
