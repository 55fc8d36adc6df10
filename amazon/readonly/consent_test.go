package readonly

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"halotrack.ai/halotrack/amazon/marketplace"
)

func TestConsentPages(t *testing.T) {
	simulated, err := Loopback(nil, map[marketplace.Region]string{"eu": "http://127.0.0.1:9003"}, map[marketplace.Region]string{"fe": "http://127.0.0.1:9005"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		e                     Endpoints
		country, seller, fors string
		region                marketplace.Region
		ads                   string
	}{
		{Production(), "US", "https://sellercentral.amazon.com/apps/authorize/consent", "", "na", "https://www.amazon.com/ap/oa"},
		{Production(), "UK", "https://sellercentral-europe.amazon.com/apps/authorize/consent", "", "eu", "https://eu.account.amazon.com/ap/oa"},
		{Production(), "JP", "https://sellercentral.amazon.co.jp/apps/authorize/consent", "", "fe", "https://apac.account.amazon.com/ap/oa"},
		{Production(), "IE", "", "nobody knows its Seller Central", "", ""},
		{simulated, "DE", "http://127.0.0.1:9003/apps/authorize/consent", "", "fe", "http://127.0.0.1:9005/ap/oa"},
		{simulated, "US", "", "a region that is not simulated is out of reach", "na", ""},
	} {
		m, _ := marketplace.ByCountry(c.country)
		if got := c.e.SellerConsent(m); got != c.seller {
			t.Errorf("%s: %q, want %q %s", c.country, got, c.seller, c.fors)
		}
		if got := c.e.AdsConsent(c.region); got != c.ads {
			t.Errorf("%s: %q, want %q", c.region, got, c.ads)
		}
	}
}

func TestCallsNameTheirConnection(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header) > 2 { // Accept-Encoding is not asked for; User-Agent is Go's
			t.Errorf("the connection went over the wire: %v", r.Header)
		}
	}))
	defer server.Close()
	e, err := Loopback(nil, nil, map[marketplace.Region]string{"na": server.URL})
	if err != nil {
		t.Fatal(err)
	}
	door, calls := New(e, nil), []Call(nil)
	door.OnCall(func(c Call) { calls = append(calls, c) })
	for _, client := range []*http.Client{door.Client(), door.ClientFor("c1")} {
		res, err := client.Do(newRequest(t, "GET", server.URL+"/v2/profiles", "", ""))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	if len(calls) != 2 || calls[0].Owner != "" || calls[1].Owner != "c1" || calls[1].Operation != "ads.listProfiles" || calls[1].Status != 200 {
		t.Errorf("%+v", calls)
	}
	if _, err := door.ClientFor("c1").Do(newRequest(t, "DELETE", server.URL+"/v2/profiles", "", "")); err == nil || len(calls) != 2 {
		t.Errorf("a refused request: %v, %d calls", err, len(calls))
	}
}
