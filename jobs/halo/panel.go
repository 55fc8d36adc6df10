package halo

import (
	"cmp"
	"context"
	"math"
	"slices"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/analysis/halo"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
)

const (
	mostWeeks = 104  // two years
	mostTerms = 4000 // those with the most organic clicks; the models gain little from more
)

// panelRead is a panel and what it was read from.
type panelRead struct {
	panel           *halo.Panel
	from            clock.Day
	searched, whole int
	scope           analysis.Scope
}

// reading is a panel under way.
type reading struct {
	facts         *history.Facts
	portfolio     *portfolio.Portfolio
	marketplace   string
	from, through clock.Day
	terms         []int64 // ids, in the panel's order
	at            map[int64]int
	leads         []string // of each term, the ASIN with the most own impressions
	unit          float64  // micros that count as 1 of spend
	cells         [][]history.TermWeek
	panel         *halo.Panel
}

// readPanel reads the settled weeks up to through.
func readPanel(ctx context.Context, f *history.Facts, p *portfolio.Portfolio, market string, through clock.Day) (*panelRead, error) {
	r := &reading{facts: f, portfolio: p, marketplace: market, through: through, at: map[int64]int{}, panel: &halo.Panel{}}
	currency := ""
	if m, ok := marketplace.ByID(market); ok {
		currency = m.Currency
	}
	// Log spend depends on the unit where spend is small: one is about a dollar.
	r.unit = float64(analysis.WasteFloorMicros(currency)) / 25
	weeks, err := f.Weeks(ctx, market)
	if err != nil {
		return nil, err
	}
	weeks = slices.DeleteFunc(weeks, func(w clock.Day) bool { return w > through || w <= through-mostWeeks*7 })
	slices.Sort(weeks)
	r.from = weeks[0]
	out := &panelRead{panel: r.panel, from: r.from, searched: len(weeks)}
	if r.panel.Ads, err = r.wholeWeeks(ctx); err != nil {
		return nil, err
	}
	for _, ads := range r.panel.Ads {
		if ads {
			out.whole++
		}
	}
	steps := []func(context.Context, []clock.Day) error{r.choose, r.series, r.fill, r.serving, r.stock}
	if out.whole >= halo.MinWeeks {
		steps = append(steps, r.prices) // dear to read, and nothing is estimated before
	}
	for _, step := range steps {
		if err := step(ctx, weeks); err != nil {
			return nil, err
		}
	}
	out.scope = r.applyScope()
	return out, nil
}

// week is a day's index in the panel.
func (r *reading) week(d clock.Day) int { return int(d-r.from) / 7 }

// wholeWeeks says of each week whether the search-term reports of every profile
// are stored for all its days: only then is a term without a row one without
// ads. Reports of sponsored brands count from the first one on.
func (r *reading) wholeWeeks(ctx context.Context) ([]bool, error) {
	whole := make([]bool, r.week(r.through)+1)
	profiles, err := r.facts.Profiles(ctx)
	if err != nil {
		return nil, err
	}
	days, want := make([]int, len(whole)), make([]int, len(whole))
	for _, p := range profiles {
		if p.Marketplace != r.marketplace {
			continue
		}
		for _, t := range []ads.ReportType{ads.SPSearchTerm, ads.SBSearchTerm} {
			cells, err := r.facts.AdCoverage(ctx, p.ID, t, r.from, r.through.WeekEnd())
			if err != nil {
				return nil, err
			}
			if len(cells) == 0 && t == ads.SBSearchTerm {
				continue
			}
			for w := range want {
				want[w] += 7
			}
			for _, c := range cells {
				if c.State != history.NotPublished {
					days[r.week(c.Date.Week())]++
				}
			}
		}
	}
	for w := range whole {
		whole[w] = want[w] > 0 && days[w] == want[w]
	}
	return whole, nil
}

// choose picks the terms whose shares the models can follow, and those that
// were advertised, with their leading products.
func (r *reading) choose(ctx context.Context, weeks []clock.Day) error {
	type tally struct {
		listed, organic, own int64
	}
	type lead struct {
		term int64
		asin string
	}
	sums, shown := map[int64]*tally{}, map[lead]int64{}
	err := r.facts.Window(ctx, r.marketplace, weeks, func(row history.WindowRow) error {
		if !row.Clicks.X.Valid {
			return nil
		}
		s := sums[row.Term]
		if s == nil {
			s = new(tally)
			sums[row.Term] = s
		}
		s.listed++
		s.organic += row.OrganicClicks.V
		s.own += row.Clicks.X.V
		if row.Lead != "" {
			shown[lead{row.Term, row.Lead}] += row.LeadImpressions.V
		}
		return nil
	})
	if err != nil {
		return err
	}
	advertised, err := r.facts.AdvertisedTerms(ctx, r.marketplace, r.from, r.through, halo.Lags)
	if err != nil {
		return err
	}
	withAds := map[int64]bool{}
	for _, id := range advertised {
		withAds[id] = true
	}
	for id, s := range sums {
		if s.listed >= 2*halo.Lags && (s.organic >= 5*s.listed || withAds[id]) {
			r.terms = append(r.terms, id)
		}
	}
	slices.SortFunc(r.terms, func(a, b int64) int {
		return cmp.Or(cmp.Compare(sums[b].own, sums[a].own), cmp.Compare(a, b))
	})
	r.terms = r.terms[:min(len(r.terms), mostTerms)]
	slices.Sort(r.terms)
	most := make([]int64, len(r.terms))
	r.leads = make([]string, len(r.terms))
	for i, id := range r.terms {
		r.at[id] = i
	}
	for l, n := range shown {
		i, ok := r.at[l.term]
		if ok && (n > most[i] || n == most[i] && (r.leads[i] == "" || l.asin < r.leads[i])) {
			most[i], r.leads[i] = n, l.asin
		}
	}
	return nil
}

