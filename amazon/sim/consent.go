package sim

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Consent paths, at the Selling Partner API's and the Ads API's addresses of a
// region; the latter also at the token host's.
const (
	SellerConsentPath = "/apps/authorize/consent"
	AdsConsentPath    = "/ap/oa"
)

const (
	codeLifetime = 5 * time.Minute
	adsScope     = "advertising::campaign_management"
	adsScopeOld  = "cpc_advertising:campaign_management"
)

// Choice is what a person chooses on a consent page.
type Choice struct {
	Account string // empty: the first that is offered
	Editor  bool   // Ads API: consent as a user who may edit; else as a Viewer
	Cancel  bool
}

// ConsentURLs returns the addresses of the consent pages by region, without
// query.
func (s *Sim) ConsentURLs() (sellerCentral, ads map[marketplace.Region]string) {
	e := s.Endpoints()
	sellerCentral, ads = map[marketplace.Region]string{}, map[marketplace.Region]string{}
	for r, base := range e.SPAPI {
		sellerCentral[r] = base + SellerConsentPath
	}
	for r, base := range e.Ads {
		ads[r] = base + AdsConsentPath
	}
	return sellerCentral, ads
}

// ApplicationID is the Selling Partner app's id, application_id of a consent
// (HALOTRACK_SPAPI_APP_ID).
func (s *Sim) ApplicationID() string {
	return "amzn1.sellerapps.app." + uuidFrom(mix(uint64(s.cfg.Seed), 35))
}

// authCode is an authorization code and what it can be exchanged for.
type authCode struct {
	grant     grant
	redirect  string
	named     bool // redirect_uri stood in the consent's address
	challenge string
	expires   time.Time
	used      bool
}

// consent is a consent page's address, checked.
type consent struct {
	ads       bool
	region    marketplace.Region
	redirect  string
	named     bool
	state     string
	challenge string
}

// refusal is an error page.
type refusal struct{ code, text string }

func (s *Sim) readConsent(r *request) (*consent, *refusal) {
	q := r.URL.Query()
	c := &consent{ads: r.op == OpAdsConsent, region: r.region, redirect: q.Get("redirect_uri"), state: q.Get("state")}
	c.named = c.redirect != ""
	if !c.ads {
		switch {
		case q.Get("application_id") != s.ApplicationID():
			return nil, &refusal{"", "The application could not be found. Check application_id."}
		case s.cfg.DraftApp && q.Get("version") != "beta":
			return nil, &refusal{"MD1000", "The application is in draft and not available for authorization."}
		}
		if !c.named && len(s.cfg.RedirectURIs) > 0 {
			c.redirect = s.cfg.RedirectURIs[0]
		}
		if !s.redirects(c.redirect) {
			return nil, &refusal{"MD5101", "The redirect URI is not registered for this application."}
		}
		return c, nil
	}
	c.challenge = q.Get("code_challenge")
	switch {
	case q.Get("client_id") != s.app.id:
		return nil, &refusal{"", "An unknown client was specified."}
	case !s.redirects(c.redirect):
		return nil, &refusal{"", "The redirect URI you provided has not been whitelisted for your application."}
	case q.Get("response_type") != "code":
		return nil, &refusal{"", "An invalid response type was specified."}
	case q.Get("scope") != adsScope && q.Get("scope") != adsScopeOld:
		return nil, &refusal{"", "An unknown scope was requested."}
	case (c.challenge != "") != (q.Get("code_challenge_method") == "S256") || c.challenge != "" && len(c.challenge) != 43:
		return nil, &refusal{"", "code_challenge must be a S256 challenge with code_challenge_method=S256."}
	}
	return c, nil
}

