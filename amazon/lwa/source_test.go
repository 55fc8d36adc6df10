package lwa

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

const canary = "CANARY"

var grant = Credentials{ClientID: "amzn1.application-oa2-client.1", ClientSecret: "amzn1.oa2-cs.v1." + canary, RefreshToken: "Atzr|" + canary}

type answer struct {
	status int
	body   string
}

// service is Login with Amazon: it answers by turns and keeps the last answer.
type service struct {
	*httptest.Server
	mu      sync.Mutex
	answers []answer
	forms   []url.Values
	gate    chan struct{} // nil: answers at once
}

func newService(t *testing.T, answers ...answer) *service {
	s := &service{answers: answers}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		s.mu.Lock()
		s.forms = append(s.forms, form)
		a := s.answers[0]
		if len(s.answers) > 1 {
			s.answers = s.answers[1:]
		}
		gate := s.gate
		s.mu.Unlock()
		if gate != nil {
			<-gate
		}
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.WriteHeader(a.status)
		io.WriteString(w, a.body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) asked() int { s.mu.Lock(); defer s.mu.Unlock(); return len(s.forms) }

func (s *service) source(c clock.Clock, change func(*Config)) *Source {
	cfg := Config{HTTP: s.Client(), TokenURL: s.URL + "/auth/o2/token", Clock: c,
		Credentials: func(context.Context) (Credentials, error) { return grant, nil }}
	if change != nil {
		change(&cfg)
	}
	return NewSource(cfg)
}

func granted(token string) answer {
	return answer{200, `{"access_token":"` + token + `","refresh_token":"` + grant.RefreshToken + `","token_type":"bearer","expires_in":3600}`}
}

func manual() *clock.Manual { return clock.NewManual(time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC)) }

// spapi.md trap 54
func TestTokenIsKeptAndReplacedEarly(t *testing.T) {
	c := manual()
	s := newService(t, granted("Atza|1"), granted("Atza|2"))
	source := s.source(c, nil)
	for _, step := range []struct {
		wait time.Duration
		want string
	}{{0, "Atza|1"}, {54 * time.Minute, "Atza|1"}, {61 * time.Second, "Atza|2"}} {
		c.Advance(step.wait)
		if got, err := source.Token(t.Context()); err != nil || got != step.want {
			t.Fatalf("after %s: %q, %v", step.wait, got, err)
		}
	}
	form := s.forms[0]
	for name, want := range map[string]string{"grant_type": "refresh_token", "refresh_token": grant.RefreshToken, "client_id": grant.ClientID, "client_secret": grant.ClientSecret} {
		if form.Get(name) != want {
			t.Errorf("%s is not what it must be", name)
		}
	}
}

// spapi.md trap 53
func TestOneRefreshForAll(t *testing.T) {
	s := newService(t, granted("Atza|1"))
	s.gate = make(chan struct{})
	source := s.source(manual(), nil)
	// The first to ask leaves; the refresh is for the others too.
	impatient, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := source.Token(impatient); !errors.Is(err, context.Canceled) {
			t.Errorf("the impatient one: %v", err)
		}
	})
	for s.asked() == 0 {
		runtime.Gosched()
	}
	leave()
	wg.Wait()
	var got atomic.Int32
	for range 50 {
		wg.Go(func() {
			if token, err := source.Token(t.Context()); err == nil && token == "Atza|1" {
				got.Add(1)
			}
		})
	}
	close(s.gate)
	wg.Wait()
	if got.Load() != 50 || s.asked() != 1 {
		t.Errorf("%d of 50 got the token, in %d requests", got.Load(), s.asked())
	}
}

func TestInvalidateForgetsOnlyThatToken(t *testing.T) {
	s := newService(t, granted("Atza|1"), granted("Atza|2"))
	source := s.source(manual(), nil)
	first, _ := source.Token(t.Context())
	source.Invalidate(first)
	second, _ := source.Token(t.Context())
	source.Invalidate(first) // late: its token was replaced already
	third, _ := source.Token(t.Context())
	if first != "Atza|1" || second != "Atza|2" || third != second || s.asked() != 2 {
		t.Errorf("%s %s %s in %d requests", first, second, third, s.asked())
	}
}

