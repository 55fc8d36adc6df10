package lwa

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"halotrack.ai/halotrack/internal/clock"
)

// Credentials are what one grant consists of.
type Credentials struct {
	ClientID, ClientSecret, RefreshToken string
}

// Config says where a Source gets its tokens.
type Config struct {
	HTTP        *http.Client // of readonly.Transport
	TokenURL    string       // readonly.Endpoints.TokenURL
	Credentials func(context.Context) (Credentials, error)
	Clock       clock.Clock
	OnRotate    func(ctx context.Context, newRefresh string) error // may be nil
}

// Source hands out access tokens of one grant.
type Source struct{ cfg Config }

// NewSource returns a source.
func NewSource(cfg Config) *Source { return &Source{cfg: cfg} }

// Token returns a valid access token.
func (s *Source) Token(ctx context.Context) (string, error) { return "", errors.ErrUnsupported }

// Invalidate forgets token, which an API called expired.
func (s *Source) Invalidate(token string) {}

var (
	// ErrRevoked means that the grant is gone.
	ErrRevoked = errors.New("the authorisation was revoked or has expired")
	// ErrClient means that the application's own credentials are wrong.
	ErrClient = errors.New("the application's client id or secret is not accepted")
)

// Error is an answer of the token endpoint other than a token.
type Error struct {
	Status      int
	Code        string // error: invalid_grant, invalid_client, …
	Description string
}

func (e *Error) Error() string { return fmt.Sprintf("login with amazon: status %d", e.Status) }
