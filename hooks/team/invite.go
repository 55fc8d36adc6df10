package team

import (
	"fmt"
	"net/http"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/invitations"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/membership"
)

// mostInvitations is how many of an account may be open at a time.
const mostInvitations = 50

// invitationsPerMailbox is how many mails an account sends to one address in a
// day: a new invitation replaces the open one, so that the limit above does not
// count them.
const invitationsPerMailbox = 5

// invite mails a colleague the way into the account. The answer is the same
// whether the address is known here or not.
func (t *Team) invite(e *core.RequestEvent, account *core.Record) error {
	var in struct {
		Email string      `json:"email"`
		Role  access.Role `json:"role"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	address, err := netmail.ParseAddress(strings.TrimSpace(in.Email))
	if err != nil || address.Name != "" {
		return e.BadRequestError("That is not an e-mail address.", nil)
	}
	if !in.Role.Covers(access.Viewer) {
		return e.BadRequestError("The role is owner, analyst or viewer.", nil)
	}
	if in.Role == access.Owner { // as making a member one
		if _, err := access.Fresh(e); err != nil {
			return err
		}
	}
	if user, err := e.App.FindAuthRecordByEmail("users", address.Address); err == nil {
		if _, err := membership.Of(e.App, account.Id, user.Id); err == nil {
			return e.BadRequestError("This person belongs to the account already. Change their role in the list.", nil)
		}
	}
	now := t.cfg.Clock.Now()
	open, err := invitations.Open(e.App, account.Id, now)
	if err != nil {
		return err
	}
	if len(open) >= mostInvitations {
		return e.BadRequestError(fmt.Sprintf("An account has at most %d open invitations. Revoke some first.", mostInvitations), nil)
	}
	if wait := t.mails.Take(account.Id + strings.ToLower(address.Address)); wait > 0 {
		e.Response.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		return e.TooManyRequestsError("This person was invited several times today. They find the newest invitation in their mailbox.", nil)
	}
	var made *core.Record
	err = e.App.RunInTransaction(func(tx core.App) error {
		token, err := invitations.Create(tx, invitations.Spec{Email: address.Address, Account: account.Id, Role: in.Role, InvitedBy: e.Auth.Id}, now)
		if err != nil {
			return err
		}
		if made, err = invitations.Find(tx, token, now); err != nil {
			return err
		}
		if err := t.note(tx, e.Auth, account.Id, "member.invite", "invitations/"+made.Id, map[string]any{"role": in.Role}); err != nil {
			return err
		}
		return t.cfg.Mail.Enqueue(tx, mail.Message{Template: mail.Invitation, Address: address.Address, Account: account.Id, Params: map[string]string{
			"account": account.GetString("name"), "inviter": called(e.Auth), "role": string(in.Role),
			"link": t.cfg.URL + invitations.Link(token), "expires": now.Add(invitations.Life).UTC().Format("2 January 2006, 15:04 UTC"),
		}})
	})
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	return e.JSON(http.StatusCreated, invitedOf(made))
}

// revoke makes an open invitation of the account void.
func (t *Team) revoke(e *core.RequestEvent, account *core.Record) error {
	now := t.cfg.Clock.Now()
	open, err := invitations.Open(e.App, account.Id, now)
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.Id != e.Request.PathValue("invitation") {
			continue
		}
		err := e.App.RunInTransaction(func(tx core.App) error {
			if err := invitations.Revoke(tx, r, now); err != nil {
				return err
			}
			return t.note(tx, e.Auth, account.Id, "invitation.revoke", "invitations/"+r.Id, nil)
		})
		if err != nil {
			return err
		}
		return e.NoContent(http.StatusNoContent)
	}
	return e.NotFoundError("", nil)
}