// spapi.md trap 50
// spapi.md trap 52
// adsapi.md trap 6
func TestErrorClasses(t *testing.T) {
	for _, c := range []struct {
		name            string
		answer          answer
		revoked, client bool
		requests        int
	}{
		{"revoked", answer{400, `{"error":"invalid_grant","error_description":"The request has an invalid grant parameter : refresh_token. User may have revoked or didn't grant the permission."}`}, true, false, 1},
		{"wrong secret", answer{401, `{"error":"invalid_client","error_description":"Client authentication failed"}`}, false, true, 1},
		{"wrong grant type", answer{400, `{"error":"unsupported_grant_type","error_description":"x","error_index":"y","request_id":"z"}`}, false, false, 2},
		{"in trouble", answer{503, `<html>busy</html>`}, false, false, 2},
		{"throttled", answer{429, ``}, false, false, 2},
		{"half an answer", answer{200, `{"access_`}, false, false, 2},
		{"no token", answer{200, `{}`}, false, false, 2},
		{"echo of a secret", answer{400, `{"error":"Atzr|CANARY","error_description":"bad token Atzr|CANARY of amzn1.oa2-cs.v1.CANARY"}`}, false, false, 2},
	} {
		s := newService(t, c.answer)
		source := s.source(manual(), nil)
		for range 2 {
			_, err := source.Token(t.Context())
			if err == nil || errors.Is(err, ErrRevoked) != c.revoked || errors.Is(err, ErrClient) != c.client {
				t.Errorf("%s: %v", c.name, err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), canary) {
				t.Errorf("%s: the error holds a secret: %v", c.name, err)
			}
		}
		if s.asked() != c.requests {
			t.Errorf("%s: %d requests for two questions, want %d", c.name, s.asked(), c.requests)
		}
	}
}

// spapi.md trap 52: nobody tells that a refused application is accepted again.
func TestARefusedApplicationIsTriedAgain(t *testing.T) {
	s := newService(t, answer{401, `{"error":"invalid_client"}`}, granted("Atza|1"))
	now := manual()
	source := s.source(now, nil)
	for _, after := range []time.Duration{0, clientPause - time.Second} {
		now.Advance(after)
		if _, err := source.Token(t.Context()); !errors.Is(err, ErrClient) {
			t.Fatal(err)
		}
	}
	if s.asked() != 1 {
		t.Errorf("%d requests within the pause, want 1", s.asked())
	}
	now.Advance(time.Second)
	if token, err := source.Token(t.Context()); err != nil || token != "Atza|1" {
		t.Error(token, err)
	}
}

func TestNewCredentialsEndARevocation(t *testing.T) {
	s := newService(t, answer{400, `{"error":"invalid_grant"}`}, granted("Atza|1"))
	now := grant
	source := s.source(manual(), func(c *Config) {
		c.OnRotate = func(context.Context, string) error { return nil }
		c.Credentials = func(context.Context) (Credentials, error) { return now, nil }
	})
	if _, err := source.Token(t.Context()); !errors.Is(err, ErrRevoked) {
		t.Fatal(err)
	}
	now.RefreshToken = "Atzr|reconnected"
	if token, err := source.Token(t.Context()); err != nil || token != "Atza|1" {
		t.Error(token, err)
	}
}

func TestRotatedRefreshTokenIsStoredFirst(t *testing.T) {
	rotated := answer{200, `{"access_token":"Atza|1","refresh_token":"Atzr|new","token_type":"bearer","expires_in":3600}`}
	s := newService(t, rotated)
	var stored string
	fail := errors.New("disk full")
	source := s.source(manual(), func(c *Config) {
		c.OnRotate = func(_ context.Context, refresh string) error {
			if stored = refresh; s.asked() == 1 {
				return fail
			}
			return nil
		}
	})
	if _, err := source.Token(t.Context()); !errors.Is(err, fail) {
		t.Fatalf("a token that was not stored is used: %v", err)
	}
	if token, err := source.Token(t.Context()); err != nil || token != "Atza|1" || stored != "Atzr|new" {
		t.Error(token, err, stored)
	}
	if _, err := s.source(manual(), nil).Token(t.Context()); err == nil {
		t.Error("a rotation got lost")
	}
}

func TestUsable(t *testing.T) {
	for seconds, want := range map[int64]time.Duration{3600: 55 * time.Minute, 0: 55 * time.Minute, -1: 55 * time.Minute, 1 << 40: 55 * time.Minute, 600: 5 * time.Minute, 60: 30 * time.Second} {
		if got := usable(seconds); got != want {
			t.Errorf("%d: %s, want %s", seconds, got, want)
		}
	}
}

// spapi.md trap 59
func TestCredentialsNeverShow(t *testing.T) {
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	s := newService(t, granted("Atza|"+canary))
	source := s.source(manual(), nil)
	if _, err := source.Token(t.Context()); err != nil {
		t.Fatal(err)
	}
	logger.Info("x", "grant", grant, "pointer", &grant, "in", map[string]any{"g": grant}, "source", source)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "grant", grant, "in", struct{ G Credentials }{grant}, "source", source)
	fmt.Fprintf(&log, "%v %+v %#v %s %q %v %#v %v", grant, grant, grant, grant, grant, &grant, []Credentials{grant}, source)
	raw, err := json.Marshal(map[string]any{"grant": grant, "pointer": &grant})
	if err != nil {
		t.Fatal(err)
	}
	if text := log.String() + string(raw); strings.Contains(text, canary) {
		t.Errorf("a secret shows: %s", text)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("token Atzr|abc and amzn1.oa2-cs.v1.def")
	f.Fuzz(func(t *testing.T, text string) {
		out := Redact(text + " Atza|" + canary)
		if strings.Contains(out, "|"+canary) || len(out) > 600 {
			t.Fatalf("%q", out)
		}
	})
}
