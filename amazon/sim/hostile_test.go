package sim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
)

func rough(b ...Behaviour) Config { return Config{Scenario: &Scenario{Seed: 3, Behaviours: b}} }

// lost reports whether a request got no answer.
func (r *rig) lost(method, address string, header map[string]string, body string) bool {
	r.Helper()
	req, err := http.NewRequestWithContext(r.Context(), method, address, strings.NewReader(body))
	if err != nil {
		r.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return true
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.ReadAll(res.Body)
	return err != nil
}

func (r *rig) spHeader() map[string]string {
	return map[string]string{"x-amz-access-token": r.token(r.conn.RefreshToken), "User-Agent": goodAgent, "Content-Type": "application/json"}
}

const participationsPath = "/sellers/v1/marketplaceParticipations"

// spapi.md trap 45, adsapi.md trap 11
func TestThrottlingInEveryForm(t *testing.T) {
	for form, want := range map[string]string{"none": "^$", "seconds": "^[0-9]+$", "fraction": `^[0-9]+\.5$`, "date": "GMT$", "html": "^$"} {
		r := start(t, rough(Behaviour{Kind: Throttle, RetryAfter: form, Operations: []string{OpProfiles, OpParticipations}, Times: 1}))
		a := r.ads("GET", "/v2/profiles", 0, "")
		if a.status != 429 || !regexp.MustCompile(want).MatchString(a.header.Get("Retry-After")) || (form == "html") != bytes.Contains(a.body, []byte("<html>")) {
			t.Errorf("%s: %d %v %s", form, a.status, a.header, a.body)
		}
		if form == "date" {
			at, err := http.ParseTime(a.header.Get("Retry-After"))
			if wait := at.Sub(r.clock.Now()); err != nil || wait < 5*time.Second || wait > 2*time.Minute {
				t.Errorf("%v %v", wait, err)
			}
		}
		if a := r.ads("GET", "/v2/profiles", 0, ""); a.status != 200 {
			t.Errorf("%s, again: %d", form, a.status)
		}
		if a := r.sp("GET", participationsPath, ""); a.status != 429 || a.header.Get("x-amzn-RateLimit-Limit") != "" {
			t.Errorf("%s: %d %v", form, a.status, a.header)
		}
	}
	r := start(t, rough(Behaviour{Kind: Throttle, Operations: []string{OpToken}, Times: 1}))
	if a := r.grant(r.conn.RefreshToken, "na"); a.status != 429 {
		t.Errorf("token: %d", a.status)
	}
}

func TestServerErrorsAndLostAnswers(t *testing.T) {
	r := start(t, rough(
		Behaviour{Kind: ServerError, Status: 502, Operations: []string{OpGetReports}},
		Behaviour{Kind: Reset, Operations: []string{OpParticipations}},
		Behaviour{Kind: Hang, Delay: time.Hour, Operations: []string{OpAdsCreate}, Times: 1},
		Behaviour{Kind: DropAnswer, Operations: []string{OpCreateReport}, Times: 1},
	))
	if a := r.sp("GET", reportsPath+"?reportTypes="+typeSQP, ""); a.status != 502 {
		t.Errorf("%d", a.status)
	}
	base := r.Endpoints().SPAPI["na"]
	if !r.lost("GET", base+participationsPath, r.spHeader(), "") {
		t.Error("the connection was not closed")
	}
	body := sqpBody(r, "2026-11-15", "2026-11-21")
	// spapi.md trap 26: accepted, and nobody told
	if !r.lost("POST", base+reportsPath, r.spHeader(), body) {
		t.Error("createReport was answered")
	}
	if a := r.sp("POST", reportsPath, body); a.status != 202 {
		t.Errorf("%d", a.status)
	}
	got := r.AcceptedReports()
	if len(got) != 1 || len(got[0].Reports) != 2 || got[0].Reports[0].Answered || !got[0].Reports[1].Answered || got[0].Type != typeSQP || got[0].Start != day(t, "2026-11-15") || got[0].End != day(t, "2026-11-21") {
		t.Errorf("%+v", got)
	}
	if sp, ads := r.Repeats(); sp != 1 || ads != 0 {
		t.Errorf("repeats %d, %d", sp, ads)
	}
	// adsapi.md trap 10: the client's deadline ends it, and the next answer is 425
	patient := r.client.Timeout
	r.client.Timeout = 50 * time.Millisecond
	lost := r.lost("POST", r.Endpoints().Ads["na"]+"/reporting/reports", map[string]string{
		"Authorization": "Bearer " + r.token(r.conn.AdsRefreshToken), "Amazon-Advertising-API-ClientId": r.conn.ClientID,
		"Amazon-Advertising-API-Scope": strconv.FormatInt(r.profile(), 10), "Content-Type": mediaCreateRequest,
	}, adsBody("spSearchTerm", "2026-11-01", "2026-11-10"))
	r.client.Timeout = patient
	if a := r.ads("POST", "/reporting/reports", r.profile(), adsBody("spSearchTerm", "2026-11-01", "2026-11-10")); !lost || a.status != 425 {
		t.Errorf("%v, then %d %s", lost, a.status, a.body)
	}
}

// spapi.md traps 51 and 54, adsapi.md trap 5
func TestTokensEndMidPoll(t *testing.T) {
	for kind, want := range map[Kind]string{ExpiredToken: "has expired", RevokedToken: "revoked, malformed"} {
		r := start(t, rough(Behaviour{Kind: kind, Operations: []string{OpGetReport}, Times: 1}))
		id, _ := r.sp("POST", reportsPath, sqpBody(r, "2026-11-15", "2026-11-21")).json(t)["reportId"].(string)
		if a := r.sp("GET", reportsPath+"/"+id, ""); a.status != 403 || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d %s", kind, a.status, a.body)
		}
		delete(r.tokens, r.conn.RefreshToken)
		if a := r.sp("GET", reportsPath+"/"+id, ""); a.status != 200 {
			t.Errorf("%s, with a new one: %d %s", kind, a.status, a.body)
		}
	}
	r := start(t, rough(Behaviour{Kind: RevokedGrant, Operations: []string{OpProfiles}}))
	if a := r.ads("GET", "/v2/profiles", 0, ""); a.status != 401 {
		t.Errorf("%d", a.status)
	}
	if a := r.grant(r.conn.AdsRefreshToken, "eu"); a.status != 400 || a.json(t)["error"] != "invalid_grant" {
		t.Errorf("%d %s", a.status, a.body)
	}
	r = start(t, rough(Behaviour{Kind: SecretExpired, From: time.Date(2026, 11, 24, 13, 0, 0, 0, time.UTC)}, Behaviour{Kind: RoleMissing}))
	if a := r.sp("POST", reportsPath, sqpBody(r, "2026-11-15", "2026-11-21")); a.status != 403 || !strings.Contains(string(a.body), `"details":""`) {
		t.Errorf("role: %d %s", a.status, a.body)
	}
	r.clock.Advance(time.Hour)
	if a := r.sp("GET", participationsPath, ""); a.status != 403 || !strings.Contains(string(a.body), "LWA secret token you provided has expired") {
		t.Errorf("secret: %d %s", a.status, a.body)
	}
	if a := r.grant(r.conn.RefreshToken, "na"); a.status != 401 || a.json(t)["error"] != "invalid_client" {
		t.Errorf("secret: %d %s", a.status, a.body)
	}
}

