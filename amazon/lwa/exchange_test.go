package lwa

import (
	"errors"
	"strings"
	"testing"
)

const code = "RHcode" + canary

func (s *service) exchange(verifier string) Exchange {
	return Exchange{HTTP: s.Client(), TokenURL: s.URL + "/auth/o2/token", ClientID: grant.ClientID, ClientSecret: grant.ClientSecret,
		RedirectURI: "https://halotrack.example.com/api/halotrack/connect/ads/callback", Verifier: verifier}
}

func TestExchangeSendsWhatTheConsentWasAskedWith(t *testing.T) {
	for _, verifier := range []string{"", "verifier" + canary} {
		s := newService(t, granted("Atza|1"))
		x := s.exchange(verifier)
		if got, err := x.Refresh(t.Context(), code); err != nil || got != grant.RefreshToken {
			t.Fatalf("%v", err)
		}
		form := s.forms[0]
		for name, want := range map[string]string{"grant_type": "authorization_code", "code": code, "redirect_uri": x.RedirectURI,
			"client_id": grant.ClientID, "client_secret": grant.ClientSecret, "code_verifier": verifier} {
			if form.Get(name) != want {
				t.Errorf("%s is not what it must be", name)
			}
		}
	}
}

func TestExchangeErrorsHoldNoCodeAndNoToken(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer answer
		is     error
	}{
		{"spent code", answer{400, `{"error":"invalid_grant","error_description":"The request has an invalid grant parameter : code ` + code[:0] + `Atzr|` + canary + `"}`}, ErrRevoked},
		{"wrong secret", answer{401, `{"error":"invalid_client","error_description":"Client authentication failed"}`}, ErrClient},
		{"no token", answer{200, `{"token_type":"bearer","refresh_token":"Atzr|` + canary + `"}`}, nil},
		{"no refresh token", answer{200, `{"access_token":"Atza|` + canary + `","token_type":"bearer","expires_in":3600}`}, nil},
		{"not JSON", answer{502, "<html>" + canary}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newService(t, c.answer)
			_, err := s.exchange("v").Refresh(t.Context(), code)
			if err == nil || c.is != nil && !errors.Is(err, c.is) {
				t.Fatalf("%v", err)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
	s := newService(t, granted("Atza|1"))
	s.Close()
	if _, err := s.exchange("v").Refresh(t.Context(), code); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("without a server: %v", err)
	}
}
