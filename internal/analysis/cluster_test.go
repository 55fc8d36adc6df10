package analysis

import (
	"math/rand/v2"
	"testing"
)

func TestLastContentWord(t *testing.T) {
	brand := func(w string) bool { return w == "velmora" }
	for term, want := range map[string]string{
		"water bottle":                  "bottle",
		"water bottle for the gym":      "gym",
		"water bottle 500ml":            "bottle",
		"water bottle 2 pack":           "bottle",
		"bottle velmora":                "bottle",
		"velmora":                       "velmora",
		"trinkflasche 1 liter":          "trinkflasche",
		"trinkflasche für die":          "trinkflasche",
		"bouteille d'eau":               "eau",
		"bouteille d’eau 1 l":           "eau",
		"lot de 2 gourdes":              "gourdes",
		"borraccia da 500 ml":           "borraccia",
		"botella de agua con tapa":      "tapa",
		"rat-trap":                      "rat-trap",
		"(tent)":                        "tent",
		"kids' tent":                    "tent",
		"mother's":                      "mother",
		"100 x 200":                     "200",
		"水筒 500ml":                      "水筒",
		"":                              "",
		"!!!":                           "",
		"tent xl":                       "tent",
		"schlafsack mit kapuze günstig": "kapuze",
	} {
		if got := lastContentWord(term, brand); got != want {
			t.Errorf("%q: %q, want %q", term, got, want)
		}
	}
}

func TestClusters(t *testing.T) {
	base := ClusterTerm{Term: "steel water bottle", Class: GenericTerm, Parent: "P1"}
	same := ClusterTerm{Term: "water bottle 1 litre", Class: GenericTerm, Parent: "P1"}
	if a, b := ClusterOf(base, nil), ClusterOf(same, nil); a.Key == "" || a != b || a.Word != "bottle" {
		t.Errorf("%+v, %+v", a, b)
	}
	for _, other := range []ClusterTerm{
		{Term: base.Term, Class: OwnBrandTerm, Parent: "P1"},
		{Term: base.Term, Class: GenericTerm, Parent: "P2"},
		{Term: "water flask", Class: GenericTerm, Parent: "P1"},
		{Term: base.Term, Class: GenericTerm, Parent: "P1", Chosen: "my bottles"},
	} {
		if ClusterOf(other, nil).Key == ClusterOf(base, nil).Key {
			t.Errorf("%+v is in the cluster of %+v", other, base)
		}
	}
	if c := ClusterOf(ClusterTerm{Term: "tent", Class: GenericTerm}, nil); c.Key != "" {
		t.Errorf("a cluster without own impressions: %+v", c)
	}
	if c := ClusterOf(ClusterTerm{Term: "tent", Class: GenericTerm, Chosen: "mine"}, nil); c != (Cluster{Key: "mine", Chosen: true}) {
		t.Errorf("a person's choice: %+v", c)
	}
}

func vocabulary(counts map[string]int) Vocabulary { return counts }

func TestClassesOfTerms(t *testing.T) {
	b := NewBrandWords([]string{"Quillbrook", "Nordhain Outdoor", "Velmora", "Kelm", "Bottlo"}, []string{"Berglund Trail", "Velmont"}, vocabulary(map[string]int{
		"quillbrook": 40, "quilbrok": 3, "quillbrok": 5, "quillbrooks": 2, "quilbrk": 1, "qillbrock": 1,
		"velmora": 30, "velmroa": 2, "velmara": 3, "velmont": 4, "velmra": 20, "velma": 1,
		"kelm": 10, "kelms": 1,
		"bottlo": 9, "bottle": 400, "bottled": 1, "botlo": 3,
	}))
	for term, want := range map[string]Class{
		"quillbrook tent":      OwnBrandTerm,
		"tent quillbrook's":    OwnBrandTerm,
		"quill brook tent":     OwnBrandTerm, // a space too many
		"nordhain outdoor mat": OwnBrandTerm,
		"nordhainoutdoor":      OwnBrandTerm,
		"nordhain mat":         GenericTerm, // half the name
		"outdoor nordhain":     GenericTerm,
		"quillbrok tent":       OwnBrandTerm, // one change
		"quilbrok tent":        OwnBrandTerm, // two of ten letters
		"quilbrk":              GenericTerm,  // three
		"qillbrock":            OwnBrandTerm,
		"velmroa":              OwnBrandTerm, // two letters swapped
		"velmara flask":        OwnBrandTerm,
		"velma":                GenericTerm,    // two changes of seven letters
		"velmra":               GenericTerm,    // as frequent as a word of the language
		"velmont flask":        CompetitorTerm, // a rival's name, however alike
		"velmora or velmont":   OwnBrandTerm,   // both: the shopper named you
		"kelm":                 OwnBrandTerm,
		"kelms":                GenericTerm, // too short to guess
		"bottle":               GenericTerm, // looks like bottlo, is a word
		"botlo":                OwnBrandTerm,
		"berglund trail tent":  CompetitorTerm,
		"trail tent":           GenericTerm,
		"tent":                 GenericTerm,
	} {
		if got := b.Class(term); got != want {
			t.Errorf("%q: %s, want %s", term, got, want)
		}
	}
	if got := b.Misspelt()["quilbrok"]; got != "quillbrook" {
		t.Errorf("quilbrok means %q", got)
	}
	if !b.Names("velmroa") || !b.Names("velmont") || b.Names("bottle") {
		t.Error("names")
	}
	var none *BrandWords
	if none.Class("quillbrook") != GenericTerm || none.Names("quillbrook") {
		t.Error("nobody's words have a class")
	}
}

