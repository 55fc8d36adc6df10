package portfolio

import (
	"net/http"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/portfolio"
)

// eventBody is an entry of the calendar in JSON.
type eventBody struct {
	ID          string `json:"id"`
	Marketplace string `json:"marketplace"` // empty: all
	Kind        string `json:"kind"`
	ASIN        string `json:"asin"`
	From        string `json:"from"`
	To          string `json:"to"`
	Title       string `json:"title"`
}

func eventOf(x portfolio.Event) eventBody {
	return eventBody{x.ID, x.Marketplace, string(x.Kind), x.ASIN, x.From.String(), x.To.String(), x.Title}
}

func (p *Portfolio) events(e *core.RequestEvent, account *core.Record) error {
	list, err := portfolio.Events(e.App, account.Id)
	if err != nil {
		return err
	}
	items := []eventBody{}
	for _, x := range list {
		items = append(items, eventOf(x))
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": nil})
}

// saveEvent makes an entry, or replaces the path's.
func (p *Portfolio) saveEvent(e *core.RequestEvent, account *core.Record) error {
	id, err := existing(e, account, "events", "event")
	if err != nil {
		return err
	}
	var in struct {
		Marketplace string `json:"marketplace"`
		Kind        string `json:"kind"`
		ASIN        string `json:"asin"`
		From        string `json:"from"`
		To          string `json:"to"`
		Title       string `json:"title"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	x := portfolio.Event{ID: id, Marketplace: in.Marketplace, Kind: portfolio.EventKind(in.Kind), ASIN: in.ASIN, Title: in.Title}
	if x.From, err = clock.ParseDay(in.From); err != nil {
		return e.BadRequestError("from: "+err.Error()+".", nil)
	}
	if x.To, err = clock.ParseDay(in.To); err != nil {
		return e.BadRequestError("to: "+err.Error()+".", nil)
	}
	var saved portfolio.Event
	err = p.change(e, account.Id, func(tx core.App) (effect portfolio.Effect, ok bool, err error) {
		saved, effect, ok, err = portfolio.SaveEvent(tx, account.Id, e.Auth.Id, x, p.clock.Now())
		return effect, ok, err
	})
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, eventOf(saved))
}

// existing is the id of the path, which the account has, or empty where the path
// names none. Its error answers the request.
func existing(e *core.RequestEvent, account *core.Record, table, name string) (string, error) {
	id := e.Request.PathValue(name)
	if id == "" {
		return "", nil
	}
	ok, err := portfolio.Exists(e.App, table, account.Id, id)
	if err == nil && !ok {
		err = e.NotFoundError("", nil)
	}
	return id, err
}

func (p *Portfolio) deleteEvent(e *core.RequestEvent, account *core.Record) error {
	err := p.change(e, account.Id, func(tx core.App) (portfolio.Effect, bool, error) {
		return portfolio.DeleteEvent(tx, account.Id, e.Request.PathValue("event"))
	})
	if err != nil {
		return err
	}
	return done(e)
}
