package keys

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/apikeys"
	"halotrack.ai/halotrack/internal/jsonbody"
)

// item is one key as an owner sees it.
type item struct {
	ID      string          `json:"id"`
	Name    string          `json:"name"`
	Start   string          `json:"start"` // its first characters
	Scopes  []string        `json:"scopes"`
	MadeBy  string          `json:"madeBy"` // name of the person; empty if they are gone
	Created types.DateTime  `json:"created"`
	Expires types.DateTime  `json:"expires"`
	Used    *types.DateTime `json:"used"`
	Status  string          `json:"status"` // active, revoked or expired
}

// made is a new key, with what is shown only now.
type made struct {
	item
	Key string `json:"key"`
}

func (k *Keys) item(app core.App, r *core.Record) (item, error) {
	it := item{
		ID: r.Id, Name: r.GetString("name"), Start: r.GetString("start"), Scopes: r.GetStringSlice("scopes"),
		Created: r.GetDateTime("created"), Expires: r.GetDateTime("expires"), Status: "active",
	}
	if at := r.GetDateTime("used_at"); !at.IsZero() {
		it.Used = &at
	}
	switch {
	case !r.GetDateTime("revoked_at").IsZero():
		it.Status = "revoked"
	case !apikeys.Works(r, k.clock.Now()):
		it.Status = "expired"
	}
	if maker := r.GetString("made_by"); maker != "" {
		user, err := app.FindRecordById("users", maker)
		if err != nil {
			return it, fmt.Errorf("find who made an API key: %w", err)
		}
		it.MadeBy = user.GetString("name")
	}
	return it, nil
}

func (k *Keys) list(e *core.RequestEvent, account *core.Record) error {
	records, err := e.App.FindRecordsByFilter(collection, "account = {:account}", "-created,id", 0, 0, dbx.Params{"account": account.Id})
	if err != nil {
		return err
	}
	items := make([]item, 0, len(records))
	for _, r := range records {
		it, err := k.item(e.App, r)
		if err != nil {
			return err
		}
		items = append(items, it)
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": nil})
}

type wish struct {
	Name   string   `json:"name"`
	Scopes []string `json:"scopes"`
	Days   int      `json:"days"`
}

// wrong says what is wrong with the wish; empty: nothing.
func (w *wish) wrong() string {
	w.Name = strings.TrimSpace(w.Name)
	slices.Sort(w.Scopes)
	w.Scopes = slices.Compact(w.Scopes)
	switch {
	case w.Name == "" || utf8.RuneCountInString(w.Name) > longestName:
		return fmt.Sprintf("Give the key a name of at most %d characters.", longestName)
	case w.Days < 1 || w.Days > longestDays:
		return fmt.Sprintf("Say for how many days the key is to work, 1 to %d.", longestDays)
	case len(w.Scopes) == 0 || slices.ContainsFunc(w.Scopes, unknownScope):
		return fmt.Sprintf("Say what the key may do: %s, %s or both.", access.Read, access.ExportRead)
	}
	return ""
}

func unknownScope(s string) bool { return s != string(access.Read) && s != string(access.ExportRead) }

var errTooMany = errors.New("too many keys")

func (k *Keys) create(e *core.RequestEvent, account *core.Record) error {
	if _, err := access.Fresh(e); err != nil { // a key outlives the session it is made in
		return err
	}
	var in wish
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if wrong := in.wrong(); wrong != "" {
		return e.BadRequestError(wrong, nil)
	}
	keys, err := e.App.FindCollectionByNameOrId(collection)
	if err != nil {
		return err
	}
	now, value := k.clock.Now(), newKey()
	record := core.NewRecord(keys)
	record.Set("account", account.Id)
	record.Set("name", in.Name)
	record.Set("start", value[:shown])
	record.Set("hash", digest(value))
	record.Set("scopes", in.Scopes)
	record.Set("made_by", e.Auth.Id)
	record.Set("created", now)
	record.Set("expires", now.Add(time.Duration(in.Days)*24*time.Hour))
	err = e.App.RunInTransaction(func(tx core.App) error {
		others, err := tx.FindRecordsByFilter(collection, "account = {:account}", "", 0, 0, dbx.Params{"account": account.Id})
		if err != nil {
			return err
		}
		others = slices.DeleteFunc(others, func(r *core.Record) bool { return !apikeys.Works(r, now) })
		if len(others) >= most {
			return errTooMany
		}
		if err := tx.Save(record); err != nil {
			return err
		}
		return k.note(tx, e, account, record, "keys.make", map[string]any{"scopes": in.Scopes, "days": in.Days})
	})
	if errors.Is(err, errTooMany) {
		return e.BadRequestError(fmt.Sprintf("An account has at most %d keys that work. Revoke one first.", most), nil)
	}
	if err != nil {
		return fmt.Errorf("make an API key: %w", err)
	}
	it, err := k.item(e.App, record)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusCreated, made{it, value})
}

func (k *Keys) revoke(e *core.RequestEvent, account *core.Record) error {
	record, err := e.App.FindRecordById(collection, e.Request.PathValue("key"))
	if err != nil || record.GetString("account") != account.Id {
		return e.NotFoundError("", nil)
	}
	if !record.GetDateTime("revoked_at").IsZero() {
		return e.NoContent(http.StatusNoContent)
	}
	err = e.App.RunInTransaction(func(tx core.App) error {
		record.Set("revoked_at", k.clock.Now())
		if err := tx.Save(record); err != nil {
			return err
		}
		return k.note(tx, e, account, record, "keys.revoke", nil)
	})
	if err != nil {
		return fmt.Errorf("revoke an API key: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}

func (k *Keys) note(tx core.App, e *core.RequestEvent, account, key *core.Record, action string, detail map[string]any) error {
	return activity.Note(tx, activity.Entry{
		At: k.clock.Now(), Kind: activity.Person, Actor: e.Auth.Id, Action: action,
		Subject: collection + "/" + key.Id, Account: account.Id, Detail: detail,
	})
}
