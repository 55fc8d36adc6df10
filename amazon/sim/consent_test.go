package sim

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
)

const callback = "http://127.0.0.1:8090/connect/callback"

// sellerConsent is the address of a seller's consent in North America.
func (r *rig) sellerConsent(change func(url.Values)) string {
	q := url.Values{"application_id": {r.ApplicationID()}, "state": {"s&1"}, "redirect_uri": {callback}}
	if change != nil {
		change(q)
	}
	pages, _ := r.ConsentURLs()
	return pages[marketplace.NorthAmerica] + "?" + q.Encode()
}

func (r *rig) adsConsent(change func(url.Values)) string {
	q := url.Values{"client_id": {r.conn.ClientID}, "scope": {adsScope}, "response_type": {"code"}, "state": {"s"}, "redirect_uri": {callback}}
	if change != nil {
		change(q)
	}
	_, pages := r.ConsentURLs()
	return pages[marketplace.NorthAmerica] + "?" + q.Encode()
}

// consent clicks on the page over HTTP and returns the callback's parameters.
func (r *rig) consent(address string, form url.Values) url.Values {
	r.Helper()
	page := r.do("GET", address, nil, "")
	if page.status != 200 || !strings.Contains(string(page.body), `name="decision" value="authorise"`) || !strings.Contains(string(page.body), `value="cancel"`) {
		r.Fatalf("%d %s", page.status, page.body)
	}
	a := r.do("POST", address, map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, form.Encode())
	to, err := url.Parse(a.header.Get("Location"))
	if a.status != 302 || err != nil || !strings.HasPrefix(to.String(), callback+"?") {
		r.Fatalf("%d %s %s", a.status, to, a.body)
	}
	return to.Query()
}

