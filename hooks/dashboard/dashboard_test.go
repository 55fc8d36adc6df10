package dashboard

import (
	"database/sql"
	"testing"
)

func TestBeforeIsSumsOverSumsOfThirteenStoredWeeks(t *testing.T) {
	text := func(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }
	rows := []rollup{{Week: "2026-11-08", State: "provisional", XPurchases: 30, NPurchases: 100, Spend: text("null")}}
	for i := range 20 { // newest first: 13 weeks of 10 in 100 or 1000, then others that must not count
		r := rollup{Week: "older", XPurchases: 10, NPurchases: 100, Spend: text("2000000")}
		if i%2 == 1 {
			r.NPurchases = 1000
			r.Spend = sql.NullString{}
		}
		if i >= baselineWeeks {
			r.XPurchases = 99999
		}
		rows = append(rows, r)
	}
	body := overviewBody{Shares: map[string]*stepShare{}}
	for _, s := range steps {
		body.Shares[s.name] = &stepShare{}
	}
	fill(&body, rows)
	got := body.Shares["purchase"]
	if want := 130.0 / (7*100 + 6*1000); got.Before == nil || *got.Before != want {
		t.Errorf("before %v, want %v", got.Before, want)
	}
	if got.Share == nil || *got.Share != 0.3 || len(got.Series) != len(rows) || got.Series[len(rows)-1].Week != "2026-11-08" {
		t.Errorf("share %v, series of %d", got.Share, len(got.Series))
	}
	if body.Spend.Micros != nil {
		t.Errorf("unknown spend is shown as %d", *body.Spend.Micros)
	}
	if body.Spend.Before == nil || *body.Spend.Before != 2_000_000 {
		t.Errorf("spend before %v: weeks without spend count as if they had none", body.Spend.Before)
	}
	if zero := body.Shares["impression"]; zero.Share != nil || zero.Before != nil {
		t.Error("a share of nothing is shown as a number")
	}
}
