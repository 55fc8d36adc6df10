package ingest

import (
	"context"
	"fmt"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// due implements flow.
func (f *adsFlow) due(ctx context.Context) (reports []history.Report, allowed int, err error) {
	f.extent = adsExtent{}
	var more time.Time // when what waits may be asked for
	for _, p := range f.conn.Profiles {
		if _, ok := f.profile(p.ID); !ok || f.in.cfg.Endpoints.Ads[p.Region] == "" {
			continue
		}
		loc, err := time.LoadLocation(p.Zone)
		if err != nil {
			return nil, 0, fmt.Errorf("time zone of profile %d: %w", p.ID, err)
		}
		for _, t := range adTypes {
			due, err := f.dueOf(ctx, p, t, loc)
			if err != nil {
				return nil, 0, err
			}
			tokens, at, err := f.tokensLeft(ctx, f.quota(ads.OpCreateReport, p.Region, string(t)))
			if err != nil {
				return nil, 0, err
			}
			n := min(tokens, len(due))
			if n < len(due) {
				more = later(more, at)
				f.plansAgain(later(at, f.now().Add(time.Second)))
			}
			// What may be asked for now stands before what may not.
			reports = append(append(append([]history.Report(nil), reports[:allowed]...), due[:n]...), append(due[n:], reports[allowed:]...)...)
			allowed += n
		}
	}
	return reports, allowed, f.estimate(ctx, len(reports), allowed, more)
}

// dueOf returns what one report type of one profile needs now.
func (f *adsFlow) dueOf(ctx context.Context, p AdProfile, t ads.ReportType, loc *time.Location) ([]history.Report, error) {
	now := f.now()
	keep := retentions[t.Product()]
	today := clock.DayOf(now, loc)
	cells, err := f.facts.AdCoverage(ctx, p.ID, t, today-clock.Day(keep.accepted), today)
	if err != nil {
		return nil, fmt.Errorf("read the coverage: %w", err)
	}
	days := map[clock.Day]adDay{}
	for _, c := range cells {
		days[c.Date] = adDay{Fetched: c.FetchedAt}
	}
	ledger, err := f.facts.Reports(ctx, history.ReportFilter{API: history.Ads, Profile: p.ID, Type: string(t),
		States: []history.ReportState{history.Planned, history.Requesting, history.Waiting, history.Ready, history.Failed, history.Abandoned}})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	for _, r := range ledger {
		for date := r.Start; date <= r.End; date++ {
			d := days[date]
			d.account(r)
			days[date] = d
		}
	}
	f.extent.add(today, keep, f.in.cfg.Since, days)
	plan := planAds(now, loc, keep, f.in.cfg.Since, days)
	f.plansAgain(plan.Next)
	var out []history.Report
	for _, w := range plan.Windows {
		out = append(out, history.Report{
			Connection: f.conn.ID, API: history.Ads, Seller: p.SellerID, Profile: p.ID, Marketplace: p.Marketplace,
			Type: string(t), Start: w.From, End: w.To, State: history.Planned, Created: now, NextAt: now,
		})
	}
	return out, nil
}

// account adds what an unanswered ledger row says about a day.
func (d *adDay) account(r history.Report) {
	switch {
	case r.State.Open():
		d.Open = true
	case r.ErrorClass == classClamped:
	case r.Finished.After(d.Fetched):
		class := r.ErrorClass
		if r.State == history.Abandoned {
			class = classDeadline
		}
		d.Failures = d.Failures.add(class, r.Finished)
	}
}

// classClamped marks a report whose window began before what Amazon keeps; the
// rest of it is planned anew.
const classClamped = "clamped"
