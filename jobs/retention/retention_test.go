package retention

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/testapp"
	"halotrack.ai/halotrack/internal/vault"
)

const us = "ATVPDKIKX0DER"

var (
	wednesday = time.Date(2026, 11, 18, 9, 0, 0, 0, time.UTC)
	week      = clock.Date(2026, 11, 1)
)

// house is the job with all it stands on, and one account.
type house struct {
	t     *testing.T
	app   core.App
	vault *vault.Vault
	store *history.Store
	facts string // folder
	now   *clock.Manual
	job   *Job
	queue *mail.Queue
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, app: testapp.New(t), facts: filepath.Join(t.TempDir(), "facts"), now: clock.NewManual(wednesday)}
	key, err := vault.NewKey()
	h.must(err)
	h.vault, err = vault.Open(h.app, key, h.now)
	h.must(err)
	h.store = history.NewStore(h.facts, h.vault, h.now)
	t.Cleanup(func() { _ = h.store.Close() })
	h.queue, err = mail.New(mail.Config{App: h.app, Clock: h.now})
	h.must(err)
	h.job = New(Config{
		App: h.app, Store: h.store, Vault: h.vault, Clock: h.now, Log: slog.New(slog.DiscardHandler), Provider: true,
		SweepSpool: func(context.Context, string) error { return nil },
	})
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) save(collection string, fields map[string]any) *core.Record {
	h.t.Helper()
	c, err := h.app.FindCollectionByNameOrId(collection)
	h.must(err)
	r := core.NewRecord(c)
	r.Load(fields)
	if collection == "users" {
		r.SetRandomPassword()
	}
	h.must(h.app.Save(r))
	return r
}

func (h *house) account(name string) string {
	return h.save("accounts", map[string]any{"name": name, "kind": "business"}).Id
}

// brand is a seller with its ads profile; every text of it holds its name.
type brand struct {
	name    string
	profile int64
}

var quietRiver, loudMountain = brand{"quietriver", 11}, brand{"loudmountain", 22}

// connect makes live connections of the brand in an account.
func (h *house) connect(account string, b brand) (connections []*core.Record) {
	return []*core.Record{
		h.save("connections", map[string]any{"account": account, "api": "spapi", "region": "na", "seller_id": "A" + strings.ToUpper(b.name), "status": "active",
			"marketplaces": []grants.Market{{ID: us, Name: "Amazon.com", Participating: true}}}),
		h.save("connections", map[string]any{"account": account, "api": "ads", "status": "active",
			"profiles": []grants.AdProfile{{ID: b.profile, Name: b.name + " Ltd", Marketplace: us}}}),
	}
}

func (h *house) disconnect(connections []*core.Record) {
	h.t.Helper()
	for _, c := range connections {
		r, err := h.app.FindRecordById("connections", c.Id)
		h.must(err)
		r.Set("status", grants.StatusDisconnected)
		r.Set("ended_at", h.now.Now())
		h.must(h.app.Save(r))
	}
}

// bring imports what Amazon reports of a brand.
func (h *house) bring(account string, b brand) {
	h.t.Helper()
	at := h.now.Now()
	h.must(h.store.Use(h.t.Context(), account, func(f *history.Facts) error {
		asin := "B0" + strings.ToUpper(b.name)[:8]
		slice := history.SQPSlice{Seller: "A" + strings.ToUpper(b.name), Marketplace: us, Period: history.Week,
			Start: week, End: week + 6, ASINs: []string{asin}, FetchedAt: at}
		_, err := f.ReplaceSQP(h.t.Context(), slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			for i, text := range []string{b.name + " kettle", "kettle"} {
				row := spapi.SQPRow{Start: week, End: week + 6, ASIN: asin, Query: text, Volume: spapi.Count{V: 1000, Valid: true}}
				for _, stage := range []*spapi.Stage{&row.Impressions, &row.Clicks, &row.CartAdds, &row.Purchases} {
					stage.Total, stage.Own = spapi.Count{V: 100, Valid: true}, spapi.Count{V: int64(10 + i), Valid: true}
				}
				if err := yield(&row); err != nil {
					return spapi.Summary{}, err
				}
			}
			return spapi.Summary{Unit: spapi.UnitPercent}, nil
		})
		if err != nil {
			return err
		}
		err = f.SaveProfiles(h.t.Context(), []history.Profile{{ID: b.profile, Marketplace: us, Currency: "USD", Zone: "UTC", Type: "seller", Name: b.name + " Ltd"}})
		if err != nil {
			return err
		}
		_, err = f.ReplaceAdTerms(h.t.Context(), history.AdSlice{Profile: b.profile, Type: ads.SPSearchTerm, From: week, To: week + 6, FetchedAt: at},
			func(yield func(*ads.TermRow) error) (ads.Summary, error) {
				return ads.Summary{}, yield(&ads.TermRow{Date: week, CampaignID: b.profile, AdGroupID: 1, KeywordID: 1, Campaign: b.name + " campaign",
					AdGroup: b.name + " group", Keyword: b.name, Term: b.name + " kettle", Currency: "USD", Clicks: spapi.Count{V: 3, Valid: true}})
			})
		if err != nil {
			return err
		}
		return f.Plan(h.t.Context(), []history.Report{{Connection: "c", API: history.SPAPI, Seller: slice.Seller, Marketplace: us, Start: week, End: week + 6, ASINs: []string{asin}}})
	}))
}

