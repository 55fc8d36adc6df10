package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/jobs/ingest"
)

// connectRequest is one self-authorised grant. It crosses the server's socket,
// never a log or an error.
type connectRequest struct {
	API          string `json:"api"`
	Account      string `json:"account"`
	Region       string `json:"region"`
	SellerID     string `json:"sellerId"`
	RefreshToken string `json:"refreshToken"`
	ClientID     string `json:"clientId"`
	ClientSecret string `json:"clientSecret"`
}

type connectResult struct {
	ID           string             `json:"id"`
	API          string             `json:"api"`
	Marketplaces []ingest.Market    `json:"marketplaces,omitempty"`
	Profiles     []ingest.AdProfile `json:"profiles,omitempty"`
}

const actorCLI = "cli"

func (p *Program) connectCommand() *cobra.Command {
	return group("connect", "Connect an account to Amazon with a refresh token", p.connectAPI(ingest.APISeller), p.connectAPI(ingest.APIAds))
}

func (p *Program) connectAPI(api string) *cobra.Command {
	request := connectRequest{API: api}
	var tokenFile, secretFile string
	seller := api == ingest.APISeller
	c := &cobra.Command{Use: api, Short: "The Amazon Ads API"}
	needed := []string{"account", "refresh-token-file"}
	if seller {
		c.Short = "The Selling Partner API of one region"
		c.Flags().StringVar(&request.Region, "region", "", "na, eu or fe")
		c.Flags().StringVar(&request.SellerID, "seller-id", "", "Merchant Token of Seller Central's account page")
		needed = append(needed, "region", "seller-id")
	}
	c.Flags().StringVar(&request.Account, "account", "", "account id")
	c.Flags().StringVar(&tokenFile, "refresh-token-file", "", "file with the refresh token")
	c.Flags().StringVar(&request.ClientID, "client-id", "", "the app's client id (default: the configured one)")
	c.Flags().StringVar(&secretFile, "client-secret-file", "", "file with the app's client secret")
	p.jsonFlag(c)
	c.RunE = func(c *cobra.Command, _ []string) (err error) {
		if err := required(c, needed...); err != nil {
			return err
		}
		if (request.ClientID == "") != (secretFile == "") {
			return usageError{errors.New("--client-id and --client-secret-file go together")}
		}
		if request.RefreshToken, err = readSecret("--refresh-token-file", tokenFile); err != nil {
			return err
		}
		if secretFile != "" {
			if request.ClientSecret, err = readSecret("--client-secret-file", secretFile); err != nil {
				return err
			}
		}
		result, err := perform[connectResult](c.Context(), p, "connect", request)
		if err != nil {
			return err
		}
		return p.print(result, func(w io.Writer) { writeConnected(w, result) })
	}
	return c
}

// readSecret reads a file that holds one secret on one line.
func readSecret(flag, path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", usageError{fmt.Errorf("%s: %w", flag, err)}
	}
	secret := strings.TrimSpace(string(b))
	if secret == "" || strings.ContainsAny(secret, " \t\r\n") || len(secret) > 4096 {
		return "", usageError{fmt.Errorf("%s: %s must hold the secret alone, on one line", flag, path)}
	}
	return secret, nil
}

func writeConnected(w io.Writer, r connectResult) {
	fmt.Fprintf(w, "Connected (%s).\n", r.ID)
	for _, m := range r.Marketplaces {
		state := "tracked"
		switch {
		case m.Suspended:
			state = "not tracked: its listings are suspended"
		case !m.Participating:
			state = "not tracked: the seller does not take part in it"
		case !m.Tracked:
			state = "not tracked: Amazon has no Search Query Performance for it"
		}
		fmt.Fprintf(w, "  %s (%s)\n", m.Name, state)
	}
	for _, p := range r.Profiles {
		state := "read only"
		if p.Editable {
			state = "warning: the grant could change it; authorise with a user who may only view"
		}
		fmt.Fprintf(w, "  %s %s, %s (%s)\n", p.Country, p.Name, p.Type, state)
	}
}

// connectAccount makes a connection of a refresh token and says what it
// reaches; see grants.Keeper.Connect.
func connectAccount(ctx context.Context, a *appliance, q connectRequest, _ func(string)) (connectResult, error) {
	if _, err := a.App.FindRecordById("accounts", q.Account); err != nil {
		return connectResult{}, unknownAccount(q.Account)
	}
	switch q.API {
	case ingest.APISeller:
		if q.Region != "na" && q.Region != "eu" && q.Region != "fe" {
			return connectResult{}, usageError{fmt.Errorf("--region %q is none of na, eu, fe", q.Region)}
		}
		if q.ClientID == "" && !a.Config.LWA.Set() {
			return connectResult{}, usageError{errors.New("no app: set HALOTRACK_LWA_CLIENT_ID and HALOTRACK_LWA_CLIENT_SECRET, or give --client-id and --client-secret-file")}
		}
	case ingest.APIAds:
		if q.ClientID == "" && !a.Config.Ads.Set() {
			return connectResult{}, usageError{errors.New("no app: set HALOTRACK_ADS_CLIENT_ID and HALOTRACK_ADS_CLIENT_SECRET, or give --client-id and --client-secret-file")}
		}
	default:
		return connectResult{}, usageError{fmt.Errorf("%q is neither spapi nor ads", q.API)}
	}
	app := a.Config.LWA.ID
	if q.API == ingest.APIAds {
		app = a.Config.Ads.ID
	}
	id, err := a.Grants.Connect(ctx, grants.Request{
		API: q.API, Account: q.Account, Region: q.Region, SellerID: q.SellerID, RefreshToken: q.RefreshToken,
		ClientID: q.ClientID, ClientSecret: q.ClientSecret,
		App: or(q.ClientID, app), Method: grants.MethodToken, Actor: actorCLI,
	})
	if err != nil {
		return connectResult{}, fmt.Errorf("%w%s", err, remedy(err))
	}
	record, err := a.App.FindRecordById("connections", id)
	if err != nil {
		return connectResult{}, err
	}
	markets, err := grants.Markets(record)
	if err != nil {
		return connectResult{}, err
	}
	profiles, err := grants.Profiles(record)
	return connectResult{ID: id, API: q.API, Marketplaces: markets, Profiles: profiles}, err
}

// remedy says what helps against a refusal, as far as Amazon's answer tells.
func remedy(err error) string {
	switch {
	case errors.Is(err, lwa.ErrRevoked):
		return "; authorise the app again and save the new refresh token"
	case errors.Is(err, lwa.ErrClient), errors.Is(err, spapi.ErrSecretExpired):
		return "; check the app's client id and secret"
	case errors.Is(err, spapi.ErrUnauthorized):
		return "; check the region: a token works in the one where it was given alone"
	case errors.Is(err, spapi.ErrRoleMissing):
		return "; check that the app has the Brand Analytics role, and the region"
	case errors.Is(err, ads.ErrUnauthorized):
		return "; the token must come from a consent to the Ads API"
	}
	return ""
}
