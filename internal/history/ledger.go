package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// ReportState is where a report is on its way from plan to facts.
type ReportState string

// The states, in order. Requesting is committed before the POST, so that after
// a kill it is known that Amazon may have accepted a request.
const (
	Planned     ReportState = "planned"
	Requesting  ReportState = "requesting"
	Waiting     ReportState = "waiting" // accepted, not done at Amazon
	Ready       ReportState = "ready"   // done at Amazon, not downloaded
	ReportDone  ReportState = "stored"
	ReportEmpty ReportState = "empty"
	Failed      ReportState = "failed"
	Abandoned   ReportState = "abandoned"
)

// Open tells whether a report in this state is still to be worked on.
func (s ReportState) Open() bool {
	return s == Planned || s == Requesting || s == Waiting || s == Ready
}

// APIs of a report.
const (
	SPAPI = "spapi"
	Ads   = "ads"
)

// Report is one row of the ledger: one report asked, or to be asked, of
// Amazon. Zero times are unknown.
type Report struct {
	ID          int64
	Connection  string // the grant through which it is asked
	API         string // SPAPI or Ads
	Seller      string
	Profile     int64 // ads profile id
	Marketplace string
	Type        string // spapi.ReportType or ads.ReportType
	Period      string // of SQP and SCP
	Start, End  clock.Day
	ASINs       []string
	State       ReportState
	AmazonID    string
	DocumentID  string

	Created, Requested, NextAt, Deadline, Finished time.Time

	Attempts   int
	ErrorClass string
	Error      string
	Rows       int64
}

// ReportFilter chooses ledger rows; zero fields choose all.
type ReportFilter struct {
	Connection  string
	API         string
	Type        string
	Marketplace string
	Profile     int64
	States      []ReportState
	Since       time.Time // created at or after
	Limit       int       // newest first; 0 for all
}

const reportColumns = `id, connection, api, seller, profile, marketplace, type, period, start, end, asins, state,
	amazon_id, document_id, created, requested, next_at, deadline, finished, attempts, error_class, error, rows`

const (
	planReport = `INSERT OR IGNORE INTO reports
(target, connection, api, seller, profile, marketplace, type, period, start, end, asins, state,
	amazon_id, document_id, created, requested, next_at, deadline, finished, attempts, error_class, error, rows)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)`
	saveReport = `UPDATE reports SET connection = ?2, state = ?3, amazon_id = ?4, document_id = ?5,
	created = ?6, requested = ?7, next_at = ?8, deadline = ?9, finished = ?10, attempts = ?11,
	error_class = ?12, error = ?13, rows = ?14 WHERE id = ?1`
	openReports = `SELECT ` + reportColumns + ` FROM reports
WHERE state IN ('planned', 'requesting', 'waiting', 'ready') ORDER BY id`
	listReports = `SELECT ` + reportColumns + ` FROM reports
WHERE (?1 = '' OR connection = ?1) AND (?2 = '' OR api = ?2) AND (?3 = '' OR type = ?3)
	AND (?4 = '' OR marketplace = ?4) AND (?5 = 0 OR profile = ?5)
	AND (?6 = '' OR instr(?6, ' ' || state || ' ') > 0) AND (?7 IS NULL OR created >= ?7)
ORDER BY id DESC LIMIT ?8`
	doneReport = `UPDATE reports SET state = ?2, rows = ?3, finished = ?4, next_at = NULL, error_class = '', error = '' WHERE id = ?1`
)

// ErrNoReport means that the ledger has no row of that id.
var ErrNoReport = errors.New("the ledger has no such report")

// target says what a report asks for, whatever the order of its ASINs.
func (r Report) target() string {
	asins := slices.Clone(r.ASINs)
	slices.Sort(asins)
	return strings.Join([]string{
		r.API, r.Seller, strconv.FormatInt(r.Profile, 10), r.Marketplace, r.Type, r.Period,
		r.Start.String(), r.End.String(), strings.Join(asins, " "),
	}, "|")
}

