// Package catcher is a mail server for demos and tests: it takes every mail,
// keeps the newest in memory, and shows them on a page. It listens on loopback
// only and delivers nothing.
package catcher

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"halotrack.ai/halotrack/internal/clock"
)

const (
	maxMails = 500
	maxSize  = 2 << 20 // bytes of one mail
	timeout  = time.Minute
)

// Catcher is a running mail catcher.
type Catcher struct {
	listener net.Listener
	server   *smtp.Server
	clock    clock.Clock

	mu    sync.Mutex
	last  int
	mails []Mail // oldest first
}

// Start listens on addr, a loopback address such as 127.0.0.1:0.
func Start(addr string) (*Catcher, error) {
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("the mail catcher listens on loopback only, not on %q", addr)
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start the mail catcher: %w", err)
	}
	c := &Catcher{listener: l, clock: clock.System()}
	c.server = smtp.NewServer(c)
	c.server.Domain = "localhost"
	c.server.MaxMessageBytes = maxSize
	c.server.MaxRecipients = 50
	c.server.ReadTimeout, c.server.WriteTimeout = timeout, timeout
	go func() { _ = c.server.Serve(l) }()
	return c, nil
}

// SMTPURL is the catcher's address for HALOTRACK_SMTP_URL.
func (c *Catcher) SMTPURL() string { return "smtp://" + c.listener.Addr().String() }

// Close stops listening; the mails stay readable.
func (c *Catcher) Close() error {
	if err := c.server.Close(); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
		return fmt.Errorf("stop the mail catcher: %w", err)
	}
	return nil
}

// Mails returns the mails held, newest first.
func (c *Catcher) Mails() []Mail {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(c.mails)
	slices.Reverse(all)
	return all
}

func (c *Catcher) find(id int) (Mail, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.mails, func(m Mail) bool { return m.ID == id })
	if i < 0 {
		return Mail{}, false
	}
	return c.mails[i], true
}

func (c *Catcher) keep(m Mail) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	m.ID = c.last
	if len(c.mails) == maxMails {
		c.mails = slices.Delete(c.mails, 0, 1)
	}
	c.mails = append(c.mails, m)
}

// NewSession implements smtp.Backend.
func (c *Catcher) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{catcher: c}, nil }

type session struct {
	catcher *Catcher
	to      []string
}

func (s *session) Reset()                               { s.to = nil }
func (s *session) Logout() error                        { return nil }
func (s *session) Mail(string, *smtp.MailOptions) error { return nil }
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := parse(raw)
	m.To, m.Received = s.to, s.catcher.clock.Now()
	s.catcher.keep(m)
	return nil
}