// redirects reports whether the address is registered.
func (s *Sim) redirects(to string) bool {
	if s.cfg.RedirectURIs != nil {
		return slices.Contains(s.cfg.RedirectURIs, to)
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// offered are the accounts that a person can choose: those that sell in the
// region, or all with ads, since an Ads grant is good everywhere.
func (s *Sim) offered(c *consent) (out []*account) {
	for _, a := range s.world.accounts {
		if c.ads || slices.Contains(a.regions(), c.region) {
			out = append(out, a)
		}
	}
	return out
}

var consentPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;padding:0 1rem}label{display:block}fieldset{margin:1rem 0}button{font:inherit;padding:.4rem 1rem;margin-right:.5rem}</style>
<h1>{{.Title}}</h1>
{{with .Refusal}}<p role="alert">{{with $.Code}}<strong>{{.}}</strong> {{end}}{{.}}</p>{{else}}
<p>This is the simulator's page; it stands where Amazon's would. The app asks for access to {{.What}}.</p>
<form method="post">
<fieldset><legend>Account</legend>
{{range $i, $a := .Accounts}}<label><input type="radio" name="account" value="{{$a}}"{{if not $i}} checked{{end}}> {{$a}}</label>
{{end}}</fieldset>
{{if .Ads}}<fieldset><legend>You are signed in as</legend>
<label><input type="radio" name="user" value="viewer" checked> a Viewer</label>
<label><input type="radio" name="user" value="editor"> an Editor</label></fieldset>
{{end}}<button name="decision" value="authorise">Authorise</button><button name="decision" value="cancel">Cancel</button>
</form>{{end}}
</html>
`))

func (s *Sim) serveConsent(w http.ResponseWriter, r *request) {
	c, no := s.readConsent(r)
	page := struct {
		Title, Code, Refusal, What string
		Accounts                   []string
		Ads                        bool
	}{Title: "Authorise an application", Ads: r.op == OpAdsConsent, What: "your selling account's reports"}
	if page.Ads {
		page.What = "your advertising account"
	}
	status := http.StatusOK
	var accounts []*account
	if no == nil {
		if accounts = s.offered(c); accounts == nil {
			no = &refusal{"", "There is no selling account in this region."}
		}
	}
	for _, a := range accounts {
		page.Accounts = append(page.Accounts, a.spec.Name)
	}
	if no != nil {
		status, page.Code, page.Refusal = http.StatusBadRequest, no.code, no.text
	} else if r.Method == http.MethodPost {
		form, err := url.ParseQuery(string(r.body))
		i := slices.Index(page.Accounts, form.Get("account"))
		decision, user := form.Get("decision"), form.Get("user")
		if err == nil && i >= 0 && (decision == "authorise" || decision == "cancel") && (!c.ads || user == "viewer" || user == "editor") {
			w.Header().Set("Location", s.decide(c, accounts[i], decision == "authorise", user == "editor"))
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusFound)
			return
		}
		status, page.Refusal = http.StatusBadRequest, "The form is not complete."
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = consentPage.Execute(w, page) // an error means that the client has gone
}

// decide makes the code and returns where the browser is sent.
func (s *Sim) decide(c *consent, a *account, yes, editor bool) string {
	u, err := url.Parse(c.redirect)
	if err != nil { // it was parsed before it was registered
		return c.redirect
	}
	q := u.Query()
	if c.state != "" {
		q.Set("state", c.state)
	}
	switch {
	case !yes:
		q.Set("error", "access_denied")
		q.Set("error_description", "Access not permitted.")
	case c.ads:
		q.Set("code", s.newCode(c, grant{account: a, api: ListenerAds, consented: true, viewer: !editor}))
		q.Set("scope", adsScope)
	default:
		q.Set("selling_partner_id", sellerID(a, c.region))
		q.Set("mws_auth_token", "amzn.mws."+uuidFrom(mix(a.seed, hashString(string(c.region)), 46)))
		q.Set("spapi_oauth_code", s.newCode(c, grant{account: a, api: ListenerSPAPI, region: c.region}))
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func (s *Sim) newCode(c *consent, g grant) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued++
	h := mix(uint64(s.cfg.Seed), 47, s.issued)
	code := fmt.Sprintf("AN%016x%02x", h, uint8(mix(h, 1)))
	s.codes[code] = &authCode{grant: g, redirect: c.redirect, named: c.named, challenge: c.challenge, expires: s.clock.Now().Add(codeLifetime)}
	return code
}

// exchange answers the authorization_code grant.
func (s *Sim) exchange(w http.ResponseWriter, form url.Values, fail func(int, string, string)) {
	invalid := func(name string) {
		fail(http.StatusBadRequest, "invalid_grant", "The request has an invalid grant parameter : "+name)
	}
	if form.Get("code") == "" {
		fail(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter : code")
		return
	}
	now := s.clock.Now()
	s.mu.Lock()
	c := s.codes[form.Get("code")]
	live := c != nil && !c.used && now.Before(c.expires)
	if live {
		c.used = true // also if what follows is wrong
	}
	s.mu.Unlock()
	if !live {
		invalid("code")
		return
	}
	to, sent := form.Get("redirect_uri"), form.Has("redirect_uri")
	if c.named && !sent {
		fail(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter : redirect_uri")
		return
	}
	if sent && to != c.redirect {
		invalid("redirect_uri")
		return
	}
	verifier := form.Get("code_verifier")
	sum := sha256.Sum256([]byte(verifier))
	if c.challenge == "" && verifier != "" || c.challenge != "" && base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge {
		invalid("code_verifier")
		return
	}
	s.mu.Lock()
	s.issued++
	h := mix(uint64(s.cfg.Seed), 48, s.issued)
	refresh := fmt.Sprintf("Atzr|IwEB%016x%016x%016x", h, mix(h, 1), mix(h, 2))
	g := c.grant
	s.grants[refresh] = &g // those before it stay valid
	s.mu.Unlock()
	s.refresh(w, refresh, fail)
}

// Consent clicks through the consent page at address as a browser would and
// returns where the browser is sent back to, unvisited.
func (s *Sim) Consent(ctx context.Context, address string, c Choice) (callback string, err error) {
	kind, name, region := "", "", marketplace.Region("")
	for _, k := range []string{ListenerSPAPI, ListenerAds, ListenerLWA} {
		for _, r := range marketplace.Regions {
			if n := k + "-" + string(r); strings.HasPrefix(address, s.urls[n]+"/") {
				kind, name, region = k, n, r
			}
		}
	}
	if kind == "" {
		return "", fmt.Errorf("open the consent page: the address is not the simulator's")
	}
	handler := s.handler(kind, name, region)
	visit := func(method, body string) (*bufferWriter, error) {
		req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
		if err != nil {
			return nil, fmt.Errorf("open the consent page: %w", err)
		}
		w := &bufferWriter{header: http.Header{}, status: http.StatusOK}
		handler.ServeHTTP(w, req)
		return w, nil
	}
	w, err := visit(http.MethodGet, "")
	if err != nil {
		return "", err
	}
	if w.status != http.StatusOK {
		return "", fmt.Errorf("the consent page answered %d: %s", w.status, w.String())
	}
	form := url.Values{"account": {c.Account}, "decision": {"authorise"}, "user": {"viewer"}}
	if c.Account == "" {
		for _, a := range s.offered(&consent{ads: kind != ListenerSPAPI, region: region}) {
			form.Set("account", a.spec.Name)
			break
		}
	}
	if c.Editor {
		form.Set("user", "editor")
	}
	if c.Cancel {
		form.Set("decision", "cancel")
	}
	if w, err = visit(http.MethodPost, form.Encode()); err != nil {
		return "", err
	}
	if w.status != http.StatusFound {
		return "", fmt.Errorf("the consent form answered %d: %s", w.status, w.String())
	}
	return w.header.Get("Location"), nil
}