func (r *rig) exchangeCode(code string, more ...string) answer {
	r.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "client_id": {r.conn.ClientID}, "client_secret": {r.conn.ClientSecret}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
		if more[i+1] == "" {
			form.Del(more[i])
		}
	}
	return r.do("POST", r.Endpoints().LWA["eu"]+"/auth/o2/token", map[string]string{"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}, form.Encode())
}

// spapi.md trap 55
func TestSellerConsents(t *testing.T) {
	r := start(t, Config{})
	yes := url.Values{"account": {r.conn.Account}, "decision": {"authorise"}}
	back := r.consent(r.sellerConsent(nil), yes)
	if back.Get("state") != "s&1" || back.Get("selling_partner_id") != r.conn.SellerID || back.Get("mws_auth_token") == "" {
		t.Fatalf("%v", back)
	}
	code := back.Get("spapi_oauth_code")
	a := r.exchangeCode(code)
	refresh, _ := a.json(t)["refresh_token"].(string)
	if a.status != 200 || !strings.HasPrefix(refresh, "Atzr|") || refresh == r.conn.RefreshToken {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, token := range []string{refresh, r.conn.RefreshToken} { // the older stays valid
		if a := r.sp("GET", "/sellers/v1/marketplaceParticipations", "", "x-amz-access-token", r.token(token)); a.status != 200 {
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if a := r.exchangeCode(code); a.status != 400 || a.json(t)["error"] != "invalid_grant" {
		t.Errorf("used twice: %d %s", a.status, a.body)
	}
	for name, more := range map[string][]string{
		"other redirect": {"redirect_uri", callback + "/"}, "no redirect": {"redirect_uri", ""}, "a verifier": {"code_verifier", "x"},
	} {
		code := r.consent(r.sellerConsent(nil), yes).Get("spapi_oauth_code")
		if a := r.exchangeCode(code, more...); a.status != 400 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	code = r.consent(r.sellerConsent(nil), yes).Get("spapi_oauth_code")
	r.clock.Advance(5 * time.Minute)
	if a := r.exchangeCode(code); a.status != 400 || a.json(t)["error_description"] != "The request has an invalid grant parameter : code" {
		t.Errorf("after 5 minutes: %d %s", a.status, a.body)
	}
	if back := r.consent(r.sellerConsent(nil), url.Values{"account": {r.conn.Account}, "decision": {"cancel"}}); back.Get("error") != "access_denied" || back.Get("state") != "s&1" || back.Has("spapi_oauth_code") {
		t.Errorf("cancelled: %v", back)
	}
	if a := r.do("POST", r.sellerConsent(nil), nil, "decision=authorise&account=Nobody"); a.status != 400 {
		t.Errorf("no such account: %d", a.status)
	}
}

// spapi.md trap 58
func TestConsentPagesRefuse(t *testing.T) {
	r := start(t, Config{DraftApp: true, RedirectURIs: []string{callback}})
	beta := func(q url.Values) { q.Set("version", "beta") }
	for name, c := range map[string]struct{ address, want string }{
		"draft":            {r.sellerConsent(nil), "MD1000"},
		"redirect":         {r.sellerConsent(func(q url.Values) { beta(q); q.Set("redirect_uri", "http://127.0.0.1/other") }), "MD5101"},
		"application":      {r.sellerConsent(func(q url.Values) { beta(q); q.Set("application_id", "x") }), "application"},
		"ads client":       {r.adsConsent(func(q url.Values) { q.Set("client_id", "x") }), "client"},
		"ads redirect":     {r.adsConsent(func(q url.Values) { q.Del("redirect_uri") }), "redirect"},
		"ads scope":        {r.adsConsent(func(q url.Values) { q.Set("scope", "profile") }), "scope"},
		"ads type":         {r.adsConsent(func(q url.Values) { q.Set("response_type", "token") }), "response type"},
		"plain challenge":  {r.adsConsent(func(q url.Values) { q.Set("code_challenge", strings.Repeat("a", 43)) }), "S256"},
		"broken challenge": {r.adsConsent(func(q url.Values) { q.Set("code_challenge", "a"); q.Set("code_challenge_method", "S256") }), "S256"},
	} {
		for _, method := range []string{"GET", "POST"} {
			if a := r.do(method, c.address, nil, ""); a.status != 400 || !strings.Contains(string(a.body), c.want) || a.header.Get("Location") != "" {
				t.Errorf("%s: %d %s", name, a.status, a.body)
			}
		}
	}
	back := r.consent(r.sellerConsent(func(q url.Values) { beta(q); q.Del("redirect_uri") }), url.Values{"account": {r.conn.Account}, "decision": {"authorise"}})
	if a := r.exchangeCode(back.Get("spapi_oauth_code"), "redirect_uri", ""); a.status != 200 {
		t.Errorf("the registered redirect: %d %s", a.status, a.body)
	}
	open := start(t, Config{})
	if a := open.do("GET", open.sellerConsent(func(q url.Values) { q.Set("redirect_uri", "https://evil.example/") }), nil, ""); a.status != 400 {
		t.Errorf("redirects to the world: %d", a.status)
	}
}

func TestAdsConsentChecksPKCEAndTheUsersRole(t *testing.T) {
	r := start(t, Config{})
	verifier := strings.Repeat("v", 50)
	sum := sha256.Sum256([]byte(verifier))
	address := r.adsConsent(func(q url.Values) {
		q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]))
		q.Set("code_challenge_method", "S256")
	})
	form := url.Values{"account": {r.conn.Account}, "decision": {"authorise"}, "user": {"viewer"}}
	for name, more := range map[string][]string{"none": nil, "other": {"code_verifier", verifier + "x"}} {
		if a := r.exchangeCode(r.consent(address, form).Get("code"), more...); a.status != 400 || a.json(t)["error"] != "invalid_grant" {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for _, user := range []string{"viewer", "editor"} {
		form.Set("user", user)
		a := r.exchangeCode(r.consent(address, form).Get("code"), "code_verifier", verifier)
		r.conn.AdsRefreshToken, _ = a.json(t)["refresh_token"].(string)
		if a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		edit := strings.Contains(string(r.ads("GET", "/v2/profiles", 0, "").body), "profileId")
		view := strings.Contains(string(r.ads("GET", "/v2/profiles?accessLevel=view", 0, "").body), "profileId")
		if edit != (user == "editor") || !view {
			t.Errorf("%s: edit %v, view %v", user, edit, view)
		}
	}
	address = strings.Replace(address, r.Endpoints().Ads["na"], r.Endpoints().LWA["eu"], 1) // the page is at the token host too
	if back := r.consent(address, form); back.Get("code") == "" {
		t.Errorf("%v", back)
	}
}

func TestConsentClicksForTests(t *testing.T) {
	r := start(t, Config{})
	to, err := r.Consent(t.Context(), r.adsConsent(nil), Choice{Account: r.World().Accounts()[1], Editor: true})
	if err != nil || !strings.HasPrefix(to, callback+"?code=AN") {
		t.Fatalf("%s %v", to, err)
	}
	if to, err = r.Consent(t.Context(), r.sellerConsent(nil), Choice{Cancel: true}); err != nil || !strings.Contains(to, "access_denied") {
		t.Fatalf("%s %v", to, err)
	}
	for _, address := range []string{"http://127.0.0.1:1/ap/oa", r.adsConsent(func(q url.Values) { q.Del("scope") })} {
		if _, err := r.Consent(t.Context(), address, Choice{}); err == nil {
			t.Errorf("%s was good", address)
		}
	}
	if _, err := r.Consent(t.Context(), r.sellerConsent(nil), Choice{Account: r.World().Accounts()[1]}); err == nil {
		t.Error("an account without North America consented there")
	}
}
