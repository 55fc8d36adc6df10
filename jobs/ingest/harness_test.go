package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
	grant "halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/vault"

	_ "halotrack.ai/halotrack/pb_migrations"
)

// wednesday is when most tests begin: the week 2026-11-15 has just come out.
var wednesday = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// safeBuffer is a log that goroutines write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// product is the part of the product that ingest stands on, over one folder.
type product struct {
	dir   string
	app   core.App
	vault *vault.Vault
	store *history.Store
	in    *Ingest
}

// openProduct opens the folder dir, which may be new, over Amazon's endpoints.
func openProduct(dir string, c clock.Clock, e readonly.Endpoints, app lwa.Credentials, change func(*Config)) (*product, error) {
	keyFile := filepath.Join(dir, "test.key")
	key, err := vault.Read(keyFile)
	if errors.Is(err, vault.ErrNoKey) {
		if key, err = vault.NewKey(); err == nil {
			err = key.Write(keyFile)
		}
	}
	if err != nil {
		return nil, err
	}
	p := &product{dir: dir}
	p.app = core.NewBaseApp(core.BaseAppConfig{DataDir: filepath.Join(dir, "data"), DBConnect: database.ConnectPocketBase(key.Database())})
	if err := p.app.Bootstrap(); err != nil {
		return nil, err
	}
	if err := p.app.RunAllMigrations(); err != nil {
		return nil, err
	}
	if p.vault, err = vault.Open(p.app, key, c); err != nil {
		return nil, err
	}
	p.store = history.NewStore(filepath.Join(dir, "facts"), p.vault, c)
	cfg := Config{
		App: p.app, Store: p.store, Vault: p.vault, Transport: readonly.New(e, nil), Endpoints: e, Clock: c,
		SellerApp: app, AdsApp: app, Seed: 1, SQPDailyRequests: 1000,
		Logger: slog.New(slog.DiscardHandler), SpoolDir: filepath.Join(dir, "spool"),
	}
	if change != nil {
		change(&cfg)
	}
	p.in = New(cfg)
	return p, nil
}

func (p *product) close() error {
	return errors.Join(p.store.Close(), p.app.ClearBootstrap())
}

// account makes an account with its connections to the simulator.
func (p *product) account(ctx context.Context, name string, words []string, grants []sim.Connection) (string, error) {
	accounts, err := p.app.FindCollectionByNameOrId("accounts")
	if err != nil {
		return "", err
	}
	account := core.NewRecord(accounts)
	account.Set("name", name)
	account.Set("kind", "business")
	account.Set("brand_words", words)
	if err := p.app.Save(account); err != nil {
		return "", err
	}
	connect := func(api, region, seller, refresh string) error {
		collection, err := p.app.FindCollectionByNameOrId("connections")
		if err != nil {
			return err
		}
		r := core.NewRecord(collection)
		r.Set("account", account.Id)
		r.Set("api", api)
		r.Set("region", region)
		r.Set("seller_id", seller)
		r.Set("status", StatusActive)
		if err := p.app.Save(r); err != nil {
			return err
		}
		return p.vault.Seal(ctx, grant.RefreshToken(account.Id, r.Id), []byte(refresh), "test", "connect")
	}
	adsToken := ""
	for _, g := range grants {
		if g.Account != name {
			continue
		}
		if err := connect(APISeller, string(g.Region), g.SellerID, g.RefreshToken); err != nil {
			return "", err
		}
		adsToken = g.AdsRefreshToken
	}
	return account.Id, connect(APIAds, "", "", adsToken)
}

// rig is a product beside a simulated Amazon, on one clock.
type rig struct {
	*product
	t        testing.TB
	now      *clock.Manual
	amazon   *sim.Sim
	change   func(*Config)
	log      *safeBuffer
	mu       sync.Mutex
	notified []string

	toldMarkets []string
	ids         map[string]string // account ids by name
}

var oneAccount = []sim.AccountSpec{{Name: "Velmora Goods", Countries: []string{"US"}}}

