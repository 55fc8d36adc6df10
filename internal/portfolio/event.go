package portfolio

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
)

// EventKind is what an entry of the calendar is about.
type EventKind string

// The kinds.
const (
	SaleEvent     EventKind = "event"     // such as Prime Day: its weeks are not tested
	StockOut      EventKind = "stock_out" // out of stock, whatever was inferred
	InStock       EventKind = "in_stock"  // in stock, whatever was inferred
	PriceChange   EventKind = "price"
	CampaignStart EventKind = "campaign"
	Note          EventKind = "note"
)

var eventKinds = []EventKind{SaleEvent, StockOut, InStock, PriceChange, CampaignStart, Note}

// Event is one entry of an account's calendar: what the data do not say.
type Event struct {
	ID          string
	Marketplace string // empty: all
	Kind        EventKind
	ASIN        string    // empty: all; a stock entry needs one
	From, To    clock.Day // both included
	Title       string
}

// In tells whether any day of the Sunday week lies within the entry.
func (e Event) In(week clock.Day) bool { return e.From <= week.WeekEnd() && e.To >= week.Week() }

const (
	maxEvents     = 5000
	longestEvent  = 366 // days
	longestString = 200
)

// Events lists an account's calendar, by first day.
func Events(app core.App, account string) ([]Event, error) {
	var rows []struct {
		ID          string `db:"id"`
		Marketplace string `db:"marketplace"`
		Kind        string `db:"kind"`
		ASIN        string `db:"asin"`
		From        string `db:"from"`
		To          string `db:"to"`
		Title       string `db:"title"`
	}
	if err := ofAccount(app, "events", account).OrderBy("from", "id").All(&rows); err != nil {
		return nil, fmt.Errorf("read the calendar: %w", err)
	}
	list := make([]Event, 0, len(rows))
	for _, r := range rows {
		e := Event{ID: r.ID, Marketplace: r.Marketplace, Kind: EventKind(r.Kind), ASIN: r.ASIN, Title: r.Title}
		var err error
		if e.From, err = clock.ParseDay(r.From); err == nil {
			e.To, err = clock.ParseDay(r.To)
		}
		if err != nil {
			return nil, fmt.Errorf("read the calendar's entry %s: %w", r.ID, err)
		}
		list = append(list, e)
	}
	return list, nil
}

// Clean returns the entry as it is stored, or a Refusal.
func (e Event) Clean() (Event, error) {
	if e.Marketplace != "" {
		if _, ok := marketplace.ByID(e.Marketplace); !ok {
			return e, refuse("There is no marketplace %q.", shown(e.Marketplace))
		}
	}
	if !slices.Contains(eventKinds, e.Kind) {
		return e, refuse("An entry is one of event, stock_out, in_stock, price, campaign and note.")
	}
	e.ASIN = strings.ToUpper(strings.TrimSpace(e.ASIN))
	if e.ASIN != "" && !asinForm.MatchString(e.ASIN) {
		return e, refuse("%q is not an ASIN: it has ten letters and digits, such as B0EXAMPLE1.", shown(e.ASIN))
	}
	if e.ASIN == "" && (e.Kind == StockOut || e.Kind == InStock) {
		return e, refuse("Say which ASIN was in or out of stock.")
	}
	if e.Title = tidy(e.Title); utf8.RuneCountInString(e.Title) > longestString {
		return e, refuse("A title has at most %d characters.", longestString)
	}
	if e.Title == "" && e.Kind == Note {
		return e, refuse("Write something in the note.")
	}
	switch {
	case e.To < e.From:
		return e, refuse("The last day, %s, lies before the first, %s.", e.To, e.From)
	case e.To-e.From >= longestEvent:
		return e, refuse("An entry lasts at most %d days.", longestEvent)
	}
	return e, nil
}

// SaveEvent writes a new entry, or over the one with its id. ok is false where
// the account has none such. What is wrong is a Refusal.
func SaveEvent(app core.App, account, by string, e Event, now time.Time) (saved Event, effect Effect, ok bool, err error) {
	r, ok, err := editable(app, "events", account, e.ID, maxEvents)
	if err != nil || !ok {
		return e, effect, ok, err
	}
	if e, err = e.Clean(); err != nil {
		return e, effect, true, err
	}
	effect.Days = &Span{e.From, e.To}
	if e.ID != "" {
		old, err := daysOf(r)
		if err != nil {
			return e, effect, true, err
		}
		effect.Days = &Span{min(old.From, e.From), max(old.To, e.To)}
	}
	if e.ID == "" {
		r.Set("created_by", by)
		r.Set("created", now)
	}
	r.Set("marketplace", e.Marketplace)
	r.Set("kind", string(e.Kind))
	r.Set("asin", e.ASIN)
	r.Set("from", e.From.String())
	r.Set("to", e.To.String())
	r.Set("title", e.Title)
	if err := app.Save(r); err != nil {
		return e, Effect{}, true, fmt.Errorf("save the calendar's entry: %w", err)
	}
	e.ID = r.Id
	return e, effect, true, nil
}

// DeleteEvent removes an entry; ok is false where the account has none such.
func DeleteEvent(app core.App, account, id string) (effect Effect, ok bool, err error) {
	r, err := find(app, "events", account, id)
	if err != nil || r == nil {
		return effect, false, err
	}
	days, err := daysOf(r)
	if err != nil {
		return effect, true, err
	}
	return Effect{Days: &days}, true, app.Delete(r)
}

func daysOf(r *core.Record) (s Span, err error) {
	if s.From, err = clock.ParseDay(r.GetString("from")); err == nil {
		s.To, err = clock.ParseDay(r.GetString("to"))
	}
	if err != nil {
		return s, fmt.Errorf("read the calendar's entry %s: %w", r.Id, err)
	}
	return s, nil
}

// Exists tells whether the account has a calendar's entry ("events") or a
// threshold ("thresholds") with the id.
func Exists(app core.App, table, account, id string) (bool, error) {
	r, err := find(app, table, account, id)
	return r != nil, err
}

// editable returns the account's row with the id, or a new one for "".
func editable(app core.App, table, account, id string, most int64) (r *core.Record, ok bool, err error) {
	if id != "" {
		r, err = find(app, table, account, id)
		return r, r != nil, err
	}
	stored, err := app.CountRecords(table, dbx.HashExp{"account": account})
	if err != nil {
		return nil, false, err
	}
	if stored >= most {
		return nil, true, refuse("There are %d of them already: delete some first.", most)
	}
	collection, err := app.FindCachedCollectionByNameOrId(table)
	if err != nil {
		return nil, false, err
	}
	r = core.NewRecord(collection)
	r.Set("account", account)
	return r, true, nil
}

// find returns the account's row with the id, nil where it has none such.
func find(app core.App, table, account, id string) (*core.Record, error) {
	list, err := app.FindRecordsByFilter(table, "account = {:account} && id = {:id}", "", 1, 0, dbx.Params{"account": account, "id": id})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list[0], nil
}
