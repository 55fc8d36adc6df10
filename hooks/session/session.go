// Package session signs people in and out. The browser holds an opaque random
// id in an HttpOnly cookie; the server keeps its hash, so that signing out,
// here or by deleting the row, really ends the session. No token reaches
// JavaScript.
package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
)

const (
	absoluteLife = 12 * time.Hour
	idleLife     = 2 * time.Hour
	seenEvery    = time.Minute // how exactly the last use is kept
)

// Sessions signs people in and keeps their sessions.
type Sessions struct {
	app    core.App
	clock  clock.Clock
	secure bool
	origin *http.CrossOriginProtection
}

// New returns the sessions of app. Secure is false only where the pages are
// served over plain HTTP on loopback, because browsers drop a __Host- cookie
// there.
func New(app core.App, c clock.Clock, secure bool) *Sessions {
	return &Sessions{app: app, clock: c, secure: secure, origin: http.NewCrossOriginProtection()}
}

func (s *Sessions) cookieName() string {
	if s.secure {
		return "__Host-session"
	}
	return "session"
}

// Register binds the session routes and the middleware that turns the cookie
// into the signed-in person. It runs before PocketBase reads its own token and
// before its rate limits and IP checks (pocketbase.md traps 6 and 7).
func (s *Sessions) Register(se *core.ServeEvent) {
	se.Router.Bind(&hook.Handler[*core.RequestEvent]{
		Id:       "haloTrackSession",
		Priority: apis.DefaultLoadAuthTokenMiddlewarePriority - 1,
		Func:     s.load,
	})
	se.Router.POST("/api/halotrack/session", s.signIn)
	se.Router.GET("/api/halotrack/session", s.whoAmI)
	se.Router.DELETE("/api/halotrack/session", s.signOut)
	se.Router.POST("/api/halotrack/password", s.setPassword)
}

func (s *Sessions) load(e *core.RequestEvent) error {
	// One origin serves the pages and the API. A request that a foreign page
	// makes a browser send is refused whatever its route; programs send
	// neither Origin nor Sec-Fetch-Site and pass.
	if err := s.origin.Check(e.Request); err != nil {
		return e.ForbiddenError("This request came from another site and was refused.", nil)
	}
	cookie, err := e.Request.Cookie(s.cookieName())
	if err != nil || e.Request.Header.Get("Authorization") != "" {
		return e.Next()
	}
	record, err := s.find(cookie.Value)
	if err != nil {
		return e.Next()
	}
	user, err := e.App.FindRecordById("users", record.GetString("user"))
	if err != nil {
		return e.Next()
	}
	now := s.clock.Now()
	if now.Sub(record.GetDateTime("seen").Time()) >= seenEvery {
		record.Set("seen", now)
		if err := e.App.Save(record); err != nil {
			return fmt.Errorf("note the use of a session: %w", err)
		}
	}
	e.Auth = user
	access.NoteSigned(e, access.Signed{Session: record.Id})
	return e.Next()
}

var errNoSession = errors.New("no such session")

// find returns the session of a cookie's value, and ends one that has run out.
func (s *Sessions) find(value string) (*core.Record, error) {
	record, err := s.app.FindFirstRecordByData("sessions", "hash", digest(value))
	if err != nil {
		return nil, errNoSession
	}
	now := s.clock.Now()
	if now.Before(record.GetDateTime("expires").Time()) && now.Sub(record.GetDateTime("seen").Time()) < idleLife {
		return record, nil
	}
	if err := s.app.Delete(record); err != nil {
		return nil, fmt.Errorf("end a session: %w", err)
	}
	return nil, errNoSession
}

// start opens a session for the person and sets its cookie.
func (s *Sessions) start(e *core.RequestEvent, user *core.Record) error {
	sessions, err := e.App.FindCollectionByNameOrId("sessions")
	if err != nil {
		return err
	}
	value, hash := newSecret()
	now := s.clock.Now()
	record := core.NewRecord(sessions)
	record.Set("user", user.Id)
	record.Set("hash", hash)
	record.Set("device", device(e.Request.UserAgent()))
	record.Set("started", now)
	record.Set("seen", now)
	record.Set("expires", now.Add(absoluteLife))
	if err := e.App.Save(record); err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	s.setCookie(e, value, int(absoluteLife.Seconds()))
	return nil
}

func (s *Sessions) setCookie(e *core.RequestEvent, value string, maxAge int) {
	e.SetCookie(&http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// EndAll ends every session of the person.
func EndAll(app core.App, user string) error {
	_, err := app.NonconcurrentDB().Delete("sessions", dbx.HashExp{"user": user}).Execute()
	if err != nil {
		return fmt.Errorf("end the sessions of a person: %w", err)
	}
	return nil
}

// Sweep deletes the sessions and one-time links that have run out.
func Sweep(app core.App, now time.Time) error {
	at, err := types.ParseDateTime(now)
	if err != nil {
		return err
	}
	idle, err := types.ParseDateTime(now.Add(-idleLife))
	if err != nil {
		return err
	}
	if _, err := app.NonconcurrentDB().Delete("sessions", dbx.Or(
		dbx.NewExp("expires <= {:now}", dbx.Params{"now": at.String()}),
		dbx.NewExp("seen <= {:idle}", dbx.Params{"idle": idle.String()}))).Execute(); err != nil {
		return fmt.Errorf("delete sessions that have run out: %w", err)
	}
	if _, err := app.NonconcurrentDB().Delete("one_time_links",
		dbx.NewExp("expires <= {:now}", dbx.Params{"now": at.String()})).Execute(); err != nil {
		return fmt.Errorf("delete links that have run out: %w", err)
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
