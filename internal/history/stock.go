package history

import (
	"cmp"
	"context"
	"slices"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// StockWeek is a week in which an ASIN counts as out of stock.
type StockWeek struct {
	ASIN string
	Week clock.Day
	Kind analysis.StockVerdict // StockInferred or StockStatedOut
	// Impressions in all searches of the week, and the median of the weeks that
	// it is measured against; invalid and 0 where a person alone said so.
	Impressions Count
	Usual       float64
}

// StockEntry is what a person wrote into the calendar: the ASIN was out of
// stock, or was not, on the days from From to To.
type StockEntry struct {
	ASIN     string
	From, To clock.Day
	Out      bool
}

// stockLookBack is how far before a week its baseline is looked for.
const stockLookBack = 13 * 7

const (
	stockCatalogue = `SELECT p.start, s.seller, s.asin, CASE WHEN s.rows > 0 THEN s.impressions ELSE 0 END
FROM periods p CROSS JOIN scp s ON s.period = p.id
WHERE p.marketplace = ?1 AND p.kind = ?2 AND p.start BETWEEN ?3 AND ?4 AND s.state <> 'not_published'
ORDER BY p.start`
	stockASIN = `SELECT code FROM asins WHERE id = ?1`
	stockDays = `SELECT d.profile, d.type, d.date, d.id FROM profiles p
CROSS JOIN ad_days d ON d.profile = p.id AND d.type IN (?4, ?5) AND d.date BETWEEN ?2 AND ?3
WHERE p.marketplace = ?1 AND d.state <> 'not_published'`
	stockAds = `SELECT q.asin, q.id, c.id, c.profile FROM profiles p CROSS JOIN ad_campaigns c ON c.profile = p.id
CROSS JOIN ad_groups g ON g.campaign = c.id CROSS JOIN ad_products q ON q.ad_group = g.id
WHERE p.marketplace = ?1 AND q.asin <> 0`
	stockProduct  = `SELECT impressions FROM ad_product_days WHERE day = ?1 AND product = ?2`
	stockCampaign = `SELECT impressions FROM ad_campaign_days WHERE day = ?1 AND campaign = ?2`
)

// StockWeeks lists the weeks from from to to, named by their Sundays, in which
// an ASIN was out of stock, oldest first and within a week by ASIN: those that
// entries state, and those in which search and ads both fell silent as
// analysis.StockBaseline, StockCollapsed and ProbablyOut define it, unless
// entries state the opposite. Of two entries about a day the later in the list
// counts.
//
// It is derived when asked: the few ASINs whose impressions collapsed are all
// whose ads are looked at, so that a restated report never leaves an old
// verdict behind.
func (f *Facts) StockWeeks(ctx context.Context, marketplace string, from, to clock.Day, entries ...StockEntry) (list []StockWeek, err error) {
	err = f.inMarket(ctx, marketplace, "find weeks out of stock", func(c *database.Conn, market int64) (err error) {
		s := stock{c: c, market: market, from: from.Week(), to: to.Week()}
		list, err = s.weeks()
		return err
	})
	if err != nil {
		return nil, err
	}
	return stated(list, from.Week(), to.Week(), entries), nil
}

// stated lets the entries overrule what was inferred.
func stated(list []StockWeek, from, to clock.Day, entries []StockEntry) []StockWeek {
	said := map[string][]analysis.StockEntry{}
	for _, e := range entries {
		said[e.ASIN] = append(said[e.ASIN], analysis.StockEntry{From: int32(e.From), To: int32(e.To), Out: e.Out})
	}
	for asin, about := range said {
		for week := from; week <= to; week += 7 {
			at := slices.IndexFunc(list, func(w StockWeek) bool { return w.ASIN == asin && w.Week == week })
			switch verdict := analysis.StockStated(about, int32(week)); {
			case verdict == analysis.StockUnknown:
			case !verdict.Out():
				if at >= 0 {
					list = slices.Delete(list, at, at+1)
				}
			case at >= 0:
				list[at].Kind = verdict
			default:
				list = append(list, StockWeek{ASIN: asin, Week: week, Kind: verdict})
			}
		}
	}
	slices.SortFunc(list, func(a, b StockWeek) int {
		return cmp.Or(cmp.Compare(a.Week, b.Week), cmp.Compare(a.ASIN, b.ASIN))
	})
	return list
}

// stock infers what was out of stock in one marketplace.
type stock struct {
	c        *database.Conn
	market   int64
	from, to clock.Day

	days     map[adDayKey]int64     // ids of stored days
	products map[int64][]stockOfAds // by ASIN
}

type adDayKey struct {
	profile  int64
	date     clock.Day
	campaign bool // of the campaign report; else of advertised products
}

// stockOfAds is one ad of an ASIN.
type stockOfAds struct{ product, campaign, profile int64 }

// suspect is an ASIN whose impressions in search collapsed in a week.
type suspect struct {
	asin     int64
	week     StockWeek
	baseline []clock.Day
}

// week in search of one ASIN.
type searchWeek struct {
	week        clock.Day
	impressions int64
}

func (s *stock) weeks() (list []StockWeek, err error) {
	suspects, err := s.suspects()
	if err != nil || len(suspects) == 0 {
		return nil, err
	}
	if err := s.readAds(); err != nil {
		return nil, err
	}
	for _, one := range suspects {
		out, err := s.silent(one)
		if err != nil {
			return nil, err
		}
		known := func(w StockWeek) bool { return w.ASIN == one.week.ASIN && w.Week == one.week.Week }
		if out && !slices.ContainsFunc(list, known) { // two sellers may list it
			list = append(list, one.week)
		}
	}
	return list, nil
}

// suspects lists whose impressions collapsed, seller by seller. An ASIN that a
// seller's whole catalogue does not name had none.
func (s *stock) suspects() (list []suspect, err error) {
	type key struct{ seller, asin int64 }
	weeks := map[key][]searchWeek{}
	whole := map[int64][]clock.Day{} // by seller, the weeks of whole catalogues
	err = s.c.Query(stockCatalogue, func(r database.Row) error {
		week, seller, asin, impressions := r.Day(0), r.Int(1), r.Int(2), r.Count(3)
		if asin == wholeCatalogue {
			whole[seller] = append(whole[seller], week)
			return nil
		}
		if impressions.Valid {
			k := key{seller, asin}
			weeks[k] = append(weeks[k], searchWeek{week, impressions.V})
		}
		return nil
	}, s.market, Week, s.from-stockLookBack, s.to)
	if err != nil {
		return nil, err
	}
	for k, listed := range weeks {
		all := withAbsences(listed, whole[k.seller])
		impressions := make([]int64, len(all))
		for i, w := range all {
			impressions[i] = w.impressions
		}
		for i, w := range all {
			if w.week < s.from {
				continue
			}
			first := i
			for first > 0 && all[first-1].week >= w.week-stockLookBack {
				first--
			}
			before, median, ok := analysis.StockBaseline(impressions[first:i])
			if !ok || !analysis.StockCollapsed(w.impressions, median) {
				continue
			}
			one := suspect{asin: k.asin, week: StockWeek{
				Week: w.week, Kind: analysis.StockInferred, Impressions: known(w.impressions), Usual: median,
			}}
			for _, at := range before {
				one.baseline = append(one.baseline, all[first+at].week)
			}
			err := s.c.Query(stockASIN, func(r database.Row) error { one.week.ASIN = r.Text(0); return nil }, k.asin)
			if err != nil {
				return nil, err
			}
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(a.week.Week, b.week.Week), cmp.Compare(a.week.ASIN, b.week.ASIN), cmp.Compare(a.week.Usual, b.week.Usual))
	})
	return list, nil
}

