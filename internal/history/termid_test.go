package history

import "testing"

func TestTermIDsRoundTripAndNothingElsePasses(t *testing.T) {
	id := PublicTermID("ATVPDKIKX0DER", 123456)
	if market, key, ok := ParseTermID(id); !ok || market != "ATVPDKIKX0DER" || key != 123456 {
		t.Errorf("ParseTermID(%q) = %q, %d, %v", id, market, key, ok)
	}
	for _, bad := range []string{"", "x", id + "A", id[:len(id)-1], "QQ", PublicTermID("A", 1) + "="} {
		if _, _, ok := ParseTermID(bad); ok {
			t.Errorf("ParseTermID(%q) passed", bad)
		}
	}
}

func FuzzParseTermID(f *testing.F) {
	f.Add(PublicTermID("ATVPDKIKX0DER", 1))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if market, key, ok := ParseTermID(s); ok && PublicTermID(market, key) != s {
			t.Errorf("%q is another spelling of %q", s, PublicTermID(market, key))
		}
	})
}
