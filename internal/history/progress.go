package history

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Progress says how far a connection has come. Zero times are unknown, or there
// is nothing to wait for.
type Progress struct {
	Connection  string    `json:"connection"`
	At          time.Time `json:"at"`       // when this was true
	Waiting     int       `json:"waiting"`  // reports due that wait for a quota
	Expected    int       `json:"expected"` // search reports still to be asked for, as far as can be told
	SQPUsed     int       `json:"sqpUsed"`  // of today's (UTC) Search Query Performance reports
	SQPLimit    int       `json:"sqpLimit"`
	HaltedUntil time.Time `json:"haltedUntil,omitzero"` // Amazon takes no more before
	NewestDone  time.Time `json:"newestDone,omitzero"`  // expected end of the newest period's reports
	AllDone     time.Time `json:"allDone,omitzero"`     // expected end of all
	Done        int       `json:"done"`                 // of Total: whole periods of marketplaces; of ads, days of profiles and report types
	Total       int       `json:"total"`
}

const (
	saveProgress = `INSERT OR REPLACE INTO connection_progress
(connection, at, waiting, expected, sqp_used, sqp_limit, halted_until, newest_done, all_done, done, total)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`
	listProgress = `SELECT connection, at, waiting, expected, sqp_used, sqp_limit, halted_until, newest_done, all_done, done, total
FROM connection_progress ORDER BY connection`
	reportsCovering = `SELECT ` + reportColumns + ` FROM reports
WHERE marketplace = ?1 AND start BETWEEN ?2 AND ?3 AND api = ?4 AND period = ?5 ORDER BY id DESC`
	selectSCPWeights = `SELECT a.code, c.impressions FROM scp c JOIN asins a ON a.id = c.asin
WHERE c.seller = ?2 AND c.rows > 0 AND c.period = (
	SELECT p.id FROM periods p WHERE p.marketplace = ?1 AND p.kind = ?3 AND EXISTS (
		SELECT 1 FROM scp x WHERE x.period = p.id AND x.seller = ?2 AND x.rows > 0)
	ORDER BY p.end DESC, p.start DESC LIMIT 1)
ORDER BY c.impressions DESC NULLS LAST, a.code`
)

// SaveProgress keeps what is known of a connection's progress.
func (f *Facts) SaveProgress(ctx context.Context, p Progress) error {
	err := f.write(ctx, func(c *database.Conn) error {
		_, err := c.Exec(saveProgress, p.Connection, p.At, p.Waiting, p.Expected, p.SQPUsed, p.SQPLimit,
			p.HaltedUntil, p.NewestDone, p.AllDone, p.Done, p.Total)
		return err
	})
	if err != nil {
		return fmt.Errorf("save progress: %w", err)
	}
	return nil
}

// Progress lists how far the account's connections have come.
func (f *Facts) Progress(ctx context.Context) (list []Progress, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(listProgress, func(r database.Row) error {
			list = append(list, Progress{
				Connection: r.Text(0), At: r.Time(1), Waiting: int(r.Int(2)), Expected: int(r.Int(3)),
				SQPUsed: int(r.Int(4)), SQPLimit: int(r.Int(5)),
				HaltedUntil: r.Time(6), NewestDone: r.Time(7), AllDone: r.Time(8),
				Done: int(r.Int(9)), Total: int(r.Int(10)),
			})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read progress: %w", err)
	}
	return list, nil
}

// ReportsCovering lists the Selling Partner API's ledger rows of a marketplace
// and kind of period that start from from to to, newest first.
func (f *Facts) ReportsCovering(ctx context.Context, marketplace, period string, from, to clock.Day) ([]Report, error) {
	return f.reports(ctx, reportsCovering, marketplace, from, to, SPAPI, period)
}

// Weight is an ASIN with its search impressions in the newest week of search
// catalogue performance.
type Weight struct {
	ASIN        string
	Impressions int64
}

// Weights is ASINs with the figures that order them.
func (f *Facts) Weights(ctx context.Context, seller, marketplace string) (list []Weight, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		market, err := marketplaces.lookup(c, marketplace)
		if err != nil || market == 0 {
			return err
		}
		who, err := sellers.lookup(c, seller)
		if err != nil || who == 0 {
			return err
		}
		return c.Query(selectSCPWeights, func(r database.Row) error {
			list = append(list, Weight{r.Text(0), r.Int(1)})
			return nil
		}, market, who, Week)
	})
	if err != nil {
		return nil, fmt.Errorf("weigh ASINs: %w", err)
	}
	return list, nil
}
