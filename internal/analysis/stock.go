package analysis

import "slices"

// Limits of "probably out of stock": on so many days of a week the ads of a
// product stop while its campaigns serve, and its impressions in search fall by
// so much.
const (
	StockDays = 3
	StockFall = .80
)

// What a product has to have been like before, so that silence means something.
const (
	stockWeeks       = 4   // whose median it is measured against
	stockRecent      = 13  // among which they are looked for
	stockImpressions = 50  // a week in search; a fifth of less can be chance
	stockAdDays      = 7   // known days on which its campaigns served
	stockServed      = .80 // of them, with impressions of the product
)

// StockVerdict says whether a product could be bought in a week.
type StockVerdict string

// The verdicts. What nobody stated and the data do not show is StockUnknown:
// the product counts as available.
const (
	StockUnknown   StockVerdict = ""
	StockInferred  StockVerdict = "inferred" // probably out of stock
	StockStatedOut StockVerdict = "stated"   // a person said so
	StockStatedIn  StockVerdict = "stated_in"
)

// Out reports whether the product counts as out of stock.
func (v StockVerdict) Out() bool { return v == StockInferred || v == StockStatedOut }

// AdDay is what sponsored products did on one day: the impressions of one
// product's ads, and those of all products in the campaigns that advertise it.
// Either is invalid where its report is not stored.
type AdDay struct{ Product, Campaigns Count }

// known days can tell whether the product was silent: its campaigns served.
func (d AdDay) known() bool {
	return d.Product.Valid && d.Campaigns.Valid && d.Campaigns.V > 0
}

// StockBaseline chooses the weeks against which a product's week in search is
// measured. before is its impressions of at most the last 13 stored weeks,
// oldest first; it returns the indices of the newest four that are not
// themselves a collapse (above a fifth of the median), and their median, so
// that the third week without stock is not measured against the first two. ok
// is false where there is no such week or too little to fall from.
func StockBaseline(before []int64) (weeks []int, median float64, ok bool) {
	first := max(0, len(before)-stockRecent)
	floor := (1 - StockFall) * middle(floats(before[first:]))
	for i := len(before) - 1; i >= first && len(weeks) < stockWeeks; i-- {
		if float64(before[i]) > floor {
			weeks = append(weeks, i)
		}
	}
	slices.Reverse(weeks)
	values := make([]int64, len(weeks))
	for k, i := range weeks {
		values[k] = before[i]
	}
	median = middle(floats(values))
	return weeks, median, median >= stockImpressions
}

// StockCollapsed reports whether a week's impressions in search lie 80 % or more
// below the baseline's median.
func StockCollapsed(now int64, median float64) bool {
	return float64(now) <= (1-StockFall)*median
}

// ProbablyOut decides of a product whose impressions in search collapsed
// whether its ads tell the same: on three days or more of the week they have no
// impression while its campaigns serve, and in the baseline's weeks they had
// some on at least four of five such days.
func ProbablyOut(week, baseline []AdDay) bool {
	silent := 0
	for _, d := range week {
		if d.known() && d.Product.V == 0 {
			silent++
		}
	}
	serving, served := 0, 0
	for _, d := range baseline {
		if !d.known() {
			continue
		}
		serving++
		if d.Product.V > 0 {
			served++
		}
	}
	return silent >= StockDays && serving >= stockAdDays && float64(served) >= stockServed*float64(serving)
}

// StockEntry is what a person wrote into the calendar about one product: out
// of stock or in stock on days, both inclusive, counted as everywhere from
// 1970-01-01.
type StockEntry struct {
	From, To int32
	Out      bool
}

// StockStated is what the entries about one product say of the week that starts on
// a day; later entries overrule earlier ones on the days that both name. Three
// days out of stock make the week one, and five in stock leave no room for
// three.
func StockStated(entries []StockEntry, week int32) StockVerdict {
	out, in := 0, 0
	for day := week; day < week+7; day++ {
		for i := len(entries) - 1; i >= 0; i-- {
			if e := entries[i]; e.From <= day && day <= e.To {
				if e.Out {
					out++
				} else {
					in++
				}
				break
			}
		}
	}
	switch {
	case out >= StockDays:
		return StockStatedOut
	case in > 7-StockDays:
		return StockStatedIn
	}
	return StockUnknown
}

// middle is the median, the mean of the two in the middle where they are two; 0
// of nothing.
func middle(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return 0
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func floats(values []int64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
