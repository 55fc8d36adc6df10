package ads

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/answer/answertest"
)

// FuzzAnswers holds every operation, whatever it is answered, to: no panic; an
// error of a known class without a secret in it; and from a success only
// profiles and reports that can be asked for again.
func FuzzAnswers(f *testing.F) {
	f.Add(uint8(0), uint16(200), []byte(`[{"profileId":2984328618318898,"countryCode":"UK","currencyCode":"GBP","timezone":"Europe/London","accountInfo":{"marketplaceStringId":"A1F83G8C2ARO7P","id":"A2","type":"seller","name":null}},{"profileId":"7","accountInfo":{"type":"agency","name":"é"}}]`))
	f.Add(uint8(1), uint16(200), []byte(`{"reportId":"`+reportAt+`","status":"PENDING"}`))
	f.Add(uint8(1), uint16(225), []byte(`{"code":"425","detail":"The Request is a duplicate of : `+reportAt+`"}`))
	f.Add(uint8(2), uint16(200), []byte(`{"reportId":"`+reportAt+`","status":"COMPLETED","startDate":"2026-10-01","endDate":"2026-10-31","createdAt":"2022-07-19T14:03:00.853Z","fileSize":1.0,"url":"https://x.s3.amazonaws.com/k?X-Amz-Signature=`+canary+`","configuration":{"columns":["date"],"filters":null}}`))
	f.Add(uint8(2), uint16(201), []byte(`{"code":"401","details":"Not authorized to access scope 1 Atza|`+canary+`"}`))
	f.Fuzz(func(t *testing.T, op uint8, status uint16, body []byte) {
		client := &http.Client{Transport: answertest.Network(200+int(status)%400, body)}
		c := New(Config{HTTP: client, BaseURL: "https://ads.invalid", ClientID: "id", Tokens: answertest.Tokens(client)})
		var err error
		shown := ""
		switch op % 3 {
		case 0:
			var list []Profile
			list, err = c.Profiles(t.Context())
			seen := map[int64]bool{}
			for _, p := range list {
				if p.ID <= 0 || seen[p.ID] || !p.Editable {
					t.Fatalf("%+v", p)
				}
				seen[p.ID] = true
			}
		case 1:
			var id string
			id, err = c.CreateReport(t.Context(), october(t, SPSearchTerm))
			var duplicate *DuplicateError
			if errors.As(err, &duplicate) {
				id = duplicate.ID
			} else if err != nil {
				break
			}
			if !reportID.MatchString(id) {
				t.Fatalf("%q cannot be asked for again", id)
			}
		case 2:
			var r Report
			if r, err = c.Report(t.Context(), 1, reportAt); err == nil && (r.ID == "" || r.Status == "") {
				t.Fatalf("%v", r)
			}
			shown = fmt.Sprintf("%v %+v %#v", r, r, r)
			r.Matches(october(t, SPSearchTerm))
		}
		if shown += fmt.Sprint(err); strings.Contains(shown, "Atza|") || strings.Contains(shown, "X-Amz-Signature") {
			t.Fatalf("%q", shown)
		}
		var answer *Error
		if err != nil && !errors.Is(err, ErrAnswer) && !errors.As(err, &answer) {
			t.Fatalf("%v is of no class", err)
		}
	})
}
