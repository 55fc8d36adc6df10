package catcher

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"
)

// Mail is one mail that was caught.
type Mail struct {
	ID       int
	Received time.Time // by the machine's clock
	Date     time.Time // as the mail says; zero if it does not
	From     string
	To       []string // envelope
	Subject  string
	Text     string
	HTML     string
	Raw      []byte
}

const maxDepth = 5 // of parts within parts

// parse reads what can be read; a mail that is none is shown as text.
func parse(raw []byte) Mail {
	m := Mail{Raw: raw}
	msg, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		m.Subject, m.Text = "(not a mail)", string(raw)
		return m
	}
	decode := func(s string) string {
		if d, err := new(mime.WordDecoder).DecodeHeader(s); err == nil {
			return d
		}
		return s
	}
	m.From, m.Subject = decode(msg.Header.Get("From")), decode(msg.Header.Get("Subject"))
	if date, err := msg.Header.Date(); err == nil {
		m.Date = date.UTC()
	}
	m.part(msg.Header.Get("Content-Type"), msg.Header.Get("Content-Transfer-Encoding"), msg.Body, 0)
	return m
}

// part keeps the first text and the first HTML found.
func (m *Mail) part(contentType, encoding string, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth < maxDepth {
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if err != nil {
				return
			}
			m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p, depth+1)
		}
	}
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	b, err := io.ReadAll(body)
	if err != nil && len(b) == 0 {
		return
	}
	switch {
	case kind == "text/html" && m.HTML == "":
		m.HTML = string(b)
	case kind == "text/plain" && m.Text == "":
		m.Text = string(b)
	}
}