// withAbsences adds weeks without impressions after the first in which the
// ASIN was listed, for the whole catalogues that do not name it.
func withAbsences(listed []searchWeek, whole []clock.Day) []searchWeek {
	all := make([]searchWeek, 0, len(listed))
	for _, week := range whole {
		for len(listed) > 0 && listed[0].week <= week {
			all, listed = append(all, listed[0]), listed[1:]
		}
		if len(all) > 0 && all[len(all)-1].week < week {
			all = append(all, searchWeek{week, 0})
		}
	}
	return append(all, listed...)
}

func (s *stock) readAds() error {
	s.days, s.products = map[adDayKey]int64{}, map[int64][]stockOfAds{}
	err := s.c.Query(stockDays, func(r database.Row) error {
		s.days[adDayKey{r.Int(0), r.Day(2), r.Text(1) == string(ads.SPCampaigns)}] = r.Int(3)
		return nil
	}, s.market, s.from-stockLookBack, s.to+6, string(ads.SPAdvertisedProduct), string(ads.SPCampaigns))
	if err != nil {
		return err
	}
	return s.c.Query(stockAds, func(r database.Row) error {
		asin := r.Int(0)
		s.products[asin] = append(s.products[asin], stockOfAds{r.Int(1), r.Int(2), r.Int(3)})
		return nil
	}, s.market)
}

