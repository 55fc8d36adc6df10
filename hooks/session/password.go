package session

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/routine"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/mail"
)

// Lives of one-time links: one that an operator hands over, and one that a
// person asked for by mail.
const (
	linkLife   = 7 * 24 * time.Hour
	forgotLife = time.Hour
)

// Purposes of one-time links.
const (
	linkPassword = "password"
	linkEmail    = "email"
)

// NewPasswordLink makes a one-time link with which the person sets a password
// and returns its path. The secret follows '#', where no server or log sees it.
// Links made before are void.
func NewPasswordLink(app core.App, user *core.Record, now time.Time) (path string, err error) {
	value, err := newLink(app, user.Id, linkPassword, "", now.Add(linkLife))
	return "/password#" + value, err
}

// newLink makes a one-time link's secret; those made before for the purpose are
// void.
func newLink(app core.App, user, purpose, email string, expires time.Time) (value string, err error) {
	links, err := app.FindCachedCollectionByNameOrId("one_time_links")
	if err != nil {
		return "", err
	}
	value, hash := newSecret()
	err = app.RunInTransaction(func(tx core.App) error {
		if _, err := tx.DB().Delete("one_time_links", dbx.HashExp{"user": user, "purpose": purpose}).Execute(); err != nil {
			return err
		}
		record := core.NewRecord(links)
		record.Set("user", user)
		record.Set("purpose", purpose)
		record.Set("email", email)
		record.Set("hash", hash)
		record.Set("expires", expires)
		return tx.Save(record)
	})
	if err != nil {
		return "", fmt.Errorf("make a one-time link: %w", err)
	}
	return value, nil
}

// voidLinks makes the person's links for a purpose void: whoever had asked for
// them may be the one that a change is to shut out.
func voidLinks(tx core.App, user, purpose string) error {
	if _, err := tx.DB().Delete("one_time_links", dbx.HashExp{"user": user, "purpose": purpose}).Execute(); err != nil {
		return fmt.Errorf("make one-time links void: %w", err)
	}
	return nil
}

var errLinkVoid = errors.New("this link is void")

// useLink uses up a link and returns it with its person.
func useLink(tx core.App, token, purpose string, now time.Time) (link, user *core.Record, err error) {
	link, err = tx.FindFirstRecordByData("one_time_links", "hash", digest(token))
	if err != nil || link.GetString("purpose") != purpose || !link.GetDateTime("used").IsZero() || !now.Before(link.GetDateTime("expires").Time()) {
		return nil, nil, errLinkVoid
	}
	user, err = tx.FindRecordById("users", link.GetString("user"))
	if err != nil || !user.GetDateTime("deactivated").IsZero() {
		return nil, nil, errLinkVoid
	}
	link.Set("used", now)
	return link, user, tx.Save(link)
}

const voidAnswer = "This link has been used or has run out. Ask for a new one."

func (s *Sessions) setPassword(e *core.RequestEvent) error {
	var in struct {
		Token    string `json:"token"`
		Password string `json:"password"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	var wrong string
	err := e.App.RunInTransaction(func(tx core.App) error {
		_, user, err := useLink(tx, in.Token, linkPassword, s.now())
		if err != nil {
			return err
		}
		if wrong = s.cfg.Rules.Check(in.Password, user.Email(), user.GetString("name")); wrong != "" {
			return errWeak // the link stays good
		}
		user.SetPassword(in.Password)
		user.SetVerified(true) // the link reached the person who has the address
		if err := tx.Save(user); err != nil {
			return err
		}
		if err := EndAll(tx, user.Id); err != nil {
			return err
		}
		if err := voidLinks(tx, user.Id, linkEmail); err != nil {
			return err
		}
		if err := s.forgive(tx, user.Email()); err != nil {
			return err
		}
		return s.tell(tx, user.Id, "The password was set anew.")
	})
	switch {
	case errors.Is(err, errLinkVoid):
		return e.BadRequestError(voidAnswer, nil)
	case errors.Is(err, errWeak):
		return e.BadRequestError(wrong, nil)
	case err != nil:
		return fmt.Errorf("set a password: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}

var errWeak = errors.New("the password is too weak")

// tell writes to a person what changed about their logging in.
func (s *Sessions) tell(app core.App, user, what string) error {
	return s.cfg.Mail.Enqueue(app, mail.Message{Template: mail.SecurityChanged, User: user, Params: map[string]string{"what": what}})
}

func (s *Sessions) changePassword(e *core.RequestEvent) error {
	user, err := access.Fresh(e)
	if err != nil {
		return err
	}
	var in struct {
		Password string `json:"password"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if wrong := s.cfg.Rules.Check(in.Password, user.Email(), user.GetString("name")); wrong != "" {
		return e.BadRequestError(wrong, nil)
	}
	err = e.App.RunInTransaction(func(tx core.App) error {
		user.SetPassword(in.Password)
		if err := tx.Save(user); err != nil {
			return err
		}
		if err := endAllBut(tx, user.Id, access.Session(e)); err != nil {
			return err
		}
		if err := errors.Join(voidLinks(tx, user.Id, linkEmail), voidLinks(tx, user.Id, linkPassword)); err != nil {
			return err
		}
		return s.tell(tx, user.Id, "The password was changed.")
	})
	if err != nil {
		return fmt.Errorf("change a password: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}

// forgotPassword mails a link to whoever has the address, and answers the same
// at once whether anyone has.
func (s *Sessions) forgotPassword(e *core.RequestEvent) error {
	var in struct {
		Email string `json:"email"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	app, address, now := e.App, strings.TrimSpace(in.Email), s.now()
	routine.FireAndForget(func() { // beside the answer, whose time must not tell that the address exists
		user, err := app.FindAuthRecordByEmail("users", address)
		if err != nil || !user.GetDateTime("deactivated").IsZero() {
			return
		}
		if s.mails.Take(linkPassword+user.Id) > 0 {
			return // enough links are in the mailbox; the newest is good
		}
		err = app.RunInTransaction(func(tx core.App) error {
			value, err := newLink(tx, user.Id, linkPassword, "", now.Add(forgotLife))
			if err != nil {
				return err
			}
			return s.cfg.Mail.Enqueue(tx, mail.Message{Template: mail.PasswordForgotten, User: user.Id, Params: map[string]string{
				"link": s.cfg.URL + "/password#" + value, "expires": now.Add(forgotLife).UTC().Format("2 January 2006, 15:04 UTC"),
			}})
		})
		if err != nil {
			app.Logger().Error("could not make a password link", "error", err)
		}
	})
	return e.JSON(http.StatusAccepted, map[string]string{"message": "If someone has this address, a link to set a password is on its way to it."})
}
