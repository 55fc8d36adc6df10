package alerts

import (
	"encoding/json"
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/clock"
)

// Collection holds the alerts, NotesCollection what people noted to them.
const (
	Collection      = "alerts"
	NotesCollection = "alert_notes"
)

// detail is what of an alert lies in its JSON column.
type detail struct {
	Meaning  string `json:"meaning"`
	ToDo     string `json:"toDo"`
	Currency string `json:"currency,omitempty"`
	Level    string `json:"level,omitempty"`
	Group    string `json:"group,omitempty"`
	Step     string `json:"step,omitempty"`
	Before   State  `json:"before,omitempty"` // the state that the job closed it in
}

// Changes counts what an application of a scan did.
type Changes struct{ Opened, Reopened, Updated, Closed int }

// Apply brings an account's alerts in line with what a run found. Nothing is
// written where nothing changed.
func Apply(app core.App, account string, scan Scan) (done Changes, err error) {
	err = app.RunInTransaction(func(tx core.App) error {
		done = Changes{}
		records, list, err := matters(tx, account, scan)
		if err != nil {
			return err
		}
		collection, err := tx.FindCachedCollectionByNameOrId(Collection)
		if err != nil {
			return err
		}
		for _, s := range reconcile(list, scan) {
			r := records[s.ID]
			if r == nil {
				r = core.NewRecord(collection)
				r.Set("account", account)
				r.Set("opened", scan.Now)
			}
			changed, err := s.write(r, scan)
			if err != nil {
				return err
			}
			if !changed {
				continue
			}
			was := State(r.Original().GetString("state"))
			if err := tx.Save(r); err != nil {
				return fmt.Errorf("save the alert %s: %w", r.GetString("key"), err)
			}
			switch {
			case s.ID == "":
				done.Opened++
			case was == Closed && s.State != Closed:
				done.Reopened++
			case was != Closed && s.State == Closed:
				done.Closed++
			default:
				done.Updated++
			}
		}
		return nil
	})
	if err != nil {
		return Changes{}, fmt.Errorf("bring the alerts up to date: %w", err)
	}
	return done, nil
}

// matters reads the alerts of an account that a scan may touch.
func matters(tx core.App, account string, scan Scan) (map[string]*core.Record, []stored, error) {
	since, err := types.ParseDateTime(scan.Now.Add(-returnDays))
	if err != nil {
		return nil, nil, err
	}
	found, err := tx.FindRecordsByFilter(Collection,
		"account = {:account} && (state != 'closed' || lasting = true || (closed_by = '' && closed >= {:since}))", "opened,id", 0, 0,
		dbx.Params{"account": account, "since": since.String()})
	if err != nil {
		return nil, nil, fmt.Errorf("read the alerts: %w", err)
	}
	records := make(map[string]*core.Record, len(found))
	list := make([]stored, 0, len(found))
	for _, r := range found {
		d, err := detailOf(r)
		if err != nil {
			return nil, nil, err
		}
		a := stored{
			ID: r.Id, Key: r.GetString("key"), Kind: Kind(r.GetString("kind")), Marketplace: r.GetString("marketplace"),
			State: State(r.GetString("state")), Before: d.Before, SnoozedUntil: r.GetDateTime("snoozed_until").Time(), Closed: r.GetDateTime("closed").Time(),
			ByPerson: r.GetString("closed_by") != "", Lasting: r.GetBool("lasting"),
		}
		if week := r.GetString("week"); week != "" {
			if a.Week, err = clock.ParseDay(week); err != nil {
				return nil, nil, fmt.Errorf("read the alert %s: %w", r.Id, err)
			}
		}
		records[r.Id] = r
		list = append(list, a)
	}
	return records, list, nil
}

func detailOf(r *core.Record) (d detail, err error) {
	if text := r.GetString("data"); text != "" && text != "null" {
		if err := r.UnmarshalJSONField("data", &d); err != nil {
			return d, fmt.Errorf("read the alert %s: %w", r.Id, err)
		}
	}
	return d, nil
}

// write sets what the step says on the alert's record.
func (s step) write(r *core.Record, scan Scan) (changed bool, err error) {
	d, err := detailOf(r)
	if err != nil {
		return false, err
	}
	set := func(name string, value any) {
		before := r.GetString(name)
		r.Set(name, value)
		changed = changed || r.GetString(name) != before
	}
	was := State(r.GetString("state"))
	if c := s.Cause; c != nil {
		set("key", c.Key)
		set("kind", string(c.Kind))
		set("marketplace", c.Marketplace)
		week := ""
		if c.Week != 0 {
			week = c.Week.String()
		}
		set("week", week)
		set("term", c.Term)
		set("asin", c.ASIN)
		set("text", c.Text)
		set("protected", c.Protected)
		set("severity", string(c.Severity))
		if c.MoneyLow.Valid {
			set("money_low_micros", c.MoneyLow.V)
		} else {
			set("money_low_micros", nil)
		}
		d = detail{Meaning: c.Meaning, ToDo: c.ToDo, Currency: c.Currency, Level: c.Level, Group: c.Group, Step: c.Step}
	}
	if s.Unquiet {
		set("lasting", false)
	}
	set("state", string(s.State))
	switch {
	case s.State == Closed && was != Closed:
		d.Before = was
		set("closed", scan.Now)
		set("closed_by", "")
		set("reason", s.Reason)
	case s.State != Closed && was == Closed:
		set("closed", nil)
		set("reason", "")
	}
	if s.State != Snoozed && was == Snoozed {
		set("snoozed_until", nil)
	}
	text, err := json.Marshal(d)
	if err != nil {
		return false, err
	}
	set("data", types.JSONRaw(text))
	if changed && s.Cause != nil {
		r.Set("seen", scan.Now)
	}
	return changed, nil
}
