package alerts

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// Alert is one alert as people see it.
type Alert struct {
	ID, Marketplace, Currency string
	Kind                      Kind
	Week                      string // empty: none
	Term, ASIN                string
	Level, Group, Step        string // of a share change
	Text, Meaning, ToDo       string
	Protected                 bool
	Severity                  Severity
	MoneyLow                  sql.Null[int64] // micros
	State                     State
	SnoozedUntil              time.Time // zero: not snoozed
	Assignee                  string    // id; empty: nobody
	Opened, Seen, Closed      time.Time // zero: not so
	ClosedBy                  string    // id; empty: the job, or not closed
	Reason                    string    // why the job closed it
	Lasting                   bool      // closed although its cause goes on
	Notes                     []NoteText
}

// NoteText is what one person noted.
type NoteText struct {
	ID, Author, Text string
	At               time.Time
}

// Query asks for a page of alerts. Empty fields ask for all.
type Query struct {
	State       State
	Marketplace string // alerts of the account, without a marketplace, are among them
	Kind        Kind
	Cursor      string
	Limit       int // at least 1
}

type row struct {
	ID           string         `db:"id"`
	Marketplace  string         `db:"marketplace"`
	Kind         string         `db:"kind"`
	Week         string         `db:"week"`
	Term         string         `db:"term"`
	ASIN         string         `db:"asin"`
	Text         string         `db:"text"`
	Protected    bool           `db:"protected"`
	Severity     string         `db:"severity"`
	MoneyLow     sql.NullString `db:"money_low_micros"`
	State        string         `db:"state"`
	SnoozedUntil types.DateTime `db:"snoozed_until"`
	Assignee     string         `db:"assignee"`
	Opened       types.DateTime `db:"opened"`
	Seen         types.DateTime `db:"seen"`
	Closed       types.DateTime `db:"closed"`
	ClosedBy     string         `db:"closed_by"`
	Reason       string         `db:"reason"`
	Lasting      bool           `db:"lasting"`
	Data         sql.NullString `db:"data"`
	Sort         string         `db:"sort"`
}

func (r row) alert() (a Alert, err error) {
	a = Alert{
		ID: r.ID, Marketplace: r.Marketplace, Kind: Kind(r.Kind), Week: r.Week, Term: r.Term, ASIN: r.ASIN, Text: r.Text, Protected: r.Protected,
		Severity: Severity(r.Severity), State: State(r.State), SnoozedUntil: r.SnoozedUntil.Time(), Assignee: r.Assignee,
		Opened: r.Opened.Time(), Seen: r.Seen.Time(), Closed: r.Closed.Time(), ClosedBy: r.ClosedBy, Reason: r.Reason, Lasting: r.Lasting,
	}
	if text := r.MoneyLow.String; text != "" && text != "null" {
		a.MoneyLow.Valid = true
		if err := json.Unmarshal([]byte(text), &a.MoneyLow.V); err != nil {
			return a, fmt.Errorf("read the alert %s: %w", r.ID, err)
		}
	}
	var d detail
	if text := r.Data.String; text != "" && text != "null" {
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return a, fmt.Errorf("read the alert %s: %w", r.ID, err)
		}
	}
	a.Meaning, a.ToDo, a.Currency, a.Level, a.Group, a.Step = d.Meaning, d.ToDo, d.Currency, d.Level, d.Group, d.Step
	return a, nil
}

// order sorts alerts: those to look at first by state, severity and age, and
// the newest first; of the closed the last one closed.
const order = `CASE [[state]] WHEN 'open' THEN '0' WHEN 'acknowledged' THEN '1' WHEN 'snoozed' THEN '2' ELSE '3' END
	|| CASE WHEN [[state]] = 'closed' THEN '-' WHEN [[severity]] = 'critical' THEN '0' WHEN [[severity]] = 'warning' THEN '1' ELSE '2' END
	|| printf('%015d', 999999999999 - unixepoch(CASE WHEN [[state]] = 'closed' THEN [[closed]] ELSE [[opened]] END)) || [[key]] || [[id]]`

