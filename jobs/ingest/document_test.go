package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/history"
)

// rewrite replaces text in a document, once.
func rewrite(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
}

// contradict repeats the first row of an SQP document with another volume.
func contradict(b []byte) []byte {
	const list = `"dataByAsin":[`
	at := bytes.Index(b, []byte(list)) + len(list)
	var row json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(b[at:])).Decode(&row); err != nil {
		panic(err)
	}
	twin := bytes.Replace(row, []byte(`"searchQueryVolume":`), []byte(`"searchQueryVolume":9`), 1)
	return slices.Concat(b[:at], twin, []byte(","), b[at:])
}

// untilReady runs until a report of the type waits for its download alone.
func (r *rig) untilReady(kind string) history.Report {
	r.t.Helper()
	r.in.failpoint = func(point string) error { return nil }
	for range 300 {
		o := r.run()
		for _, l := range r.ledger(velmora) {
			if l.Type == kind && l.State == history.Waiting {
				r.now.Advance(time.Hour) // Amazon is done by now
				r.onlyDue(l.ID)
				return l
			}
		}
		if o.Idle() {
			break
		}
		r.now.Set(o.Next)
	}
	r.t.Fatalf("no report of type %s", kind)
	return history.Report{}
}

// spapi.md traps 13, 14, 36, 42 and 44; adsapi.md traps 18 and 37: a document
// that cannot be read stores nothing, says where its fault is and is kept.
func TestBadDocumentsStoreNothingAndSayWhere(t *testing.T) {
	sqp, term := string(spapi.SQP), string(ads.SPSearchTerm)
	for _, c := range []struct {
		name, kind string
		fault      sim.Fault
		path       string // within the error
	}{
		{"wrong type", sqp, sim.Fault{Document: rewrite(`"searchQueryVolume":`, `"searchQueryVolume":"many","was":`)}, "/dataByAsin/0/searchQueryData/searchQueryVolume"},
		{"NaN string", sqp, sim.Fault{Document: rewrite(`"totalQueryImpressionCount":`, `"totalQueryImpressionCount":"NaN","was":`)}, "/dataByAsin/0/impressionData/totalQueryImpressionCount"},
		{"fraction of a count", sqp, sim.Fault{Document: rewrite(`"asinClickCount":`, `"asinClickCount":1.5,"was":`)}, "/dataByAsin/0/clickData/asinClickCount"},
		{"beyond 64 bits", sqp, sim.Fault{Document: rewrite(`"searchQueryVolume":`, `"searchQueryVolume":9223372036854775808,"was":`)}, "/dataByAsin/0/searchQueryData/searchQueryVolume"},
		{"another period", sqp, sim.Fault{Document: rewrite(`"startDate":"2026-11-15"`, `"startDate":"2026-11-08"`)}, "/dataByAsin/0"},
		{"another marketplace", sqp, sim.Fault{Document: rewrite(`ATVPDKIKX0DER`, `A1PA6795UKMFR9`)}, "/reportSpecification"},
		{"malformed", sqp, sim.Fault{Document: rewrite(`"searchQueryVolume":`, `"searchQueryVolume":,`)}, "/dataByAsin/0"},
		{"two answers for one query", sqp, sim.Fault{Document: contradict}, "/dataByAsin/1"},
		{"not a document", sqp, sim.Fault{Document: func([]byte) []byte { return []byte(`[]`) }}, "document"},
		{"ads id beyond 64 bits", term, sim.Fault{Document: rewrite(`"campaignId":`, `"campaignId":92233720368547758070,"was":`)}, "/0/campaignId"},
		{"ads day outside the window", term, sim.Fault{Document: rewrite(`"date":"2026-`, `"date":"2025-`)}, "/0/date"},
		{"ads NaN", term, sim.Fault{Document: rewrite(`"cost":`, `"cost":"NaN","was":`)}, "/0/cost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, sim.Config{}, nil)
			report := r.untilReady(c.kind)
			if report.Type == sqp && report.Start.String() != "2026-11-15" {
				t.Fatalf("the first report is for %s", report.Start)
			}
			for range mostFetches {
				r.amazon.FailNext(sim.OpDownload, c.fault)
			}
			for range mostFetches {
				r.onlyDue(report.ID)
				r.run()
			}
			var failed history.Report
			for _, l := range r.ledger(velmora) {
				if l.ID == report.ID {
					failed = l
				}
			}
			if failed.State != history.Failed || failed.ErrorClass != classDocument || !strings.Contains(failed.Error, c.path) || !strings.Contains(failed.Error, "kept sealed") {
				t.Fatalf("ended %s, class %q: %q", failed.State, failed.ErrorClass, failed.Error)
			}
			r.use(velmora, func(f *history.Facts) error {
				if c.kind == sqp {
					cells, err := f.SQPCoverage(t.Context(), report.Marketplace, history.Week, report.Start, report.Start)
					if len(cells) != 0 {
						t.Errorf("%d cells are covered by a document that cannot be read", len(cells))
					}
					return err
				}
				days, err := f.AdCoverage(t.Context(), report.Profile, ads.ReportType(report.Type), report.Start, report.End)
				if len(days) != 0 {
					t.Errorf("%d days are covered by a document that cannot be read", len(days))
				}
				return err
			})
			files := r.spooled()
			if len(files) != 1 {
				t.Fatalf("kept documents: %v", files)
			}
			sealed, err := os.ReadFile(files[0])
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(sealed, []byte("dataByAsin")) || bytes.HasPrefix(sealed, []byte{0x1f, 0x8b}) {
				t.Error("the kept document is not sealed")
			}
			text, err := r.in.spool.open(t.Context(), r.ids[velmora], report.ID)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, text); n == 0 || err != nil {
				t.Errorf("the kept document opens to %d bytes: %v", n, err)
			}
			_ = text.Close()

			if c.name != "wrong type" && c.name != "ads NaN" {
				return
			}
			// The next try, a day later, is good; thirty days on, the copy goes.
			r.untilIdle()
			r.now.Advance(25 * time.Hour)
			r.untilIdle()
			r.wantWhole(velmora)
			r.now.Advance(keepBadDocuments)
			r.untilIdle()
			if files := r.spooled(); len(files) != 0 {
				t.Errorf("kept beyond their time: %v", files)
			}
		})
	}
}