func (r *rig) state(id string) string {
	r.Helper()
	delete(r.tokens, r.conn.RefreshToken)
	s, _ := r.sp("GET", reportsPath+"/"+id, "").json(r)["processingStatus"].(string)
	return s
}

func (r *rig) create(body string) string {
	r.Helper()
	delete(r.tokens, r.conn.RefreshToken)
	id, _ := r.sp("POST", reportsPath, body).json(r)["reportId"].(string)
	return id
}

// spapi.md trap 27, adsapi.md trap 12
func TestReportStatesGoWrong(t *testing.T) {
	r := start(t, rough(Behaviour{Kind: LongQueue}))
	id := r.create(sqpBody(r, "2026-11-15", "2026-11-21"))
	ad, _ := r.ads("POST", "/reporting/reports", r.profile(), adsBody("spCampaigns", "2026-11-01", "2026-11-10")).json(t)["reportId"].(string)
	r.clock.Advance(3 * time.Hour)
	delete(r.tokens, r.conn.AdsRefreshToken)
	if st := r.ads("GET", "/reporting/reports/"+ad, r.profile(), "").json(t)["status"]; st != "PENDING" || r.state(id) != "IN_QUEUE" {
		t.Errorf("%v, %s", st, r.state(id))
	}
	r.clock.Advance(6 * time.Hour)
	delete(r.tokens, r.conn.AdsRefreshToken)
	if st := r.ads("GET", "/reporting/reports/"+ad, r.profile(), "").json(t)["status"]; st != "COMPLETED" || r.state(id) != "DONE" {
		t.Errorf("%v, %s", st, r.state(id))
	}

	r = start(t, rough(Behaviour{Kind: UnknownState, Times: 1}, Behaviour{Kind: OutOfOrder, Times: 1}))
	id = r.create(sqpBody(r, "2026-11-15", "2026-11-21"))
	r.clock.Advance(10 * time.Minute)
	if got := []string{r.state(id), r.state(id), r.state(id)}; !reflect.DeepEqual(got, []string{"AWAITING_APPROVAL", "IN_QUEUE", "DONE"}) {
		t.Errorf("%v", got)
	}
	ad, _ = r.ads("POST", "/reporting/reports", r.profile(), adsBody("spCampaigns", "2026-11-01", "2026-11-10")).json(t)["reportId"].(string)
	r.clock.Advance(10 * time.Minute)
	for _, want := range []string{"AWAITING_CAPACITY", "PENDING", "COMPLETED"} {
		if d := r.ads("GET", "/reporting/reports/"+ad, r.profile(), "").json(t); d["status"] != want || (d["url"] == nil) != (want != "COMPLETED") {
			t.Errorf("%v, want %s", d, want)
		}
	}

	for kind, document := range map[Kind]bool{GenericFatal: true, BareFatal: false} { // spapi.md trap 31
		r = start(t, rough(Behaviour{Kind: kind}))
		if rep, text := r.finish(sqpBody(r, "2026-11-15", "2026-11-21")); rep["processingStatus"] != "FATAL" || strings.Contains(string(text), "client error") != document {
			t.Errorf("%s: %v %s", kind, rep, text)
		}
	}
	r = start(t, rough(Behaviour{Kind: GenericFatal})) // adsapi.md trap 13
	ad, _ = r.ads("POST", "/reporting/reports", r.profile(), adsBody("spCampaigns", "2026-11-01", "2026-11-10")).json(t)["reportId"].(string)
	r.clock.Advance(10 * time.Minute)
	if d := r.ads("GET", "/reporting/reports/"+ad, r.profile(), "").json(t); d["status"] != "FAILED" || d["failureReason"] == nil {
		t.Errorf("%v", d)
	}
}

