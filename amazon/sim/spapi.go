package sim

import (
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// agent is the form of the mandatory user-agent header (spapi.md §5.6).
var agent = regexp.MustCompile(`^(?:[^/\\]|\\.)+/[^(]+ \((?:.*; ?)?Language=[^;)]+(?:;.*)?\)$`)

type spError struct {
	status                 int
	code, message, details string
}

func (s *Sim) spFail(w http.ResponseWriter, e spError) {
	kind := map[int]string{429: "TooManyRequestsException", 403: "AccessDeniedException", 404: "ResourceNotFoundException", 415: "UnsupportedMediaTypeException"}[e.status]
	if kind == "" {
		kind = "InvalidInputException"
	}
	w.Header().Set("X-Amzn-Errortype", kind)
	w.Header().Set("x-amzn-RequestId", s.requestID())
	writeJSON(w, e.status, map[string]any{"errors": []map[string]string{{"code": e.code, "message": e.message, "details": e.details}}})
}

func badInput(message string) *spError {
	return &spError{http.StatusBadRequest, "InvalidInput", message, ""}
}

var errQuota = spError{http.StatusTooManyRequests, "QuotaExceeded", "You exceeded your quota for the requested resource.", ""}

var errNotFound = spError{http.StatusNotFound, "NotFound", "One or more of the provided ReportRequestIds could not be found.", ""}

func (s *Sim) serveSPAPI(w http.ResponseWriter, r *request) {
	now := s.clock.Now()
	if r.op == OpUnknown {
		s.spFail(w, spError{http.StatusForbidden, "MissingAuthenticationToken", "Missing Authentication Token", ""})
		return
	}
	ua := r.Header.Get("User-Agent")
	if len(ua) > 500 || !agent.MatchString(ua) {
		s.spFail(w, *badInput("The user-agent header is missing or not of the form AppName/Version (Language=Value)"))
		return
	}
	g, wrong := s.tokenState(r.Header.Get("x-amz-access-token"), ListenerSPAPI, r.region, now)
	if wrong != "" {
		s.spFail(w, spError{http.StatusForbidden, "Unauthorized", "Access to requested resource is denied.", map[string]string{
			"missing": "Access token is missing in the request header.",
			"invalid": "The access token you provided is revoked, malformed or invalid.",
			"expired": "The access token you provided has expired.",
		}[wrong]})
		return
	}
	sel := s.sellers[sellerID(g.account, r.region)]
	_, ok := s.take(bucketKey(r.op, sel.id, r.region), plans[r.op], now)
	if !ok || s.isThrottled(r.op, now) {
		s.spFail(w, errQuota)
		return
	}
	var answer any
	var e *spError
	status := http.StatusOK
	switch r.op {
	case OpParticipations:
		answer, e = s.participations(sel, now), noQuery(r)
	case OpCreateReport:
		status = http.StatusAccepted
		answer, e = s.createReport(sel, r, now)
	case OpGetReports:
		answer, e = s.listReports(sel, r, now)
	case OpGetReport:
		answer, e = s.getReport(sel, r, now)
	case OpGetDocument:
		answer, e = s.getDocument(sel, r, now)
	}
	if e == nil || e.status == http.StatusNotFound || e.status == http.StatusBadRequest {
		w.Header().Set("x-amzn-RateLimit-Limit", plans[r.op].text)
	}
	if e != nil {
		s.spFail(w, *e)
		return
	}
	w.Header().Set("x-amzn-RequestId", s.requestID())
	writeJSON(w, status, answer)
}

func noQuery(r *request) *spError {
	if r.URL.RawQuery != "" {
		return badInput("Invalid query parameter")
	}
	return nil
}

var domains = map[string]string{"US": "www.amazon.com", "GB": "www.amazon.co.uk", "JP": "www.amazon.co.jp", "MX": "www.amazon.com.mx", "BR": "www.amazon.com.br", "AU": "www.amazon.com.au", "TR": "www.amazon.com.tr", "BE": "www.amazon.com.be"}

func (s *Sim) participations(sel *seller, now time.Time) any {
	type m = map[string]any
	var payload []m
	add := func(id, name, country, currency string, participating bool) {
		shows := func(k Kind) bool {
			b, _ := s.cfg.Scenario.fixed(k, occasion{op: OpParticipations, account: sel.account.spec.Name, market: id, at: now})
			return b != nil
		}
		domain := domains[country]
		if domain == "" {
			domain = "www.amazon." + strings.ToLower(country)
		}
		language := "en"
		if l := languages[country]; l != nil {
			language = l[0]
		}
		alias := country
		if country == "GB" && shows(CountryAlias) {
			alias = "UK"
		}
		entry := m{
			"marketplace":   m{"id": id, "name": name, "countryCode": alias, "defaultCurrencyCode": currency, "defaultLanguageCode": language + "_" + country, "domainName": domain},
			"storeName":     sel.account.brand + " Store",
			"participation": m{"isParticipating": participating && !shows(NotParticipating), "hasSuspendedListings": shows(Suspended)},
		}
		if shows(NoStoreName) {
			delete(entry, "storeName")
		}
		payload = append(payload, entry)
	}
	idle := false
	for _, place := range marketplace.All {
		if place.Region != sel.region {
			continue
		}
		if sel.account.markets[place.ID] != nil {
			add(place.ID, "Amazon."+strings.ToLower(place.Country), place.Country, place.Currency, true)
		} else if !idle { // one that the seller never sold in
			idle = true
			add(place.ID, "Amazon."+strings.ToLower(place.Country), place.Country, place.Currency, false)
		}
	}
	if sel.region == marketplace.NorthAmerica { // not a shop (spapi.md §4)
		add("A2ZV50J4W1RKNI", "Non-Amazon US", "US", "USD", true)
	}
	return m{"payload": payload}
}

func (s *Sim) createReport(sel *seller, r *request, now time.Time) (any, *spError) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, &spError{http.StatusUnsupportedMediaType, "UnsupportedMediaType", "The content type of the request is not supported.", ""}
	}
	if e := noQuery(r); e != nil {
		return nil, e
	}
	var spec struct {
		ReportType     *string         `json:"reportType"`
		MarketplaceIDs []string        `json:"marketplaceIds"`
		DataStartTime  *time.Time      `json:"dataStartTime"`
		DataEndTime    *time.Time      `json:"dataEndTime"`
		ReportOptions  json.RawMessage `json:"reportOptions"`
	}
	if err := json.Unmarshal(r.body, &spec); err != nil {
		return nil, badInput("Could not parse the request body: a value has the wrong type or form")
	}
	switch {
	case spec.ReportType == nil || *spec.ReportType == "":
		return nil, badInput("Missing required 'reportType'")
	case len(spec.MarketplaceIDs) == 0:
		return nil, badInput("Missing required 'marketplaceIds'")
	case len(spec.MarketplaceIDs) > 25:
		return nil, badInput("'marketplaceIds' may hold at most 25 values")
	case *spec.ReportType != typeSQP && *spec.ReportType != typeSCP:
		return nil, badInput("Invalid Report Type " + *spec.ReportType)
	}
	options := map[string]string{}
	if len(spec.ReportOptions) > 0 {
		if err := json.Unmarshal(spec.ReportOptions, &options); err != nil {
			return nil, badInput("reportOptions must be a map of strings")
		}
	}
	for _, name := range []string{"asin", "asins"} {
		if len(options[name]) > 200 {
			return nil, badInput("The report option " + name + " exceeds the limit of 200 characters")
		}
	}
	start, end := now, now // "The default is now."
	if spec.DataStartTime != nil {
		start = *spec.DataStartTime
	}
	if spec.DataEndTime != nil {
		end = *spec.DataEndTime
	}
	if start.After(now) || end.After(now) {
		return nil, badInput("dataStartTime and dataEndTime must be prior to or equal to the current date and time")
	}
	if end.Before(start) {
		return nil, badInput("dataEndTime must not be before dataStartTime")
	}
	if *spec.ReportType == typeSQP && !s.takeDaily(sel, now) {
		return nil, &errQuota
	}
	rep := s.enqueue(sel, *spec.ReportType, spec.MarketplaceIDs, start.UTC(), end.UTC(), options, now)
	r.sent = func() { rep.answered = true }
	return map[string]string{"reportId": rep.id}, nil
}

