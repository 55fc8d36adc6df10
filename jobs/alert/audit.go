package alert

import (
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/alerts"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
)

// audit takes over what the audit of the newest published week confirmed: the
// one scan of that week. An audit computed anew, of corrected data, is the same
// scan.
func (s *scan) audit(app core.App, account string) error {
	list, err := app.FindRecordsByFilter("audits", "account = {:account}", "-week", 1, 0, dbx.Params{"account": account})
	if err != nil {
		return fmt.Errorf("read the newest audit: %w", err)
	}
	if len(list) == 0 {
		return nil
	}
	var a analysis.Audit
	if err := list[0].UnmarshalJSONField("data", &a); err != nil {
		return fmt.Errorf("read the audit of the week of %s: %w", list[0].GetString("week"), err)
	}
	if a.Version != analysis.Version {
		return nil // of an older release: the next run of the audits makes it anew
	}
	week, err := clock.ParseDay(a.Week)
	if err != nil {
		return fmt.Errorf("read the newest audit: %w", err)
	}
	for i := range a.Marketplaces {
		s.section(&a.Marketplaces[i], week)
	}
	return nil
}

// scanned are the kinds that the scan of a week tells of.
var scanned = []alerts.Kind{alerts.ShareDrop, alerts.Vanished, alerts.Drift, alerts.AccountShift}

func (s *scan) section(m *analysis.MarketAudit, week clock.Day) {
	if m.Tested.Terms == 0 {
		return // no search data, a retail event or too few weeks: nothing was judged
	}
	for _, kind := range scanned {
		s.judged(kind, m.Marketplace, fmt.Sprintf("The scan of the week of %s no longer finds it: the share is back, or the lower one has become what its baseline expects.", week))
	}
	for _, f := range m.Findings {
		if !analysis.Alerting(f) {
			continue
		}
		n := analysis.FindingNotice(f, m.Currency)
		s.raise(alerts.Cause{
			Key:  findingKey(m.Marketplace, f.Kind, f.Level, f.Group, f.Term),
			Kind: alerts.Kind(f.Kind), Marketplace: m.Marketplace, Week: week, Term: f.Term, ASIN: f.ASIN,
			Text: n.Text, Meaning: n.Meaning, ToDo: n.ToDo, Protected: true, Severity: severity(n.Severe),
			MoneyLow: n.MoneyLowMicros, Currency: m.Currency, Level: string(f.Level), Group: f.Group, Step: f.Step,
		})
	}
	// What is confirmed and not listed raises no alert, and ends none.
	for _, u := range m.AlsoConfirmed {
		s.standing = append(s.standing, findingKey(m.Marketplace, u.Kind, u.Level, u.Group, u.Term))
	}
}

func findingKey(marketplace string, kind analysis.Kind, level analysis.Level, group, term string) string {
	if kind == analysis.AccountShift {
		return alerts.NewKey(alerts.AccountShift, marketplace)
	}
	return alerts.NewKey(alerts.Kind(kind), marketplace, string(level), group+term)
}
