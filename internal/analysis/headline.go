package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Status says what the section rests on.
type Status struct {
	SearchStored bool  `json:"search_stored"` // the week's search data are published and stored
	Products     Cells `json:"products"`
	AdsDays      int   `json:"ads_days"`
	AdsDaysTotal int   `json:"ads_days_wanted"`
	AdsState     State `json:"ads_state"`
	// BaselineWeeks of the 13 before are stored.
	BaselineWeeks int    `json:"baseline_weeks"`
	Event         string `json:"event,omitempty"` // retail event of the week, which suspends the tests per term
}

// Demand says how much of the change of own purchases the market made and how
// much the share: the two add up to Now − Before exactly (Bennet 1920).
type Demand struct {
	Now      float64  `json:"now"`    // own purchases of the week
	Before   float64  `json:"before"` // own purchases of an average week of the baseline
	Market   float64  `json:"market"`
	Share    float64  `json:"share"`
	LastYear *float64 `json:"last_year"` // own purchases of the aligned week a year before; null while it is not stored
}

// demand splits the week's own purchases; nil without both periods.
func (m *Market) demand() *Demand {
	weeks := float64(len(m.Baseline))
	now, before := m.now[Purchase], m.before[Purchase]
	if now.Cells == 0 || before.Cells == 0 || weeks == 0 {
		return nil
	}
	d := &Demand{Now: float64(now.Own), Before: float64(before.Own) / weeks}
	split, ok := SplitChange(d.Before, float64(before.Market)/weeks, d.Now, float64(now.Market))
	if !ok {
		return nil
	}
	d.Market, d.Share = split.Demand, split.Share
	if m.LastYear != nil && m.LastYear[Purchase].Cells > 0 {
		own := float64(m.LastYear[Purchase].Own)
		d.LastYear = &own
	}
	return d
}

func (m *Market) status() Status {
	return Status{
		SearchStored: m.now[Impression].Cells > 0 || m.now[Click].Cells > 0,
		Products:     m.Cells, AdsDays: m.AdsDays, AdsDaysTotal: m.AdsDaysWanted, AdsState: m.State,
		BaselineWeeks: len(m.Baseline), Event: m.Event,
	}
}

// verdict is the section in one sentence.
func (m *Market) verdict(found changes, list []Finding) string {
	var parts []string
	if now, ok := m.now[Click].Share(); ok {
		text := "click share "
		if before, ok := m.before[Click].Share(); ok {
			_, is := percents(before, now)
			text += is + " (" + points(now-before) + " against the weeks before)"
		} else {
			is, _ := percents(now, now)
			text += is
		}
		parts = append(parts, text)
	} else {
		parts = append(parts, "no search data stored for the week")
	}
	switch {
	case m.Event != "":
		parts = append(parts, "tests per term suspended: "+m.Event)
	case len(m.Baseline) < minBaselineWeeks:
		parts = append(parts, fmt.Sprintf("too few weeks stored to test changes (%d of %d)", len(m.Baseline), minBaselineWeeks))
	case len(found.shifted) > 0:
		parts = append(parts, "the whole account moved")
		fallthrough
	default:
		drops, gains := len(found.drops), len(found.gains)
		if drops+gains == 0 {
			parts = append(parts, "nothing changed that chance does not explain")
			break
		}
		parts = append(parts, fmt.Sprintf("%s, %s", counted(int64(drops), "confirmed drop", "confirmed drops"), counted(int64(gains), "confirmed gain", "confirmed gains")))
	}
	if waste, n := totalOf(list, Waste); n > 0 {
		parts = append(parts, "at least "+money(waste, m.Currency)+" a week likely wasted")
	}
	text := strings.Join(parts, "; ")
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// totalOf adds up the conservative bounds of a kind.
func totalOf(list []Finding, kind Kind) (micros int64, n int) {
	for _, f := range list {
		if f.Kind == kind && f.MoneyLowMicros != nil {
			micros += *f.MoneyLowMicros
			n++
		}
	}
	return micros, n
}

// TermSpend is what ads did on one of the terms with most spend.
type TermSpend struct {
	Term           string   `json:"term"`
	SpendMicros    int64    `json:"spend_micros"`
	AdClickShare   *float64 `json:"ad_click_share"`  // of own clicks; null where the split is not known
	OrganicShare   *float64 `json:"organic_share"`   // own organic clicks of the market's; null likewise
	ACOS           *float64 `json:"acos"`            // null without sales, or where not all are counted
	BreakEvenACOS  float64  `json:"break_even_acos"` // of the term's leading product
	MarginAssumed  bool     `json:"margin_assumed"`  // nobody stated it
	PurchasesShare *float64 `json:"purchase_share"`
}

const maxSpend = 5

// spend lists the terms with most spend in the week.
func (m *Market) spend(terms []*term) []TermSpend {
	out := []TermSpend{}
	for _, t := range bySpend(terms) {
		if len(out) == maxSpend {
			break
		}
		economics := m.product(t.lead()).Economics
		s := TermSpend{Term: t.name, SpendMicros: t.now.Ads.CostMicros.V, BreakEvenACOS: economics.BreakEvenACOS(), MarginAssumed: economics.Assumed}
		clicks := t.now.Funnel[Click]
		if t.now.OrganicClicks.Valid && clicks.Known() {
			if clicks.Own.V > 0 {
				v := float64(clicks.Own.V-t.now.OrganicClicks.V) / float64(clicks.Own.V)
				s.AdClickShare = &v
			}
			if clicks.Market.V > 0 {
				v := float64(t.now.OrganicClicks.V) / float64(clicks.Market.V)
				s.OrganicShare = &v
			}
		}
		if acos := AdFiguresOf(t.now.Ads).ACOS; acos.Valid {
			s.ACOS = &acos.V
		}
		if r := RateOf(t.now.Funnel[Purchase].Own, t.now.Funnel[Purchase].Market); r.Valid {
			s.PurchasesShare = &r.V
		}
		out = append(out, s)
	}
	return out
}

// shares of the week with an interval: Wilson's on the effective number of
// events, as restless as the account's own weeks were.
func (m *Market) shares() Shares {
	s := sharesOf(m.now, m.before)
	for step, at := range map[Step]*StepShare{Impression: &s.Impression, Click: &s.Click, CartAdd: &s.CartAdd, Purchase: &s.Purchase} {
		if at.Share == nil {
			continue
		}
		low, high := Wilson(m.now[step].Own, m.now[step].Market, m.restlessness(step))
		if !math.IsNaN(low) && !math.IsNaN(high) {
			at.Low, at.High = &low, &high
		}
	}
	return s
}

// restlessness is the variance, of the logit, of the account's own share from
// week to week over the baseline.
func (m *Market) restlessness(step Step) float64 {
	var weeks []Cell
	for _, s := range m.weekly {
		if s[step].Cells > 0 {
			weeks = append(weeks, s[step].cell())
		}
	}
	if b := baselineOf(weeks); b.enough() {
		return max(leastTau2, b.tau2)
	}
	return assumedTau2
}

// bySpend lists the terms with ads in the week, the most expensive first.
func bySpend(terms []*term) (list []*term) {
	for _, t := range terms {
		if t.now != nil && t.now.Ads.CostMicros.V > 0 {
			list = append(list, t)
		}
	}
	slices.SortStableFunc(list, func(a, b *term) int { return cmp.Compare(b.now.Ads.CostMicros.V, a.now.Ads.CostMicros.V) })
	return list
}
