package audit

import (
	"context"
	"fmt"
	"math"
	"slices"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/portfolio"
)

// product is what the product table says of an ASIN.
func (w *window) product(asin string) analysis.Product {
	p := analysis.Product{Parent: w.portfolio.Parent(w.marketplace, asin)}
	p.Margin, p.Assumed = w.portfolio.Margin(w.marketplace, asin)
	if x, ok := w.portfolio.Product(w.marketplace, asin); ok {
		p.PriceMicros = x.Price.V
	}
	return p
}

// moved tells which terms a person put into another cluster.
func (w *window) moved() map[string]string {
	out := map[string]string{}
	for term, cluster := range w.portfolio.Clusters(w.marketplace) {
		out[shown(term)] = cluster
	}
	return out
}

// status adds the week's spend and what is known of its coverage.
func (w *window) status(ctx context.Context, m *analysis.Market, now history.WeekTotal) error {
	if s := now.Spend; s.Days > 0 {
		m.SpendMicros = s.Cost
		m.AdsDays, m.AdsDaysWanted = int(s.Days), int(s.WantDays)
		if s.State != "" {
			m.State = analysis.Least(m.State, analysis.State(s.State))
		}
	}
	buckets, err := w.facts.Buckets(ctx, w.marketplace, now.Week)
	if err != nil {
		return err
	}
	for _, b := range buckets {
		m.UntermedMicros += b.Ads.Cost.V
	}
	cells, err := w.facts.SQPCoverage(ctx, w.marketplace, history.Week, now.Week, now.Week.WeekEnd())
	if err != nil {
		return err
	}
	for _, c := range cells {
		if c.Start != now.Week {
			continue
		}
		switch c.State {
		case history.Complete:
			m.Cells.Stored++
		case history.Truncated:
			m.Cells.Truncated++
		case history.Empty:
			m.Cells.Empty++
		case history.NotPublished:
			m.Cells.Unavailable++
		}
	}
	return nil
}

// stock adds the weeks in which products were out of stock.
func (w *window) stock(ctx context.Context, m *analysis.Market, s span) error {
	first := s.now.Week
	for _, weeks := range [][]clock.Day{s.baseline, s.settled} {
		if len(weeks) > 0 {
			first = min(first, weeks[0])
		}
	}
	var entries []history.StockEntry
	for _, e := range w.portfolio.Events(w.marketplace) {
		if e.Kind == portfolio.StockOut || e.Kind == portfolio.InStock {
			entries = append(entries, history.StockEntry{ASIN: e.ASIN, From: e.From, To: e.To, Out: e.Kind == portfolio.StockOut})
		}
	}
	weeks, err := w.facts.StockWeeks(ctx, w.marketplace, first, s.now.Week, entries...)
	if err != nil {
		return err
	}
	m.Out = make(map[analysis.Absence]bool, len(weeks))
	for _, x := range weeks {
		m.Out[analysis.Absence{ASIN: x.ASIN, Week: x.Week.String()}] = true
	}
	return nil
}

// missing adds what is known of the terms that are no longer listed.
func (w *window) missing(ctx context.Context, m *analysis.Market, s span) error {
	names := m.Missing()
	if len(names) == 0 {
		return nil
	}
	cuts, err := w.facts.Cutoffs(ctx, w.marketplace, s.now.Week)
	if err != nil {
		return err
	}
	m.Cuts = make(map[string]analysis.Cut, len(cuts))
	for _, c := range cuts {
		cut := analysis.Cut{Known: true}
		if c.Truncated {
			cut.Least = c.Least
		}
		m.Cuts[c.ASIN] = cut
	}
	ids := make([]int64, len(names))
	for i, name := range names {
		ids[i] = w.ids[name]
	}
	sellers, err := w.facts.TermSellers(ctx, w.marketplace, ids, s.baseline)
	if err != nil {
		return err
	}
	m.Sellers = make(map[string][]string, len(sellers))
	for id, asins := range sellers {
		m.Sellers[w.texts[id]] = asins
	}
	return nil
}

