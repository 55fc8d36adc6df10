package team

import (
	"fmt"
	"net/http"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/invitations"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/membership"
)

// member is one person of an account.
type member struct {
	ID           string         `json:"id"`
	Name         string         `json:"name"`
	Email        string         `json:"email"`
	Role         string         `json:"role"`
	Since        types.DateTime `json:"since"`
	SecondFactor *bool          `json:"secondFactor"` // whether one is set up; told to owners alone
	Keys         *int           `json:"keys"`         // API keys that end if they no longer own the account; told to owners alone
	Deactivated  bool           `json:"deactivated"`  // they cannot sign in, and count as no owner
}

// invited is an open invitation.
type invited struct {
	ID      string         `json:"id"`
	Email   string         `json:"email"`
	Role    string         `json:"role"`
	Created types.DateTime `json:"created"`
	Expires types.DateTime `json:"expires"`
}

func invitedOf(r *core.Record) invited {
	return invited{r.Id, r.GetString("email"), r.GetString("role"), r.GetDateTime("created"), r.GetDateTime("expires")}
}

// list shows everyone of the account who is in it. Invitations are the owners'.
func (t *Team) list(e *core.RequestEvent, account *core.Record) error {
	_, err := access.Require(e.App, e.Auth.Id, account.Id, access.Owner)
	owns := err == nil
	memberships, err := e.App.FindRecordsByFilter(membership.Collection, "account = {:account}", "created,id", 0, 0, dbx.Params{"account": account.Id})
	if err != nil {
		return fmt.Errorf("list the members: %w", err)
	}
	body := struct {
		Items       []member  `json:"items"`
		Invitations []invited `json:"invitations"`
		Agency      *string   `json:"agency"` // whose people have their roles here too
	}{Items: []member{}, Invitations: []invited{}}
	ending := map[string]int{}
	if owns {
		if ending, err = t.cfg.Keys.With(e.App, account.Id); err != nil {
			return err
		}
	}
	for _, m := range memberships {
		user, err := e.App.FindRecordById("users", m.GetString("user"))
		if err != nil {
			return fmt.Errorf("read a member: %w", err)
		}
		it := member{ID: user.Id, Name: user.GetString("name"), Email: user.Email(), Role: m.GetString("role"), Since: m.GetDateTime("created"),
			Deactivated: !user.GetDateTime("deactivated").IsZero()}
		if owns {
			has := !user.GetDateTime("second_factor_since").IsZero()
			it.SecondFactor = &has
			keys := ending[user.Id]
			it.Keys = &keys
		}
		body.Items = append(body.Items, it)
	}
	if owns {
		open, err := invitations.Open(e.App, account.Id, t.cfg.Clock.Now())
		if err != nil {
			return err
		}
		for _, r := range open {
			body.Invitations = append(body.Invitations, invitedOf(r))
		}
	}
	if id := account.GetString("agency"); id != "" {
		agency, err := e.App.FindRecordById("accounts", id)
		if err != nil {
			return fmt.Errorf("read the agency: %w", err)
		}
		name := agency.GetString("name")
		body.Agency = &name
	}
	return e.JSON(http.StatusOK, body)
}

