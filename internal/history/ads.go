package history

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Limits of an ads slice in days: a report spans at most 31
// (adsapi.md trap 8); a file may span more.
const maxSliceDays = 400

func (s AdSlice) check(c *database.Conn) (market int64, err error) {
	switch {
	case s.To < s.From || s.To-s.From >= maxSliceDays:
		return 0, fmt.Errorf("%w: %s from %s to %s", ErrSlice, s.Type, s.From, s.To)
	case s.FetchedAt.IsZero():
		return 0, fmt.Errorf("%w: no time of the fetch", ErrSlice)
	}
	err = c.Query(profileMarket, func(r database.Row) error { market = r.Int(0); return nil }, s.Profile)
	if err == nil && market == 0 {
		err = ErrUnknownProfile
	}
	return market, err
}

// ReplaceAdTerms replaces the days of a slice by the rows that load yields, in
// one transaction: all days From to To are covered, also those without rows.
// Rows of the same key (campaign, ad group, keyword, term) are added up
// (adsapi.md trap 35). Of days that were stored before and differ, the totals
// are kept with both times. If load fails nothing changes.
//
// load runs in a goroutine of its own, with bounded memory; it must not use
// these Facts.
func (f *Facts) ReplaceAdTerms(ctx context.Context, s AdSlice, load func(yield func(*ads.TermRow) error) (ads.Summary, error)) (Stored, error) {
	if s.Type.Grain() != ads.ByTerm {
		return Stored{}, fmt.Errorf("%w: %s has no search terms", ErrSlice, s.Type)
	}
	return replaceDays(ctx, f, s, termRows, load)
}

// ReplaceCampaigns is ReplaceAdTerms for the campaign reports, which alone
// hold the whole spend (adsapi.md trap 29).
func (f *Facts) ReplaceCampaigns(ctx context.Context, s AdSlice, load func(yield func(*ads.CampaignRow) error) (ads.Summary, error)) (Stored, error) {
	if s.Type.Grain() != ads.ByCampaign {
		return Stored{}, fmt.Errorf("%w: %s is no campaign report", ErrSlice, s.Type)
	}
	return replaceDays(ctx, f, s, campaignRows, load)
}

