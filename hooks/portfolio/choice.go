package portfolio

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/portfolio"
)

// choiceBody is what a person chose for a term, in JSON.
type choiceBody struct {
	Class   string `json:"class"`   // empty: as the words say
	Cluster string `json:"cluster"` // empty: as the rule says
	Watched bool   `json:"watched"`
}

// term finds the term of the path among the account's; its error answers the
// request.
func (p *Portfolio) term(e *core.RequestEvent, account string) (market, key string, err error) {
	market, id, ok := history.ParseTermID(e.Request.PathValue("term"))
	if !ok {
		return "", "", e.NotFoundError("", nil)
	}
	ctx := e.Request.Context()
	err = p.store.Use(ctx, account, func(f *history.Facts) error {
		term, _, err := f.TermHistory(ctx, market, id, 0, 0)
		key = term.Text
		return err
	})
	if errors.Is(err, history.ErrNotFound) {
		return "", "", e.NotFoundError("", nil)
	}
	if err != nil {
		return "", "", fmt.Errorf("find a term: %w", err)
	}
	return market, key, nil
}

func (p *Portfolio) choice(e *core.RequestEvent, account *core.Record) error {
	market, key, err := p.term(e, account.Id)
	if err != nil {
		return err
	}
	c, err := portfolio.FindChoice(e.App, account.Id, market, key)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, choiceBody{string(c.Class), c.Cluster, c.Watched})
}

// choose replaces what was chosen; a field that is left out becomes empty.
func (p *Portfolio) choose(e *core.RequestEvent, account *core.Record) error {
	market, key, err := p.term(e, account.Id)
	if err != nil {
		return err
	}
	var in choiceBody
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	var saved portfolio.Choice
	err = p.change(e, account.Id, func(tx core.App) (effect portfolio.Effect, _ bool, err error) {
		saved, effect, err = portfolio.SaveChoice(tx, account.Id, market, key, portfolio.Choice{Class: history.Class(in.Class), Cluster: in.Cluster, Watched: in.Watched})
		return effect, true, err
	})
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, choiceBody{string(saved.Class), saved.Cluster, saved.Watched})
}
