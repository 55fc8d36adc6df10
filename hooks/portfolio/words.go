package portfolio

import (
	"fmt"
	"net/http"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/portfolio"
)

// wordsBody is what an account says of its brand as a whole, in JSON.
type wordsBody struct {
	Brand      []string `json:"brandWords"`
	Competitor []string `json:"competitorWords"`
	Margin     *float64 `json:"default_margin"` // a fraction; null: assumed
	Assumed    float64  `json:"assumed_margin"`
}

func wordsOf(w portfolio.Words) wordsBody {
	body := wordsBody{Brand: w.Brand, Competitor: w.Competitor, Margin: known(w.DefaultMargin), Assumed: portfolio.AssumedMargin}
	if body.Brand == nil {
		body.Brand = []string{}
	}
	if body.Competitor == nil {
		body.Competitor = []string{}
	}
	return body
}

func (p *Portfolio) words(e *core.RequestEvent, account *core.Record) error {
	w, err := portfolio.LoadWords(e.App, account.Id)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, wordsOf(w))
}

// saveWords replaces all of it: a field that is left out becomes empty.
func (p *Portfolio) saveWords(e *core.RequestEvent, account *core.Record) error {
	var in struct {
		Brand      *[]string `json:"brandWords"`
		Competitor *[]string `json:"competitorWords"`
		Margin     *float64  `json:"default_margin"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if in.Brand == nil || in.Competitor == nil {
		return e.BadRequestError("Send brandWords and competitorWords, both lists of words.", nil)
	}
	var saved portfolio.Words
	err := p.change(e, account.Id, func(tx core.App) (effect portfolio.Effect, _ bool, err error) {
		saved, effect, err = portfolio.SaveWords(tx, account, portfolio.Words{Brand: *in.Brand, Competitor: *in.Competitor, DefaultMargin: optional(in.Margin)})
		if err != nil {
			return effect, true, err
		}
		return effect, true, activity.Note(tx, activity.Entry{
			At: p.clock.Now(), Kind: activity.Person, Actor: e.Auth.Id, Action: "account.words", Subject: "accounts/" + account.Id, Account: account.Id,
		})
	})
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, wordsOf(saved))
}

// suggestions lists words of a marketplace that are probably the brand's.
func (p *Portfolio) suggestions(e *core.RequestEvent, account *core.Record) error {
	type suggestion struct {
		Word        string `json:"word"`
		Source      string `json:"source"`
		Terms       int    `json:"terms"`
		Why         string `json:"why"`
		Marketplace string `json:"marketplace"`
	}
	items := []suggestion{}
	all, err := portfolio.Load(e.App, account.Id)
	if err != nil {
		return err
	}
	asked := e.Request.URL.Query().Get("marketplace")
	ctx := e.Request.Context()
	err = p.store.Use(ctx, account.Id, func(f *history.Facts) error {
		markets, err := f.Marketplaces(ctx)
		if err != nil {
			return err
		}
		seen := map[string]bool{}
		for _, market := range markets {
			if asked != "" && asked != market {
				continue
			}
			list, err := all.Suggest(ctx, f, market)
			if err != nil {
				return err
			}
			for _, s := range list {
				if !seen[s.Word] {
					seen[s.Word] = true
					items = append(items, suggestion{s.Word, s.Source, s.Terms, s.Why, market})
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("suggest brand words: %w", err)
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": nil})
}