// List returns a page of an account's alerts, the most urgent first, and the
// cursor of the next page, empty at the end.
func List(app core.App, account string, q Query) (page []Alert, next string, err error) {
	where := dbx.HashExp{"account": account}
	if q.State != "" {
		where["state"] = string(q.State)
	}
	if q.Kind != "" {
		where["kind"] = string(q.Kind)
	}
	if q.Marketplace != "" {
		where["marketplace"] = []any{q.Marketplace, ""}
	}
	exp := []dbx.Expression{where}
	if q.Cursor != "" {
		exp = append(exp, dbx.NewExp("("+order+") > {:cursor}", dbx.Params{"cursor": q.Cursor}))
	}
	return read(app, account, dbx.And(exp...), q.Limit)
}

func read(app core.App, account string, where dbx.Expression, limit int) (page []Alert, next string, err error) {
	var rows []row
	if err := app.DB().Select("*", "("+order+") AS sort").From(Collection).Where(where).OrderBy("sort").Limit(int64(limit) + 1).All(&rows); err != nil {
		return nil, "", fmt.Errorf("list the alerts: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		next = rows[limit-1].Sort
	}
	at := make(map[string]int, len(rows))
	ids := make([]any, 0, len(rows))
	for _, r := range rows {
		a, err := r.alert()
		if err != nil {
			return nil, "", err
		}
		at[a.ID] = len(page)
		ids = append(ids, a.ID)
		page = append(page, a)
	}
	var notes []struct {
		ID     string         `db:"id"`
		Alert  string         `db:"alert"`
		Author string         `db:"author"`
		Text   string         `db:"text"`
		At     types.DateTime `db:"at"`
	}
	err = app.DB().Select("id", "alert", "author", "text", "at").From(NotesCollection).
		Where(dbx.And(dbx.HashExp{"account": account}, dbx.In("alert", ids...))).OrderBy("at", "id").All(&notes)
	if err != nil {
		return nil, "", fmt.Errorf("read the alerts' notes: %w", err)
	}
	for _, n := range notes {
		a := &page[at[n.Alert]]
		a.Notes = append(a.Notes, NoteText{n.ID, n.Author, n.Text, n.At.Time()})
	}
	return page, next, nil
}

// Find returns one alert of the account; ok is false where it has none such.
func Find(app core.App, account, id string) (a Alert, ok bool, err error) {
	page, _, err := read(app, account, dbx.HashExp{"account": account, "id": id}, 1)
	if err != nil || len(page) == 0 {
		return a, false, err
	}
	return page[0], true, nil
}

// Counts are how many alerts of an account stand where.
type Counts struct {
	Open         int `json:"open"`
	Critical     int `json:"critical"` // of the open ones
	Acknowledged int `json:"acknowledged"`
	Snoozed      int `json:"snoozed"`
	Closed       int `json:"closed"`
}

// Count counts an account's alerts; marketplace empty: of all, else of this
// one and of the account.
func Count(app core.App, account, marketplace string) (c Counts, err error) {
	where := dbx.HashExp{"account": account}
	if marketplace != "" {
		where["marketplace"] = []any{marketplace, ""}
	}
	var rows []struct {
		State    string `db:"state"`
		Severity string `db:"severity"`
		N        int    `db:"n"`
	}
	err = app.DB().Select("state", "severity", "COUNT(*) AS n").From(Collection).Where(where).GroupBy("state", "severity").All(&rows)
	if err != nil {
		return c, fmt.Errorf("count the alerts: %w", err)
	}
	for _, r := range rows {
		switch State(r.State) {
		case Open:
			c.Open += r.N
			if Severity(r.Severity) == Critical {
				c.Critical += r.N
			}
		case Acknowledged:
			c.Acknowledged += r.N
		case Snoozed:
			c.Snoozed += r.N
		case Closed:
			c.Closed += r.N
		}
	}
	return c, nil
}
