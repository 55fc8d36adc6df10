// Package apikeys ends API keys with the ownership they were made in: a key
// works while who made it owns its account, whoever ends that, and however.
package apikeys

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/mail"
)

// Collection holds the keys.
const Collection = "api_keys"

// Works reports whether the key is neither revoked nor run out.
func Works(key *core.Record, now time.Time) bool {
	return key.GetDateTime("revoked_at").IsZero() && now.Before(key.GetDateTime("expires").Time())
}

// Keeper ends keys.
type Keeper struct {
	clock clock.Clock
	mail  *mail.Queue
	url   string
}

// New returns a keeper; url is the public address, without a slash at the end.
func New(c clock.Clock, m *mail.Queue, url string) *Keeper { return &Keeper{c, m, url} }

// working finds the keys that neither ended nor ran out, those of the condition.
func (k *Keeper) working(app core.App, of dbx.Expression) ([]*core.Record, error) {
	now, err := types.ParseDateTime(k.clock.Now())
	if err != nil {
		return nil, err
	}
	keys, err := app.FindAllRecords(Collection, dbx.HashExp{"revoked_at": ""}, dbx.NewExp("[[expires]] > {:now}", dbx.Params{"now": now.String()}), of)
	if err != nil {
		return nil, fmt.Errorf("find API keys: %w", err)
	}
	return keys, nil
}

// With counts, by person, the keys that end when the person no longer owns the
// account: its own and those of its clients, but those that the person may keep
// by owning them otherwise.
func (k *Keeper) With(app core.App, account string) (map[string]int, error) {
	of := dbx.NewExp("[[account]] IN (SELECT [[id]] FROM {{accounts}} WHERE [[id]] = {:account} OR [[agency]] = {:account})", dbx.Params{"account": account})
	keys, err := k.working(app, of)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, key := range keys {
		var others int
		err := app.DB().NewQuery("SELECT count(*) FROM {{memberships}} WHERE [[user]] = {:user} AND [[role]] = {:owner} AND [[account]] <> {:account}" +
			" AND [[account]] IN (SELECT [[id]] FROM {{accounts}} WHERE [[id]] = {:of} UNION SELECT [[agency]] FROM {{accounts}} WHERE [[id]] = {:of})").
			Bind(dbx.Params{"user": key.GetString("made_by"), "owner": string(access.Owner), "account": account, "of": key.GetString("account")}).Row(&others)
		if err != nil {
			return nil, fmt.Errorf("count owners: %w", err)
		}
		if others == 0 {
			counts[key.GetString("made_by")]++
		}
	}
	return counts, nil
}

// Settle ends every key whose maker does not own its account. Bind does so when
// it happens; this finds what happened past PocketBase's records.
func (k *Keeper) Settle(app core.App) error {
	return app.RunInTransaction(func(tx core.App) error { return k.settle(tx, dbx.NewExp("1 = 1"), "") })
}

// settle ends the keys of the condition whose maker does not own their account,
// and all of leaving, who is about to be deleted.
func (k *Keeper) settle(tx core.App, of dbx.Expression, leaving string) error {
	keys, err := k.working(tx, of)
	if err != nil {
		return err
	}
	type group struct{ account, maker string }
	ended := map[group][]*core.Record{}
	var order []group
	for _, key := range keys {
		g := group{key.GetString("account"), key.GetString("made_by")}
		owners, err := ownersOf(tx, g.account)
		if err != nil {
			return err
		}
		if g.maker != leaving && slices.Contains(owners, g.maker) {
			continue
		}
		key.Set("revoked_at", k.clock.Now())
		if err := tx.Save(key); err != nil {
			return fmt.Errorf("end an API key: %w", err)
		}
		err = activity.Note(tx, activity.Entry{At: k.clock.Now(), Kind: activity.System, Action: "keys.end", Subject: Collection + "/" + key.Id,
			Account: g.account, Detail: map[string]any{"maker": g.maker}})
		if err != nil {
			return err
		}
		if ended[g] == nil {
			order = append(order, g)
		}
		ended[g] = append(ended[g], key)
	}
	for _, g := range order {
		if err := k.tell(tx, g.account, g.maker, ended[g]); err != nil {
			return err
		}
	}
	return nil
}

func ownersOf(app core.App, account string) ([]string, error) {
	record, err := app.FindRecordById("accounts", account)
	if err != nil {
		return nil, fmt.Errorf("find the account of an API key: %w", err)
	}
	return access.Owners(app, record)
}

// listed is how many keys one mail names, which are its lines.
const listed = 5

// tell writes to the owners who are left which keys of the maker ended.
func (k *Keeper) tell(tx core.App, account, maker string, keys []*core.Record) error {
	record, err := tx.FindRecordById("accounts", account)
	if err != nil {
		return err
	}
	owners, err := access.Owners(tx, record)
	if err != nil {
		return err
	}
	who := "Someone who is no longer here"
	if user, err := tx.FindRecordById("users", maker); err == nil {
		if who = strings.TrimSpace(user.GetString("name")); who == "" {
			who = user.Email()
		}
	}
	var lines []string
	for i, key := range keys {
		if i == listed-1 && len(keys) > listed {
			lines = append(lines, fmt.Sprintf("and %d more", len(keys)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("%s (%s…)", key.GetString("name"), key.GetString("start")))
	}
	for _, owner := range owners {
		if owner == maker {
			continue
		}
		err := k.mail.Enqueue(tx, mail.Message{Template: mail.KeysEnded, User: owner, Account: account, Params: map[string]string{
			"account": record.GetString("name"), "who": who, "keys": strings.Join(lines, "\n"), "link": k.url + "/accounts/" + account + "/keys",
		}})
		if err != nil {
			return err
		}
	}
	return nil
}
