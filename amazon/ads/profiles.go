package ads

import (
	"context"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"net/http"

	"halotrack.ai/halotrack/amazon/document"
)

// Profile is one advertiser in one marketplace.
type Profile struct {
	ID            int64
	Country       string // as Amazon says it: UK, not GB; may be unknown to us
	Currency      string // ISO 4217, of all amounts in reports
	Zone          string // IANA time zone of all dates in reports
	SellerID      string // seller id, or ENTITY… of a vendor
	MarketplaceID string
	Type          string // seller, vendor, agency
	SubType       string // KDP_AUTHOR, AMAZON_ATTRIBUTION or empty
	Name          string // may be empty
	// Editable tells that the grant could change this profile's campaigns; a
	// grant by a user with the Viewer role could not (adsapi.md §2.3).
	Editable bool
}

// Sponsored reports whether the profile has sponsored ads of a shop: agencies'
// profiles and those of authors and of attribution have other reports.
func (p Profile) Sponsored() bool {
	return p.Type != "agency" && p.SubType != "KDP_AUTHOR" && p.SubType != "AMAZON_ATTRIBUTION"
}

// Profiles returns the profiles of the client's region; the other regions have
// others. It asks twice: for what the grant may see, because a Viewer's
// profiles are in no other list, and for what it may edit. It never sends a
// scope header.
func (c *Client) Profiles(ctx context.Context) ([]Profile, error) {
	list, err := c.profiles(ctx, "view")
	if err != nil {
		return nil, err
	}
	editable, err := c.profiles(ctx, "edit")
	if err != nil && !errors.Is(err, ErrUnauthorized) {
		return nil, err
	}
	place := make(map[int64]int, len(list))
	for i, p := range list {
		place[p.ID] = i
	}
	for _, p := range editable {
		i, known := place[p.ID]
		if !known {
			i = len(list)
			list = append(list, p)
			place[p.ID] = i
		}
		list[i].Editable = true
	}
	return list, nil
}

func (c *Client) profiles(ctx context.Context, access string) ([]Profile, error) {
	var in []struct {
		ID       jsontext.Value `json:"profileId"`
		Country  string         `json:"countryCode"`
		Currency string         `json:"currencyCode"`
		Zone     string         `json:"timezone"`
		Account  struct {
			Marketplace string         `json:"marketplaceStringId"`
			ID          string         `json:"id"`
			Type        string         `json:"type"`
			SubType     string         `json:"subType"`
			Name        jsontext.Value `json:"name"`
		} `json:"accountInfo"`
	}
	r := request{op: OpProfiles, method: http.MethodGet, accept: "application/json",
		path: "/v2/profiles?accessLevel=" + access + "&apiProgram=campaign"}
	if err := c.call(ctx, r, &in); err != nil {
		return nil, err
	}
	list := make([]Profile, 0, len(in))
	seen := make(map[int64]bool, len(in))
	for _, p := range in {
		id, err := document.ParseID(p.ID)
		if err != nil || id == 0 {
			return nil, fmt.Errorf("%s: a profile's id: %w", OpProfiles, ErrAnswer)
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		name := ""
		if p.Account.Name.Kind() == '"' {
			if plain, err := jsontext.AppendUnquote(nil, p.Account.Name); err == nil {
				name = string(plain)
			}
		}
		list = append(list, Profile{
			ID: id, Country: p.Country, Currency: p.Currency, Zone: p.Zone,
			SellerID: p.Account.ID, MarketplaceID: p.Account.Marketplace,
			Type: p.Account.Type, SubType: p.Account.SubType, Name: name,
		})
	}
	return list, nil
}
