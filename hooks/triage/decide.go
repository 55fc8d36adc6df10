package triage

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/waitlist"
)

// ours are the states that operators move applications to; joining and
// withdrawing are the applicants' own.
var ours = []waitlist.State{waitlist.Reviewing, waitlist.New, waitlist.Invited, waitlist.Declined}

// actions name the steps in the trail.
var actions = map[waitlist.State]string{
	waitlist.New: "waitlist.reopen", waitlist.Reviewing: "waitlist.review", waitlist.Invited: "waitlist.invite", waitlist.Declined: "waitlist.decline",
}

func (t *Triage) move(e *core.RequestEvent, user *core.Record) error {
	var in struct {
		Status string `json:"status"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if !slices.Contains(ours, waitlist.State(in.Status)) {
		return e.BadRequestError("status: give new, reviewing, invited or declined.", nil)
	}
	r, err := find(e)
	if err != nil {
		return err
	}
	if err := t.decide(e.App, user, r.Id, waitlist.State(in.Status)); err != nil {
		return err
	}
	return t.one(e, user)
}

// decide moves one application; what belongs to the step (invitation, mail)
// happens in the same transaction. Inviting someone who is invited sends a new
// invitation.
func (t *Triage) decide(app core.App, user *core.Record, id string, to waitlist.State) error {
	return app.RunInTransaction(func(tx core.App) error {
		r, err := tx.FindRecordById(waitlist.Collection, id)
		if err != nil {
			return router.NewNotFoundError("", nil)
		}
		from, action := waitlist.State(r.GetString("status")), actions[to]
		if from == waitlist.Invited && to == waitlist.Invited {
			action = "waitlist.invite_again"
			err = t.desk.InviteAgain(tx, r)
		} else if err = waitlist.Move(r, to, t.clock.Now()); err == nil {
			err = tx.Save(r)
		}
		if errors.Is(err, waitlist.ErrMove) {
			return router.NewApiError(http.StatusConflict, fmt.Sprintf("This application is %s; it cannot become %s.", from, to), nil)
		}
		if err != nil {
			return err
		}
		return t.note(tx, user, action, waitlist.Subject(r), map[string]any{"from": string(from), "to": string(to)})
	})
}

// offer sends someone who was declined the one later offer: a place has opened.
func (t *Triage) offer(e *core.RequestEvent, user *core.Record) error {
	r, err := find(e)
	if err != nil {
		return err
	}
	if waitlist.State(r.GetString("status")) != waitlist.Declined {
		return router.NewApiError(http.StatusConflict, "A later offer is for someone who was declined.", nil)
	}
	if err := t.decide(e.App, user, r.Id, waitlist.Invited); err != nil {
		return err
	}
	return t.one(e, user)
}

// mostAtOnce is how many applications one request may move.
const mostAtOnce = 200

func (t *Triage) bulk(e *core.RequestEvent, user *core.Record) error {
	var in struct {
		IDs    []string `json:"ids"`
		Status string   `json:"status"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if !slices.Contains(ours, waitlist.State(in.Status)) {
		return e.BadRequestError("status: give new, reviewing, invited or declined.", nil)
	}
	if len(in.IDs) == 0 || len(in.IDs) > mostAtOnce {
		return e.BadRequestError(fmt.Sprintf("ids: give 1 to %d of them.", mostAtOnce), nil)
	}
	type refused struct {
		ID  string `json:"id"`
		Why string `json:"why"`
	}
	body := struct {
		Moved   []string  `json:"moved"`
		Refused []refused `json:"refused"`
	}{Moved: []string{}, Refused: []refused{}}
	seen := map[string]bool{}
	for _, id := range in.IDs {
		if seen[id] {
			continue // once each: a second step may be another one, and mails again
		}
		seen[id] = true
		err := t.decide(e.App, user, id, waitlist.State(in.Status))
		if answer, ok := errors.AsType[*router.ApiError](err); ok {
			body.Refused = append(body.Refused, refused{id, answer.Message})
			continue
		}
		if err != nil {
			return err
		}
		body.Moved = append(body.Moved, id)
	}
	return e.JSON(http.StatusOK, body)
}

type noteItem struct {
	ID     string `json:"id"`
	Author string `json:"author"` // name
	Text   string `json:"text"`
	At     any    `json:"at"`
}

func (t *Triage) notes(e *core.RequestEvent, _ *core.Record) error {
	r, err := find(e)
	if err != nil {
		return err
	}
	rows, err := e.App.FindRecordsByFilter("waitlist_notes", "application = {:id}", "-at,-@rowid", 200, 0, dbx.Params{"id": r.Id})
	if err != nil {
		return fmt.Errorf("list the notes: %w", err)
	}
	items := []noteItem{}
	for _, n := range rows {
		it := noteItem{ID: n.Id, Text: n.GetString("text"), At: moment(n, "at")}
		if author, err := e.App.FindRecordById("users", n.GetString("author")); err == nil {
			it.Author = author.GetString("name")
		}
		items = append(items, it)
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items})
}

