package session

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
)

func (s *Sessions) cookieName() string {
	if s.cfg.Secure {
		return "__Host-session"
	}
	return "session"
}

func (s *Sessions) setCookie(e *core.RequestEvent, value string, maxAge int) {
	e.SetCookie(&http.Cookie{
		Name: s.cookieName(), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.cfg.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// load turns the cookie of a request into its person.
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
	if err != nil || !user.GetDateTime("deactivated").IsZero() {
		return e.Next()
	}
	now := s.now()
	if now.Sub(record.GetDateTime("seen").Time()) >= seenEvery {
		if err := noteUse(e.App, record, now); err != nil {
			return err
		}
	}
	missing := s.lacksFactor(user, record.GetStringSlice("factors"))
	access.NoteSigned(e, access.Signed{
		Session:       record.Id,
		MissingFactor: missing,
		Fresh:         now.Sub(record.GetDateTime("proved").Time()) < freshLife,
	})
	if missing && !strings.HasPrefix(e.Request.URL.Path, prefix+"/") {
		return e.Next() // PocketBase's own routes know nothing of a second factor
	}
	e.Auth = user
	return e.Next()
}

// noteUse notes when a session was last used, and nothing else of it: meanwhile
// another request may have given it a new secret.
func noteUse(app core.App, record *core.Record, now time.Time) error {
	at, err := types.ParseDateTime(now)
	if err != nil {
		return err
	}
	if _, err := app.NonconcurrentDB().Update("sessions", dbx.Params{"seen": at.String()}, dbx.HashExp{"id": record.Id}).Execute(); err != nil {
		return fmt.Errorf("note the use of a session: %w", err)
	}
	return nil
}

// renew saves a session under a new secret, which takes the old one's place in
// the browser: whoever knew that one gains nothing from what the person has just
// shown (OWASP ASVS 5.0, 7.2.4). If app is a transaction that fails, the browser
// must sign in again.
func (s *Sessions) renew(e *core.RequestEvent, app core.App, record *core.Record) error {
	value, hash := newSecret()
	record.Set("hash", hash)
	if err := app.Save(record); err != nil {
		return fmt.Errorf("renew a session: %w", err)
	}
	s.setCookie(e, value, int(record.GetDateTime("expires").Time().Sub(s.now())/time.Second))
	return nil
}

// lacksFactor reports whether a session of these factors is one too few: where a
// second one is required, and where the person set one up that another provider
// did not ask for.
func (s *Sessions) lacksFactor(user *core.Record, factors []string) bool {
	return (s.cfg.SecondFactor.of(user) || hasTOTP(user)) && !twoFactors(factors)
}

func twoFactors(factors []string) bool {
	return slices.Contains(factors, factorTOTP) || slices.Contains(factors, factorRecovery)
}

var errNoSession = errors.New("no such session")

// find returns the session of a cookie's value, and ends one that has run out.
func (s *Sessions) find(value string) (*core.Record, error) {
	record, err := s.cfg.App.FindFirstRecordByData("sessions", "hash", digest(value))
	if err != nil {
		return nil, errNoSession
	}
	now := s.now()
	if now.Before(record.GetDateTime("expires").Time()) && now.Sub(record.GetDateTime("seen").Time()) < s.cfg.Idle {
		return record, nil
	}
	if err := s.cfg.App.Delete(record); err != nil {
		return nil, fmt.Errorf("end a session: %w", err)
	}
	return nil, errNoSession
}

// The factors by which a session began.
const (
	factorPassword = "password"
	factorProvider = "provider"
	factorTOTP     = "totp"
	factorRecovery = "recovery"
)

// Start opens a session for the person and sets its cookie: in a browser that
// had another session, a new one takes its place.
func (s *Sessions) Start(e *core.RequestEvent, user *core.Record, factors ...string) error {
	if old, err := e.Request.Cookie(s.cookieName()); err == nil {
		if record, err := s.find(old.Value); err == nil {
			if err := e.App.Delete(record); err != nil {
				return fmt.Errorf("end the session before: %w", err)
			}
		}
	}
	sessions, err := e.App.FindCollectionByNameOrId("sessions")
	if err != nil {
		return err
	}
	value, hash := newSecret()
	now := s.now()
	record := core.NewRecord(sessions)
	record.Set("user", user.Id)
	record.Set("hash", hash)
	record.Set("device", device(e.Request.UserAgent()))
	record.Set("started", now)
	record.Set("seen", now)
	fresh := !hasTOTP(user) || twoFactors(factors)
	if fresh {
		record.Set("proved", now)
	}
	record.Set("factors", factors)
	record.Set("expires", now.Add(s.cfg.Life))
	if err := e.App.Save(record); err != nil {
		return fmt.Errorf("open a session: %w", err)
	}
	s.setCookie(e, value, int(s.cfg.Life/time.Second))
	access.NoteSigned(e, access.Signed{Session: record.Id, Fresh: fresh, MissingFactor: s.lacksFactor(user, factors)})
	e.Auth = user
	return nil
}
