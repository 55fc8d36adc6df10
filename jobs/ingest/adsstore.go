package ingest

import (
	"context"
	"errors"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// adRows reads the rows of a report, as often as it is called.
type adRows func(ads.Rows) (ads.Summary, error)

// noRows is a report without a document.
func noRows(ads.Rows) (ads.Summary, error) { return ads.Summary{}, nil }

// documentRows reads the rows of a spooled document.
func (f *adsFlow) documentRows(ctx context.Context, reporting adReporting, r history.Report) adRows {
	return func(rows ads.Rows) (sum ads.Summary, err error) {
		text, done, err := f.text(ctx, r)
		if err != nil {
			return sum, err
		}
		defer func() { err = errors.Join(err, done()) }()
		return reporting.Decode(text, adSpec(r), rows)
	}
}

// store replaces the days of a report, in one transaction with coverage and
// ledger. Days that Amazon accepts but no longer answers are another matter:
// where they have no rows they are not covered, instead of days without ads
// (adsapi.md trap 20).
func (f *adsFlow) store(ctx context.Context, r history.Report, rows adRows) (history.Stored, error) {
	p, _ := f.profile(r.Profile)
	loc, err := time.LoadLocation(p.Zone)
	if err != nil {
		return history.Stored{}, err
	}
	asked := clock.DayOf(r.Requested, loc)
	if r.End > asked-clock.Day(retentions[ads.ReportType(r.Type).Product()].answered) {
		return f.replace(ctx, r, r.Start, r.End, r.ID, rows)
	}
	return f.storeForgotten(ctx, r, rows)
}

// replace stores the rows of the days from..to.
func (f *adsFlow) replace(ctx context.Context, r history.Report, from, to clock.Day, ledger int64, rows adRows) (history.Stored, error) {
	slice := history.AdSlice{Profile: r.Profile, Type: ads.ReportType(r.Type), From: from, To: to, Report: ledger, FetchedAt: f.now()}
	wanted := func(date clock.Day) bool { return date >= from && date <= to }
	switch slice.Type.Grain() {
	case ads.ByTerm:
		return f.facts.ReplaceAdTerms(ctx, slice, func(yield func(*ads.TermRow) error) (ads.Summary, error) {
			return rows(ads.Rows{Terms: func(row *ads.TermRow) error {
				if !wanted(row.Date) {
					return nil
				}
				return yield(row)
			}})
		})
	case ads.ByProduct:
		return f.facts.ReplaceAdProducts(ctx, slice, func(yield func(*ads.ProductRow) error) (ads.Summary, error) {
			return rows(ads.Rows{Products: func(row *ads.ProductRow) error {
				if !wanted(row.Date) {
					return nil
				}
				return yield(row)
			}})
		})
	}
	return f.facts.ReplaceCampaigns(ctx, slice, func(yield func(*ads.CampaignRow) error) (ads.Summary, error) {
		return rows(ads.Rows{Campaigns: func(row *ads.CampaignRow) error {
			if !wanted(row.Date) {
				return nil
			}
			return yield(row)
		}})
	})
}

// storeForgotten stores a window beyond what Amazon still answers: days with
// rows as they are, days without as not covered.
func (f *adsFlow) storeForgotten(ctx context.Context, r history.Report, rows adRows) (history.Stored, error) {
	var total history.Stored
	has := map[clock.Day]bool{}
	_, err := rows(ads.Rows{
		Terms:     func(row *ads.TermRow) error { has[row.Date] = true; return nil },
		Campaigns: func(row *ads.CampaignRow) error { has[row.Date] = true; return nil },
		Products:  func(row *ads.ProductRow) error { has[row.Date] = true; return nil },
	})
	if err != nil {
		return total, err
	}
	for from := r.Start; from <= r.End; {
		to := from
		for to < r.End && has[to+1] == has[from] {
			to++
		}
		if has[from] {
			s, err := f.replace(ctx, r, from, to, 0, rows)
			if err != nil {
				return total, err
			}
			total.Rows += s.Rows
		} else {
			gone := history.AdSlice{Profile: r.Profile, Type: ads.ReportType(r.Type), From: from, To: to, Report: r.ID, FetchedAt: f.now()}
			if err := f.facts.MarkUnavailable(ctx, gone); err != nil {
				return total, err
			}
		}
		from = to + 1
	}
	r.State, r.Rows, r.Finished, r.ErrorClass, r.Error = history.ReportEmpty, total.Rows, f.now(), "", ""
	if total.Rows > 0 {
		r.State = history.ReportDone
	}
	return total, f.save(ctx, r)
}
