package session

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/jsonbody"
)

// registerProvider binds the routes of signing in elsewhere, where a provider is
// configured.
func (s *Sessions) registerProvider(se *core.ServeEvent) {
	se.Router.GET(prefix+"/session/provider/name", s.providerName)
	se.Router.GET(prefix+"/session/provider", s.offered(s.signInElsewhere))
	se.Router.GET(callbackPath, s.offered(s.comeBack))
	se.Router.GET(prefix+"/me/provider", s.offered(s.identity))
	se.Router.POST(prefix+"/me/provider", s.offered(s.linkIdentity))
	se.Router.DELETE(prefix+"/me/provider", s.offered(s.unlinkIdentity))
	se.Router.POST(prefix+"/session/otp", s.giveCode)
}

// offered answers like an unknown address where there is no provider.
func (s *Sessions) offered(next func(*core.RequestEvent) error) func(*core.RequestEvent) error {
	return func(e *core.RequestEvent) error {
		if s.cfg.Provider.Issuer == "" {
			return e.NotFoundError("", nil)
		}
		return next(e)
	}
}

// providerName tells the page of signing in what to offer; null: nothing.
func (s *Sessions) providerName(e *core.RequestEvent) error {
	var name *string
	if s.cfg.Provider.Issuer != "" {
		name = &s.cfg.Provider.Name
	}
	return e.JSON(http.StatusOK, map[string]any{"name": name})
}

// Answers to coming back from the provider, as the pages read them from the
// address.
const (
	notLinked = "/login?provider=unlinked"
	notDone   = "/login?provider=failed"
	linked    = "/me?provider=linked"
	notMine   = "/me?provider=failed"
)

func (s *Sessions) signInElsewhere(e *core.RequestEvent) error {
	address, err := s.depart(e, trip{kind: tripIn}, "")
	if err != nil {
		return s.lost(e, err, notDone)
	}
	return e.Redirect(http.StatusFound, address)
}

// lost notes in the log why a trip came to nothing, and goes back to a page.
func (s *Sessions) lost(e *core.RequestEvent, err error, page string) error {
	e.App.Logger().Warn("signing in elsewhere came to nothing", slog.Any("error", err))
	return e.Redirect(http.StatusSeeOther, page)
}

// comeBack ends a trip to the provider. It signs in whoever linked the identity
// before, and nobody else: an e-mail address that the provider names opens no
// account. Only who holds an invitation to it joins by it.
func (s *Sessions) comeBack(e *core.RequestEvent) error {
	cookie, err := e.Request.Cookie(s.cfg.Provider.cookieName(s.cfg.Secure))
	if err != nil {
		return s.lost(e, errTrip, notDone)
	}
	s.setTrip(e, "", -1) // good once
	t, err := readTrip(cookie.Value, s.now())
	if err != nil {
		return s.lost(e, err, notDone)
	}
	switch t.kind {
	case tripLink:
		return s.comeBackToLink(e, t)
	case tripJoin:
		return s.comeBackToJoin(e, t)
	}
	who, err := s.arrive(e, t, "")
	if err != nil {
		return s.lost(e, err, notDone)
	}
	identity, err := s.identityOf(e.App, who.subject)
	if err != nil {
		return s.lost(e, errors.New("nobody linked this identity"), notLinked)
	}
	user, err := e.App.FindRecordById("users", identity.GetString("user"))
	if err != nil || !user.GetDateTime("deactivated").IsZero() {
		return s.lost(e, errors.New("the person of this identity is shut out"), notLinked)
	}
	if err := s.Start(e, user, factorProvider); err != nil {
		return err
	}
	return e.Redirect(http.StatusSeeOther, "/")
}

func (s *Sessions) identityOf(app core.App, subject string) (*core.Record, error) {
	return app.FindFirstRecordByFilter("identities", "issuer = {:issuer} && subject = {:subject}",
		dbx.Params{"issuer": s.cfg.Provider.Issuer, "subject": subject})
}

