package sim

import (
	"encoding/json"
	"slices"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
)

// Accepted is what the simulator accepted of one and the same report
// configuration.
type Accepted struct {
	API         string // ListenerSPAPI or ListenerAds
	Account     string
	Region      marketplace.Region
	SellerID    string
	Profile     int64 // Ads API
	Marketplace string
	Type        string // the report type as asked for
	Start, End  clock.Day
	Config      string           // all that was asked in one canonical line
	Reports     []AcceptedReport // oldest first; more than one: repeats
}

// AcceptedReport is one report that was accepted.
type AcceptedReport struct {
	ID       string
	At       time.Time
	Answered bool        // its id was sent; false: the answer was lost
	Done     time.Time   // when it is processed
	Failed   bool        // FATAL, FAILED, or CANCELLED for want of data
	Fetched  []time.Time // when its document was sent whole and readable
}

// acceptance is what is known of a report's fate outside.
type acceptance struct {
	answered bool
	fetched  []time.Time
}

// AcceptedReports lists all that was accepted, by configuration, in the order
// of the first acceptance by seller and then by the Ads API.
func (s *Sim) AcceptedReports() []Accepted {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Accepted
	at := map[string]int{}
	add := func(key string, a Accepted, r AcceptedReport) {
		i, known := at[key]
		if !known {
			i = len(out)
			at[key], out = i, append(out, a)
		}
		r.Fetched = slices.Clone(r.Fetched)
		out[i].Reports = append(out[i].Reports, r)
	}
	for _, a := range s.world.accounts {
		for _, region := range a.regions() {
			sel := s.sellers[sellerID(a, region)]
			for _, r := range sel.reports {
				add("sp|"+sel.id+"|"+r.identity, Accepted{
					API: ListenerSPAPI, Account: a.spec.Name, Region: region, SellerID: sel.id, Marketplace: first(r.places), Type: r.kind,
					Start: clock.DayOf(r.start, time.UTC), End: clock.DayOf(r.end, time.UTC), Config: r.identity,
				}, AcceptedReport{r.id, r.created, r.answered, r.endAt, r.fatal != "" || r.cancelled, r.fetched})
			}
		}
	}
	for _, r := range s.adAccepted {
		place := r.market.place
		add("ads|"+r.identity, Accepted{
			API: ListenerAds, Account: r.account.spec.Name, Region: place.Region, SellerID: sellerID(r.account, place.Region), Profile: r.profile,
			Marketplace: place.ID, Type: r.config.ReportTypeID, Start: r.from, End: r.to, Config: r.identity,
		}, AcceptedReport{r.id, r.created, r.answered, r.doneAt, r.failed, r.fetched})
	}
	return out
}

// Repeats counts, by API, the reports that were accepted although the one of
// the same configuration before them had neither been fetched nor failed by
// then.
func (s *Sim) Repeats() (spapi, ads int) {
	for _, a := range s.AcceptedReports() {
		for i := 1; i < len(a.Reports); i++ {
			before, at := a.Reports[i-1], a.Reports[i].At
			over := before.Failed && !before.Done.After(at) || slices.ContainsFunc(before.Fetched, func(t time.Time) bool { return !t.After(at) })
			switch {
			case over:
			case a.API == ListenerSPAPI:
				spapi++
			default:
				ads++
			}
		}
	}
	return spapi, ads
}

// adIdentity writes all that was asked of a profile in one line.
func adIdentity(profile int64, c adConfiguration, from, to clock.Day) (string, error) {
	b, err := json.Marshal([]any{profile, c, from, to})
	return string(b), err
}
