package sim

import (
	"bytes"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// adConfiguration is a report's configuration as asked for and echoed.
type adConfiguration struct {
	AdProduct    string     `json:"adProduct"`
	GroupBy      []string   `json:"groupBy"`
	Columns      []string   `json:"columns"`
	ReportTypeID string     `json:"reportTypeId"`
	TimeUnit     string     `json:"timeUnit"`
	Format       string     `json:"format"`
	Filters      []adFilter `json:"filters"`
}

type adFilter struct {
	Field  string   `json:"field"`
	Values []string `json:"values"`
}

type adReport struct {
	id, name        string
	profile         int64
	account         *account
	market          *market
	kind            *adReportType
	config          adConfiguration
	from, to        clock.Day
	created         time.Time
	startAt, doneAt time.Time
	identity        string
	nth             int // of this identity, from 0
	failed          bool
	acceptance
}

// occasion names the report in the same way in every run.
func (r *adReport) occasion() string { return r.identity + "#" + strconv.Itoa(r.nth) }

func (r *adReport) asOccasion(op string, at time.Time) occasion {
	return occasion{op: op, account: r.account.spec.Name, market: r.market.place.ID, key: r.occasion(), at: at}
}

// adFile is a generated document, kept because the report's size is told
// before it is fetched.
type adFile struct {
	id string
	b  []byte
}

const adFilesKept = 4

type adReportJSON struct {
	ReportID      string          `json:"reportId"`
	Name          *string         `json:"name"`
	Status        string          `json:"status"`
	StartDate     string          `json:"startDate"`
	EndDate       string          `json:"endDate"`
	Configuration adConfiguration `json:"configuration"`
	CreatedAt     string          `json:"createdAt"`
	UpdatedAt     string          `json:"updatedAt"`
	GeneratedAt   *string         `json:"generatedAt"`
	FileSize      *int            `json:"fileSize"`
	FailureReason *string         `json:"failureReason"`
	URL           *string         `json:"url"`
	URLExpiresAt  *string         `json:"urlExpiresAt"`
}

const (
	adStamp       = "2006-01-02T15:04:05.000Z"
	adStampOffset = "2006-01-02T15:04:05.000-07:00"
)

// disturbAd shows another status than the report has.
func (s *Sim) disturbAd(d adReportJSON, o occasion) adReportJSON {
	status := ""
	if b, _ := s.hostile.strikes(UnknownState, o); b != nil {
		status = "AWAITING_CAPACITY"
	} else if b, _ := s.hostile.strikes(OutOfOrder, o); b != nil {
		status = "PENDING"
	} else {
		return d
	}
	d.Status, d.GeneratedAt, d.FileSize, d.FailureReason, d.URL, d.URLExpiresAt = status, nil, nil, nil, nil, nil
	return d
}

func (s *Sim) describeAd(r *adReport, now time.Time) adReportJSON {
	skew := s.skewOf(ListenerAds, r.market.place.Region, now)
	at := func(t time.Time) string {
		if skew != 0 {
			return t.Add(skew).In(abroad).Format(adStampOffset)
		}
		return t.UTC().Format(adStamp)
	}
	d := adReportJSON{
		ReportID: r.id, Status: "PENDING", StartDate: r.from.String(), EndDate: r.to.String(), Configuration: r.config,
		CreatedAt: at(r.created), UpdatedAt: at(r.created),
	}
	if r.name != "" {
		d.Name = &r.name
	}
	if now.Before(r.startAt) {
		return d
	}
	d.Status, d.UpdatedAt = "PROCESSING", at(r.startAt)
	if now.Before(r.doneAt) {
		return d
	}
	if r.failed {
		reason := "Internal error"
		d.Status, d.UpdatedAt, d.FailureReason = "FAILED", at(r.doneAt), &reason
		return d
	}
	const lifetime = time.Hour
	size := len(s.fileOf(r))
	link := s.presign("/ads/"+url.PathEscape(r.id), lifetime, "identity", now)
	done, expires := at(r.doneAt), at(now.Add(lifetime))
	d.Status, d.UpdatedAt, d.GeneratedAt, d.FileSize, d.URL, d.URLExpiresAt = "COMPLETED", done, &done, &size, &link, &expires
	return d
}

// fileOf returns the report's gzip document.
func (s *Sim) fileOf(r *adReport) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		if f.id == r.id {
			return f.b
		}
	}
	var b bytes.Buffer
	_ = compress(&b, r.write) // to memory: cannot fail
	if len(s.files) >= adFilesKept {
		s.files = slices.Delete(s.files, 0, 1)
	}
	s.files = append(s.files, adFile{r.id, b.Bytes()})
	return b.Bytes()
}

// write writes the report's rows as one JSON array.
func (r *adReport) write(w io.Writer) error {
	p := &pen{b: make([]byte, 0, penBlock+4096), w: w}
	columns := make([]adColumn, len(r.config.Columns))
	keys := make([]string, len(columns))
	for i, name := range r.config.Columns {
		columns[i], keys[i] = columnOf(name), `"`+name+`":`
	}
	wanted := r.filter()
	comma := false
	emit := func(f *adFigures) {
		if comma {
			p.text(",")
		}
		comma = true
		p.text("{")
		for i, column := range columns {
			at := len(p.b)
			if p.b[at-1] != '{' {
				p.text(",")
			}
			p.text(keys[i])
			if !column(p, f) {
				p.b = p.b[:at]
			}
		}
		p.text("}")
		p.spill()
	}
	p.text("[")
	for day := r.from; day <= r.to; day++ {
		date := appendQuoted(nil, day.String())
		if r.kind.groupBy == "campaign" {
			r.market.campaignRows(r.kind.product, day, r.doneAt, func(x *CampaignRow) bool {
				if wanted(x.Status) {
					emit(&adFigures{nil, date, x.CampaignID, x.Campaign, x.Status, x.Currency, x.Impressions, x.Clicks, x.CostMicros, x.BudgetMicros, &x.D1, &x.D7, &x.D14, &x.D30, &x.ViewD14})
				}
				return true
			})
			continue
		}
		row := func(x *AdTermRow, filtered string) bool {
			if wanted(filtered) {
				emit(&adFigures{x, date, x.CampaignID, x.Campaign, x.Status, x.Currency, x.Impressions, x.Clicks, x.CostMicros, x.BudgetMicros, &x.D1, &x.D7, &x.D14, &x.D30, &x.ViewD14})
			}
			return true
		}
		if r.kind.groupBy == "advertiser" {
			r.market.advertisedRows(day, r.doneAt, func(x *AdTermRow) bool { return row(x, x.Status) })
			continue
		}
		r.market.termRows(r.kind.product, day, r.doneAt, func(x *AdTermRow) bool { return row(x, x.KeywordType) })
	}
	p.text("]")
	p.flush()
	return p.err
}

// filter returns the test of the configuration's filters.
func (r *adReport) filter() func(string) bool {
	return func(value string) bool {
		for _, f := range r.config.Filters {
			if !slices.ContainsFunc(f.Values, func(v string) bool { return strings.EqualFold(v, value) }) {
				return false
			}
		}
		return true
	}
}
