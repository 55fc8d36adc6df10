// Package alerts shows alerts and lets people act on them: acknowledge, snooze,
// assign, note and close.
package alerts

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/alerts"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/jsonbody"
)

// Alerts answers the routes.
type Alerts struct{ clock clock.Clock }

// New returns the routes' handlers.
func New(c clock.Clock) *Alerts { return &Alerts{c} }

// Register binds the routes. Who sees the account, and keys that read, see its
// alerts; analysts and owners act on them.
func (a *Alerts) Register(se *core.ServeEvent) {
	g := se.Router.Group("/api/halotrack/accounts/{account}/alerts")
	g.Bind(apis.Gzip())
	g.GET("", access.Guarded(access.Viewer, access.Read, a.list))
	g.PATCH("/{alert}", access.Guarded(access.Analyst, access.NoKey, a.change))
	g.POST("/{alert}/notes", access.Guarded(access.Analyst, access.NoKey, a.note))
}

// item is an alert in JSON. Money is micros of the currency.
type item struct {
	ID             string          `json:"id"`
	Kind           alerts.Kind     `json:"kind"`
	Marketplace    *place          `json:"marketplace"` // null: of the account
	Currency       string          `json:"currency"`
	Week           *string         `json:"week"`
	Term           string          `json:"term"`
	ASIN           string          `json:"asin"`
	Level          string          `json:"level"`
	Group          string          `json:"group"`
	Step           string          `json:"step"`
	Text           string          `json:"text"`
	Meaning        string          `json:"meaning"`
	ToDo           string          `json:"toDo"`
	Protected      bool            `json:"protected"` // its rate of false alarms is controlled
	Severity       alerts.Severity `json:"severity"`
	MoneyLowMicros *int64          `json:"moneyLowMicros"` // a week
	State          alerts.State    `json:"state"`
	SnoozedUntil   *clock.Day      `json:"snoozedUntil"`
	Assignee       *alerts.Person  `json:"assignee"`
	Opened         *time.Time      `json:"opened"`
	Seen           *time.Time      `json:"seen"` // when it last changed what it says
	Closed         *time.Time      `json:"closed"`
	ClosedBy       *alerts.Person  `json:"closedBy"` // null: by itself, for the reason
	Reason         string          `json:"reason"`
	Reopens        bool            `json:"reopens"` // it can be opened again: its cause goes on
	Notes          []noteItem      `json:"notes"`
}

type place struct {
	ID      string `json:"id"`
	Country string `json:"country"`
	Name    string `json:"name"`
}

type noteItem struct {
	ID     string         `json:"id"`
	Author *alerts.Person `json:"author"` // null: the person is gone
	Text   string         `json:"text"`
	At     time.Time      `json:"at"`
}

const (
	defaultLimit = 50
	maxLimit     = 200
)

// list answers a page of alerts with how many there are, and who can look after
// them.
func (a *Alerts) list(e *core.RequestEvent, account *core.Record) error {
	q := alerts.Query{Limit: defaultLimit}
	in := e.Request.URL.Query()
	if q.State = alerts.State(in.Get("state")); q.State != "" && !slices.Contains(alerts.States, q.State) {
		return e.BadRequestError("state: one of open, acknowledged, snoozed and closed.", nil)
	}
	if q.Kind = alerts.Kind(in.Get("kind")); q.Kind != "" && !slices.Contains(alerts.Kinds, q.Kind) {
		return e.BadRequestError("kind: there is no such kind of alert.", nil)
	}
	if q.Marketplace = in.Get("marketplace"); q.Marketplace != "" {
		if _, ok := marketplace.ByID(q.Marketplace); !ok {
			return e.BadRequestError("marketplace: there is no such marketplace.", nil)
		}
	}
	if text := in.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return e.BadRequestError(fmt.Sprintf("limit: a number from 1 to %d.", maxLimit), nil)
		}
		q.Limit = n
	}
	q.Cursor = in.Get("cursor")
	page, next, err := alerts.List(e.App, account.Id, q)
	if err != nil {
		return err
	}
	counts, err := alerts.Count(e.App, account.Id, q.Marketplace)
	if err != nil {
		return err
	}
	people, err := alerts.People(e.App, account.Id)
	if err != nil {
		return err
	}
	items := make([]item, 0, len(page))
	for _, one := range page {
		items = append(items, itemOf(one, people))
	}
	var cursor *string
	if next != "" {
		cursor = &next
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": cursor, "counts": counts, "people": people})
}

