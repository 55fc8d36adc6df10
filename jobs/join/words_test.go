package join

import (
	"testing"

	"halotrack.ai/halotrack/internal/history"
)

func TestBrandTermsContainTheBrandAsWords(t *testing.T) {
	class := classify([]string{"Halo", "Blue  Wave", ""})
	for _, c := range []struct {
		term string
		want history.Class
	}{
		{"halo bottle", history.BrandTerm}, {"halo-bottle", history.BrandTerm}, {"bottle", history.GenericTerm},
		{"halogen lamp", history.GenericTerm}, {"angelhalo", history.GenericTerm},
		{"blue wave flask", history.BrandTerm}, {"blue waves", history.GenericTerm},
	} {
		if got := class(c.term); got != c.want {
			t.Errorf("%q is %s, want %s", c.term, got, c.want)
		}
	}
}