// spapi.md trap 34
func TestTwoReportsShareADocument(t *testing.T) {
	r := start(t, rough(Behaviour{Kind: SharedDocument}))
	one, _ := r.finish(sqpBody(r, "2026-11-15", "2026-11-21"))
	delete(r.tokens, r.conn.RefreshToken)
	two, text := r.finish(sqpBody(r, "2026-11-15", "2026-11-21"))
	if one["reportId"] == two["reportId"] || one["reportDocumentId"] != two["reportDocumentId"] || len(text) < 1000 {
		t.Errorf("%v %v", one, two)
	}
	// The document is that of the newest report: what was restated is in it.
	r.clock.Advance(24 * time.Hour)
	delete(r.tokens, r.conn.RefreshToken)
	if three, _ := r.finish(sqpBody(r, "2026-11-15", "2026-11-21")); three["reportDocumentId"] != one["reportDocumentId"] {
		t.Errorf("%v", three)
	}
	if all := r.AcceptedReports(); len(all) != 1 || len(all[0].Reports) != 3 || len(all[0].Reports[2].Fetched) != 1 {
		t.Errorf("%+v", all)
	}
	if sp, _ := r.Repeats(); sp != 0 {
		t.Errorf("%d repeats, although the first was fetched: %+v", sp, r.AcceptedReports())
	}
}

