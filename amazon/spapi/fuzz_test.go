package spapi

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/document"
)

// fuzzDocument holds a decoder to: no panic, a *DocumentError for every refusal,
// a summary that counts what was yielded, and the same answer the second time.
func fuzzDocument(f *testing.F, kind ReportType, row string, decode func(in []byte, want Expect, rows *int) (Summary, error)) {
	for _, rows := range [][]string{nil, {row}, {row, row}, {"{}"}, {"null"}} {
		f.Add([]byte(sqpDocument(kind, rows...)))
	}
	f.Add([]byte(`{"errorDetails":"x"}`))
	f.Add([]byte(sqpDocument(kind, strings.Replace(row, `"B000000001"`, `"b000000001"`, 1), row)))
	f.Fuzz(func(t *testing.T, in []byte) {
		rows := 0
		s, err := decode(in, week(t), &rows)
		var bad *DocumentError
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("%v is not a *DocumentError", err)
		}
		if err != nil {
			if text := err.Error(); len(text) > 700 || bad.Reason == "" {
				t.Fatalf("%q", text)
			}
			return
		}
		counted := 0
		for asin, n := range s.RowsByASIN {
			if counted += n; !isASIN(asin) || asin != strings.ToUpper(asin) {
				t.Fatalf("rows of %q", asin)
			}
		}
		if s.Rows != rows || counted != rows {
			t.Fatalf("%d rows, %d counted, %d by ASIN", rows, s.Rows, counted)
		}
		again := 0
		if s2, err := decode(in, week(t), &again); err != nil || again != rows || s2.Unit != s.Unit || s2.Duplicates != s.Duplicates {
			t.Fatalf("%+v, then %+v (%v)", s, s2, err)
		}
	})
}

// believable reports whether a count can be one; what is not known is 0.
func believable(n Count) bool {
	return n.V >= 0 && n.V <= document.MaxCount && (n.Valid || n.V == 0)
}

// priced reports whether a price can be one; what is not known is empty.
func priced(p Price) bool {
	return p.Valid && p.Micros >= 0 && isCurrency([]byte(p.Currency)) || p == Price{}
}

func FuzzDecodeSQP(f *testing.F) {
	fuzzDocument(f, SQP, usRow, func(in []byte, want Expect, rows *int) (Summary, error) {
		return DecodeSQP(bytes.NewReader(in), want, func(r *SQPRow) error {
			*rows++
			if r.Query == "" || len(r.Query) > maxQuery || !isASIN(r.ASIN) || r.Start != want.Start || r.End != want.End || !believable(r.Rank) || !believable(r.Volume) {
				return errors.New("a row that cannot be")
			}
			for _, s := range []Stage{r.Impressions, r.Clicks, r.CartAdds, r.Purchases} {
				for _, n := range []Count{s.Total, s.Own, s.SameDay, s.OneDay, s.TwoDay} {
					if !believable(n) || !priced(s.TotalPrice) || !priced(s.OwnPrice) {
						return errors.New("a stage that cannot be")
					}
				}
			}
			return nil
		})
	})
}

func FuzzDecodeSCP(f *testing.F) {
	fuzzDocument(f, SCP, scpRow, func(in []byte, want Expect, rows *int) (Summary, error) {
		return DecodeSCP(bytes.NewReader(in), want, func(r *SCPRow) error {
			*rows++
			for _, s := range []SCPStage{r.Impressions, r.Clicks, r.CartAdds, r.Purchases} {
				for _, n := range []Count{s.Count, s.SameDay, s.OneDay, s.TwoDay} {
					if !believable(n) || !priced(s.MedianPrice) || !priced(r.SearchSales) || !isASIN(r.ASIN) {
						return errors.New("a row that cannot be")
					}
				}
			}
			return nil
		})
	})
}

func FuzzFatalText(f *testing.F) {
	f.Add([]byte(`{"errorDetails":"x"}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		text, err := FatalText(bytes.NewReader(in))
		if err != nil && text != "" {
			t.Fatal("a text and an error")
		}
		Classify(text)
	})
}

func FuzzErrorBody(f *testing.F) {
	f.Add(429, []byte(`{"errors":[{"code":"QuotaExceeded","message":"m","details":""}]}`))
	f.Add(403, []byte(`<html>`))
	f.Add(400, []byte(`{"errors":{}}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := newError("op", &http.Response{StatusCode: status, Header: http.Header{}}, body)
		if text := e.Error(); len(text) > 3000 || strings.Contains(text, "Atzr|") {
			t.Fatalf("%q", text)
		}
		if e.class() == nil {
			t.Fatal("no class")
		}
	})
}
