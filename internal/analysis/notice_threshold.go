package analysis

import (
	"fmt"
	"math"
)

// Line is a threshold that a person drew on a figure of the week.
type Line struct {
	Metric string // impression_share, click_share, cart_add_share, purchase_share, acos or spend
	Above  bool   // crossed above its value; else below
	Value  float64
}

var metricNames = map[string]string{
	"impression_share": "impression share", "click_share": "click share", "cart_add_share": "cart-add share",
	"purchase_share": "purchase share", "acos": "ACOS of sponsored products", "spend": "ad spend",
}

// Crossed judges a figure of a week against a person's line. Shares and ACOS
// are fractions, spend is whole units of the currency, as the line's value.
func Crossed(line Line, currency, week string, figure float64) (Notice, Judgement) {
	if math.IsNaN(figure) || math.IsInf(figure, 0) {
		return Notice{}, NotJudged
	}
	if line.Above && figure <= line.Value || !line.Above && figure >= line.Value {
		return Notice{}, Clear
	}
	side := "below"
	if line.Above {
		side = "above"
	}
	is, edge := "", ""
	switch line.Metric {
	case "spend":
		is, edge = money(int64(math.Round(figure*1e6)), currency), money(int64(math.Round(line.Value*1e6)), currency)
	default:
		is, edge = percents(figure, line.Value)
	}
	name := metricNames[line.Metric]
	return Notice{
		Text:    fmt.Sprintf("Your %s was %s in the week of %s: %s your threshold of %s.", name, is, week, side, edge),
		Meaning: "A line that you drew was crossed. No statistics protect it: a figure close to its line crosses it by chance, again and again.",
		ToDo:    "Look whether the audit confirms a change. If this comes often without one, move the threshold further out.",
	}, Raised
}
