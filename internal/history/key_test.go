package history

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestNormaliseKey(t *testing.T) {
	for term, want := range map[string]string{
		"water bottle":       "water bottle",
		"  Water   Bottle\t": "water bottle",
		"rat-trap":           "rat-trap",
		"ＷＡＴＥＲ":              "water",
		"cafe\u0301":         "caf\u00e9",
		"水筒\u3000保温":         "水筒 保温",
		"a\u00a0b":           "a b",
		"":                   "",
		"   ":                "",
		"100%":               "100%",
		"STRASSE":            "strasse",
	} {
		if got := NormaliseKey(term); got != want {
			t.Errorf("%q becomes %q, want %q", term, got, want)
		}
	}
}

func FuzzNormaliseKey(f *testing.F) {
	for _, s := range []string{"Water  Bottle", "İstanbul", "ﬁ", "ǅ", "\xff", "a\u0301\u0323", "K", "ẞ", " \u200b x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		key := NormaliseKey(s)
		if again := NormaliseKey(key); again != key {
			t.Errorf("%q becomes %q becomes %q", s, key, again)
		}
		if strings.Contains(key, "  ") || strings.TrimSpace(key) != key {
			t.Errorf("%q becomes %q: spaces", s, key)
		}
		if utf8.ValidString(s) && !utf8.ValidString(key) {
			t.Errorf("%q becomes %q: not UTF-8", s, key)
		}
	})
}