// audited stores what the jobs behind would have made of the week.
func (h *house) audited(account string, b brand) {
	h.t.Helper()
	h.must(h.store.Use(h.t.Context(), account, func(f *history.Facts) error {
		return f.RebuildWeek(h.t.Context(), us, week, history.JoinRules{})
	}))
	audit := h.save("audits", map[string]any{"account": account, "week": week.String(), "state": "final", "data": map[string]any{"text": b.name + " kettle fell"}})
	h.save("findings", map[string]any{"account": account, "audit": audit.Id, "week": week.String(), "marketplace": us, "kind": "share_drop", "term": b.name + " kettle", "text": b.name})
	h.save("rollups", map[string]any{"account": account, "marketplace": us, "week": week.String(), "state": "final", "currency": "USD"})
	for _, collection := range []string{"halo_results", "calibrations"} {
		h.save(collection, map[string]any{"account": account, "marketplace": us, "computed": h.now.Now(), "data": map[string]any{"text": b.name + " kettle lifts"}})
	}
	user := h.save("users", map[string]any{"email": account + "@example.com"})
	h.must(h.queue.Enqueue(h.app, mail.Message{Template: mail.AuditReady, User: user.Id, Account: account, Params: map[string]string{
		"account": "A", "week": "1 November 2026", "findings": b.name + " kettle fell", "link": "https://halo.example"}}))
}

