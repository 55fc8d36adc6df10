package dashboard

import (
	"context"
	"database/sql"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// scopeTest says whether a marketplace's search counts hold the clicks on ads,
// and how sure that is: own clicks per ad click with their 95 % interval.
type scopeTest struct {
	Result string    `json:"result"` // included, excluded or undecided
	Slope  *float64  `json:"slope"`
	Low    *float64  `json:"low"`
	High   *float64  `json:"high"`
	Terms  int       `json:"terms"`
	Weeks  int       `json:"weeks"`
	Newest clock.Day `json:"newest"`
	Apart  bool      `json:"apart"` // what the split goes by: ads are not among the counts
	Why    string    `json:"why,omitempty"`
}

// scopesOf reads the newest tests by marketplace; one that was never tested has
// none.
func scopesOf(ctx context.Context, f *history.Facts) (map[string]*scopeTest, error) {
	list, err := f.Scopes(ctx)
	if err != nil {
		return nil, err
	}
	number := func(v sql.Null[float64]) *float64 {
		if !v.Valid {
			return nil
		}
		return &v.V
	}
	tests := make(map[string]*scopeTest, len(list))
	for _, s := range list {
		tests[s.Marketplace] = &scopeTest{
			Result: s.Result, Slope: number(s.Slope), Low: number(s.Low), High: number(s.High),
			Terms: s.Terms, Weeks: s.Weeks, Newest: s.Week, Apart: s.Apart, Why: s.Why,
		}
	}
	return tests, nil
}
