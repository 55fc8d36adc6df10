package session

import (
	"errors"
	"fmt"
	"net/http"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/mail"
)

// changeEmail mails a link to the new address; the change happens when it is
// opened. The answer does not tell whether someone has the address already.
func (s *Sessions) changeEmail(e *core.RequestEvent) error {
	user, err := access.Fresh(e)
	if err != nil {
		return err
	}
	var in struct {
		Email string `json:"email"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	address, err := netmail.ParseAddress(strings.TrimSpace(in.Email))
	if err != nil || address.Name != "" {
		return e.BadRequestError("That is not an e-mail address.", nil)
	}
	if strings.EqualFold(address.Address, user.Email()) {
		return e.BadRequestError("That is your address already.", nil)
	}
	if wait := s.mails.Take(linkEmail + user.Id); wait > 0 {
		e.Response.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		return e.TooManyRequestsError("Too many links to new addresses. Open the newest one, or try again later.", nil)
	}
	expires := s.now().Add(forgotLife)
	until := expires.UTC().Format("2 January 2006, 15:04 UTC")
	err = e.App.RunInTransaction(func(tx core.App) error {
		value, err := newLink(tx, user.Id, linkEmail, address.Address, expires)
		if err != nil {
			return err
		}
		// Whether the address is free or not, and written to as it is now.
		err = s.cfg.Mail.Enqueue(tx, mail.Message{Template: mail.EmailAsked, Address: user.Email(), Params: map[string]string{
			"expires": until, "link": s.cfg.URL + "/forgot",
		}})
		if err != nil {
			return err
		}
		if _, err := tx.FindAuthRecordByEmail("users", address.Address); err == nil {
			return nil // somebody's: no mail, and the link is never known
		}
		return s.cfg.Mail.Enqueue(tx, mail.Message{Template: mail.EmailLink, Address: address.Address, Params: map[string]string{
			"link": s.cfg.URL + "/email#" + value, "expires": until,
		}})
	})
	if err != nil {
		return fmt.Errorf("change an address: %w", err)
	}
	return e.JSON(http.StatusAccepted, map[string]string{"message": "Open the link that is on its way to the new address."})
}

// confirmEmail changes the address to the one that the link was sent to.
func (s *Sessions) confirmEmail(e *core.RequestEvent) error {
	var in struct {
		Token string `json:"token"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	err := e.App.RunInTransaction(func(tx core.App) error {
		link, user, err := useLink(tx, in.Token, linkEmail, s.now())
		if err != nil {
			return err
		}
		address := link.GetString("email")
		if _, err := tx.FindAuthRecordByEmail("users", address); err == nil {
			return errLinkVoid // taken meanwhile
		}
		// Before the change: it goes to the old address.
		old := user.Email()
		if err := s.cfg.Mail.Enqueue(tx, mail.Message{Template: mail.SecurityChanged, Address: old, Params: map[string]string{"what": "The e-mail address for logging in was changed to another one."}}); err != nil {
			return err
		}
		user.SetEmail(address)
		user.SetVerified(true)
		if err := tx.Save(user); err != nil {
			return err
		}
		if err := voidLinks(tx, user.Id, linkPassword); err != nil { // they lie in the old mailbox
			return err
		}
		return EndAll(tx, user.Id)
	})
	if errors.Is(err, errLinkVoid) {
		return e.BadRequestError(voidAnswer, nil)
	}
	if err != nil {
		return fmt.Errorf("change an address: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}
