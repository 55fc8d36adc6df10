package history

import (
	"reflect"
	"testing"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/database"
)

func TestStoredRowsAreThoseOfTheDocument(t *testing.T) {
	f := testFacts(t)
	withProfile(t, f)
	sqp := []spapi.SQPRow{sqpRow("B000000001", "a", 400, 4, 2, 1, 0), sqpRow("B000000001", "b", 500, 9, 1), sqpRow("B000000002", "a", 400, 1)}
	replaceSQP(t, f, sqpSlice(now, "B000000001", "B000000002"), sqp...)
	scp := scpRowFor("B000000001", 700)
	replaceSCP(t, f, SCPSlice(sqpSlice(now)), scp)
	term := termRow(week, "a", 3)
	replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), term)
	campaign := ads.CampaignRow{Date: week, CampaignID: 7, Campaign: "One", Status: "ENABLED", Currency: "USD", Clicks: n(4), Cost: n(1_000_000)}
	replaceCampaigns(t, f, adSlice(ads.SPCampaigns, now), campaign)
	product := ads.ProductRow{
		Date: week, CampaignID: 7, AdGroupID: 8, AdID: 9, Campaign: "One", AdGroup: "Group", CampaignStatus: "ENABLED", ASIN: "B000000001", SKU: "S-1", Currency: "USD",
		Clicks: n(4), Cost: n(1_000_000), Orders7dSameSKU: n(1), Units14d: n(2),
	}
	_, err := f.ReplaceAdProducts(t.Context(), adSlice(ads.SPAdvertisedProduct, now), func(yield func(*ads.ProductRow) error) (ads.Summary, error) {
		return ads.Summary{}, rowsOf(product)(yield)
	})
	if err != nil {
		t.Fatal(err)
	}

	var gotSQP []spapi.SQPRow
	err = f.StoredSQP(t.Context(), seller, us, Week, week, func(r *spapi.SQPRow) error { gotSQP = append(gotSQP, *r); return nil })
	for i := range sqp {
		sqp[i].Start, sqp[i].End = week, week+6
	}
	if err != nil || !reflect.DeepEqual(gotSQP, sqp) {
		t.Errorf("SQP %+v, %v\nwant %+v", gotSQP, err, sqp)
	}
	var gotSCP []spapi.SCPRow
	err = f.StoredSCP(t.Context(), seller, us, Week, week, func(r *spapi.SCPRow) error { gotSCP = append(gotSCP, *r); return nil })
	scp.Start, scp.End = week, week+6
	if err != nil || !reflect.DeepEqual(gotSCP, []spapi.SCPRow{scp}) {
		t.Errorf("SCP %+v, %v\nwant %+v", gotSCP, err, scp)
	}
	var gotTerms []ads.TermRow
	err = f.StoredAdTerms(t.Context(), profileID, ads.SPSearchTerm, week, week+6, func(r *ads.TermRow) error { gotTerms = append(gotTerms, *r); return nil })
	if err != nil || !reflect.DeepEqual(gotTerms, []ads.TermRow{term}) {
		t.Errorf("terms %+v, %v\nwant %+v", gotTerms, err, term)
	}
	var gotCampaigns []ads.CampaignRow
	err = f.StoredCampaigns(t.Context(), profileID, ads.SPCampaigns, week, week+6, func(r *ads.CampaignRow) error { gotCampaigns = append(gotCampaigns, *r); return nil })
	if err != nil || !reflect.DeepEqual(gotCampaigns, []ads.CampaignRow{campaign}) {
		t.Errorf("campaigns %+v, %v\nwant %+v", gotCampaigns, err, campaign)
	}
	var gotProducts []ads.ProductRow
	err = f.StoredAdProducts(t.Context(), profileID, ads.SPAdvertisedProduct, week, week+6, func(r *ads.ProductRow) error { gotProducts = append(gotProducts, *r); return nil })
	if err != nil || !reflect.DeepEqual(gotProducts, []ads.ProductRow{product}) {
		t.Errorf("products %+v, %v\nwant %+v", gotProducts, err, product)
	}
}

func TestHalfASliceIsAFault(t *testing.T) {
	for _, damage := range []string{
		"", // a sound file has none
		"DELETE FROM sqp_own WHERE term = (SELECT min(term) FROM sqp_own)",
		"DELETE FROM sqp_cells",
		"UPDATE sqp_cells SET state = 'empty'",
		"DELETE FROM sqp_market",
		"UPDATE sqp_cells SET quarantined = 0",
		"DELETE FROM quarantine",
		"DELETE FROM periods",
		"DELETE FROM terms",
		"DELETE FROM ad_terms WHERE term = (SELECT min(term) FROM ad_terms)",
		"UPDATE ad_terms SET cost = cost + 1",
		"DELETE FROM ad_days",
		"DELETE FROM ad_groups",
		"UPDATE ad_days SET report = 99",
	} {
		f := testFacts(t)
		withProfile(t, f)
		replaceSQP(t, f, sqpSlice(now, "B000000001", "B000000002"), sqpRow("B000000001", "a", 400, 4), sqpRow("B000000001", "b", 500, 9), sqpRow("B000000002", "jane.doe@example.com", 100, 1))
		replaceSCP(t, f, SCPSlice(sqpSlice(now)), scpRowFor("B000000001", 700))
		replaceTerms(t, f, adSlice(ads.SPSearchTerm, now), termRow(week, "a", 3), termRow(week, "b", 2))
		if err := f.write(t.Context(), func(c *database.Conn) error { return c.Script(damage) }); err != nil {
			t.Fatal(err)
		}
		list, err := f.Faults(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if (len(list) > 0) != (damage != "") {
			t.Errorf("after %q: %v", damage, list)
		}
	}
}
