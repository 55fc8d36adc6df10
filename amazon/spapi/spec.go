package spapi

import (
	"encoding/json/v2"
	"fmt"
	"strings"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

// ReportType is Amazon's name of a report.
type ReportType string

// The reports that are asked for, and no others.
const (
	SQP ReportType = "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"
	SCP ReportType = "GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT"
)

// Period is the length of the period of a report.
type Period = string

// The periods. Weeks do not nest in months: none is derived from another.
const (
	Week    Period = "WEEK"
	Month   Period = "MONTH"
	Quarter Period = "QUARTER"
)

// ReportSpec is one report to ask for: one seller's, one marketplace's, one
// period's (spapi.md §1.3).
type ReportSpec struct {
	Type        ReportType
	Marketplace string // Amazon's id
	Period      Period
	Start, End  clock.Day // first and last day of the period
	ASINs       []string  // SQP: 1 to 18, see PackASINs; SCP: none for the whole catalogue
}

// Expect returns what the report's document must be.
func (s ReportSpec) Expect() Expect {
	return Expect{Marketplace: s.Marketplace, Period: s.Period, Start: s.Start, End: s.End, ASINs: s.ASINs}
}

// Validate reports why Amazon would refuse the report, most often only hours
// later and in words that do not say why (spapi.md §3.5).
func (s ReportSpec) Validate() error {
	switch {
	case s.Type != SQP && s.Type != SCP:
		return fmt.Errorf("report type %q is never asked for", s.Type)
	case !plainID(s.Marketplace):
		return fmt.Errorf("a report is for one marketplace")
	case s.Type == SQP && len(s.ASINs) == 0:
		return fmt.Errorf("a search query performance report needs ASINs")
	}
	if err := validPeriod(s.Period, s.Start, s.End); err != nil {
		return err
	}
	seen := make(map[string]bool, len(s.ASINs))
	for _, asin := range s.ASINs {
		if !isASIN(asin) || asin != strings.ToUpper(asin) {
			return fmt.Errorf("%q is not an ASIN", asin)
		}
		if seen[asin] {
			return fmt.Errorf("ASIN %s is named twice", asin)
		}
		seen[asin] = true
	}
	if n := len(strings.Join(s.ASINs, " ")); n > maxASINCharacters {
		return fmt.Errorf("the ASINs take %d characters, %d are allowed", n, maxASINCharacters)
	}
	return nil
}

func validPeriod(p Period, start, end clock.Day) error {
	first := start.Time()
	var last time.Time
	switch p {
	case Week:
		if first.Weekday() != time.Sunday {
			return fmt.Errorf("a week begins on a Sunday, %s is a %s", start, first.Weekday())
		}
		last = first.AddDate(0, 0, 6)
	case Month:
		last = first.AddDate(0, 1, -1)
	case Quarter:
		if (first.Month()-1)%3 != 0 {
			return fmt.Errorf("no quarter begins on %s", start)
		}
		last = first.AddDate(0, 3, -1)
	default:
		return fmt.Errorf("%q is not a report period", p)
	}
	if p != Week && first.Day() != 1 {
		return fmt.Errorf("a %s begins on its first day, not on %s", strings.ToLower(p), start)
	}
	if !end.Time().Equal(last) {
		return fmt.Errorf("the %s from %s ends on %s, not on %s", strings.ToLower(p), start, last.Format(time.DateOnly), end)
	}
	return nil
}

// Body returns the request body of createReport. Dates stand at its top level,
// where a misplaced one would silently mean "now", and at midnight UTC in every
// marketplace, because Amazon judges the weekday in UTC.
func (s ReportSpec) Body() ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	type options struct {
		Period string `json:"reportPeriod"`
		ASIN   string `json:"asin,omitempty"`  // SQP
		ASINs  string `json:"asins,omitempty"` // SCP
	}
	body := struct {
		Type         ReportType `json:"reportType"`
		Marketplaces []string   `json:"marketplaceIds"`
		Start        string     `json:"dataStartTime"`
		End          string     `json:"dataEndTime"`
		Options      options    `json:"reportOptions"`
	}{s.Type, []string{s.Marketplace}, s.Start.String() + "T00:00:00Z", s.End.String() + "T00:00:00Z", options{Period: s.Period}}
	if s.Type == SQP {
		body.Options.ASIN = strings.Join(s.ASINs, " ")
	} else {
		body.Options.ASINs = strings.Join(s.ASINs, " ")
	}
	return json.Marshal(body)
}

const (
	// maxASINCharacters is Amazon's limit of the ASIN option.
	maxASINCharacters = 200
	// maxASINs is how many ASINs of ten characters fit into it.
	maxASINs = 18
)

// PackASINs splits ASINs into the sets of one report each: upper-cased, each
// once, in their order, at most 18 and 200 characters a set. What is not an
// ASIN is left out, whole.
func PackASINs(asins []string) [][]string { return PackUpTo(maxASINs, asins) }

// PackUpTo is PackASINs with fewer ASINs a set, for a seller whose reports
// Amazon refuses to make for as many as fit; most out of 1 to 18 means 18.
func PackUpTo(most int, asins []string) [][]string {
	if most < 1 || most > maxASINs {
		most = maxASINs
	}
	var sets [][]string
	var set []string
	length := 0
	seen := make(map[string]bool, len(asins))
	for _, asin := range asins {
		asin = strings.ToUpper(strings.TrimSpace(asin))
		if !isASIN(asin) || seen[asin] {
			continue
		}
		seen[asin] = true
		if len(set) > 0 && (len(set) == most || length+1+len(asin) > maxASINCharacters) {
			sets, set, length = append(sets, set), nil, 0
		}
		if len(set) > 0 {
			length++
		}
		set = append(set, asin)
		length += len(asin)
	}
	if len(set) > 0 {
		sets = append(sets, set)
	}
	return sets
}

func isASIN(s string) bool {
	if len(s) != 10 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if b := s[i]; !(b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z') {
			return false
		}
	}
	return true
}
