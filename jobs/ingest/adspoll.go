package ingest

import (
	"context"
	"io"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/history"
)

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
		err := f.download(ctx, r, func(ctx context.Context) (io.ReadCloser, error) { return client.Download(ctx, a.URL) })
		if err != nil {
			return f.notDownloaded(ctx, r, err)
		}
		if err := f.in.failpoint("downloaded"); err != nil {
			return err
		}
		rows = f.documentRows(ctx, client, r)
	}
	stored, err := f.store(ctx, r, rows)
	if err != nil {
		return f.notStored(ctx, r, err)
	}
	return f.stored(r, stored)
}
