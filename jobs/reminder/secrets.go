package reminder

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/inventory"
	"halotrack.ai/halotrack/internal/mail"
)

// secretDays is how long Amazon accepts a client secret, from when it was made
// (spapi.md §5.5).
const secretDays = 180

// inUse is a secret that is in use: of an account's own application, or of the
// operator's where account is empty.
type inUse struct {
	account, client, print string
	since                  time.Time
	settings               []string // that hold the operator's
}

// secrets notes the secrets that are in use, reminds of their ends, and forgets
// those that have long been replaced.
func (j *Job) secrets(ctx context.Context, connections []*core.Record) error {
	var used []inUse
	var errs []error
	for _, app := range j.cfg.Apps {
		print, err := j.cfg.Vault.Fingerprint(app.ClientID, []byte(app.Secret))
		if err != nil {
			return err
		}
		same := func(u inUse) bool { return u.client == app.ClientID && u.print == print }
		if i := slices.IndexFunc(used, same); i >= 0 {
			used[i].settings = append(used[i].settings, app.Setting)
			continue
		}
		used = append(used, inUse{client: app.ClientID, print: print, since: j.cfg.Clock.Now(), settings: []string{app.Setting}})
	}
	for _, c := range connections {
		if c.GetString("client_id") == "" {
			continue
		}
		print, err := j.ownPrint(ctx, c)
		if err != nil {
			errs = append(errs, fmt.Errorf("recognise the application secret of connection %s: %w", c.Id, err))
			continue
		}
		since := c.GetDateTime("granted_at").Time()
		if since.IsZero() {
			since = j.cfg.Clock.Now()
		}
		used = append(used, inUse{account: c.GetString("account"), client: c.GetString("client_id"), print: print, since: since})
	}
	for _, u := range used {
		if err := j.secret(u); err != nil {
			errs = append(errs, fmt.Errorf("remind of an application secret: %w", err))
		}
	}
	return errors.Join(append(errs, j.forget())...)
}

// ownPrint returns the fingerprint of a connection's own secret, which is
// opened once for that: a connection never gets another.
func (j *Job) ownPrint(ctx context.Context, c *core.Record) (string, error) {
	if print := c.GetString("secret_print"); print != "" {
		return print, nil
	}
	account := c.GetString("account")
	secret, err := j.cfg.Vault.Open(ctx, grants.ClientSecret(account, c.Id), "job:"+Name, "recognise the application secret")
	if err != nil {
		return "", err
	}
	defer secret.Wipe()
	print, err := j.cfg.Vault.Fingerprint(c.GetString("client_id"), secret)
	if err != nil {
		return "", err
	}
	return print, j.cfg.App.RunInTransaction(func(tx core.App) error {
		r, err := tx.FindRecordById("connections", c.Id)
		if err != nil {
			return err
		}
		r.Set("secret_print", print)
		return tx.Save(r)
	})
}

var errNobody = errors.New("nobody to write to: give someone a staff role with user add --staff")

// secret notes that a secret is in use and queues its reminder if one is due.
func (j *Job) secret(u inUse) error {
	now := j.cfg.Clock.Now()
	err := j.cfg.App.RunInTransaction(func(tx core.App) error {
		r, err := seen(tx, u)
		if err != nil {
			return err
		}
		before := r.GetDateTime("first_seen").Time()
		changed := r.IsNew() || now.Sub(r.GetDateTime("last_seen").Time()) >= 24*time.Hour
		if before.IsZero() || u.since.Before(before) {
			r.Set("first_seen", u.since)
			changed = true
		}
		r.Set("last_seen", now)
		first := r.GetDateTime("first_seen").Time().UTC()
		ends := first.AddDate(0, 0, secretDays)
		due := stage(now, ends, r.GetInt("told"))
		if due != 0 && j.cfg.Queue.Transport != nil {
			if err := j.tell(tx, u, first, ends); err != nil {
				return err
			}
			r.Set("told", due)
			changed = true
		}
		if !changed {
			return nil
		}
		return tx.Save(r)
	})
	if errors.Is(err, errNobody) {
		j.cfg.Log.Warn("an application secret ends soon", slog.Any("error", err))
		return nil
	}
	return err
}

// seen returns the note of a secret, or a new one.
func seen(tx core.App, u inUse) (*core.Record, error) {
	r := new(core.Record)
	err := tx.RecordQuery("app_secrets").AndWhere(dbx.HashExp{"account": u.account, "client_id": u.client, "print": u.print}).Limit(1).One(r)
	if !errors.Is(err, sql.ErrNoRows) {
		return r, err
	}
	c, err := tx.FindCachedCollectionByNameOrId("app_secrets")
	if err != nil {
		return nil, err
	}
	r = core.NewRecord(c)
	r.Set("account", u.account)
	r.Set("client_id", u.client)
	r.Set("print", u.print)
	return r, nil
}

