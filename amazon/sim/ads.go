package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

const (
	mediaCreateRequest  = "application/vnd.createasyncreportrequest.v3+json"
	mediaCreateResponse = "application/vnd.createasyncreportresponse.v3+json"
	mediaGetResponse    = "application/vnd.getasyncreportresponse.v3+json"
)

// adError is an error of the Ads API; reporting says detail, the older
// operations say details (adsapi.md §1.3).
type adError struct {
	status int
	detail string
}

func (s *Sim) adFail(w http.ResponseWriter, r *request, e adError) {
	w.Header().Set("x-amz-request-id", s.requestID())
	key := "detail"
	if r.op == OpProfiles {
		key = "details"
	}
	writeJSON(w, e.status, map[string]string{"code": strconv.Itoa(e.status), key: e.detail})
}

func (s *Sim) serveAds(w http.ResponseWriter, r *request) {
	now := s.clock.Now()
	if r.op == OpUnknown {
		s.adFail(w, r, adError{http.StatusNotFound, "Method Not Found"})
		return
	}
	g, e := s.admit(r, now)
	if e != nil {
		s.adFail(w, r, *e)
		return
	}
	wait, ok := s.take(bucketKey(r.op, g.account.spec.Name, r.region), adPlans[r.op], now)
	if !ok || s.isThrottled(r.op, now) {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
		s.adFail(w, r, adError{http.StatusTooManyRequests, "Too Many Requests"})
		return
	}
	if r.op == OpProfiles {
		profiles, e := s.profiles(g, r, now)
		if e != nil {
			s.adFail(w, r, *e)
			return
		}
		writeJSON(w, http.StatusOK, profiles)
		return
	}
	m, e := s.scope(g.account, r)
	if e != nil {
		s.adFail(w, r, *e)
		return
	}
	media := mediaGetResponse
	var rep *adReport
	if r.op == OpAdsCreate {
		media = mediaCreateResponse
		if e = accepts(r, media); e == nil {
			rep, e = s.createAdReport(g.account, m, r, now)
		}
	} else if e = accepts(r, media); e == nil {
		s.mu.Lock()
		rep = s.adReports[r.id]
		s.mu.Unlock()
		if rep == nil || rep.market != m {
			e = &adError{http.StatusNotFound, "Report not found: " + r.id}
		}
	}
	if e != nil {
		s.adFail(w, r, *e)
		return
	}
	d := s.describeAd(rep, now)
	if r.op == OpAdsCreate {
		r.sent = func() { rep.answered = true }
	} else {
		d = s.disturbAd(d, rep.asOccasion(OpAdsGet, now))
	}
	writeAs(w, http.StatusOK, media, d)
}

func bearer(r *request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return token
}

// admit checks who is asking.
func (s *Sim) admit(r *request, now time.Time) (*grant, *adError) {
	switch id := r.Header.Get("Amazon-Advertising-API-ClientId"); {
	case id == "":
		return nil, &adError{http.StatusUnauthorized, "Not authorized: ClientId header is missing"}
	case id != s.app.id:
		return nil, &adError{http.StatusUnauthorized, "Not authorized: ClientId does not match the access token"}
	}
	g, wrong := s.tokenState(bearer(r), ListenerAds, r.region, now)
	if wrong != "" {
		return nil, &adError{http.StatusUnauthorized, map[string]string{
			"missing": "No access token provided", "invalid": "Not authorized to access this advertiser", "expired": "The access token expired",
		}[wrong]}
	}
	return g, nil
}

// scope finds the profile that the request is for.
func (s *Sim) scope(a *account, r *request) (*market, *adError) {
	v := r.Header.Get("Amazon-Advertising-API-Scope")
	if v == "" {
		return nil, &adError{http.StatusUnauthorized, "Scope header is missing"}
	}
	id, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return nil, &adError{http.StatusBadRequest, "Invalid scope header"}
	}
	for _, m := range a.markets {
		if m.profile == id && m.place.Region == r.region {
			return m, nil
		}
	}
	return nil, &adError{http.StatusUnauthorized, "Not authorized to access scope " + v}
}

func accepts(r *request, media string) *adError {
	accept := r.Header.Get("Accept")
	if accept == "" {
		return nil
	}
	for part := range strings.SplitSeq(accept, ",") {
		m, _, err := mime.ParseMediaType(part)
		if err == nil && (m == media || m == "*/*" || m == "application/*" || m == "application/json") {
			return nil
		}
	}
	return &adError{http.StatusNotAcceptable, "Cannot return the media types that the Accept header allows"}
}

// adZones are the time zones of profiles where Amazon's differ from the
// country's own.
var adZones = map[string]string{"DE": "Europe/Paris", "ES": "Europe/Paris", "IT": "Europe/Paris"}

