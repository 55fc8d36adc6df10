package waitlist

import (
	"fmt"
	"net/http"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/consent"
	"halotrack.ai/halotrack/internal/invitations"
	"halotrack.ai/halotrack/internal/mail"
)

// Bind enforces the life of an application on whoever writes to the collection,
// the admin panel included: only allowed steps, clocks that nobody turns back,
// and with a step what belongs to it (an invitation and its mail, or the refusal
// of an invitation that is out).
func (d *Desk) Bind(app core.App) {
	app.OnRecordCreate(Collection).BindFunc(d.begin)
	app.OnRecordUpdate(Collection).BindFunc(inTransaction(d.step))
	app.OnRecordDelete(Collection).BindFunc(inTransaction(d.forget))
	app.OnRecordCreateRequest(Collection).BindFunc(d.trail("waitlist.create"))
	app.OnRecordUpdateRequest(Collection).BindFunc(d.trail("waitlist.edit"))
	app.OnRecordDeleteRequest(Collection).BindFunc(d.trail("waitlist.delete"))
}

func refuse(format string, args ...any) error {
	return router.NewBadRequestError(fmt.Sprintf(format, args...), nil)
}

func inTransaction(next func(*core.RecordEvent) error) func(*core.RecordEvent) error {
	return func(e *core.RecordEvent) error {
		if e.App.IsTransactional() {
			return next(e)
		}
		outside := e.App
		defer func() { e.App = outside }()
		return outside.RunInTransaction(func(tx core.App) error {
			e.App = tx
			return next(e)
		})
	}
}

func (d *Desk) begin(e *core.RecordEvent) error {
	if State(e.Record.GetString("status")) != New {
		return refuse("An application begins as new.")
	}
	for _, name := range []string{"invited_at", "resolved_at", "offered_at"} {
		if !e.Record.GetDateTime(name).IsZero() {
			return refuse("%s is set by what happens to the application, not by hand.", name)
		}
	}
	if e.Record.GetDateTime("applied_at").IsZero() {
		e.Record.Set("applied_at", d.clock.Now())
	}
	return e.Next()
}

func (d *Desk) step(e *core.RecordEvent) error {
	r := e.Record
	before, err := e.App.FindRecordById(Collection, r.Id) // what stands, not what the caller once read
	if err != nil {
		return fmt.Errorf("read the application that is to change: %w", err)
	}
	from, to := State(before.GetString("status")), State(r.GetString("status"))
	if !same(r, before, "applied_at") {
		return refuse("applied_at is when the person applied; it does not change.")
	}
	now := d.clock.Now()
	if from != to {
		if !from.May(to) {
			return refuse("An application that is %s cannot become %s.", from, to)
		}
		if to.Resolved() && before.GetDateTime("resolved_at").IsZero() {
			r.Set("resolved_at", now)
		}
		if to == Invited {
			r.Set("invited_at", now)
			if from == Declined {
				if !before.GetDateTime("offered_at").IsZero() {
					return refuse("This person had their one later offer already.")
				}
				r.Set("offered_at", now)
			}
			if err := d.room(e.App); err != nil {
				return err
			}
		}
	}
	if !same(r, before, "resolved_at") && (!before.GetDateTime("resolved_at").IsZero() || from == to) {
		return refuse("resolved_at is when the application was resolved; it is set once and never by hand.")
	}
	if !same(r, before, "offered_at") && (!before.GetDateTime("offered_at").IsZero() || from != Declined || to != Invited) {
		return refuse("offered_at is when the one later offer went out; it is never set by hand.")
	}
	if err := e.Next(); err != nil {
		return err
	}
	if from == to {
		return nil
	}
	return d.follow(e.App, r, from, to)
}

// same reports whether a time is what it was, to the millisecond that is stored.
func same(r, before *core.Record, name string) bool {
	return r.GetDateTime(name).String() == before.GetDateTime(name).String()
}

// room refuses an invitation where the operator set a capacity and it is used
// up.
func (d *Desk) room(app core.App) error {
	c, err := CapacityOf(app, d.clock.Now())
	if err != nil {
		return err
	}
	if c.Places > 0 && c.Free <= 0 {
		return router.NewApiError(http.StatusConflict, fmt.Sprintf("All %d places are taken or offered. Raise the capacity first.", c.Places), nil)
	}
	return nil
}

