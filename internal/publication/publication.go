// Package publication is when Amazon publishes its periods of search data, as
// far as sellers have seen it: Amazon documents nothing (spapi.md §1.8). The
// ingest asks by it, and alerts tell by it that a week is late.
package publication

import (
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
)

// Lag is the ages of a period of importance, counted from the end of its last
// day in UTC.
type Lag struct {
	// First is the age at which a period is asked for first.
	First time.Duration
	// Settled is the age from which a period without data is no longer one that
	// Amazon may just not have published yet.
	Settled time.Duration
}

// WeekFirst is how long after the end of its Saturday, in UTC, a week is asked
// for first (readable three to five days after).
const WeekFirst = 3 * day

const day = 24 * time.Hour

// lags is the policy per kind of period and region.
//
//   - A week is readable three to five days after its Saturday. One week came
//     on the sixth day in North America and later in Europe (issues 5350 and
//     5351 of the models), so that Europe's refusals are believed for longer; the
//     first question is as early, since it costs one catalogue.
//   - A month is unlocked on day 3 of the next one by one service, and said to be
//     seven weeks behind by another.
//   - A quarter is unlocked on day 20 of the next one.
//   - Nothing is known of the Far East: it has North America's figures.
var lags = map[spapi.Period]map[marketplace.Region]Lag{
	spapi.Week: {
		marketplace.NorthAmerica: {WeekFirst, 10 * day},
		marketplace.Europe:       {WeekFirst, 12 * day},
		marketplace.FarEast:      {WeekFirst, 10 * day},
	},
	spapi.Month: {
		marketplace.NorthAmerica: {3 * day, 50 * day},
		marketplace.Europe:       {4 * day, 52 * day},
		marketplace.FarEast:      {3 * day, 50 * day},
	},
	spapi.Quarter: {
		marketplace.NorthAmerica: {19 * day, 60 * day},
		marketplace.Europe:       {20 * day, 62 * day},
		marketplace.FarEast:      {19 * day, 60 * day},
	},
}

// LagOf returns the policy of a kind of period in a region; an unknown region
// has North America's.
func LagOf(region marketplace.Region, period spapi.Period) Lag {
	lag, known := lags[period][region]
	if !known {
		lag = lags[period][marketplace.NorthAmerica]
	}
	return lag
}
