package triage

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/consent"
	"halotrack.ai/halotrack/internal/waitlist"
)

// item is one application as an operator sees it.
type item struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	Email        string     `json:"email"`
	BusinessType string     `json:"businessType"`
	AdSpendBand  string     `json:"adSpendBand"`
	Marketplaces []string   `json:"marketplaces"`
	Notes        string     `json:"notes"`
	Status       string     `json:"status"`
	AppliedAt    *time.Time `json:"appliedAt"`
	ConfirmedAt  *time.Time `json:"confirmedAt"`
	InvitedAt    *time.Time `json:"invitedAt"`
	ResolvedAt   *time.Time `json:"resolvedAt"`
	OfferedAt    *time.Time `json:"offeredAt"`
	News         bool       `json:"news"`      // agreed to news by mail
	NoteCount    int        `json:"noteCount"` // of operators
	Next         []string   `json:"next"`      // states that it may be moved to
}

func (t *Triage) item(app core.App, r *core.Record) (item, error) {
	a, state := waitlist.Of(r), waitlist.State(r.GetString("status"))
	it := item{
		ID: r.Id, Name: a.Name, Email: a.Email, BusinessType: a.BusinessType, AdSpendBand: a.AdSpendBand, Marketplaces: a.Marketplaces, Notes: a.Notes,
		Status: string(state), AppliedAt: moment(r, "applied_at"), ConfirmedAt: moment(r, "confirmed_at"), InvitedAt: moment(r, "invited_at"),
		ResolvedAt: moment(r, "resolved_at"), OfferedAt: moment(r, "offered_at"), Next: []string{},
	}
	for _, to := range ours {
		if state.May(to) && (state != waitlist.Declined || it.OfferedAt == nil) {
			it.Next = append(it.Next, string(to))
		}
	}
	news, err := waitlist.Marketing(app, r)
	if err != nil {
		return it, err
	}
	notes, err := app.CountRecords("waitlist_notes", dbx.HashExp{"application": r.Id})
	if err != nil {
		return it, fmt.Errorf("count the notes: %w", err)
	}
	it.News, it.NoteCount = news == consent.Given, int(notes)
	return it, nil
}

func (t *Triage) one(e *core.RequestEvent, _ *core.Record) error {
	r, err := find(e)
	if err != nil {
		return err
	}
	it, err := t.item(e.App, r)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, it)
}

// pageSize is how many applications a page has.
const pageSize = 50

// bandRank orders the bands by what is spent, as waitlist.SpendBands does.
const bandRank = `CASE [[ad_spend_band]] WHEN 'none' THEN 0 WHEN 'under_1k' THEN 1 WHEN '1k_5k' THEN 2 WHEN '5k_20k' THEN 3 WHEN '20k_100k' THEN 4 WHEN 'over_100k' THEN 5 ELSE -1 END`

// orders are the ways to sort, each with the condition for what follows a row.
var orders = map[string]struct {
	by    []string
	after string
}{
	"oldest": {[]string{"applied_at", "id"}, "([[applied_at]], [[id]]) > ({:at}, {:id})"},
	"newest": {[]string{"applied_at DESC", "id DESC"}, "([[applied_at]], [[id]]) < ({:at}, {:id})"},
	"band":   {[]string{"(" + bandRank + ") DESC", "applied_at", "id"}, "(-(" + bandRank + "), [[applied_at]], [[id]]) > (-{:rank}, {:at}, {:id})"},
}

func (t *Triage) list(e *core.RequestEvent, _ *core.Record) error {
	query := e.Request.URL.Query()
	where, err := filter(e)
	if err != nil {
		return err
	}
	sort := query.Get("sort")
	if sort == "" {
		sort = "oldest"
	}
	order, ok := orders[sort]
	if !ok {
		return e.BadRequestError("sort: give oldest, newest or band.", nil)
	}
	body := struct {
		Items    []item            `json:"items"`
		Next     *string           `json:"nextCursor"`
		Total    int               `json:"total"`
		Counts   map[string]int    `json:"counts"` // by status, of all
		Capacity waitlist.Capacity `json:"capacity"`
	}{Items: []item{}, Counts: map[string]int{}}
	if err := e.App.RecordQuery(waitlist.Collection).Select("count(*)").AndWhere(where).Row(&body.Total); err != nil {
		return fmt.Errorf("count the applications: %w", err)
	}
	page := e.App.RecordQuery(waitlist.Collection).AndWhere(where)
	if cursor := query.Get("cursor"); cursor != "" {
		after, ok := readCursor(cursor)
		if !ok {
			return e.BadRequestError("cursor: it is not one of this list.", nil)
		}
		page.AndWhere(dbx.NewExp(order.after, after))
	}
	var rows []*core.Record
	if err := page.OrderBy(order.by...).Limit(pageSize + 1).All(&rows); err != nil {
		return fmt.Errorf("list the applications: %w", err)
	}
	if len(rows) > pageSize {
		rows = rows[:pageSize]
		next := cursorOf(rows[pageSize-1])
		body.Next = &next
	}
	for _, r := range rows {
		it, err := t.item(e.App, r)
		if err != nil {
			return err
		}
		body.Items = append(body.Items, it)
	}
	var counts []struct {
		Status string `db:"status"`
		N      int    `db:"n"`
	}
	if err := e.App.DB().Select("status", "count(*) AS n").From(waitlist.Collection).GroupBy("status").All(&counts); err != nil {
		return fmt.Errorf("count the applications: %w", err)
	}
	for _, c := range counts {
		body.Counts[c.Status] = c.N
	}
	if body.Capacity, err = waitlist.CapacityOf(e.App, t.clock.Now()); err != nil {
		return err
	}
	return e.JSON(http.StatusOK, body)
}

// filter reads which applications are asked for: status ("open" is new and
// reviewing), band and a text in name, address or notes.
func filter(e *core.RequestEvent) (dbx.Expression, error) {
	query := e.Request.URL.Query()
	var all []dbx.Expression
	switch status := query.Get("status"); status {
	case "", "all":
	case "open":
		all = append(all, dbx.In("status", string(waitlist.New), string(waitlist.Reviewing)))
	case "new", "reviewing", "invited", "joined", "declined", "withdrawn":
		all = append(all, dbx.HashExp{"status": status})
	default:
		return nil, e.BadRequestError("status: give open, all, or one of the states.", nil)
	}
	if band := query.Get("band"); band != "" {
		if waitlist.LabelOf(waitlist.SpendBands, band) == band {
			return nil, e.BadRequestError("band: there is no such band.", nil)
		}
		all = append(all, dbx.HashExp{"ad_spend_band": band})
	}
	if q := strings.TrimSpace(query.Get("q")); q != "" {
		all = append(all, dbx.Or(dbx.Like("name", q), dbx.Like("email", q), dbx.Like("notes", q)))
	}
	if len(all) == 0 {
		return dbx.NewExp("1 = 1"), nil // an empty condition is no SQL
	}
	return dbx.And(all...), nil
}

func cursorOf(r *core.Record) string {
	rank := 0
	for i, b := range waitlist.SpendBands {
		if b.Value == r.GetString("ad_spend_band") {
			rank = i
		}
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(rank) + "|" + r.GetDateTime("applied_at").String() + "|" + r.Id))
}

func readCursor(s string) (dbx.Params, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	parts := strings.Split(string(raw), "|")
	if err != nil || len(parts) != 3 {
		return nil, false
	}
	rank, err := strconv.Atoi(parts[0])
	return dbx.Params{"rank": rank, "at": parts[1], "id": parts[2]}, err == nil
}
