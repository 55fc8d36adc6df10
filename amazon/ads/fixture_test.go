package ads

import (
	"strings"
	"testing"

	"halotrack.ai/halotrack/internal/clock"
)

func day(t testing.TB, s string) clock.Day {
	t.Helper()
	d, err := clock.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func october(t testing.TB, kind ReportType) ReportSpec {
	return ReportSpec{Profile: 2984328618318898, Type: kind, From: day(t, "2026-10-01"), To: day(t, "2026-10-31")}
}

// spTermRow has the figures of a live row (adsapi.md §1.8).
const spTermRow = `{"date":"2026-10-05","campaignId":550669026247354,"campaignName":"Bottles","campaignStatus":"ENABLED","campaignBudgetCurrencyCode":"USD",` +
	`"adGroupId":9007199254740993,"adGroupName":"Steel","keywordId":445566778899001,"keyword":"steel bottle","keywordType":"BROAD","matchType":"BROAD","targeting":"steel bottle",` +
	`"searchTerm":"steel water bottle","impressions":14109,"clicks":176,"cost":1534.58,"purchases1d":3,"purchasesSameSku1d":2,"purchases7d":60,"purchases14d":66,` +
	`"sales1d":100.1,"sales7d":4659.97,"sales14d":4999.99,"unitsSoldClicks1d":5,"unitsSoldClicks7d":70,"unitsSoldClicks14d":77}`

const sbTermRow = `{"date":"2026-10-05","campaignId":550669026247354,"campaignName":"Brand","campaignStatus":"PAUSED","campaignBudgetCurrencyCode":"EUR",` +
	`"adGroupId":1,"adGroupName":"A","keywordId":2,"keywordText":"flasche","matchType":"EXACT","searchTerm":"trinkflasche","impressions":10,"clicks":2,"cost":0.3,"costType":"CPC",` +
	`"purchases":1,"sales":19.99,"unitsSold":2}`

const spCampaignRow = `{"date":"2026-10-05","campaignId":550669026247354,"campaignName":"Bottles","campaignStatus":"ARCHIVED","campaignBudgetCurrencyCode":"JPY",` +
	`"impressions":14109,"clicks":176,"cost":153458,"purchases1d":3,"purchases7d":60,"purchases14d":66,"sales1d":10010,"sales7d":465997,"sales14d":499999}`

const sbCampaignRow = `{"date":"2026-10-05","campaignId":5,"campaignName":"Brand","campaignStatus":"ENABLED","campaignBudgetCurrencyCode":"USD",` +
	`"impressions":9,"clicks":1,"cost":0.1,"costType":"vCPM","purchases":1,"sales":2.5}`

func decodeTerms(t testing.TB, doc string, spec ReportSpec) ([]TermRow, Summary, error) {
	t.Helper()
	var rows []TermRow
	s, err := DecodeTerms(strings.NewReader(doc), spec, func(r *TermRow) error {
		rows = append(rows, *r)
		return nil
	})
	return rows, s, err
}

func decodeCampaigns(t testing.TB, doc string, spec ReportSpec) ([]CampaignRow, Summary, error) {
	t.Helper()
	var rows []CampaignRow
	s, err := DecodeCampaigns(strings.NewReader(doc), spec, func(r *CampaignRow) error {
		rows = append(rows, *r)
		return nil
	})
	return rows, s, err
}
