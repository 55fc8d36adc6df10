package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// server is a real mail server in the process, whose answers a test chooses.
type server struct {
	url string

	mu       sync.Mutex
	got      []received
	user     string // login needed, if given
	pass     string
	rcpt     func(to string) error
	from     func(from string) error
	data     func() error
	afterAck func() // runs once the mail is taken, before the answer
}

type received struct {
	from, to, raw string
	tls, login    bool
}

func (s *server) mails() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.got...)
}

func startServer(t testing.TB, s *server, cert *tls.Config) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	srv.Domain = "mail.test"
	srv.TLSConfig = cert
	srv.AllowInsecureAuth = true
	srv.ErrorLog = discard{}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	s.url = "smtp://" + l.Addr().String()
	return s
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

type session struct {
	server   *server
	conn     *smtp.Conn
	loggedIn bool
	mail     received
}

func (s *session) AuthMechanisms() []string {
	if s.server.user == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if user != s.server.user || pass != s.server.pass {
			return smtp.ErrAuthFailed
		}
		s.loggedIn = true
		return nil
	}), nil
}

func (s *session) Reset()        { s.mail = received{} }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.user != "" && !s.loggedIn {
		return smtp.ErrAuthRequired
	}
	s.mail.from = from
	if s.server.from != nil {
		return s.server.from(from)
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = to
	if s.server.rcpt != nil {
		return s.server.rcpt(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.server.data != nil {
		if err := s.server.data(); err != nil {
			return err
		}
	}
	_, s.mail.tls = s.conn.TLSConnectionState()
	s.mail.raw, s.mail.login = string(b), s.loggedIn
	s.server.mu.Lock()
	s.server.got = append(s.server.got, s.mail)
	s.server.mu.Unlock()
	if s.server.afterAck != nil {
		s.server.afterAck()
	}
	return nil
}

func refuse(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: text}
}

// certificate makes a certificate for 127.0.0.1 that nobody trusts.
func certificate(t testing.TB) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestSMTPLogsInAndEncrypts(t *testing.T) {
	for name, c := range map[string]struct {
		server *server
		cert   *tls.Config
		userAt string
		taken  bool
	}{
		"without login":  {&server{}, nil, "", true},
		"login":          {&server{user: "ann", pass: "p@ss/word"}, nil, "ann:p%40ss%2Fword@", true},
		"STARTTLS":       {&server{user: "ann", pass: "p@ss/word"}, certificate(t), "ann:p%40ss%2Fword@", true},
		"wrong password": {&server{user: "ann", pass: "other"}, nil, "ann:hunter2@", false},
		"login missing":  {&server{user: "ann", pass: "other"}, nil, "", false},
		"nobody asked":   {&server{}, nil, "ann:hunter2@", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, c.server, c.cert)
			transport, err := NewSMTP(strings.Replace(s.url, "smtp://", "smtp://"+c.userAt, 1))
			if err != nil {
				t.Fatal(err)
			}
			q := newQueue(t, transport)
			msg, err := q.compose("bob@example.com", "id@example.com", rendered{"Hello", "text", "<p>html</p>"})
			if err != nil {
				t.Fatal(err)
			}
			err = transport.Send(t.Context(), msg)
			if !c.taken {
				var refusal *SendError
				if !errors.As(err, &refusal) || !refusal.Temporary || len(s.mails()) != 0 {
					t.Fatalf("%v, want a temporary refusal: the operator can mend it", err)
				}
				if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "@") {
					t.Fatalf("the message says too much: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := s.mails()
			if len(got) != 1 || got[0].to != "bob@example.com" || got[0].from != "halo@example.com" || got[0].tls != (c.cert != nil) || got[0].login != (c.server.user != "") {
				t.Fatalf("%+v", got)
			}
		})
	}
}

func TestSMTPAddresses(t *testing.T) {
	for _, bad := range []string{"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://u:hunter2@host:x", "smtp://u:hunter2%zz@host"} {
		if _, err := NewSMTP(bad); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for address, want := range map[string]string{
		"smtp://u:p@mail.example.com":       "mail.example.com:587 TLSMandatory",
		"smtp://u:p@mail.example.com:2525":  "mail.example.com:2525 TLSMandatory",
		"smtp://127.0.0.1:2525":             "127.0.0.1:2525 TLSOpportunistic",
		"smtp://127.0.0.1.example.com:2525": "127.0.0.1.example.com:2525 TLSMandatory",
		"smtps://u:p@mail.example.com":      "mail.example.com:465 TLSMandatory",
	} {
		s, err := NewSMTP(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.client.ServerAddr() + " " + s.client.TLSPolicy(); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
