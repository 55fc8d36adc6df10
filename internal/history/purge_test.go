package history

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/database"
)

const (
	otherSeller        = "A9OTHER"
	otherProfile int64 = 4711
)

// tenant is one seller and profile with all that they bring.
type tenant struct {
	seller  string
	profile int64
	mark    string // in all its texts
	at      time.Time
}

var (
	keptTenant = tenant{seller, profileID, "kept", now}
	goneTenant = tenant{otherSeller, otherProfile, "gone", now.Add(time.Hour)}
)

// fill imports the tenants' documents in the order of their times, everything
// twice and a day apart so that there are superseded versions.
func fill(t *testing.T, f *Facts, tenants ...tenant) {
	t.Helper()
	slices.SortFunc(tenants, func(a, b tenant) int { return a.at.Compare(b.at) })
	for round := range int64(2) {
		for _, one := range tenants {
			one.bring(t, f, round)
		}
	}
}

func (o tenant) bring(t *testing.T, f *Facts, round int64) {
	t.Helper()
	at := o.at.Add(time.Duration(round) * 24 * time.Hour)
	own, shared := "B0"+o.mark+"OWN", "B0SHARED00"
	slice := sqpSlice(at, own, shared)
	slice.Seller = o.seller
	slice.Report = plannedReport(t, f, Report{Connection: "c" + o.seller, API: SPAPI, Seller: o.seller, Marketplace: us,
		Type: string(spapi.SQP), Period: Week, Start: week, End: week + 6, ASINs: []string{own, shared}})
	volume := 900 + 100*round
	replaceSQP(t, f, slice,
		sqpRow(own, o.mark+" bottle", volume, 30, 3),
		sqpRow(own, o.mark+" Flask", 500, 30, 3), // its key is a text of its own
		sqpRow(own, fmt.Sprint(o.mark, " round ", round), 100, 5, 1),
		sqpRow(shared, "common cup", volume, 70, 7))
	month := sqpSlice(at, own)
	month.Seller, month.Period, month.Start, month.End = o.seller, Month, week-12, week+17
	replaceSQP(t, f, month, sqpRow(own, o.mark+" monthly", 4000, 90, 9), sqpRow(own, o.mark+"@example.com", 40, 3))
	scp := SCPSlice(sqpSlice(at, own))
	scp.Seller = o.seller
	replaceSCP(t, f, scp, scpRowFor(own, 1000))

	err := f.SaveProfiles(t.Context(), []Profile{{ID: o.profile, Marketplace: us, Seller: o.seller, Country: "US", Currency: "USD",
		Zone: "America/Los_Angeles", Type: "seller", Name: o.mark + " Ltd"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []ads.ReportType{ads.SPSearchTerm, ads.SBSearchTerm, ads.SPCampaigns, ads.SPAdvertisedProduct} {
		slice := adSlice(kind, at)
		slice.Profile = o.profile
		slice.Report = plannedReport(t, f, Report{Connection: "a" + o.seller, API: Ads, Profile: o.profile, Marketplace: us,
			Type: string(kind), Start: week, End: week + 6})
		switch kind {
		case ads.SPCampaigns:
			replaceCampaigns(t, f, slice, ads.CampaignRow{Date: week, CampaignID: o.profile, Campaign: o.mark + " campaign",
				Currency: "USD", Impressions: n(100), Clicks: n(10), Cost: n(1_000_000 + round)})
		case ads.SPAdvertisedProduct:
			row := productRow(week, 12, "B0"+o.mark+"ADS", o.mark+" SKU", 2+round)
			row.CampaignID, row.Campaign, row.AdGroup = o.profile, o.mark+" campaign", o.mark+" group"
			replaceProducts(t, f, slice, row)
		case ads.SPSearchTerm:
			row, bought := termRow(week, o.mark+" bottle", 2+round), termRow(week+1, o.mark+" advertised", 1)
			row.CampaignID, bought.CampaignID = o.profile, o.profile
			row.Campaign, bought.Campaign = o.mark+" campaign", o.mark+" campaign"
			row.AdGroup, row.Keyword = o.mark+" group", o.mark+" keyword"
			held := bought
			held.Term, held.Keyword, held.KeywordID = o.mark+"@example.com", o.mark+"@example.com", 9
			replaceTerms(t, f, slice, row, bought, held)
		default:
			replaceTerms(t, f, slice, termRow(week, "*", 3)) // belongs to no search
		}
	}
	if err := f.SaveProgress(t.Context(), Progress{Connection: "c" + o.seller, At: at}); err != nil {
		t.Fatal(err)
	}
	if err := f.SaveBucket(t.Context(), Bucket{Key: "spapi.createReport/" + o.seller + "/na", At: at}); err != nil {
		t.Fatal(err)
	}
}

func plannedReport(t *testing.T, f *Facts, r Report) int64 {
	t.Helper()
	if err := f.Plan(t.Context(), []Report{r}); err != nil {
		t.Fatal(err)
	}
	open, err := f.OpenReports(t.Context())
	if err != nil || len(open) == 0 {
		t.Fatal(open, err)
	}
	return open[len(open)-1].ID
}

var otherGone = Purge{
	Sellers: []SellerScope{{Seller: otherSeller}}, Profiles: []int64{otherProfile}, Connections: []string{"c" + otherSeller},
}

// story is the file in texts instead of ids, so that two files whose
// dictionaries grew in different orders can be compared.
func story(t *testing.T, f *Facts) (lines []string) {
	t.Helper()
	const columns = 16
	for _, query := range []string{
		`SELECT 'term', text, (SELECT k.text FROM terms k WHERE k.id = t.key), exact FROM terms t`,
		`SELECT 'asin', code FROM asins`, `SELECT 'seller', code FROM sellers`,
		`SELECT 'held', term, kind, state, (SELECT count(*) FROM quarantine_sqp q WHERE q.entry = quarantine.id),
	(SELECT count(*) FROM quarantine_ads q WHERE q.entry = quarantine.id), (SELECT count(*) FROM quarantine_keywords q WHERE q.entry = quarantine.id) FROM quarantine`,
		`SELECT 'period', kind, start, end FROM periods`,
		`SELECT 'cell', s.code, a.code, p.kind, c.state, c.rows, c.fetched_at FROM sqp_cells c JOIN sellers s ON s.id = c.seller JOIN asins a ON a.id = c.asin JOIN periods p ON p.id = c.period`,
		`SELECT 'own', a.code, p.kind, t.text, o.x_impressions, o.x_clicks FROM sqp_own o JOIN sqp_cells c ON c.id = o.cell JOIN asins a ON a.id = c.asin JOIN periods p ON p.id = c.period JOIN terms t ON t.id = o.term`,
		`SELECT 'own old', s.code, a.code, t.text, o.x_impressions, o.replaced_at FROM sqp_own_old o JOIN sellers s ON s.id = o.seller JOIN asins a ON a.id = o.asin JOIN terms t ON t.id = o.term`,
		`SELECT 'market', p.kind, t.text, m.volume, m.n_impressions, m.fetched_at, m.spread FROM sqp_market m JOIN periods p ON p.id = m.period JOIN terms t ON t.id = m.term`,
		`SELECT 'market old', p.kind, t.text, m.volume, m.fetched_at, m.spread FROM sqp_market_old m JOIN periods p ON p.id = m.period JOIN terms t ON t.id = m.term`,
		`SELECT 'scp', s.code, a.code, c.impressions FROM scp c JOIN sellers s ON s.id = c.seller JOIN asins a ON a.id = c.asin`,
		`SELECT 'profile', id, name FROM profiles`,
		`SELECT 'campaign', profile, campaign, name FROM ad_campaigns`,
		`SELECT 'group', c.profile, g.ad_group, g.name FROM ad_groups g JOIN ad_campaigns c ON c.id = g.campaign`,
		`SELECT 'keyword', c.profile, k.keyword, k.text FROM ad_keywords k JOIN ad_groups g ON g.id = k.ad_group JOIN ad_campaigns c ON c.id = g.campaign`,
		`SELECT 'day', profile, type, date, rows, impressions, clicks, cost FROM ad_days`,
		`SELECT 'day old', profile, type, date, rows, impressions, clicks, cost FROM ad_days_old`,
		`SELECT 'ad term', d.profile, d.date, t.text, a.clicks FROM ad_terms a JOIN ad_days d ON d.id = a.day JOIN terms t ON t.id = a.term`,
		`SELECT 'ad campaign', d.profile, d.date, c.name, a.clicks, a.cost FROM ad_campaign_days a JOIN ad_days d ON d.id = a.day JOIN ad_campaigns c ON c.id = a.campaign`,
		`SELECT 'ad product', d.profile, d.date, p.ad, s.code, p.sku, a.clicks, a.cost FROM ad_product_days a JOIN ad_days d ON d.id = a.day JOIN ad_products p ON p.id = a.product JOIN asins s ON s.id = p.asin`,
		`SELECT 'joined', week, level, t.text, a.code, volume, n_impressions, x_impressions, n_clicks, x_clicks, ad_clicks, ad_cost, organic_clicks, split, l.code, concentration FROM joined j JOIN terms t ON t.id = j.term LEFT JOIN asins a ON a.id = j.key LEFT JOIN asins l ON l.id = j.lead`,
		`SELECT 'joined week', week, terms, asins, disputed, volume, n_impressions, x_impressions, ad_clicks, organic_clicks, spend_cost, spend_days, spend_want_days, state, fetched_at FROM joined_weeks`,
		`SELECT 'bucket', week, kind, ad_clicks FROM ad_buckets`,
		`SELECT 'report', connection, seller, profile, type, state, rows FROM reports`,
		`SELECT 'quota', key FROM quotas`, `SELECT 'progress', connection FROM connection_progress`,
	} {
		wide := "SELECT *" + strings.Repeat(", ''", columns) + " FROM (" + query + ")"
		err := f.read(t.Context(), func(c *database.Conn) error {
			return c.Query(wide, func(r database.Row) error {
				line := ""
				for i := range columns {
					line += fmt.Sprint("|", r.Value(i))
				}
				lines = append(lines, line)
				return nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	return lines
}

func sameStory(t *testing.T, got, want []string) {
	t.Helper()
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("too much: %s", line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("missing: %s", line)
		}
	}
}

// Of two sellers in one account one goes, and nothing tells that it was there:
// not the order in which they came, not a purge that stopped at any step.
func TestAPurgedSellerWasNeverThere(t *testing.T) {
	alone := testFacts(t)
	fill(t, alone, keptTenant)
	rebuild(t, alone)
	want := story(t, alone)
	if len(want) < 60 {
		t.Fatalf("only %d lines are compared", len(want))
	}
	steps := 0
	failed := errors.New("killed")
	for name, first := range map[string]time.Duration{"the other came later": time.Hour, "the other came first": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			for stop := 0; ; stop++ {
				f := testFacts(t)
				gone := goneTenant
				gone.at = now.Add(first)
				fill(t, f, keptTenant, gone)
				rebuild(t, f)
				if slices.Equal(story(t, f), want) {
					t.Fatal("the other seller left no trace before the purge")
				}
				p, at := otherGone, 0
				p.Between = func(string) error {
					if at++; at > stop {
						return failed
					}
					return nil
				}
				err := f.Purge(t.Context(), p)
				if err != nil && !errors.Is(err, failed) {
					t.Fatal(err)
				}
				if err := f.Purge(t.Context(), otherGone); err != nil {
					t.Fatal(err)
				}
				rebuild(t, f)
				sameStory(t, story(t, f), want)
				if err == nil || t.Failed() {
					steps = max(steps, at)
					return
				}
			}
		})
	}
	if steps < 5 {
		t.Errorf("the purge was stopped after %d steps only", steps)
	}
}

// Where the two sellers' answers about a term differ, the one's that stays is
// put back.
func TestTotalsOfAPurgedSellerAreTakenBack(t *testing.T) {
	for name, c := range map[string]struct {
		gone   time.Duration
		volume int64
	}{
		"newer and different": {time.Hour, 2000}, "older and different": {-time.Hour, 2000},
		"newer and the same": {time.Hour, 1000}, "older and the same": {-time.Hour, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			f := testFacts(t)
			put := func(who string, at time.Time, volume int64) {
				slice := sqpSlice(at, "B0"+who)
				slice.Seller = who
				replaceSQP(t, f, slice, sqpRow("B0"+who, "common cup", volume, 7, 1))
			}
			if c.gone < 0 {
				put(otherSeller, now.Add(c.gone), c.volume)
			}
			put(seller, now, 1000)
			if c.gone > 0 {
				put(otherSeller, now.Add(c.gone), c.volume)
			}
			if err := f.Purge(t.Context(), otherGone); err != nil {
				t.Fatal(err)
			}
			alone := testFacts(t)
			slice := sqpSlice(now, "B0"+seller)
			replaceSQP(t, alone, slice, sqpRow("B0"+seller, "common cup", 1000, 7, 1))
			sameStory(t, story(t, f), story(t, alone))
		})
	}
}

// A seller that another grant still reaches in one region keeps what is there.
func TestAPurgeSparesOtherMarketplaces(t *testing.T) {
	f := testFacts(t)
	for _, market := range []string{us, germany} {
		slice := sqpSlice(now, "B0OWN")
		slice.Marketplace = market
		replaceSQP(t, f, slice, sqpRow("B0OWN", market+" bottle", 100, 7, 1))
	}
	p := Purge{Sellers: []SellerScope{{Seller: seller, Keep: []string{germany}}}}
	first, ok, err := f.FirstWeek(t.Context(), p)
	if err != nil || !ok || first != week {
		t.Fatal(first, ok, err)
	}
	if err := f.Purge(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if rows := dump(t, f, "terms"); len(rows) != 2 || !strings.Contains(strings.Join(rows, " "), germany) {
		t.Errorf("terms: %v", rows)
	}
	if _, ok, err = f.FirstWeek(t.Context(), p); ok || err != nil {
		t.Errorf("something is left to purge: %v", err)
	}
}

// scoreAll stores a score for each joined week, and a scope test.
func scoreAll(t *testing.T, f *Facts) {
	t.Helper()
	markets, err := f.Marketplaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range markets {
		weeks, err := f.Weeks(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.SaveScope(t.Context(), Scope{Marketplace: id, Week: weeks[0], Result: ScopeUndecided}); err != nil {
			t.Fatal(err)
		}
		for _, week := range weeks {
			if err := f.SaveScores(t.Context(), id, week, []Score{{Step: 1, Term: 1, Z: -2.5}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Every table of a fact file is emptied by the purge of all who brought
// something, or stands here with the reason why it stays. A new table must be
// filled above and purged, or be given a reason.
func TestAPurgeReachesEveryTable(t *testing.T) {
	stays := map[string]string{
		"marketplaces": "Amazon's marketplaces, which exist without any seller",
		"dirty_weeks":  "names the weeks to derive again; the join takes them off",
		"audits_due":   "names the weeks to audit again",
	}
	f := testFacts(t)
	fill(t, f, keptTenant, goneTenant)
	rebuild(t, f)
	scoreAll(t, f)
	var tables []string
	err := f.read(t.Context(), func(c *database.Conn) error {
		return c.Query(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`, func(r database.Row) error {
			tables = append(tables, r.Text(0))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if stays[table] == "" && len(dump(t, f, table)) == 0 {
			t.Errorf("this test puts nothing into %s: fill it in bring, and have Purge empty it", table)
		}
	}
	err = f.Purge(t.Context(), Purge{
		Sellers:     []SellerScope{{Seller: seller}, {Seller: otherSeller}},
		Profiles:    []int64{profileID, otherProfile},
		Connections: []string{"c" + seller, "c" + otherSeller},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if stays[table] != "" {
			continue
		}
		if rows := dump(t, f, table); len(rows) > 0 {
			t.Errorf("%s keeps %d rows after the purge: %s", table, len(rows), rows[0])
		}
	}
	if empty, err := f.Empty(t.Context()); err != nil || !empty {
		t.Errorf("the file is not empty: %v", err)
	}
}

func TestACompactedFileIsSmallerAndTheSame(t *testing.T) {
	s := testStore(t)
	var before []string
	use := func(fn func(f *Facts)) {
		t.Helper()
		if err := s.Use(t.Context(), "acme", func(f *Facts) error { fn(f); return f.file.Checkpoint(t.Context()) }); err != nil {
			t.Fatal(err)
		}
	}
	size := func() int64 {
		t.Helper()
		info, err := os.Stat(s.path("acme"))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	use(func(f *Facts) {
		fill(t, f, keptTenant)
		rows := make([]spapi.SQPRow, 0, 5000)
		for i := range 5000 {
			rows = append(rows, sqpRow("B0BIG", fmt.Sprintf("long tail %d of the other seller", i), 100, 1))
		}
		slice := sqpSlice(now, "B0BIG")
		slice.Seller = otherSeller
		replaceSQP(t, f, slice, rows...)
		rebuild(t, f)
	})
	full := size()
	// What a killed run left is replaced.
	if err := os.WriteFile(s.path("acme")+compactSuffix, []byte("cut off"), 0o600); err != nil {
		t.Fatal(err)
	}
	use(func(f *Facts) {
		if err := f.Purge(t.Context(), otherGone); err != nil {
			t.Fatal(err)
		}
		before = story(t, f)
	})
	if err := s.Compact(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if now := size(); now > full/2 {
		t.Errorf("%d bytes after the purge, %d before", now, full)
	}
	use(func(f *Facts) { sameStory(t, story(t, f), before) })
	if left, _ := os.ReadDir(s.dir); len(left) > 3 {
		t.Errorf("files: %v", left)
	}
}
