package history

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

const (
	us      = "ATVPDKIKX0DER"
	germany = "A1PA6795UKMFR9"
	seller  = "A2SELLER"
)

var (
	week = clock.Date(2026, 9, 13)
	now  = time.Date(2026, 9, 24, 8, 0, 0, 0, time.UTC)
)

// testKeys derives an account's key from its name.
type testKeys struct {
	mu    sync.Mutex
	calls int
}

func (k *testKeys) FactKey(_ context.Context, account string) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	key := sha256.Sum256([]byte(account))
	return key[:], nil
}

// Holder turns a text around, so that a test can tell where it went.
func (k *testKeys) Holder(_ context.Context, account string) (func(string) (string, []byte, error), error) {
	return func(text string) (string, []byte, error) {
		id := sha256.Sum256([]byte(account + text))
		sealed := []byte(text)
		slices.Reverse(sealed)
		return hex.EncodeToString(id[:16]), sealed, nil
	}, nil
}

func testStore(t testing.TB) *Store {
	t.Helper()
	s := NewStore(t.TempDir(), &testKeys{}, clock.NewManual(now))
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// testFacts opens the facts of one account for the length of a test.
func testFacts(t testing.TB) *Facts {
	t.Helper()
	key := sha256.Sum256([]byte("acme"))
	file, err := database.OpenFile(t.Context(), t.TempDir()+"/acme.db", key[:], database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := migrate(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	f := newFacts(file, clock.NewManual(now))
	f.terms.holder = func() (Holder, error) { return (&testKeys{}).Holder(t.Context(), "acme") }
	return f
}

func n(v int64) Count { return Count{V: v, Valid: true} }

func usd(micros int64) spapi.Price {
	return spapi.Price{Micros: micros, Currency: "USD", Valid: true}
}

// sqpRow is a row with market counts of a size that follows from volume, and
// one's own counts as given.
func sqpRow(asin, query string, volume int64, own ...int64) spapi.SQPRow {
	r := spapi.SQPRow{Start: week, End: week + 6, ASIN: asin, Query: query, Rank: n(1), Volume: n(volume)}
	stages := []*spapi.Stage{&r.Impressions, &r.Clicks, &r.CartAdds, &r.Purchases}
	for i, total := range []int64{volume * 30, volume / 3, volume / 8, volume / 40} {
		stages[i].Total = n(total)
		if i < len(own) {
			stages[i].Own = n(own[i])
		}
	}
	r.Clicks.TotalPrice, r.Clicks.SameDay = usd(19_990_000), n(3)
	return r
}

func sqpSlice(at time.Time, asins ...string) SQPSlice {
	return SQPSlice{Seller: seller, Marketplace: us, Period: Week, Start: week, End: week + 6, ASINs: asins, FetchedAt: at}
}

func rowsOf[R any](rows ...R) func(yield func(*R) error) error {
	return func(yield func(*R) error) error {
		var reused R
		for _, r := range rows {
			reused = r
			if err := yield(&reused); err != nil {
				return err
			}
		}
		return nil
	}
}

func replaceSQP(t testing.TB, f *Facts, s SQPSlice, rows ...spapi.SQPRow) Stored {
	t.Helper()
	stored, err := f.ReplaceSQP(t.Context(), s, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
		return spapi.Summary{Unit: spapi.UnitPercent}, rowsOf(rows...)(yield)
	})
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func replaceTerms(t testing.TB, f *Facts, s AdSlice, rows ...ads.TermRow) Stored {
	t.Helper()
	stored, err := f.ReplaceAdTerms(t.Context(), s, func(yield func(*ads.TermRow) error) (ads.Summary, error) {
		return ads.Summary{}, rowsOf(rows...)(yield)
	})
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func replaceCampaigns(t testing.TB, f *Facts, s AdSlice, rows ...ads.CampaignRow) Stored {
	t.Helper()
	stored, err := f.ReplaceCampaigns(t.Context(), s, func(yield func(*ads.CampaignRow) error) (ads.Summary, error) {
		return ads.Summary{}, rowsOf(rows...)(yield)
	})
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

const profileID int64 = 9007199254740993 // above 2^53

func withProfile(t testing.TB, f *Facts) {
	t.Helper()
	err := f.SaveProfiles(t.Context(), []Profile{{
		ID: profileID, Marketplace: us, Seller: seller, Country: "US", Currency: "USD", Zone: "America/Los_Angeles", Type: "seller",
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func termRow(day clock.Day, term string, clicks int64) ads.TermRow {
	return ads.TermRow{
		Date: day, CampaignID: 550669026247354, AdGroupID: 7, KeywordID: 8,
		Campaign: "Core", AdGroup: "Group", Keyword: "bottle", MatchType: "BROAD", Term: term, Currency: "USD",
		Impressions: n(clicks * 20), Clicks: n(clicks), Cost: n(clicks * 500_000),
		Orders1dSameSKU: n(0), Orders1d: n(0), Orders7d: n(1), Orders14d: n(1),
		Sales1d: n(0), Sales7d: n(20_000_000), Sales14d: n(20_000_000), Units7d: n(1), Units14d: n(1),
	}
}

func adSlice(t ads.ReportType, at time.Time) AdSlice {
	return AdSlice{Profile: profileID, Type: t, From: week, To: week + 6, FetchedAt: at}
}

// dump is the content of tables, one text per row, so that two states of a
// file can be compared.
func dump(t testing.TB, f *Facts, queries ...string) (rows []string) {
	t.Helper()
	err := f.read(t.Context(), func(c *database.Conn) error {
		for _, q := range queries {
			columns := 0
			if err := c.Query(`SELECT count(*) FROM pragma_table_info(?1)`, func(r database.Row) error {
				columns = int(r.Int(0))
				return nil
			}, q); err != nil {
				return err
			}
			err := c.Query("SELECT * FROM "+q+" ORDER BY 1, 2", func(r database.Row) error {
				text := q
				for i := range columns {
					text += fmt.Sprint("|", r.Value(i))
				}
				rows = append(rows, text)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func count(t testing.TB, f *Facts, table string) int { t.Helper(); return len(dump(t, f, table)) }

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
