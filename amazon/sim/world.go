package sim

import "halotrack.ai/halotrack/internal/clock"

import "time"

// World is what the simulator serves: deterministic from its seed and computed
// when asked, in any order, by any number of goroutines.
type World struct{ cfg Config }

// NewWorld makes the world of a configuration without serving it.
func NewWorld(cfg Config) *World { return &World{cfg: cfg} }

// Accounts returns the accounts' names.
func (w *World) Accounts() []string { return nil }

// Marketplaces returns an account's marketplace ids.
func (w *World) Marketplaces(account string) []string { return nil }

// ProfileID returns the ads profile of an account in a marketplace, 0 if there
// is none.
func (w *World) ProfileID(account, marketplace string) int64 { return 0 }

// Brand returns an account's brand.
func (w *World) Brand(account string) string { return "" }

// BrandWords returns the words that make a search term one of the brand's.
func (w *World) BrandWords(account string) []string { return nil }

// CompetitorWords returns the brand names of an account's competitors.
func (w *World) CompetitorWords(account string) []string { return nil }

// Products returns an account's ASINs.
func (w *World) Products(account string) []ProductInfo { return nil }

// SQPRows returns the rows of a week (named by its Sunday) that a document
// generated at asOf holds, by ASIN and rank; nil where it is not published yet.
func (w *World) SQPRows(account, marketplace string, week clock.Day, asOf time.Time) []SQPRow {
	return nil
}

// SCPRows returns the catalogue performance rows of a week as of asOf.
func (w *World) SCPRows(account, marketplace string, week clock.Day, asOf time.Time) []SCPRow {
	return nil
}

// AdTermRows returns the search term rows of one day as a report generated at
// asOf holds them; nil outside the retention.
func (w *World) AdTermRows(profile int64, product Product, day clock.Day, asOf time.Time) []AdTermRow {
	return nil
}

// CampaignRows returns the campaign rows of one day as of asOf.
func (w *World) CampaignRows(profile int64, product Product, day clock.Day, asOf time.Time) []CampaignRow {
	return nil
}

// Truth lists what was planted for the weeks from..to (Sundays, inclusive).
func (w *World) Truth(from, to clock.Day) []Truth { return nil }
