package ingest

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/grants"
)

// actor and purpose stand in the vault's access log.
const (
	actor   = "job:ingest"
	purpose = "fetch reports"
)

// tokens keeps one token source per grant for as long as the process lives, so
// that refreshes are single-flight and an access token serves all its hour.
type tokens struct {
	mu      sync.Mutex
	sources map[string]*lwa.Source
}

// source returns the token source of c; a new grant or another application
// gets a new one.
func (in *Ingest) source(c *Connection) (*lwa.Source, error) {
	url := ""
	for _, region := range regionsOf(c) {
		if url = in.cfg.Endpoints.TokenURL(region); url != "" {
			break
		}
	}
	if url == "" {
		return nil, fmt.Errorf("connection %s: Login with Amazon is not reachable in its region", c.ID)
	}
	key := fmt.Sprintf("%s %s %d", c.ID, c.ClientID, c.GrantedAt.UnixNano())
	in.tokens.mu.Lock()
	defer in.tokens.mu.Unlock()
	if s, ok := in.tokens.sources[key]; ok {
		return s, nil
	}
	account, id, own := c.Account, c.ID, c.ClientID
	ads := c.API == APIAds
	s := lwa.NewSource(lwa.Config{
		HTTP:     in.cfg.Transport.ClientFor(c.ID),
		TokenURL: url,
		Clock:    in.cfg.Clock,
		Credentials: func(ctx context.Context) (lwa.Credentials, error) {
			return in.credentials(ctx, account, id, own, ads)
		},
		OnRotate: func(ctx context.Context, refresh string) error {
			return in.cfg.Vault.Seal(ctx, grants.RefreshToken(account, id), []byte(refresh), actor, "rotated by Amazon")
		},
	})
	in.tokens.sources[key] = s
	return s, nil
}

// Forget drops the access tokens of a connection whose grant has ended: a pass
// that is under way finds no credential at its next request.
func (in *Ingest) Forget(connection string) {
	in.tokens.mu.Lock()
	defer in.tokens.mu.Unlock()
	for key, source := range in.tokens.sources {
		if strings.HasPrefix(key, connection+" ") {
			source.Forget()
			delete(in.tokens.sources, key)
		}
	}
}

// credentials opens what a token request needs.
func (in *Ingest) credentials(ctx context.Context, account, connection, clientID string, ads bool) (lwa.Credentials, error) {
	refresh, err := in.cfg.Vault.Open(ctx, grants.RefreshToken(account, connection), actor, purpose)
	if err != nil {
		return lwa.Credentials{}, fmt.Errorf("open the refresh token of connection %s: %w", connection, err)
	}
	defer refresh.Wipe()
	out := in.cfg.SellerApp
	if ads {
		out = in.cfg.AdsApp
	}
	if clientID != "" {
		secret, err := in.cfg.Vault.Open(ctx, grants.ClientSecret(account, connection), actor, purpose)
		if err != nil {
			return lwa.Credentials{}, fmt.Errorf("open the application secret of connection %s: %w", connection, err)
		}
		defer secret.Wipe()
		out = lwa.Credentials{ClientID: clientID, ClientSecret: string(secret)}
	}
	out.RefreshToken = string(refresh)
	return out, nil
}

// regionsOf lists the regions that a connection reaches.
func regionsOf(c *Connection) []marketplace.Region {
	if c.Region == "" {
		return marketplace.Regions
	}
	return []marketplace.Region{c.Region}
}

// sellerClient returns the Selling Partner API client of c; onRate is told the
// rates that answers name.
func (in *Ingest) sellerClient(c *Connection, onRate func(op string, rps float64)) (*spapi.Client, error) {
	base := in.cfg.Endpoints.SPAPI[c.Region]
	if base == "" {
		return nil, fmt.Errorf("connection %s: the Selling Partner API is not reachable in region %q", c.ID, c.Region)
	}
	source, err := in.source(c)
	if err != nil {
		return nil, err
	}
	return spapi.New(spapi.Config{HTTP: in.cfg.Transport.ClientFor(c.ID), BaseURL: base, Tokens: source, OnRate: onRate}), nil
}

// adsClient returns the Ads API client of c in a region.
func (in *Ingest) adsClient(c *Connection, region marketplace.Region) (*ads.Client, error) {
	base := in.cfg.Endpoints.Ads[region]
	if base == "" {
		return nil, fmt.Errorf("connection %s: the Ads API is not reachable in region %q", c.ID, region)
	}
	source, err := in.source(c)
	if err != nil {
		return nil, err
	}
	client := c.ClientID
	if client == "" {
		client = in.cfg.AdsApp.ClientID
	}
	return ads.New(ads.Config{HTTP: in.cfg.Transport.ClientFor(c.ID), BaseURL: base, Tokens: source, ClientID: client}), nil
}
