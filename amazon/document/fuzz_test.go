package document

import (
	"bytes"
	"encoding/json/jsontext"
	"errors"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"
)

func FuzzPlain(f *testing.F) {
	f.Add([]byte(`[1]`))
	f.Add(zipped(`{"a":[1,2]}`))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r, err := Plain(strings.NewReader(string(in)), 1<<16)
		if err != nil {
			return
		}
		if n, _ := io.Copy(io.Discard, r); n > 1<<16 {
			t.Fatalf("%d bytes got through", n)
		}
	})
}

// FuzzCursor holds the walk to what the JSON decoder accepted: no panic, and a
// value of any kind is consumed exactly.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{`{"a":{"b":[1,"x",null]},"c":1.5e3}`, `"a\u0041\"b"`, `[[],{},""]`, ` {"\ud83d\ude00":"é"} `, `-0.1E-2`, `{"a":{},"b":"","c":[{}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		raw := jsontext.Value(in)
		if !raw.IsValid() {
			return
		}
		c := NewCursor("/x")
		c.Reset(0, raw)
		c.Skip()
		if c.space(); c.err != nil || c.i != len(c.b) {
			t.Fatalf("skipped %d of %d bytes of %q: %v", c.i, len(c.b), in, c.err)
		}
		for _, read := range []func(){
			func() { c.Count() }, func() { c.Micros() }, func() { c.Ratio() }, func() { c.ID() }, func() { c.Text(10) }, func() { c.Texts(3, 10) },
			func() {
				for in := c.Object(); in && c.Member(); {
					for in := c.Object(); in && c.Member(); {
						c.Count()
					}
				}
			},
		} {
			c.Reset(1, raw)
			read()
			var bad *Error
			if err := c.Err(); err != nil && !errors.As(err, &bad) {
				t.Fatal(err)
			}
		}
	})
}

// FuzzScaled compares with exact rational arithmetic.
func FuzzScaled(f *testing.F) {
	for _, seed := range []string{"0", "19.99", "-1.5", "1e3", "12.0", "0.0000005", "9e18", "1000000000000.000001", "999999999999.9999999", "9223372036854.7758079", "0.0000007000000000000000000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, literal string) {
		v := jsontext.Value(literal)
		if len(literal) > 40 || !v.IsValid() || v.Kind() != '0' || strings.TrimSpace(literal) != literal {
			return
		}
		if i := strings.IndexAny(literal, "eE"); i >= 0 && len(literal)-i > 4 {
			return
		}
		got, exact, ok := Scaled([]byte(literal), 6)
		want, valid := new(big.Rat).SetString(literal)
		if !valid || !ok {
			return
		}
		diff := want.Sub(want.Mul(want, big.NewRat(1_000_000, 1)), new(big.Rat).SetInt64(got))
		if diff.Abs(diff).Cmp(big.NewRat(1, 2)) > 0 && got <= MaxMicros && got >= -MaxMicros {
			t.Fatalf("%s: %d is off by %s", literal, got, diff.FloatString(6))
		}
		if exact && diff.Sign() != 0 {
			t.Fatalf("%s: %d is not exact", literal, got)
		}
	})
}

// FuzzReader holds the walk over a document to the JSON decoder's judgement of
// it: what is walked to its end is valid, and no refusal lacks its reason.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"b":null}],"c":{"d":[[]]}}`, "\xef\xbb\xbf{}", `{"a":[1`, `{"a":1,"a":2}`, `{"a":1}{}`, `{"a":"\xff"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(strings.NewReader(string(in)))
		err := r.Open('{')
		for more := true; err == nil && more; {
			if _, more, err = r.Name(); err != nil || !more {
				break
			}
			if r.dec.PeekKind() != '[' {
				err = r.Skip()
				continue
			}
			if err = r.Open('['); err == nil {
				for inside := true; err == nil && inside; {
					_, inside, err = r.Element()
				}
			}
		}
		if err == nil {
			err = r.End()
		}
		var bad *Error
		switch valid := jsontext.Value(bytes.TrimPrefix(in, []byte("\xef\xbb\xbf"))).IsValid(); {
		case err == nil && !valid:
			t.Fatalf("%q was read to its end", in)
		case err != nil && (!errors.As(err, &bad) || bad.Reason == "" || len(err.Error()) > 500):
			t.Fatalf("%q: %v", in, err)
		}
	})
}

// FuzzRetryAfter holds the wait to 0 to 24 hours.
func FuzzRetryAfter(f *testing.F) {
	const date = "Sun, 15 Nov 2026 12:00:00 GMT"
	for _, seed := range []string{"42", "1.5", "1e400", "NaN", "-0x1p-2", "9223372036854775808", date} {
		f.Add(seed, date)
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		if d := RetryAfter(http.Header{"Retry-After": {value}, "Date": {date}}); d < 0 || d > 24*time.Hour {
			t.Fatalf("%q at %q: %s", value, date, d)
		}
	})
}
