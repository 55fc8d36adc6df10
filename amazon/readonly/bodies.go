package readonly

import (
	"bytes"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// spapiTypes are the only SP-API reports that are ever asked for; the privacy
// policy names both.
var spapiTypes = []string{
	"GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT",
	"GET_BRAND_ANALYTICS_SEARCH_CATALOG_PERFORMANCE_REPORT",
}

// adsTypes are the only Ads reports that are ever asked for.
var adsTypes = []string{"spSearchTerm", "sbSearchTerm", "spCampaigns", "sbCampaigns", "sdCampaigns", "spAdvertisedProduct"}

const adsCreateMedia = "application/vnd.createasyncreportrequest.v3+json"

func onlySPAPITypes(list string) bool {
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(spapiTypes, name) {
			return false
		}
	}
	return true
}

func mediaType(r *http.Request) string {
	if len(r.Header.Values("Content-Type")) != 1 {
		return ""
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}

// grants are the forms of the grants that a seller gives, by grant_type: each
// field once, the optional ones last.
var grants = map[string]struct{ needed, optional []string }{
	"refresh_token":      {needed: []string{"grant_type", "refresh_token", "client_id", "client_secret"}},
	"authorization_code": {needed: []string{"grant_type", "code", "redirect_uri", "client_id", "client_secret"}, optional: []string{"code_verifier"}},
}

// tokenBody allows the grants that a seller gave, and no other: not the
// grantless scopes that rotate secrets or subscribe to notifications.
func tokenBody(r *http.Request, body []byte) string {
	if mediaType(r) != "application/x-www-form-urlencoded" {
		return "media type"
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || len(form["grant_type"]) != 1 {
		return "not a grant"
	}
	grant, ok := grants[form.Get("grant_type")]
	if !ok {
		return "grant type"
	}
	for _, name := range grant.needed {
		if form.Get(name) == "" {
			return "not the form of this grant"
		}
	}
	for name, values := range form {
		if len(values) != 1 || !slices.Contains(grant.needed, name) && !slices.Contains(grant.optional, name) {
			return "not the form of this grant"
		}
	}
	return ""
}

func spapiReportBody(r *http.Request, body []byte) string {
	if mediaType(r) != "application/json" {
		return "media type"
	}
	var in struct {
		ReportType     string         `json:"reportType"`
		MarketplaceIDs jsontext.Value `json:"marketplaceIds"`
		Start          jsontext.Value `json:"dataStartTime"`
		End            jsontext.Value `json:"dataEndTime"`
		Options        jsontext.Value `json:"reportOptions"`
	}
	if !strict(body, &in) {
		return "not the body of this operation"
	}
	if !slices.Contains(spapiTypes, in.ReportType) {
		return "report type"
	}
	return ""
}

func adsReportBody(r *http.Request, body []byte) string {
	if media := mediaType(r); media != adsCreateMedia && media != "application/json" {
		return "media type"
	}
	var in struct {
		Name          jsontext.Value `json:"name"`
		Start         jsontext.Value `json:"startDate"`
		End           jsontext.Value `json:"endDate"`
		Configuration struct {
			AdProduct    jsontext.Value `json:"adProduct"`
			GroupBy      jsontext.Value `json:"groupBy"`
			Columns      jsontext.Value `json:"columns"`
			ReportTypeID string         `json:"reportTypeId"`
			TimeUnit     jsontext.Value `json:"timeUnit"`
			Format       jsontext.Value `json:"format"`
			Filters      jsontext.Value `json:"filters"`
		} `json:"configuration"`
	}
	if !strict(body, &in) {
		return "not the body of this operation"
	}
	if !slices.Contains(adsTypes, in.Configuration.ReportTypeID) {
		return "report type"
	}
	return ""
}

// strict decodes one JSON object with no unknown and no repeated member.
func strict(body []byte, into any) bool {
	if trimmed := bytes.TrimLeft(body, " \t\r\n"); len(trimmed) == 0 || trimmed[0] != '{' {
		return false
	}
	return json.Unmarshal(body, into, json.RejectUnknownMembers(true)) == nil
}
