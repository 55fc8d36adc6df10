// Package plans lets people plan a randomised test of what their ads bring, and
// read what it came to. HaloTrack draws the schedule; switching ads on and off
// is theirs: it changes nothing at Amazon.
package plans

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/analysis/halo"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/jsonbody"
)

const (
	mostPlans    = 100 // of an account
	mostTerms    = 200 // of a plan
	longestTitle = 200
	settled      = 14 * 24 * time.Hour // after a week's end ads figures stand
)

// Plans answers the routes.
type Plans struct {
	store *history.Store
	clock clock.Clock
}

// New returns the routes' handlers.
func New(store *history.Store, c clock.Clock) *Plans { return &Plans{store, c} }

// Register binds the routes. Who sees the account, and keys that read, see its
// plans; analysts make and delete them.
func (p *Plans) Register(se *core.ServeEvent) {
	g := se.Router.Group("/api/halotrack/accounts/{account}/test-plans")
	g.Bind(apis.Gzip())
	g.GET("", access.Guarded(access.Viewer, access.Read, p.list))
	g.POST("", access.Guarded(access.Analyst, access.NoKey, p.make))
	g.GET("/{test_plan}", access.Guarded(access.Viewer, access.Read, p.one))
	g.DELETE("/{test_plan}", access.Guarded(access.Analyst, access.NoKey, p.remove))
}

// design is what is stored of a plan.
type design struct {
	Start string        `json:"start"` // the first week's Sunday
	IDs   []string      `json:"ids"`   // of the plan's terms, in its order
	Plan  halo.TestPlan `json:"plan"`
}

// planBody is a plan in JSON.
type planBody struct {
	ID          string    `json:"id"`
	Marketplace string    `json:"marketplace"`
	Title       string    `json:"title"`
	Created     time.Time `json:"created"`
	design
	End    string           `json:"end"`    // the last week's Saturday
	Result *halo.TestResult `json:"result"` // null before the ads of the last week have settled
	Text   string           `json:"text"`   // what comes next, or what came out
}

func bodyOf(r *core.Record) (b planBody, err error) {
	b = planBody{ID: r.Id, Marketplace: r.GetString("marketplace"), Title: r.GetString("title"), Created: r.GetDateTime("created").Time()}
	if text := r.GetString("design"); text != "" && text != "null" {
		if err := json.Unmarshal([]byte(text), &b.design); err != nil {
			return b, fmt.Errorf("read test plan %s: %w", r.Id, err)
		}
	}
	if start, err := clock.ParseDay(b.Start); err == nil {
		b.End = (start + clock.Day(7*b.Plan.Weeks-1)).String()
	}
	b.Text = b.Plan.Text
	return b, nil
}

