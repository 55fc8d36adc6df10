package mail

import (
	"bytes"
	netmail "net/mail"
	"testing"

	"halotrack.ai/halotrack/internal/clock"
)

// FuzzAddress holds a mail to one recipient and to the headers that it is given,
// whatever a person typed as their address: no second recipient, no header of
// theirs.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"bob@example.com", "Bob <bob@example.com>", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "\"a\\\"b\"@example.com", "josé@exämple.com", "@", "a@[127.0.0.1]", "=?utf-8?q?a=40b?= <c@d.example>"} {
		f.Add(seed, "Subject")
	}
	f.Add("bob@example.com", "x\r\nBcc: c@d.example")
	q := &Queue{Clock: clock.NewManual(start), from: &netmail.Address{Name: "HaloTrack", Address: "halo@example.com"}}
	f.Fuzz(func(t *testing.T, address, subject string) {
		msg, err := q.compose(address, "id@example.com", rendered{subject, "text", "<p>html</p>"})
		if err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := msg.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(&b)
		if err != nil {
			t.Fatalf("%q: %v", address, err)
		}
		for name := range m.Header {
			switch name {
			case "From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "Mime-Version", "Content-Type", "Content-Transfer-Encoding":
			default:
				t.Fatalf("%q makes the header %s", address, name)
			}
		}
		to, err := m.Header.AddressList("To")
		if err != nil || len(to) != 1 || len(m.Header["To"]) != 1 || len(m.Header["Subject"]) != 1 {
			t.Fatalf("%q: to %v, %v", address, m.Header["To"], err)
		}
		if rcpt, err := msg.GetRecipients(); err != nil || len(rcpt) != 1 || rcpt[0] != (&netmail.Address{Address: to[0].Address}).String() {
			t.Fatalf("%q: sent to %q, addressed to %q (%v)", address, rcpt, to, err)
		}
	})
}
