package audittest

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"halotrack.ai/halotrack/internal/analysis"
)

// full is an audit in which every field is set.
func full() *analysis.Audit {
	own, market, share, money, p := int64(10), int64(100), .1, int64(5_000_000), .001
	step := analysis.StepShare{Own: &own, Market: &market, Share: &share, Low: &share, High: &share, Before: &share}
	provable := .4
	section := analysis.MarketAudit{
		Marketplace: "ATVPDKIKX0DER", Currency: "USD", Verdict: "Nothing changed.",
		Status:      analysis.Status{SearchStored: true, Products: analysis.Cells{Stored: 3}, AdsDays: 7, AdsDaysTotal: 7, AdsState: analysis.Settled, BaselineWeeks: 13, Event: "Prime Day"},
		Shares:      analysis.Shares{Impression: step, Click: step, CartAdd: step, Purchase: step},
		Demand:      &analysis.Demand{Now: 10, Before: 9, Market: -1, Share: 2, LastYear: &share},
		SpendMicros: &money,
		Spend:       []analysis.TermSpend{{Term: "kettle", SpendMicros: money, AdClickShare: &share, OrganicShare: &share, ACOS: &share, BreakEvenACOS: .3, MarginAssumed: true, PurchasesShare: &share}},
		Findings: []analysis.Finding{
			{Kind: analysis.ShareDrop, Weeks: &[2]string{"2026-11-08", "2026-11-15"}, Level: analysis.LevelCluster, Group: "generic/B000000001/kettle", GroupName: "kettle", Step: "click", Term: "kettle", ASIN: "B000000001",
				ShareBefore: &share, ShareNow: &share, Low: &share, High: &share, N: &own, P: &p, MoneyLowMicros: &money, Cause: analysis.CausePrice, Text: "It fell."},
		},
		AlsoConfirmed: []analysis.Unlisted{{Kind: analysis.ShareGain, Level: analysis.LevelTerm, Term: "garlic press"}}, Decisions: []analysis.Decision{{Finding: 0, Do: "Look."}},
		Tested: analysis.Tested{Terms: 12, SmallestProvableDrop: &provable, FalseDiscoveryRate: .05},
		Hidden: []analysis.Hidden{{What: "3 terms", Why: "too few"}},
	}
	for _, kind := range []analysis.Kind{analysis.Drifting, analysis.AccountShift, analysis.Waste, analysis.Harvest, analysis.Scale, analysis.FixListing, analysis.BrandDefence, analysis.Opportunity, analysis.OwnOverlap} {
		section.Findings = append(section.Findings, analysis.Finding{Kind: kind, Text: "Seen."})
	}
	return analysis.Compose("a", "2026-11-15", analysis.Settled, []analysis.MarketAudit{section})
}

func encoded(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheSchemaTakesAFullAndAnEmptyAudit(t *testing.T) {
	Conforms(t, encoded(t, full()))
	Conforms(t, encoded(t, analysis.Compose("a", "2026-11-15", analysis.Final, nil)))
}

func TestTheSchemaRefusesWhatItDoesNotPromise(t *testing.T) {
	for name, spoil := range map[string]func(*analysis.Audit){
		"another version":           func(a *analysis.Audit) { a.Version = 1 },
		"a week that is no day":     func(a *analysis.Audit) { a.Week = "2026-11-31" },
		"an unknown kind":           func(a *analysis.Audit) { a.Marketplaces[0].Findings[1].Kind = "hunch" },
		"a finding without words":   func(a *analysis.Audit) { a.Marketplaces[0].Findings[1].Text = "" },
		"a drop that is not tested": func(a *analysis.Audit) { a.Marketplaces[0].Findings[0].P = nil },
		"waste with a p":            func(a *analysis.Audit) { a.Marketplaces[0].Findings[3].P = a.Marketplaces[0].Findings[0].P },
		"a share above 1":           func(a *analysis.Audit) { *a.Marketplaces[0].Shares.Click.Share = 6.1 },
		"findings that are null":    func(a *analysis.Audit) { a.Marketplaces[0].Findings = nil },
		"a decision about nothing":  func(a *analysis.Audit) { a.Marketplaces[0].Decisions[0].Finding = 99 },
		"an unknown cause":          func(a *analysis.Audit) { a.Marketplaces[0].Findings[0].Cause = "mercury" },
	} {
		a := full()
		spoil(a)
		if err := Check(t, encoded(t, a)); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// The schema and the code name the same fields, and each is described.
func TestTheSchemaDescribesEveryField(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(Schema(t), &schema); err != nil {
		t.Fatal(err)
	}
	version := schema["properties"].(map[string]any)["version"].(map[string]any)["const"]
	if version != float64(analysis.Version) {
		t.Errorf("the schema is of version %v, the code of %d", version, analysis.Version)
	}
	defs := schema["$defs"].(map[string]any)
	of := func(path ...string) map[string]any {
		at := schema
		for _, key := range path {
			at = at[key].(map[string]any)
		}
		return at
	}
	for name, def := range defs {
		if text, _ := def.(map[string]any)["description"].(string); text == "" {
			t.Errorf("%s is not described", name)
		}
	}
	for _, c := range []struct {
		schema map[string]any
		code   any
	}{
		{schema, analysis.Audit{}},
		{of("$defs", "section"), analysis.MarketAudit{}},
		{of("$defs", "status"), analysis.Status{}},
		{of("$defs", "status", "properties", "products"), analysis.Cells{}},
		{of("$defs", "section", "properties", "shares"), analysis.Shares{}},
		{of("$defs", "stepShare"), analysis.StepShare{}},
		{of("$defs", "demand"), analysis.Demand{}},
		{of("$defs", "termSpend"), analysis.TermSpend{}},
		{of("$defs", "finding"), analysis.Finding{}},
		{of("$defs", "decision"), analysis.Decision{}},
		{of("$defs", "tested"), analysis.Tested{}},
		{of("$defs", "hidden"), analysis.Hidden{}},
	} {
		properties := c.schema["properties"].(map[string]any)
		required := map[string]bool{}
		list, _ := c.schema["required"].([]any)
		for _, name := range list {
			required[name.(string)] = true
		}
		typ := reflect.TypeOf(c.code)
		var fields []string
		for i := range typ.NumField() {
			name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			fields = append(fields, name)
			if always := options != "omitempty"; always != required[name] {
				t.Errorf("%s.%s is always there: %v; the schema requires it: %v", typ.Name(), name, always, required[name])
			}
		}
		slices.Sort(fields)
		if described := slices.Sorted(maps.Keys(properties)); !slices.Equal(fields, described) {
			t.Errorf("%s has %q, the schema %q", typ.Name(), fields, described)
		}
		for name, property := range properties {
			if text, _ := property.(map[string]any)["description"].(string); text == "" {
				t.Errorf("%s.%s is not described", typ.Name(), name)
			}
		}
	}
}
