package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// adsFlow is the flow of an Ads API connection, over all its regions.
type adsFlow struct {
	*pass
	clients map[marketplace.Region]*ads.Client
}

func newAds(p *pass) (*adsFlow, error) {
	return &adsFlow{pass: p, clients: map[marketplace.Region]*ads.Client{}}, p.in.reachable(p.conn)
}

// reachable reports why none of an ads connection's regions can be asked.
func (in *Ingest) reachable(c *Connection) error {
	for _, region := range regionsOf(c) {
		if in.cfg.Endpoints.Ads[region] != "" {
			return nil
		}
	}
	return fmt.Errorf("connection %s: the Ads API is not reachable in any of its regions", c.ID)
}

// profile returns a tracked profile of the connection.
func (f *adsFlow) profile(id int64) (AdProfile, bool) {
	for _, p := range f.conn.Profiles {
		if p.ID == id && p.Tracked {
			return p, true
		}
	}
	return AdProfile{}, false
}

func (f *adsFlow) client(region marketplace.Region) (*ads.Client, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[region]; c != nil {
		return c, nil
	}
	c, err := f.in.adsClient(f.conn, region)
	if err == nil {
		f.clients[region] = c
	}
	return c, err
}

// quota returns the bucket of an operation: Amazon's limits are per region,
// and refusals of one report type say nothing about another (adsapi.md §1.4).
func (f *adsFlow) quota(operation string, region marketplace.Region, t string) quota {
	return quota{"ads." + operation, string(region) + "/" + t}
}

// owns implements flow.
func (f *adsFlow) owns(r history.Report) bool {
	if r.API != history.Ads {
		return false
	}
	_, ok := f.profile(r.Profile)
	return ok
}

// discover implements flow.
func (f *adsFlow) discover(ctx context.Context) error {
	if len(f.conn.Profiles) > 0 {
		return nil
	}
	q := f.quota(ads.OpProfiles, f.conn.Region, "")
	ok, at, err := f.take(ctx, q)
	if err != nil {
		return err
	}
	if !ok {
		if at.Sub(f.now()) < time.Hour { // else it has no profiles
			f.undiscovered(at)
		}
		f.wake(at)
		return nil
	}
	found, err := f.in.findProfiles(ctx, f.conn)
	if err != nil {
		return f.discoveryFailed(ctx, q, err)
	}
	f.wellAnswered()
	if len(found) == 0 { // an account without campaigns has none (adsapi.md §2.4)
		if err := f.rest(ctx, q, 24*time.Hour); err != nil {
			return err
		}
	}
	return f.in.saveProfiles(ctx, f.facts, f.conn, found)
}

// due implements flow.
func (f *adsFlow) due(ctx context.Context) (reports []history.Report, allowed int, err error) {
	for _, p := range f.conn.Profiles {
		if !p.Tracked || f.in.cfg.Endpoints.Ads[p.Region] == "" {
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
				f.plansAgain(later(at, f.now().Add(time.Second)))
			}
			// What may be asked for now stands before what may not.
			reports = append(append(append([]history.Report(nil), reports[:allowed]...), due[:n]...), append(due[n:], reports[allowed:]...)...)
			allowed += n
		}
	}
	return reports, allowed, nil
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

func adSpec(r history.Report) ads.ReportSpec {
	return ads.ReportSpec{Profile: r.Profile, Type: ads.ReportType(r.Type), From: r.Start, To: r.End}
}

// regionOf returns where a report's profile lives.
func (f *adsFlow) regionOf(r history.Report) marketplace.Region {
	p, _ := f.profile(r.Profile)
	return p.Region
}

// create implements flow. Amazon itself recognises a request that is already
// under way (adsapi.md §1.3).
func (f *adsFlow) create(ctx context.Context, r history.Report) error {
	client, err := f.client(f.regionOf(r))
	if err != nil {
		return err
	}
	q := f.quota(ads.OpCreateReport, f.regionOf(r), r.Type)
	ok, at, err := f.take(ctx, q)
	if err != nil {
		return err
	}
	if !ok {
		return f.later(ctx, r, at)
	}
	// A request without an answer is simply sent again, at once after a crash.
	now := f.now()
	r.State, r.Requested, r.NextAt, r.Attempts = history.Requesting, now, now, r.Attempts+1
	if err := f.save(ctx, r); err != nil {
		return err
	}
	if err := f.in.failpoint("requesting"); err != nil {
		return err
	}
	id, err := client.CreateReport(ctx, adSpec(r))
	if err := f.in.failpoint("requested"); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	var twin *ads.DuplicateError
	var early *ads.RetentionError
	switch {
	case err == nil:
		f.wellAnswered()
		f.count(func(o *Outcome) { o.Asked++ })
		return f.accepted(ctx, r, id, adsDeadline)
	case errors.As(err, &twin):
		f.wellAnswered()
		return f.adopt(ctx, r, client, twin.ID)
	case errors.As(err, &early):
		f.wellAnswered()
		return f.clamp(ctx, r, early.Earliest)
	}
	return f.notCreated(ctx, r, q, err)
}

// resolve implements flow: asking again either makes the report or names the
// one that was accepted (adsapi.md trap 10).
func (f *adsFlow) resolve(ctx context.Context, r history.Report) error { return f.create(ctx, r) }

// oldestTwin is how much older than our request a report may be that Amazon
// points at: an older one holds the figures of yesterday (adsapi.md §1.3).
const oldestTwin = 6 * time.Hour

