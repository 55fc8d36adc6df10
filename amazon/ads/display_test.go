package ads

import (
	"strings"
	"testing"

	"halotrack.ai/halotrack/internal/clock"
)

// adsapi.md trap 21: sponsored display has the columns without a suffix, which
// count 14 days after a click or view.
func TestSponsoredDisplayCampaignsAreRead(t *testing.T) {
	spec := ReportSpec{Profile: 1, Type: SDCampaigns, From: clock.Date(2026, 10, 1), To: clock.Date(2026, 10, 2)}
	const text = `[{"date":"2026-10-02","campaignId":7,"campaignName":"n","campaignStatus":"ENABLED","campaignBudgetCurrencyCode":"EUR",
		"impressions":900,"clicks":3,"cost":1.25,"costType":"vCPM","purchases":2,"sales":40.5,"purchases7d":9}]`
	var got []CampaignRow
	sum, err := DecodeCampaigns(strings.NewReader(text), spec, func(r *CampaignRow) error { got = append(got, *r); return nil })
	if err != nil || sum.Rows != 1 {
		t.Fatalf("%+v, %v", sum, err)
	}
	r := got[0]
	if r.Cost.V != 1_250_000 || r.Orders14d.V != 2 || r.Sales14d.V != 40_500_000 || r.Orders7d.Valid || r.Sales7d.Valid {
		t.Errorf("row %+v", r)
	}
	if p := SDCampaigns.Product(); p != SponsoredDisplay || SDCampaigns.Grain() != ByCampaign {
		t.Errorf("product %q", p)
	}
}