// follow does what belongs to a step.
func (d *Desk) follow(tx core.App, r *core.Record, from, to State) error {
	if from == Invited && to != Joined {
		if err := d.revoke(tx, r); err != nil {
			return err
		}
	}
	switch to {
	case Invited:
		template := mail.WaitlistInvitation
		if from == Declined {
			template = mail.CapacityOffer
		}
		return d.invite(tx, r, template)
	case Declined:
		return d.write(tx, r, mail.WaitlistDeclined, map[string]string{})
	}
	return nil
}

// InviteAgain mails a new invitation to someone who is invited; the one before
// is void. Who was invited by the later offer is written to no more.
func (d *Desk) InviteAgain(app core.App, r *core.Record) error {
	if State(r.GetString("status")) != Invited {
		return refuse("Only someone who is invited can be invited again.")
	}
	if !r.GetDateTime("offered_at").IsZero() {
		return refuse("This person had their one later offer already.")
	}
	return app.RunInTransaction(func(tx core.App) error { return d.invite(tx, r, mail.WaitlistInvitation) })
}

func (d *Desk) invite(tx core.App, r *core.Record, template string) error {
	now := d.clock.Now()
	kind := "business"
	if r.GetString("business_type") == "agency" {
		kind = "agency"
	}
	token, err := invitations.Create(tx, invitations.Spec{
		Email: r.GetString("email"), Role: access.Owner, Kind: kind, Application: r.Id,
	}, now)
	if err != nil {
		return err
	}
	return d.write(tx, r, template, map[string]string{"link": d.url + invitations.Link(token), "expires": shown(now.Add(invitations.Life))})
}

func (d *Desk) write(tx core.App, r *core.Record, template string, params map[string]string) error {
	params["status"] = d.statusLink(r)
	return d.mail.Enqueue(tx, mail.Message{Template: template, Address: r.GetString("email"), Params: params})
}

// revoke makes the open invitation void and stops mails that have not gone out.
func (d *Desk) revoke(tx core.App, r *core.Record) error {
	open, err := invitations.Open(tx, "", d.clock.Now())
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.GetString("application") == r.Id {
			if err := invitations.Revoke(tx, o, d.clock.Now()); err != nil {
				return err
			}
		}
	}
	return mail.WithdrawTo(tx, r.GetString("email"), mail.WaitlistInvitation, mail.CapacityOffer)
}

// forget erases with an application what hangs on it elsewhere: mails that wait,
// invitations, and whose consents they were. Notes go with the record.
func (d *Desk) forget(e *core.RecordEvent) error {
	r := e.Record
	if err := e.Next(); err != nil {
		return err
	}
	if err := mail.WithdrawTo(e.App, r.GetString("email"), mail.WaitlistConfirm, mail.WaitlistKnown, mail.WaitlistInvitation, mail.WaitlistDeclined, mail.CapacityOffer); err != nil {
		return err
	}
	if _, err := e.App.NonconcurrentDB().Delete(invitations.Collection, dbx.HashExp{"application": r.Id}).Execute(); err != nil {
		return fmt.Errorf("delete an applicant's invitations: %w", err)
	}
	return consent.Forget(e.App, Subject(r))
}

// trail notes what an administrator of PocketBase does.
func (d *Desk) trail(action string) func(*core.RecordRequestEvent) error {
	return func(e *core.RecordRequestEvent) error {
		from := e.Record.Original().GetString("status")
		if err := e.Next(); err != nil {
			return err
		}
		if e.Auth == nil || !e.Auth.IsSuperuser() {
			return nil
		}
		detail := map[string]any{}
		if to := e.Record.GetString("status"); from != to && from != "" {
			detail["from"], detail["to"] = from, to
		}
		return activity.Note(e.App, activity.Entry{At: d.clock.Now(), Kind: activity.Superuser, Actor: e.Auth.Id, Action: action, Subject: Subject(e.Record), Detail: detail})
	}
}
