package spapi

import (
	"bytes"
	"encoding/json"
	"fmt"
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

// week is what the fixtures are of.
func week(t testing.TB) Expect {
	return Expect{Marketplace: "ATVPDKIKX0DER", Period: Week, Start: day(t, "2026-09-13"), End: day(t, "2026-09-19")}
}

// document returns an SQP or SCP document of the fixtures' week.
func sqpDocument(kind ReportType, rows ...string) string {
	return `{"reportSpecification":{"reportType":"` + string(kind) + `","reportOptions":{"reportPeriod":"WEEK","asin":"B000000001 B000000002"},` +
		`"dataStartTime":"2026-09-13","dataEndTime":"2026-09-19","marketplaceIds":["ATVPDKIKX0DER"]},"dataByAsin":[` + strings.Join(rows, ",") + `]}`
}

// edit returns row with the value at a path of names replaced by raw JSON; an
// empty one removes it.
func edit(t testing.TB, row string, raw string, path ...string) string {
	t.Helper()
	var root map[string]any
	dec := json.NewDecoder(strings.NewReader(row))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		t.Fatal(err)
	}
	m := root
	for _, name := range path[:len(path)-1] {
		m = m[name].(map[string]any)
	}
	if last := path[len(path)-1]; raw == "" {
		delete(m, last)
	} else {
		m[last] = json.RawMessage(raw)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(root); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// usRow has the counts and the live percents of spapi.md §1.5.
const usRow = `{"startDate":"2026-09-13","endDate":"2026-09-19","asin":"B000000001",` +
	`"searchQueryData":{"searchQuery":"steel water bottle","searchQueryScore":3,"searchQueryVolume":555},` +
	`"impressionData":{"totalQueryImpressionCount":16083,"asinImpressionCount":52,"asinImpressionShare":0.32},` +
	`"clickData":{"totalClickCount":206,"totalClickRate":37.12,"asinClickCount":1,"asinClickShare":0.49,` +
	`"totalMedianClickPrice":{"amount":19.99,"currencyCode":"USD"},"asinMedianClickPrice":{"amount":24.5,"currencyCode":"USD"},` +
	`"totalSameDayShippingClickCount":4,"totalOneDayShippingClickCount":51,"totalTwoDayShippingClickCount":19},` +
	`"cartAddData":{"totalCartAddCount":74,"totalCartAddRate":13.33,"asinCartAddCount":0,"asinCartAddShare":0.0,` +
	`"totalMedianCartAddPrice":{"amount":19.99,"currencyCode":"USD"},"asinMedianCartAddPrice":null,` +
	`"totalSameDayShippingCartAddCount":3,"totalOneDayShippingCartAddCount":35,"totalTwoDayShippingCartAddCount":13},` +
	`"purchaseData":{"totalPurchaseCount":14,"totalPurchaseRate":2.52,"asinPurchaseCount":0,"asinPurchaseShare":0.0,` +
	`"totalMedianPurchasePrice":{"amount":19.99,"currencyCode":"USD"},"asinMedianPurchasePrice":null,` +
	`"totalSameDayShippingPurchaseCount":2,"totalOneDayShippingPurchaseCount":12,"totalTwoDayShippingPurchaseCount":3}}`

// decodeSQP returns copies of the rows.
func decodeSQP(t testing.TB, doc string, want Expect) ([]SQPRow, Summary, error) {
	t.Helper()
	var rows []SQPRow
	s, err := DecodeSQP(strings.NewReader(doc), want, func(r *SQPRow) error {
		rows = append(rows, *r)
		return nil
	})
	return rows, s, err
}

// manyRows writes a document of rows with asins ASINs and terms that repeat
// among them.
func manyRows(rows, asins int) []byte {
	var b bytes.Buffer
	head, tail, _ := strings.Cut(sqpDocument(SQP, "@"), "@")
	b.WriteString(head)
	before, rest, _ := strings.Cut(usRow, "B000000001")
	middle, after, _ := strings.Cut(rest, "steel water bottle")
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%sB%09d%ssteel water bottle %d%s", before, i%asins, middle, i/asins, after)
	}
	b.WriteString(tail)
	return b.Bytes()
}
