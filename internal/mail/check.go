package mail

import (
	"context"
	"crypto/tls"
	"errors"

	gomail "github.com/wneessen/go-mail"
)

// Check connects to the mail server, encrypts and signs in as Send does, and
// leaves without a mail. Its error is a *SendError whose stage says how far it
// came: connection, certificate or login.
func (s *SMTP) Check(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	conn, err := s.client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		failed := refused(err, "connection", false)
		var certificate *tls.CertificateVerificationError
		switch {
		case errors.As(err, &certificate):
			failed.Stage = "certificate"
		case failed.Code >= 530 && failed.Code < 540 || errors.Is(err, gomail.ErrNoSupportedAuthDiscovered): // RFC 4954 §6
			failed.Stage = "login"
		}
		failed.Temporary = false // it is not tried again: it was asked once, to see
		return failed
	}
	_ = s.client.CloseWithSMTPClient(conn) // it let us in, which is what was asked
	return nil
}
