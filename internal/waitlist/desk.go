package waitlist

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/consent"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/signed"
	"halotrack.ai/halotrack/internal/vault"
)

// Desk takes applications in and carries out what is decided about them.
type Desk struct {
	clock clock.Clock
	mail  *mail.Queue
	url   string
	codes *signed.Signer
}

// Lives of the codes in mailed links.
const (
	confirmLife = 7 * 24 * time.Hour       // as long as a tick waits: consent.PendingLife
	statusLife  = 2 * 365 * 24 * time.Hour // a new one comes with every mail, and by applying again
)

// NewDesk returns the desk of an installation; url is its public address
// without a slash at the end.
func NewDesk(ctx context.Context, v *vault.Vault, c clock.Clock, q *mail.Queue, url string) (*Desk, error) {
	key, err := v.InstallationKey(ctx, "links in mails")
	if err != nil {
		return nil, err
	}
	return &Desk{clock: c, mail: q, url: url, codes: signed.New(key)}, nil
}

// Apply takes an application in, cleaned. What is done hardly depends on
// whether the address is known, so that neither answer nor time tells: one
// record is written, a tick is noted, one mail is queued. An application that
// exists is left as it is: whoever writes for its address now may be a stranger.
func (d *Desk) Apply(app core.App, a Application, marketing bool) error {
	now := d.clock.Now()
	return app.RunInTransaction(func(tx core.App) error {
		r, err := byEmail(tx, a.Email)
		if err != nil {
			return err
		}
		template, address := mail.WaitlistConfirm, a.Email
		if r == nil {
			collection, err := tx.FindCachedCollectionByNameOrId(Collection)
			if err != nil {
				return err
			}
			r = core.NewRecord(collection)
			a.write(r)
			r.Set("email", a.Email)
			r.Set("status", string(New))
			r.Set("applied_at", now)
		} else {
			address = r.GetString("email")
			if !r.GetDateTime("confirmed_at").IsZero() || State(r.GetString("status")) == Withdrawn {
				template = mail.WaitlistKnown
			}
		}
		if err := tx.Save(r); err != nil {
			return fmt.Errorf("keep an application: %w", err)
		}
		if marketing {
			err := consent.Note(tx, consent.Entry{
				Subject: Subject(r), Email: address, Purpose: consent.Marketing, Status: consent.Pending,
				Source: "waitlist_form", Method: "tick", At: now,
			})
			if err != nil {
				return err
			}
		}
		params := map[string]string{"status": d.statusLink(r)}
		if template == mail.WaitlistConfirm {
			params["link"] = d.url + "/waitlist/confirm/" + d.codes.Sign(signed.WaitlistConfirm, r.Id, now.Add(confirmLife))
			params["expires"] = shown(now.Add(confirmLife))
		}
		return d.mail.Enqueue(tx, mail.Message{Template: template, Address: address, Params: params})
	})
}

func shown(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// statusLink leads to the page on which a person sees and changes their
// application.
func (d *Desk) statusLink(r *core.Record) string {
	return d.url + "/waitlist/application/" + d.codes.Sign(signed.WaitlistStatus, r.Id, d.clock.Now().Add(statusLife))
}

// ErrUnknown means that a code leads to no application: it was deleted.
var ErrUnknown = errors.New("there is no such application (any more)")

// ByCode returns the application that a mailed code is for. The error is one of
// package signed, or ErrUnknown.
func (d *Desk) ByCode(app core.App, p signed.Purpose, code string) (*core.Record, error) {
	id, err := d.codes.Verify(p, code, d.clock.Now())
	if err != nil {
		return nil, err
	}
	r, err := app.FindRecordById(Collection, id)
	if err != nil {
		return nil, ErrUnknown
	}
	return r, nil
}

// Subject names the application in the trail and in consents.
func Subject(r *core.Record) string { return Collection + "/" + r.Id }

// Confirm notes that the address of the application is its writer's, and the
// consent they ticked, if they say so again.
func (d *Desk) Confirm(app core.App, r *core.Record, marketing bool) error {
	now := d.clock.Now()
	return app.RunInTransaction(func(tx core.App) error {
		r, err := tx.FindRecordById(Collection, r.Id)
		if err != nil {
			return ErrUnknown
		}
		if r.GetDateTime("confirmed_at").IsZero() {
			r.Set("confirmed_at", now)
			if err := tx.Save(r); err != nil {
				return fmt.Errorf("confirm an application: %w", err)
			}
		}
		at, err := Marketing(tx, r)
		if err != nil || !marketing || at != consent.Pending {
			return err
		}
		return consent.Note(tx, consent.Entry{
			Subject: Subject(r), Email: r.GetString("email"), Purpose: consent.Marketing, Status: consent.Given,
			Source: "mail", Method: "double_opt_in", At: now,
		})
	})
}

// Marketing is where the applicant's consent to news stands.
func Marketing(app core.App, r *core.Record) (consent.Status, error) {
	return consent.Of(app, Subject(r), r.GetString("email"), consent.Marketing)
}

// SetMarketing gives or withdraws the consent to news, from the page that only
// the mailbox's owner can open.
func (d *Desk) SetMarketing(app core.App, r *core.Record, on bool) error {
	status := consent.Withdrawn
	if on {
		status = consent.Given
	}
	at, err := Marketing(app, r)
	if err != nil || at == status {
		return err
	}
	return consent.Note(app, consent.Entry{
		Subject: Subject(r), Email: r.GetString("email"), Purpose: consent.Marketing, Status: status,
		Source: "status_page", Method: "click", At: d.clock.Now(),
	})
}

// Correct replaces what the person wrote by what they write now, cleaned. The
// address stays: it is what they are known by.
func (d *Desk) Correct(app core.App, r *core.Record, a Application) error {
	a.write(r)
	if err := app.Save(r); err != nil {
		return fmt.Errorf("correct an application: %w", err)
	}
	return nil
}

// Withdraw takes the application back for its writer.
func (d *Desk) Withdraw(app core.App, r *core.Record) error {
	if err := Move(r, Withdrawn, d.clock.Now()); err != nil {
		return err
	}
	return app.Save(r)
}

func byEmail(app core.App, email string) (*core.Record, error) {
	var found []*core.Record
	err := app.RecordQuery(Collection).AndWhere(dbx.NewExp("email = {:email} COLLATE NOCASE", dbx.Params{"email": strings.TrimSpace(email)})).Limit(1).All(&found)
	if err != nil {
		return nil, fmt.Errorf("look for an application: %w", err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return found[0], nil
}

// NotePerson puts into the trail what an applicant did to their application.
func (d *Desk) NotePerson(app core.App, action string, r *core.Record) error {
	return activity.Note(app, activity.Entry{At: d.clock.Now(), Kind: activity.Person, Action: action, Subject: Subject(r)})
}