// changeRole gives a member another role. Who owns an account is changed by
// someone who proved anew who they are.
func (t *Team) changeRole(e *core.RequestEvent, account *core.Record) error {
	var in struct {
		Role access.Role `json:"role"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	user := e.Request.PathValue("user")
	m, err := membership.Of(e.App, account.Id, user)
	if err != nil {
		return refused(e, err)
	}
	if !in.Role.Covers(access.Viewer) {
		return e.BadRequestError("The role is owner, analyst or viewer.", nil)
	}
	before := access.Role(m.GetString("role"))
	if before == in.Role {
		return e.NoContent(http.StatusNoContent)
	}
	if before == access.Owner || in.Role == access.Owner {
		if _, err := access.Fresh(e); err != nil {
			return err
		}
	}
	err = e.App.RunInTransaction(func(tx core.App) error {
		if err := membership.Enrol(tx, account.Id, user, in.Role); err != nil {
			return err
		}
		if before == access.Owner {
			if err := t.revokeOf(tx, account.Id, user); err != nil {
				return err
			}
		}
		if err := t.note(tx, e.Auth, account.Id, "member.role", "users/"+user, map[string]any{"from": before, "to": in.Role}); err != nil {
			return err
		}
		return t.tell(tx, account, fmt.Sprintf("%s changed your role to %s.", called(e.Auth), in.Role), true, user)
	})
	if err != nil {
		return refused(e, err)
	}
	return e.NoContent(http.StatusNoContent)
}

// remove ends somebody's membership: an owner anybody's, everyone their own.
func (t *Team) remove(e *core.RequestEvent, account *core.Record) error {
	user := e.Request.PathValue("user")
	leaves := user == e.Auth.Id
	if !leaves {
		if _, err := access.Require(e.App, e.Auth.Id, account.Id, access.Owner); err != nil {
			return refused(e, err)
		}
	}
	m, err := membership.Of(e.App, account.Id, user)
	if err != nil {
		return refused(e, err)
	}
	if !leaves && m.GetString("role") == string(access.Owner) {
		if _, err := access.Fresh(e); err != nil {
			return err
		}
	}
	err = e.App.RunInTransaction(func(tx core.App) error {
		if err := membership.Remove(tx, account.Id, user); err != nil {
			return err
		}
		if err := t.revokeOf(tx, account.Id, user); err != nil {
			return err
		}
		if !leaves {
			if err := t.note(tx, e.Auth, account.Id, "member.remove", "users/"+user, nil); err != nil {
				return err
			}
			return t.tell(tx, account, called(e.Auth)+" removed you from this account. You no longer see it.", false, user)
		}
		if err := t.note(tx, e.Auth, account.Id, "member.leave", "users/"+user, nil); err != nil {
			return err
		}
		owners, err := others(tx, account, user)
		if err != nil {
			return err
		}
		return t.tell(tx, account, called(e.Auth)+" left this account.", true, owners...)
	})
	if err != nil {
		return refused(e, err)
	}
	return e.NoContent(http.StatusNoContent)
}

// transfer makes another member the owner in one's own place.
func (t *Team) transfer(e *core.RequestEvent, account *core.Record) error {
	user := e.Request.PathValue("user")
	if _, err := membership.Of(e.App, account.Id, user); err != nil {
		return refused(e, err)
	}
	if _, err := access.Fresh(e); err != nil {
		return err
	}
	if user == e.Auth.Id {
		return e.BadRequestError("You own this account already. Choose another member.", nil)
	}
	err := e.App.RunInTransaction(func(tx core.App) error {
		give := func() error { return membership.Transfer(tx, account.Id, e.Auth.Id, user) }
		if _, err := membership.Of(tx, account.Id, e.Auth.Id); err != nil { // an agency's owner, who stays that
			give = func() error { return membership.Enrol(tx, account.Id, user, access.Owner) }
		}
		if err := give(); err != nil {
			return err
		}
		if err := t.revokeOf(tx, account.Id, e.Auth.Id); err != nil {
			return err
		}
		if err := t.note(tx, e.Auth, account.Id, "account.owner", "users/"+user, nil); err != nil {
			return err
		}
		if err := t.tell(tx, account, called(e.Auth)+" made you the owner of this account.", true, user); err != nil {
			return err
		}
		owners, err := others(tx, account, user)
		if err != nil {
			return err
		}
		to, err := tx.FindRecordById("users", user)
		if err != nil {
			return err
		}
		what := called(e.Auth) + " made " + called(to) + " the owner of this account in their place."
		told := []string{e.Auth.Id}
		for _, owner := range owners {
			if owner != e.Auth.Id {
				told = append(told, owner)
			}
		}
		return t.tell(tx, account, what, true, told...)
	})
	if err != nil {
		return refused(e, err)
	}
	return e.NoContent(http.StatusNoContent)
}

// revokeOf revokes the open invitations that a person made who no longer may:
// otherwise they could come back by one.
func (t *Team) revokeOf(tx core.App, account, user string) error {
	now := t.cfg.Clock.Now()
	open, err := invitations.Open(tx, account, now)
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.GetString("invited_by") != user {
			continue
		}
		if err := invitations.Revoke(tx, r, now); err != nil {
			return err
		}
	}
	return nil
}
