package join

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
	"halotrack.ai/halotrack/internal/history"

	_ "halotrack.ai/halotrack/pb_migrations"
)

type oneKey struct{}

func (oneKey) FactKey(context.Context, string) ([]byte, error) {
	return []byte("an account's key of 32 bytes len"), nil
}

func (oneKey) Holder(context.Context, string) (func(string) (string, []byte, error), error) {
	return nil, errors.New("nothing of this test is held back")
}

func TestOnlyTouchedWeeksAreRebuiltWithTheAccountsBrandWords(t *testing.T) {
	now := clock.NewManual(time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: t.TempDir(), DBConnect: database.ConnectPocketBase([]byte("the databases' key of 32 bytes 0"))})
	if err := app.Bootstrap(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.ClearBootstrap() })
	if err := app.RunAllMigrations(); err != nil {
		t.Fatal(err)
	}
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		t.Fatal(err)
	}
	account := core.NewRecord(accounts)
	account.Set("name", "Velmora")
	account.Set("kind", "business")
	account.Set("brand_words", []string{" velmora ", ""})
	if err := app.Save(account); err != nil {
		t.Fatal(err)
	}
	store := history.NewStore(t.TempDir(), oneKey{}, now)
	t.Cleanup(func() { _ = store.Close() })
	newest := clock.Date(2026, 11, 15)
	put := func(week clock.Day, own int64) {
		t.Helper()
		count := func(n int64) spapi.Count { return spapi.Count{V: n, Valid: true} }
		err := store.Use(t.Context(), account.Id, func(f *history.Facts) error {
			slice := history.SQPSlice{Seller: "S", Marketplace: "ATVPDKIKX0DER", Period: history.Week, Start: week, End: week.WeekEnd(), ASINs: []string{"B000000001"}, FetchedAt: now.Now()}
			_, err := f.ReplaceSQP(t.Context(), slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
				for _, query := range []string{"velmora mat", "yoga mat"} {
					row := spapi.SQPRow{Start: week, End: week.WeekEnd(), ASIN: "B000000001", Query: query, Volume: count(1000)}
					row.Impressions = spapi.Stage{Total: count(900), Own: count(own)}
					row.Clicks = spapi.Stage{Total: count(90), Own: count(9)}
					if err := yield(&row); err != nil {
						return spapi.Summary{}, err
					}
				}
				return spapi.Summary{Rows: 2, Unit: spapi.UnitPercent}, nil
			})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	run := func() []history.MarketWeek {
		t.Helper()
		weeks, err := Run(t.Context(), app, store, account.Id)
		if err != nil {
			t.Fatal(err)
		}
		return weeks
	}
	put(newest, 50)
	put(newest-7, 40)
	if weeks := run(); len(weeks) != 2 || weeks[0].Week != newest || weeks[1].Week != newest-7 {
		t.Fatalf("first run: %v", weeks)
	}
	if weeks := run(); len(weeks) != 0 {
		t.Errorf("nothing changed, yet rebuilt %v", weeks)
	}
	put(newest, 50)
	if weeks := run(); len(weeks) != 0 {
		t.Errorf("an identical fetch rebuilt %v", weeks)
	}
	put(newest-7, 41)
	if weeks := run(); len(weeks) != 1 || weeks[0].Week != newest-7 {
		t.Errorf("one week changed, rebuilt %v", weeks)
	}
	classes := map[string]history.Class{}
	err = store.Use(t.Context(), account.Id, func(f *history.Facts) error {
		return f.JoinedWeek(t.Context(), "ATVPDKIKX0DER", newest-7, func(r history.JoinedRow) error {
			classes[r.Term] = r.Class
			if r.Impressions.X.V != 41 {
				t.Errorf("%s has %d own impressions", r.Term, r.Impressions.X.V)
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if classes["velmora mat"] != history.BrandTerm || classes["yoga mat"] != history.GenericTerm {
		t.Errorf("classes %v", classes)
	}

	// A run that is stopped goes on where it was.
	put(newest, 60)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(stopped, app, store, account.Id); err == nil {
		t.Error("a stopped run has no error")
	}
	if weeks := run(); len(weeks) != 1 || weeks[0].Week != newest {
		t.Errorf("after the stop: %v", weeks)
	}
	if _, err := Run(t.Context(), app, store, "unknown"); err == nil {
		t.Error("an unknown account has no error")
	}
}
