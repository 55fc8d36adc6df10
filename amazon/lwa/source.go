// Package lwa is Login with Amazon: access tokens for one grant, kept fresh
// (spapi.md §5, adsapi.md §2.2).
package lwa

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"halotrack.ai/halotrack/internal/clock"
)

// Config says where a Source gets its tokens. HTTP, TokenURL, Credentials and
// Clock are required.
type Config struct {
	HTTP     *http.Client // readonly.Transport.Client
	TokenURL string       // readonly.Endpoints.TokenURL
	// Credentials opens the grant. It is called once per refresh, so that the
	// refresh token need not stay in memory.
	Credentials func(context.Context) (Credentials, error)
	Clock       clock.Clock
	// OnRotate stores a refresh token that replaces the present one, before
	// the access token that came with it is used. Nil: rotation is an error.
	OnRotate func(ctx context.Context, newRefresh string) error
}

const (
	// early is how long before its end a token is replaced.
	early = 5 * time.Minute
	// requestTimeout bounds one refresh, which outlives the caller who began it.
	requestTimeout = 60 * time.Second
	// clientPause is how long an application that was refused is not tried
	// again. It comes back without a word: a new secret may not be known
	// everywhere at once, and the configured credentials are the same.
	clientPause = 30 * time.Minute
)

// Source hands out access tokens of one grant. It is safe for concurrent use,
// and however many callers wait, one refresh is under way at a time.
type Source struct {
	cfg Config

	mu      sync.Mutex
	token   string
	until   time.Time // when token is to be replaced
	flight  *flight
	dead    error     // the terminal answer to the credentials with this sum
	deadSum [32]byte  // so that a revoked grant is asked for once, not for ever
	deadEnd time.Time // when they are tried again; zero: never
}

type flight struct {
	done  chan struct{}
	token string
	err   error
}

// NewSource returns a source; it asks for nothing before Token.
func NewSource(cfg Config) *Source { return &Source{cfg: cfg} }

// String keeps the token out of whatever is printed.
func (s *Source) String() string { return "lwa.Source" }

// GoString implements fmt.GoStringer.
func (s *Source) GoString() string { return s.String() }

// Token returns an access token that is good for some minutes yet. Its errors
// are ErrRevoked, which is final until the credentials change, ErrClient, which
// is not asked about again for half an hour, another *Error, or what prevented
// the question.
func (s *Source) Token(ctx context.Context) (string, error) {
	s.mu.Lock()
	if s.token != "" && s.cfg.Clock.Now().Before(s.until) {
		defer s.mu.Unlock()
		return s.token, nil
	}
	f := s.flight
	if f == nil {
		f = &flight{done: make(chan struct{})}
		s.flight = f
		// The refresh belongs to all who wait, not to the first of them.
		go s.refresh(context.WithoutCancel(ctx), f)
	}
	s.mu.Unlock()
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Invalidate forgets token after an API called it expired. A token that was
// replaced meanwhile stays.
func (s *Source) Invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token == token {
		s.token = ""
	}
}

// Forget drops the token that is kept: the next caller opens the credentials
// anew, and has none once they are destroyed.
func (s *Source) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

func (s *Source) refresh(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	token, until, err := s.grant(ctx)
	s.mu.Lock()
	if err == nil {
		s.token, s.until = token, until
	}
	f.token, f.err = token, err
	s.flight = nil
	s.mu.Unlock()
	close(f.done)
}

func (s *Source) grant(ctx context.Context) (string, time.Time, error) {
	fail := func(err error) (string, time.Time, error) { return "", time.Time{}, err }
	c, err := s.cfg.Credentials(ctx)
	if err != nil {
		return fail(fmt.Errorf("open the credentials: %w", err))
	}
	sum := sha256.Sum256([]byte(c.ClientID + "\x00" + c.ClientSecret + "\x00" + c.RefreshToken))
	s.mu.Lock()
	dead := s.dead
	if sum != s.deadSum || !s.deadEnd.IsZero() && !s.cfg.Clock.Now().Before(s.deadEnd) {
		dead = nil
	}
	s.mu.Unlock()
	if dead != nil {
		return fail(dead)
	}
	asked := s.cfg.Clock.Now()
	grant := oauth2.Config{
		ClientID:     c.ClientID,
		ClientSecret: c.ClientSecret,
		Endpoint:     oauth2.Endpoint{TokenURL: s.cfg.TokenURL, AuthStyle: oauth2.AuthStyleInParams},
	}
	answer, err := grant.TokenSource(context.WithValue(ctx, oauth2.HTTPClient, s.cfg.HTTP), &oauth2.Token{RefreshToken: c.RefreshToken}).Token()
	if err != nil {
		err = classify(err)
		if errors.Is(err, ErrRevoked) || errors.Is(err, ErrClient) {
			s.mu.Lock()
			s.dead, s.deadSum, s.deadEnd = err, sum, time.Time{}
			if errors.Is(err, ErrClient) {
				s.deadEnd = asked.Add(clientPause)
			}
			s.mu.Unlock()
		}
		return fail(err)
	}
	if answer.RefreshToken != "" && answer.RefreshToken != c.RefreshToken {
		if s.cfg.OnRotate == nil {
			return fail(errors.New("login with amazon replaced the refresh token and there is nowhere to store the new one"))
		}
		if err := s.cfg.OnRotate(ctx, answer.RefreshToken); err != nil {
			return fail(fmt.Errorf("store the new refresh token: %w", err))
		}
	}
	return answer.AccessToken, asked.Add(usable(answer.ExpiresIn)), nil
}

// usable returns how long after its receipt a token of so many seconds is
// used. The lifetime is counted on our clock, never by Amazon's.
func usable(seconds int64) time.Duration {
	life := time.Duration(seconds) * time.Second
	if seconds <= 0 || seconds > 24*60*60 {
		life = time.Hour
	}
	if life <= 2*early {
		return life / 2
	}
	return life - early
}

// classify turns an error of the grant into one without credentials: neither
// the answer's body nor the request may be in it.
func classify(err error) error {
	var answer *oauth2.RetrieveError
	if errors.As(err, &answer) && answer.Response != nil {
		return &Error{Status: answer.Response.StatusCode, Code: Redact(answer.ErrorCode), Description: Redact(answer.ErrorDescription)}
	}
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("ask login with amazon for an access token: %w", u.Err)
	}
	return errors.New("login with amazon gave an answer that is not a token")
}
