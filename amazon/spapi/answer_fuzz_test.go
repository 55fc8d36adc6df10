package spapi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/answer/answertest"
)

// FuzzAnswers holds every operation, whatever it is answered, to: no panic; an
// error of a known class without a secret in it; and from a success only ids
// that can be asked for again.
func FuzzAnswers(f *testing.F) {
	const report = `{"reportId":"50039018718","reportType":"GET_X","processingStatus":"DONE","marketplaceIds":["A"],"dataStartTime":"2026-09-13T00:00:00+00:00","createdTime":"2026-09-22T01:02:03Z","reportDocumentId":"amzn1.spdoc.1.4.na.x"}`
	for op, body := range []string{
		`{"payload":[{"marketplace":{"id":"ATVPDKIKX0DER","countryCode":"US","name":"Amazon.com","defaultCurrencyCode":"USD"},"storeName":null,"participation":{"isParticipating":true,"hasSuspendedListings":false}}]}`,
		`{"reportId":"50039018718"}`,
		report,
		`{"reports":[` + report + `],"nextToken":"abc=="}`,
		`{"reportDocumentId":"amzn1.spdoc.1.4.na.x","url":"https://x.s3.amazonaws.com/k?X-Amz-Signature=` + canary + `","compressionAlgorithm":"GZIP"}`,
	} {
		f.Add(uint8(op), uint16(200), []byte(body))
	}
	f.Add(uint8(1), uint16(202), []byte(`{"reportId":"a/../b"}`))
	f.Add(uint8(2), uint16(403), []byte(`{"errors":[{"code":"Unauthorized","details":"The access token you provided has expired. Atza|`+canary+`"}]}`))
	f.Add(uint8(3), uint16(503), []byte(`<html>`))
	f.Fuzz(func(t *testing.T, op uint8, status uint16, body []byte) {
		client := &http.Client{Transport: answertest.Network(200+int(status)%400, body)}
		c := New(Config{HTTP: client, BaseURL: "https://sp.invalid", Tokens: answertest.Tokens(client)})
		var err error
		shown, ids := "", []string(nil)
		switch op % 5 {
		case 0:
			_, err = c.Participations(t.Context())
		case 1:
			var id string
			if id, err = c.CreateReport(t.Context(), ReportSpec{SCP, "ATVPDKIKX0DER", Week, day(t, "2026-07-19"), day(t, "2026-07-25"), nil}); err == nil {
				ids = append(ids, id)
			}
		case 2:
			var r Report
			if r, err = c.Report(t.Context(), "1"); err == nil {
				ids = append(ids, r.ID)
			}
		case 3:
			var list []Report
			list, _, err = c.Reports(t.Context(), ReportsQuery{Next: "x"})
			for _, r := range list {
				ids = append(ids, r.ID)
			}
		case 4:
			var d Document
			if d, err = c.Document(t.Context(), "amzn1.spdoc.1"); err == nil {
				ids = append(ids, d.ID)
				shown = fmt.Sprintf("%v %+v %#v", d, d, d)
			}
		}
		if shown += fmt.Sprint(err); strings.Contains(shown, "Atza|") || strings.Contains(shown, "X-Amz-Signature") || len(shown) > 3000 {
			t.Fatalf("%q", shown)
		}
		var answer *Error
		if err != nil && !errors.Is(err, ErrAnswer) && !errors.As(err, &answer) {
			t.Fatalf("%v is of no class", err)
		}
		for _, id := range ids {
			if !plainID(id) {
				t.Fatalf("%q cannot be asked for again", id)
			}
		}
	})
}

// FuzzPackASINs holds the packing to: no ASIN is cut, lost or sent twice, and
// every set makes a report that Amazon accepts.
func FuzzPackASINs(f *testing.F) {
	f.Add("B000000001 b000000001 B000000002")
	f.Add(strings.Repeat("B00000000A ", 3) + "x " + "0123456789")
	f.Fuzz(func(t *testing.T, text string) {
		in := strings.Fields(text)
		want := map[string]bool{}
		for _, asin := range in {
			if isASIN(asin) {
				want[strings.ToUpper(asin)] = true
			}
		}
		for _, set := range PackASINs(in) {
			s := ReportSpec{SQP, "ATVPDKIKX0DER", Week, day(t, "2026-07-19"), day(t, "2026-07-25"), set}
			if _, err := s.Body(); err != nil {
				t.Fatal(err)
			}
			for _, asin := range set {
				if !want[asin] {
					t.Fatalf("%q is sent twice or was never given", asin)
				}
				delete(want, asin)
			}
		}
		if len(want) > 0 {
			t.Fatalf("%d ASINs are lost", len(want))
		}
	})
}
