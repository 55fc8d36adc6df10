// Package mail sends every mail of the product: a durable queue, templates that
// are rendered when a mail goes out, a gate before it, and one transport. No
// body is ever stored.
package mail

import (
	"context"
	"errors"
	"fmt"

	gomail "github.com/wneessen/go-mail"
)

// Class says under which rules a template is sent. It is fixed in code, per
// template.
type Class string

// Service mails are part of what the person asked for; no unsubscription stops
// them.
const Service Class = "service"

// Message asks for one mail to one person.
type Message struct {
	// Template is the name of one of the templates.
	Template string
	// User is the id of the person's user; their address is looked up when the
	// mail goes out. Either User or Address is given.
	User string
	// Address is where a person without a user is written to.
	Address string
	// Account is the id of the account that the mail is about, if any: erased
	// with it.
	Account string
	// Params fill the template: all that it names, nothing else. They are
	// erased once the mail has gone out or failed.
	Params map[string]string
}

// Row is a mail about to go out, as the gates see it.
type Row struct {
	ID       string
	Template string
	Class    Class
	User     string // id, or empty
	Address  string // where it goes; not for logs
	Account  string // id, or empty
}

// Gate decides whether a mail may go out now. An error that is ErrBlocked ends
// the mail; any other lets it be tried again later.
type Gate func(ctx context.Context, row Row) error

// Errors by which a caller decides.
var (
	// ErrBlocked is what a gate wraps to end a mail: fmt.Errorf("%w: suppressed", mail.ErrBlocked).
	ErrBlocked = errors.New("this person may not be written to")
	// ErrNoServer means that mails are waiting but no mail server is configured.
	ErrNoServer = errors.New("no mail server is configured: set HALOTRACK_SMTP_URL and HALOTRACK_MAIL_FROM")
	// ErrMessage means that a message does not fit its template.
	ErrMessage = errors.New("the message does not fit its template")
)

// Transport hands one mail to a mail server.
type Transport interface {
	// Send returns nil when the server has taken the mail, and a *SendError
	// otherwise.
	Send(ctx context.Context, msg *gomail.Msg) error
}

// SendError is a mail not taken. Its text holds nothing that the server said:
// servers repeat addresses.
type SendError struct {
	Stage     string // what failed: connection, certificate, login, sender, recipient, content
	Code      int    // SMTP reply code, 0 without one
	Enhanced  string // RFC 3463 status, empty without one
	Temporary bool   // worth trying again
}

// Error implements error.
func (e *SendError) Error() string {
	text := "the mail server refused the " + e.Stage
	if e.Code == 0 {
		text = "the mail server could not be used (" + e.Stage + ")"
	} else {
		text += fmt.Sprintf(" (%d", e.Code)
		if e.Enhanced != "" {
			text += " " + e.Enhanced
		}
		text += ")"
	}
	if e.Temporary {
		text += "; it will be tried again"
	}
	return text
}
