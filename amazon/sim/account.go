package sim

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"halotrack.ai/halotrack/amazon/marketplace"
)

type product struct {
	info       ProductInfo
	family     int
	cents      int64
	popularity float64
	relevance  float64 // part of the family's searches it appears in
	dormant    bool    // hardly found at all
}

type account struct {
	spec     AccountSpec
	seed     uint64
	niche    niche
	brand    string
	words    []string
	rivals   []string
	products []product
	markets  map[string]*market // by marketplace id
	order    []string           // marketplace ids as configured
}

const asinAlphabet = "0123456789BCDFGHJKLMNPQRSTVWXYZ"

func asinFrom(h uint64) string {
	b := []byte("B0")
	for range 8 {
		b = append(b, asinAlphabet[h%uint64(len(asinAlphabet))])
		h /= uint64(len(asinAlphabet))
	}
	return string(b)
}

func newAccount(w *World, index int, spec AccountSpec) *account {
	a := &account{
		spec: spec, seed: mix(uint64(w.cfg.Seed), uint64(index), hashString(spec.Name)),
		niche: niches[index%len(niches)], rivals: competitors[index%len(competitors)],
		brand: brands[index%len(brands)], markets: map[string]*market{},
	}
	if n := index / len(brands); n > 0 {
		a.brand = fmt.Sprintf("%s%c", a.brand, 'a'+n-1)
	}
	b := []byte(strings.ToLower(a.brand))
	b[len(b)-2], b[len(b)-3] = b[len(b)-3], b[len(b)-2]
	a.words = []string{strings.ToLower(a.brand), string(b)}
	a.makeProducts(cmp.Or(spec.ASINs, w.cfg.ASINs))
	for _, c := range spec.Countries {
		if place, ok := marketplace.ByCountry(c); ok && a.markets[place.ID] == nil {
			a.order = append(a.order, place.ID)
			a.markets[place.ID] = newMarket(w, a, place)
		}
	}
	return a
}

func (a *account) makeProducts(n int) {
	d := newDice().seed(a.seed, 7)
	colours := []string{"Black", "Ocean Blue", "Sage", "Rose", "Sand"}
	parents := map[int]string{}
	siblings := map[int]int{}
	for i := range n {
		f := i % len(a.niche.families)
		if i >= len(a.niche.families) { // the first families have more
			f = int(float64(len(a.niche.families)) * d.Float64() * d.Float64())
		}
		if siblings[f]%3 == 0 {
			parents[f] = asinFrom(mix(a.seed, 8, uint64(i)))
		}
		colour := colours[siblings[f]%len(colours)]
		siblings[f]++
		fam := a.niche.families[f]
		p := product{
			family: f, cents: int64(float64(fam.price) * d.between(.85, 1.25)),
			popularity: math.Pow(float64(i)+1, -.7), relevance: d.between(.15, .6),
			dormant: n >= 10 && i >= n-2,
			info: ProductInfo{
				ASIN: asinFrom(mix(a.seed, 9, uint64(i))), Parent: parents[f], Brand: a.brand, Family: fam.name,
				SKU:         fmt.Sprintf("%s-%03d", strings.ToUpper(a.brand[:3]), i+1),
				Title:       fmt.Sprintf("%s %s, %s", a.brand, fam.name, colour),
				PriceMicros: map[string]int64{},
				Margin:      .25 + .01*float64(mix(a.seed, 10, uint64(i))%26),
			},
		}
		if p.dormant {
			p.relevance = .02
		}
		a.products = append(a.products, p)
	}
}

// leader is the most popular product of a family.
func (a *account) leader(family int) int {
	for i, p := range a.products {
		if p.family == family && !p.dormant {
			return i
		}
	}
	return 0
}
