package session

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/pocketbase/pocketbase/core"
	"golang.org/x/oauth2"
)

// Provider is where people may sign in besides here, by OpenID Connect. With an
// empty Issuer there is none.
type Provider struct {
	Issuer, ClientID, ClientSecret string
	Name                           string // shown to people
	HTTP                           *http.Client
}

const (
	callbackPath = prefix + "/session/provider/callback"
	awayLife     = 10 * time.Minute // how long signing in elsewhere may take
)

// elsewhere signs people in at the provider. The provider is asked for its
// addresses when somebody first needs them: it may be down when we start.
type elsewhere struct {
	mu       sync.Mutex
	provider *oidc.Provider
}

// found returns the provider's addresses and keys.
func (s *Sessions) found(ctx context.Context) (*oidc.Provider, error) {
	s.elsewhere.mu.Lock()
	defer s.elsewhere.mu.Unlock()
	if s.elsewhere.provider == nil {
		// Its keys are fetched anew long after this request.
		provider, err := oidc.NewProvider(s.away(context.WithoutCancel(ctx)), s.cfg.Provider.Issuer)
		if err != nil {
			return nil, fmt.Errorf("find the sign-in provider: %w", err)
		}
		s.elsewhere.provider = provider
	}
	return s.elsewhere.provider, nil
}

func (s *Sessions) away(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, s.cfg.Provider.HTTP)
}

// client asks for nothing but who the person is, and for their address only
// where an invitation to it is to be accepted.
func (s *Sessions) client(p *oidc.Provider, kind string) *oauth2.Config {
	scopes := []string{oidc.ScopeOpenID}
	if kind == tripJoin {
		scopes = append(scopes, "email")
	}
	return &oauth2.Config{
		ClientID: s.cfg.Provider.ClientID, ClientSecret: s.cfg.Provider.ClientSecret,
		Endpoint: p.Endpoint(), RedirectURL: s.cfg.URL + callbackPath, Scopes: scopes,
	}
}

// trip is one way to the provider and back. It is kept in the browser that began
// it alone: the state, the nonce and the verifier are derived from the cookie's
// secret, so that no other browser can end it and no answer fits another.
type trip struct {
	kind    string
	began   time.Time
	secret  string
	carried string // what joining needs on the way back
}

// What people are on a trip for.
const (
	tripIn   = "in"
	tripLink = "link" // an identity is to be linked to the person who is signed in
	tripJoin = "join" // somebody new accepts an invitation
)

func (t trip) String() string {
	return t.kind + "." + strconv.FormatInt(t.began.Unix(), 10) + "." + t.secret + "." + base64.RawURLEncoding.EncodeToString([]byte(t.carried))
}

var errTrip = errors.New("the way to the provider did not begin in this browser, or took too long")

func readTrip(text string, now time.Time) (t trip, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 4 || parts[0] != tripIn && parts[0] != tripLink && parts[0] != tripJoin || len(parts[2]) != 43 {
		return t, errTrip
	}
	carried, err := base64.RawURLEncoding.DecodeString(parts[3])
	if err != nil {
		return t, errTrip
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return t, errTrip
	}
	t = trip{parts[0], time.Unix(seconds, 0), parts[2], string(carried)}
	if age := now.Sub(t.began); age < -time.Second || age >= awayLife {
		return t, errTrip
	}
	return t, nil
}

// derive returns one of the trip's values. session binds a link to the session
// that asked for it.
func (t trip) derive(use, session string) string {
	h := hmac.New(sha256.New, []byte(t.secret))
	fmt.Fprintf(h, "%s\n%s\n%d\n%s\n%s", use, t.kind, t.began.Unix(), session, t.carried)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// cookieName names the cookie of a trip.
func (p Provider) cookieName(secure bool) string {
	if secure {
		return "__Host-signin"
	}
	return "signin"
}

func (s *Sessions) setTrip(e *core.RequestEvent, value string, maxAge int) {
	e.SetCookie(&http.Cookie{
		Name: s.cfg.Provider.cookieName(s.cfg.Secure), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.cfg.Secure, SameSite: http.SameSiteLaxMode, // Lax: the way back is a navigation from another site
	})
}

// depart begins a trip, of which kind and what is carried are given, and returns
// the provider's address.
func (s *Sessions) depart(e *core.RequestEvent, t trip, session string) (string, error) {
	provider, err := s.found(e.Request.Context())
	if err != nil {
		return "", err
	}
	t.secret, _ = newSecret()
	t.began = s.now().Truncate(time.Second)
	s.setTrip(e, t.String(), int(awayLife/time.Second))
	return s.client(provider, t.kind).AuthCodeURL(t.derive("state", session), oidc.Nonce(t.derive("nonce", session)),
		oauth2.S256ChallengeOption(t.derive("verifier", session))), nil
}

// vouched is whom the provider vouches for.
type vouched struct {
	subject string
	email   string // verified; empty: none
}

// arrive ends a trip: it returns whom the provider vouches for.
func (s *Sessions) arrive(e *core.RequestEvent, t trip, session string) (who vouched, err error) {
	query := e.Request.URL.Query()
	if !hmac.Equal([]byte(query.Get("state")), []byte(t.derive("state", session))) {
		return who, errTrip
	}
	if query.Get("error") != "" || query.Get("code") == "" {
		return who, errors.New("the provider did not sign the person in")
	}
	ctx := s.away(e.Request.Context())
	provider, err := s.found(ctx)
	if err != nil {
		return who, err
	}
	token, err := s.client(provider, t.kind).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(t.derive("verifier", session)))
	if err != nil {
		return who, errors.New("the provider did not take its code") // its answer may hold secrets
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := provider.Verifier(&oidc.Config{ClientID: s.cfg.Provider.ClientID, Now: s.cfg.Clock.Now}).Verify(ctx, raw)
	if err != nil {
		return who, fmt.Errorf("check the provider's word: %w", err)
	}
	if !hmac.Equal([]byte(verified.Nonce), []byte(t.derive("nonce", session))) || verified.Subject == "" {
		return who, errors.New("the provider's word is of another sign-in")
	}
	var claims struct {
		Email    string `json:"email"`
		Verified any    `json:"email_verified"` // some providers send it as text
	}
	if err := verified.Claims(&claims); err != nil {
		return who, fmt.Errorf("read the provider's word: %w", err)
	}
	who.subject = verified.Subject
	if claims.Verified == true || claims.Verified == "true" {
		who.email = claims.Email
	}
	return who, nil
}
