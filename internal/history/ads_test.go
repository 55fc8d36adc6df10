package history

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/database"
)

// adsapi.md trap 35
func TestRowsOfTheSameKeyAreAddedUp(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	traffic, conversion := termRow(week, "bottle", 3), termRow(week, "bottle", 0)
	traffic.Orders7d, traffic.Units14d = Count{}, Count{}
	conversion.Orders7d = n(2)
	stored := replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), traffic, conversion, termRow(week+1, "bottle", 1))
	if stored.Rows != 3 || stored.Summed != 1 {
		t.Errorf("stored %+v", stored)
	}
	rebuild(t, f)
	row := joinedTerm(t, f, "bottle")
	if row.Ads.Clicks != n(4) || row.Ads.Orders7d != n(3) {
		t.Errorf("clicks %v, orders %v; want 4 and 3", row.Ads.Clicks, row.Ads.Orders7d)
	}
}

// adsapi.md trap 23
func TestReplacingDaysRemovesVanishedRowsAndKeepsTotals(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), termRow(week, "a", 3), termRow(week, "b", 2), termRow(week+1, "a", 1))
	rebuild(t, f)
	stored := replaceTerms(t, f, adSlice(ads.SPSearchTerm, now.Add(time.Hour)), termRow(week, "a", 2), termRow(week+1, "a", 1))
	if !stored.Changed || stored.Cells != 7 || stored.Empty != 5 {
		t.Errorf("stored %+v", stored)
	}
	if got := count(t, f, "ad_terms"); got != 2 {
		t.Errorf("%d rows, want 2", got)
	}
	if got := count(t, f, "ad_days_old"); got != 1 {
		t.Errorf("%d replaced totals, want those of the one day that differs", got)
	}
	days, err := f.AdCoverage(t.Context(), profileID, ads.SPSearchTerm, week, week+6)
	if err != nil || len(days) != 7 || days[0].Clicks != 2 || days[2].State != Empty {
		t.Errorf("coverage %+v, %v", days, err)
	}
}

func TestAnIdenticalAdsImportChangesNothing(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	rows := []ads.TermRow{termRow(week, "a", 3), termRow(week, "b", 2), termRow(week+6, "c", 1)}
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), rows...)
	rebuild(t, f)
	before := dump(t, f, "ad_terms", "ad_days_old", "terms", "joined")
	rows[0], rows[2] = rows[2], rows[0]
	stored := replaceTerms(t, f, adSlice(ads.SPSearchTerm, now.Add(time.Hour)), rows...)
	if stored.Changed {
		t.Error("changed")
	}
	if after := dump(t, f, "ad_terms", "ad_days_old", "terms", "joined"); !reflect.DeepEqual(before, after) {
		t.Errorf("after\n%v\nwant\n%v", after, before)
	}
	if dirty, _ := f.DirtyWeeks(t.Context()); len(dirty) != 0 {
		t.Errorf("dirty %v", dirty)
	}
	// The same figures, confirmed when they are settled, settle the week.
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now.AddDate(0, 0, 20)), rows...)
	if dirty, _ := f.DirtyWeeks(t.Context()); len(dirty) != 1 {
		t.Errorf("dirty %v, want the week that has settled", dirty)
	}
}

// adsapi.md trap 32, adsapi.md trap 33, adsapi.md trap 19
func TestNamesAreThoseOfTheNewestFetch(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	row := termRow(week, "a", 3)
	row.KeywordID, row.CampaignID = 0, profileID+2
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), row)
	row.Campaign = "Renamed"
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now.Add(time.Hour)), row)
	row.Campaign = "Late old news"
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now.Add(-time.Hour)), row)
	var names []string
	var ids []int64
	err := f.read(t.Context(), func(c *database.Conn) error {
		return c.Query(`SELECT name, campaign FROM ad_campaigns`, func(r database.Row) error {
			names, ids = append(names, r.Text(0)), append(ids, r.Int(1))
			return nil
		})
	})
	if err != nil || !reflect.DeepEqual(names, []string{"Renamed"}) || ids[0] != profileID+2 {
		t.Errorf("campaigns %q %v, %v", names, ids, err)
	}
}

// adsapi.md trap 34
func TestAdsTermsKeepTheirBytes(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	texts := []string{"B0ABC", "b0abc", "caf\u00e9", "cafe\u0301", "a", "a ", "*", "🎁"}
	var rows []ads.TermRow
	for _, text := range texts {
		rows = append(rows, termRow(week, text, 1))
	}
	stored := replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), rows...)
	if got := count(t, f, "ad_terms"); got != len(texts) || stored.Summed != 0 {
		t.Errorf("%d rows, %d summed", got, stored.Summed)
	}
}

func TestAdSlicesAreChecked(t *testing.T) {
	f := testFacts(t)
	load := func(rows ...ads.TermRow) func(func(*ads.TermRow) error) (ads.Summary, error) {
		return func(yield func(*ads.TermRow) error) (ads.Summary, error) {
			return ads.Summary{}, rowsOf(rows...)(yield)
		}
	}
	if _, err := f.ReplaceAdTerms(t.Context(), adSlice(ads.SPSearchTerm, now), load()); !errors.Is(err, ErrUnknownProfile) {
		t.Errorf("unknown profile: %v", err)
	}
	withProfile(t, f)
	if _, err := f.ReplaceAdTerms(t.Context(), adSlice(ads.SPCampaigns, now), load()); !errors.Is(err, ErrSlice) {
		t.Errorf("campaign report: %v", err)
	}
	if _, err := f.ReplaceAdTerms(t.Context(), adSlice(ads.SPSearchTerm, now), load(termRow(week+7, "a", 1))); !errors.Is(err, ErrSlice) {
		t.Errorf("a row of another week: %v", err)
	}
	if got := count(t, f, "ad_days"); got != 0 {
		t.Errorf("%d days covered by failed imports", got)
	}
}

// adsapi.md trap 13, spapi.md trap 28
func TestNoDataIsCoverageAndNeverRemovesRows(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), termRow(week, "a", 3))
	if err := f.MarkEmpty(t.Context(), adSlice(ads.SPSearchTerm, now.Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if got := count(t, f, "ad_terms"); got != 1 {
		t.Errorf("%d rows after a cancelled report, want 1", got)
	}
	if err := f.MarkUnavailable(t.Context(), sqpSlice(now, "B000000001")); err != nil {
		t.Fatal(err)
	}
	if err := f.MarkEmpty(t.Context(), SCPSlice(sqpSlice(now))); err != nil {
		t.Fatal(err)
	}
	sqp, err := f.SQPCoverage(t.Context(), us, Week, week, week)
	if err != nil || len(sqp) != 1 || sqp[0].State != NotPublished {
		t.Errorf("SQP coverage %+v, %v", sqp, err)
	}
	scp, err := f.SCPCoverage(t.Context(), us, Week, week, week)
	if err != nil || len(scp) != 1 || scp[0].State != Empty || scp[0].ASIN != "" {
		t.Errorf("SCP coverage %+v, %v", scp, err)
	}
	if stored := replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "a", 400, 4)); !stored.Changed {
		t.Error("the published week did not count as a change")
	}
}
