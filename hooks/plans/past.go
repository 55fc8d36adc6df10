package plans

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/analysis/halo"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
)

const (
	pastWeeks = 26
	proposed  = 20 // terms, where nobody names any
)

// refusal is what is wrong with what a person asked for.
type refusal string

func (r refusal) Error() string { return string(r) }

// past is the terms of a plan with what is stored of them.
type past struct {
	terms []halo.TestTerm
	ids   map[string]string // of each term, its opaque id
}

// past reads the terms that ids name, or those on which ads claim the most.
func (p *Plans) past(ctx context.Context, app core.App, account, marketplace string, ids []string) (*past, error) {
	words, err := portfolio.Load(app, account)
	if err != nil {
		return nil, err
	}
	out := &past{ids: map[string]string{}}
	err = p.store.Use(ctx, account, func(f *history.Facts) error {
		weeks, err := f.Weeks(ctx, marketplace)
		if err != nil {
			return err
		}
		if len(weeks) == 0 {
			return refusal(fmt.Sprintf("marketplace: no week is stored of %q.", marketplace))
		}
		newest := slices.Max(weeks)
		from := newest - (pastWeeks-1)*7
		chosen, err := chosenTerms(ctx, f, marketplace, ids, from, newest)
		if err != nil {
			return err
		}
		series, err := readSeries(ctx, f, marketplace, chosen, from, newest)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			slices.SortStableFunc(chosen, func(a, b int64) int { return cmp.Compare(series.orders[b], series.orders[a]) })
			chosen = chosen[:min(len(chosen), proposed)]
		}
		texts, err := f.TermTexts(ctx, chosen)
		if err != nil {
			return err
		}
		like, err := alike(ctx, f, words, marketplace, newest)
		if err != nil {
			return err
		}
		for _, id := range chosen {
			text, ok := texts[id]
			if !ok || series.weeks[id] == nil {
				return refusal("terms: one of them has no stored week in this marketplace.")
			}
			out.ids[text] = history.PublicTermID(marketplace, id)
			out.terms = append(out.terms, halo.TestTerm{Term: text, Like: like[id], Weeks: series.weeks[id]})
		}
		return nil
	})
	return out, err
}

// chosenTerms parses the ids, or lists what was advertised through the weeks.
func chosenTerms(ctx context.Context, f *history.Facts, marketplace string, ids []string, from, to clock.Day) (list []int64, err error) {
	if len(ids) == 0 {
		return f.AdvertisedTerms(ctx, marketplace, from, to, 8)
	}
	for _, text := range ids {
		market, id, ok := history.ParseTermID(text)
		if !ok || market != marketplace {
			return nil, refusal(fmt.Sprintf("terms: %q is no term of this marketplace.", text))
		}
		if slices.Contains(list, id) {
			return nil, refusal("terms: one of them is named twice.")
		}
		list = append(list, id)
	}
	return list, nil
}

// alike names what kind of term each of the newest week is: pairs are made of
// one class and one leading product.
func alike(ctx context.Context, f *history.Facts, words *portfolio.Portfolio, marketplace string, newest clock.Day) (map[int64]string, error) {
	like := map[int64]string{}
	err := f.Window(ctx, marketplace, []clock.Day{newest}, func(r history.WindowRow) error {
		product := words.Parent(marketplace, r.Lead)
		if product == "" {
			product = r.Lead
		}
		like[r.Term] = string(r.Class) + " " + product
		return nil
	})
	return like, err
}

// played reads the weeks of a test.
func (p *Plans) played(ctx context.Context, account, marketplace string, start clock.Day, d design) (weeks [][]halo.TestWeek, err error) {
	ids := make([]int64, 0, len(d.IDs))
	for _, text := range d.IDs {
		_, id, ok := history.ParseTermID(text)
		if !ok {
			return nil, fmt.Errorf("a test plan holds %q, which is no term", text)
		}
		ids = append(ids, id)
	}
	err = p.store.Use(ctx, account, func(f *history.Facts) error {
		s, err := readSeries(ctx, f, marketplace, ids, start, start+clock.Day(7*(d.Plan.Weeks-1)))
		if err != nil {
			return err
		}
		for _, id := range ids {
			weeks = append(weeks, s.weeks[id])
		}
		return nil
	})
	return weeks, err
}

// series are terms' weeks as tests compare them.
type series struct {
	weeks  map[int64][]halo.TestWeek // from the first week asked for on; of terms with any
	orders map[int64]int64           // that ads claim
}

func readSeries(ctx context.Context, f *history.Facts, marketplace string, ids []int64, from, to clock.Day) (*series, error) {
	s := &series{map[int64][]halo.TestWeek{}, map[int64]int64{}}
	var sales, orders int64
	err := f.TermSeries(ctx, marketplace, ids, from, to, func(w history.TermWeek) error {
		weeks := s.weeks[w.TermID]
		if weeks == nil {
			weeks = make([]halo.TestWeek, int(to-from)/7+1)
			s.weeks[w.TermID] = weeks
		}
		claimed := w.Ads.Orders1dSameSKU.V
		s.orders[w.TermID] += claimed
		sales += w.Ads.Sales7d.V
		orders += w.Ads.Orders7d.V
		weeks[int(w.Week-from)/7] = halo.TestWeek{
			Known:  w.Purchases.N.Valid && w.Purchases.X.Valid,
			Market: w.Purchases.N.V, Own: w.Purchases.X.V, Ads: claimed, Spend: float64(w.Ads.Cost.V) / 1e6,
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// What a purchase is worth: the average of those that ads brought. Without
	// any, sales are unknown, and so is what spend returned.
	price := math.NaN()
	if orders > 0 {
		price = float64(sales) / float64(orders) / 1e6
	}
	for _, weeks := range s.weeks {
		for i := range weeks {
			weeks[i].Sales = price * float64(weeks[i].Own)
		}
	}
	return s, nil
}
