package portfolio

import (
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/analysis"
	"halotrack.ai/halotrack/internal/clock"
)

// Sales lists the retail events of a marketplace: what a person entered, by its
// title, before the built-in ones that touch the days from from to to.
func (p *Portfolio) Sales(market string, from, to clock.Day) (list []analysis.Event) {
	for _, e := range p.Events(market) {
		if e.Kind == SaleEvent {
			list = append(list, analysis.Event{Key: e.Title, From: analysis.Day(e.From), To: analysis.Day(e.To), Held: true})
		}
	}
	if known, ok := marketplace.ByID(market); ok {
		list = append(list, analysis.RetailEvents(known.Country, analysis.Day(from), analysis.Day(to))...)
	}
	return list
}
