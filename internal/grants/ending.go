package grants

import (
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/inventory"
)

// Ending says what a provider deletes because a connection was disconnected
// (design ruling 2), and when. Nothing is due that a grant of the account
// reaches which is not disconnected; where several disconnected ones reached
// the same, the last of them counts.
type Ending struct {
	// Due is when the last of it goes; zero if there is nothing to delete.
	Due time.Time
	// Profiles are the ads profiles that go, with the instant of each.
	Profiles map[int64]time.Time
	// Purged is when it was deleted; zero before.
	Purged time.Time
}

// Endings returns what is to be deleted by connection, of all connections of
// one account; connections that live have no entry.
func Endings(connections []*core.Record) (map[string]Ending, error) {
	inv, err := inventory.Load()
	if err != nil {
		return nil, err
	}
	var (
		lives = map[grantee]bool{}
		last  = map[grantee]time.Time{}
		of    = map[string][]grantee{}
	)
	for _, c := range connections {
		if of[c.Id], err = grantees(c); err != nil {
			return nil, err
		}
		for _, g := range of[c.Id] {
			if c.GetString("status") != StatusDisconnected {
				lives[g] = true
			} else if at := endedAt(c); at.After(last[g]) {
				last[g] = at
			}
		}
	}
	endings := map[string]Ending{}
	for _, c := range connections {
		if c.GetString("status") != StatusDisconnected {
			continue
		}
		e := Ending{Profiles: map[int64]time.Time{}, Purged: c.GetDateTime("purged_at").Time()}
		for _, g := range of[c.Id] {
			if lives[g] || !e.Purged.IsZero() {
				continue
			}
			due, err := inv.AfterDisconnecting(last[g])
			if err != nil {
				return nil, err
			}
			if g.profile != 0 {
				e.Profiles[g.profile] = due
			}
			if due.After(e.Due) {
				e.Due = due
			}
		}
		endings[c.Id] = e
	}
	return endings, nil
}

// grantee is what a connection reaches: a seller in a region, or an ads profile.
type grantee struct {
	seller, region string
	profile        int64
}

func grantees(c *core.Record) (list []grantee, err error) {
	if c.GetString("api") == APISeller {
		return []grantee{{seller: c.GetString("seller_id"), region: c.GetString("region")}}, nil
	}
	profiles, err := Profiles(c)
	for _, p := range profiles {
		list = append(list, grantee{profile: p.ID})
	}
	return list, err
}

// endedAt is when a connection was disconnected.
func endedAt(c *core.Record) time.Time {
	if at := c.GetDateTime("ended_at"); !at.IsZero() {
		return at.Time()
	}
	return c.GetDateTime("updated").Time() // disconnected by a release that did not note it
}
