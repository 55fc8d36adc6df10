package halo

import "math"

// Gate is one condition that the data must meet before a number is shown.
type Gate struct {
	Name   string   `json:"name"`
	Tested bool     `json:"tested"` // false: an earlier gate left nothing to test it on
	Passed bool     `json:"passed"`
	Value  *float64 `json:"value"` // what was found
	Limit  *float64 `json:"limit"` // what was wanted
	Text   string   `json:"text"`
	Needs  string   `json:"needs,omitempty"` // where it failed: what data would be needed
}

// Estimate is a number with its 95 % interval.
type Estimate struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Size says what a model was fitted on.
type Size struct {
	Terms    int    `json:"terms"`
	Products int    `json:"products"`
	Weeks    int    `json:"weeks"`
	Rows     int    `json:"rows"`
	Groups   int    `json:"groups"`     // that vary on their own: what the interval counts as observations
	By       string `json:"grouped_by"` // "term" or "product"
}

// gates is a list under way.
type gates []Gate

func (g *gates) add(name string, passed bool, value, limit float64, text, needs string) bool {
	gate := Gate{Name: name, Tested: true, Passed: passed, Value: finite(value), Limit: finite(limit), Text: text}
	if !passed {
		gate.Needs = needs
	}
	*g = append(*g, gate)
	return passed
}

// skip lists gates that could not be tested.
func (g *gates) skip(names ...string) {
	for _, name := range names {
		*g = append(*g, Gate{Name: name, Text: "not tested: an earlier condition is not met"})
	}
}

func (g gates) passed() bool {
	for _, gate := range g {
		if !gate.Passed {
			return false
		}
	}
	return true
}

// first returns the first gate that failed a test.
func (g gates) first() *Gate {
	for i := range g {
		if g[i].Tested && !g[i].Passed {
			return &g[i]
		}
	}
	return nil
}

func finite(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
