package alert

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/alerts"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/health"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/publication"
)

// apiNames are the APIs as people know them.
var apiNames = map[string]string{grants.APISeller: "Seller Central", grants.APIAds: "Amazon Ads"}

// connections judges how the data come in.
func (s *scan) connections(ctx context.Context, app core.App, account string) error {
	records, err := app.FindRecordsByFilter("connections", "account = {:account}", "id", 0, 0, dbx.Params{"account": account})
	if err != nil {
		return fmt.Errorf("read the connections: %w", err)
	}
	list := make([]health.Connection, 0, len(records))
	for _, r := range records {
		c, err := health.ConnectionOf(r)
		if err != nil {
			return err
		}
		list = append(list, c)
	}
	book, err := health.Read(ctx, s.facts, s.now, list)
	if err != nil {
		return fmt.Errorf("read how the connections stand: %w", err)
	}
	progress, err := s.facts.Progress(ctx)
	if err != nil {
		return err
	}
	s.judged(alerts.ConnectionLost, "", "The connection works again, or was ended or replaced.")
	s.judged(alerts.QuotaExhausted, "", "Amazon takes search reports again, and has for a day.")
	for _, m := range marketplace.All {
		s.judged(alerts.WeekLate, m.ID, "The marketplace is no longer followed.")
	}
	for i, c := range list {
		h := book.Of(c)
		s.lost(c, h)
		if c.API != grants.APISeller || c.Status == grants.StatusDisconnected {
			continue
		}
		if c.Status != grants.StatusActive {
			if err := s.unjudged(records[i]); err != nil {
				return err
			}
			continue
		}
		for _, p := range progress {
			if p.Connection == c.ID {
				s.halted(c, p)
			}
		}
		if err := s.late(ctx, records[i], c, h); err != nil {
			return err
		}
	}
	return nil
}

// lost tells of a connection that does not work.
func (s *scan) lost(c health.Connection, h health.Health) {
	cause := alerts.Cause{
		Key: alerts.NewKey(alerts.ConnectionLost, "", c.ID), Kind: alerts.ConnectionLost, Severity: alerts.Critical,
		Meaning: "Nothing new comes in: audits and alerts rest on data that grow older.",
	}
	name := apiNames[c.API]
	switch {
	case h.State == health.Silent:
		cause.Text = name + " has not answered for more than two days."
		cause.ToDo = "See whether the server is running and can reach Amazon; “halotrack doctor” names what is wrong."
	case h.State == health.Stopped && c.Status == grants.StatusRevoked:
		cause.Text = "The connection to " + name + " was lost: Amazon says the authorisation has ended."
		cause.ToDo = "Connect again on the page Connections; what is missing is then fetched."
	case h.State == health.Stopped:
		cause.Text = "The connection to " + name + " does not work: " + h.Text
		cause.ToDo = "See the page Connections. It is tried again by itself, and connecting again is always safe."
	default:
		return
	}
	s.raise(cause)
}

// haltRest is how long after a halt the next one counts as the same: while past
// weeks are fetched, Amazon may halt every day.
const haltRest = 24 * time.Hour

// halted tells that Amazon takes no more search reports for now.
func (s *scan) halted(c health.Connection, p history.Progress) {
	if p.HaltedUntil.IsZero() || !s.now.Before(p.HaltedUntil.Add(haltRest)) {
		return
	}
	cause := alerts.Cause{
		Key: alerts.NewKey(alerts.QuotaExhausted, "", c.ID), Kind: alerts.QuotaExhausted, Severity: alerts.Info,
		Text:    fmt.Sprintf("Amazon took no more search reports of this seller until %s UTC: the day's allowance is used up.", p.HaltedUntil.UTC().Format("2006-01-02 15:04")),
		Meaning: "The newest weeks are stored. Earlier ones wait for the next days.",
		ToDo:    "Nothing: fetching goes on by itself. Fewer tracked products or periods would fit into the allowance sooner.",
	}
	if !p.NewestDone.IsZero() {
		cause.Severity = alerts.Warning
		cause.Meaning = "The newest week is not complete yet, and its audit waits with it."
	}
	s.raise(cause)
}

// late tells of marketplaces whose newest week should have come and did not.
// One that never had a week is no matter of lateness: search data may not be
// this seller's to read.
func (s *scan) late(ctx context.Context, r *core.Record, c health.Connection, h health.Health) error {
	markets, err := grants.Markets(r)
	if err != nil {
		return err
	}
	granted := r.GetDateTime("granted_at").Time()
	for _, m := range markets {
		known, ok := marketplace.ByID(m.ID)
		if !ok || !m.Tracked {
			continue
		}
		lag := publication.LagOf(known.Region, spapi.Week)
		// The newest week of which there is no more doubt.
		due := clock.DayOf(s.now.Add(-lag.Settled), time.UTC).Week() - 7
		newest, ok, err := s.newestAnswered(ctx, c.SellerID, m.ID, due)
		if err != nil {
			return err
		}
		if !ok || s.now.Sub(granted) < lag.Settled {
			delete(s.scopes, scope{alerts.WeekLate, m.ID}) // nothing to compare with, or just begun
			continue
		}
		if newest >= due {
			s.judged(alerts.WeekLate, m.ID, fmt.Sprintf("The week of %s is stored.", newest))
			continue
		}
		cause := alerts.Cause{
			Key: alerts.NewKey(alerts.WeekLate, m.ID), Kind: alerts.WeekLate, Marketplace: m.ID, Week: due, Severity: alerts.Warning,
			Text: fmt.Sprintf("The search data of the week of %s are missing for %s: it ended %d days ago, and Amazon publishes a week within %d. The newest that is stored is the week of %s.",
				due, known.Name, int(s.now.Sub((due+7).Time())/(24*time.Hour)), int(lag.Settled/(24*time.Hour)), newest),
			Meaning: "There is no audit of the missing week yet, and changes in it go untold.",
			ToDo:    "See in Seller Central, under Brand Analytics, whether Amazon shows the week. If it does, see the page Connections for what stops its reports.",
		}
		if h.SearchQuota != nil && h.SearchQuota.HaltedUntil != nil {
			cause.ToDo = "Amazon takes no more search reports for now; the week is asked for again by itself."
		}
		s.raise(cause)
	}
	return nil
}

// unjudged leaves lateness as it stands in the marketplaces of a connection that
// does not work.
func (s *scan) unjudged(r *core.Record) error {
	markets, err := grants.Markets(r)
	for _, m := range markets {
		delete(s.scopes, scope{alerts.WeekLate, m.ID})
	}
	return err
}

// lateLook is how far back an earlier week makes a marketplace one that has
// search data.
const lateLook = 26 * 7

// newestAnswered is the newest week of the marketplace with search data of the
// seller, from lateLook days before the one that is due on.
func (s *scan) newestAnswered(ctx context.Context, seller, market string, due clock.Day) (newest clock.Day, ok bool, err error) {
	cells, err := s.facts.SQPCoverage(ctx, market, history.Week, due-lateLook, clock.DayOf(s.now, time.UTC))
	if err != nil {
		return 0, false, fmt.Errorf("read the coverage of %s: %w", market, err)
	}
	has := []history.CellState{history.Complete, history.Truncated}
	for _, c := range cells {
		if c.Seller == seller && slices.Contains(has, c.State) && (!ok || c.Start > newest) {
			newest, ok = c.Start, true
		}
	}
	return newest, ok, nil
}