// identity says whether the person linked one.
func (s *Sessions) identity(e *core.RequestEvent) error {
	user, err := access.Verified(e)
	if err != nil {
		return err
	}
	n, err := e.App.CountRecords("identities", dbx.HashExp{"user": user.Id, "issuer": s.cfg.Provider.Issuer})
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, map[string]any{"name": s.cfg.Provider.Name, "linked": n > 0})
}

// linkIdentity begins a trip on which the person shows who they are elsewhere.
func (s *Sessions) linkIdentity(e *core.RequestEvent) error {
	if _, err := access.Fresh(e); err != nil {
		return err
	}
	address, err := s.depart(e, trip{kind: tripLink}, access.Session(e))
	if err != nil {
		e.App.Logger().Warn("the sign-in provider cannot be reached", slog.Any("error", err))
		return e.Error(http.StatusBadGateway, "The provider cannot be reached. Try again later.", nil)
	}
	return e.JSON(http.StatusOK, map[string]string{"url": address})
}

var errTaken = errors.New("the identity is linked to somebody else")

func (s *Sessions) comeBackToLink(e *core.RequestEvent, t trip) error {
	user, err := access.Fresh(e)
	if err != nil {
		return s.lost(e, errors.New("the session that asked for a link is over"), notMine)
	}
	who, err := s.arrive(e, t, access.Session(e))
	if err != nil {
		return s.lost(e, err, notMine)
	}
	err = e.App.RunInTransaction(func(tx core.App) error {
		tied, err := s.tie(tx, user, who.subject)
		if err != nil || !tied {
			return err
		}
		return s.noteIdentity(tx, user, "identity.link", "Signing in with "+s.cfg.Provider.Name+" was set up.")
	})
	if errors.Is(err, errTaken) {
		return s.lost(e, err, notMine)
	}
	if err != nil {
		return fmt.Errorf("link an identity: %w", err)
	}
	return e.Redirect(http.StatusSeeOther, linked)
}

func (s *Sessions) unlinkIdentity(e *core.RequestEvent) error {
	user, err := access.Fresh(e)
	if err != nil {
		return err
	}
	err = e.App.RunInTransaction(func(tx core.App) error {
		of := dbx.HashExp{"user": user.Id, "issuer": s.cfg.Provider.Issuer}
		n, err := tx.CountRecords("identities", of)
		if err != nil || n == 0 {
			return err
		}
		if _, err := tx.DB().Delete("identities", of).Execute(); err != nil {
			return err
		}
		return s.noteIdentity(tx, user, "identity.unlink", "Signing in with "+s.cfg.Provider.Name+" was removed.")
	})
	if err != nil {
		return fmt.Errorf("unlink an identity: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}

func (s *Sessions) noteIdentity(tx core.App, user *core.Record, action, what string) error {
	if err := s.tell(tx, user.Id, what); err != nil {
		return err
	}
	return activity.Note(tx, activity.Entry{At: s.now(), Kind: activity.Person, Actor: user.Id, Action: action, Subject: "users/" + user.Id})
}

// giveCode adds the second factor to a session that began without it.
func (s *Sessions) giveCode(e *core.RequestEvent) error {
	user, err := access.Person(e)
	if err != nil {
		return err
	}
	var in struct {
		OTP string `json:"otp"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if !hasTOTP(user) {
		return e.BadRequestError("No second factor is set up.", nil)
	}
	if err := s.refuseBlocked(e, user.Email()); err != nil {
		return err
	}
	factor, err := s.takeCode(e.Request.Context(), e.App, user, in.OTP)
	if err != nil {
		return err
	}
	if factor == "" {
		return s.failed(e, user.Email(), user, "The code is wrong, or was used before.", map[string]any{"otp": "wrong"})
	}
	if err := s.refuseBlocked(e, user.Email()); err != nil {
		return err
	}
	record, err := e.App.FindRecordById("sessions", access.Session(e))
	if err != nil {
		return e.UnauthorizedError("Sign in first.", nil)
	}
	record.Set("factors+", factor)
	record.Set("proved", s.now())
	if err := s.renew(e, e.App, record); err != nil {
		return err
	}
	return e.NoContent(http.StatusNoContent)
}
