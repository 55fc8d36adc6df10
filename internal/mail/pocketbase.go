package mail

import (
	"context"
	"fmt"
	"io"
	"net/textproto"
	"strings"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/mailer"
	gomail "github.com/wneessen/go-mail"
)

// bind wakes the queue when a mail was committed, and sends PocketBase's own
// mails through the queue's transport: never through the host's sendmail, and
// with an error where no mail server is configured (pocketbase.md §3.2).
func (q *Queue) bind() {
	q.App.OnRecordAfterCreateSuccess(CollectionName).BindFunc(func(e *core.RecordEvent) error {
		select {
		case q.wake <- struct{}{}:
		default:
		}
		return e.Next()
	})
	q.App.OnMailerSend().BindFunc(func(e *core.MailerEvent) error {
		e.Mailer = pocketbaseMailer{q}
		return e.Next()
	})
}

// pocketbaseMailer is the queue's transport as PocketBase calls it.
type pocketbaseMailer struct{ q *Queue }

// Send implements mailer.Mailer. The sender is always ours.
func (p pocketbaseMailer) Send(m *mailer.Message) error {
	q := p.q
	if q.Transport == nil {
		return ErrNoServer
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(q.from)
	for i := range m.To {
		msg.AddToMailAddress(&m.To[i])
	}
	for i := range m.Cc {
		msg.AddCcMailAddress(&m.Cc[i])
	}
	for i := range m.Bcc {
		msg.AddBccMailAddress(&m.Bcc[i])
	}
	msg.Subject(oneLine(m.Subject))
	msg.SetDateWithValue(q.Clock.Now())
	msg.SetMessageIDWithValue(q.messageID())
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	for name, value := range m.Headers {
		if name = textproto.CanonicalMIMEHeaderKey(name); !ours[name] && !strings.ContainsFunc(name, notInHeaderName) {
			msg.SetGenHeader(gomail.Header(name), oneLine(value))
		}
	}
	text := m.Text
	if text == "" {
		text = "This mail is written in HTML."
	}
	msg.SetBodyString(gomail.TypeTextPlain, text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	for name, r := range m.Attachments {
		if err := attach(msg.AttachReader, name, r); err != nil {
			return err
		}
	}
	for name, r := range m.InlineAttachments {
		if err := attach(msg.EmbedReader, name, r); err != nil {
			return err
		}
	}
	if err := q.Transport.Send(context.Background(), msg); err != nil {
		return fmt.Errorf("send a mail of PocketBase: %w", err)
	}
	return nil
}

// ours are the headers that no caller may set past the fields of the message.
var ours = map[string]bool{"Date": true, "Message-Id": true, "Auto-Submitted": true, "Subject": true,
	"From": true, "Sender": true, "To": true, "Cc": true, "Bcc": true}

func notInHeaderName(r rune) bool { return r <= ' ' || r > '~' || r == ':' }

func attach(add func(string, io.Reader, ...gomail.FileOption) error, name string, r io.Reader) error {
	if err := add(oneLine(name), r); err != nil {
		return fmt.Errorf("attach a file: %w", err)
	}
	return nil
}
