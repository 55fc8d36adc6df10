package portfolio

import (
	"fmt"
	"unicode/utf8"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/history"
)

// Choice is what a person decided for one term of a marketplace.
type Choice struct {
	Class   history.Class // empty: as the words say
	Cluster string        // empty: as the rule says
	Watched bool          // on the watch list
}

// MaxWatched is how many terms a marketplace's watch list holds: drift is
// looked for in each of them (analytics.md §4.3).
const MaxWatched = 200

const longestCluster = 200

func loadChoices(app core.App, account string) (map[string]map[string]Choice, error) {
	var rows []struct {
		Marketplace string `db:"marketplace"`
		Term        string `db:"term"`
		Class       string `db:"class"`
		Cluster     string `db:"cluster"`
		Watched     bool   `db:"watched"`
	}
	if err := ofAccount(app, "term_choices", account).All(&rows); err != nil {
		return nil, fmt.Errorf("read the choices of terms: %w", err)
	}
	choices := map[string]map[string]Choice{}
	for _, r := range rows {
		if choices[r.Marketplace] == nil {
			choices[r.Marketplace] = map[string]Choice{}
		}
		choices[r.Marketplace][r.Term] = Choice{history.Class(r.Class), r.Cluster, r.Watched}
	}
	return choices, nil
}

// FindChoice returns the choice for one normalised key, the zero Choice where
// nobody chose.
func FindChoice(app core.App, account, marketplace, termKey string) (Choice, error) {
	r, err := findChoice(app, account, marketplace, termKey)
	if err != nil || r == nil {
		return Choice{}, err
	}
	return choiceOf(r), nil
}

func choiceOf(r *core.Record) Choice {
	return Choice{history.Class(r.GetString("class")), r.GetString("cluster"), r.GetBool("watched")}
}

func findChoice(app core.App, account, marketplace, termKey string) (*core.Record, error) {
	list, err := app.FindRecordsByFilter("term_choices", "account = {:account} && marketplace = {:marketplace} && term = {:term}", "", 1, 0,
		dbx.Params{"account": account, "marketplace": marketplace, "term": termKey})
	if err != nil {
		return nil, fmt.Errorf("read the choice of a term: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	return list[0], nil
}

// SaveChoice writes the choice for one normalised key. The zero Choice takes back
// what was chosen. What is wrong is a Refusal.
func SaveChoice(app core.App, account, marketplace, termKey string, c Choice) (saved Choice, effect Effect, err error) {
	switch c.Class {
	case "", history.BrandTerm, history.CompetitorTerm, history.GenericTerm:
	default:
		return c, effect, refuse("A class is brand, competitor or generic; leave it empty to go by the words.")
	}
	if c.Cluster = history.NormaliseKey(tidy(c.Cluster)); utf8.RuneCountInString(c.Cluster) > longestCluster {
		return c, effect, refuse("A cluster's name has at most %d characters.", longestCluster)
	}
	r, err := findChoice(app, account, marketplace, termKey)
	if err != nil {
		return c, effect, err
	}
	var old Choice
	if r != nil {
		old = choiceOf(r)
	}
	switch {
	case c == old:
		return c, effect, nil
	case c.Watched && !old.Watched:
		watched, err := app.CountRecords("term_choices", dbx.HashExp{"account": account, "marketplace": marketplace, "watched": true})
		if err != nil {
			return c, effect, err
		}
		if watched >= MaxWatched {
			return c, effect, refuse("The watch list holds %d terms: take one off first.", MaxWatched)
		}
	}
	effect = Effect{Join: c.Class != old.Class, Money: c.Cluster != old.Cluster || c.Watched != old.Watched}
	if c == (Choice{}) {
		return c, effect, app.Delete(r)
	}
	if r == nil {
		collection, err := app.FindCachedCollectionByNameOrId("term_choices")
		if err != nil {
			return c, effect, err
		}
		r = core.NewRecord(collection)
		r.Set("account", account)
		r.Set("marketplace", marketplace)
		r.Set("term", termKey)
	}
	r.Set("class", string(c.Class))
	r.Set("cluster", c.Cluster)
	r.Set("watched", c.Watched)
	if err := app.Save(r); err != nil {
		return c, Effect{}, fmt.Errorf("save the choice of a term: %w", err)
	}
	return c, effect, nil
}