func (s *Sim) getReport(sel *seller, r *request, now time.Time) (any, *spError) {
	if e := noQuery(r); e != nil {
		return nil, e
	}
	id, _ := url.PathUnescape(r.id)
	rep := s.reportOf(sel, id)
	if rep == nil {
		return nil, &errNotFound
	}
	return s.disturb(s.describe(rep, now), rep.asOccasion(OpGetReport, now)), nil
}

func (s *Sim) getDocument(sel *seller, r *request, now time.Time) (any, *spError) {
	id, _ := url.PathUnescape(r.id)
	for name, v := range r.URL.Query() {
		if name != "enableContentEncodingUrlHeader" || v[0] != "true" && v[0] != "false" {
			return nil, badInput("Invalid query parameter " + name)
		}
	}
	rep := s.documentOf(id, now)
	if rep == nil || rep.seller != sel || now.Before(rep.endAt) || now.Sub(rep.created) > reportsKept {
		return nil, &errNotFound
	}
	encoding := "identity"
	if r.URL.Query().Get("enableContentEncodingUrlHeader") == "true" {
		encoding = "gzip"
	}
	answer := map[string]string{
		"reportDocumentId": id, "compressionAlgorithm": "GZIP",
		"url": s.presign("/spapi/"+url.PathEscape(id), 300*time.Second, encoding, now),
	}
	if b, _ := s.hostile.strikes(MissingFlag, rep.asOccasion(OpGetDocument, now)); b != nil {
		delete(answer, "compressionAlgorithm")
	}
	return answer, nil
}

