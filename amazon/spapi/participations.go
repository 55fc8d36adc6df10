package spapi

import (
	"context"
	"net/http"
)

// Participation is one shop in which the seller may sell. Marketplaces that
// this product does not know are included; callers pass over them.
type Participation struct {
	MarketplaceID string
	Country       string // ISO 3166 alpha-2; GB for the United Kingdom
	Name          string // of the marketplace
	Currency      string // ISO 4217
	StoreName     string // may be empty
	Participating bool
	Suspended     bool // has suspended listings
}

// Participations returns the seller's shops in the client's region. Amazon
// allows it about once a minute: it tests a connection, and proves the token
// and the region but not the Brand Analytics role (spapi.md §4).
func (c *Client) Participations(ctx context.Context) ([]Participation, error) {
	var in struct {
		Payload []struct {
			Marketplace struct {
				ID       string `json:"id"`
				Name     string `json:"name"`
				Country  string `json:"countryCode"`
				Currency string `json:"defaultCurrencyCode"`
			} `json:"marketplace"`
			StoreName     string `json:"storeName"`
			Participation struct {
				Participating bool `json:"isParticipating"`
				Suspended     bool `json:"hasSuspendedListings"`
			} `json:"participation"`
		} `json:"payload"`
	}
	if err := c.call(ctx, OpParticipations, http.MethodGet, "/sellers/v1/marketplaceParticipations", nil, nil, &in); err != nil {
		return nil, err
	}
	list := make([]Participation, 0, len(in.Payload))
	for _, p := range in.Payload {
		list = append(list, Participation{
			MarketplaceID: p.Marketplace.ID, Country: p.Marketplace.Country, Name: p.Marketplace.Name,
			Currency: p.Marketplace.Currency, StoreName: p.StoreName,
			Participating: p.Participation.Participating, Suspended: p.Participation.Suspended,
		})
	}
	return list, nil
}
