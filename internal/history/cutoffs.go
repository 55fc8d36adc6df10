package history

import (
	"context"
	"encoding/json"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Cutoff says where Amazon's list of an ASIN's terms ends in a week.
type Cutoff struct {
	ASIN      string
	Truncated bool
	// Least are the smallest own counts listed, of impressions, clicks, cart
	// adds and purchases; of meaning where the list is cut off, for below a
	// whole list there is nothing.
	Least [4]Count
}

const (
	cutoffCells = `SELECT s.id, s.state, a.code FROM (` + searchCells + `) s JOIN asins a ON a.id = s.asin`
	leastOwn    = `SELECT min(x_impressions), min(x_clicks), min(x_cart_adds), min(x_purchases) FROM sqp_own WHERE cell = ?1`
	termSellers = `SELECT DISTINCT j.term, a.code FROM json_each(?2) w CROSS JOIN json_each(?3) t
CROSS JOIN joined j ON j.marketplace = ?1 AND j.week = w.value AND j.level = ?4 AND j.term = t.value
JOIN asins a ON a.id = j.key WHERE j.x_impressions > 0 ORDER BY j.term, a.code`
)

// Cutoffs lists, of the ASINs that Amazon has answered for, where their lists
// of terms end in a week.
func (f *Facts) Cutoffs(ctx context.Context, marketplace string, week clock.Day) (list []Cutoff, err error) {
	err = f.inMarket(ctx, marketplace, "read where lists end", func(c *database.Conn, market int64) error {
		var period int64
		err := c.Query(selectPeriod, func(r database.Row) error { period = r.Int(0); return nil }, market, Week, week)
		if err != nil || period == 0 {
			return err
		}
		cut := map[int]int64{} // cells by place in list
		err = c.Query(cutoffCells, func(r database.Row) error {
			switch CellState(r.Text(1)) {
			case Truncated:
				cut[len(list)] = r.Int(0)
				list = append(list, Cutoff{ASIN: r.Text(2), Truncated: true})
			case Complete, Empty:
				list = append(list, Cutoff{ASIN: r.Text(2)})
			}
			return nil
		}, period)
		if err != nil {
			return err
		}
		for i := range list {
			if !list[i].Truncated {
				continue
			}
			err := c.Query(leastOwn, func(r database.Row) error {
				for step := range list[i].Least {
					list[i].Least[step] = r.Count(step)
				}
				return nil
			}, cut[i])
			if err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}

// TermSellers lists, per term, the ASINs that were listed for it in one of the
// weeks.
func (f *Facts) TermSellers(ctx context.Context, marketplace string, termIDs []int64, weeks []clock.Day) (map[int64][]string, error) {
	sellers := map[int64][]string{}
	days := make([]int64, len(weeks))
	for i, week := range weeks {
		days[i] = int64(week)
	}
	in, err := json.Marshal(days)
	if err != nil {
		return nil, err
	}
	of, err := json.Marshal(termIDs)
	if err != nil {
		return nil, err
	}
	err = f.inMarket(ctx, marketplace, "read who sells on terms", func(c *database.Conn, market int64) error {
		return c.Query(termSellers, func(r database.Row) error {
			sellers[r.Int(0)] = append(sellers[r.Int(0)], r.Text(1))
			return nil
		}, market, string(in), string(of), levelASIN)
	})
	return sellers, err
}
