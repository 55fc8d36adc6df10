package dashboard

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/health"
	"halotrack.ai/halotrack/internal/history"
)

// mostPeriods is how many periods one answer covers at most: three years of
// weeks, and what is kept of more is asked for in parts.
const mostPeriods = 160

// stateLetters write a state in one letter, so that a row of a hundred periods
// is a short text.
var stateLetters = map[history.CellState]byte{
	history.Complete:      's',
	history.Truncated:     't',
	history.Empty:         'e',
	history.NotPublished:  'n',
	history.CellQueued:    'q',
	history.CellFailed:    'f',
	history.CellMissing:   '.',
	history.CellNotListed: '-',
}

// coverageTotals counts cells by state. Rows are those of the answered cells;
// refreshing cells are answered and being asked for again.
type coverageTotals struct {
	Stored       int   `json:"stored"`
	Truncated    int   `json:"truncated"`
	Empty        int   `json:"empty"`
	NotPublished int   `json:"not_published"`
	Queued       int   `json:"queued"`
	Failed       int   `json:"failed"`
	Missing      int   `json:"missing"`
	NotListed    int   `json:"not_listed"`
	Refreshing   int   `json:"refreshing"`
	Rows         int64 `json:"rows"`
	Quarantined  int64 `json:"quarantined"` // rows beside those, held back or deleted
}

// coverageCells is a run of cells: one letter each, and beside it the rows and
// the time of the newest answer in seconds since 1970, null without one.
type coverageCells struct {
	States  string            `json:"states"`
	Rows    numbers           `json:"rows"`
	Fetched numbers           `json:"fetched"`
	Failed  map[string]string `json:"failed,omitempty"` // place in the run -> cause
	// Quarantined are the rows held back or deleted, by place in the run.
	Quarantined map[string]int64 `json:"quarantined,omitempty"`
}

// told is what is known of a run of cells beside the cells themselves.
type told struct {
	cause       func(i int) string
	quarantined func(i int) int64
}

type asinCoverage struct {
	ASIN string `json:"asin"`
	coverageCells
}

type adTypeCoverage struct {
	Type   string         `json:"type"`
	Totals coverageTotals `json:"totals"`
	coverageCells
}

type profileCoverage struct {
	ProfileID   string           `json:"profileId"`
	Marketplace string           `json:"marketplace"`
	Name        string           `json:"name"`
	Country     string           `json:"country"`
	From        clock.Day        `json:"from"`
	To          clock.Day        `json:"to"`
	Types       []adTypeCoverage `json:"types"`
}

// numbers are counts in JSON; a negative one is null.
type numbers []int64

// MarshalJSON implements json.Marshaler.
func (n numbers) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, 2+8*len(n))
	out = append(out, '[')
	for i, v := range n {
		if i > 0 {
			out = append(out, ',')
		}
		if v < 0 {
			out = append(out, "null"...)
		} else {
			out = strconv.AppendInt(out, v, 10)
		}
	}
	return append(out, ']'), nil
}

// describe writes a run of cells and adds them to the totals.
func describe(cells []history.GridCell, of told, totals *coverageTotals, causes map[string]health.Words) coverageCells {
	out := coverageCells{Rows: make(numbers, len(cells)), Fetched: make(numbers, len(cells))}
	letters := make([]byte, len(cells))
	for i, c := range cells {
		state := c.State()
		letters[i], out.Rows[i], out.Fetched[i] = stateLetters[state], -1, -1
		if c.Answered() {
			out.Rows[i] = int64(c.Rows)
			totals.Rows += int64(c.Rows)
		}
		if c.Fetched > 0 {
			out.Fetched[i] = c.Fetched / 1000
		}
		if c.Refreshing() {
			totals.Refreshing++
		}
		totals.add(state)
		if n := of.quarantined(i); n > 0 {
			totals.Quarantined += n
			if out.Quarantined == nil {
				out.Quarantined = map[string]int64{}
			}
			out.Quarantined[strconv.Itoa(i)] = n
		}
		if state == history.CellFailed {
			class := of.cause(i)
			words, known := health.Explain(class)
			if !known {
				class = health.Other
			}
			causes[class] = words
			if out.Failed == nil {
				out.Failed = map[string]string{}
			}
			out.Failed[strconv.Itoa(i)] = class
		}
	}
	out.States = string(letters)
	return out
}

func (t *coverageTotals) add(state history.CellState) {
	switch state {
	case history.Complete:
		t.Stored++
	case history.Truncated:
		t.Truncated++
	case history.Empty:
		t.Empty++
	case history.NotPublished:
		t.NotPublished++
	case history.CellQueued:
		t.Queued++
	case history.CellFailed:
		t.Failed++
	case history.CellNotListed:
		t.NotListed++
	default:
		t.Missing++
	}
}

// coverageQuery is what was asked for.
type coverageQuery struct {
	market   string      // empty: all
	period   string      // as history names it
	starts   []clock.Day // of the periods, in order
	from, to clock.Day   // of ads
	ads      bool        // there are days of ads
}