// spapi.md trap 42; adsapi.md traps 15 and 18: what was spoilt on its way is
// fetched once more from a fresh address, without asking for another report.
func TestADocumentThatArrivesSpoiltIsFetchedAgain(t *testing.T) {
	for name, fault := range map[string]sim.Fault{
		"cut off gzip":    {Truncate: 200},
		"cut off JSON":    {Document: func(b []byte) []byte { return b[:len(b)/2] }},
		"null":            {Document: func([]byte) []byte { return []byte("null") }},
		"empty":           {Document: func([]byte) []byte { return nil }},
		"wrong type":      {Document: rewrite(`"currencyCode":`, `"currencyCode":7,"was":`)},
		"page of a proxy": {Status: 200, Body: []byte("<html><body>try again</body></html>")},
		"expired address": {Status: 403, Body: []byte("<Error><Code>AccessDenied</Code></Error>")},
	} {
		for _, kind := range []string{string(spapi.SQP), string(ads.SPCampaigns)} {
			t.Run(name+" "+kind, func(t *testing.T) {
				r := newRig(t, sim.Config{}, nil)
				r.untilReady(kind)
				r.amazon.FailNext(sim.OpDownload, fault)
				r.untilIdle()
				r.wantWhole(velmora)
				if n := r.repeats(sim.OpCreateReport) + r.repeats(sim.OpAdsCreate); n != 0 {
					t.Errorf("%d reports were asked for again", n)
				}
				for _, l := range r.ledger(velmora) {
					if l.State == history.Failed {
						t.Errorf("report %d failed: %s", l.ID, l.Error)
					}
				}
			})
		}
	}
}

// spapi.md trap 13: what Amazon adds tomorrow is ignored.
func TestUnknownFieldsAreNoFault(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	r.untilReady(string(spapi.SQP))
	r.amazon.FailNext(sim.OpDownload, sim.Fault{Document: rewrite(`"searchQueryData":{`, `"tomorrow":{"deep":[1,{"x":null}]},"searchQueryData":{"new":true,`)})
	r.untilIdle()
	r.wantWhole(velmora)
}

// A document of repeated terms, far larger than memory should hold, is refused
// or stored with bounded memory. The size in MB is 200, or what
// -ingest.megabytes says.
func TestAHugeDocumentNeedsBoundedMemory(t *testing.T) {
	r := newRig(t, sim.Config{}, nil)
	report := r.untilReady(string(ads.SPSearchTerm))
	host := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		date := report.End
		row := fmt.Sprintf(`{"date":"%s","campaignId":550669026247354,"campaignName":"c","adGroupId":1,"adGroupName":"a","keywordId":2,"keyword":"k","matchType":"EXACT","searchTerm":"the same term over and over, %s","impressions":1,"clicks":1,"cost":0.01,"campaignBudgetCurrencyCode":"USD"}`, date, strings.Repeat("x", 400))
		_, _ = io.WriteString(w, "["+row)
		for n := 0; n < *megabytes<<20; n += len(row) + 1 {
			if _, err := io.WriteString(w, ","+row); err != nil {
				return
			}
		}
		_, _ = io.WriteString(w, "]")
	}))
	defer host.Close()
	// The report is Amazon's, its document the big one.
	completed := sim.Fault{Status: 200, Body: []byte(fmt.Sprintf(`{"reportId":"%s","status":"COMPLETED","startDate":"%s","endDate":"%s","createdAt":"2026-11-25T09:00:00Z","url":"%s/big","configuration":{}}`, report.AmazonID, report.Start, report.End, host.URL))}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := make(chan uint64)
	stop := make(chan struct{})
	go func() {
		var most uint64
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			case <-stop:
				peak <- most
				return
			}
		}
	}()
	for range 2 { // the poll and the download
		r.amazon.FailNext(sim.OpAdsGet, completed)
	}
	r.onlyDue(report.ID)
	r.run()
	close(stop)
	most := <-peak
	for _, l := range r.ledger(velmora) {
		if l.ID == report.ID && (l.State != history.ReportDone || l.Rows < int64(*megabytes)<<20/1000) {
			t.Errorf("the big report ended %s with %d rows: %s", l.State, l.Rows, l.Error)
		}
	}
	r.use(velmora, func(f *history.Facts) error {
		days, err := f.AdCoverage(t.Context(), report.Profile, ads.SPSearchTerm, report.End, report.End)
		if err == nil && (len(days) != 1 || days[0].Clicks == 0) {
			t.Errorf("coverage %+v", days)
		}
		return err
	})
	grown := int64(most) - int64(before.HeapInuse)
	t.Logf("%d MB of document, heap grew by at most %d MB", *megabytes, grown>>20)
	if grown > 96<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}