// spapi.md trap 35: every seller's reports are numbered from the same start
func TestTwoSellersHaveTheSameReportID(t *testing.T) {
	r := start(t, Config{})
	one := r.create(sqpBody(r, "2026-11-15", "2026-11-21"))
	r.conn = r.Connections()[1]
	if two := r.create(sqpBody(r, "2026-11-15", "2026-11-21")); one != two || one == "" {
		t.Errorf("%s and %s", one, two)
	}
}

// adsapi.md trap 9
func TestDuplicateNamesTheWrongReport(t *testing.T) {
	r := start(t, rough(Behaviour{Kind: WrongDuplicate, Times: 1}, Behaviour{Kind: DuplicateText}))
	body := adsBody("spSearchTerm", "2026-11-01", "2026-11-10")
	a := r.ads("POST", "/reporting/reports", r.profile(), body)
	found := regexp.MustCompile(`(?i)duplicate of\s*:?\s*([0-9a-f]{8}-[0-9a-f-]{27})`).FindStringSubmatch(string(a.body))
	if a.status != 425 || found == nil || strings.Contains(string(a.body), "duplicate of : ") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	d := r.ads("GET", "/reporting/reports/"+found[1], r.profile(), "").json(t)
	if c, _ := d["configuration"].(map[string]any); c["timeUnit"] != "SUMMARY" {
		t.Errorf("%v", d)
	}
	if a := r.ads("POST", "/reporting/reports", r.profile(), body); a.status != 200 {
		t.Errorf("the second time: %d %s", a.status, a.body)
	}
	if got := r.AcceptedReports(); len(got) != 1 || len(got[0].Reports) != 1 {
		t.Errorf("%+v", got)
	}
}

// spapi.md trap 54
func TestAClockIsWrong(t *testing.T) {
	r := start(t, rough(Behaviour{Kind: ClockSkew, Delay: -time.Hour}))
	id := r.create(sqpBody(r, "2026-11-15", "2026-11-21"))
	a := r.sp("GET", reportsPath+"/"+id, "")
	created, _ := a.json(t)["createdTime"].(string)
	at, err := time.Parse(time.RFC3339, created)
	if err != nil || !at.Equal(r.clock.Now().Add(-time.Hour)) || !strings.HasSuffix(created, "-07:00") {
		t.Errorf("created %s: %v", created, err)
	}
	if date, err := http.ParseTime(a.header.Get("Date")); err != nil || !date.Equal(at) {
		t.Errorf("Date %v: %v", date, err)
	}
	since := r.clock.Now().Add(-time.Hour - time.Minute).Format(time.RFC3339)
	if a := r.sp("GET", reportsPath+"?reportTypes="+typeSQP+"&createdSince="+since, ""); !strings.Contains(string(a.body), id) {
		t.Errorf("%s", a.body)
	}
	if a := start(t, Config{}).grant("x", "na"); a.header.Get("Date") != "Tue, 24 Nov 2026 12:00:00 GMT" {
		t.Errorf("without: %v", a.header)
	}
}

// link returns the address of a finished report's document.
func (r *rig) link() (document map[string]any, address string) {
	r.Helper()
	id := r.create(sqpBody(r, "2026-11-15", "2026-11-21"))
	r.clock.Advance(10 * time.Minute)
	doc, _ := r.sp("GET", reportsPath+"/"+id, "").json(r)["reportDocumentId"].(string)
	document = r.sp("GET", "/reports/2021-06-30/documents/"+doc, "").json(r)
	address, _ = document["url"].(string)
	return document, address
}

