package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// comparison holds every count and every amount that is stored of an account
// against what Amazon serves at the end.
type comparison struct {
	*rig
	account string
	seller  map[string]string // seller id by marketplace
	from    clock.Day
	now     time.Time

	slices, rows, held, truncated, empty int
	nulls                                int             // rows that were served with a null once, and not since
	personal                             map[string]bool // texts that have to be held back
	differ                               int
}

func (c *comparison) add(format string, args ...any) {
	if c.differ++; c.differ <= 20 {
		c.t.Errorf(c.account+": "+format, args...)
	}
}

// figures are the numbers of a row in a fixed order; null is written as such.
func figures(values ...history.Count) string {
	b := make([]byte, 0, 128)
	for _, v := range values {
		if v.Valid {
			b = fmt.Append(b, v.V, " ")
		} else {
			b = append(b, "null "...)
		}
	}
	return string(b)
}

func number(v int64) history.Count { return history.Count{V: v, Valid: true} }

// amount is a price as the simulator serves it: 0 stands for null.
func amount(v int64) history.Count { return history.Count{V: v, Valid: v != 0} }

func priceOf(p spapi.Price) history.Count { return history.Count{V: p.Micros, Valid: p.Valid} }

// same compares the rows of one slice.
func (c *comparison) same(slice string, stored, served map[string]string) {
	c.slices++
	c.rows += len(served)
	if maps.Equal(stored, served) {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(served)) {
		if have, ok := stored[key]; !ok {
			c.add("%s: %s is served and not stored", slice, key)
		} else if have != served[key] && onlyNulls(have, served[key]) {
			c.nulls++
		} else if have != served[key] {
			c.add("%s: %s is stored as %s, served as %s", slice, key, have, served[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(stored)) {
		if _, ok := served[key]; !ok {
			c.add("%s: %s is stored and not served", slice, key)
		}
	}
}

// onlyNulls reports whether a stored row differs from the served one only where
// it has null: the simulator serves some rows once with null for a figure, and
// an old week is fetched once.
func onlyNulls(stored, served string) bool {
	a, b := strings.Fields(stored), strings.Fields(served)
	for i := range a {
		if len(a) != len(b) || a[i] != b[i] && a[i] != "null" {
			return false
		}
	}
	return true
}

// settledWeek is the age from which a week is not fetched any more by a product
// that runs at least once a week.
const settledWeek = finalAge + 8*24*time.Hour

func (c *comparison) search(t *testing.T, f *history.Facts, market string) {
	world := c.amazon.World()
	seller := c.seller[market]
	cells, err := f.SQPCoverage(t.Context(), market, history.Week, 0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	whole := map[int64]bool{} // reports of exactly 100 rows over several ASINs
	for _, l := range c.ledger(c.account) {
		whole[l.ID] = l.Rows == 100 && len(l.ASINs) > 1
	}
	covered := map[clock.Day]map[string]history.Cell{}
	for _, cell := range cells {
		if cell.Seller != seller {
			c.add("a cell of the seller %s in %s", cell.Seller, market)
		}
		if covered[cell.Start] == nil {
			covered[cell.Start] = map[string]history.Cell{}
		}
		covered[cell.Start][cell.ASIN] = cell
	}
	newest := newestWeek(c.now)
	for week := range covered {
		if week < c.from || week > newest {
			c.add("the week %s of %s is stored although it was not to be asked for", week, market)
		}
	}
	for week := c.from; week <= newest; week += 7 {
		stored := map[string]string{}
		err := f.StoredSQP(t.Context(), seller, market, history.Week, week, func(r *spapi.SQPRow) error {
			key := r.ASIN + " " + r.Query
			v := []history.Count{r.Rank, r.Volume, r.Impressions.Total, r.Impressions.Own}
			for _, s := range []*spapi.Stage{&r.Clicks, &r.CartAdds, &r.Purchases} {
				v = append(v, s.Total, s.Own, priceOf(s.TotalPrice), priceOf(s.OwnPrice), s.SameDay, s.OneDay, s.TwoDay)
			}
			stored[key] = figures(v...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if weekAge(week, c.now) >= settledWeek {
			c.restatedInTime(market, week)
		}
		counts := map[string][2]int64{} // by ASIN: stored, held back
		served := map[string]string{}
		byTime := map[time.Time][2][]sim.SQPRow{}
		for _, p := range world.Products(c.account) {
			// A week that is not settled yet is what Amazon served when it was
			// fetched last: what it restates since is fetched in its time.
			at := c.now
			if cell, ok := covered[week][p.ASIN]; ok && weekAge(week, c.now) < settledWeek {
				at = cell.FetchedAt
			}
			rows, ok := byTime[at]
			if !ok {
				rows[0], rows[1] = world.ServedSQP(c.account, market, week, at)
				byTime[at] = rows
			}
			n := counts[p.ASIN]
			for _, r := range rows[0] {
				if r.ASIN != p.ASIN {
					continue
				}
				n[0]++
				v := []history.Count{number(r.Rank), number(r.Volume), number(r.Impressions.Total), number(r.Impressions.Own)}
				for _, s := range []*sim.Stage{&r.Clicks, &r.CartAdds, &r.Purchases} {
					v = append(v, number(s.Total), number(s.Own), amount(s.TotalPrice), amount(s.OwnPrice), number(s.SameDay), number(s.OneDay), number(s.TwoDay))
				}
				served[r.ASIN+" "+r.Query] = figures(v...)
			}
			for _, r := range rows[1] {
				if r.ASIN == p.ASIN {
					n[1]++
					c.personal[r.Query] = true
				}
			}
			counts[p.ASIN] = n
			c.state(market, week, p.ASIN, covered[week], n, whole)
		}
		c.same(fmt.Sprintf("SQP %s %s", market, week), stored, served)
		c.catalogue(t, f, market, week)
	}
}

// restatedInTime checks that the world restates a week while it is still
// fetched again.
func (c *comparison) restatedInTime(market string, week clock.Day) {
	world := c.amazon.World()
	then := world.SQPRows(c.account, market, week, (week + 7).Time().Add(finalAge))
	if now := world.SQPRows(c.account, market, week, c.now); len(then) == 0 || !slices.Equal(then, now) {
		c.add("the simulator restates the week %s of %s when nobody fetches it any more", week, market)
	}
}

// state compares what the coverage says of a cell.
func (c *comparison) state(market string, week clock.Day, asin string, cells map[string]history.Cell, n [2]int64, whole map[int64]bool) {
	cell, ok := cells[asin]
	want := history.Complete
	switch {
	case n == [2]int64{}:
		want = history.Empty
		c.empty++
	case n[0]+n[1] >= 100:
		want = history.Truncated
		c.truncated++
	case whole[cell.Report]:
		want = history.Truncated
	}
	c.held += int(n[1])
	if !ok {
		c.add("SQP %s %s %s is not covered", market, week, asin)
	} else if cell.State != want || cell.Rows != n[0] || cell.Quarantined != n[1] {
		c.add("SQP %s %s %s is %s with %d rows and %d held back, want %s with %v", market, week, asin, cell.State, cell.Rows, cell.Quarantined, want, n)
	}
}

func (c *comparison) catalogue(t *testing.T, f *history.Facts, market string, week clock.Day) {
	stored, served := map[string]string{}, map[string]string{}
	err := f.StoredSCP(t.Context(), c.seller[market], market, history.Week, week, func(r *spapi.SCPRow) error {
		v := []history.Count{priceOf(r.SearchSales)}
		for _, s := range []*spapi.SCPStage{&r.Impressions, &r.Clicks, &r.CartAdds, &r.Purchases} {
			v = append(v, s.Count, priceOf(s.MedianPrice), s.SameDay, s.OneDay, s.TwoDay)
		}
		stored[r.ASIN] = figures(v...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range c.amazon.World().SCPRows(c.account, market, week, c.now) {
		v := []history.Count{number(r.SalesMicros)}
		for _, s := range []*sim.SCPStage{&r.Impressions, &r.Clicks, &r.CartAdds, &r.Purchases} {
			v = append(v, number(s.Count), amount(s.Price), number(s.SameDay), number(s.OneDay), number(s.TwoDay))
		}
		served[r.ASIN] = figures(v...)
	}
	c.same(fmt.Sprintf("SCP %s %s", market, week), stored, served)
}

// lastRestated is the age in days at which the figures of a day are final:
// conversions come up to 14 days after the click and are restated up to 28 days
// after that (adsapi.md §1.9).
const lastRestated = 42

// finalDay is the age at which a day's figures are final and still served by
// every product (adsapi.md §1.6, §1.9).
const finalDay = 59

func (c *comparison) advertising(t *testing.T, f *history.Facts, market string) {
	world := c.amazon.World()
	profile := world.ProfileID(c.account, market)
	profiles, err := f.Profiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(profiles, func(p history.Profile) bool { return p.ID == profile })
	if i < 0 {
		c.add("the profile of %s is not known", market)
		return
	}
	loc, err := time.LoadLocation(profiles[i].Zone)
	if err != nil {
		t.Fatal(err)
	}
	today := clock.DayOf(c.now, loc)
	for _, kind := range adTypes {
		cells, err := f.AdCoverage(t.Context(), profile, kind, 0, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		covered := map[clock.Day]history.DayCell{}
		for _, d := range cells {
			if covered[d.Date] = d; d.Date < c.from || d.Date >= today {
				c.add("%s %s %s is stored although it was not to be asked for", kind, market, d.Date)
			}
		}
		stored := c.storedDays(t, f, profile, kind)
		keep := retentions[kind.Product()]
		first := max(c.from, today-clock.Day(keep.answered)+1)
		for _, d := range cells {
			first = min(first, d.Date)
		}
		for date := first; date < today; date++ {
			d, ok := covered[date]
			if !ok {
				c.add("%s %s %s is not covered", kind, market, date)
				continue
			}
			at := d.FetchedAt
			if due := lastPull(date, today); clock.DayOf(at, loc) < min(due, date+lastRestated) {
				c.add("%s %s %s was fetched last at %s, it was to be on %s", kind, market, date, at, due)
			}
			if final := (date + finalDay).Time().Add(12 * time.Hour); int(today-date) > weeklyAge && final.After(at) {
				at = final // nothing changes after the last weekly fetch
			}
			served, held := c.servedDay(profile, kind, date, at)
			c.same(fmt.Sprintf("%s %s %s", kind, market, date), stored[date], served)
			want := history.Complete
			switch {
			case len(served)+int(held) > 0:
			case keep.accepted > keep.answered && date <= clock.DayOf(d.FetchedAt, loc)-clock.Day(keep.answered):
				want = history.NotPublished // accepted, and no longer answered
			default:
				want = history.Empty
				c.empty++
			}
			c.held += int(held)
			// A row that Amazon split into its traffic and its conversions is held
			// back in two.
			if d.State != want || d.Quarantined < held || d.Quarantined > 2*held {
				c.add("%s %s %s is %s with %d rows held back, want %s with %d", kind, market, date, d.State, d.Quarantined, want, held)
			}
		}
	}
}

// storedDays reads all rows of a report type by day and key.
func (c *comparison) storedDays(t *testing.T, f *history.Facts, profile int64, kind ads.ReportType) map[clock.Day]map[string]string {
	days := map[clock.Day]map[string]string{}
	put := func(date clock.Day, key string, v ...history.Count) {
		if days[date] == nil {
			days[date] = map[string]string{}
		}
		days[date][key] = figures(v...)
	}
	var err error
	switch kind.Grain() {
	case ads.ByTerm:
		err = f.StoredAdTerms(t.Context(), profile, kind, 0, 1<<30, func(r *ads.TermRow) error {
			put(r.Date, fmt.Sprint(r.CampaignID, r.AdGroupID, r.KeywordID, " ", r.Term, r.Currency), r.Impressions, r.Clicks, r.Cost,
				r.Orders1dSameSKU, r.Orders1d, r.Orders7d, r.Orders14d, r.Sales1d, r.Sales7d, r.Sales14d, r.Units1d, r.Units7d, r.Units14d)
			return nil
		})
	case ads.ByProduct:
		err = f.StoredAdProducts(t.Context(), profile, kind, 0, 1<<30, func(r *ads.ProductRow) error {
			put(r.Date, fmt.Sprint(r.CampaignID, r.AdGroupID, r.AdID, " ", r.ASIN, r.SKU, r.Currency), r.Impressions, r.Clicks, r.Cost,
				r.Orders1d, r.Orders7d, r.Orders14d, r.Orders1dSameSKU, r.Orders7dSameSKU, r.Orders14dSameSKU,
				r.Sales1d, r.Sales7d, r.Sales14d, r.Units1d, r.Units7d, r.Units14d)
			return nil
		})
	default:
		err = f.StoredCampaigns(t.Context(), profile, kind, 0, 1<<30, func(r *ads.CampaignRow) error {
			put(r.Date, fmt.Sprint(r.CampaignID, r.Currency), r.Impressions, r.Clicks, r.Cost,
				r.Orders1d, r.Orders7d, r.Orders14d, r.Sales1d, r.Sales7d, r.Sales14d)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return days
}

// servedDay is what a report of one day generated at an instant holds; rows of
// one key are added up.
func (c *comparison) servedDay(profile int64, kind ads.ReportType, date clock.Day, at time.Time) (rows map[string]string, held int64) {
	world := c.amazon.World()
	product := sim.Product(kind.Product())
	sums := map[string][]history.Count{}
	put := func(key string, v ...history.Count) {
		have := sums[key]
		for i := range have {
			v[i].V += have[i].V
		}
		sums[key] = v
	}
	views := product != sim.SponsoredProducts // 14 days alone, after a click or view
	n := func(v int64) history.Count {
		if views {
			return history.Count{}
		}
		return number(v)
	}
	switch kind.Grain() {
	case ads.ByTerm:
		plain, personal := world.ServedAdTerms(profile, product, date, at)
		for _, r := range personal {
			held++
			c.personal[r.Term] = true
		}
		for _, r := range plain {
			put(fmt.Sprint(r.CampaignID, r.AdGroupID, r.KeywordID, " ", r.Term, r.Currency), number(r.Impressions), number(r.Clicks), number(r.CostMicros),
				n(r.D1.SameSKU), n(r.D1.Orders), n(r.D7.Orders), number(r.D14.Orders), n(r.D1.Sales), n(r.D7.Sales), number(r.D14.Sales), n(r.D1.Units), n(r.D7.Units), number(r.D14.Units))
		}
	case ads.ByProduct:
		for _, r := range world.AdvertisedRows(profile, date, at) {
			put(fmt.Sprint(r.CampaignID, r.AdGroupID, r.AdID, " ", r.AdvertisedASIN, r.AdvertisedSKU, r.Currency), number(r.Impressions), number(r.Clicks), number(r.CostMicros),
				n(r.D1.Orders), n(r.D7.Orders), n(r.D14.Orders), n(r.D1.SameSKU), n(r.D7.SameSKU), n(r.D14.SameSKU),
				n(r.D1.Sales), n(r.D7.Sales), n(r.D14.Sales), n(r.D1.Units), n(r.D7.Units), n(r.D14.Units))
		}
	default:
		for _, r := range world.CampaignRows(profile, product, date, at) {
			put(fmt.Sprint(r.CampaignID, r.Currency), number(r.Impressions), number(r.Clicks), number(r.CostMicros),
				n(r.D1.Orders), n(r.D7.Orders), number(r.D14.Orders), n(r.D1.Sales), n(r.D7.Sales), number(r.D14.Sales))
		}
	}
	rows = map[string]string{}
	for key, v := range sums {
		rows[key] = figures(v...)
	}
	return rows, held
}

// heldBack checks that the list of what is held back names all texts that have
// to be, and no other.
func (c *comparison) heldBack(t *testing.T, f *history.Facts) {
	list, _, total, err := f.Quarantine(t.Context(), "", 100_000)
	if err != nil || total != len(list) {
		t.Fatal(total, len(list), err)
	}
	listed := map[string]bool{}
	for _, h := range list {
		text, err := c.vault.OpenHeld(t.Context(), c.ids[c.account], h.ID, h.Sealed, "job:test", "compare with the world")
		if err != nil {
			t.Fatal(err)
		}
		if listed[string(text)] = true; !c.personal[string(text)] {
			c.add("%q is held back and not served as personal", []byte(text))
		}
	}
	for text := range c.personal {
		if !listed[text] {
			c.add("%q is not in the list of what is held back", text)
		}
	}
}

// wantEveryFigure compares everything that is stored of an account.
func (r *rig) wantEveryFigure(t *testing.T, account string) *comparison {
	c := &comparison{rig: r, account: account, seller: map[string]string{}, from: r.in.cfg.Since, now: r.now.Now(), personal: map[string]bool{}}
	for _, g := range r.amazon.Connections() {
		for _, market := range r.amazon.World().Marketplaces(account) {
			if m, _ := marketplace.ByID(market); g.Account == account && m.Region == g.Region {
				c.seller[market] = g.SellerID
			}
		}
	}
	r.use(account, func(f *history.Facts) error {
		for _, market := range r.amazon.World().Marketplaces(account) {
			c.search(t, f, market)
			c.advertising(t, f, market)
		}
		c.heldBack(t, f)
		return nil
	})
	if c.nulls*1000 > c.rows {
		c.add("%d of %d rows have a null that is not served", c.nulls, c.rows)
	}
	if c.differ > 0 || c.rows == 0 {
		t.Errorf("%s: %d differences in %d slices of %d rows", account, c.differ, c.slices, c.rows)
	}
	return c
}
