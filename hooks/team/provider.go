package team

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/invitations"
	"halotrack.ai/halotrack/internal/jsonbody"
)

// joinElsewhere sends an invited person who is new here to the provider, to show
// there that the address is theirs. Nothing is made before they come back.
func (t *Team) joinElsewhere(e *core.RequestEvent) error {
	var in joining
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	in.trim()
	if in.Password != "" {
		return e.BadRequestError("Who signs in at the provider needs no password here.", nil)
	}
	invitation, err := t.find(e.App, in.Token)
	if errors.Is(err, invitations.ErrVoid) {
		return e.BadRequestError(voidAnswer, nil)
	}
	if err != nil {
		return err
	}
	if wrong := t.wrongIn(in, invitation); wrong != "" {
		return e.BadRequestError(wrong, nil)
	}
	if user, err := e.App.FindAuthRecordByEmail("users", invitation.GetString("email")); err == nil {
		if err := mustBe(e, user); err != nil {
			return err
		}
		return e.BadRequestError("You are signed in with this address already. Accept the invitation.", nil)
	}
	if invitation.GetString("account") != "" {
		in.BusinessName, in.Kind = "", "" // of no account that is made
	}
	carried, err := json.Marshal(in)
	if err != nil {
		return err
	}
	address, err := t.cfg.Depart(e, string(carried))
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, map[string]string{"url": address})
}

// wrongIn says what is wrong with what somebody new wrote; empty: nothing.
func (t *Team) wrongIn(in joining, invitation *core.Record) string {
	if wrong := wrongName(in.Name); wrong != "" {
		return wrong
	}
	if invitation.GetString("account") == "" {
		return t.wrongBusiness(in)
	}
	return ""
}

// backTo is the page of an invitation, with what came of the trip.
func backTo(token, outcome string) string {
	page := "/join"
	if outcome != "" {
		page += "?provider=" + outcome
	}
	return page + "#" + token
}

var errIdentityTaken = errors.New("the identity is somebody else's")

// ComeBack lets in who was sent to the provider, if it vouches for the very
// address that was invited: person, identity, membership and, where the
// invitation makes one, account stand or fall together. What fails leads back
// to the invitation, which says why.
func (t *Team) ComeBack(e *core.RequestEvent, carried, email string, link func(tx core.App, user *core.Record) (taken bool, err error)) (page string, err error) {
	var in joining
	if err := json.Unmarshal([]byte(carried), &in); err != nil || strings.ContainsFunc(in.Token, notInToken) {
		return "/join?provider=failed", nil // nothing that we wrote
	}
	in.trim()
	if link == nil {
		return backTo(in.Token, "failed"), nil
	}
	invitation, err := t.find(e.App, in.Token)
	if errors.Is(err, invitations.ErrVoid) {
		return backTo(in.Token, ""), nil
	}
	if err != nil {
		return "", err
	}
	invited := invitation.GetString("email")
	if email == "" || !strings.EqualFold(strings.TrimSpace(email), strings.TrimSpace(invited)) {
		return backTo(in.Token, "address"), nil
	}
	if _, err := e.App.FindAuthRecordByEmail("users", invited); err == nil || t.wrongIn(in, invitation) != "" {
		return backTo(in.Token, ""), nil
	}
	user, err := t.unsaved(e.App, in.Name, invited)
	if err != nil {
		return "", err
	}
	user.SetRandomPassword() // nobody knows it: “Forgot your password” sets one
	_, err = t.join(e, user, in, func(tx core.App) error {
		taken, err := link(tx, user)
		if taken {
			return errIdentityTaken
		}
		return err
	})
	switch {
	case errors.Is(err, invitations.ErrVoid):
		return backTo(in.Token, ""), nil
	case errors.Is(err, errIdentityTaken):
		return backTo(in.Token, "taken"), nil
	case err != nil:
		return "", fmt.Errorf("accept an invitation at the provider: %w", err)
	}
	if err := t.cfg.Start(e, user, "provider"); err != nil {
		return "", err
	}
	return "/", nil
}

// notInToken reports what stands in no secret of an invitation, and could lead
// elsewhere in an address.
func notInToken(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
}