// spapi.md traps 40, 41 and 42, adsapi.md traps 15, 17 and 18
func TestDocumentsAreSpoilt(t *testing.T) {
	good := start(t, Config{})
	_, address := good.link()
	whole := good.do("GET", address, nil, "").body
	for kind, ok := range map[Kind]func(r *rig, document map[string]any, a answer) bool{
		ExpiredURL: func(_ *rig, _ map[string]any, a answer) bool {
			return a.status == 403 && bytes.Contains(a.body, []byte("Request has expired"))
		},
		PlainBody: func(r *rig, d map[string]any, a answer) bool {
			return d["compressionAlgorithm"] == "GZIP" && bytes.Equal(a.body, plain(r, whole))
		},
		MissingFlag: func(_ *rig, d map[string]any, a answer) bool {
			return d["compressionAlgorithm"] == nil && bytes.Equal(a.body, whole)
		},
		ContentEncoding: func(r *rig, _ map[string]any, a answer) bool {
			return a.header.Get("Content-Encoding") == "gzip" && bytes.Equal(plain(r, a.body), plain(r, whole))
		},
		TruncatedGzip: func(_ *rig, _ map[string]any, a answer) bool {
			return len(a.body) > 0 && bytes.HasPrefix(a.body, []byte{0x1f, 0x8b}) && len(a.body) < len(whole)*2/3 && a.status == 200
		},
		TruncatedJSON: func(r *rig, _ map[string]any, a answer) bool {
			text := plain(r, a.body)
			return !json.Valid(text) && bytes.HasPrefix(plain(r, whole), text)
		},
	} {
		r := start(t, rough(Behaviour{Kind: kind, Times: 1}))
		d, address := r.link()
		if a := r.do("GET", address, nil, ""); !ok(r, d, a) {
			t.Errorf("%s: %d %v %.100q", kind, a.status, a.header, a.body)
		}
		if a := r.do("GET", address, nil, ""); !bytes.Equal(a.body, whole) {
			t.Errorf("%s: still spoilt the second time", kind)
		}
		fetched := len(r.AcceptedReports()[0].Reports[0].Fetched)
		if want := map[Kind]int{ExpiredURL: 1, TruncatedGzip: 1, TruncatedJSON: 1}[kind]; want == 0 && fetched != 2 || want == 1 && fetched != 1 {
			t.Errorf("%s: fetched whole %d times", kind, fetched)
		}
	}
	r := start(t, rough(Behaviour{Kind: CutStream, Times: 1}))
	if _, address := r.link(); !r.lost("GET", address, nil, "") {
		t.Error("the stream was not cut")
	}
}

