package lwa

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

type network func(*http.Request) *http.Response

func (n network) RoundTrip(r *http.Request) (*http.Response, error) { return n(r), nil }

// FuzzTokenAnswer holds both grants, whatever Login with Amazon answers, to: no
// panic; a token or an error, never both; no credential and nothing of a
// success in the error; revoked only if Amazon says invalid_grant; and a
// terminal refusal is asked for once.
func FuzzTokenAnswer(f *testing.F) {
	const json = "application/json;charset=UTF-8"
	f.Add(uint16(200), json, []byte(granted("Atza|x").body))
	f.Add(uint16(200), "application/x-www-form-urlencoded", []byte("access_token=a&refresh_token=b&expires_in=3600"))
	f.Add(uint16(200), json, []byte(`{"access_token":"a","expires_in":"-1"}`))
	f.Add(uint16(200), json, []byte(`{"access_token":"a","expires_in":1e99}`))
	f.Add(uint16(400), json, []byte(`{"error":"invalid_grant","error_description":"Atzr|CANARY"}`))
	f.Add(uint16(401), json, []byte(`{"error":"invalid_client"}`))
	f.Add(uint16(502), "text/html", []byte("<html>"))
	f.Fuzz(func(t *testing.T, status uint16, kind string, body []byte) {
		asked := 0
		client := &http.Client{Transport: network(func(*http.Request) *http.Response {
			asked++
			return &http.Response{StatusCode: 200 + int(status)%400, Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(bytes.NewReader(body))}
		})}
		rotated := ""
		source := NewSource(Config{HTTP: client, TokenURL: "https://login.invalid/auth/o2/token", Clock: manual(),
			Credentials: func(context.Context) (Credentials, error) { return grant, nil },
			OnRotate:    func(_ context.Context, fresh string) error { rotated = fresh; return nil }})
		check := func(got string, err error) {
			if (got == "") == (err == nil) {
				t.Fatalf("token %q, error %v", got, err)
			}
			if err == nil {
				return
			}
			if text := err.Error(); len(text) > 1500 || strings.Contains(text, "Atzr|") || strings.Contains(text, canary+"secret") {
				t.Fatalf("%q", text)
			}
			if errors.Is(err, ErrRevoked) && !bytes.Contains(bytes.ToLower(body), []byte("grant")) && !bytes.Contains(body, []byte(`\u`)) && !strings.Contains(string(body), "%") {
				t.Fatalf("%v, of %q", err, body)
			}
		}
		got, err := source.Token(t.Context())
		check(got, err)
		if rotated == grant.RefreshToken {
			t.Fatal("an unchanged refresh token was stored")
		}
		before := asked
		if again, errAgain := source.Token(t.Context()); err == nil && again != got {
			t.Fatalf("%q, then %q", got, again)
		} else if (errors.Is(err, ErrRevoked) || errors.Is(err, ErrClient)) && (asked != before || !errors.Is(errAgain, err)) {
			t.Fatalf("a final refusal was asked for again, or became %v", errAgain)
		}
		check(Exchange{HTTP: client, TokenURL: "https://login.invalid/auth/o2/token", ClientID: grant.ClientID, ClientSecret: canary + "secret",
			RedirectURI: "https://h.example/callback", Verifier: "v"}.Refresh(t.Context(), code))
	})
}
