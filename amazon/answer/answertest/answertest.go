// Package answertest plays Amazon for tests that are about one answer and need
// no network.
package answertest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/internal/clock"
)

// Canary is in every secret: no error and no print may hold it.
const Canary = "CANARY"

const tokenPath = "/auth/o2/token"

type network func(*http.Request) *http.Response

// RoundTrip implements http.RoundTripper.
func (n network) RoundTrip(r *http.Request) (*http.Response, error) { return n(r), nil }

// Network grants every request of a token, and answers all others with the
// status and body. Nothing is sent.
func Network(status int, body []byte) http.RoundTripper {
	return network(func(r *http.Request) *http.Response {
		if r.URL.Path == tokenPath {
			return reply(http.StatusOK, []byte(`{"access_token":"Atza|`+Canary+`","token_type":"bearer","expires_in":3600}`))
		}
		return reply(status, body)
	})
}

func reply(status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body))}
}

// Tokens returns the access tokens of a grant, asked for through client.
func Tokens(client *http.Client) *lwa.Source {
	return lwa.NewSource(lwa.Config{
		HTTP: client, TokenURL: "https://login.invalid" + tokenPath, Clock: clock.NewManual(time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)),
		Credentials: func(context.Context) (lwa.Credentials, error) {
			return lwa.Credentials{ClientID: "id", ClientSecret: Canary, RefreshToken: "Atzr|" + Canary}, nil
		},
	})
}
