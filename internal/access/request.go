package access

import (
	"errors"
	"net/http"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"
)

// Scope is what an API key may be used for.
type Scope string

// The scopes. NoKey is for routes that no key opens.
const (
	NoKey      Scope = ""
	Read       Scope = "read"        // the read routes of its account
	ExportRead Scope = "export:read" // downloads of its account
)

// Signed is what the session room found out about the person behind a request.
type Signed struct {
	Session       string // id of the session
	MissingFactor bool   // a second factor is required of the person and not set up, or was not given
	Fresh         bool   // they proved who they are within the last minutes
}

const (
	signedKey = "haloTrackSigned"
	apiKeyKey = "haloTrackKey"
)

// NoteSigned says who is behind the request; the person is e.Auth.
func NoteSigned(e *core.RequestEvent, s Signed) { e.Set(signedKey, s) }

// NoteKey says that a valid API key is behind the request.
func NoteKey(e *core.RequestEvent, key *core.Record) { e.Set(apiKeyKey, key) }

// Session returns the id of the request's session, empty without one.
func Session(e *core.RequestEvent) string { return signed(e).Session }

func signed(e *core.RequestEvent) Signed {
	s, _ := e.Get(signedKey).(Signed)
	return s
}

// Person returns the user behind the request. Without one the error answers
// 401. It says nothing of a second factor: routes with which one sets it up ask
// this, all others Verified.
func Person(e *core.RequestEvent) (*core.Record, error) {
	if e.Auth == nil || e.Auth.Collection().Name != "users" || signed(e).Session == "" { // a token of PocketBase's shows no second factor
		return nil, e.UnauthorizedError("Sign in first.", nil)
	}
	return e.Auth, nil
}

// Verified is Person who has given the second factor where one is required; if
// it is missing the error answers 403 with {"secondFactor":"required"}.
func Verified(e *core.RequestEvent) (*core.Record, error) {
	user, err := Person(e)
	if err != nil {
		return nil, err
	}
	if signed(e).MissingFactor {
		return nil, answer(http.StatusForbidden, "Set up a second factor first: it is required of everyone who sees this.", "secondFactor", "required")
	}
	return user, nil
}

// Fresh is Verified who has proved within the last minutes who they are; if not
// the error answers 403 with {"fresh":"required"}.
func Fresh(e *core.RequestEvent) (*core.Record, error) {
	user, err := Verified(e)
	if err != nil {
		return nil, err
	}
	return user, recent(e)
}

// FreshPerson is Fresh without asking for a second factor, for setting one up.
func FreshPerson(e *core.RequestEvent) (*core.Record, error) {
	user, err := Person(e)
	if err != nil {
		return nil, err
	}
	return user, recent(e)
}

func recent(e *core.RequestEvent) error {
	if signed(e).Fresh {
		return nil
	}
	return answer(http.StatusForbidden, "Enter your password again first.", "fresh", "required")
}

// StaffRole is a duty of an operator of this installation.
type StaffRole string

// The staff roles, each of which sees only its part.
const (
	Triage   StaffRole = "triage"
	Privacy  StaffRole = "privacy"
	Security StaffRole = "security"
)

// Staff returns the user behind the request if they have the staff role. Others
// get the answer of an address that does not exist.
func Staff(e *core.RequestEvent, role StaffRole) (*core.Record, error) {
	user, err := Person(e)
	if err != nil {
		return nil, err
	}
	for _, has := range user.GetStringSlice("staff") {
		if has == string(role) {
			return Verified(e)
		}
	}
	return nil, e.NotFoundError("", nil)
}

// Handler answers a request about an account.
type Handler func(e *core.RequestEvent, account *core.Record) error

// Guarded lets the handler see the account of the path ({account}) only if the
// person's role in it covers need, or an API key of it has the scope. Another's
// account and none at all get the same answer.
func Guarded(need Role, scope Scope, next Handler) func(*core.RequestEvent) error {
	return func(e *core.RequestEvent) error {
		account, err := Allowed(e, e.Request.PathValue("account"), need, scope)
		if err != nil {
			return err
		}
		return next(e, account)
	}
}

// Allowed is Guarded for an account named elsewhere than in the path. Its
// errors answer the request.
func Allowed(e *core.RequestEvent, account string, need Role, scope Scope) (*core.Record, error) {
	if key, ok := e.Get(apiKeyKey).(*core.Record); ok {
		return ofKey(e, key, account, scope)
	}
	user, err := Verified(e)
	if err != nil {
		return nil, err
	}
	record, err := Require(e.App, user.Id, account, need)
	if errors.Is(err, ErrNotFound) {
		return nil, e.NotFoundError("", nil)
	}
	return record, err
}

// Seen lists the accounts that the person behind the request may see, or the one
// whose API key reads. Its errors answer the request.
func Seen(e *core.RequestEvent) ([]Grant, error) {
	if key, ok := e.Get(apiKeyKey).(*core.Record); ok {
		account, err := ofKey(e, key, key.GetString("account"), Read)
		if err != nil {
			return nil, err
		}
		return []Grant{{Account: account, Role: Viewer}}, nil
	}
	user, err := Verified(e)
	if err != nil {
		return nil, err
	}
	return Grants(e.App, user.Id)
}

func ofKey(e *core.RequestEvent, key *core.Record, account string, scope Scope) (*core.Record, error) {
	record, err := e.App.FindRecordById("accounts", account)
	if err != nil || key.GetString("account") != record.Id {
		return nil, e.NotFoundError("", nil)
	}
	for _, has := range key.GetStringSlice("scopes") {
		if scope != NoKey && has == string(scope) {
			return record, nil
		}
	}
	return nil, e.ForbiddenError("This API key may not do that.", nil)
}

// answer is an error that answers with one entry of data, which PocketBase's
// own constructors would take for a validation error.
func answer(status int, message, name, value string) error {
	err := router.NewApiError(status, message, nil)
	err.Data = map[string]any{name: value}
	return err
}

// IsFresh reports whether the person proved within the last minutes who they
// are.
func IsFresh(e *core.RequestEvent) bool { return signed(e).Fresh }
