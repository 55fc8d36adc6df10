package document

import (
	"encoding/json/jsontext"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"
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
	for _, seed := range []string{"0", "19.99", "-1.5", "1e3", "12.0", "0.0000005", "9e18"} {
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
		if diff.Abs(diff).Cmp(big.NewRat(1, 2)) > 0 && !(exact == false && diff.Cmp(big.NewRat(501, 1000)) < 0) {
			t.Fatalf("%s: %d is off by %s", literal, got, diff.FloatString(6))
		}
		if exact && diff.Sign() != 0 {
			t.Fatalf("%s: %d is not exact", literal, got)
		}
	})
}