// tell queues the mail: to the account's owners about their own application, to
// the operators about theirs.
func (j *Job) tell(tx core.App, u inUse, first, ends time.Time) error {
	users, steps := []string(nil), ownSteps
	if u.account != "" {
		account, err := tx.FindRecordById("accounts", u.account)
		if err != nil {
			return err
		}
		if users, err = access.Owners(tx, account); err != nil {
			return err
		}
	} else {
		var err error
		if users, err = j.operators(tx); err != nil {
			return err
		}
		if len(users) == 0 {
			return errNobody
		}
		steps = operatorSteps(u.settings)
	}
	for _, user := range users {
		err := j.cfg.Queue.Enqueue(tx, mail.Message{Template: mail.SecretEnds, User: user, Account: u.account, Params: map[string]string{
			"app": u.client, "date": ends.Format(dateForm), "since": first.Format(dateForm), "steps": strings.Join(steps, "\n"),
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

var ownSteps = []string{
	"Sign in to Amazon's developer pages (Seller Central, Apps and Services, Develop Apps; for the Ads API: developer.amazon.com, Login with Amazon) and open the application.",
	"Rotate its client secret, or make a new one, and copy it.",
	"Open the page of connections of the account and connect again with the refresh token, the client id and the new secret. A refresh token survives the rotation; if you do not have it at hand, authorise the application once more for a new one.",
	"The new connection replaces the old one at once. Delete the old secret at Amazon where it does not end by itself.",
}

func operatorSteps(settings []string) []string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s + "_CLIENT_SECRET"
	}
	return []string{
		"Sign in to Amazon's developer pages (Seller Central, Apps and Services, Develop Apps; for the Ads API: developer.amazon.com, Login with Amazon) and open the application.",
		"Rotate its client secret, or make a new one, and copy it.",
		"Put it into " + strings.Join(names, " and ") + ", or the file that the setting with _FILE names, on the machine that runs HaloTrack.",
		"Restart HaloTrack and look at halotrack sync: reports go on as before.",
		"Delete the old secret at Amazon where it does not end by itself.",
	}
}

// operators are the people with a staff role. Without one they are the owners
// of all accounts, unless these are a provider's clients.
func (j *Job) operators(tx core.App) (users []string, err error) {
	err = tx.DB().Select("id").From("users").Where(dbx.NewExp("staff IS NOT NULL AND staff NOT IN ('', '[]', 'null')")).OrderBy("id").Column(&users)
	if err != nil {
		return nil, fmt.Errorf("list the operators: %w", err)
	}
	if len(users) > 0 || j.cfg.Provider {
		return users, nil
	}
	err = tx.DB().Select("user").Distinct(true).From("memberships").Where(dbx.HashExp{"role": string(access.Owner)}).OrderBy("user").Column(&users)
	if err != nil {
		return nil, fmt.Errorf("list the owners: %w", err)
	}
	return users, nil
}

// forget deletes the notes of secrets that have not been in use for as long as
// the inventory says.
func (j *Job) forget() error {
	inv, err := inventory.Load()
	if err != nil {
		return err
	}
	category, ok := inv.Collection("app_secrets")
	if !ok {
		return errors.New("app_secrets is not in the inventory")
	}
	records, err := j.cfg.App.FindRecordsByFilter("app_secrets", "last_seen < {:day}", "", 0, 0,
		dbx.Params{"day": stamp(j.cfg.Clock.Now().AddDate(0, 0, -28))})
	if err != nil {
		return fmt.Errorf("list the secrets out of use: %w", err)
	}
	for _, r := range records {
		end, err := category.Retention.Keep.After(r.GetDateTime("last_seen").Time())
		if err != nil {
			return err
		}
		if end.After(j.cfg.Clock.Now()) {
			continue
		}
		if err := j.cfg.App.Delete(r); err != nil {
			return fmt.Errorf("forget a secret out of use: %w", err)
		}
	}
	return nil
}

// stamp is t as PocketBase compares it.
func stamp(t time.Time) string {
	d, _ := types.ParseDateTime(t.UTC()) // a time always parses
	return d.String()
}

// Warning is a secret of the operator that ends within thirty days, as far as
// can be told.
type Warning struct {
	Setting string
	Since   time.Time
	Ends    time.Time
}

// Warnings lists the configured secrets whose first reminder is due.
func (j *Job) Warnings() (list []Warning, err error) {
	for _, app := range j.cfg.Apps {
		print, err := j.cfg.Vault.Fingerprint(app.ClientID, []byte(app.Secret))
		if err != nil {
			return nil, err
		}
		r, err := seen(j.cfg.App, inUse{client: app.ClientID, print: print})
		if err != nil {
			return nil, err
		}
		first := r.GetDateTime("first_seen").Time().UTC()
		ends := first.AddDate(0, 0, secretDays)
		if r.IsNew() || j.cfg.Clock.Now().Before(ends.AddDate(0, 0, -stages[0])) {
			continue
		}
		list = append(list, Warning{app.Setting + "_CLIENT_SECRET", first, ends})
	}
	return list, nil
}