// words is every row of every table of an account's file, decrypted.
func (h *house) words(account string) string {
	h.t.Helper()
	key, err := h.vault.FactKey(h.t.Context(), account)
	h.must(err)
	var rows strings.Builder
	file, err := database.OpenFile(h.t.Context(), filepath.Join(h.facts, account+".db"), key, database.Options{MustExist: true})
	h.must(err)
	defer file.Close()
	h.must(file.Read(h.t.Context(), func(c *database.Conn) error {
		var tables []string
		if err := c.Query(`SELECT name FROM sqlite_schema WHERE type = 'table'`, func(r database.Row) error {
			tables = append(tables, r.Text(0))
			return nil
		}); err != nil {
			return err
		}
		for _, table := range tables {
			columns := 0
			if err := c.Query(`SELECT count(*) FROM pragma_table_info(?1)`, func(r database.Row) error { columns = int(r.Int(0)); return nil }, table); err != nil {
				return err
			}
			err := c.Query(`SELECT * FROM "`+table+`"`, func(r database.Row) error {
				fmt.Fprint(&rows, table)
				for i := range columns {
					fmt.Fprint(&rows, "|", r.Value(i))
				}
				rows.WriteString("\n")
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return rows.String()
}

// records is everything that data.db says of derived data, connections and
// mails.
func (h *house) records() string {
	h.t.Helper()
	var b strings.Builder
	for _, collection := range []string{"audits", "findings", "rollups", "halo_results", "calibrations", "mail_queue", "connections"} {
		records, err := h.app.FindAllRecords(collection)
		h.must(err)
		for _, r := range records {
			fmt.Fprintf(&b, "%s %s %s %s %s %s\n", collection, r.Id, r.GetString("data"), r.GetString("term"), r.GetString("params"), r.GetString("profiles"))
		}
	}
	return b.String()
}

func (h *house) purgedAt(c *core.Record) time.Time {
	h.t.Helper()
	r, err := h.app.FindRecordById("connections", c.Id)
	h.must(err)
	return r.GetDateTime("purged_at").Time()
}

func mentions(text string, b brand) bool {
	return strings.Contains(strings.ToLower(text), b.name)
}

func (h *house) sum(account string) [32]byte {
	h.t.Helper()
	var all bytes.Buffer
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(filepath.Join(h.facts, account+".db"+suffix))
		if err != nil && !os.IsNotExist(err) {
			h.t.Fatal(err)
		}
		all.Write(b)
	}
	return sha256.Sum256(all.Bytes())
}

// Two sellers in one account and another account: the disconnected one is gone
// on day 2, nothing else is touched, and a kill after any step is made good.
func TestDisconnectedDataGoOnDayTwo(t *testing.T) {
	killed := errors.New("killed")
	steps := 0
	for stop := 0; ; stop++ {
		h := newHouse(t)
		shared, other := h.account("Shared"), h.account("Other")
		gone, stays := h.connect(shared, loudMountain), h.connect(shared, quietRiver)
		h.connect(other, loudMountain)
		h.bring(shared, loudMountain)
		h.now.Advance(time.Minute)
		h.bring(shared, quietRiver)
		h.bring(other, loudMountain)
		h.audited(shared, loudMountain)
		h.audited(other, loudMountain)
		before := h.sum(other)

		h.disconnect(gone)
		h.now.Advance(47 * time.Hour)
		h.must(h.job.Run(t.Context(), ""))
		if !mentions(h.words(shared), loudMountain) || !mentions(h.records(), loudMountain) {
			t.Fatal("something is gone before its time")
		}
		h.now.Advance(time.Hour)
		at := 0
		h.job.failpoint = func(string) error {
			if at++; at > stop {
				return killed
			}
			return nil
		}
		err := h.job.Run(t.Context(), "")
		if err != nil && !errors.Is(err, killed) {
			t.Fatal(err)
		}
		if err != nil && !h.purgedAt(gone[0]).IsZero() {
			t.Errorf("step %d: noted before it was done", stop)
		}
		h.job.failpoint = func(string) error { return nil }
		h.must(h.job.Run(t.Context(), ""))

		words := h.words(shared)
		if mentions(words, loudMountain) {
			t.Errorf("step %d: left of the disconnected seller:\n%s", stop, words)
		}
		if !strings.Contains(words, "quietriver kettle") || !strings.Contains(words, "quietriver campaign") {
			t.Errorf("step %d: the other seller's data are gone", stop)
		}
		for _, c := range gone {
			if got := h.purgedAt(c); !got.Equal(h.now.Now()) {
				t.Errorf("step %d: purged at %s", stop, got)
			}
		}
		for _, c := range stays {
			if got := h.purgedAt(c); !got.IsZero() {
				t.Errorf("step %d: the other connection is purged too", stop)
			}
		}
		for line := range strings.Lines(h.records()) {
			if mentions(line, loudMountain) && strings.Contains(line, shared) {
				t.Errorf("step %d: data.db says %s", stop, line)
			}
		}
		if h.sum(other) != before {
			t.Errorf("step %d: the other account's file changed", stop)
		}
		for collection, want := range map[string]int64{"audits": 1, "findings": 1, "rollups": 1, "halo_results": 1, "calibrations": 1, "mail_queue": 1} { // the other account's
			if n, err := h.app.CountRecords(collection); err != nil || n != want {
				t.Errorf("step %d: %d %s, %v", stop, n, collection, err)
			}
		}
		if err == nil || t.Failed() {
			steps = at
			break
		}
	}
	if steps < 8 {
		t.Errorf("the purge was stopped after %d steps only", steps)
	}
}

func TestTheLastDataTakeTheFileAndItsKeyAlong(t *testing.T) {
	killed := errors.New("killed")
	for _, point := range []string{"", "renewing", "space"} {
		h := newHouse(t)
		account := h.account("Alone")
		gone := h.connect(account, loudMountain)
		h.bring(account, loudMountain)
		old, err := h.vault.FactKey(t.Context(), account)
		h.must(err)
		h.disconnect(gone)
		h.now.Advance(48 * time.Hour)
		h.job.failpoint = func(step string) error {
			if step == point {
				return killed
			}
			return nil
		}
		if err := h.job.Run(t.Context(), ""); errors.Is(err, killed) != (point != "") {
			t.Fatal(err)
		}
		h.job.failpoint = func(string) error { return nil }
		h.must(h.job.Run(t.Context(), ""))
		h.must(h.store.Use(t.Context(), account, func(f *history.Facts) error {
			empty, err := f.Empty(t.Context())
			if err == nil && !empty {
				t.Errorf("%q: something is left", point)
			}
			return err
		}))
		fresh, err := h.vault.FactKey(t.Context(), account)
		h.must(err)
		if bytes.Equal(old, fresh) {
			t.Errorf("%q: the old key is still in use", point)
		}
		if h.purgedAt(gone[0]).IsZero() || h.purgedAt(gone[1]).IsZero() {
			t.Errorf("%q: not noted", point)
		}
		before := h.sum(account)
		h.now.Advance(48 * time.Hour)
		h.must(h.job.Run(t.Context(), ""))
		if h.sum(account) != before {
			t.Errorf("%q: a later run did it again", point)
		}
	}
}

func TestWhoReconnectsKeepsTheData(t *testing.T) {
	for name, reconnect := range map[string]func(h *house, account string){
		"the day after": func(h *house, account string) {
			h.now.Advance(24 * time.Hour)
			h.connect(account, loudMountain)
			h.now.Advance(48 * time.Hour)
		},
		"and disconnects again": func(h *house, account string) {
			h.now.Advance(24 * time.Hour)
			again := h.connect(account, loudMountain)
			h.now.Advance(10 * time.Hour)
			h.disconnect(again)
			h.now.Advance(47 * time.Hour)
		},
		"during the purge": func(h *house, account string) {
			h.now.Advance(48 * time.Hour)
			h.job.failpoint = func(step string) error {
				if step == "derived" {
					h.connect(account, loudMountain)
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			account := h.account("Back")
			gone := h.connect(account, loudMountain)
			h.bring(account, loudMountain)
			h.audited(account, loudMountain)
			h.disconnect(gone)
			reconnect(h, account)
			h.must(h.job.Run(t.Context(), ""))
			h.must(h.job.Run(t.Context(), ""))
			if words := h.words(account); !strings.Contains(words, "loudmountain campaign") || !strings.Contains(words, "loudmountain kettle") {
				t.Error("the data are gone")
			}
			if !h.purgedAt(gone[0]).IsZero() {
				t.Error("it is noted as deleted")
			}
		})
	}
}

func TestASelfOperatorKeepsTheHistory(t *testing.T) {
	h := newHouse(t)
	h.job.cfg.Provider = false
	account := h.account("Self")
	gone := h.connect(account, loudMountain)
	h.bring(account, loudMountain)
	h.disconnect(gone)
	h.now.Advance(1000 * time.Hour)
	h.must(h.job.Run(t.Context(), ""))
	if !mentions(h.words(account), loudMountain) || !h.purgedAt(gone[0]).IsZero() {
		t.Error("a self-operated installation forgot something")
	}
}

// A profile that another grant reaches stays, and one that two ended grants
// reached goes with the later.
func TestAProfileGoesWithItsLastGrant(t *testing.T) {
	h := newHouse(t)
	account := h.account("Agency")
	first := h.connect(account, loudMountain)[1:]
	second := h.connect(account, loudMountain)[1:]
	h.bring(account, loudMountain)
	h.disconnect(first)
	h.now.Advance(72 * time.Hour)
	h.must(h.job.Run(t.Context(), ""))
	if !strings.Contains(h.words(account), "loudmountain campaign") {
		t.Fatal("a profile in reach is gone")
	}
	h.disconnect(second)
	h.now.Advance(48 * time.Hour)
	h.must(h.job.Run(t.Context(), ""))
	words := h.words(account)
	if strings.Contains(words, "loudmountain campaign") {
		t.Error("the profile outlived its last grant")
	}
	if !strings.Contains(words, "loudmountain kettle") {
		t.Error("the search data, which another grant reaches, are gone")
	}
}