func decoded(t *testing.T, text []byte) (rows []map[string]any) {
	t.Helper()
	_, raw, _ := rowsOf(text)
	for _, b := range raw {
		var row map[string]any
		if err := json.Unmarshal(b, &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// spapi.md traps 3 and 13
func TestDocumentsSayItOtherwise(t *testing.T) {
	good := start(t, Config{})
	_, plainText := good.finish(sqpBody(good, "2026-11-15", "2026-11-21"))
	want := decoded(t, plainText)
	text := func(kind Kind) []byte {
		r := start(t, rough(Behaviour{Kind: kind}))
		_, text := r.finish(sqpBody(r, "2026-11-15", "2026-11-21"))
		if !json.Valid(text) || bytes.Equal(text, plainText) {
			t.Errorf("%s: %.200s", kind, text)
		}
		return text
	}
	for i, row := range decoded(t, text(Fractions)) {
		got, _ := row["impressionData"].(map[string]any)
		was, _ := want[i]["impressionData"].(map[string]any)
		g, _ := got["asinImpressionShare"].(float64)
		w, _ := was["asinImpressionShare"].(float64)
		if g-w/100 > 1e-9 || w/100-g > 1e-9 {
			t.Fatalf("%v of %v", g, w)
		}
	}
	if b := text(UnknownFields); !bytes.Contains(b, []byte("future")) || len(decoded(t, b)) != len(want) {
		t.Error("no unknown fields")
	}
	if b := text(NullRequired); bytes.Count(b, []byte(":null"))-bytes.Count(plainText, []byte(":null")) != 1 {
		t.Error("not one null more")
	}
	seen, twice := map[string]int{}, 0
	for _, row := range decoded(t, text(DuplicateRows)) {
		b, _ := json.Marshal(row)
		if seen[string(b)]++; seen[string(b)] == 2 {
			twice++
		}
	}
	if len(seen) != len(want) || twice == 0 {
		t.Errorf("%d rows, %d twice; want %d", len(seen), twice, len(want))
	}
}

// adsapi.md trap 35
func TestAdRowsAreSplitIntoTrafficAndConversions(t *testing.T) {
	sums := func(c Config) (rows int, sum map[string]float64) {
		r := start(t, c)
		id, _ := r.ads("POST", "/reporting/reports", r.profile(), adsBody("spSearchTerm", "2026-11-01", "2026-11-10")).json(t)["reportId"].(string)
		r.clock.Advance(time.Hour / 2)
		link, _ := r.ads("GET", "/reporting/reports/"+id, r.profile(), "").json(t)["url"].(string)
		sum = map[string]float64{}
		all := decoded(t, plain(t, r.do("GET", link, nil, "").body))
		for _, row := range all {
			for _, name := range []string{"impressions", "clicks", "cost", "purchases7d", "sales14d", "unitsSoldClicks7d"} {
				n, _ := row[name].(float64)
				sum[name] += n
			}
		}
		for name := range sum {
			sum[name] = float64(int64(sum[name]*100 + .5))
		}
		return len(all), sum
	}
	n, want := sums(Config{})
	m, got := sums(rough(Behaviour{Kind: DuplicateRows}))
	if m <= n || !reflect.DeepEqual(got, want) {
		t.Errorf("%d rows %v, were %d %v", m, got, n, want)
	}
}

// spapi.md trap 61, adsapi.md trap 1
func TestParticipationsAndProfilesDiffer(t *testing.T) {
	r := start(t, rough(Behaviour{Kind: CountryAlias}, Behaviour{Kind: NoStoreName}, Behaviour{Kind: Suspended, Marketplaces: []string{"A1F83G8C2ARO7P"}},
		Behaviour{Kind: NotParticipating, Marketplaces: []string{"A1PA6795UKMFR9"}}, Behaviour{Kind: ViewerOnly, Accounts: []string{"Velmora Goods"}}))
	if a := r.ads("GET", "/v2/profiles", 0, ""); strings.Contains(string(a.body), "profileId") {
		t.Errorf("%s", a.body)
	}
	r.conn = r.Connections()[1]
	a := r.sp("GET", participationsPath, "")
	list, _ := a.json(t)["payload"].([]any)
	for _, x := range list {
		entry, _ := x.(map[string]any)
		place, _ := entry["marketplace"].(map[string]any)
		p, _ := entry["participation"].(map[string]any)
		switch place["id"] {
		case "A1F83G8C2ARO7P":
			if place["countryCode"] != "UK" || p["hasSuspendedListings"] != true || p["isParticipating"] != true {
				t.Errorf("%v", entry)
			}
		case "A1PA6795UKMFR9":
			if p["isParticipating"] != false || p["hasSuspendedListings"] != false {
				t.Errorf("%v", entry)
			}
		}
	}
	if len(list) < 2 || strings.Contains(string(a.body), "storeName") {
		t.Errorf("%s", a.body)
	}
}

func TestWorldHoldsPersonalDataAndTakesRowsBack(t *testing.T) {
	us := "ATVPDKIKX0DER"
	r := start(t, rough(Behaviour{Kind: PersonalData, Rate: .05}, Behaviour{Kind: RemovedRows, Rate: .1}))
	w, week := r.World(), day(t, "2026-11-15")
	out := week.Time().Add(10 * 24 * time.Hour)
	rows, personal := w.ServedSQP(r.conn.Account, us, week, out)
	if len(personal) == 0 || len(rows) == 0 || len(rows)+len(personal) != len(w.SQPRows(r.conn.Account, us, week, out)) || !w.Personal(r.conn.Account, us, personal[0].Query) || w.Personal(r.conn.Account, us, rows[0].Query) {
		t.Fatalf("%d and %d rows", len(rows), len(personal))
	}
	later, _ := w.ServedSQP(r.conn.Account, us, week, out.Add(30*24*time.Hour))
	still := map[string]bool{}
	for _, row := range later {
		still[row.ASIN+row.Query] = true
	}
	gone := 0
	for _, row := range rows {
		if !still[row.ASIN+row.Query] {
			gone++
		}
	}
	if gone < len(rows)/20 || gone > len(rows)/5 {
		t.Errorf("%d of %d rows are gone", gone, len(rows))
	}
	profile := w.ProfileID(r.conn.Account, us)
	early, _ := w.ServedAdTerms(profile, SponsoredProducts, day(t, "2026-11-10"), day(t, "2026-11-14").Time())
	late, hidden := w.ServedAdTerms(profile, SponsoredProducts, day(t, "2026-11-10"), day(t, "2026-11-26").Time())
	final, _ := w.ServedAdTerms(profile, SponsoredProducts, day(t, "2026-11-10"), day(t, "2026-12-20").Time())
	if len(late) >= len(early) || len(final) != len(late) || len(hidden) == 0 {
		t.Errorf("%d, %d, %d rows, %d hidden", len(early), len(late), len(final), len(hidden))
	}
	_, text := r.finish(sqpBody(r, "2026-11-15", "2026-11-21"))
	if !regexp.MustCompile(`@(example\.com|mail\.example\.org)`).Match(text) {
		t.Error("no e-mail address is served")
	}
}

// spapi.md traps 21 and 32
func TestAWeekIsPublishedLate(t *testing.T) {
	r := start(t, rough(Behaviour{Kind: LatePublication, Delay: 48 * time.Hour}))
	if rep, _ := r.finish(sqpBody(r, "2026-11-15", "2026-11-21")); rep["processingStatus"] != "FATAL" || r.World().SQPRows(r.conn.Account, "ATVPDKIKX0DER", day(t, "2026-11-15"), r.clock.Now()) != nil {
		t.Errorf("%v", rep)
	}
	r.clock.Advance(48 * time.Hour)
	delete(r.tokens, r.conn.RefreshToken)
	if rep, _ := r.finish(sqpBody(r, "2026-11-15", "2026-11-21")); rep["processingStatus"] != "DONE" {
		t.Errorf("%v", rep)
	}
}

// What happens does not depend on the order in which reports were asked for.
func TestScenarioFollowsFromItsSeed(t *testing.T) {
	play := func(weeks ...string) map[string][]int {
		r := start(t, Config{Scenario: &Scenario{Seed: 9, Behaviours: []Behaviour{{Kind: ServerError, Rate: .5, Status: 503, Operations: []string{OpCreateReport, OpGetReport}}}}})
		out := map[string][]int{}
		for _, w := range weeks {
			end := (day(t, w) + 6).String()
			for range 6 {
				a := r.sp("POST", reportsPath, sqpBody(r, w, end))
				out[w] = append(out[w], a.status)
				if a.status == 202 {
					id, _ := a.json(t)["reportId"].(string)
					for range 4 {
						out[w] = append(out[w], r.sp("GET", reportsPath+"/"+id, "").status)
					}
					break
				}
			}
		}
		return out
	}
	one, two := play("2026-11-15", "2026-11-08", "2026-11-01"), play("2026-11-01", "2026-11-15", "2026-11-08")
	if !reflect.DeepEqual(one, two) || len(one) != 3 {
		t.Errorf("%v\n%v", one, two)
	}
}

func TestScenarioWindowsAndCuts(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	b := Behaviour{Kind: ServerError, From: at.Add(time.Minute), To: at.Add(2 * time.Minute), Operations: []string{OpParticipations}, Accounts: []string{"Velmora Goods"}}
	r := start(t, rough(b))
	for i, want := range []bool{false, true, false} {
		if a := r.sp("GET", participationsPath, ""); (a.status >= 500) != want {
			t.Errorf("minute %d: %d", i, a.status)
		}
		r.clock.Advance(time.Minute)
	}
	s := Hostile()
	if n := len(s.Without(Throttle, Hang).Behaviours); n != len(s.Behaviours)-2 {
		t.Errorf("%d of %d", n, len(s.Behaviours))
	}
	for _, b := range s.Until(at).Behaviours {
		if b.To.Equal(at) == (b.Kind == PersonalData || b.Kind == RemovedRows) {
			t.Errorf("%s ends at %v", b.Kind, b.To)
		}
	}
	for _, region := range marketplace.Regions {
		if start(t, Config{}).skewOf(ListenerAds, region, at) != 0 {
			t.Error("skew without scenario")
		}
	}
}
