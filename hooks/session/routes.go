package session

import (
	"net/http"
	"strings"
	"sync"

	"github.com/pocketbase/pocketbase/core"
	"golang.org/x/crypto/bcrypt"
)

type credentials struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type person struct {
	ID    string `json:"id"`
	Email string `json:"email"`
	Name  string `json:"name"`
}

type sessionBody struct {
	User  person   `json:"user"`
	Staff []string `json:"staff"`
}

func body(user *core.Record) sessionBody {
	staff := user.GetStringSlice("staff")
	if staff == nil {
		staff = []string{}
	}
	return sessionBody{person{user.Id, user.Email(), user.GetString("name")}, staff}
}

// nobody is the hash of no one's password: an unknown address costs the same time as a wrong
// password.
var nobody = sync.OnceValue(func() []byte {
	hash, _ := bcrypt.GenerateFromPassword([]byte("nobody"), bcrypt.DefaultCost) // fails for long passwords alone
	return hash
})

func (s *Sessions) signIn(e *core.RequestEvent) error {
	var in credentials
	if err := e.BindBody(&in); err != nil {
		return e.BadRequestError("Send email and password as JSON.", nil)
	}
	user, err := e.App.FindAuthRecordByEmail("users", strings.TrimSpace(in.Email))
	if err != nil {
		_ = bcrypt.CompareHashAndPassword(nobody(), []byte(in.Password))
	}
	if err != nil || !user.ValidatePassword(in.Password) {
		return e.UnauthorizedError("The e-mail address or the password is wrong.", nil)
	}
	if err := s.start(e, user); err != nil {
		return err
	}
	return e.JSON(http.StatusOK, body(user))
}

func (s *Sessions) whoAmI(e *core.RequestEvent) error {
	e.Response.Header().Set("Cache-Control", "no-store")
	if e.Auth == nil || e.Auth.Collection().Name != "users" {
		return e.UnauthorizedError("Sign in first.", nil)
	}
	return e.JSON(http.StatusOK, body(e.Auth))
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
