package history

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Tally counts ledger rows that ended alike.
type Tally struct {
	API         string
	Seller      string
	Profile     int64
	Marketplace string
	State       ReportState
	Class       string // of failed ones
	Count       int
	Rows        int64
	Last        time.Time // when the last of them ended
}

// longestLife bounds the age of a report that ends: its row was planned at most
// so long before. It spares reading the whole ledger.
const longestLife = 60 * 24 * time.Hour

const (
	tallyReports = `SELECT api, seller, profile, marketplace, state, error_class, count(*), sum(rows), max(finished)
FROM reports WHERE created >= ?1 AND finished >= ?2 GROUP BY 1, 2, 3, 4, 5, 6`
	countAsked = `SELECT count(*) FROM reports
WHERE created >= ?1 AND requested >= ?2 AND api = 'spapi' AND type = ?3 AND seller = ?4`
	newestAdDays = `SELECT profile, type, max(date) FROM ad_days WHERE state IN ('stored', 'empty') GROUP BY profile, type`
)

// Ended counts the ledger rows that ended at or after since, whatever became of
// them.
func (f *Facts) Ended(ctx context.Context, since time.Time) (list []Tally, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(tallyReports, func(r database.Row) error {
			list = append(list, Tally{
				API: r.Text(0), Seller: r.Text(1), Profile: r.Int(2), Marketplace: r.Text(3),
				State: ReportState(r.Text(4)), Class: r.Text(5), Count: int(r.Int(6)), Rows: r.Int(7), Last: r.Time(8),
			})
			return nil
		}, since.Add(-longestLife), since)
	})
	if err != nil {
		return nil, fmt.Errorf("count the reports that ended: %w", err)
	}
	return list, nil
}

// SQPAsked counts the Search Query Performance reports that were asked for on
// a seller's behalf at or after since.
func (f *Facts) SQPAsked(ctx context.Context, seller string, since time.Time) (n int, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(countAsked, func(r database.Row) error {
			n = int(r.Int(0))
			return nil
		}, since.Add(-longestLife), since, string(spapi.SQP), seller)
	})
	if err != nil {
		return 0, fmt.Errorf("count the reports asked for: %w", err)
	}
	return n, nil
}

// AdDay is the newest day that is answered of one ads profile and report type.
type AdDay struct {
	Profile int64
	Type    ads.ReportType
	Date    clock.Day
}

// NewestAdDays lists the newest answered day of each profile and report type.
func (f *Facts) NewestAdDays(ctx context.Context) (list []AdDay, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(newestAdDays, func(r database.Row) error {
			list = append(list, AdDay{r.Int(0), ads.ReportType(r.Text(1)), r.Day(2)})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the newest ads days: %w", err)
	}
	return list, nil
}