// maxWatched is the longest watch list: with more, false drifts would add up.
const maxWatched = 200

// autoWatched is how many terms are watched where nobody has chosen any.
const autoWatched = 50

// watch adds the series of the watch list: what people put on it, else the
// terms with most own purchases over the baseline.
func (w *window) watch(ctx context.Context, m *analysis.Market, week clock.Day) error {
	terms := w.portfolio.Watched(w.marketplace)
	if len(terms) == 0 {
		terms = m.Leading(autoWatched)
	}
	var ids []int64
	for _, term := range terms[:min(len(terms), maxWatched)] {
		if id, ok := w.ids[shown(term)]; ok {
			ids = append(ids, id)
		}
	}
	at := slices.IndexFunc(w.totals, func(t history.WeekTotal) bool { return t.Week == week })
	from := w.totals[max(0, at-analysis.WatchWeeks+1)].Week
	series := make(map[int64]int, len(ids))
	for _, id := range ids {
		series[id] = len(m.Watch)
		m.Watch = append(m.Watch, analysis.Watched{Term: w.texts[id]})
	}
	cell := func(s history.Step) analysis.Cell { return analysis.Cell{Own: s.X, Market: s.N} }
	return w.facts.TermSeries(ctx, w.marketplace, ids, from, week, func(r history.TermWeek) error {
		one := &m.Watch[series[r.TermID]]
		one.Weeks = append(one.Weeks, analysis.WatchedWeek{
			Week: r.Week.String(), Funnel: analysis.Funnel{cell(r.Impressions), cell(r.Clicks), cell(r.CartAdds), cell(r.Purchases)},
		})
		return nil
	})
}

// explain looks up what the offers for terms were, now and over the last weeks
// of the baseline.
func (w *window) explain(ctx context.Context, week clock.Day) func(terms []string) (map[string]analysis.Offers, error) {
	s, _ := w.span(week)
	return func(terms []string) (map[string]analysis.Offers, error) {
		ids := make([]int64, 0, len(terms))
		for _, term := range terms {
			ids = append(ids, w.ids[term])
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		out := make(map[string]analysis.Offers, len(ids))
		now, err := w.offers(ctx, s.now.Week, ids)
		if err != nil {
			return nil, err
		}
		earlier := make(map[int64][]analysis.Offer)
		for _, week := range s.baseline[max(0, len(s.baseline)-offerWeeks):] {
			offers, err := w.offers(ctx, week, ids)
			if err != nil {
				return nil, err
			}
			for id, o := range offers {
				earlier[id] = append(earlier[id], o)
			}
		}
		for _, id := range ids {
			out[w.texts[id]] = analysis.Offers{Now: now[id], Before: analysis.UsualOffer(earlier[id])}
		}
		return out, nil
	}
}

// offerWeeks is how many weeks before the audited one tell what offers were
// usual.
const offerWeeks = 4

func (w *window) offers(ctx context.Context, week clock.Day, ids []int64) (map[int64]analysis.Offer, error) {
	prices, err := w.facts.TermPrices(ctx, w.marketplace, week, ids)
	if err != nil {
		return nil, fmt.Errorf("week %s: %w", week, err)
	}
	fast := func(d history.DeliveryShares) analysis.Rate {
		return analysis.Rate{V: d.SameDay + d.OneDay + d.TwoDay, Valid: d.Known}
	}
	out := make(map[int64]analysis.Offer, len(prices))
	for _, p := range prices {
		out[p.TermID] = analysis.Offer{OwnMicros: p.Own, MarketMicros: p.Market, OwnFast: fast(p.OwnDelivery), MarketFast: fast(p.MarketDelivery)}
	}
	return out, nil
}

// scores names the terms by their ids.
func (w *window) scores(list []analysis.Score) []history.Score {
	out := make([]history.Score, len(list))
	for i, s := range list {
		out[i] = history.Score{Step: int(s.Step), Term: w.ids[s.Term], Z: s.Z, Expected: int64(math.Round(s.Expected))}
	}
	return out
}
