package dashboard

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/clock"
)

const auditsPerPage = 60

type auditRow struct {
	Week      string         `db:"week"`
	State     string         `db:"state"`
	Findings  int            `db:"findings"`
	Computed  types.DateTime `db:"computed"`
	Data      types.JSONRaw  `db:"data"`
	Revisions types.JSONRaw  `db:"revisions"`
}

type auditItem struct {
	Week     string    `json:"week"`
	State    string    `json:"state"`
	Computed time.Time `json:"computed"`
	Findings int       `json:"findings"`
}

// audits lists the weekly audits, newest first; the cursor is the week of the
// last one of the page before.
func (d *Dashboard) audits(e *core.RequestEvent, account *core.Record) error {
	cursor, asked, err := queryDay(e, "cursor")
	if err != nil {
		return err
	}
	q := e.App.DB().Select("week", "state", "findings", "computed").From("audits").Where(dbx.HashExp{"account": account.Id})
	if asked {
		q.AndWhere(dbx.NewExp("week < {:week}", dbx.Params{"week": cursor.String()}))
	}
	var rows []auditRow
	if err := q.OrderBy("week DESC").Limit(auditsPerPage + 1).All(&rows); err != nil {
		return fmt.Errorf("list audits: %w", err)
	}
	var next *string
	if len(rows) > auditsPerPage {
		rows = rows[:auditsPerPage]
		next = &rows[len(rows)-1].Week
	}
	items := make([]auditItem, 0, len(rows))
	for _, r := range rows {
		items = append(items, auditItem{r.Week, r.State, r.Computed.Time(), r.Findings})
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": next})
}

// audit answers the audit JSON of a week as it was stored, byte for byte.
func (d *Dashboard) audit(e *core.RequestEvent, account *core.Record) error {
	row, err := auditOfPath(e, account)
	if err != nil {
		return err
	}
	return e.Blob(http.StatusOK, "application/json", row.Data)
}

// revisions answers what changed each time that the week's audit was computed
// anew, newest first: Amazon corrects ads figures for weeks. Each item holds
// when the audit was computed that was replaced, and the differences.
func (d *Dashboard) revisions(e *core.RequestEvent, account *core.Record) error {
	row, err := auditOfPath(e, account)
	if err != nil {
		return err
	}
	items := []json.RawMessage{}
	if len(row.Revisions) > 0 {
		if err := json.Unmarshal(row.Revisions, &items); err != nil {
			return fmt.Errorf("read an audit's revisions: %w", err)
		}
	}
	slices.Reverse(items)
	if items == nil { // stored as null
		items = []json.RawMessage{}
	}
	return e.JSON(http.StatusOK, map[string]any{"computed": row.Computed.Time(), "items": items})
}

// auditOfPath returns the audit of the week that the path names.
func auditOfPath(e *core.RequestEvent, account *core.Record) (*auditRow, error) {
	week, err := clock.ParseDay(e.Request.PathValue("week"))
	if err != nil {
		return nil, e.NotFoundError("", nil)
	}
	row, err := storedAudit(e.App, account.Id, week.String())
	if err != nil {
		return nil, err
	}
	if row == nil {
		return nil, e.NotFoundError("", nil)
	}
	return row, nil
}

// storedAudit returns the audit of a week, nil if there is none.
func storedAudit(app core.App, account, week string) (*auditRow, error) {
	var rows []auditRow
	err := app.DB().Select("week", "state", "findings", "computed", "data", "revisions").From("audits").
		Where(dbx.HashExp{"account": account, "week": week}).Limit(1).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("read an audit: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// newestAudit returns the marketplace's part of the week's audit, nil if there
// is none.
func newestAudit(app core.App, account, marketplace, week string) (*auditSummary, error) {
	row, err := storedAudit(app, account, week)
	if err != nil || row == nil {
		return nil, err
	}
	var data struct {
		Marketplaces []struct {
			Marketplace string            `json:"marketplace"`
			Findings    []json.RawMessage `json:"findings"`
			Hidden      []json.RawMessage `json:"hidden"`
		} `json:"marketplaces"`
	}
	if err := json.Unmarshal(row.Data, &data); err != nil {
		return nil, fmt.Errorf("read an audit: %w", err)
	}
	out := &auditSummary{Week: row.Week, State: row.State, Computed: row.Computed.Time(), Findings: []json.RawMessage{}, Hidden: []json.RawMessage{}}
	for _, m := range data.Marketplaces {
		if m.Marketplace == marketplace {
			out.Findings = append(out.Findings, m.Findings...)
			out.Hidden = append(out.Hidden, m.Hidden...)
		}
	}
	return out, nil
}
