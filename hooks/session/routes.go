package session

import (
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"
	"golang.org/x/crypto/bcrypt"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/jsonbody"
)

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	OTP      string `json:"otp"`
}

type person struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

type sessionBody struct {
	User                 person   `json:"user"`
	Staff                []string `json:"staff"`
	SecondFactor         bool     `json:"secondFactor"`         // one is set up
	SecondFactorRequired bool     `json:"secondFactorRequired"` // without one the accounts stay shut
	Fresh                bool     `json:"fresh"`                // signed in, or proved again, minutes ago
	Theme                string   `json:"theme"`                // system, light or dark
}

func (s *Sessions) body(e *core.RequestEvent, user *core.Record) sessionBody {
	staff := user.GetStringSlice("staff")
	if staff == nil {
		staff = []string{}
	}
	return sessionBody{
		User: person{user.Id, user.Email(), user.GetString("name")}, Staff: staff,
		SecondFactor: hasTOTP(user), SecondFactorRequired: s.cfg.SecondFactor.of(user), Fresh: access.IsFresh(e), Theme: themeOf(user),
	}
}

// nobody is the hash of no one's password: an unknown address costs the same time as a wrong
// password.
var nobody = sync.OnceValue(func() []byte {
	hash, _ := bcrypt.GenerateFromPassword([]byte("nobody"), bcrypt.DefaultCost) // fails for long passwords alone
	return hash
})

func (s *Sessions) signIn(e *core.RequestEvent) error {
	var in credentials
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if err := s.refuseBlocked(e, in.Email); err != nil {
		return err
	}
	user, err := e.App.FindAuthRecordByEmail("users", strings.TrimSpace(in.Email))
	if err != nil {
		_ = bcrypt.CompareHashAndPassword(nobody(), []byte(in.Password))
	}
	if err != nil || !user.ValidatePassword(in.Password) || !user.GetDateTime("deactivated").IsZero() {
		return s.failed(e, in.Email, user, "The e-mail address or the password is wrong.", nil)
	}
	if err := s.refuseBlocked(e, in.Email); err != nil {
		return err
	}
	factors := []string{factorPassword}
	if hasTOTP(user) {
		if in.OTP == "" {
			return refusal(http.StatusUnauthorized, "Enter the code of your second factor too.", map[string]any{"otp": "required"})
		}
		factor, err := s.takeCode(e.Request.Context(), e.App, user, in.OTP)
		if err != nil {
			return err
		}
		if factor == "" {
			return s.failed(e, in.Email, user, "The code is wrong, or was used before.", map[string]any{"otp": "wrong"})
		}
		if err := s.refuseBlocked(e, in.Email); err != nil {
			return err
		}
		factors = append(factors, factor)
	}
	if err := s.forgive(e.App, in.Email); err != nil {
		return err
	}
	if err := s.Start(e, user, factors...); err != nil {
		return err
	}
	return e.JSON(http.StatusOK, s.body(e, user))
}

// proveAgain lets a signed-in person show anew who they are.
func (s *Sessions) proveAgain(e *core.RequestEvent) error {
	user, err := access.Person(e)
	if err != nil {
		return err
	}
	var in struct {
		Password string `json:"password"`
		OTP      string `json:"otp"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if err := s.refuseBlocked(e, user.Email()); err != nil {
		return err
	}
	if !user.ValidatePassword(in.Password) {
		return s.failed(e, user.Email(), user, "The password is wrong.", nil)
	}
	if hasTOTP(user) {
		if in.OTP == "" {
			return refusal(http.StatusUnauthorized, "Enter the code of your second factor too.", map[string]any{"otp": "required"})
		}
		factor, err := s.takeCode(e.Request.Context(), e.App, user, in.OTP)
		if err != nil {
			return err
		}
		if factor == "" {
			return s.failed(e, user.Email(), user, "The code is wrong, or was used before.", map[string]any{"otp": "wrong"})
		}
	}
	if err := s.refuseBlocked(e, user.Email()); err != nil {
		return err
	}
	if err := s.forgive(e.App, user.Email()); err != nil {
		return err
	}
	record, err := e.App.FindRecordById("sessions", access.Session(e))
	if err != nil {
		return e.UnauthorizedError("Sign in first.", nil)
	}
	record.Set("proved", s.now())
	if err := s.renew(e, e.App, record); err != nil {
		return err
	}
	return e.NoContent(http.StatusNoContent)
}

func (s *Sessions) whoAmI(e *core.RequestEvent) error {
	user, err := access.Person(e)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, s.body(e, user))
}

func (s *Sessions) signOut(e *core.RequestEvent) error {
	if cookie, err := e.Request.Cookie(s.cookieName()); err == nil {
		if record, err := s.find(cookie.Value); err == nil {
			if err := e.App.Delete(record); err != nil {
				return err
			}
		}
	}
	s.setCookie(e, "", -1)
	return e.NoContent(http.StatusNoContent)
}

const longestName = 200

func (s *Sessions) rename(e *core.RequestEvent) error {
	user, err := access.Verified(e)
	if err != nil {
		return err
	}
	var in struct {
		Name string `json:"name"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	in.Name = strings.TrimSpace(in.Name)
	if in.Name == "" || utf8.RuneCountInString(in.Name) > longestName {
		return e.BadRequestError("Give a name of at most 200 characters.", nil)
	}
	user.Set("name", in.Name)
	if err := e.App.Save(user); err != nil {
		return err
	}
	return e.JSON(http.StatusOK, s.body(e, user))
}

// refusal is an error that answers with data of its own.
func refusal(status int, message string, data map[string]any) error {
	err := router.NewApiError(status, message, nil)
	if data != nil {
		err.Data = data
	}
	return err
}