// Plan adds reports to the ledger, in state Planned unless they have another.
// One whose target (seller or profile, marketplace, type, period, dates, ASINs)
// has an open row already is ignored.
func (f *Facts) Plan(ctx context.Context, reports []Report) error {
	err := f.write(ctx, func(c *database.Conn) error {
		for _, r := range reports {
			if r.State == "" {
				r.State = Planned
			}
			if r.Created.IsZero() {
				r.Created = f.clock.Now()
			}
			_, err := c.Exec(planReport, r.target(), r.Connection, r.API, r.Seller, r.Profile, r.Marketplace,
				r.Type, r.Period, r.Start, r.End, strings.Join(r.ASINs, " "), string(r.State),
				r.AmazonID, r.DocumentID, r.Created, r.Requested, r.NextAt, r.Deadline, r.Finished,
				r.Attempts, r.ErrorClass, r.Error, r.Rows)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("plan reports: %w", err)
	}
	return nil
}

// OpenReports lists the ledger rows that are still to be worked on, oldest
// first.
func (f *Facts) OpenReports(ctx context.Context) ([]Report, error) {
	return f.reports(ctx, openReports)
}

// SaveReport writes the changeable fields of a ledger row: all but what it
// asks for. It fails with ErrNoReport if there is no row of that id.
func (f *Facts) SaveReport(ctx context.Context, r Report) error {
	err := f.write(ctx, func(c *database.Conn) error {
		n, err := c.Exec(saveReport, r.ID, r.Connection, string(r.State), r.AmazonID, r.DocumentID,
			r.Created, r.Requested, r.NextAt, r.Deadline, r.Finished, r.Attempts, r.ErrorClass, r.Error, r.Rows)
		if err == nil && n == 0 {
			err = ErrNoReport
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save report %d: %w", r.ID, err)
	}
	return nil
}

// Reports lists the ledger rows that a filter chooses, newest first.
func (f *Facts) Reports(ctx context.Context, filter ReportFilter) ([]Report, error) {
	states := ""
	for _, s := range filter.States {
		states += " " + string(s) + " "
	}
	limit := filter.Limit
	if limit <= 0 {
		limit = -1
	}
	return f.reports(ctx, listReports, filter.Connection, filter.API, filter.Type, filter.Marketplace,
		filter.Profile, states, filter.Since, limit)
}

func (f *Facts) reports(ctx context.Context, query string, args ...any) (list []Report, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(query, func(r database.Row) error {
			list = append(list, Report{
				ID: r.Int(0), Connection: r.Text(1), API: r.Text(2), Seller: r.Text(3), Profile: r.Int(4),
				Marketplace: r.Text(5), Type: r.Text(6), Period: r.Text(7), Start: r.Day(8), End: r.Day(9),
				ASINs: strings.Fields(r.Text(10)), State: ReportState(r.Text(11)),
				AmazonID: r.Text(12), DocumentID: r.Text(13),
				Created: r.Time(14), Requested: r.Time(15), NextAt: r.Time(16), Deadline: r.Time(17), Finished: r.Time(18),
				Attempts: int(r.Int(19)), ErrorClass: r.Text(20), Error: r.Text(21), Rows: r.Int(22),
			})
			return nil
		}, args...)
	})
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	return list, nil
}

// finishReport closes the ledger row of a slice, within the slice's
// transaction.
func finishReport(c *database.Conn, id, rows int64, at time.Time) error {
	if id == 0 {
		return nil
	}
	state := ReportDone
	if rows == 0 {
		state = ReportEmpty
	}
	n, err := c.Exec(doneReport, id, string(state), rows, at)
	if err == nil && n == 0 {
		err = ErrNoReport
	}
	if err != nil {
		return fmt.Errorf("finish report %d: %w", id, err)
	}
	return nil
}