// series reads the chosen terms week by week into the panel's shape.
func (r *reading) series(ctx context.Context, _ []clock.Day) error {
	r.cells = make([][]history.TermWeek, len(r.terms))
	for i := range r.cells {
		r.cells[i] = make([]history.TermWeek, len(r.panel.Ads))
	}
	return r.facts.TermSeries(ctx, r.marketplace, r.terms, r.from, r.through, func(w history.TermWeek) error {
		r.cells[r.at[w.TermID]][r.week(w.Week)] = w
		return nil
	})
}

// fill turns rows into what the models read.
func (r *reading) fill(context.Context, []clock.Day) error {
	for i := range r.terms {
		product := r.portfolio.Parent(r.marketplace, r.leads[i])
		if product == "" {
			product = r.leads[i]
		}
		term := halo.Term{Product: product, Weeks: make([]halo.Week, len(r.panel.Ads))}
		for t := range term.Weeks {
			c, w := &r.cells[i][t], &term.Weeks[t]
			w.PriceGap = math.NaN()
			w.Spend = float64(c.Ads.Cost.V) / r.unit
			if c.TermID == 0 {
				continue
			}
			if c.Clicks.N.Valid && c.Clicks.X.Valid && c.OrganicClicks.Valid {
				w.Clicks = halo.Clicks{Known: true, Market: c.Clicks.N.V, Organic: c.OrganicClicks.V, Ads: c.Clicks.X.V - c.OrganicClicks.V}
			}
			// Where sponsored brands had clicks, not all that ads claim is known.
			if c.Purchases.N.Valid && c.Purchases.X.Valid && c.Ads.SBClicks.V == 0 {
				w.Purchases = halo.Purchases{Known: true, Market: c.Purchases.N.V, Own: c.Purchases.X.V, Ads: c.Ads.Orders1dSameSKU.V}
			}
		}
		r.panel.Terms = append(r.panel.Terms, term)
	}
	return nil
}

// applyScope asks whether search counts hold the clicks on ads; where they do
// not, all own clicks of search are organic.
func (r *reading) applyScope() analysis.Scope {
	var cells []analysis.ScopeCell
	for i := range r.cells {
		for t := range r.cells[i] {
			c := &r.cells[i][t]
			if r.panel.Ads[t] && c.TermID != 0 && c.Clicks.N.Valid && c.Clicks.X.Valid {
				cells = append(cells, analysis.ScopeCell{Term: c.TermID, Week: t, MarketClicks: c.Clicks.N.V, OwnClicks: c.Clicks.X.V, AdClicks: c.Ads.Clicks.V})
			}
		}
	}
	scope := analysis.TestScope(cells).Scope
	if scope == analysis.ScopeExcluded {
		for i := range r.panel.Terms {
			for t := range r.panel.Terms[i].Weeks {
				if c, w := &r.cells[i][t], &r.panel.Terms[i].Weeks[t]; c.Clicks.N.Valid && c.Clicks.X.Valid && c.TermID != 0 {
					w.Clicks = halo.Clicks{Known: w.Clicks.Known || c.Split == history.Unknown, Market: c.Clicks.N.V, Organic: c.Clicks.X.V}
				}
			}
		}
	}
	return scope
}

func (r *reading) prices(ctx context.Context, weeks []clock.Day) error {
	for _, week := range weeks {
		list, err := r.facts.TermPrices(ctx, r.marketplace, week, r.terms)
		if err != nil {
			return err
		}
		for _, p := range list {
			if gap := p.Gap(); gap.Valid {
				r.panel.Terms[r.at[p.TermID]].Weeks[r.week(week)].PriceGap = gap.V
			}
		}
	}
	return nil
}

func (r *reading) serving(ctx context.Context, _ []clock.Day) error {
	list, err := r.facts.ServingDays(ctx, r.marketplace, r.from, r.through.WeekEnd())
	if err != nil {
		return err
	}
	for _, s := range list {
		i, ok := r.at[s.TermID]
		if !ok {
			continue
		}
		if r.panel.Terms[i].Weeks[r.week(s.Week)].Serving, err = halo.ServingDays(s.Served, s.Days); err != nil {
			return err
		}
	}
	return nil
}

// stock takes out the weeks in which a term's leading product could not be sold.
func (r *reading) stock(ctx context.Context, _ []clock.Day) error {
	var entries []history.StockEntry
	for _, e := range r.portfolio.Events(r.marketplace) {
		if e.Kind == portfolio.StockOut || e.Kind == portfolio.InStock {
			entries = append(entries, history.StockEntry{ASIN: e.ASIN, From: e.From, To: e.To, Out: e.Kind == portfolio.StockOut})
		}
	}
	out, err := r.facts.StockWeeks(ctx, r.marketplace, r.from, r.through, entries...)
	if err != nil {
		return err
	}
	led := map[string][]int{}
	for i, asin := range r.leads {
		led[asin] = append(led[asin], i)
	}
	for _, s := range out {
		for _, i := range led[s.ASIN] {
			w := &r.panel.Terms[i].Weeks[r.week(s.Week)]
			w.Clicks.Known, w.Purchases.Known = false, false
			r.cells[i][r.week(s.Week)].TermID = 0
		}
	}
	return nil
}
