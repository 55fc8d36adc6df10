// Package consent keeps who agreed to what: the exact text, its hash, when and
// how. It is a record that is only added to; withdrawing is one more entry.
package consent

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// Collections of the entries and of the texts.
const (
	Collection = "consents"
	Texts      = "consent_texts"
)

// Purpose is what a consent is to.
type Purpose string

// Marketing is news by mail.
const Marketing Purpose = "marketing_email"

// Status is what an entry says.
type Status string

// The statuses. Pending is a tick that nobody has confirmed from the mailbox:
// it allows nothing.
const (
	Pending   Status = "pending"
	Given     Status = "given"
	Withdrawn Status = "withdrawn"
)

// Text is a wording that people were asked to agree to.
type Text struct {
	Purpose Purpose
	Version string
	Text    string
}

// texts are the wordings in force. A changed wording is a new version: people
// agreed to the old one.
var texts = []Text{{
	Purpose: Marketing, Version: "1",
	Text: "Send me news about HaloTrack by e-mail: new features and what we learn about search share and ads, at most once a month. I can withdraw this at any time, in every mail and on the page of my application. Saying no changes nothing about my application.",
}}

// InForce returns the wording of a purpose that people are asked now.
func InForce(p Purpose) Text {
	for _, t := range texts {
		if t.Purpose == p {
			return t
		}
	}
	return Text{}
}

// Hash is the hex SHA-256 of the wording, as shown.
func (t Text) Hash() string {
	sum := sha256.Sum256([]byte(t.Text))
	return hex.EncodeToString(sum[:])
}

// Seed stores the wordings in force that are not stored yet.
func Seed(app core.App, now time.Time) error {
	collection, err := app.FindCachedCollectionByNameOrId(Texts)
	if err != nil {
		return fmt.Errorf("store the texts of consents: %w", err)
	}
	for _, t := range texts {
		stored, err := find(app, t)
		switch {
		case err == nil && stored.GetString("sha256") != t.Hash():
			return fmt.Errorf("the text of the consent %s changed without a new version", t.Purpose)
		case err == nil:
			continue
		case !errors.Is(err, errNoText):
			return err
		}
		r := core.NewRecord(collection)
		r.Set("purpose", string(t.Purpose))
		r.Set("version", t.Version)
		r.Set("text", t.Text)
		r.Set("sha256", t.Hash())
		r.Set("since", now)
		if err := app.Save(r); err != nil {
			return fmt.Errorf("store the text of a consent: %w", err)
		}
	}
	return nil
}

var errNoText = errors.New("no such text")

func find(app core.App, t Text) (*core.Record, error) {
	rows, err := app.FindRecordsByFilter(Texts, "purpose = {:purpose} && version = {:version}", "", 1, 0,
		dbx.Params{"purpose": string(t.Purpose), "version": t.Version})
	if err != nil {
		return nil, fmt.Errorf("find the text of a consent: %w", err)
	}
	if len(rows) == 0 {
		return nil, errNoText
	}
	return rows[0], nil
}

// Entry is one step of a person's consent.
type Entry struct {
	Subject string // waitlist/<id> or users/<id>
	Email   string // the address that it is about: another one is not covered
	Purpose Purpose
	Status  Status
	Source  string // waitlist_form, status_page, settings or mail
	Method  string // tick, double_opt_in or click
	At      time.Time
}

// Note adds an entry about the wording in force, in app, which may be a
// transaction.
func Note(app core.App, e Entry) error {
	text := InForce(e.Purpose)
	stored, err := find(app, text)
	if err != nil {
		return fmt.Errorf("note a consent: %w", err)
	}
	collection, err := app.FindCachedCollectionByNameOrId(Collection)
	if err != nil {
		return fmt.Errorf("note a consent: %w", err)
	}
	r := core.NewRecord(collection)
	r.Set("subject", e.Subject)
	r.Set("email", e.Email)
	r.Set("purpose", string(e.Purpose))
	r.Set("status", string(e.Status))
	r.Set("text", stored.Id)
	r.Set("text_sha256", text.Hash())
	r.Set("locale", "en")
	r.Set("source", e.Source)
	r.Set("method", e.Method)
	r.Set("at", e.At)
	if err := app.Save(r); err != nil {
		return fmt.Errorf("note a consent: %w", err)
	}
	return nil
}

// Of returns where the subject's consent stands for this address: Withdrawn
// without any. A tick does not take back what was confirmed: anyone may tick for
// an address.
func Of(app core.App, subject, email string, p Purpose) (Status, error) {
	var rows []struct {
		Email  string `db:"email"`
		Status string `db:"status"`
	}
	err := app.DB().Select("email", "status").From(Collection).
		Where(dbx.HashExp{"subject": subject, "purpose": string(p)}).OrderBy("at DESC", "rowid DESC").All(&rows)
	if err != nil {
		return "", fmt.Errorf("read a consent: %w", err)
	}
	ticked := false
	for _, r := range rows {
		switch {
		case !strings.EqualFold(r.Email, email):
		case r.Status == string(Given):
			return Given, nil
		case r.Status == string(Pending):
			ticked = true
			continue
		case ticked:
			return Pending, nil
		default:
			return Withdrawn, nil
		}
	}
	if ticked {
		return Pending, nil
	}
	return Withdrawn, nil
}

// PendingLife is how long a tick waits for its confirmation before it is
// forgotten.
const PendingLife = 7 * 24 * time.Hour

// Sweep forgets the ticks that nobody confirmed.
func Sweep(app core.App, now time.Time) error {
	at, err := types.ParseDateTime(now.Add(-PendingLife))
	if err != nil {
		return err
	}
	where := dbx.And(dbx.HashExp{"status": string(Pending)}, dbx.NewExp("at <= {:at}", dbx.Params{"at": at.String()}))
	if _, err := app.NonconcurrentDB().Delete(Collection, where).Execute(); err != nil {
		return fmt.Errorf("forget unconfirmed consents: %w", err)
	}
	return nil
}

// Forget erases the address from a subject's entries: what is left proves that
// someone agreed and withdrew, not who. Ticks that were never confirmed go.
func Forget(app core.App, subject string) error {
	if _, err := app.NonconcurrentDB().Delete(Collection, dbx.HashExp{"subject": subject, "status": string(Pending)}).Execute(); err != nil {
		return fmt.Errorf("forget a consent: %w", err)
	}
	if _, err := app.NonconcurrentDB().Update(Collection, dbx.Params{"email": ""}, dbx.HashExp{"subject": subject}).Execute(); err != nil {
		return fmt.Errorf("forget whose consent it was: %w", err)
	}
	return nil
}
