// Package analysis turns stored weeks into an audit. It is pure: no I/O, no
// clock, no randomness, nothing of ours imported, so the same data gives the
// same bytes. docs/method.md explains every formula and rule used here.
//
// Shares are fractions 0..1, money is in millionths of a currency unit
// (micros), weeks are the date of their Sunday (2026-11-15).
package analysis

import "database/sql"

// Count is a counted number; invalid where it is not known, which is never the
// same as 0.
type Count = sql.Null[int64]

// Known returns n as a known count.
func Known(n int64) Count { return Count{V: n, Valid: true} }

// Step is one step of the search funnel.
type Step int

// The steps of the funnel, from the top.
const (
	Impression Step = iota
	Click
	CartAdd
	Purchase
)

// Steps lists the steps of the funnel from the top.
var Steps = [...]Step{Impression, Click, CartAdd, Purchase}

func (s Step) String() string {
	return [...]string{"impression", "click", "cart_add", "purchase"}[s]
}

// Cell is one step of one search term in one week: the entity's own count and
// the whole market's.
type Cell struct{ Own, Market Count }

// Known reports whether both counts are known.
func (c Cell) Known() bool { return c.Own.Valid && c.Market.Valid }

// Funnel is all four steps of one search term in one week, indexed by Step.
type Funnel [4]Cell

// Sum adds up cells over terms or weeks: the only way in which shares are
// joined here. The mean of shares is never taken.
type Sum struct {
	Own, Market int64
	Cells       int // cells added
}

// Add adds a cell; one that is not fully known is left out on both sides, so
// that a share never has a numerator without its denominator.
func (s *Sum) Add(c Cell) {
	if c.Known() {
		s.Own += c.Own.V
		s.Market += c.Market.V
		s.Cells++
	}
}

// Share is own over market; ok is false where it is not defined.
func (s Sum) Share() (share float64, ok bool) {
	if s.Cells == 0 || s.Market <= 0 {
		return 0, false
	}
	return float64(s.Own) / float64(s.Market), true
}

// Sums holds one Sum per step, indexed by Step.
type Sums [4]Sum

// Add adds every step of f.
func (s *Sums) Add(f Funnel) {
	for _, step := range Steps {
		s[step].Add(f[step])
	}
}