func TestVocabularyCountsTermsNotUses(t *testing.T) {
	v := Vocabulary{}
	v.Add("tent for tent")
	v.Add("tent")
	if v["tent"] != 2 || v["for"] != 1 {
		t.Errorf("%v", v)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"abc", "xbc", 1}, {"abcd", "badc", 2}, {"größe", "grosse", 3}, {"", "ab", 2}, {"kitten", "sitting", 3}} {
		if got := distance(c.a, c.b, 9); got != c.want {
			t.Errorf("%s, %s: %d, want %d", c.a, c.b, got, c.want)
		}
	}
	// Symmetric, and a limit only cuts what is above it.
	r := rand.New(rand.NewPCG(9, 9))
	word := func() string {
		b := make([]byte, r.IntN(9))
		for i := range b {
			b[i] = byte('a' + r.IntN(3))
		}
		return string(b)
	}
	for range 3000 {
		a, b := word(), word()
		full := distance(a, b, 99)
		if distance(b, a, 99) != full {
			t.Fatalf("%s, %s: not symmetric", a, b)
		}
		for limit := range 4 {
			if got := distance(a, b, limit); min(got, limit+1) != min(full, limit+1) {
				t.Fatalf("%s, %s: %d with limit %d, %d without", a, b, got, limit, full)
			}
		}
	}
}

func TestBrandSuggestions(t *testing.T) {
	at := func(term string, own, market int64) TermPurchases {
		return TermPurchases{term, Sum{Own: own, Market: market, Cells: 1}}
	}
	e := BrandEvidence{
		Brands: []string{"Velmora", "Velmora", "Tarnholt", ""},
		Titles: []string{"Brinda Water Bottle", "Brinda Mug", "Brinda® Brush", "Other Thing"},
		Terms: []TermPurchases{
			at("velmora bottle", 90, 100), at("velmora mug", 40, 50),
			at("ostrevia bottle", 70, 100), at("ostrevia", 30, 40), // a brand that nobody has named
			at("kelmire tent", 5, 6), // too few to tell
			at("water bottle", 100, 5000), at("mug for travel", 50, 1000), at("pink bottle", 30, 900),
		},
		Known: []string{"TARNHOLT"},
	}
	got := SuggestBrandWords(e)
	var words []string
	for _, s := range got {
		words = append(words, s.Source+" "+s.Word)
	}
	want := []string{"products velmora", "titles brinda", "shares ostrevia"}
	if len(words) != len(want) {
		t.Fatalf("%v, want %v", words, want)
	}
	for i := range want {
		if words[i] != want[i] {
			t.Fatalf("%v, want %v", words, want)
		}
	}
	o := got[2]
	if o.Terms != 2 || !near(o.Share.V, 100./140, 1e-12) || o.Low < .55 || o.High > .84 || !near(o.Elsewhere, 315./7056, 1e-12) {
		t.Errorf("%+v", o)
	}
	if o.Explanation != "you get 71.43% of the market on 2 terms with it, 4.46% elsewhere" {
		t.Error(o.Explanation)
	}
}
