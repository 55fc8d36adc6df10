package team

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/invitations"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/membership"
	"halotrack.ai/halotrack/internal/waitlist"
)

const (
	voidAnswer  = "This invitation has been used, was revoked or has run out. Ask whoever invited you for a new one."
	longestName = 200
)

// look says what an invitation leads to, to whoever holds its secret.
func (t *Team) look(e *core.RequestEvent) error {
	var in struct {
		Token string `json:"token"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	invitation, err := t.find(e.App, in.Token)
	if errors.Is(err, invitations.ErrVoid) {
		return e.BadRequestError(voidAnswer, nil)
	}
	if err != nil {
		return err
	}
	body := struct {
		Email    string  `json:"email"`
		Role     string  `json:"role"`
		Kind     string  `json:"kind"`    // of the account that is made; empty where there is one
		Account  *string `json:"account"` // name; null: a new one is made
		Inviter  *string `json:"inviter"`
		Known    bool    `json:"known"`    // somebody signs in with the address already
		SignedIn bool    `json:"signedIn"` // and it is who asks
	}{Email: invitation.GetString("email"), Role: invitation.GetString("role")}
	if id := invitation.GetString("account"); id == "" {
		body.Kind = kindOf(invitation.GetString("kind"))
	} else {
		account, err := e.App.FindRecordById("accounts", id)
		if err != nil {
			return e.BadRequestError(voidAnswer, nil)
		}
		name := account.GetString("name")
		body.Account = &name
	}
	if inviter, err := e.App.FindRecordById("users", invitation.GetString("invited_by")); err == nil && body.Account != nil {
		name := called(inviter)
		body.Inviter = &name
	}
	if user, err := e.App.FindAuthRecordByEmail("users", body.Email); err == nil {
		body.Known = true
		body.SignedIn = e.Auth != nil && e.Auth.Id == user.Id
	}
	return e.JSON(http.StatusOK, body)
}

// find returns the open invitation of a secret. One into an account stands only
// while who wrote it owns that account: someone who was removed, from the agency
// of a client too, does not come back by what they wrote before.
func (t *Team) find(app core.App, token string) (*core.Record, error) {
	invitation, err := invitations.Find(app, token, t.cfg.Clock.Now())
	if err != nil {
		return nil, err
	}
	account := invitation.GetString("account")
	if account == "" {
		return invitation, nil
	}
	inviter, err := app.FindRecordById("users", invitation.GetString("invited_by"))
	if err != nil || !inviter.GetDateTime("deactivated").IsZero() {
		return nil, invitations.ErrVoid
	}
	_, err = access.Require(app, inviter.Id, account, access.Owner)
	if errors.Is(err, access.ErrNotFound) {
		return nil, invitations.ErrVoid
	}
	return invitation, err
}

func kindOf(kind string) string {
	if kind == membership.Agency {
		return kind
	}
	return membership.Business
}

type joining struct {
	Token        string `json:"token"`
	Name         string `json:"name"`
	BusinessName string `json:"businessName"`
	Kind         string `json:"kind"`
	Password     string `json:"password"`
}

func (in *joining) trim() {
	in.Name, in.BusinessName = strings.TrimSpace(in.Name), strings.TrimSpace(in.BusinessName)
}

// accept lets an invited person in. Somebody new is made with their account and
// membership in one transaction, and signed in: the link has reached who has
// the address. Who has an account here must be signed in to it.
func (t *Team) accept(e *core.RequestEvent) error {
	var in joining
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	in.trim()
	invitation, err := invitations.Find(e.App, in.Token, t.cfg.Clock.Now())
	if err != nil {
		return e.BadRequestError(voidAnswer, nil)
	}
	if invitation.GetString("account") == "" {
		if wrong := t.wrongBusiness(in); wrong != "" {
			return e.BadRequestError(wrong, nil)
		}
	}
	email := invitation.GetString("email")
	user, err := e.App.FindAuthRecordByEmail("users", email)
	fresh := err != nil
	if fresh {
		user, err = t.newPerson(e, in, email)
	} else {
		err = mustBe(e, user)
	}
	if err != nil {
		return err
	}
	account, err := t.join(e, user, in, nil)
	if errors.Is(err, invitations.ErrVoid) {
		return e.BadRequestError(voidAnswer, nil)
	}
	if err != nil {
		return fmt.Errorf("accept an invitation: %w", err)
	}
	if fresh {
		if err := t.cfg.Start(e, user, "password"); err != nil {
			return err
		}
	}
	return e.JSON(http.StatusOK, map[string]string{"account": account})
}

func (t *Team) wrongBusiness(in joining) string {
	switch {
	case in.BusinessName == "" || utf8.RuneCountInString(in.BusinessName) > longestName:
		return "Give the business a name of at most 200 characters."
	case in.Kind != "" && in.Kind != membership.Business && in.Kind != membership.Agency:
		return "The kind is business or agency."
	}
	return ""
}

// newPerson is who signs up; it is not saved. Its password is hashed here,
// because that would hold up all other writing in a transaction.
func (t *Team) newPerson(e *core.RequestEvent, in joining, email string) (*core.Record, error) {
	if wrong := wrongName(in.Name); wrong != "" {
		return nil, e.BadRequestError(wrong, nil)
	}
	if wrong := t.cfg.CheckPassword(in.Password, email, in.Name, in.BusinessName); wrong != "" {
		return nil, e.BadRequestError(wrong, nil)
	}
	user, err := t.unsaved(e.App, in.Name, email)
	if err != nil {
		return nil, err
	}
	user.SetPassword(in.Password)
	return user, nil
}

func wrongName(name string) string {
	if name == "" || utf8.RuneCountInString(name) > longestName {
		return "Give a name of at most 200 characters."
	}
	return ""
}

func (t *Team) unsaved(app core.App, name, email string) (*core.Record, error) {
	users, err := app.FindCachedCollectionByNameOrId("users")
	if err != nil {
		return nil, err
	}
	user := core.NewRecord(users)
	user.SetEmail(email)
	user.SetVerified(true) // the link reached who has the address
	user.Set("name", name)
	return user, nil
}

// mustBe refuses everyone but the person.
func mustBe(e *core.RequestEvent, user *core.Record) error {
	status, how := 0, ""
	switch {
	case e.Auth == nil:
		status, how = http.StatusUnauthorized, "required"
	case e.Auth.Id != user.Id:
		status, how = http.StatusForbidden, "other"
	default:
		_, err := access.Verified(e)
		return err
	}
	err := router.NewApiError(status, "Somebody signs in with this address already. Log in with it, then accept.", nil)
	err.Data = map[string]any{"signIn": how}
	return err
}

// join uses the invitation up and returns the id of the account it led to. also,
// if any, happens in the same transaction once the person is saved.
func (t *Team) join(e *core.RequestEvent, user *core.Record, in joining, also func(tx core.App) error) (id string, err error) {
	now := t.cfg.Clock.Now()
	err = e.App.RunInTransaction(func(tx core.App) error {
		invitation, err := t.find(tx, in.Token) // once more: only one gets it
		if err != nil {
			return err
		}
		if err := invitations.Use(tx, invitation, now); err != nil {
			return err
		}
		if user.IsNew() {
			if _, err := tx.FindAuthRecordByEmail("users", user.Email()); err == nil {
				return invitations.ErrVoid // by another invitation to the same address, at the same time
			}
			if err := tx.Save(user); err != nil {
				return fmt.Errorf("save the person: %w", err)
			}
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		account, err := t.accountOf(e, tx, invitation, in)
		if err != nil {
			return err
		}
		id = account.Id
		role := access.Role(invitation.GetString("role"))
		before, err := others(tx, account, user.Id)
		if err != nil {
			return err
		}
		if m, err := membership.Of(tx, id, user.Id); err != nil || !access.Role(m.GetString("role")).Covers(role) {
			if err := membership.Enrol(tx, id, user.Id, role); err != nil {
				return err
			}
		}
		if err := t.resolve(tx, invitation); err != nil {
			return err
		}
		if err := t.note(tx, user, id, "invitation.accept", "invitations/"+invitation.Id, map[string]any{"role": role}); err != nil {
			return err
		}
		return t.tell(tx, account, fmt.Sprintf("%s (%s) joined this account as %s.", called(user), user.Email(), role), true, before...)
	})
	return id, err
}

// accountOf returns the account that the invitation leads to, made where there
// is none.
func (t *Team) accountOf(e *core.RequestEvent, tx core.App, invitation *core.Record, in joining) (*core.Record, error) {
	if id := invitation.GetString("account"); id != "" {
		account, err := tx.FindRecordById("accounts", id)
		if err != nil {
			return nil, invitations.ErrVoid
		}
		return account, nil
	}
	kind := in.Kind
	if kind == "" {
		kind = kindOf(invitation.GetString("kind"))
	}
	return membership.NewAccount(e.Request.Context(), tx, t.cfg.Vault, in.BusinessName, kind, "")
}

// resolve marks the application joined that led to the invitation. One that was
// withdrawn meanwhile takes the invitation along.
func (t *Team) resolve(tx core.App, invitation *core.Record) error {
	id := invitation.GetString("application")
	if id == "" {
		return nil
	}
	application, err := tx.FindRecordById(waitlist.Collection, id)
	if err != nil {
		return invitations.ErrVoid
	}
	if err := waitlist.Move(application, waitlist.Joined, t.cfg.Clock.Now()); err != nil {
		return errors.Join(invitations.ErrVoid, err)
	}
	return tx.Save(application)
}
