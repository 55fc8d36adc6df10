package history

import (
	"context"
	"errors"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

func migrate(ctx context.Context, file *database.File) error { return nil }

type termCache struct{}

func newTermCache() *termCache { return &termCache{} }
func (*termCache) clear()      {}

// ReplaceSQP replaces a slice by the rows that load yields.
func (f *Facts) ReplaceSQP(ctx context.Context, s SQPSlice, load func(yield func(*spapi.SQPRow) error) (spapi.Summary, error)) (Stored, error) {
	return Stored{}, errors.ErrUnsupported
}

// ReplaceSCP replaces a slice by the rows that load yields.
func (f *Facts) ReplaceSCP(ctx context.Context, s SCPSlice, load func(yield func(*spapi.SCPRow) error) (spapi.Summary, error)) (Stored, error) {
	return Stored{}, errors.ErrUnsupported
}

// ReplaceAdTerms replaces days by the rows that load yields.
func (f *Facts) ReplaceAdTerms(ctx context.Context, s AdSlice, load func(yield func(*ads.TermRow) error) (ads.Summary, error)) (Stored, error) {
	return Stored{}, errors.ErrUnsupported
}

// ReplaceCampaigns replaces days by the rows that load yields.
func (f *Facts) ReplaceCampaigns(ctx context.Context, s AdSlice, load func(yield func(*ads.CampaignRow) error) (ads.Summary, error)) (Stored, error) {
	return Stored{}, errors.ErrUnsupported
}

// MarkEmpty records that Amazon has no data for a slice (CANCELLED).
func (f *Facts) MarkEmpty(ctx context.Context, s Slice) error { return errors.ErrUnsupported }

// MarkUnavailable records that Amazon has not published a slice yet.
func (f *Facts) MarkUnavailable(ctx context.Context, s Slice) error { return errors.ErrUnsupported }

// Plan adds reports to the ledger.
func (f *Facts) Plan(ctx context.Context, reports []Report) error { return errors.ErrUnsupported }

// OpenReports lists open ledger rows.
func (f *Facts) OpenReports(ctx context.Context) ([]Report, error) { return nil, errors.ErrUnsupported }

// SaveReport saves a ledger row.
func (f *Facts) SaveReport(ctx context.Context, r Report) error { return errors.ErrUnsupported }

// Reports lists ledger rows.
func (f *Facts) Reports(ctx context.Context, filter ReportFilter) ([]Report, error) {
	return nil, errors.ErrUnsupported
}

// Bucket returns a token bucket.
func (f *Facts) Bucket(ctx context.Context, key string) (Bucket, bool, error) {
	return Bucket{}, false, errors.ErrUnsupported
}

// SaveBucket saves a token bucket.
func (f *Facts) SaveBucket(ctx context.Context, b Bucket) error { return errors.ErrUnsupported }

// SQPCoverage lists cells.
func (f *Facts) SQPCoverage(ctx context.Context, marketplace, period string, from, to clock.Day) ([]Cell, error) {
	return nil, errors.ErrUnsupported
}

// SCPCoverage lists cells.
func (f *Facts) SCPCoverage(ctx context.Context, marketplace, period string, from, to clock.Day) ([]Cell, error) {
	return nil, errors.ErrUnsupported
}

// AdCoverage lists days.
func (f *Facts) AdCoverage(ctx context.Context, profile int64, t ads.ReportType, from, to clock.Day) ([]DayCell, error) {
	return nil, errors.ErrUnsupported
}

// ASINs lists the seller's ASINs, most impressions in the newest SCP period first.
func (f *Facts) ASINs(ctx context.Context, seller, marketplace string) ([]string, error) {
	return nil, errors.ErrUnsupported
}

// SaveProfiles saves ads profiles.
func (f *Facts) SaveProfiles(ctx context.Context, profiles []Profile) error {
	return errors.ErrUnsupported
}

// Profiles lists ads profiles.
func (f *Facts) Profiles(ctx context.Context) ([]Profile, error) { return nil, errors.ErrUnsupported }

// DirtyWeeks lists weeks to rebuild, oldest first.
func (f *Facts) DirtyWeeks(ctx context.Context) ([]MarketWeek, error) {
	return nil, errors.ErrUnsupported
}

// RebuildWeek rebuilds a joined week.
func (f *Facts) RebuildWeek(ctx context.Context, marketplace string, week clock.Day, brandWords []string) error {
	return errors.ErrUnsupported
}

// AuditsDue lists weeks whose audit is to be computed.
func (f *Facts) AuditsDue(ctx context.Context) ([]clock.Day, error) {
	return nil, errors.ErrUnsupported
}

// AuditDone takes a week off that list.
func (f *Facts) AuditDone(ctx context.Context, week clock.Day) error { return errors.ErrUnsupported }

// Marketplaces lists marketplaces with joined weeks.
func (f *Facts) Marketplaces(ctx context.Context) ([]string, error) {
	return nil, errors.ErrUnsupported
}

// Weeks lists joined weeks, newest first.
func (f *Facts) Weeks(ctx context.Context, marketplace string) ([]clock.Day, error) {
	return nil, errors.ErrUnsupported
}

// WeekTotals lists week totals, oldest first.
func (f *Facts) WeekTotals(ctx context.Context, marketplace string, from, to clock.Day) ([]WeekTotal, error) {
	return nil, errors.ErrUnsupported
}

// Terms returns one page of terms.
func (f *Facts) Terms(ctx context.Context, q TermsQuery) (page []JoinedRow, next string, total int, err error) {
	return nil, "", 0, errors.ErrUnsupported
}

// ErrNotFound means that no such term is stored.
var ErrNotFound = errors.New("no such term")

// TermHistory returns a term's weeks, oldest first.
func (f *Facts) TermHistory(ctx context.Context, marketplace string, termID int64, from, to clock.Day) (Term, []JoinedRow, error) {
	return Term{}, nil, errors.ErrUnsupported
}

// JoinedWeek streams a week at brand level.
func (f *Facts) JoinedWeek(ctx context.Context, marketplace string, week clock.Day, row func(JoinedRow) error) error {
	return errors.ErrUnsupported
}

// Spend lists the campaign totals per week, oldest first.
func (f *Facts) Spend(ctx context.Context, marketplace string, from, to clock.Day) ([]Spend, error) {
	return nil, errors.ErrUnsupported
}

// Buckets lists a week's ads figures outside of search terms.
func (f *Facts) Buckets(ctx context.Context, marketplace string, week clock.Day) ([]Bucketed, error) {
	return nil, errors.ErrUnsupported
}
