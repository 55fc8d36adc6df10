package sim

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
)

// application is the one app that is registered at Amazon.
type application struct{ id, secret string }

// grant is what a refresh token stands for.
type grant struct {
	account *account
	api     string             // ListenerSPAPI or ListenerAds; empty: good for both
	region  marketplace.Region // the only one it is good for at the SP-API; the Ads API takes it in all
	revoked bool

	consented bool // through the consent page: viewer says what the user may
	viewer    bool
}

type accessToken struct {
	*grant
	expires time.Time
	dead    bool // revoked although its grant is not
}

const tokenLifetime = time.Hour

// seller is one seller account in one region.
type seller struct {
	id      string
	account *account
	region  marketplace.Region
	next    uint64 // report number
	busy    map[string]time.Time
	reports []*spReport
	same    map[string]*spReport // the last of each identity
	day     clock.Day            // of today's count
	today   int                  // query reports accepted
}

func (s *Sim) register() {
	seed := uint64(s.cfg.Seed)
	s.app = application{
		id:     fmt.Sprintf("amzn1.application-oa2-client.%016x%016x", mix(seed, 30), mix(seed, 31)),
		secret: fmt.Sprintf("amzn1.oa2-cs.v1.%016x%016x%016x", mix(seed, 32), mix(seed, 33), mix(seed, 34)),
	}
	for _, a := range s.world.accounts {
		s.grants[adsToken(a)] = &grant{account: a, api: ListenerAds}
		for _, r := range a.regions() {
			s.grants[sellerToken(a, r)] = &grant{account: a, api: ListenerSPAPI, region: r}
			s.grants[jointToken(a, r)] = &grant{account: a, region: r}
			id := sellerID(a, r)
			s.sellers[id] = &seller{id: id, account: a, region: r, next: firstReport - 1, busy: map[string]time.Time{}, same: map[string]*spReport{}}
		}
	}
}

func (a *account) regions() (out []marketplace.Region) {
	for _, r := range marketplace.Regions {
		for _, id := range a.order {
			if a.markets[id].place.Region == r && !slices.Contains(out, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// refreshTokenOf returns the refresh token that a token request shows.
func refreshTokenOf(r *request) string {
	form, err := url.ParseQuery(string(r.body))
	if err != nil {
		return ""
	}
	return form.Get("refresh_token")
}

func sellerID(a *account, r marketplace.Region) string {
	return "A" + asinFrom(mix(a.seed, 35, hashString(string(r))))[1:] + asinFrom(mix(a.seed, 36, hashString(string(r))))[5:]
}

func refreshToken(h ...uint64) string {
	return fmt.Sprintf("Atzr|IwEB%016x%016x%016x", mix(append(h, 37)...), mix(append(h, 38)...), mix(append(h, 39)...))
}

func sellerToken(a *account, r marketplace.Region) string {
	return refreshToken(a.seed, hashString(string(r)))
}

func adsToken(a *account) string { return refreshToken(a.seed, 40) }

func jointToken(a *account, r marketplace.Region) string {
	return refreshToken(a.seed, hashString(string(r)), 45)
}

// Connections returns what a client needs for each account and region.
func (s *Sim) Connections() (out []Connection) {
	for _, a := range s.world.accounts {
		for _, r := range a.regions() {
			out = append(out, Connection{
				Account: a.spec.Name, Region: r, SellerID: sellerID(a, r),
				RefreshToken: sellerToken(a, r), AdsRefreshToken: adsToken(a), JointRefreshToken: jointToken(a, r),
				ClientID: s.app.id, ClientSecret: s.app.secret,
			})
		}
	}
	return out
}

// RevokeToken makes a refresh token invalid, as when the seller withdrew
// access; its access tokens end at once.
func (s *Sim) RevokeToken(refreshToken string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.grants[refreshToken]; g != nil {
		g.revoked = true
	}
}

func (s *Sim) serveLWA(w http.ResponseWriter, r *request) {
	fail := func(status int, code, text string) {
		writeJSON(w, status, map[string]string{"error": code, "error_description": text, "request_id": s.requestID()})
	}
	if r.op == OpUnknown {
		fail(http.StatusNotFound, "invalid_request", "The request is not supported at this address")
		return
	}
	if s.isThrottled(r.op, s.clock.Now()) {
		fail(http.StatusTooManyRequests, "slow_down", "Too many requests")
		return
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		fail(http.StatusBadRequest, "invalid_request", "Content-Type must be application/x-www-form-urlencoded")
		return
	}
	form, err := url.ParseQuery(string(r.body))
	if err != nil || r.URL.RawQuery != "" {
		fail(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter, includes an invalid parameter value or is otherwise malformed")
		return
	}
	for _, name := range []string{"grant_type", "client_id", "client_secret"} {
		if form.Get(name) == "" {
			fail(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter : "+name)
			return
		}
	}
	if form.Get("client_id") != s.app.id || form.Get("client_secret") != s.app.secret {
		fail(http.StatusUnauthorized, "invalid_client", "Client authentication failed")
		return
	}
	switch form.Get("grant_type") {
	case "refresh_token":
		s.refresh(w, form.Get("refresh_token"), fail)
	case "authorization_code":
		s.exchange(w, form, fail)
	default:
		fail(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server")
	}
}

func (s *Sim) refresh(w http.ResponseWriter, token string, fail func(int, string, string)) {
	if token == "" {
		fail(http.StatusBadRequest, "invalid_request", "The request is missing a required parameter : refresh_token")
		return
	}
	now := s.clock.Now()
	s.mu.Lock()
	g := s.grants[token]
	if g == nil || g.revoked {
		s.mu.Unlock()
		fail(http.StatusBadRequest, "invalid_grant", "The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission.")
		return
	}
	s.issued++
	h := mix(uint64(s.cfg.Seed), 41, s.issued)
	access := fmt.Sprintf("Atza|IQEB%016x%016x%016x", h, mix(h, 1), mix(h, 2))
	for k, t := range s.tokens {
		if now.After(t.expires.Add(tokenLifetime)) {
			delete(s.tokens, k)
		}
	}
	s.tokens[access] = accessToken{grant: g, expires: now.Add(tokenLifetime)}
	s.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, map[string]any{"access_token": access, "refresh_token": token, "token_type": "bearer", "expires_in": int(tokenLifetime / time.Second)})
}

// opens reports whether the grant is good for the API in the region.
func (g *grant) opens(api string, region marketplace.Region) bool {
	return (g.api == "" || g.api == api) && (api == ListenerAds || g.region == region)
}

// tokenState says what is wrong with an access token; empty: nothing.
func (s *Sim) tokenState(token, api string, region marketplace.Region, now time.Time) (*grant, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, known := s.tokens[token]
	switch {
	case token == "":
		return nil, "missing"
	case !known || t.revoked || t.dead || !t.opens(api, region) || !strings.HasPrefix(token, "Atza|"):
		return nil, "invalid"
	case !now.Before(t.expires):
		return nil, "expired"
	}
	return t.grant, ""
}