var profileParams = map[string][]string{
	"apiProgram":  {"billing", "campaign", "paymentMethod", "store", "report", "account", "posts"},
	"accessLevel": {"edit", "view"}, "profileTypeFilter": nil, "validPaymentMethodFilter": {"true", "false"},
}

func (s *Sim) profiles(g *grant, r *request, now time.Time) (any, *adError) {
	a := g.account
	if _, scoped := r.Header[http.CanonicalHeaderKey("Amazon-Advertising-API-Scope")]; scoped {
		return nil, &adError{http.StatusBadRequest, "The Scope header must not be sent to this resource"}
	}
	q := r.URL.Query()
	for name, v := range q {
		allowed, known := profileParams[name]
		if !known || allowed != nil && !slices.Contains(allowed, v[0]) {
			return nil, &adError{http.StatusBadRequest, "Invalid query parameter " + name}
		}
	}
	type m = map[string]any
	out := []m{}
	viewer := a.spec.Viewer
	if b, _ := s.cfg.Scenario.fixed(ViewerOnly, occasion{op: OpProfiles, account: a.spec.Name, at: now}); b != nil {
		viewer = true
	}
	if g.consented {
		viewer = g.viewer
	}
	if viewer && q.Get("accessLevel") != "view" { // the default is edit
		return out, nil
	}
	types := split(q.Get("profileTypeFilter"))
	add := func(kind string, p m) {
		if len(types) == 0 || slices.Contains(types, kind) {
			out = append(out, p)
		}
	}
	for _, id := range a.order {
		x := a.markets[id]
		if x.place.Region != r.region {
			continue
		}
		country := x.place.Country
		if country == "GB" {
			country = "UK"
		}
		add("seller", m{
			"profileId": x.profile, "countryCode": country, "currencyCode": x.place.Currency, "dailyBudget": 999999999.0,
			"timezone":    cmp.Or(adZones[x.place.Country], x.place.Zone),
			"accountInfo": m{"marketplaceStringId": x.place.ID, "id": sellerID(a, r.region), "type": "seller", "name": a.brand, "validPaymentMethod": true},
		})
		if country == "US" {
			add("agency", m{
				"profileId": x.profile + 1, "countryCode": country, "currencyCode": x.place.Currency, "timezone": x.place.Zone,
				"accountInfo": m{"marketplaceStringId": x.place.ID, "id": "ENTITY" + sellerID(a, r.region), "type": "agency"},
			})
		}
	}
	return out, nil
}

func (s *Sim) createAdReport(a *account, m *market, r *request, now time.Time) (*adReport, *adError) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != mediaCreateRequest && media != "application/json" {
		return nil, &adError{http.StatusUnsupportedMediaType, "Cannot consume content type"}
	}
	var spec struct {
		Name          string           `json:"name"`
		StartDate     string           `json:"startDate"`
		EndDate       string           `json:"endDate"`
		Configuration *adConfiguration `json:"configuration"`
	}
	if err := json.Unmarshal(r.body, &spec); err != nil {
		return nil, bad("Could not parse JSON")
	}
	c := spec.Configuration
	if c == nil {
		return nil, bad("Required fields are invalid or missing: configuration")
	}
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"adProduct", c.AdProduct != ""}, {"groupBy", len(c.GroupBy) > 0}, {"columns", len(c.Columns) > 0},
		{"reportTypeId", c.ReportTypeID != ""}, {"timeUnit", c.TimeUnit != ""}, {"format", c.Format == "GZIP_JSON"},
	} {
		if !f.ok {
			return nil, bad("Required fields are invalid or missing: configuration " + f.name)
		}
	}
	kind := adReportTypes[c.ReportTypeID]
	if kind == nil || c.AdProduct != kind.adProduct {
		return nil, bad("configuration reportTypeId is invalid for adProduct " + c.AdProduct)
	}
	if e := checkConfiguration(kind, c); e != nil {
		return nil, e
	}
	from, to, e := m.checkDates(kind, spec.StartDate, spec.EndDate, now)
	if e != nil {
		return nil, e
	}
	return s.acceptAdReport(a, m, kind, spec.Name, *c, from, to, now)
}

func bad(detail string) *adError { return &adError{http.StatusBadRequest, detail} }

func checkConfiguration(kind *adReportType, c *adConfiguration) *adError {
	if c.TimeUnit != "DAILY" {
		return bad("configuration timeUnit is not supported for this report type")
	}
	if len(c.GroupBy) != 1 || c.GroupBy[0] != kind.groupBy {
		return bad(fmt.Sprintf("configuration groupBy includes invalid values: (%s). Allowed values: (%s)", strings.Join(c.GroupBy, ", "), kind.groupBy))
	}
	var wrong []string
	for _, name := range c.Columns {
		if !slices.Contains(kind.columns, name) || name == "startDate" || name == "endDate" {
			wrong = append(wrong, name)
		}
	}
	if wrong != nil {
		allowed := slices.DeleteFunc(slices.Clone(kind.columns), func(n string) bool { return n == "startDate" || n == "endDate" })
		return bad(fmt.Sprintf("configuration columns includes invalid values: (%s). Allowed values: (%s)", strings.Join(wrong, ", "), strings.Join(allowed, ", ")))
	}
	for _, f := range c.Filters {
		if f.Field != kind.filter {
			return bad(fmt.Sprintf("configuration filters includes fields: (%s) which are invalid for groupBys: %s. Allowed filters: (%s)", f.Field, kind.groupBy, kind.filter))
		}
	}
	return nil
}

