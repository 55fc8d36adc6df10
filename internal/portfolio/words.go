package portfolio

import (
	"database/sql"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/history"
)

// Words are what an account says of its brand as a whole.
type Words struct {
	Brand         []string          // a term that holds one of them as whole words is of class brand
	Competitor    []string          // likewise, of class competitor; a brand's word wins
	DefaultMargin sql.Null[float64] // of products without their own; invalid: AssumedMargin
}

// MaxWords is how many words of each kind an account has, and longestWord their
// characters.
const (
	MaxWords    = 200
	longestWord = 100
)

// LoadWords reads the words and the default margin alone.
func LoadWords(app core.App, account string) (w Words, err error) {
	var row struct {
		Brand      types.JSONRaw  `db:"brand_words"`
		Competitor types.JSONRaw  `db:"competitor_words"`
		Margin     sql.NullString `db:"default_margin"`
	}
	err = app.DB().Select("brand_words", "competitor_words", "default_margin").From("accounts").Where(dbx.HashExp{"id": account}).One(&row)
	if err != nil {
		return w, fmt.Errorf("find account %s: %w", account, err)
	}
	if w.DefaultMargin, err = optional[float64](row.Margin); err != nil {
		return w, fmt.Errorf("read the default margin of account %s: %w", account, err)
	}
	for _, list := range []struct {
		raw types.JSONRaw
		to  *[]string
	}{{row.Brand, &w.Brand}, {row.Competitor, &w.Competitor}} {
		words, err := readWords(list.raw)
		if err != nil {
			return w, fmt.Errorf("read the words of account %s: %w", account, err)
		}
		*list.to = words
	}
	return w, nil
}

// Clean returns the words as they are stored: normalised like search terms, each
// once, in order. What is wrong is a Refusal.
func (w Words) Clean() (Words, error) {
	for _, list := range []*[]string{&w.Brand, &w.Competitor} {
		*list = normalised(*list)
		if len(*list) > MaxWords {
			return w, refuse("At most %d words of a kind.", MaxWords)
		}
		for _, word := range *list {
			if utf8.RuneCountInString(word) > longestWord {
				return w, refuse("%q has more than %d characters.", shown(word), longestWord)
			}
		}
	}
	for _, word := range w.Competitor {
		if slices.Contains(w.Brand, word) {
			return w, refuse("%q stands among the brand's words and the competitors': take it from one of them.", shown(word))
		}
	}
	if w.DefaultMargin.Valid {
		return w, checkMargin(w.DefaultMargin.V)
	}
	return w, nil
}

// SaveWords writes the words; what is wrong with them is a Refusal.
func SaveWords(app core.App, account *core.Record, w Words) (saved Words, effect Effect, err error) {
	if w, err = w.Clean(); err != nil {
		return w, effect, err
	}
	old, err := LoadWords(app, account.Id)
	if err != nil {
		return w, effect, err
	}
	account.Set("brand_words", w.Brand)
	account.Set("competitor_words", w.Competitor)
	account.Set("default_margin", nil)
	if w.DefaultMargin.Valid {
		account.Set("default_margin", w.DefaultMargin.V)
	}
	if err := app.Save(account); err != nil {
		return w, effect, fmt.Errorf("save the words: %w", err)
	}
	effect.Join = !slices.Equal(old.Brand, w.Brand) || !slices.Equal(old.Competitor, w.Competitor)
	effect.Money = old.DefaultMargin != w.DefaultMargin
	return w, effect, nil
}

func readWords(raw types.JSONRaw) (words []string, err error) {
	if text := raw.String(); text == "" || text == "null" {
		return nil, nil
	}
	list := types.JSONArray[string]{}
	if err := list.Scan([]byte(raw)); err != nil {
		return nil, err
	}
	return normalised(list), nil
}

func normalised(words []string) []string {
	out := make([]string, 0, len(words))
	for _, word := range words {
		if key := history.NormaliseKey(tidy(word)); key != "" {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
