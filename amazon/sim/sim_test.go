package sim

import (
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/marketplace"
)

func TestListensOnLoopbackOnly(t *testing.T) {
	if s, err := Start(t.Context(), Config{ASINs: 3, Terms: 200, Host: "0.0.0.0"}); err == nil {
		_ = s.Close()
		t.Fatal("started on every interface")
	}
}

func TestEachServiceAndRegionHasItsOwnListener(t *testing.T) {
	r := start(t, Config{})
	e := r.Endpoints()
	seen := map[string]bool{r.DocumentsURL(): true}
	for _, region := range marketplace.Regions {
		for _, u := range []string{e.LWA[region], e.SPAPI[region], e.Ads[region]} {
			if u == "" || seen[u] {
				t.Errorf("%q again", u)
			}
			seen[u] = true
		}
	}
}

func TestOneAccountInTwoRegions(t *testing.T) {
	r := start(t, Config{ASINs: 1, Terms: 200, Accounts: []AccountSpec{{Name: "A", Countries: []string{"US", "JP", "AU", "??"}}}})
	c := r.Connections()
	if len(c) != 2 || c[0].Region != "na" || c[1].Region != "fe" || c[0].SellerID == c[1].SellerID || c[0].RefreshToken == c[1].RefreshToken || c[0].AdsRefreshToken != c[1].AdsRefreshToken {
		t.Fatalf("%+v", c)
	}
	r.conn = c[1]
	if a := r.ads("GET", "/v2/profiles", 0, ""); strings.Count(string(a.body), `"profileId"`) != 2 || !strings.Contains(string(a.body), `"Asia/Tokyo"`) {
		t.Errorf("%s", a.body)
	}
	body := strings.Replace(sqpBody(r, "2026-11-15", "2026-11-21", r.World().Products("A")[0].ASIN), "ATVPDKIKX0DER", "A1VC38T7YXB528", 1)
	rep, text := r.finish(body)
	if rep["processingStatus"] != "DONE" || !strings.Contains(string(text), `"currencyCode":"JPY"`) || !strings.Contains(string(text), "水筒") {
		t.Errorf("%v %.300s", rep, text)
	}
}
