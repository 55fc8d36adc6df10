package halo

import (
	"encoding/json"
	"strings"
	"testing"
)

// analytics.md §4.7, acceptance test 11.
func TestDisplacementIsUnbiasedAndCovers(t *testing.T) {
	for _, c := range []struct {
		name        string
		world       saleWorld
		short, full int
	}{
		{"all displaced", saleWorld{terms: 100, weeks: 52, theta: 0}, 30, 1000},
		{"four in ten new", saleWorld{terms: 100, weeks: 52, theta: .4}, 30, 1000},
		{"all new", saleWorld{terms: 100, weeks: 52, theta: 1}, 30, 1000},
		{"more than ads claim", saleWorld{terms: 100, weeks: 52, theta: 1.3}, 30, 1000},
		{"20 terms", saleWorld{terms: 20, weeks: 52, theta: .4}, 30, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			var m, ols tally
			for seed := range runs(c.short, c.full) {
				rng := random(uint64(seed))
				d := fitDisplacement(c.world.panel(uint64(seed)), rng)
				m.add(d.estimate, c.world.theta)
				ols.add(*d.ols(), c.world.theta)
			}
			t.Logf("mean %.4f (sd %.4f), coverage %.3f of %d runs; without instrument mean %.4f, coverage %.3f", m.mean(), m.sd(), m.coverage(), m.n, ols.mean(), ols.coverage())
			between(t, "the bias", m.mean()-c.world.theta, -.01-m.slack(), .01+m.slack())
			m.covers(t, .93, .98)
			if ols.mean() < c.world.theta+.05 {
				t.Errorf("without the instrument the mean is %.3f: the world has no common demand to mislead by", ols.mean())
			}
		})
	}
}

func TestDisplacementGates(t *testing.T) {
	byClicks := func(p *Panel) *Panel { // an instrument made of ad purchases, passed off as days
		for q := range p.Terms {
			for i := range p.Terms[q].Weeks {
				w := &p.Terms[q].Weeks[i]
				w.Serving = Serving{uint8(min(w.Purchases.Ads/2, 7)), 7}
			}
		}
		return p
	}
	unclaimed := func(p *Panel) *Panel {
		for q := range p.Terms {
			for i := range p.Terms[q].Weeks {
				p.Terms[q].Weeks[i].Purchases.Ads = int64((q*7 + i*13) % 11)
			}
		}
		return p
	}
	whole := saleWorld{terms: 60, weeks: 52, theta: .4}
	for _, c := range []struct {
		name  string
		panel *Panel
		gate  string // "": a number
	}{
		{"planted", whole.panel(1), ""},
		{"campaigns never stop", saleWorld{terms: 60, weeks: 52, theta: .4, steady: true}.panel(1), "switches"},
		{"11 terms", saleWorld{terms: 11, weeks: 52, theta: .4}.panel(1), "groups"},
		{"25 weeks", saleWorld{terms: 60, weeks: 25, theta: .4}.panel(1), "weeks"},
		{"an instrument of what shoppers do", byClicks(whole.panel(1)), "on_off"},
		{"switching moves no claimed purchases", unclaimed(whole.panel(1)), "instrument"},
		{"campaigns stop after poor weeks", saleWorld{terms: 60, weeks: 52, theta: .4, follow: 1}.panel(1), "ahead"},
		{"nothing", &Panel{}, "groups"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Displacement(c.panel, Options{})
			if _, err := json.Marshal(r); err != nil {
				t.Fatal(err)
			}
			failed := ""
			for _, g := range r.Gates {
				if !g.Passed && failed == "" || g.Name == c.gate && !g.Passed {
					failed = g.Name
				}
			}
			if failed != c.gate || (r.Estimate == nil) != (c.gate != "") {
				t.Fatalf("gate %q, want %q: %+v", failed, c.gate, r)
			}
			if c.gate == "" {
				if e := r.Estimate; !(e.Low < .4 && .4 < e.High) || !strings.Contains(r.Text, "associated with") {
					t.Errorf("%+v, %s", *e, r.Text)
				}
			} else if !strings.HasPrefix(r.Text, "Displacement is not identified from your data, because ") {
				t.Error(r.Text)
			}
		})
	}
}

// Only days of a week make an instrument: neither clicks nor spend fit.
func TestOnlyDaysAreAnInstrument(t *testing.T) {
	for _, c := range []struct {
		days, of int
		ok       bool
	}{{0, 7, true}, {7, 7, true}, {3, 5, true}, {8, 7, false}, {40, 40, false}, {-1, 7, false}, {0, 0, false}, {5, 3, false}} {
		s, err := ServingDays(c.days, c.of)
		if (err == nil) != c.ok || s.Known() != c.ok {
			t.Errorf("%d of %d days: %v, %v", c.days, c.of, s, err)
		}
	}
	if (Serving{}).Known() {
		t.Error("nothing stored is known")
	}
}
