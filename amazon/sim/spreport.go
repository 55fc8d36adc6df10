package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

const (
	typeSQP = "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"
	typeSCP = "GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT"

	reportsKept  = 90 * 24 * time.Hour
	historyWeeks = 104 // how far back Brand Analytics reaches here; Amazon does not say
)

// The texts of FATAL documents (spapi.md §3.5).
const (
	fatalGeneric = "A client error occurred. Please double check that your parameters are valid and fulfill the requirements of the report type."
	fatalOption  = "This report type requires the report option(s): %s."
	fatalDay     = "%s must be a %s when reportPeriod=WEEK"
	fatalFirst   = "%s must be the %s day of the period when reportPeriod=%s"
)

// spReport is one report of the Selling Partner API. Its states follow from
// the clock, not from timers.
type spReport struct {
	id, documentID, kind string
	seller               *seller
	places               []string
	start, end           time.Time
	options              map[string]string
	created              time.Time
	startAt, endAt       time.Time
	fatal                string // FATAL with this text
	market               *market
	first                clock.Day
	days                 int
	asins                []string // as asked, nil: all
	settled              bool
	cancelled            bool
	bare                 bool      // FATAL without a document
	before               *spReport // whose document id this one shares
	identity             string    // all that was asked
	nth                  int       // of this identity, from 0
	acceptance
}

func (s *Sim) enqueue(sel *seller, kind string, places []string, start, end time.Time, options map[string]string, now time.Time) *spReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	sel.next++
	r := &spReport{id: strconv.FormatUint(sel.next, 10), kind: kind, seller: sel, places: places, start: start, end: end, options: options, created: now}
	r.identity = identityOf(r)
	h := mix(sel.account.seed, 50, hashString(string(sel.region)), sel.next)
	r.documentID = fmt.Sprintf("amzn1.spdoc.1.4.%s.%s", sel.region, uuidFrom(h))
	// Reports of one seller and type are processed one after another
	// (spapi.md §1.9).
	wait, work := s.spDelays(sel, sel.next)
	old := sel.same[r.identity]
	if old != nil {
		r.nth = old.nth + 1
	}
	sel.same[r.identity] = r
	o := r.asOccasion(OpCreateReport, now)
	if b, _ := s.hostile.strikes(LongQueue, o); b != nil {
		wait += cmp.Or(b.Delay, 8*time.Hour)
	}
	r.startAt = now.Add(wait)
	if busy := sel.busy[kind]; busy.After(r.startAt) {
		r.startAt = busy
	}
	r.endAt = r.startAt.Add(work)
	sel.busy[kind] = r.endAt
	r.fatal = s.judge(r)
	if b, _ := s.hostile.strikes(GenericFatal, o); b != nil && r.fatal == "" {
		r.fatal, r.market = cmp.Or(b.Text, fatalGeneric), nil
	}
	if b, _ := s.hostile.strikes(BareFatal, o); b != nil {
		r.bare = true
		r.fatal, r.market = cmp.Or(r.fatal, fatalGeneric), nil
	}
	if old != nil && old.fatal == "" && r.fatal == "" && !old.endAt.After(now) && !old.cancelled {
		if b, _ := s.hostile.strikes(SharedDocument, o); b != nil {
			r.documentID, r.before = old.documentID, old
		}
	}
	sel.reports = append(sel.reports, r)
	s.documents[r.documentID] = r
	return r
}

// spDelays are the waiting and the processing time of a seller's nth report.
func (s *Sim) spDelays(sel *seller, n uint64) (wait, work time.Duration) {
	h := mix(sel.account.seed, 50, hashString(string(sel.region)), n)
	return within(s.cfg.Delays.Queue, h), within(s.cfg.Delays.Processing, mix(h, 1))
}

// identityOf writes all that was asked in one line.
func identityOf(r *spReport) string {
	b, err := json.Marshal([]any{r.kind, r.places, r.start, r.end, r.options})
	if err != nil { // only strings and times
		panic(err)
	}
	return string(b)
}

// occasion names the report in the same way in every run.
func (r *spReport) occasion() string { return r.identity + "#" + strconv.Itoa(r.nth) }

func (r *spReport) asOccasion(op string, at time.Time) occasion {
	return occasion{op: op, account: r.seller.account.spec.Name, market: first(r.places), key: string(r.seller.region) + r.occasion(), at: at}
}

// judge decides whether the report fails, with which text, and prepares what
// it will hold.
func (s *Sim) judge(r *spReport) string {
	period := r.options["reportPeriod"]
	option := "asins"
	if r.kind == typeSQP {
		option = "asin"
		if strings.TrimSpace(r.options["asin"]) == "" {
			return fmt.Sprintf(fatalOption, "asin")
		}
	}
	if period == "" {
		return fmt.Sprintf(fatalOption, "reportPeriod")
	}
	r.asins = strings.Fields(r.options[option])
	first, last := clock.DayOf(r.start, time.UTC), clock.DayOf(r.end, time.UTC)
	r.first, r.days = first, int(last-first)+1
	switch period {
	case "WEEK":
		switch {
		case first.Weekday() != time.Sunday:
			return fmt.Sprintf(fatalDay, "dataStartTime", "Sunday")
		case last.Weekday() != time.Saturday:
			return fmt.Sprintf(fatalDay, "dataEndTime", "Saturday")
		case last != first+6:
			return fatalGeneric
		}
	case "MONTH", "QUARTER":
		months := 1
		t := first.Time()
		if period == "QUARTER" {
			months = 3
		}
		if t.Day() != 1 || (int(t.Month())-1)%months != 0 {
			return fmt.Sprintf(fatalFirst, "dataStartTime", "first", period)
		}
		if want := clock.Date(t.Year(), t.Month()+time.Month(months), 0); last != want {
			return fmt.Sprintf(fatalFirst, "dataEndTime", "last", period)
		}
	default:
		return fatalGeneric
	}
	if len(r.places) != 1 || r.seller.account.spec.NoBrandRights {
		return fatalGeneric
	}
	r.market = r.seller.account.markets[r.places[0]]
	if r.market == nil || r.market.place.Region != r.seller.region || !r.market.place.SQP ||
		r.endAt.Before(r.market.published(last).Add(longLag[period])) || first < clock.DayOf(r.created, time.UTC)-historyWeeks*7 {
		r.market = nil
		return fatalGeneric
	}
	return ""
}

