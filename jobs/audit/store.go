package audit

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
)

// maxExact is the largest count that a number field, a float64, holds exactly
// (pocketbase.md trap 32).
const maxExact = 1 << 53

// save replaces the week's audit, findings and roll-ups in one transaction. A
// week that did not change is left as it is, time of computation included,
// unless the week has come of the age at which its ads settle since.
func (j *Job) save(account string, r result) error {
	data, err := encode(r.audit)
	if err != nil {
		return err
	}
	computed, err := types.ParseDateTime(j.clock.Now())
	if err != nil {
		return err
	}
	return j.app.RunInTransaction(func(tx core.App) error {
		if err := saveRollups(tx, account, r); err != nil {
			return err
		}
		record, err := findOrNew(tx, "audits", dbx.HashExp{"account": account, "week": r.week.String()})
		if err != nil {
			return err
		}
		if len(r.audit.Marketplaces) == 0 {
			if record.IsNew() {
				return nil
			}
			return tx.Delete(record) // takes its findings with it
		}
		if !record.IsNew() && record.GetString("data") == string(data) && record.GetString("state") == string(r.audit.State) {
			before := clock.DayOf(record.GetDateTime("computed").Time(), time.UTC)
			if stateByAge(r.week, before) == stateByAge(r.week, j.today()) {
				return nil
			}
			record.Set("computed", computed)
			return tx.Save(record)
		}
		if !record.IsNew() {
			if err := revise(record, r.audit); err != nil {
				return err
			}
		}
		record.Set("account", account)
		record.Set("week", r.week.String())
		record.Set("state", string(r.audit.State))
		record.Set("data", types.JSONRaw(data))
		record.Set("findings", r.audit.Findings())
		record.Set("computed", computed)
		if err := tx.Save(record); err != nil {
			return err
		}
		return saveFindings(tx, record, r.audit)
	})
}

// revision is one time that an audit was computed anew with another result.
type revision struct {
	Computed time.Time           `json:"computed"` // of the audit that was replaced
	Changes  []analysis.Revision `json:"changes"`
}

// maxRevisions is how many an audit keeps, the newest.
const maxRevisions = 10

// revise notes on the audit's record what the new one changes.
func revise(record *core.Record, now *analysis.Audit) error {
	var before analysis.Audit
	if err := record.UnmarshalJSONField("data", &before); err != nil {
		return fmt.Errorf("read the audit that is replaced: %w", err)
	}
	if before.Version != now.Version {
		return nil // of an older release: nothing of it can be compared
	}
	changes := analysis.Revisions(&before, now)
	if len(changes) == 0 {
		return nil
	}
	var list []revision
	if text := record.GetString("revisions"); text != "" && text != "null" {
		if err := record.UnmarshalJSONField("revisions", &list); err != nil {
			return fmt.Errorf("read an audit's revisions: %w", err)
		}
	}
	list = append(list, revision{record.GetDateTime("computed").Time(), changes})
	record.Set("revisions", list[max(0, len(list)-maxRevisions):])
	return nil
}

func saveFindings(tx core.App, audit *core.Record, a *analysis.Audit) error {
	if _, err := tx.NonconcurrentDB().Delete("findings", dbx.HashExp{"audit": audit.Id}).Execute(); err != nil {
		return fmt.Errorf("remove the old findings: %w", err)
	}
	collection, err := tx.FindCachedCollectionByNameOrId("findings")
	if err != nil {
		return err
	}
	rank := 0
	for _, m := range a.Marketplaces {
		for _, f := range m.Findings {
			rank++
			data, err := encode(f)
			if err != nil {
				return err
			}
			if err := exact(f.N, f.MoneyLowMicros); err != nil {
				return err
			}
			record := core.NewRecord(collection)
			record.Load(map[string]any{
				"account": audit.GetString("account"), "audit": audit.Id, "week": a.Week, "marketplace": m.Marketplace,
				"kind": string(f.Kind), "term": f.Term, "asin": f.ASIN, "rank": rank,
				"share_before": f.ShareBefore, "share_now": f.ShareNow, "low": f.Low, "high": f.High,
				"n": f.N, "p": f.P, "money_low_micros": f.MoneyLowMicros,
				"cause": f.Cause, "text": f.Text, "data": types.JSONRaw(data),
			})
			if err := tx.Save(record); err != nil {
				return fmt.Errorf("finding %d: %w", rank, err)
			}
		}
	}
	return nil
}

func saveRollups(tx core.App, account string, r result) error {
	keep := []any{}
	for _, u := range r.rollups {
		keep = append(keep, u.marketplace)
		record, err := findOrNew(tx, "rollups", dbx.HashExp{"account": account, "marketplace": u.marketplace, "week": r.week.String()})
		if err != nil {
			return err
		}
		record.Load(map[string]any{"account": account, "marketplace": u.marketplace, "week": r.week.String()})
		changed := record.IsNew()
		set := func(name string, value any) {
			before := record.GetString(name)
			record.Set(name, value)
			changed = changed || record.GetString(name) != before
		}
		set("state", string(u.state))
		set("currency", u.currency)
		for name, n := range u.counts() {
			if !n.Valid {
				set(name, nil)
				continue
			}
			if err := exact(&n.V); err != nil {
				return fmt.Errorf("roll-up %s: %w", name, err)
			}
			set(name, n.V)
		}
		if !changed {
			continue
		}
		if err := tx.Save(record); err != nil {
			return fmt.Errorf("roll-up of %s: %w", u.marketplace, err)
		}
	}
	gone := dbx.And(dbx.HashExp{"account": account, "week": r.week.String()}, dbx.NotIn("marketplace", keep...))
	if _, err := tx.NonconcurrentDB().Delete("rollups", gone).Execute(); err != nil {
		return fmt.Errorf("remove old roll-ups: %w", err)
	}
	return nil
}

// counts are the roll-up's columns; what is not known is invalid.
func (u rollup) counts() map[string]analysis.Count {
	n := map[string]analysis.Count{
		"spend_micros":       u.spend,
		"ad_impressions":     u.AdImpressions,
		"ad_clicks":          u.AdClicks,
		"ad_orders_7d":       u.AdOrders7d,
		"ad_sales_7d_micros": u.AdSales7dMicros,
		"organic_clicks":     u.OrganicClicks,
		"organic_purchases":  u.OrganicPurchases,
		"terms":              analysis.Known(int64(u.Terms)),
	}
	for step, name := range []string{"impressions", "clicks", "cart_adds", "purchases"} {
		n["n_"+name] = analysis.Known(u.Funnel[step].Market)
		n["x_"+name] = analysis.Known(u.Funnel[step].Own)
	}
	return n
}

func findOrNew(tx core.App, collection string, where dbx.HashExp) (*core.Record, error) {
	record := new(core.Record)
	err := tx.RecordQuery(collection).AndWhere(where).Limit(1).One(record)
	if errors.Is(err, sql.ErrNoRows) {
		c, err := tx.FindCachedCollectionByNameOrId(collection)
		if err != nil {
			return nil, err
		}
		return core.NewRecord(c), nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", collection, err)
	}
	return record, nil
}

// exact refuses a number that a float64 would round.
func exact(numbers ...*int64) error {
	for _, n := range numbers {
		if n != nil && (*n > maxExact || *n < -maxExact) {
			return fmt.Errorf("%d is larger than a number field can hold exactly", *n)
		}
	}
	return nil
}

// encode writes JSON without HTML escapes, as the audit is printed.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the audit: %w", err)
	}
	return []byte(strings.TrimRight(b.String(), "\n")), nil
}