func itemOf(x alerts.Alert, people []alerts.Person) item {
	out := item{
		ID: x.ID, Kind: x.Kind, Currency: x.Currency, Term: x.Term, ASIN: x.ASIN, Level: x.Level, Group: x.Group, Step: x.Step,
		Text: x.Text, Meaning: x.Meaning, ToDo: x.ToDo, Protected: x.Protected, Severity: x.Severity, State: x.State,
		Assignee: personOf(x.Assignee, people), Opened: moment(x.Opened), Seen: moment(x.Seen), Closed: moment(x.Closed),
		ClosedBy: personOf(x.ClosedBy, people), Reason: x.Reason, Reopens: x.State == alerts.Closed && x.Lasting, Notes: []noteItem{},
	}
	if x.Marketplace != "" {
		m, _ := marketplace.ByID(x.Marketplace)
		out.Marketplace = &place{x.Marketplace, m.Country, m.Name}
	}
	if x.Week != "" {
		out.Week = &x.Week
	}
	if x.MoneyLow.Valid {
		out.MoneyLowMicros = &x.MoneyLow.V
	}
	if !x.SnoozedUntil.IsZero() {
		day := clock.DayOf(x.SnoozedUntil, time.UTC)
		out.SnoozedUntil = &day
	}
	for _, n := range x.Notes {
		out.Notes = append(out.Notes, noteItem{n.ID, personOf(n.Author, people), n.Text, n.At.UTC()})
	}
	return out
}

// personOf names a person; who no longer belongs to the account has no name
// here.
func personOf(id string, people []alerts.Person) *alerts.Person {
	if id == "" {
		return nil
	}
	if i := slices.IndexFunc(people, func(p alerts.Person) bool { return p.ID == id }); i >= 0 {
		return &people[i]
	}
	return &alerts.Person{ID: id}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// change does what a person decided.
func (a *Alerts) change(e *core.RequestEvent, account *core.Record) error {
	id := e.Request.PathValue("alert")
	if _, ok, err := alerts.Find(e.App, account.Id, id); err != nil || !ok {
		return missing(e, err)
	}
	var in struct {
		State        alerts.State `json:"state"`
		SnoozedUntil string       `json:"snoozedUntil"` // 2026-12-01
		Assignee     *string      `json:"assignee"`     // empty: nobody
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	act := alerts.Act{State: in.State, Assignee: in.Assignee}
	if in.SnoozedUntil != "" {
		day, err := clock.ParseDay(in.SnoozedUntil)
		if err != nil {
			return e.BadRequestError(fmt.Sprintf("snoozedUntil: %v.", err), nil)
		}
		act.SnoozedUntil = day
	}
	if act == (alerts.Act{}) {
		return e.BadRequestError("Send a state, an assignee or both.", nil)
	}
	ok, err := alerts.Do(e.App, account.Id, id, e.Auth.Id, act, a.clock.Now())
	if err != nil || !ok {
		return missing(e, err)
	}
	return a.one(e, account, id)
}

// note adds what a person wrote.
func (a *Alerts) note(e *core.RequestEvent, account *core.Record) error {
	id := e.Request.PathValue("alert")
	if _, ok, err := alerts.Find(e.App, account.Id, id); err != nil || !ok {
		return missing(e, err)
	}
	var in struct {
		Text string `json:"text"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	ok, err := alerts.AddNote(e.App, account.Id, id, e.Auth.Id, in.Text, a.clock.Now())
	if err != nil || !ok {
		return missing(e, err)
	}
	return a.one(e, account, id)
}

// one answers an alert as it stands.
func (a *Alerts) one(e *core.RequestEvent, account *core.Record, id string) error {
	x, ok, err := alerts.Find(e.App, account.Id, id)
	if err != nil || !ok {
		return missing(e, err)
	}
	people, err := alerts.People(e.App, account.Id)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, itemOf(x, people))
}

// missing answers an error, what a person sent wrong among them, or that there
// is no such alert.
func missing(e *core.RequestEvent, err error) error {
	if text, ok := alerts.Refusal(err); ok {
		return e.BadRequestError(text, nil)
	}
	if err != nil {
		return err
	}
	return e.NotFoundError("", nil)
}
