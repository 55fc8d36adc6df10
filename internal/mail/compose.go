package mail

import (
	"crypto/rand"
	"fmt"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// compose makes the mail: text and HTML of the same content, dated by the
// queue's clock.
func (q *Queue) compose(to, messageID string, c rendered) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(q.from)
	if err := m.To(to); err != nil {
		return nil, fmt.Errorf("%w: there is no usable address", ErrBlocked)
	}
	m.Subject(c.Subject)
	m.SetDateWithValue(q.Clock.Now())
	m.SetMessageIDWithValue(messageID)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(gomail.TypeTextPlain, c.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, c.HTML)
	return m, nil
}

// messageID makes a Message-ID, without its brackets, in the sender's domain.
func (q *Queue) messageID() string {
	domain := "halotrack.invalid"
	if q.from != nil {
		domain = q.from.Address[strings.LastIndex(q.from.Address, "@")+1:]
	}
	return strings.ToLower(rand.Text()) + "@" + domain
}