// longLag is how much later than weeks other periods come: a quarter is had from
// day 20 of the next one (spapi.md §1.8).
var longLag = map[string]time.Duration{"QUARTER": 16 * 24 * time.Hour}

const firstReport = 50_000_018_001 // of every seller: ids are unique per seller only

func (s *Sim) reportOf(sel *seller, id string) *spReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	return sel.find(id)
}

// find returns the seller's report of an id; Sim.mu is held.
func (sel *seller) find(id string) *spReport {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n < firstReport || n-firstReport >= uint64(len(sel.reports)) || strconv.FormatUint(n, 10) != id {
		return nil
	}
	return sel.reports[n-firstReport]
}

// documentOf returns the report whose document an id stands for: the newest
// that is processed of those that share it, else the newest.
func (s *Sim) documentOf(id string, now time.Time) *spReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.documents[id]
	for r != nil && now.Before(r.endAt) && r.before != nil {
		r = r.before
	}
	return r
}

// settle decides, once it is processed, whether the report was cancelled
// because there is nothing to return: one of four without rows is.
func (s *Sim) settle(r *spReport) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.settled || r.market == nil {
		return
	}
	r.settled = true
	if hashString(r.documentID)%4 != 0 {
		return
	}
	rows := 0
	if r.kind == typeSQP {
		r.eachSQP(func(*period, cell) { rows++ })
	} else {
		rows = len(r.market.period(r.first, r.days).scp)
	}
	r.cancelled = rows == 0
}

type spReportJSON struct {
	MarketplaceIDs      []string `json:"marketplaceIds"`
	ReportID            string   `json:"reportId"`
	ReportType          string   `json:"reportType"`
	DataStartTime       string   `json:"dataStartTime"`
	DataEndTime         string   `json:"dataEndTime"`
	CreatedTime         string   `json:"createdTime"`
	ProcessingStatus    string   `json:"processingStatus"`
	ProcessingStartTime string   `json:"processingStartTime,omitempty"`
	ProcessingEndTime   string   `json:"processingEndTime,omitempty"`
	ReportDocumentID    string   `json:"reportDocumentId,omitempty"`
}

const stamp = "2006-01-02T15:04:05+00:00" // as recorded, not Z (spapi.md §3.1)

func (s *Sim) describe(r *spReport, now time.Time) spReportJSON {
	skew := s.skewOf(ListenerSPAPI, r.seller.region, now)
	at := func(t time.Time) string {
		if skew != 0 {
			return t.Add(skew).In(abroad).Format(stampOffset)
		}
		return t.UTC().Format(stamp)
	}
	d := spReportJSON{
		MarketplaceIDs: r.places, ReportID: r.id, ReportType: r.kind, DataStartTime: r.start.Format(stamp), DataEndTime: r.end.Format(stamp),
		CreatedTime: at(r.created), ProcessingStatus: "IN_QUEUE",
	}
	if now.Before(r.startAt) {
		return d
	}
	d.ProcessingStatus, d.ProcessingStartTime = "IN_PROGRESS", at(r.startAt)
	if now.Before(r.endAt) {
		return d
	}
	d.ProcessingEndTime = at(r.endAt)
	s.settle(r)
	switch {
	case r.bare:
		d.ProcessingStatus = "FATAL"
	case r.fatal != "":
		d.ProcessingStatus, d.ReportDocumentID = "FATAL", r.documentID
	case r.cancelled:
		d.ProcessingStatus = "CANCELLED"
	default:
		d.ProcessingStatus, d.ReportDocumentID = "DONE", r.documentID
	}
	return d
}

// abroad is where a host with a wrong clock stands: it writes times with an
// offset.
var abroad = time.FixedZone("", -7*3600)

const stampOffset = "2006-01-02T15:04:05-07:00"

// disturb shows another status than the report has.
func (s *Sim) disturb(d spReportJSON, o occasion) spReportJSON {
	if b, _ := s.hostile.strikes(UnknownState, o); b != nil {
		d.ProcessingStatus, d.ProcessingEndTime, d.ReportDocumentID = "AWAITING_APPROVAL", "", ""
	} else if b, _ := s.hostile.strikes(OutOfOrder, o); b != nil && d.ProcessingStatus != "IN_QUEUE" {
		d.ProcessingStatus, d.ProcessingStartTime, d.ProcessingEndTime, d.ReportDocumentID = "IN_QUEUE", "", "", ""
	}
	return d
}
