package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"net/url"
	"strconv"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
)

const smtpTimeout = 30 * time.Second

// SMTP is the transport to a mail server.
type SMTP struct {
	mu     sync.Mutex // go-mail's client is for one mail at a time
	client *gomail.Client
}

// NewSMTP returns the transport to smtp://user:pass@host:587, where STARTTLS is
// required except on loopback, or smtps://user:pass@host:465. The error never
// repeats the address: it holds a password.
func NewSMTP(address string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("the address of the mail server is not of the form smtp://user:password@host:587")
	}
	local := isLoopback(u.Hostname())
	options := []gomail.Option{
		gomail.WithTimeout(smtpTimeout),
		gomail.WithTLSConfig(&tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12,
			InsecureSkipVerify: local}), // what never leaves this machine needs no certificate
	}
	port := 587
	switch u.Scheme {
	case "smtp":
		policy := gomail.TLSMandatory
		if local {
			policy = gomail.TLSOpportunistic
		}
		options = append(options, gomail.WithTLSPolicy(policy))
	case "smtps":
		port = 465
		options = append(options, gomail.WithSSL())
	default:
		return nil, errors.New("the address of the mail server must begin with smtp:// or smtps://")
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, errors.New("the port of the mail server is not a number")
		}
	}
	options = append(options, gomail.WithPort(port))
	if u.User != nil {
		pass, _ := u.User.Password()
		options = append(options, gomail.WithUsername(u.User.Username()), gomail.WithPassword(pass), login(local))
	}
	client, err := gomail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("set up the mail server %s: %w", u.Hostname(), err)
	}
	return &SMTP{client: client}, nil
}

// login picks the ways to sign in. Only on loopback may a password go without
// encryption.
func login(local bool) gomail.Option {
	ways := []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5}
	if local {
		ways = []gomail.SMTPAuthType{gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc, gomail.SMTPAuthCramMD5}
	}
	return gomail.WithOpportunisticSMTPAuth(ways...)
}

// Send implements Transport: one connection a mail.
func (s *SMTP) Send(ctx context.Context, msg *gomail.Msg) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	conn, err := s.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return refused(err, "connection or login", true)
	}
	err = s.client.SendWithSMTPClient(conn, msg)
	_ = s.client.CloseWithSMTPClient(conn) // what the server took, it has
	if err == nil || msg.IsDelivered() {
		return nil
	}
	var g *gomail.SendError
	if errors.As(err, &g) {
		switch g.Reason {
		case gomail.ErrSMTPMailFrom: // our set-up is refused, not this mail: the operator can mend it
			return refused(err, "sender", true)
		case gomail.ErrSMTPRcptTo:
			return refused(err, "recipient", false)
		}
	}
	return refused(err, "content", false)
}

// refused sums up an error of go-mail, whose own text names the recipient. A
// reply of 5xx is final unless later says that it may change.
func refused(err error, stage string, later bool) *SendError {
	s := &SendError{Stage: stage}
	var g *gomail.SendError
	var reply *textproto.Error
	switch {
	case errors.As(err, &g):
		s.Code, s.Enhanced = g.ErrorCode(), g.EnhancedStatusCode()
	case errors.As(err, &reply):
		s.Code = reply.Code
	}
	s.Temporary = later || s.Code < 500
	return s
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
