package site

import (
	"errors"
	"net/http"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/consent"
	"halotrack.ai/halotrack/internal/signed"
	"halotrack.ai/halotrack/internal/waitlist"
)

// behind finds the application of a mailed link; ok is false where the answer
// is given already.
func (s *Site) behind(e *core.RequestEvent, p signed.Purpose) (r *core.Record, ok bool, answer error) {
	r, err := s.desk.ByCode(e.App, p, e.Request.PathValue("code"))
	switch {
	case errors.Is(err, signed.ErrExpired):
		return nil, false, say(e, http.StatusGone, "This link has run out", "Apply again with the same address: nothing is stored twice, and you get a new link by mail.")
	case errors.Is(err, waitlist.ErrUnknown):
		return nil, false, say(e, http.StatusNotFound, "There is no such application any more", "It was deleted. You can apply again at any time.")
	case err != nil:
		return nil, false, say(e, http.StatusNotFound, "This link is not valid", "Open it again from the mail, whole.")
	}
	return r, true, nil
}

// confirmData fills the page that confirms an address.
type confirmData struct {
	Email     string
	Done      bool
	Marketing string // the consent that was ticked, if one waits
	Status    string // link
}

func (s *Site) confirmPage(e *core.RequestEvent) error {
	r, ok, answer := s.behind(e, signed.WaitlistConfirm)
	if !ok {
		return answer
	}
	at, err := waitlist.Marketing(e.App, r)
	if err != nil {
		return err
	}
	data := confirmData{Email: r.GetString("email"), Done: !r.GetDateTime("confirmed_at").IsZero() && at != consent.Pending}
	if at == consent.Pending {
		data.Marketing = consent.InForce(consent.Marketing).Text
	}
	return show(e, http.StatusOK, "confirm", data)
}

// confirm is a POST: programs that look at the links in mails open them too.
func (s *Site) confirm(e *core.RequestEvent) error {
	if wait := s.steps.Take(network(e)); wait > 0 {
		return busyPage(e, wait)
	}
	r, ok, answer := s.behind(e, signed.WaitlistConfirm)
	if !ok {
		return answer
	}
	form, err := read(e, "news")
	if err != nil {
		return err
	}
	if err := s.desk.Confirm(e.App, r, form.Get("news") == "yes"); err != nil {
		return err
	}
	return show(e, http.StatusOK, "confirm", confirmData{Email: r.GetString("email"), Done: true})
}

// statusData fills the page of an application.
type statusData struct {
	formData
	ID       string
	Record   *core.Record
	State    string
	Open     bool // it can be withdrawn
	News     bool
	NewsText string
}

// meaning is what a state means to the applicant.
var meaning = map[waitlist.State]string{
	waitlist.New:       "It waits to be read.",
	waitlist.Reviewing: "It is being looked at.",
	waitlist.Invited:   "You are invited: the invitation is in your mailbox.",
	waitlist.Joined:    "You have joined. The application itself is kept for twelve months from then.",
	waitlist.Declined:  "There is no place at present. It is kept for up to twelve months in case one opens.",
	waitlist.Withdrawn: "You withdrew it. It is kept for up to twelve months unless you delete it.",
}

func (s *Site) statusPage(e *core.RequestEvent) error {
	r, ok, answer := s.behind(e, signed.WaitlistStatus)
	if !ok {
		return answer
	}
	return s.showStatus(e, http.StatusOK, r, formData{Application: waitlist.Of(r)})
}

func (s *Site) showStatus(e *core.RequestEvent, status int, r *core.Record, f formData) error {
	news, err := waitlist.Marketing(e.App, r)
	if err != nil {
		return err
	}
	state := waitlist.State(r.GetString("status"))
	return show(e, status, "status", statusData{
		formData: f, ID: r.Id, Record: r, State: meaning[state], Open: state.May(waitlist.Withdrawn) && state != waitlist.Declined,
		News: news == consent.Given, NewsText: consent.InForce(consent.Marketing).Text,
	})
}

func (s *Site) change(e *core.RequestEvent) error {
	if wait := s.steps.Take(network(e)); wait > 0 {
		return busyPage(e, wait)
	}
	r, ok, answer := s.behind(e, signed.WaitlistStatus)
	if !ok {
		return answer
	}
	form, err := read(e, "action", "name", "businessType", "adSpendBand", "marketplaces", "notes")
	if err != nil {
		return err
	}
	f, notice := formData{Application: waitlist.Of(r)}, ""
	action := form.Get("action")
	err = e.App.RunInTransaction(func(tx core.App) error {
		switch action {
		case "correct":
			a := written(form)
			a.Email = f.Email
			f.Application = a
			if f.Wrong = f.CleanCorrection(); len(f.Wrong) > 0 {
				return nil
			}
			notice = "Your changes are stored."
			return s.desk.Correct(tx, r, f.Application)
		case "news-on", "news-off":
			notice = "News by mail are " + action[len("news-"):] + "."
			return s.desk.SetMarketing(tx, r, action == "news-on")
		case "withdraw":
			if err := s.desk.Withdraw(tx, r); err != nil {
				return err
			}
			notice = "Your application is withdrawn."
		case "delete":
			if err := tx.Delete(r); err != nil {
				return err
			}
		default:
			return e.BadRequestError("Unknown action.", nil)
		}
		return s.desk.NotePerson(tx, "waitlist."+action, r)
	})
	switch {
	case errors.Is(err, waitlist.ErrMove):
		return say(e, http.StatusConflict, "That is not possible any more", "The application has been resolved. You can still delete it.")
	case err != nil:
		return err
	case action == "delete":
		return say(e, http.StatusOK, "Your application is deleted", "What you wrote, our notes about it and mails that waited are gone from the live data now. Encrypted backups that hold them are overwritten within 90 days.")
	case len(f.Wrong) > 0:
		return s.showStatus(e, http.StatusUnprocessableEntity, r, f)
	}
	f.Notice = notice
	return s.showStatus(e, http.StatusOK, r, f)
}
