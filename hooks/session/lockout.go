package session

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/routine"

	"halotrack.ai/halotrack/internal/mail"
)

// How guessing slows down. The count is kept by the address that was tried,
// whether anyone has it or not, so that a pause tells nothing; it is short
// enough that shutting somebody out on purpose is not worth it.
const (
	freeFailures   = 5
	firstPause     = 30 * time.Second // doubled with each further failure
	longestPause   = 15 * time.Minute
	tellFailures   = 10 // from which the person is told, once
	forgetFailures = 24 * time.Hour
)

// pauseAfter is how long an address is blocked after so many failures in a row.
func pauseAfter(failures int) time.Duration {
	if failures <= freeFailures {
		return 0
	}
	return min(firstPause<<min(failures-freeFailures-1, 10), longestPause)
}

// attemptHash names an address in the counts: a keyed hash, because plain ones
// are guessed.
func (s *Sessions) attemptHash(email string) string {
	h := hmac.New(sha256.New, s.attempts)
	h.Write([]byte(strings.ToLower(strings.TrimSpace(email))))
	return hex.EncodeToString(h.Sum(nil))
}

// refuseBlocked answers 429 while an address is blocked. It is asked before a
// password or code is looked at and again before the outcome is told: otherwise
// guesses sent all at once would pass before the first of them is counted.
func (s *Sessions) refuseBlocked(e *core.RequestEvent, email string) error {
	record, err := e.App.FindFirstRecordByData("sign_in_attempts", "hash", s.attemptHash(email))
	if err != nil {
		return nil // no failures
	}
	return s.blocked(e, record)
}

// blocked answers 429 while the pause of a count lasts.
func (s *Sessions) blocked(e *core.RequestEvent, record *core.Record) error {
	wait := record.GetDateTime("blocked_until").Time().Sub(s.now())
	if wait <= 0 {
		return nil
	}
	seconds := int((wait + time.Second - 1) / time.Second)
	e.Response.Header().Set("Retry-After", strconv.Itoa(seconds))
	return refusal(http.StatusTooManyRequests, "Too many wrong passwords or codes. Wait, or set a new password by e-mail.", map[string]any{"seconds": seconds})
}

// failed counts a failure and returns the error that answers it. user is nil for
// an unknown address.
func (s *Sessions) failed(e *core.RequestEvent, email string, user *core.Record, message string, data map[string]any) error {
	now, hash := s.now(), s.attemptHash(email)
	failures := 0
	var tooLate error // a guess that was overtaken by others; what it came to is not told
	err := e.App.RunInTransaction(func(tx core.App) error {
		record, err := tx.FindFirstRecordByData("sign_in_attempts", "hash", hash)
		if err != nil {
			attempts, err := tx.FindCachedCollectionByNameOrId("sign_in_attempts")
			if err != nil {
				return err
			}
			record = core.NewRecord(attempts)
			record.Set("hash", hash)
		}
		if tooLate = s.blocked(e, record); tooLate != nil {
			return nil
		}
		if now.Sub(record.GetDateTime("last_at").Time()) < forgetFailures {
			failures = record.GetInt("failures")
		}
		failures++
		record.Set("failures", failures)
		record.Set("last_at", now)
		if pause := pauseAfter(failures); pause > 0 {
			record.Set("blocked_until", now.Add(pause))
		}
		return tx.Save(record)
	})
	if err != nil {
		return fmt.Errorf("count a failed sign-in: %w", err)
	}
	if tooLate != nil {
		return tooLate
	}
	if failures == tellFailures && user != nil {
		app := e.App // beside the answer, whose time must not tell that the address exists
		routine.FireAndForget(func() {
			err := s.cfg.Mail.Enqueue(app, mail.Message{Template: mail.SignInBlocked, User: user.Id, Params: map[string]string{"link": s.cfg.URL + "/forgot"}})
			if err != nil {
				app.Logger().Error("could not queue the mail about failed sign-ins", "error", err)
			}
		})
	}
	return refusal(http.StatusUnauthorized, message, data)
}

// forgive forgets the failures of an address.
func (s *Sessions) forgive(app core.App, email string) error {
	if _, err := app.NonconcurrentDB().Delete("sign_in_attempts", dbx.HashExp{"hash": s.attemptHash(email)}).Execute(); err != nil {
		return fmt.Errorf("forget failed sign-ins: %w", err)
	}
	return nil
}