func replaceDays[R any](ctx context.Context, f *Facts, s AdSlice, kind dayRows[R], load func(yield func(*R) error) (ads.Summary, error)) (Stored, error) {
	var stored Stored
	err := f.write(ctx, func(c *database.Conn) error {
		r := dayReplacement{c: c, slice: s, names: newNames(c, s.Profile, s.FetchedAt), dayAt: kind.dayAt, joined: kind.joined}
		defer r.release()
		if err := r.begin(f.terms, kind.table, kind.width, kind.add); err != nil {
			return err
		}
		_, err := stream(ctx, load, func(batch []R) error {
			for i := range batch {
				if err := kind.store(&r, &batch[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		stored, err = r.finish(kind.remove)
		return err
	})
	if err != nil {
		return Stored{}, fmt.Errorf("replace %s %s to %s: %w", s.Type, s.From, s.To, err)
	}
	return stored, nil
}

// dayRows is how the rows of one kind of report are written.
type dayRows[R any] struct {
	table  string // with its columns, the key last
	width  int
	add    string // the same values, added to a row that is there
	remove string // all rows of one day
	dayAt  int    // which of the values is the day
	joined bool   // joined weeks are made of these rows
	store  func(*dayReplacement, *R) error
}

// Columns of the two tables of rows.
const (
	termWidth     = 17
	campaignWidth = 12
)

var termRows = dayRows[ads.TermRow]{
	table: `ad_terms (impressions, clicks, cost,
	orders_1d_same_sku, orders_1d, orders_7d, orders_14d, sales_1d, sales_7d, sales_14d, units_1d, units_7d, units_14d, currency,
	day, keyword, term)`,
	width: termWidth,
	// NULL and a number add up to the number, NULL and NULL to NULL.
	add: `UPDATE ad_terms SET
	impressions = coalesce(impressions + ?1, impressions, ?1),
	clicks = coalesce(clicks + ?2, clicks, ?2),
	cost = coalesce(cost + ?3, cost, ?3),
	orders_1d_same_sku = coalesce(orders_1d_same_sku + ?4, orders_1d_same_sku, ?4),
	orders_1d = coalesce(orders_1d + ?5, orders_1d, ?5),
	orders_7d = coalesce(orders_7d + ?6, orders_7d, ?6),
	orders_14d = coalesce(orders_14d + ?7, orders_14d, ?7),
	sales_1d = coalesce(sales_1d + ?8, sales_1d, ?8),
	sales_7d = coalesce(sales_7d + ?9, sales_7d, ?9),
	sales_14d = coalesce(sales_14d + ?10, sales_14d, ?10),
	units_1d = coalesce(units_1d + ?11, units_1d, ?11),
	units_7d = coalesce(units_7d + ?12, units_7d, ?12),
	units_14d = coalesce(units_14d + ?13, units_14d, ?13),
	currency = max(currency, ?14)
WHERE day = ?15 AND keyword = ?16 AND term = ?17`,
	remove: `DELETE FROM ad_terms WHERE day = ?1`,
	dayAt:  termWidth - 3,
	joined: true,
	store:  (*dayReplacement).term,
}

var campaignRows = dayRows[ads.CampaignRow]{
	table: `ad_campaign_days (impressions, clicks, cost, orders_1d, orders_7d, orders_14d, sales_1d, sales_7d, sales_14d, currency,
	day, campaign)`,
	width: campaignWidth,
	add: `UPDATE ad_campaign_days SET
	impressions = coalesce(impressions + ?1, impressions, ?1),
	clicks = coalesce(clicks + ?2, clicks, ?2),
	cost = coalesce(cost + ?3, cost, ?3),
	orders_1d = coalesce(orders_1d + ?4, orders_1d, ?4),
	orders_7d = coalesce(orders_7d + ?5, orders_7d, ?5),
	orders_14d = coalesce(orders_14d + ?6, orders_14d, ?6),
	sales_1d = coalesce(sales_1d + ?7, sales_1d, ?7),
	sales_7d = coalesce(sales_7d + ?8, sales_7d, ?8),
	sales_14d = coalesce(sales_14d + ?9, sales_14d, ?9),
	currency = max(currency, ?10)
WHERE day = ?11 AND campaign = ?12`,
	remove: `DELETE FROM ad_campaign_days WHERE day = ?1`,
	dayAt:  campaignWidth - 2,
	joined: true,
	store:  (*dayReplacement).campaign,
}

// adDay is one day while it is being replaced.
type adDay struct {
	date       clock.Day
	id         int64 // under which the new rows are stored
	rows       int64
	totals     dayTotals
	print      fingerprint
	oldID      int64
	oldRows    int64
	oldState   CellState
	oldPrint   fingerprint
	oldFetched time.Time
	// quarantined rows are in print but neither among rows nor in totals.
	quarantined int64
}

// dayTotals are impressions, clicks, cost, orders of 7 and 14 days, sales of 7
// and 14 days.
type dayTotals [7]Count

func (t *dayTotals) add(values ...Count) {
	for i, v := range values {
		t[i] = sum(t[i], v)
	}
}

// sum adds what is known; unknown and unknown stay unknown.
func sum(a, b Count) Count {
	switch {
	case !a.Valid:
		return b
	case !b.Valid:
		return a
	}
	return Count{V: a.V + b.V, Valid: true}
}

type dayReplacement struct {
	c      *database.Conn
	terms  *termWriter
	slice  AdSlice
	names  *names
	market int64
	dayAt  int
	joined bool
	days   []adDay
	stored Stored
	rows   *database.Bulk
	add    *database.Stmt
}

const (
	nextDay    = `SELECT coalesce(max(id), 0) + 1 FROM ad_days`
	selectDay  = `SELECT id, rows, state, print_a, print_b, fetched_at FROM ad_days WHERE profile = ?1 AND type = ?2 AND date = ?3`
	touchDay   = `UPDATE ad_days SET state = ?2, fetched_at = ?3, report = ?4 WHERE id = ?1`
	replaceDay = `INSERT OR REPLACE INTO ad_days (id, profile, type, date, state, rows, fetched_at, report,
	impressions, clicks, cost, orders_7d, orders_14d, sales_7d, sales_14d, print_a, print_b)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)`
	archiveDay = `INSERT OR REPLACE INTO ad_days_old
SELECT profile, type, date, ?2, fetched_at, rows, impressions, clicks, cost, orders_7d, orders_14d, sales_7d, sales_14d
FROM ad_days WHERE id = ?1`
)

func (r *dayReplacement) begin(terms *termCache, table string, width int, add string) (err error) {
	if r.market, err = r.slice.check(r.c); err != nil {
		return err
	}
	var next int64
	if err := r.c.Query(nextDay, func(q database.Row) error { next = q.Int(0); return nil }); err != nil {
		return err
	}
	for date := r.slice.From; date <= r.slice.To; date++ {
		d := adDay{date: date, id: next}
		next++
		err := r.c.Query(selectDay, func(q database.Row) error {
			d.oldID, d.oldRows, d.oldState = q.Int(0), q.Int(1), CellState(q.Text(2))
			d.oldPrint = fingerprint{uint64(q.Int(3)), uint64(q.Int(4))}
			d.oldFetched = q.Time(5)
			return nil
		}, r.slice.Profile, string(r.slice.Type), date)
		if err != nil {
			return err
		}
		r.days = append(r.days, d)
	}
	if r.terms, err = terms.writer(r.c); err != nil {
		return err
	}
	r.names.terms = r.terms
	if r.rows, err = r.c.Bulk(table, width); err != nil {
		return err
	}
	r.rows.Rejected = r.addUp
	r.add, err = r.c.Prepare(add)
	return err
}

func (r *dayReplacement) release() {
	r.terms.release()
	r.rows.Release()
	r.add.Release()
}

func (r *dayReplacement) day(date clock.Day) (*adDay, error) {
	if date < r.slice.From || date > r.slice.To {
		return nil, fmt.Errorf("%w: a row of %s lies outside", ErrSlice, date)
	}
	return &r.days[date-r.slice.From], nil
}

// term stores one search term's row. The term is kept byte for byte
// (adsapi.md trap 34).
func (r *dayReplacement) term(row *ads.TermRow) error {
	d, err := r.day(row.Date)
	if err != nil {
		return err
	}
	term, held, err := r.terms.rowTerm(row.Term, r.slice.FetchedAt)
	if err != nil {
		return err
	}
	keyword, err := r.names.keyword(row)
	if err != nil {
		return fmt.Errorf("store names: %w", err)
	}
	values := [...]Count{
		row.Impressions, row.Clicks, row.Cost,
		row.Orders1dSameSKU, row.Orders1d, row.Orders7d, row.Orders14d,
		row.Sales1d, row.Sales7d, row.Sales14d, row.Units1d, row.Units7d, row.Units14d,
		known(packCurrency(row.Currency)), known(d.id), known(keyword), known(term),
	}
	if held != nil {
		return r.hold(d, held, keyword, values[:figuresOfAdTerm])
	}
	d.totals.add(row.Impressions, row.Clicks, row.Cost, row.Orders7d, row.Orders14d, row.Sales7d, row.Sales14d)
	return r.put(d, values[:])
}

func (r *dayReplacement) campaign(row *ads.CampaignRow) error {
	d, err := r.day(row.Date)
	if err != nil {
		return err
	}
	campaign, err := r.names.campaign(row.CampaignID, row.Campaign, row.Status)
	if err != nil {
		return fmt.Errorf("store names: %w", err)
	}
	d.totals.add(row.Impressions, row.Clicks, row.Cost, row.Orders7d, row.Orders14d, row.Sales7d, row.Sales14d)
	values := [...]Count{
		row.Impressions, row.Clicks, row.Cost,
		row.Orders1d, row.Orders7d, row.Orders14d, row.Sales1d, row.Sales7d, row.Sales14d,
		known(packCurrency(row.Currency)), known(d.id), known(campaign),
	}
	return r.put(d, values[:])
}

// put stores a row of figures, currency and key.
func (r *dayReplacement) put(d *adDay, row []Count) error {
	h := newRowHash(0)
	for i, v := range row {
		if i != r.dayAt { // which differs from import to import
			h.count(v)
		}
	}
	d.print.add(h)
	d.rows++
	r.stored.Rows++
	if err := r.rows.Add(row); err != nil {
		return fmt.Errorf("store a row of %s: %w", d.date, err)
	}
	return nil
}

// addUp adds a row to the one of the same key, so that the day has one less.
func (r *dayReplacement) addUp(row []Count) error {
	r.days[row[r.dayAt].V-r.days[0].id].rows--
	for _, v := range row {
		r.add.Count(v)
	}
	r.stored.Summed++
	return r.add.Run()
}

// finish compares the new days with the old ones and keeps what differs. A
// later fetch that is identical can still make a week settled or final, which
// the joined week must show.
func (r *dayReplacement) finish(remove string) (Stored, error) {
	c, s := r.c, r.slice
	if err := r.rows.Flush(); err != nil {
		return Stored{}, fmt.Errorf("store rows: %w", err)
	}
	for i := range r.days {
		d := &r.days[i]
		state := Complete
		if d.rows+d.quarantined == 0 {
			state = Empty
			r.stored.Empty++
		}
		week := d.date.Week()
		if d.oldID != 0 && d.oldState == state && d.oldPrint == d.print && d.oldRows == d.rows {
			if _, err := c.Exec(remove, d.id); err != nil {
				return Stored{}, err
			}
			if d.quarantined > 0 {
				if err := r.forget(d.id); err != nil {
					return Stored{}, err
				}
			}
			if _, err := c.Exec(touchDay, d.oldID, string(state), s.FetchedAt, s.Report); err != nil {
				return Stored{}, err
			}
			if maturity(week, d.oldFetched) != maturity(week, s.FetchedAt) {
				if err := r.markDirty(week); err != nil {
					return Stored{}, err
				}
			}
			continue
		}
		if d.oldID != 0 {
			if _, err := c.Exec(archiveDay, d.oldID, s.FetchedAt); err != nil {
				return Stored{}, fmt.Errorf("keep superseded totals: %w", err)
			}
			if _, err := c.Exec(remove, d.oldID); err != nil {
				return Stored{}, err
			}
			if err := r.forget(d.oldID); err != nil {
				return Stored{}, err
			}
		}
		args := []any{d.id, s.Profile, string(s.Type), d.date, string(state), d.rows, s.FetchedAt, s.Report}
		for _, v := range d.totals {
			args = append(args, v)
		}
		if _, err := c.Exec(replaceDay, append(args, int64(d.print.a), int64(d.print.b))...); err != nil {
			return Stored{}, err
		}
		if d.quarantined > 0 {
			if _, err := c.Exec(setDayHeld, d.id, d.quarantined); err != nil {
				return Stored{}, err
			}
		}
		r.stored.Changed = true
		if err := r.markDirty(week); err != nil {
			return Stored{}, err
		}
	}
	if err := r.terms.sweep(); err != nil {
		return Stored{}, fmt.Errorf("drop what nothing holds back: %w", err)
	}
	r.stored.Cells = len(r.days)
	return r.stored, finishReport(c, s.Report, r.stored.Rows, s.FetchedAt)
}

// markDirty has the week joined anew, if it is made of these rows.
func (r *dayReplacement) markDirty(week clock.Day) error {
	if !r.joined {
		return nil
	}
	return markDirty(r.c, r.market, week)
}

// maturity is the state of a week's ads figures by the time of their fetch
// (design ruling 4, adsapi.md trap 24).
func maturity(week clock.Day, fetched time.Time) State {
	switch age := clock.DayOf(fetched, time.UTC) - week.WeekEnd(); {
	case age < 14:
		return Provisional
	case age < 42:
		return Settled
	default:
		return Final
	}
}