// newRig starts a small world with every account connected.
func newRig(t testing.TB, cfg sim.Config, change func(*Config)) *rig {
	t.Helper()
	at := wednesday
	if cfg.Clock != nil {
		at = cfg.Clock.Now()
	}
	r := &rig{t: t, now: clock.NewManual(at), log: &safeBuffer{}, ids: map[string]string{}}
	r.change = func(c *Config) {
		c.Since = clock.DayOf(wednesday, time.UTC).Week() - 7*4 // three published weeks
		c.Logger = slog.New(slog.NewTextHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		c.Notify = func(_ Connection, reason string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.notified = append(r.notified, reason)
		}
		c.NotifyMarket = func(_ Connection, reason string) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.toldMarkets = append(r.toldMarkets, reason)
		}
		if change != nil {
			change(c)
		}
	}
	cfg.Clock, cfg.JournalKeep = r.now, -1
	if cfg.Seed == 0 {
		cfg.Seed = 3
	}
	if cfg.ASINs == 0 {
		cfg.ASINs = 20
	}
	if cfg.Terms == 0 {
		cfg.Terms = 200
	}
	if cfg.Accounts == nil {
		cfg.Accounts = oneAccount
	}
	var err error
	if r.amazon, err = sim.Start(context.Background(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.amazon.Close() })
	dir := t.TempDir()
	r.open(dir)
	t.Cleanup(func() { _ = r.close() })
	for _, a := range cfg.Accounts {
		id, err := r.account(t.Context(), a.Name, r.amazon.World().BrandWords(a.Name), r.amazon.Connections())
		if err != nil {
			t.Fatal(err)
		}
		r.ids[a.Name] = id
	}
	return r
}

func (r *rig) open(dir string) {
	r.t.Helper()
	g := r.amazon.Connections()[0]
	p, err := openProduct(dir, r.now, r.amazon.Endpoints(), lwa.Credentials{ClientID: g.ClientID, ClientSecret: g.ClientSecret}, r.change)
	if err != nil {
		r.t.Fatal(err)
	}
	r.product = p
}

// reopen closes everything and opens it again, as after a restart.
func (r *rig) reopen() {
	r.t.Helper()
	dir := r.dir
	if err := r.close(); err != nil {
		r.t.Fatal(err)
	}
	r.open(dir)
}

