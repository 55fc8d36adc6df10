package spapi

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

// spapi.md trap 31
// spapi.md trap 32
func TestFatalTexts(t *testing.T) {
	for text, want := range map[string]FatalClass{
		"A client error occurred. Please double check that your parameters are valid and fulfill the requirements of the report type.": FatalAmbiguous,
		"This report type requires the report option(s): asin.":                                                                        FatalOurs,
		"dataStartTime must be a Sunday when reportPeriod=WEEK":                                                                        FatalOurs,
		"Invalid reportPeriod WEEK: dataStartTime must fall on a Sunday.":                                                              FatalOurs,
		"dataStartTime must be the same day as dataEndTime when reportPeriod=DAY":                                                      FatalOurs,
		"The requested data is unavailable. Please try a different date range":                                                         FatalNotYet,
		"The report data for the requested date range is not yet available":                                                            FatalNotYet,
		"dataStartTime and dataEndTime must be supplied":                                                                               FatalOurs,
		"Report type GET_X does not support account ID of type class com.amazon.marketplaceid.MerchantAccountId":                       FatalAccount,
		"":                     FatalAmbiguous,
		"something never seen": FatalAmbiguous,
	} {
		if got := Classify(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
		doc := `{"errorDetails":"` + text + `","more":[1]}`
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		w.Write([]byte(doc))
		w.Close()
		for form, in := range map[string]string{"plain": doc, "gzip": zipped.String()} {
			if got, err := FatalText(strings.NewReader(in)); err != nil || got != text {
				t.Errorf("%s: %q, %v", form, got, err)
			}
		}
	}
	if text, err := FatalText(strings.NewReader(`{}`)); err != nil || text != "" {
		t.Errorf("no reason: %q, %v", text, err)
	}
	for _, bad := range []string{"", "{", `{"errorDetails":7}`, `[]`, "<html>", `{"errorDetails":"x"}{}`} {
		if text, err := FatalText(strings.NewReader(bad)); err == nil {
			t.Errorf("%q: %q", bad, text)
		}
	}
}