// adopt takes over the report that Amazon calls a duplicate, if it is what we
// asked for.
func (f *adsFlow) adopt(ctx context.Context, r history.Report, client *ads.Client, id string) error {
	twin, err := client.Report(ctx, r.Profile, id)
	if err == nil && twin.Matches(adSpec(r)) && twin.Status != ads.Failed && !twin.Created.Before(r.Requested.Add(-oldestTwin)) {
		f.count(func(o *Outcome) { o.Asked++ })
		return f.accepted(ctx, r, id, adsDeadline)
	}
	if r.Attempts >= mostAttempts/2 {
		return f.fail(ctx, r, classAmazon, "Amazon says it already makes this report but points at a different one")
	}
	r.State = history.Planned
	return f.later(ctx, r, f.now().Add(firstPoll))
}

// clamp gives up the days that Amazon no longer keeps; what is left of the
// window is planned anew, once, because those days are covered then
// (adsapi.md trap 20).
func (f *adsFlow) clamp(ctx context.Context, r history.Report, first clock.Day) error {
	if first <= r.Start {
		return f.fail(ctx, r, classOurs, "Amazon refuses the window although it begins late enough")
	}
	gone := history.AdSlice{Profile: r.Profile, Type: ads.ReportType(r.Type), From: r.Start, To: min(first-1, r.End), FetchedAt: f.now()}
	if err := f.facts.MarkUnavailable(ctx, gone); err != nil {
		return fmt.Errorf("mark days as not kept: %w", err)
	}
	f.in.memory.forgetPlan(f.conn.ID)
	r.State, r.ErrorClass, r.Finished = history.Failed, classClamped, f.now()
	r.Error = "Amazon keeps nothing before " + first.String()
	return f.save(ctx, r)
}

// notCreated decides what becomes of a request that failed.
func (f *adsFlow) notCreated(ctx context.Context, r history.Report, q quota, err error) error {
	if judge(err) == verdictStopped {
		return nil // the next pass asks again
	}
	again := r
	again.State = history.Planned
	if handled, herr := f.refused(ctx, err); handled {
		return errors.Join(herr, f.later(ctx, again, f.now()))
	}
	switch judge(err) {
	case verdictThrottled:
		at, terr := f.throttled(ctx, q, err)
		return errors.Join(terr, f.later(ctx, again, later(at, f.now().Add(retryPause(r.Attempts)))))
	case verdictForbidden:
		return f.fail(ctx, r, classForbidden, plain("ask for the report", err))
	case verdictRefused, verdictGone:
		return f.fail(ctx, r, classOurs, plain("ask for the report", err))
	}
	if r.Attempts >= mostAttempts {
		return f.fail(ctx, r, classAmazon, plain("ask for the report", err))
	}
	if !ads.Uncertain(err) {
		r = again
	}
	r.Error = plain("ask for the report", err)
	return f.later(ctx, r, f.now().Add(retryPause(r.Attempts)))
}

// look asks for the state of a report; ok is false when that was put off.
func (f *adsFlow) look(ctx context.Context, r history.Report) (a ads.Report, ok bool, err error) {
	region := f.regionOf(r)
	client, err := f.client(region)
	if err != nil {
		return a, false, err
	}
	q := f.quota(ads.OpReport, region, "")
	ok, at, err := f.take(ctx, q)
	if err != nil {
		return a, false, err
	}
	if !ok {
		return a, false, f.later(ctx, r, at)
	}
	a, err = client.Report(ctx, r.Profile, r.AmazonID)
	if err != nil {
		if judge(err) == verdictForbidden {
			return a, false, f.fail(ctx, r, classForbidden, plain("look at the report", err))
		}
		return a, false, f.notAnswered(ctx, r, q, "look at the report", err)
	}
	f.wellAnswered()
	return a, true, nil
}

// poll implements flow.
func (f *adsFlow) poll(ctx context.Context, r history.Report) error {
	a, ok, err := f.look(ctx, r)
	if err != nil || !ok {
		return err
	}
	if err := f.in.failpoint("polled"); err != nil {
		return err
	}
	switch a.Status {
	case ads.Completed:
		r.State, r.NextAt = history.Ready, f.now()
		return f.save(ctx, r)
	case ads.Failed: // what was stored stays (adsapi.md trap 13)
		return f.fail(ctx, r, classAmazon, "Amazon could not make the report: "+a.FailureReason)
	}
	if !f.now().Before(r.Deadline) {
		return f.abandon(ctx, r)
	}
	return f.later(ctx, r, nextPoll(r.Requested, f.now()))
}

// fetch implements flow. The address of the document is never kept: each try
// gets a fresh one (adsapi.md §1.2).
func (f *adsFlow) fetch(ctx context.Context, r history.Report) error {
	a, ok, err := f.look(ctx, r)
	if err != nil || !ok {
		return err
	}
	if a.Status != ads.Completed {
		r.State = history.Waiting
		return f.later(ctx, r, f.now().Add(firstPoll))
	}
	client, err := f.client(f.regionOf(r))
	if err != nil {
		return err
	}
	rows := noRows
	if a.URL != "" { // without one there are no rows (adsapi.md trap 14)
		err := f.download(ctx, r, func() (io.ReadCloser, error) { return client.Download(ctx, a.URL) })
		if err != nil {
			return f.notDownloaded(ctx, r, err)
		}
		if err := f.in.failpoint("downloaded"); err != nil {
			return err
		}
		rows = f.documentRows(ctx, r)
	}
	stored, err := f.store(ctx, r, rows)
	if err != nil {
		return f.notStored(ctx, r, err)
	}
	return f.stored(r, stored)
}
