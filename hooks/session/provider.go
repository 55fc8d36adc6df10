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

// client asks for nothing but who the person is.
func (s *Sessions) client(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.cfg.Provider.ClientID, ClientSecret: s.cfg.Provider.ClientSecret,
		Endpoint: p.Endpoint(), RedirectURL: s.cfg.URL + callbackPath, Scopes: []string{oidc.ScopeOpenID},
	}
}

// trip is one way to the provider and back. It is kept in the browser that began
// it alone: the state, the nonce and the verifier are derived from the cookie's
// secret, so that no other browser can end it and no answer fits another.
type trip struct {
	link   bool // an identity is to be linked to the person who is signed in
	began  time.Time
	secret string
}

func (t trip) String() string {
	kind := "in"
	if t.link {
		kind = "link"
	}
	return kind + "." + strconv.FormatInt(t.began.Unix(), 10) + "." + t.secret
}

var errTrip = errors.New("the way to the provider did not begin in this browser, or took too long")

func readTrip(text string, now time.Time) (t trip, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[0] != "in" && parts[0] != "link" || len(parts[2]) != 43 {
		return t, errTrip
	}
	seconds, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return t, errTrip
	}
	t = trip{parts[0] == "link", time.Unix(seconds, 0), parts[2]}
	if age := now.Sub(t.began); age < -time.Second || age >= awayLife {
		return t, errTrip
	}
	return t, nil
}

// derive returns one of the trip's values. session binds a link to the session
// that asked for it.
func (t trip) derive(use, session string) string {
	h := hmac.New(sha256.New, []byte(t.secret))
	fmt.Fprintf(h, "%s\n%t\n%d\n%s", use, t.link, t.began.Unix(), session)
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

// depart begins a trip and returns the provider's address.
func (s *Sessions) depart(e *core.RequestEvent, link bool, session string) (string, error) {
	provider, err := s.found(e.Request.Context())
	if err != nil {
		return "", err
	}
	secret, _ := newSecret()
	t := trip{link, s.now().Truncate(time.Second), secret}
	s.setTrip(e, t.String(), int(awayLife/time.Second))
	return s.client(provider).AuthCodeURL(t.derive("state", session), oidc.Nonce(t.derive("nonce", session)),
		oauth2.S256ChallengeOption(t.derive("verifier", session))), nil
}

// arrive ends a trip: it returns whom the provider vouches for.
func (s *Sessions) arrive(e *core.RequestEvent, t trip, session string) (subject string, err error) {
	query := e.Request.URL.Query()
	if !hmac.Equal([]byte(query.Get("state")), []byte(t.derive("state", session))) {
		return "", errTrip
	}
	if query.Get("error") != "" || query.Get("code") == "" {
		return "", errors.New("the provider did not sign the person in")
	}
	ctx := s.away(e.Request.Context())
	provider, err := s.found(ctx)
	if err != nil {
		return "", err
	}
	token, err := s.client(provider).Exchange(ctx, query.Get("code"), oauth2.VerifierOption(t.derive("verifier", session)))
	if err != nil {
		return "", errors.New("the provider did not take its code") // its answer may hold secrets
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := provider.Verifier(&oidc.Config{ClientID: s.cfg.Provider.ClientID, Now: s.cfg.Clock.Now}).Verify(ctx, raw)
	if err != nil {
		return "", fmt.Errorf("check the provider's word: %w", err)
	}
	if !hmac.Equal([]byte(verified.Nonce), []byte(t.derive("nonce", session))) || verified.Subject == "" {
		return "", errors.New("the provider's word is of another sign-in")
	}
	return verified.Subject, nil
}
