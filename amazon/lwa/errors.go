package lwa

import (
	"errors"
	"strconv"
	"strings"
)

var (
	// ErrRevoked means that the refresh token is dead: the seller revoked it,
	// or did not renew it in 365 days. Nothing of this seller works until they
	// connect again (spapi.md §5.5).
	ErrRevoked = errors.New("the authorisation was revoked or has expired; the seller must connect again")
	// ErrClient means that the application's own id or secret is not accepted,
	// or the secret is older than 180 days. No seller has lost anything; the
	// operator must enter the current secret.
	ErrClient = errors.New("the application's client id or secret is not accepted; the operator must renew it")
)

// Error is an answer of Login with Amazon other than a token. It holds no
// credential. errors.Is finds ErrRevoked and ErrClient; any other Error is
// worth another try later.
type Error struct {
	Status      int    // HTTP status
	Code        string // invalid_grant, invalid_client, …; empty where the answer was not understood
	Description string // Amazon's text, redacted
}

func (e *Error) Error() string {
	text := "login with amazon: status " + strconv.Itoa(e.Status)
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Description != "" {
		text += ": " + e.Description
	}
	return text
}

// Is implements the classes for errors.Is.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrRevoked:
		return e.Code == "invalid_grant"
	case ErrClient:
		return e.Code == "invalid_client" || e.Code == "unauthorized_client" ||
			strings.Contains(strings.ToLower(e.Description), "lwa secret")
	}
	return false
}