func (m *market) checkDates(kind *adReportType, start, end string, now time.Time) (from, to clock.Day, e *adError) {
	from, err := clock.ParseDay(start)
	if err != nil {
		return 0, 0, bad("Required fields are invalid or missing: startDate")
	}
	to, err = clock.ParseDay(end)
	if err != nil {
		return 0, 0, bad("Required fields are invalid or missing: endDate")
	}
	today := clock.DayOf(now, m.zone)
	days := int(to-from) + 1
	switch earliest := today - clock.Day(kind.retention); {
	case to < from:
		return 0, 0, bad(fmt.Sprintf("endDate (%s) must be equal to or after startDate (%s)", to, from))
	case days > 31:
		return 0, 0, bad(fmt.Sprintf("startDate to endDate range (%d days) must not exceed maximum range (31 days)", days))
	case from < earliest:
		return 0, 0, bad(fmt.Sprintf("startDate (%s) must be equal to or after report type data retention start date (%s)", from, earliest))
	case to > today:
		return 0, 0, bad(fmt.Sprintf("endDate (%s) must not be in the future", to))
	}
	return from, to, nil
}

func (s *Sim) acceptAdReport(a *account, m *market, kind *adReportType, name string, c adConfiguration, from, to clock.Day, now time.Time) (*adReport, *adError) {
	key, err := adIdentity(m.profile, c, from, to)
	if err != nil {
		return nil, bad("Could not parse JSON")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Only reports in flight are duplicates; those before them are done.
	s.adOrder = slices.DeleteFunc(s.adOrder, func(r *adReport) bool { return !now.Before(r.doneAt) })
	for _, old := range s.adOrder {
		if old.identity == key {
			return nil, s.tooEarly(old, now)
		}
	}
	asked := &adReport{account: a, market: m, identity: key, nth: s.adAsked[key]}
	if b, h := s.hostile.strikes(WrongDuplicate, asked.asOccasion(OpAdsCreate, now)); b != nil {
		other := c
		other.TimeUnit = "SUMMARY"
		other.Columns = append(slices.DeleteFunc(slices.Clone(c.Columns), func(n string) bool { return n == "date" }), "startDate", "endDate")
		d := &adReport{
			id: uuidFrom(mix(h, 2)), profile: m.profile, account: a, market: m, kind: kind, config: other, from: from, to: to,
			created: now, startAt: now.Add(time.Minute), doneAt: now.Add(10 * time.Minute), identity: "summary of " + key,
		}
		s.adReports[d.id] = d
		return nil, s.tooEarly(d, now)
	}
	s.issued++
	h := mix(a.seed, 70, s.issued)
	r := &adReport{
		id: uuidFrom(h), name: name, profile: m.profile, account: a, market: m, kind: kind, config: c, from: from, to: to,
		created: now, identity: key,
	}
	r.nth = s.adAsked[r.identity]
	s.adAsked[r.identity]++
	r.startAt = now.Add(within(s.cfg.Delays.AdsPending, h))
	o := r.asOccasion(OpAdsCreate, now)
	if b, _ := s.hostile.strikes(LongQueue, o); b != nil {
		r.startAt = r.startAt.Add(cmp.Or(b.Delay, 3*time.Hour+30*time.Minute))
	}
	if b, _ := s.hostile.strikes(GenericFatal, o); b != nil {
		r.failed = true
	}
	r.doneAt = r.startAt.Add(within(s.cfg.Delays.AdsProcess, mix(h, 1)))
	s.adReports[r.id] = r
	s.adOrder = append(s.adOrder, r)
	s.adAccepted = append(s.adAccepted, r)
	return r, nil
}

// tooEarly names the report that a request repeats, in its text only.
func (s *Sim) tooEarly(old *adReport, now time.Time) *adError {
	text := "The Request is a duplicate of : " + old.id
	if b, h := s.hostile.strikes(DuplicateText, old.asOccasion(OpAdsCreate, now)); b != nil {
		forms := []string{
			"The Request is a duplicate of: ", "The Request is a duplicate of:", "The request is a duplicate of ", "The Request is a duplicate of  :  ", "The Request is a DUPLICATE OF : ",
		}
		text = forms[h%uint64(len(forms))] + old.id
	}
	return &adError{http.StatusTooEarly, text}
}
