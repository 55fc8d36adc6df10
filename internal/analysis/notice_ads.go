package analysis

import (
	"fmt"
	"math"
)

// Rules of a spend spike. Spend is compared in logs, because it grows and
// shrinks by factors, with the median and the median absolute deviation, which
// one earlier spike among the weeks does not move (Hampel 1974; the factor makes
// the deviation a standard deviation of normal noise).
const (
	spikeWeeks   = 8   // complete weeks before it, at least, of BaselineWeeks
	spikeScale   = 4.0 // robust standard deviations above the median
	spikeLeast   = 1.5 // times the median, at least
	spikeNoise   = .10 // smallest deviation believed, logs
	madToDev     = 1.4826
	spikeLowEdge = 2.0 // deviations above the median up to which spend counts as usual in the money at stake
)

// SpendSpike judges a week's whole spend against that of the weeks before it,
// in micros, at most BaselineWeeks of them, all complete and none a retail
// event's.
func SpendSpike(currency, week string, now int64, before []int64) (Notice, Judgement) {
	logs := make([]float64, 0, len(before))
	for _, x := range before {
		if x > 0 {
			logs = append(logs, math.Log(float64(x)))
		}
	}
	if len(logs) < spikeWeeks {
		return Notice{}, NotJudged
	}
	m := middle(logs)
	away := make([]float64, len(logs))
	for i, x := range logs {
		away[i] = math.Abs(x - m)
	}
	s := max(spikeNoise, madToDev*middle(away))
	usual := int64(math.Round(math.Exp(m)))
	if now <= 0 || now-usual < WasteFloorMicros(currency) || math.Log(float64(now))-m <= max(spikeScale*s, math.Log(spikeLeast)) {
		return Notice{}, Clear
	}
	beyond := max(0, now-int64(math.Round(math.Exp(m+spikeLowEdge*s))))
	return Notice{
		Text: fmt.Sprintf("Ads spent %s in the week of %s, %.1f times the %s that is usual (the median of the %d complete weeks before).",
			money(now, currency), week, float64(now)/float64(usual), money(usual, currency), len(logs)),
		Meaning: fmt.Sprintf("Spend lies further from its median than %.0f times what its weeks usually differ by, and no retail event falls into the week. At least %s is beyond what they explain. A rule of thumb, not a test with a stated rate of false alarms.",
			spikeScale, money(beyond, currency)),
		ToDo:           "See which campaigns spent more: a raised bid or budget, a new campaign, or a search term that suddenly draws clicks. If it was meant, acknowledge this.",
		Severe:         severe(beyond, currency),
		MoneyLowMicros: Known(beyond),
	}, Raised
}

// AdWeek is a settled week's spend on sponsored products and the sales that
// Amazon books to it, in micros.
type AdWeek struct {
	Week        string
	Cost, Sales int64
}

// AboveBreakEven judges whether ads cost more than their sales leave, in both
// of two settled weeks that follow each other. margin is the fraction of sales
// that is left before ads; assumed: nobody stated it.
func AboveBreakEven(currency string, weeks [2]AdWeek, margin float64, assumed bool) (Notice, Judgement) {
	if margin <= 0 {
		return Notice{}, NotJudged
	}
	loss := int64(0)
	for _, w := range weeks {
		if w.Cost < WasteFloorMicros(currency) {
			return Notice{}, Clear // too little to look into
		}
		over := float64(w.Cost) - margin*float64(w.Sales)
		if over <= 0 {
			return Notice{}, Clear
		}
		loss += int64(math.Round(over))
	}
	loss /= int64(len(weeks))
	was, be := acos(weeks[0]), acos(weeks[1])
	edge := fmt.Sprintf("%.1f %%", margin*100)
	if assumed {
		edge += ", which is assumed: nobody has stated a margin"
	}
	n := Notice{
		Text: fmt.Sprintf("The ACOS of sponsored products was above break-even in two settled weeks: %s in the week of %s and %s in that of %s, against %s.",
			was, weeks[0].Week, be, weeks[1].Week, edge),
		Meaning: fmt.Sprintf("Each of these weeks the ads cost %s more than the sales that Amazon books to them leave, on average. Sales that ads cause later or elsewhere are not in it.",
			money(loss, currency)),
		ToDo:           "Begin with the search terms that the audit names as waste. If ads are meant to cost more for now, acknowledge this; a margin per product makes the edge exact.",
		Severe:         severe(loss, currency),
		MoneyLowMicros: Known(loss),
	}
	if assumed {
		n.MoneyLowMicros, n.Severe = Count{}, false
		n.ToDo = "State your margin in the settings first: the edge is only assumed. Then begin with the search terms that the audit names as waste."
	}
	return n, Raised
}

func acos(w AdWeek) string {
	if w.Sales <= 0 {
		return "no sales at all"
	}
	return fmt.Sprintf("%.1f %%", float64(w.Cost)/float64(w.Sales)*100)
}
