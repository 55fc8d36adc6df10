package join

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/testapp"
)

// In a world whose search counts leave the clicks on ads out, all own clicks
// are organic; else the ads' are taken off.
func TestTheScopeTestChoosesTheSplit(t *testing.T) {
	const us = "ATVPDKIKX0DER"
	newest := clock.Date(2026, 11, 15)
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	app := testapp.New(t)
	accounts, err := app.FindCollectionByNameOrId("accounts")
	if err != nil {
		t.Fatal(err)
	}
	for _, included := range []bool{true, false} {
		account := core.NewRecord(accounts)
		account.Set("name", "Velmora")
		account.Set("kind", "business")
		if err := app.Save(account); err != nil {
			t.Fatal(err)
		}
		store := history.NewStore(t.TempDir(), oneKey{}, clock.NewManual(at))
		t.Cleanup(func() { _ = store.Close() })
		rng := rand.New(rand.NewPCG(4, 2))
		count := func(n int64) spapi.Count { return spapi.Count{V: n, Valid: true} }
		put := func(f *history.Facts, week clock.Day) error {
			slice := history.SQPSlice{Seller: "S", Marketplace: us, Period: history.Week, Start: week, End: week.WeekEnd(), ASINs: []string{"B000000001"}, FetchedAt: at}
			var paid []ads.TermRow
			_, err := f.ReplaceSQP(t.Context(), slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
				for i := range 40 {
					term := fmt.Sprintf("term %d", i)
					free, bought := 60+rng.Int64N(20), int64(0)
					if rng.IntN(2) == 0 {
						bought = 10 + rng.Int64N(30)
						paid = append(paid, ads.TermRow{Date: week, CampaignID: 1, AdGroupID: 1, KeywordID: 1, Keyword: "k", MatchType: "BROAD", Term: term, Currency: "USD",
							Impressions: count(bought * 20), Clicks: count(bought), Cost: count(bought * 500_000), Orders1dSameSKU: count(0), Orders1d: count(0), Orders7d: count(0), Sales7d: count(0)})
					}
					row := spapi.SQPRow{Start: week, End: week.WeekEnd(), ASIN: "B000000001", Query: term, Volume: count(5000)}
					row.Clicks = spapi.Stage{Total: count(1000), Own: count(free)}
					if included {
						row.Clicks.Own.V += bought
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
			_, err = f.ReplaceAdTerms(t.Context(), history.AdSlice{Profile: 7, Type: ads.SPSearchTerm, From: week, To: week.WeekEnd(), FetchedAt: at},
				func(yield func(*ads.TermRow) error) (ads.Summary, error) {
					for i := range paid {
						if err := yield(&paid[i]); err != nil {
							return ads.Summary{}, err
						}
					}
					return ads.Summary{}, nil
				})
			return err
		}
		err := store.Use(t.Context(), account.Id, func(f *history.Facts) error {
			if err := f.SaveProfiles(t.Context(), []history.Profile{{ID: 7, Marketplace: us, Seller: "S", Country: "US", Currency: "USD", Zone: "America/Los_Angeles", Type: "seller"}}); err != nil {
				return err
			}
			for n := range 12 {
				if err := put(f, newest-clock.Day(7*n)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		weeks, err := Run(t.Context(), app, store, account.Id)
		if err != nil {
			t.Fatal(err)
		}
		want, rebuilt := history.ScopeIncluded, 12
		if !included {
			want, rebuilt = history.ScopeExcluded, 24 // and once more, by what was found
		}
		if len(weeks) != rebuilt || weeks[0].Week != newest {
			t.Errorf("%s: %d weeks rebuilt, first %v", want, len(weeks), weeks[0])
		}
		err = store.Use(t.Context(), account.Id, func(f *history.Facts) error {
			scopes, err := f.Scopes(t.Context())
			if err != nil || len(scopes) != 1 || scopes[0].Result != want || scopes[0].Weeks != 12 || scopes[0].Week != newest || !(scopes[0].Low.V < scopes[0].High.V) {
				t.Errorf("scopes %+v, %v", scopes, err)
			}
			paid := 0
			err = f.JoinedWeek(t.Context(), us, newest, func(r history.JoinedRow) error {
				organic := r.Clicks.X
				if included {
					organic.V -= r.Ads.Clicks.V
				}
				if r.Split != history.Measured || r.OrganicClicks != organic {
					t.Errorf("%s: %q has %v own clicks, %v of ads, %v organic, %s", want, r.Term, r.Clicks.X, r.Ads.Clicks, r.OrganicClicks, r.Split)
				}
				if r.Ads.Clicks.V > 0 {
					paid++
				}
				return nil
			})
			if paid == 0 {
				t.Error("no ads in the newest week")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		// Nothing new, no new test.
		if weeks, err := Run(t.Context(), app, store, account.Id); err != nil || len(weeks) != 0 {
			t.Errorf("second run %v, %v", weeks, err)
		}
	}
}
