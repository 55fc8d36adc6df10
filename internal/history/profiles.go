package history

import (
	"context"
	"errors"
	"fmt"

	"halotrack.ai/halotrack/internal/database"
)

// Profile is an ads profile as last seen.
type Profile struct {
	ID          int64
	Marketplace string
	Seller      string
	Country     string
	Currency    string
	Zone        string // IANA time zone of its dates
	Type        string // seller, vendor, agency
	Name        string
}

const (
	saveProfile = `INSERT INTO profiles (id, marketplace, seller, country, currency, zone, type, name)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (id) DO UPDATE SET marketplace = excluded.marketplace, seller = excluded.seller, country = excluded.country,
	currency = excluded.currency, zone = excluded.zone, type = excluded.type, name = excluded.name`
	selectProfiles = `SELECT p.id, m.code, p.seller, p.country, p.currency, p.zone, p.type, p.name
FROM profiles p JOIN marketplaces m ON m.id = p.marketplace ORDER BY p.id`
	profileMarket = `SELECT marketplace FROM profiles WHERE id = ?1`
)

// ErrUnknownProfile means that days were stored for a profile that
// SaveProfiles has not seen: it would not be known which marketplace they
// belong to.
var ErrUnknownProfile = errors.New("the ads profile is not known")

// SaveProfiles adds profiles or updates them. One that is missing from the
// list stays: its history belongs to the account.
func (f *Facts) SaveProfiles(ctx context.Context, profiles []Profile) error {
	err := f.write(ctx, func(c *database.Conn) error {
		for _, p := range profiles {
			market, err := marketplaces.id(c, p.Marketplace)
			if err != nil {
				return err
			}
			if _, err := c.Exec(saveProfile, p.ID, market, p.Seller, p.Country, p.Currency, p.Zone, p.Type, p.Name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save ads profiles: %w", err)
	}
	return nil
}

// Profiles lists the ads profiles, in order of their ids.
func (f *Facts) Profiles(ctx context.Context) (list []Profile, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(selectProfiles, func(r database.Row) error {
			list = append(list, Profile{
				ID: r.Int(0), Marketplace: r.Text(1), Seller: r.Text(2), Country: r.Text(3),
				Currency: r.Text(4), Zone: r.Text(5), Type: r.Text(6), Name: r.Text(7),
			})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list ads profiles: %w", err)
	}
	return list, nil
}