// coveragePeriods are the kinds of period by their name in addresses.
var coveragePeriods = map[string]string{"": history.Week, "week": history.Week, "month": history.Month, "quarter": history.Quarter}

// periodStart returns the first day of the period that day lies in.
func periodStart(period string, day clock.Day) clock.Day {
	y, m, _ := day.Time().Date()
	switch period {
	case history.Month:
		return clock.Date(y, m, 1)
	case history.Quarter:
		return clock.Date(y, m-(m-1)%3, 1)
	}
	return day.Week()
}

// periodAfter returns the first day of the period after the one that begins on
// start.
func periodAfter(period string, start clock.Day) clock.Day {
	y, m, _ := start.Time().Date()
	switch period {
	case history.Month:
		return clock.Date(y, m+1, 1)
	case history.Quarter:
		return clock.Date(y, m+3, 1)
	}
	return start + 7
}

// parseCoverage reads the query; from and to may be missing.
func parseCoverage(e *core.RequestEvent) (q coverageQuery, fromGiven, toGiven bool, err error) {
	values := e.Request.URL.Query()
	name := values.Get("period")
	period, known := coveragePeriods[name]
	if !known {
		return q, false, false, e.BadRequestError("period: is week, month or quarter.", nil)
	}
	q.period, q.market = period, values.Get("marketplace")
	if _, known := marketplace.ByID(q.market); q.market != "" && !known {
		return q, false, false, e.BadRequestError("marketplace: is an id of Amazon's, such as ATVPDKIKX0DER; leave it out for all.", nil)
	}
	if q.from, fromGiven, err = queryDay(e, "from"); err != nil {
		return q, false, false, err
	}
	if q.to, toGiven, err = queryDay(e, "to"); err != nil {
		return q, false, false, err
	}
	if fromGiven && toGiven && q.from > q.to {
		return q, false, false, e.BadRequestError(fmt.Sprintf("from: %s is after to: %s.", q.from, q.to), nil)
	}
	return q, fromGiven, toGiven, nil
}

// span fills in the ends that were not given from what is known, and lists the
// periods and days that the answer covers.
func (q *coverageQuery) span(ctx context.Context, f *history.Facts, fromGiven, toGiven bool) error {
	first, last, known, err := f.CoverageSpan(ctx, q.period)
	if err != nil {
		return err
	}
	adFirst, adLast, adKnown, err := f.AdSpan(ctx)
	if err != nil {
		return err
	}
	if known || fromGiven || toGiven {
		from, to := q.from, q.to
		if !toGiven {
			to = max(last, from)
		}
		if !fromGiven {
			from = q.newest(to)
			if known {
				from = max(from, min(first, to))
			}
		}
		for start := periodStart(q.period, from); start <= to && len(q.starts) <= mostPeriods; start = periodAfter(q.period, start) {
			q.starts = append(q.starts, start)
		}
	}
	if !toGiven {
		q.to = max(adLast, q.from)
	}
	if !fromGiven {
		q.from = max(q.newest(q.to), min(adFirst, q.to))
	}
	q.ads = adKnown
	return nil
}

// newest returns the first day of the oldest of the most periods up to the one
// of day.
func (q *coverageQuery) newest(day clock.Day) clock.Day {
	start := periodStart(q.period, day)
	for range mostPeriods - 1 {
		start = periodStart(q.period, start-1)
	}
	return start
}

// coverage answers what is stored, empty, truncated, not published, queued,
// failed or missing, per ASIN and period, and per ads profile, report type and
// day. The answer is written as it is read, one marketplace in memory at a
// time; docs/operations.md describes its shape.
func (d *Dashboard) coverage(e *core.RequestEvent, account *core.Record) error {
	q, fromGiven, toGiven, err := parseCoverage(e)
	if err != nil {
		return err
	}
	ctx := e.Request.Context()
	return d.store.Use(ctx, account.Id, func(f *history.Facts) error {
		if err := q.span(ctx, f, fromGiven, toGiven); err != nil {
			return err
		}
		if len(q.starts) > mostPeriods {
			return e.BadRequestError(fmt.Sprintf("from, to: more than %d periods; ask for them in parts.", mostPeriods), nil)
		}
		markets, err := f.CoverageMarkets(ctx, q.period)
		if err != nil {
			return err
		}
		e.Response.Header().Set("Content-Type", "application/json")
		e.Response.Header().Set("Cache-Control", "no-store")
		e.Response.WriteHeader(http.StatusOK)
		out := bufio.NewWriterSize(e.Response, 64<<10)
		w := coverageWriter{out: out, json: json.NewEncoder(out), causes: map[string]health.Words{}}
		if err := w.write(ctx, f, q, markets); err != nil {
			return err
		}
		return out.Flush()
	})
}

// coverageWriter writes an answer piece by piece.
type coverageWriter struct {
	out    *bufio.Writer
	json   *json.Encoder
	causes map[string]health.Words
}