var getReportsParams = []string{"reportTypes", "processingStatuses", "marketplaceIds", "pageSize", "createdSince", "createdUntil", "nextToken"}

func (s *Sim) listReports(sel *seller, r *request, now time.Time) (any, *spError) {
	q := r.URL.Query()
	for name, v := range q {
		if !slices.Contains(getReportsParams, name) || len(v) != 1 {
			return nil, badInput("Invalid query parameter " + name)
		}
	}
	offset := 0
	if token := q.Get("nextToken"); token != "" {
		if len(q) > 1 {
			return nil, badInput("nextToken must be the only parameter")
		}
		raw, err := base64.RawURLEncoding.DecodeString(token)
		at, params, ok := strings.Cut(string(raw), "|")
		if offset, _ = strconv.Atoi(at); err != nil || !ok {
			return nil, badInput("Invalid nextToken")
		}
		if q, err = url.ParseQuery(params); err != nil {
			return nil, badInput("Invalid nextToken")
		}
	}
	types := split(q.Get("reportTypes"))
	if len(types) == 0 || len(types) > 10 {
		return nil, badInput("Between 1 and 10 reportTypes, or nextToken, are required")
	}
	statuses := split(q.Get("processingStatuses"))
	for _, st := range statuses {
		if !slices.Contains([]string{"CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"}, st) {
			return nil, &spError{http.StatusBadRequest, "InvalidInput", "Invalid input", "Invalid input in processing status"}
		}
	}
	size := 10
	if v := q.Get("pageSize"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 1 || n > 100 {
			return nil, badInput("pageSize must be between 1 and 100")
		}
		size = n
	}
	skew := s.skewOf(ListenerSPAPI, sel.region, now)
	now = now.Add(skew)
	since, until := now.Add(-reportsKept), now
	for name, to := range map[string]*time.Time{"createdSince": &since, "createdUntil": &until} {
		if v := q.Get(name); v != "" {
			t, err := time.Parse(time.RFC3339, v)
			if err != nil {
				return nil, badInput("Invalid " + name)
			}
			*to = t
		}
	}
	if oldest := now.Add(-reportsKept); since.Before(oldest) {
		since = oldest
	}
	places := split(q.Get("marketplaceIds"))
	reports := []spReportJSON{}
	more := false
	s.mu.Lock()
	all := slices.Clone(sel.reports)
	s.mu.Unlock()
	skipped := 0
	for _, rep := range slices.Backward(all) {
		d := s.describe(rep, now.Add(-skew))
		created := rep.created.Add(skew)
		if !slices.Contains(types, d.ReportType) || created.Before(since) || created.After(until) ||
			len(statuses) > 0 && !slices.Contains(statuses, d.ProcessingStatus) ||
			len(places) > 0 && !slices.ContainsFunc(d.MarketplaceIDs, func(id string) bool { return slices.Contains(places, id) }) {
			continue
		}
		if skipped < offset {
			skipped++
			continue
		}
		if len(reports) == size {
			more = true
			break
		}
		reports = append(reports, d)
	}
	answer := map[string]any{"reports": reports}
	if more {
		answer["nextToken"] = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(offset+size) + "|" + q.Encode()))
	}
	return answer, nil
}

func split(csv string) []string {
	if csv == "" {
		return nil
	}
	return strings.Split(csv, ",")
}
