package waitlist

import "testing"

func TestWhatNobodyShouldPaste(t *testing.T) {
	for _, text := range []string{
		"my password is hunter22", "Passwort: geheim123", "pwd=Tr0ub4dor&3", "login: anna/geheim",
		"Atzr|IwEBIJ4v3rYl0ngRefreshToken", "amzn1.oa2-cs.v1.0a1b2c3d", "AKIAIOSFODNN7EXAMPLE",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIE", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.x",
		"ht_4fG7kLm9Qw2Er5Ty8Ui1Op3", "here: wJalrXUtnFEMI7K7MDENGbPxRfiCYzEXAMPLEKEY", "client secret = abcdefgh12345678",
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	} {
		if LooksSecret(text) == "" {
			t.Errorf("%q passes", text)
		}
	}
	for _, text := range []string{
		"", "We sell bamboo cutting boards in the US and Germany.", "I forgot my password for Seller Central once.",
		"https://www.amazon.com/stores/page/0A1B2C3D-4E5F-6789-ABCD-EF0123456789", "ASINs B0ABCDEFGH, B0ABCDEFGI and 40 more",
		"Tel. +44 20 7946 0958, Donaudampfschifffahrtsgesellschaftskapitän", "We’d like to see query-level-click-share-by-marketplace.",
		"Do you keep tokens? Is the API key encrypted?",
	} {
		if what := LooksSecret(text); what != "" {
			t.Errorf("%q is taken for %s", text, what)
		}
	}
}

func FuzzLooksSecret(f *testing.F) {
	f.Add("password: x")
	f.Fuzz(func(t *testing.T, text string) {
		if LooksSecret(text) == "" && LooksSecret(text+" Atzr|IwEBI") == "" {
			t.Errorf("a token behind %q passes", text)
		}
	})
}
