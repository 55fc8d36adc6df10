package session

import (
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

const (
	linkLife      = 7 * 24 * time.Hour
	shortestWord  = 12
	longestInByte = 72 // bcrypt reads no more
)

// NewPasswordLink makes a one-time link with which the person sets a password
// and returns its path. The secret follows '#', where no server or log sees it.
// Links made before are void.
func NewPasswordLink(app core.App, user *core.Record, now time.Time) (path string, err error) {
	links, err := app.FindCollectionByNameOrId("one_time_links")
	if err != nil {
		return "", err
	}
	value, hash := newSecret()
	err = app.RunInTransaction(func(tx core.App) error {
		if _, err := tx.DB().Delete("one_time_links", dbx.HashExp{"user": user.Id, "purpose": "password"}).Execute(); err != nil {
			return err
		}
		record := core.NewRecord(links)
		record.Set("user", user.Id)
		record.Set("purpose", "password")
		record.Set("hash", hash)
		record.Set("expires", now.Add(linkLife))
		return tx.Save(record)
	})
	if err != nil {
		return "", fmt.Errorf("make a password link: %w", err)
	}
	return "/password#" + value, nil
}

var errLinkVoid = errors.New("this link is void")

func (s *Sessions) setPassword(e *core.RequestEvent) error {
	var in struct {
		Token    string `json:"token"`
		Password string `json:"password"`
	}
	if err := e.BindBody(&in); err != nil {
		return e.BadRequestError("Send token and password as JSON.", nil)
	}
	if utf8.RuneCountInString(in.Password) < shortestWord || len(in.Password) > longestInByte {
		return e.BadRequestError(fmt.Sprintf("A password has at least %d characters and at most %d bytes.", shortestWord, longestInByte), nil)
	}
	now := s.clock.Now()
	err := e.App.RunInTransaction(func(tx core.App) error {
		link, err := tx.FindFirstRecordByData("one_time_links", "hash", digest(in.Token))
		if err != nil || !link.GetDateTime("used").IsZero() || !now.Before(link.GetDateTime("expires").Time()) {
			return errLinkVoid
		}
		user, err := tx.FindRecordById("users", link.GetString("user"))
		if err != nil {
			return errLinkVoid
		}
		link.Set("used", now)
		if err := tx.Save(link); err != nil {
			return err
		}
		user.SetPassword(in.Password)
		user.SetVerified(true) // the link reached the person who has the address
		if err := tx.Save(user); err != nil {
			return err
		}
		return EndAll(tx, user.Id)
	})
	if errors.Is(err, errLinkVoid) {
		return e.BadRequestError("This link has been used or has run out. Ask for a new one.", nil)
	}
	if err != nil {
		return fmt.Errorf("set a password: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}
