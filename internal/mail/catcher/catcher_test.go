package catcher

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"

	gomail "github.com/wneessen/go-mail"

	"halotrack.ai/halotrack/internal/mail"
)

func start(t *testing.T) *Catcher {
	t.Helper()
	c, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func send(t *testing.T, c *Catcher, subject, text, html string) {
	t.Helper()
	transport, err := mail.NewSMTP(c.SMTPURL())
	if err != nil {
		t.Fatal(err)
	}
	m := gomail.NewMsg()
	if err := m.From("halo@example.com"); err != nil {
		t.Fatal(err)
	}
	if err := m.To("ann@example.com"); err != nil {
		t.Fatal(err)
	}
	m.Subject(subject)
	m.SetBodyString(gomail.TypeTextPlain, text)
	m.AddAlternativeString(gomail.TypeTextHTML, html)
	if err := transport.Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, c *Catcher, path string) (*http.Response, string) {
	t.Helper()
	s := httptest.NewServer(c.Handler())
	defer s.Close()
	resp, err := s.Client().Get(s.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func TestMailsAreCaughtAndShown(t *testing.T) {
	c := start(t)
	if _, page := get(t, c, "/"); !strings.Contains(page, "No mail has been sent yet") {
		t.Error("the empty page does not say so")
	}
	send(t, c, "Käse & mehr", "Hallo = Käse\n", "<html><head></head><body><p>Käse</p><a href='https://halo.example.com'>x</a><script>alert(1)</script></body></html>")
	send(t, c, "<script>alert(2)</script>", "second", "<p>second</p>")
	mails := c.Mails()
	if len(mails) != 2 || mails[1].Subject != "Käse & mehr" || strings.TrimSpace(mails[1].Text) != "Hallo = Käse" || mails[1].To[0] != "ann@example.com" || mails[1].Date.IsZero() {
		t.Fatalf("%+v", mails)
	}
	resp, list := get(t, c, "/")
	if strings.Index(list, "alert(2)") > strings.Index(list, "Käse") || strings.Contains(list, "<script>") || !strings.Contains(list, "ann@example.com") {
		t.Errorf("list:\n%s", list)
	}
	csp := resp.Header.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
		t.Errorf("policy %q", csp)
	}
	_, one := get(t, c, "/1")
	for _, part := range []string{`sandbox="allow-popups`, `srcdoc="`, `&lt;base target=&#34;_blank&#34;&gt;`, "Hallo = Käse", "halo@example.com"} {
		if !strings.Contains(one, part) {
			t.Errorf("the page of a mail lacks %s:\n%s", part, one)
		}
	}
	if strings.Contains(one, "<script>") || strings.Contains(one, "allow-scripts") || strings.Contains(one, "allow-same-origin") {
		t.Error("a mail's script is on the page")
	}
	for _, path := range []string{"/3", "/0", "/x", "/1/2"} {
		if resp, _ := get(t, c, path); resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
}

func TestOnlyLoopback(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:25", "", "127.0.0.1"} {
		if c, err := Start(addr); err == nil {
			_ = c.Close()
			t.Errorf("%q was accepted", addr)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	c := start(t)
	for i := range maxMails + 3 {
		c.keep(parse(fmt.Appendf(nil, "Subject: %d\r\n\r\nx", i)))
	}
	mails := c.Mails()
	if len(mails) != maxMails || mails[0].Subject != fmt.Sprint(maxMails+2) || mails[len(mails)-1].Subject != "3" {
		t.Fatalf("%d mails, from %s to %s", len(mails), mails[len(mails)-1].Subject, mails[0].Subject)
	}
	addr := strings.TrimPrefix(c.SMTPURL(), "smtp://")
	err := smtp.SendMail(addr, nil, "a@example.com", []string{"b@example.com"}, []byte("Subject: big\r\n\r\n"+strings.Repeat("x\r\n", maxSize/3+100)))
	if err == nil {
		t.Error("a huge mail was taken")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("Subject: =?utf-8?q?K=C3=A4se?=\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+\r\n--b--"))
	f.Add([]byte("no mail"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := parse(raw)
		_ = m.Framed()
	})
}
