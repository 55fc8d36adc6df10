package sim

import (
	"fmt"
	"slices"
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
}

func (s *Sim) enqueue(sel *seller, kind string, places []string, start, end time.Time, options map[string]string, now time.Time) *spReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	sel.next++
	r := &spReport{id: strconv.FormatUint(sel.next, 10), kind: kind, seller: sel, places: places, start: start, end: end, options: options, created: now}
	h := mix(sel.account.seed, 50, hashString(string(sel.region)), sel.next)
	r.documentID = fmt.Sprintf("amzn1.spdoc.1.4.%s.%s", sel.region, uuidFrom(h))
	// Reports of one seller and type are processed one after another
	// (spapi.md §1.9).
	r.startAt = now.Add(within(s.cfg.Delays.Queue, h))
	if busy := sel.busy[kind]; busy.After(r.startAt) {
		r.startAt = busy
	}
	r.endAt = r.startAt.Add(within(s.cfg.Delays.Processing, mix(h, 1)))
	sel.busy[kind] = r.endAt
	r.fatal = s.judge(r)
	sel.reports = append(sel.reports, r)
	s.documents[r.documentID] = r
	return r
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
		r.endAt.Before(s.world.published(last)) || first < clock.DayOf(r.created, time.UTC)-historyWeeks*7 {
		r.market = nil
		return fatalGeneric
	}
	return ""
}

func (s *Sim) reportOf(sel *seller, id string) *spReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The newest is asked for most.
	for _, r := range slices.Backward(sel.reports) {
		if r.id == id {
			return r
		}
	}
	return nil
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
	d := spReportJSON{
		MarketplaceIDs: r.places, ReportID: r.id, ReportType: r.kind, DataStartTime: r.start.Format(stamp), DataEndTime: r.end.Format(stamp),
		CreatedTime: r.created.UTC().Format(stamp), ProcessingStatus: "IN_QUEUE",
	}
	if now.Before(r.startAt) {
		return d
	}
	d.ProcessingStatus, d.ProcessingStartTime = "IN_PROGRESS", r.startAt.UTC().Format(stamp)
	if now.Before(r.endAt) {
		return d
	}
	d.ProcessingEndTime = r.endAt.UTC().Format(stamp)
	s.settle(r)
	switch {
	case r.fatal != "":
		d.ProcessingStatus, d.ReportDocumentID = "FATAL", r.documentID
	case r.cancelled:
		d.ProcessingStatus = "CANCELLED"
	default:
		d.ProcessingStatus, d.ReportDocumentID = "DONE", r.documentID
	}
	return d
}
