package sim

import (
	"net/url"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
)

func TestTokenHost(t *testing.T) {
	r := start(t, Config{})
	good := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {r.conn.RefreshToken}, "client_id": {r.conn.ClientID}, "client_secret": {r.conn.ClientSecret}}
	for _, c := range []struct {
		name   string
		change func(url.Values)
		media  string
		status int
		code   string
	}{
		{"good", nil, "", 200, ""},
		{"json", nil, "application/json", 400, "invalid_request"},
		{"wrong secret", func(v url.Values) { v.Set("client_secret", "x") }, "", 401, "invalid_client"},
		{"wrong client", func(v url.Values) { v.Set("client_id", "x") }, "", 401, "invalid_client"},
		{"no token", func(v url.Values) { v.Del("refresh_token") }, "", 400, "invalid_request"},
		{"unknown token", func(v url.Values) { v.Set("refresh_token", "Atzr|x") }, "", 400, "invalid_grant"},
		{"no grant", func(v url.Values) { v.Del("grant_type") }, "", 400, "invalid_request"},
		{"other grant", func(v url.Values) { v.Set("grant_type", "password") }, "", 400, "unsupported_grant_type"},
		{"code", func(v url.Values) { v.Set("grant_type", "authorization_code"); v.Set("code", "ANx") }, "", 400, "invalid_grant"},
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		if c.change != nil {
			c.change(form)
		}
		media := "application/x-www-form-urlencoded"
		if c.media != "" {
			media = c.media
		}
		for _, region := range marketplace.Regions { // tokens are global across the hosts
			a := r.do("POST", r.Endpoints().LWA[region]+"/auth/o2/token", map[string]string{"Content-Type": media}, form.Encode())
			m := a.json(t)
			if a.status != c.status || c.code != "" && m["error"] != c.code {
				t.Errorf("%s: %d %s", c.name, a.status, a.body)
			}
			if c.status == 200 && (m["token_type"] != "bearer" || m["expires_in"] != 3600.0 || m["refresh_token"] != r.conn.RefreshToken) {
				t.Errorf("%s: %s", c.name, a.body)
			}
		}
	}
	if a := r.do("GET", r.Endpoints().LWA["na"]+"/auth/o2/token", nil, ""); a.status != 404 {
		t.Errorf("GET: %d", a.status)
	}
}

func TestAccessTokensEnd(t *testing.T) {
	r := start(t, Config{})
	path := "/sellers/v1/marketplaceParticipations"
	detail := func(a answer) any {
		errs, _ := a.json(t)["errors"].([]any)
		first, _ := errs[0].(map[string]any)
		return first["details"]
	}
	if a := r.sp("GET", path, ""); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if a := r.sp("GET", path, "", "x-amz-access-token", ""); a.status != 403 || detail(a) != "Access token is missing in the request header." {
		t.Errorf("no token: %d %s", a.status, a.body)
	}
	if a := r.sp("GET", path, "", "x-amz-access-token", r.token(r.conn.AdsRefreshToken)); a.status != 403 || detail(a) != "The access token you provided is revoked, malformed or invalid." {
		t.Errorf("token of the other API: %d %s", a.status, a.body)
	}
	a := r.do("GET", r.Endpoints().SPAPI[marketplace.Europe]+path, map[string]string{"x-amz-access-token": r.token(r.conn.RefreshToken), "User-Agent": goodAgent}, "")
	if a.status != 403 { // spapi.md trap 60
		t.Errorf("token of another region: %d %s", a.status, a.body)
	}
	joint := r.token(r.conn.JointRefreshToken)
	if a := r.sp("GET", path, "", "x-amz-access-token", joint); a.status != 200 {
		t.Errorf("joint token at the SP-API: %d %s", a.status, a.body)
	}
	ads := map[string]string{"Authorization": "Bearer " + joint, "Amazon-Advertising-API-ClientId": r.conn.ClientID, "Accept": "application/json"}
	if a := r.do("GET", r.Endpoints().Ads[marketplace.NorthAmerica]+"/v2/profiles", ads, ""); a.status != 200 {
		t.Errorf("joint token at the Ads API: %d %s", a.status, a.body)
	}
	r.clock.Advance(time.Hour)
	if a := r.sp("GET", path, ""); a.status != 403 || detail(a) != "The access token you provided has expired." {
		t.Errorf("expired: %d %s", a.status, a.body)
	}
	delete(r.tokens, r.conn.RefreshToken)
	r.token(r.conn.RefreshToken)
	r.RevokeToken(r.conn.RefreshToken)
	if a := r.sp("GET", path, ""); a.status != 403 {
		t.Errorf("revoked: %d %s", a.status, a.body)
	}
	if a := r.grant(r.conn.RefreshToken, "eu"); a.status != 400 || a.json(t)["error"] != "invalid_grant" {
		t.Errorf("revoked refresh token: %d %s", a.status, a.body)
	}
}