// silent decides by the ads of the week and of its baseline. Its campaigns are
// those that showed it in the baseline's weeks: one that began later, or never
// showed it, says nothing by serving.
func (s *stock) silent(one suspect) (bool, error) {
	var its []stockOfAds
	for _, ad := range s.products[one.asin] {
		shown, err := s.shown(ad, one.baseline)
		if err != nil {
			return false, err
		}
		if shown {
			its = append(its, ad)
		}
	}
	if len(its) == 0 {
		return false, nil
	}
	week, err := s.adDays(one.asin, its, one.week.Week)
	if err != nil {
		return false, err
	}
	var baseline []analysis.AdDay
	for _, start := range one.baseline {
		days, err := s.adDays(one.asin, its, start)
		if err != nil {
			return false, err
		}
		baseline = append(baseline, days...)
	}
	return analysis.ProbablyOut(week, baseline), nil
}

func (s *stock) shown(ad stockOfAds, weeks []clock.Day) (bool, error) {
	for _, week := range weeks {
		for date := week; date < week+7; date++ {
			n, err := s.impressions(stockProduct, adDayKey{ad.profile, date, false}, ad.product)
			if err != nil || n.V > 0 {
				return n.V > 0, err
			}
		}
	}
	return false, nil
}

// adDays are the seven days of a week: the impressions of all ads of the ASIN
// and those of its campaigns. A day is known where both reports of its
// campaigns' profiles are stored.
func (s *stock) adDays(asin int64, its []stockOfAds, week clock.Day) ([]analysis.AdDay, error) {
	days := make([]analysis.AdDay, 7)
	for i := range days {
		date := week + clock.Day(i)
		d := analysis.AdDay{Product: known(0), Campaigns: known(0)}
		seen := map[int64]bool{}
		for _, ad := range its {
			if _, stored := s.days[adDayKey{ad.profile, date, false}]; !stored {
				d.Product = Count{}
			}
			if seen[ad.campaign] {
				continue
			}
			seen[ad.campaign] = true
			n, err := s.impressions(stockCampaign, adDayKey{ad.profile, date, true}, ad.campaign)
			if err != nil {
				return nil, err
			}
			d.Campaigns = Count{V: d.Campaigns.V + n.V, Valid: d.Campaigns.Valid && n.Valid}
		}
		for _, ad := range s.products[asin] {
			n, err := s.impressions(stockProduct, adDayKey{ad.profile, date, false}, ad.product)
			if err != nil {
				return nil, err
			}
			d.Product.V += n.V
		}
		days[i] = d
	}
	return days, nil
}

// impressions of an ad or campaign on a day: 0 where the day's report does not
// name it, invalid where the day is not stored.
func (s *stock) impressions(query string, day adDayKey, id int64) (Count, error) {
	stored, ok := s.days[day]
	if !ok {
		return Count{}, nil
	}
	n := known(0)
	err := s.c.Query(query, func(r database.Row) error {
		n = known(r.Count(0).V)
		return nil
	}, stored, id)
	return n, err
}
