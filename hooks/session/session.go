// Package session signs people in and out. The browser holds an opaque random
// id in an HttpOnly cookie; the server keeps its hash, so that signing out,
// here or by deleting the row, really ends the session. No token reaches
// JavaScript.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/throttle"
	"halotrack.ai/halotrack/internal/vault"
)

// Config is what sessions stand on.
type Config struct {
	App   core.App
	Clock clock.Clock
	Vault *vault.Vault
	Mail  *mail.Queue
	// URL is the public address, without a slash at the end.
	URL string
	// Secure is false only where the pages are served over plain HTTP, because
	// browsers drop a __Host- cookie there.
	Secure bool
	// Life and Idle end a session so long after its start and its last use; 0:
	// DefaultLife and DefaultIdle.
	Life, Idle time.Duration
	// SecondFactor says of whom a second factor is required.
	SecondFactor Requirement
	// Rules are those of passwords.
	Rules Rules
	// Provider is where people may sign in besides here.
	Provider Provider
}

// Defaults of Config.
const (
	DefaultLife = 12 * time.Hour
	DefaultIdle = 2 * time.Hour
)

const (
	seenEvery = time.Minute      // how exactly the last use is kept
	freshLife = 10 * time.Minute // how long a proof of who someone is counts as recent

	linksPerHour = 3 // by mail, to one person: strangers may ask for them too
	mostLimited  = 50_000
)

// Sessions signs people in and keeps their sessions.
type Sessions struct {
	cfg       Config
	origin    *http.CrossOriginProtection
	attempts  []byte // the key that hashes addresses which were tried
	elsewhere elsewhere
	join      Join
	mails     *throttle.Limit // links by mail, per person and purpose
}

// New returns the sessions of an app.
func New(ctx context.Context, cfg Config) (*Sessions, error) {
	if cfg.Life <= 0 {
		cfg.Life = DefaultLife
	}
	if cfg.Idle <= 0 {
		cfg.Idle = DefaultIdle
	}
	key, err := cfg.Vault.InstallationKey(ctx, "sign-in attempts")
	if err != nil {
		return nil, err
	}
	return &Sessions{cfg: cfg, origin: http.NewCrossOriginProtection(), attempts: key, mails: throttle.New(cfg.Clock, linksPerHour, time.Hour, mostLimited)}, nil
}

func (s *Sessions) now() time.Time { return s.cfg.Clock.Now() }

const prefix = "/api/halotrack"

// Register binds the session routes and the middleware that turns the cookie
// into the signed-in person. It runs before PocketBase reads its own token and
// before its rate limits and IP checks (pocketbase.md traps 6 and 7).
func (s *Sessions) Register(se *core.ServeEvent) {
	se.Router.Bind(&hook.Handler[*core.RequestEvent]{
		Id:       "haloTrackSession",
		Priority: apis.DefaultLoadAuthTokenMiddlewarePriority - 1,
		Func:     s.load,
	})
	se.Router.POST(prefix+"/session", s.signIn)
	se.Router.GET(prefix+"/session", s.whoAmI)
	se.Router.DELETE(prefix+"/session", s.signOut)
	se.Router.POST(prefix+"/session/fresh", s.proveAgain)
	se.Router.POST(prefix+"/password", s.setPassword)
	se.Router.POST(prefix+"/password/forgot", s.forgotPassword)
	se.Router.POST(prefix+"/email", s.confirmEmail)
	s.registerProvider(se)
	me := se.Router.Group(prefix + "/me")
	me.GET("/sessions", s.devices)
	me.DELETE("/sessions", s.endOthers)
	me.DELETE("/sessions/{session}", s.endOne)
	me.PUT("/name", s.rename)
	me.PUT("/theme", s.chooseTheme)
	me.POST("/password", s.changePassword)
	me.POST("/email", s.changeEmail)
	me.POST("/totp", s.beginTOTP)
	me.PUT("/totp", s.confirmTOTP)
	me.DELETE("/totp", s.removeTOTP)
	me.POST("/recovery-codes", s.renewRecoveryCodes)
}

// EndAll ends every session of the person.
func EndAll(app core.App, user string) error { return endAllBut(app, user, "") }

// endAllBut ends every session of the person but one.
func endAllBut(app core.App, user, keep string) error {
	_, err := app.NonconcurrentDB().Delete("sessions", dbx.And(dbx.HashExp{"user": user}, dbx.Not(dbx.HashExp{"id": keep}))).Execute()
	if err != nil {
		return fmt.Errorf("end the sessions of a person: %w", err)
	}
	return nil
}

// Deactivate shuts a person out at once: their sessions end and no new one
// begins.
func Deactivate(app core.App, user *core.Record, now time.Time) error {
	user.Set("deactivated", now)
	if err := app.Save(user); err != nil {
		return fmt.Errorf("deactivate a person: %w", err)
	}
	return EndAll(app, user.Id)
}

// Sweep deletes the sessions, one-time links and counts of failures that have
// run out. idle is how long a session may go unused; 0: DefaultIdle.
func Sweep(app core.App, now time.Time, idle time.Duration) error {
	if idle <= 0 {
		idle = DefaultIdle
	}
	for _, x := range []struct {
		table, column string
		before        time.Time
	}{
		{"sessions", "expires", now},
		{"sessions", "seen", now.Add(-idle)},
		{"one_time_links", "expires", now},
		{"sign_in_attempts", "last_at", now.Add(-forgetFailures)},
	} {
		at, err := types.ParseDateTime(x.before)
		if err != nil {
			return err
		}
		where := dbx.NewExp("[["+x.column+"]] <= {:at}", dbx.Params{"at": at.String()})
		if _, err := app.NonconcurrentDB().Delete(x.table, where).Execute(); err != nil {
			return fmt.Errorf("delete what has run out of %s: %w", x.table, err)
		}
	}
	return nil
}

// newSecret returns 256 random bits for a person to hold and the hash to keep.
func newSecret() (value, hash string) {
	b := make([]byte, 32)
	rand.Read(b)
	value = base64.RawURLEncoding.EncodeToString(b)
	return value, digest(value)
}

// digest hashes a secret of full entropy; a slow hash would add nothing.
func digest(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:])
}
