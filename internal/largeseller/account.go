package largeseller

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/testapp"
)

// A Seller is an account whose weeks are stored and joined.
type Seller struct {
	Account string
	Weeks   int
	Newest  clock.Day // the last of them
}

// Now is the instant at which the newest week has just been stored.
var Now = Newest.WeekEnd().Time().AddDate(0, 0, 16)

// Sellers stores and joins a seller's weeks, and gives back two accounts of it:
// one as it was when a year was stored, one with all weeks. Both have said what
// Rules holds, in the product table of the app. The facts stay in the folder,
// so that another run finds them; that of a test is made and removed where the
// folder is empty.
func Sellers(t testing.TB, shape Shape, weeks int, folder string) (app core.App, store *history.Store, year, all Seller) {
	t.Helper()
	if folder == "" {
		folder = t.TempDir()
	}
	app = testapp.New(t)
	store = history.NewStore(folder, Keys{}, clock.NewManual(Now))
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	all = Seller{"largesellerall0", weeks, Newest}
	year = Seller{"largesellerone0", min(Year, weeks), Newest}
	year.Newest -= clock.Day(7 * (weeks - year.Weeks))
	for _, s := range []Seller{year, all} {
		if err := shape.say(app, s.Account); err != nil {
			t.Fatal(err)
		}
	}
	err := shape.Fill(t.Context(), store, all.Account, weeks, func(stored int) error {
		if stored%13 == 0 {
			t.Logf("%d weeks stored and joined", stored)
		}
		copied := filepath.Join(folder, year.Account+".db")
		if _, err := os.Stat(copied); stored != year.Weeks || err == nil {
			return nil
		}
		return store.Snapshot(t.Context(), all.Account, copied)
	})
	if err != nil {
		t.Fatal(err)
	}
	return app, store, year, all
}

// say makes an account that says what Rules holds.
func (s Shape) say(app core.App, account string) error {
	return app.RunInTransaction(func(tx core.App) error {
		accounts, err := tx.FindCollectionByNameOrId("accounts")
		if err != nil {
			return err
		}
		r := core.NewRecord(accounts)
		r.Id = account
		r.Set("name", account)
		r.Set("kind", "business")
		r.Set("brand_words", []string{Brand})
		r.Set("competitor_words", []string{Rival})
		if err := tx.Save(r); err != nil {
			return err
		}
		products, err := tx.FindCollectionByNameOrId("products")
		if err != nil {
			return err
		}
		for i := range s.Marketplaces {
			for n := range s.ASINs {
				p := core.NewRecord(products)
				p.Set("account", account)
				p.Set("marketplace", s.Code(i))
				p.Set("asin", asin(i, n))
				p.Set("title", "Bottle")
				p.Set("parent", Parent(asin(i, n)))
				p.Set("price_micros", 24_990_000)
				p.Set("margin", .35)
				p.Set("updated", Now)
				if err := tx.Save(p); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