func (p *Plans) list(e *core.RequestEvent, account *core.Record) error {
	var records []*core.Record
	err := e.App.RecordQuery("test_plans").AndWhere(dbx.HashExp{"account": account.Id}).OrderBy("created DESC", "id").Limit(mostPlans).All(&records)
	if err != nil {
		return fmt.Errorf("list test plans: %w", err)
	}
	items := []planBody{}
	for _, r := range records {
		b, err := bodyOf(r)
		if err != nil {
			return err
		}
		items = append(items, b)
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": nil})
}

func (p *Plans) find(e *core.RequestEvent, account *core.Record) (*core.Record, error) {
	var records []*core.Record
	err := e.App.RecordQuery("test_plans").AndWhere(dbx.HashExp{"account": account.Id, "id": e.Request.PathValue("test_plan")}).Limit(1).All(&records)
	if err != nil {
		return nil, fmt.Errorf("find a test plan: %w", err)
	}
	if len(records) == 0 {
		return nil, e.NotFoundError("", nil)
	}
	return records[0], nil
}

func (p *Plans) remove(e *core.RequestEvent, account *core.Record) error {
	record, err := p.find(e, account)
	if err != nil {
		return err
	}
	if err := e.App.Delete(record); err != nil {
		return fmt.Errorf("delete a test plan: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}

// one answers a plan, with its result once the test is over and its ads have
// settled: who looks earlier, and stops when it looks good, takes chance for an
// effect.
func (p *Plans) one(e *core.RequestEvent, account *core.Record) error {
	record, err := p.find(e, account)
	if err != nil {
		return err
	}
	b, err := bodyOf(record)
	if err != nil {
		return err
	}
	start, err := clock.ParseDay(b.Start)
	if err != nil {
		return e.JSON(http.StatusOK, b)
	}
	ready := (start + clock.Day(7*b.Plan.Weeks)).Time().Add(settled)
	if p.clock.Now().Before(ready) {
		b.Text += fmt.Sprintf(" The result comes on %s, when the last week's ads have settled, and not before: who looks early and stops when it looks good takes chance for an effect.", clock.DayOf(ready, time.UTC))
		return e.JSON(http.StatusOK, b)
	}
	weeks, err := p.played(e.Request.Context(), account.Id, b.Marketplace, start, b.design)
	if err != nil {
		return err
	}
	result, err := b.Plan.Analyse(weeks)
	if err != nil {
		b.Text = "No result: " + err.Error() + "."
		return e.JSON(http.StatusOK, b)
	}
	b.Result, b.Text = &result, result.Text
	return e.JSON(http.StatusOK, b)
}

// make draws a plan and keeps it. Without terms it takes those on which ads
// claim the most purchases.
func (p *Plans) make(e *core.RequestEvent, account *core.Record) error {
	var in struct {
		Marketplace string   `json:"marketplace"`
		Title       string   `json:"title"`
		Start       string   `json:"start"`
		Weeks       int      `json:"weeks"`
		Design      string   `json:"design"`
		Terms       []string `json:"terms"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	refuse := func(format string, args ...any) error { return e.BadRequestError(fmt.Sprintf(format, args...), nil) }
	in.Title = strings.TrimSpace(in.Title)
	if in.Title == "" || utf8.RuneCountInString(in.Title) > longestTitle {
		return refuse("title: give the test a name of at most %d characters.", longestTitle)
	}
	start, err := clock.ParseDay(in.Start)
	if err != nil {
		return refuse("start: %v.", err)
	}
	today := clock.DayOf(p.clock.Now(), time.UTC)
	if start != start.Week() || start <= today {
		return refuse("start: %s is not a Sunday to come; the next one is %s.", start, today.Week()+7)
	}
	if len(in.Terms) > mostTerms {
		return refuse("terms: a test takes at most %d.", mostTerms)
	}
	var kept int
	err = e.App.DB().Select("count(*)").From("test_plans").Where(dbx.HashExp{"account": account.Id}).Row(&kept)
	if err != nil {
		return fmt.Errorf("count test plans: %w", err)
	}
	if kept >= mostPlans {
		return refuse("An account keeps at most %d test plans; delete one that is no longer needed.", mostPlans)
	}
	past, err := p.past(e.Request.Context(), e.App, account.Id, in.Marketplace, in.Terms)
	if err != nil {
		if why, ok := err.(refusal); ok {
			return refuse("%s", string(why))
		}
		return err
	}
	var seed [8]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return err
	}
	d := design{Start: start.String()}
	d.Plan, err = halo.PlanTest(past.terms, halo.TestOptions{Design: halo.Design(in.Design), Weeks: in.Weeks, Seed: binary.LittleEndian.Uint64(seed[:])})
	if err != nil {
		return refuse("No test: %v.", err)
	}
	for _, t := range d.Plan.Terms {
		d.IDs = append(d.IDs, past.ids[t.Term])
	}
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	collection, err := e.App.FindCachedCollectionByNameOrId("test_plans")
	if err != nil {
		return err
	}
	now, err := types.ParseDateTime(p.clock.Now())
	if err != nil {
		return err
	}
	record := core.NewRecord(collection)
	record.Load(map[string]any{"account": account.Id, "marketplace": in.Marketplace, "title": in.Title, "design": types.JSONRaw(data), "created": now})
	if e.Auth != nil {
		record.Set("created_by", e.Auth.Id)
	}
	if err := e.App.Save(record); err != nil {
		return fmt.Errorf("keep a test plan: %w", err)
	}
	b, err := bodyOf(record)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusCreated, b)
}
