package lwa

import (
	"context"
	"errors"
	"net/http"

	"golang.org/x/oauth2"
)

// Exchange is what turns a code that a person's consent gave into a grant. All
// fields but Verifier are required.
type Exchange struct {
	HTTP         *http.Client // readonly.Transport.Client
	TokenURL     string       // readonly.Endpoints.TokenURL
	ClientID     string
	ClientSecret string
	RedirectURI  string // exactly the one of the consent
	Verifier     string // of PKCE; empty: the consent was asked for without
}

// Refresh spends the code, which lives five minutes and is good once
// (spapi.md §5.1, adsapi.md §2.2), and returns the refresh token. Its errors
// are those of Source.Token, where ErrRevoked means that the code is not, or no
// longer, good; none holds the code or a token.
func (x Exchange) Refresh(ctx context.Context, code string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	app := oauth2.Config{
		ClientID: x.ClientID, ClientSecret: x.ClientSecret, RedirectURL: x.RedirectURI,
		Endpoint: oauth2.Endpoint{TokenURL: x.TokenURL, AuthStyle: oauth2.AuthStyleInParams},
	}
	var options []oauth2.AuthCodeOption
	if x.Verifier != "" {
		options = append(options, oauth2.VerifierOption(x.Verifier))
	}
	answer, err := app.Exchange(context.WithValue(ctx, oauth2.HTTPClient, x.HTTP), code, options...)
	if err != nil {
		return "", classify(err)
	}
	if answer.RefreshToken == "" {
		return "", errors.New("login with amazon gave no refresh token for the code")
	}
	return answer.RefreshToken, nil
}

// NewVerifier makes the secret of one consent with PKCE, and the challenge of
// method S256 that goes into the consent's address.
func NewVerifier() (verifier, challenge string) {
	verifier = oauth2.GenerateVerifier()
	return verifier, oauth2.S256ChallengeFromVerifier(verifier)
}