func (r *rig) run() Outcome {
	r.t.Helper()
	o, err := r.in.Run(r.t.Context(), "")
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

// untilIdle runs and moves the clock until nothing is in flight or waiting.
func (r *rig) untilIdle() Outcome {
	r.t.Helper()
	var total Outcome
	for range 5000 {
		o := r.run()
		total.Asked += o.Asked
		total.Stored += o.Stored
		total.Empty += o.Empty
		total.Failed += o.Failed
		total.Rows += o.Rows
		if o.Idle() {
			total.Next = o.Next
			return total
		}
		if !o.Next.After(r.now.Now()) {
			r.t.Fatalf("next step at %s is not after %s: %+v", o.Next, r.now.Now(), o)
		}
		r.now.Set(o.Next)
	}
	r.t.Fatal("the ingest never comes to rest")
	return total
}

func (r *rig) use(account string, fn func(*history.Facts) error) {
	r.t.Helper()
	if err := r.store.Use(r.t.Context(), r.ids[account], fn); err != nil {
		r.t.Fatal(err)
	}
}

// ledger lists all rows of an account's ledger, oldest first.
func (r *rig) ledger(account string) (list []history.Report) {
	r.t.Helper()
	r.use(account, func(f *history.Facts) (err error) {
		list, err = f.Reports(r.t.Context(), history.ReportFilter{})
		return err
	})
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// asked counts the requests of an operation that Amazon handled.
func (r *rig) asked(operation string) (n int) {
	for _, e := range r.amazon.Journal() {
		if e.Operation == operation && e.Status < 300 {
			n++
		}
	}
	return n
}

func (r *rig) connection(account, api string) *Connection {
	r.t.Helper()
	records, err := r.app.FindAllRecords("connections")
	if err != nil {
		r.t.Fatal(err)
	}
	for _, rec := range records {
		c, err := connectionOf(rec)
		if err != nil {
			r.t.Fatal(err)
		}
		if c.Account == r.ids[account] && c.API == api {
			return c
		}
	}
	r.t.Fatalf("no %s connection of %s", api, account)
	return nil
}

// spooled lists what lies in the spool.
func (r *rig) spooled() (files []string) {
	_ = filepath.WalkDir(filepath.Join(r.dir, "spool"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return nil
	})
	return files
}

// differences compares an account's stored slices with what the simulator
// serves at the time each slice was fetched.
func differences(ctx context.Context, f *history.Facts, w *sim.World, account string, from clock.Day, now time.Time) (diffs []string, slices int, err error) {
	add := func(format string, args ...any) { diffs = append(diffs, fmt.Sprintf(format, args...)) }
	for _, market := range w.Marketplaces(account) {
		cells, err := f.SQPCoverage(ctx, market, history.Week, from, newestWeek(now))
		if err != nil {
			return nil, 0, err
		}
		got := map[clock.Day]map[string]history.Cell{}
		for _, c := range cells {
			if got[c.Start] == nil {
				got[c.Start] = map[string]history.Cell{}
			}
			got[c.Start][c.ASIN] = c
		}
		for week := newestWeek(now); week >= from; week -= 7 {
			type rows struct{ stored, held int64 }
			served := map[time.Time]map[string]rows{} // by ASIN, as served at an instant
			at := func(t time.Time) map[string]rows {
				if served[t] == nil {
					served[t] = map[string]rows{}
					plain, personal := w.ServedSQP(account, market, week, t)
					for _, row := range plain {
						n := served[t][row.ASIN]
						served[t][row.ASIN] = rows{n.stored + 1, n.held}
					}
					for _, row := range personal {
						n := served[t][row.ASIN]
						served[t][row.ASIN] = rows{n.stored, n.held + 1}
					}
				}
				return served[t]
			}
			for _, p := range w.Products(account) {
				c, ok := got[week][p.ASIN]
				when := c.FetchedAt
				if !ok {
					when = now
				}
				if want := at(when)[p.ASIN]; !ok && want != (rows{}) || c.Rows != want.stored || c.Quarantined != want.held {
					add("SQP %s %s %s: %d rows stored and %d held back (covered %v), %d and %d at Amazon", market, week, p.ASIN, c.Rows, c.Quarantined, ok, want.stored, want.held)
				}
				slices++
			}
		}
		profile := w.ProfileID(account, market)
		if profile == 0 {
			continue
		}
		profiles, err := f.Profiles(ctx)
		if err != nil {
			return nil, 0, err
		}
		loc := time.UTC
		for _, p := range profiles {
			if p.ID == profile {
				if loc, err = time.LoadLocation(p.Zone); err != nil {
					return nil, 0, err
				}
			}
		}
		today := clock.DayOf(now, loc)
		for _, t := range adTypes {
			days, err := f.AdCoverage(ctx, profile, t, 0, today)
			if err != nil {
				return nil, 0, err
			}
			stored := map[clock.Day]history.DayCell{}
			for _, d := range days {
				stored[d.Date] = d
			}
			for date := today - 1; date >= max(from, today-64); date-- {
				d, ok := stored[date]
				if t.Product() == "sb" && date <= today-60 {
					continue
				}
				var rows, clicks, cost, held int64
				product := sim.Product(t.Product())
				switch t.Grain() {
				case ads.ByTerm:
					plain, personal := w.ServedAdTerms(profile, product, date, d.FetchedAt)
					for _, row := range plain {
						rows, clicks, cost = rows+1, clicks+row.Clicks, cost+row.CostMicros
					}
					held = int64(len(personal))
				case ads.ByProduct:
					for _, row := range w.AdvertisedRows(profile, date, d.FetchedAt) {
						rows, clicks, cost = rows+1, clicks+row.Clicks, cost+row.CostMicros
					}
				default:
					for _, row := range w.CampaignRows(profile, product, date, d.FetchedAt) {
						rows, clicks, cost = rows+1, clicks+row.Clicks, cost+row.CostMicros
					}
				}
				if !ok || d.Rows != rows || d.Clicks != clicks || d.Cost != cost || d.Quarantined != held {
					add("%s %s %s: stored %d rows %d clicks %d micros, %d rows held back (covered %v, fetched %s), at Amazon %d, %d, %d, %d", t, market, date, d.Rows, d.Clicks, d.Cost, d.Quarantined, ok, d.FetchedAt, rows, clicks, cost, held)
				}
				slices++
			}
		}
	}
	return diffs, slices, nil
}

// wantWhole fails the test unless an account's history is what Amazon has.
func (r *rig) wantWhole(account string) {
	r.t.Helper()
	r.use(account, func(f *history.Facts) error {
		diffs, n, err := differences(r.t.Context(), f, r.amazon.World(), account, r.in.cfg.Since, r.now.Now())
		if err != nil {
			return err
		}
		for i, d := range diffs {
			if i < 10 {
				r.t.Error(d)
			}
		}
		if len(diffs) > 0 || n == 0 {
			r.t.Errorf("%s: %d of %d slices differ", account, len(diffs), n)
		}
		return nil
	})
}
