// Package retention ends what has had its time. Its first duty: where the
// operator is not the seller, what came through a disconnected grant is deleted
// two days later, unless the seller has connected again (design ruling 2).
package retention

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/vault"
)

// Name is the job's name in the inventory.
const Name = "retention"

// Config is what the job works with.
type Config struct {
	App   core.App
	Store *history.Store
	Vault *vault.Vault
	Clock clock.Clock
	Log   *slog.Logger
	// Provider says that the operator is not the seller; without it nothing is
	// deleted here.
	Provider bool
	// SweepSpool deletes the documents of an account that its ledger no longer
	// names.
	SweepSpool func(ctx context.Context, account string) error
}

// Job deletes. One process has one of it.
type Job struct {
	cfg Config
	// failpoint is called after each step that a crash could follow; tests
	// replace it.
	failpoint func(step string) error
}

// New returns the job.
func New(cfg Config) *Job { return &Job{cfg, func(string) error { return nil }} }

// Run deletes what is due in an account, or in all for "". An account that
// fails does not hold up the next one; a run that was cut short is taken up by
// the next.
func (j *Job) Run(ctx context.Context, account string) error {
	if _, err := inventory.RequirePurpose(Name); err != nil {
		return err
	}
	if !j.cfg.Provider {
		return nil
	}
	accounts, err := j.accounts(account)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range accounts {
		if err := j.account(ctx, id); err != nil {
			errs = append(errs, fmt.Errorf("delete the disconnected data of account %s: %w", id, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// accounts lists those with a connection that was disconnected and not purged.
func (j *Job) accounts(only string) (ids []string, err error) {
	where := dbx.HashExp{"status": grants.StatusDisconnected, "purged_at": ""}
	if only != "" {
		where["account"] = only
	}
	err = j.cfg.App.DB().Select("account").Distinct(true).From("connections").Where(where).OrderBy("account").Column(&ids)
	if err != nil {
		return nil, fmt.Errorf("list the disconnected accounts: %w", err)
	}
	return ids, nil
}

// errReconnected ends a purge whose seller has come back.
var errReconnected = errors.New("connected again")

func (j *Job) account(ctx context.Context, account string) error {
	d, err := j.due(ctx, account)
	if err != nil || d.nothing() {
		return err
	}
	err = j.purge(ctx, account, d)
	if errors.Is(err, errReconnected) {
		j.cfg.Log.Info("a purge ended because the account was connected again", slog.String("account", account))
		return nil
	}
	return err
}

// due is what is to be deleted in an account now.
type due struct {
	purge    history.Purge
	ended    []string // connections of which nothing is left afterwards
	profiles []int64  // that they, or others later, reach
}

func (d due) nothing() bool {
	return len(d.ended) == 0 && len(d.purge.Profiles) == 0
}

func (j *Job) connections(account string) ([]*core.Record, error) {
	records, err := j.cfg.App.FindRecordsByFilter("connections", "account = {:account}", "created,id", 0, 0, dbx.Params{"account": account})
	if err != nil {
		return nil, fmt.Errorf("list the connections: %w", err)
	}
	return records, nil
}

func (j *Job) due(ctx context.Context, account string) (d due, err error) {
	connections, err := j.connections(account)
	if err != nil {
		return d, err
	}
	endings, err := grants.Endings(connections)
	if err != nil {
		return d, err
	}
	now := j.cfg.Clock.Now()
	d.ended, d.profiles = dueBy(endings, now)
	if len(d.ended) == 0 && len(d.profiles) == 0 {
		return d, nil
	}
	d.purge.Connections = d.ended
	adsEnded, adsLeft := false, false // left: a grant to the Ads API lives, or ended lately
	for _, c := range connections {
		over, ads := slices.Contains(d.ended, c.Id), c.GetString("api") == grants.APIAds
		switch {
		case ads && over:
			adsEnded = true
		case ads:
			adsLeft = adsLeft || endings[c.Id].Purged.IsZero()
		case over:
			d.purge.Sellers = append(d.purge.Sellers, history.SellerScope{
				Seller: c.GetString("seller_id"), Keep: elsewhere(c, connections, endings, now)})
		}
	}
	err = j.cfg.Store.Use(ctx, account, func(f *history.Facts) error {
		stored, err := f.Profiles(ctx)
		for _, p := range stored {
			// With the last grant to the Ads API those go too that Amazon had
			// ceased to name.
			if slices.Contains(d.profiles, p.ID) || adsEnded && !adsLeft {
				d.purge.Profiles = append(d.purge.Profiles, p.ID)
			}
		}
		return err
	})
	return d, err
}

// dueBy lists the connections that are over, and the ads profiles that go, at
// an instant.
func dueBy(endings map[string]grants.Ending, now time.Time) (ended []string, profiles []int64) {
	for id, e := range endings {
		if !e.Due.IsZero() && !e.Due.After(now) {
			ended = append(ended, id)
		}
		for profile, at := range e.Profiles {
			if !at.After(now) {
				profiles = append(profiles, profile)
			}
		}
	}
	slices.Sort(ended)
	slices.Sort(profiles)
	return ended, slices.Compact(profiles)
}

// elsewhere lists the marketplaces of the regions in which the seller of a
// disconnected connection still has, or had until lately, another grant.
func elsewhere(c *core.Record, all []*core.Record, endings map[string]grants.Ending, now time.Time) (keep []string) {
	for _, other := range all {
		if other.GetString("api") != grants.APISeller || other.GetString("seller_id") != c.GetString("seller_id") ||
			other.GetString("region") == c.GetString("region") {
			continue
		}
		e, ended := endings[other.Id]
		if ended && (e.Due.IsZero() || !e.Due.After(now)) {
			continue
		}
		for _, m := range marketplace.All {
			if string(m.Region) == other.GetString("region") {
				keep = append(keep, m.ID)
			}
		}
	}
	return keep
}

// purge deletes, in steps that a second run repeats without harm: what was
// derived, then the facts, then the documents, then the space that they left.
func (j *Job) purge(ctx context.Context, account string, d due) error {
	step := func(name string) error {
		if err := j.failpoint(name); err != nil {
			return err
		}
		return j.stillDue(account, d)
	}
	d.purge.Between = step
	empty := false
	err := j.cfg.Store.Use(ctx, account, func(f *history.Facts) error {
		first, ok, err := f.FirstWeek(ctx, d.purge)
		if err != nil {
			return err
		}
		if ok {
			if err := j.derived(ctx, f, account, first); err != nil {
				return err
			}
			if err := step("derived"); err != nil {
				return err
			}
		}
		if err := f.Purge(ctx, d.purge); err != nil {
			return err
		}
		empty, err = f.Empty(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if err := j.cfg.SweepSpool(ctx, account); err != nil {
		return err
	}
	if err := step("spool"); err != nil {
		return err
	}
	if empty {
		key := vault.Ref{Account: account, Table: "facts", Record: account, Field: "key"}
		err = j.cfg.Store.Renew(ctx, account, func() error {
			if err := j.failpoint("renewing"); err != nil {
				return err
			}
			return j.cfg.Vault.Destroy(ctx, key, "job:"+Name, "delete the data of a disconnected seller")
		})
	} else {
		err = j.cfg.Store.Compact(ctx, account)
	}
	if err != nil {
		return err
	}
	if err := j.failpoint("space"); err != nil {
		return err
	}
	if err := j.note(d.ended); err != nil {
		return err
	}
	j.cfg.Log.Info("deleted the data of disconnected sellers", slog.String("account", account),
		slog.Int("sellers", len(d.purge.Sellers)), slog.Int("profiles", len(d.purge.Profiles)))
	return nil
}

// stillDue asks again whether nobody has connected meanwhile.
func (j *Job) stillDue(account string, d due) error {
	connections, err := j.connections(account)
	if err != nil {
		return err
	}
	endings, err := grants.Endings(connections)
	if err != nil {
		return err
	}
	ended, profiles := dueBy(endings, j.cfg.Clock.Now())
	for _, id := range d.ended {
		if !slices.Contains(ended, id) {
			return errReconnected
		}
	}
	for _, id := range d.profiles {
		if !slices.Contains(profiles, id) {
			return errReconnected
		}
	}
	return nil
}

// derived removes the audits, findings and roll-ups from the first purged week
// on, which were computed from what goes or compared with it, what was estimated
// from the whole history, and the mails about them that wait; what is left of the weeks is audited anew.
func (j *Job) derived(ctx context.Context, f *history.Facts, account string, first clock.Day) error {
	var texts []string
	from := dbx.And(dbx.HashExp{"account": account}, dbx.NewExp("week >= {:first}", dbx.Params{"first": first.String()}))
	if err := j.cfg.App.DB().Select("week").From("audits").Where(from).Column(&texts); err != nil {
		return fmt.Errorf("list the audits: %w", err)
	}
	weeks := make([]clock.Day, 0, len(texts))
	for _, text := range texts {
		week, err := clock.ParseDay(text)
		if err != nil {
			return fmt.Errorf("stored audit: %w", err)
		}
		weeks = append(weeks, week)
	}
	if err := f.MarkAuditsDue(ctx, weeks); err != nil {
		return err
	}
	return j.cfg.App.RunInTransaction(func(tx core.App) error {
		for _, collection := range []string{"findings", "audits", "rollups"} {
			if _, err := tx.NonconcurrentDB().Delete(collection, from).Execute(); err != nil {
				return fmt.Errorf("delete %s: %w", collection, err)
			}
		}
		for _, collection := range []string{"halo_results", "calibrations"} { // of many weeks at once
			if _, err := tx.NonconcurrentDB().Delete(collection, dbx.HashExp{"account": account}).Execute(); err != nil {
				return fmt.Errorf("delete %s: %w", collection, err)
			}
		}
		return mail.Withdraw(tx, mail.AuditReady, account)
	})
}

// note records that the data are deleted, and takes from the connections what
// Amazon had said of them. Deleted bytes leave the log of data.db too.
func (j *Job) note(connections []string) error {
	err := j.cfg.App.RunInTransaction(func(tx core.App) error {
		for _, id := range connections {
			record, err := tx.FindRecordById("connections", id)
			if err != nil {
				return err
			}
			record.Set("purged_at", j.cfg.Clock.Now())
			record.Set("marketplaces", nil)
			record.Set("profiles", nil)
			if err := tx.Save(record); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note what was deleted: %w", err)
	}
	if _, err := j.cfg.App.NonconcurrentDB().NewQuery("PRAGMA wal_checkpoint(TRUNCATE)").Execute(); err != nil {
		return fmt.Errorf("fold the log of data.db: %w", err)
	}
	return nil
}
