package sim

import (
	"cmp"
	"maps"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// Retention of the Ads API's reports in days (adsapi.md §1.6).
const (
	spRetention = 95
	sbRetention = 60
	sdRetention = 65
)

const defaultPublicationLag = 3 * 24 * time.Hour

// World is what the simulator serves: deterministic from its seed and computed
// when asked, in any order, by any number of goroutines.
type World struct {
	cfg      Config
	accounts []*account
	byName   map[string]*account
}

// NewWorld makes the world of a configuration without serving it.
func NewWorld(cfg Config) *World {
	if cfg.Accounts == nil {
		cfg.Accounts = DefaultAccounts()
	}
	if cfg.ASINs <= 0 {
		cfg.ASINs = 40
	}
	if cfg.Terms <= 0 {
		cfg.Terms = 2400
	}
	if cfg.SPDataDays <= 0 {
		cfg.SPDataDays = 65
	}
	if cfg.PublicationLag <= 0 {
		cfg.PublicationLag = defaultPublicationLag
	}
	w := &World{cfg: cfg, byName: map[string]*account{}}
	for i, spec := range cfg.Accounts {
		a := newAccount(w, i, spec)
		w.accounts = append(w.accounts, a)
		w.byName[spec.Name] = a
	}
	return w
}

func (w *World) market(account, marketplace string) *market {
	if a := w.byName[account]; a != nil {
		return a.markets[marketplace]
	}
	return nil
}

func (w *World) marketOf(profile int64) *market {
	for _, a := range w.accounts {
		for _, m := range a.markets {
			if m.profile == profile {
				return m
			}
		}
	}
	return nil
}

// Accounts returns the accounts' names.
func (w *World) Accounts() (names []string) {
	for _, a := range w.accounts {
		names = append(names, a.spec.Name)
	}
	return names
}

// Marketplaces returns an account's marketplace ids.
func (w *World) Marketplaces(account string) []string {
	if a := w.byName[account]; a != nil {
		return append([]string(nil), a.order...)
	}
	return nil
}

// ProfileID returns the ads profile of an account in a marketplace, 0 if there
// is none.
func (w *World) ProfileID(account, marketplace string) int64 {
	if m := w.market(account, marketplace); m != nil {
		return m.profile
	}
	return 0
}

// Brand returns an account's brand.
func (w *World) Brand(account string) string {
	if a := w.byName[account]; a != nil {
		return a.brand
	}
	return ""
}

// BrandWords returns the words, in lower case, that make a search term one of
// the brand's: its name and a common misspelling.
func (w *World) BrandWords(account string) []string {
	if a := w.byName[account]; a != nil {
		return append([]string(nil), a.words...)
	}
	return nil
}

// CompetitorWords returns the brands that an account's market also searches for,
// in lower case.
func (w *World) CompetitorWords(account string) (words []string) {
	if a := w.byName[account]; a != nil {
		for _, rival := range a.rivals {
			words = append(words, strings.ToLower(rival))
		}
	}
	return words
}

// Products returns an account's ASINs.
func (w *World) Products(account string) (out []ProductInfo) {
	if a := w.byName[account]; a != nil {
		for _, p := range a.products {
			info := p.info
			info.PriceMicros = maps.Clone(info.PriceMicros)
			out = append(out, info)
		}
	}
	return out
}

// published is the instant from which a period can be had.
func (m *market) published(end clock.Day) time.Time {
	at := end.Time().Add(m.world.cfg.PublicationLag)
	if m.world.cfg.Scenario == nil {
		return at
	}
	o := occasion{account: m.account.spec.Name, market: m.place.ID, key: end.String(), at: at}
	if b, _ := m.world.cfg.Scenario.fixed(LatePublication, o); b != nil {
		at = at.Add(cmp.Or(b.Delay, 4*24*time.Hour))
	}
	return at
}

// missing reports whether a row was left out of the first publication, which
// happens in few weeks and is put right a week later (spapi.md §1.7), or was
// taken back a week after it.
func (m *market) missing(p *period, c cell, asOf time.Time) bool {
	end := p.start + clock.Day(p.days-1)
	if m.removals && !asOf.Before(m.published(end).Add(7*24*time.Hour)) {
		key := strconv.Itoa(int(c.product)) + "|" + p.start.String() + "|" + m.terms[c.term].text
		o := occasion{op: OpCreateReport, account: m.account.spec.Name, market: m.place.ID, key: key, at: m.published(end)}
		if b, _ := m.world.cfg.Scenario.fixed(RemovedRows, o); b != nil {
			return true
		}
	}
	return mix(m.seed, 15, uint64(p.start))%7 == 0 &&
		mix(m.terms[c.term].seed, 16, uint64(p.start), uint64(c.product))%20 == 0 &&
		asOf.Before(m.published(end).Add(7*24*time.Hour))
}

func (m *market) sqpRow(p *period, c cell, row *SQPRow) {
	t, n := &m.terms[c.term], &p.totals[c.term]
	*row = SQPRow{ASIN: m.account.products[c.product].info.ASIN, Query: t.text, Rank: int64(c.rank), Volume: n.volume}
	row.Impressions = Stage{Total: n.i, Own: c.i}
	for k, s := range []struct {
		to         *Stage
		total, own int64
	}{{&row.Clicks, n.c, c.c}, {&row.CartAdds, n.a, c.a}, {&row.Purchases, n.p, c.p}} {
		*s.to = Stage{
			Total: s.total, Own: s.own,
			SameDay: int64(float64(s.total) * n.ship[0]), OneDay: int64(float64(s.total) * min(.6, n.ship[1]*3)), TwoDay: int64(float64(s.total) * n.ship[2]),
		}
		if s.total > 0 {
			s.to.TotalPrice = n.price[k]
		}
		if s.own > 0 {
			s.to.OwnPrice = m.prices[c.product]
		}
	}
}

// SQPRows returns the rows of a week (named by its Sunday) that a document
// generated at asOf holds, by product and rank; nil where it is not published
// yet.
func (w *World) SQPRows(account, marketplace string, week clock.Day, asOf time.Time) []SQPRow {
	return w.SQPRowsOf(account, marketplace, week, week+6, asOf)
}

// SQPRowsOf is SQPRows for any period: a week, month or quarter from its first
// to its last day.
func (w *World) SQPRowsOf(account, marketplace string, start, end clock.Day, asOf time.Time) []SQPRow {
	m := w.market(account, marketplace)
	if m == nil || asOf.Before(m.published(end)) {
		return nil
	}
	p := m.period(start, int(end-start)+1)
	rows := make([]SQPRow, 0, len(p.cells))
	for _, c := range p.cells {
		if m.missing(p, c, asOf) {
			continue
		}
		rows = append(rows, SQPRow{})
		m.sqpRow(p, c, &rows[len(rows)-1])
	}
	return rows
}

// SCPRows returns the catalogue performance rows of a week as of asOf.
func (w *World) SCPRows(account, marketplace string, week clock.Day, asOf time.Time) []SCPRow {
	m := w.market(account, marketplace)
	if m == nil || asOf.Before(m.published(week+6)) {
		return nil
	}
	return append([]SCPRow(nil), m.period(week, 7).scp...)
}

// AdTermRows returns the search term rows of one day as a report generated at
// asOf holds them; nil outside the days for which it has data.
func (w *World) AdTermRows(profile int64, product Product, day clock.Day, asOf time.Time) (rows []AdTermRow) {
	if m := w.marketOf(profile); m != nil {
		m.termRows(product, day, asOf, func(r *AdTermRow) bool { rows = append(rows, *r); return true })
	}
	return rows
}

// CampaignRows returns the campaign rows of one day as of asOf.
func (w *World) CampaignRows(profile int64, product Product, day clock.Day, asOf time.Time) (rows []CampaignRow) {
	if m := w.marketOf(profile); m != nil {
		m.campaignRows(product, day, asOf, func(r *CampaignRow) bool { rows = append(rows, *r); return true })
	}
	return rows
}

// Truth lists what was planted for the weeks from..to (Sundays, inclusive).
func (w *World) Truth(from, to clock.Day) (out []Truth) {
	for _, a := range w.accounts {
		for _, id := range a.order {
			out = append(out, a.markets[id].truth(from.Week(), to.Week())...)
		}
	}
	return out
}