const longestNote = 2000

func (t *Triage) addNote(e *core.RequestEvent, user *core.Record) error {
	var in struct {
		Text string `json:"text"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	in.Text = strings.TrimSpace(in.Text)
	if in.Text == "" || utf8.RuneCountInString(in.Text) > longestNote {
		return e.BadRequestError("text: write 1 to 2,000 characters. The applicant may ask to see it.", nil)
	}
	r, err := find(e)
	if err != nil {
		return err
	}
	err = e.App.RunInTransaction(func(tx core.App) error {
		collection, err := tx.FindCachedCollectionByNameOrId("waitlist_notes")
		if err != nil {
			return err
		}
		n := core.NewRecord(collection)
		n.Set("application", r.Id)
		n.Set("author", user.Id)
		n.Set("text", in.Text)
		n.Set("at", t.clock.Now())
		if err := tx.Save(n); err != nil {
			return fmt.Errorf("keep a note: %w", err)
		}
		return t.note(tx, user, "waitlist.note", waitlist.Subject(r), nil)
	})
	if err != nil {
		return err
	}
	return t.notes(e, user)
}

const mostPlaces = 1_000_000

func (t *Triage) setCapacity(e *core.RequestEvent, user *core.Record) error {
	var in struct {
		Places int `json:"places"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if in.Places < 0 || in.Places > mostPlaces {
		return e.BadRequestError("places: give the number of accounts to carry, or 0 for no limit.", nil)
	}
	err := e.App.RunInTransaction(func(tx core.App) error {
		if err := waitlist.SetCapacity(tx, in.Places, user.Id, t.clock.Now()); err != nil {
			return err
		}
		return t.note(tx, user, "capacity.set", "capacity/places", map[string]any{"places": in.Places})
	})
	if err != nil {
		return err
	}
	return t.capacity(e, user)
}

// activity is the trail's part about the waitlist and the capacity, newest
// first.
func (t *Triage) activity(e *core.RequestEvent, _ *core.Record) error {
	where := "(subject ~ 'waitlist/%' || subject ~ 'capacity/%')"
	params := dbx.Params{}
	if id := e.Request.URL.Query().Get("application"); id != "" {
		where, params["subject"] = "subject = {:subject}", waitlist.Collection+"/"+id
	}
	rows, err := e.App.FindRecordsByFilter("activity", where, "-at,-@rowid", 200, 0, params)
	if err != nil {
		return fmt.Errorf("read the trail: %w", err)
	}
	type entry struct {
		At      any    `json:"at"`
		Kind    string `json:"kind"`
		Actor   string `json:"actor"` // name, where the person still exists
		Action  string `json:"action"`
		Subject string `json:"subject"`
		Detail  any    `json:"detail"`
	}
	items := []entry{}
	for _, r := range rows {
		it := entry{moment(r, "at"), r.GetString("actor_kind"), "", r.GetString("action"), r.GetString("subject"), r.Get("detail")}
		if actor, err := e.App.FindRecordById("users", r.GetString("actor")); err == nil {
			it.Actor = actor.GetString("name")
		}
		items = append(items, it)
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items})
}