func (w *coverageWriter) write(ctx context.Context, f *history.Facts, q coverageQuery, markets []string) error {
	starts := make([]string, len(q.starts))
	for i, start := range q.starts {
		starts[i] = start.String()
	}
	letters := map[string]history.CellState{}
	for state, letter := range stateLetters {
		letters[string(letter)] = state
	}
	w.field("{", "period", strings.ToLower(q.period))
	w.field(",", "starts", starts)
	w.field(",", "states", letters)
	scopes, err := scopesOf(ctx, f)
	if err != nil {
		return err
	}
	w.text(`,"marketplaces":[`)
	between := ""
	for _, id := range markets {
		if q.market != "" && id != q.market {
			continue
		}
		w.text(between)
		between = ","
		if err := w.market(ctx, f, id, q, scopes[id]); err != nil {
			return err
		}
	}
	w.text(`],"ads":[`)
	if err := w.ads(ctx, f, q); err != nil {
		return err
	}
	w.text("]")
	w.field(",", "causes", w.causes)
	w.text("}\n")
	return nil
}

// text and field leave errors to Flush, which reports the first.
func (w *coverageWriter) text(s string) { _, _ = w.out.WriteString(s) }

func (w *coverageWriter) field(before, name string, value any) {
	w.text(before + strconv.Quote(name) + ":")
	w.value(value)
}

func (w *coverageWriter) value(v any) { _ = w.json.Encode(v) }

func (w *coverageWriter) market(ctx context.Context, f *history.Facts, id string, q coverageQuery, scope *scopeTest) error {
	grids, err := f.Grids(ctx, id, q.period, q.starts)
	if err != nil {
		return err
	}
	m := market(id)
	w.field("{", "id", id)
	w.field(",", "country", m.Country)
	w.field(",", "name", m.Name)
	w.field(",", "scope", scope)
	w.text(`,"sellers":[`)
	for i, g := range grids {
		if i > 0 {
			w.text(",")
		}
		w.seller(g)
	}
	w.text("]}")
	return nil
}

// toldOf is what is told of the i-th ASIN's cells, or of the catalogue's for -1.
func toldOf(g *history.Grid, i int) told {
	return told{
		cause:       func(at int) string { return g.Cause(i, at) },
		quarantined: func(at int) int64 { return g.Quarantined(i, at) },
	}
}

func (w *coverageWriter) seller(g *history.Grid) {
	var totals, none coverageTotals
	catalogue := describe(g.Catalogue, toldOf(g, -1), &none, w.causes)
	w.field("{", "sellerId", g.Seller)
	w.field(",", "catalogue", catalogue)
	w.text(`,"asins":[`)
	for i, asin := range g.ASINs {
		if i > 0 {
			w.text(",")
		}
		w.value(asinCoverage{asin, describe(g.Row(i), toldOf(g, i), &totals, w.causes)})
	}
	w.text("]")
	w.field(",", "totals", totals)
	w.text("}")
}

// ads writes the days of the profiles of the marketplaces asked for, from the
// first that anything is known of.
func (w *coverageWriter) ads(ctx context.Context, f *history.Facts, q coverageQuery) error {
	if !q.ads {
		return nil
	}
	profiles, err := f.Profiles(ctx)
	if err != nil {
		return err
	}
	between := ""
	for _, p := range profiles {
		if q.market != "" && p.Marketplace != q.market {
			continue
		}
		one, err := w.profile(ctx, f, p, q.from, q.to)
		if err != nil {
			return err
		}
		if len(one.Types) > 0 {
			w.text(between)
			between = ","
			w.value(one)
		}
	}
	return nil
}

func (w *coverageWriter) profile(ctx context.Context, f *history.Facts, p history.Profile, from, to clock.Day) (profileCoverage, error) {
	one := profileCoverage{ProfileID: strconv.FormatInt(p.ID, 10), Marketplace: p.Marketplace, Name: p.Name, Country: p.Country, Types: []adTypeCoverage{}}
	var grids []*history.AdGrid
	var types []ads.ReportType
	first, last := to+1, from-1
	for _, t := range ads.ReportTypes {
		g, err := f.AdGrid(ctx, p.ID, t, from, to)
		if err != nil {
			return one, err
		}
		known := false
		for i, c := range g.Cells {
			if c.State() != history.CellMissing {
				day := from + clock.Day(i)
				first, last, known = min(first, day), max(last, day), true
			}
		}
		if known {
			grids, types = append(grids, g), append(types, t)
		}
	}
	one.From, one.To = first, last
	for i, g := range grids {
		row := adTypeCoverage{Type: string(types[i])}
		skip := int(first - from)
		row.coverageCells = describe(g.Cells[skip:int(last-from)+1], told{
			cause:       func(at int) string { return g.Cause(skip + at) },
			quarantined: func(at int) int64 { return g.Quarantined(skip + at) },
		}, &row.Totals, w.causes)
		one.Types = append(one.Types, row)
	}
	return one, nil
}
