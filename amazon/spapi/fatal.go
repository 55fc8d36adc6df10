package spapi

import (
	"io"
	"strings"

	"halotrack.ai/halotrack/amazon/document"
	"halotrack.ai/halotrack/amazon/lwa"
)

// FatalText returns the reason in the document of a FATAL report,
// {"errorDetails": "…"}; empty where it gives none. It reads gzip and plain
// text.
func FatalText(r io.Reader) (string, error) {
	const most = 1 << 20
	plain, err := Plain(io.LimitReader(r, most), most)
	if err != nil {
		return "", err
	}
	doc := document.NewReader(plain)
	if err := doc.Open('{'); err != nil {
		return "", err
	}
	text := ""
	for {
		name, more, err := doc.Name()
		if err != nil {
			return "", err
		}
		if !more {
			return text, doc.End()
		}
		if name != "errorDetails" {
			if err := doc.Skip(); err != nil {
				return "", err
			}
			continue
		}
		if text, err = errorDetails(doc); err != nil {
			return "", err
		}
	}
}

func errorDetails(doc *document.Reader) (string, error) {
	raw, err := doc.Value()
	if err != nil {
		return "", err
	}
	c := document.NewCursor("")
	c.Reset(0, raw)
	text, _ := c.Text(len(raw))
	if c.Err() != nil {
		return "", &DocumentError{Path: "/errorDetails", Reason: "is not a string"}
	}
	return lwa.Redact(string(text)), nil
}

// FatalClass says what to do about a FATAL report.
type FatalClass string

// The classes of FATAL reports (spapi.md §3.5).
const (
	FatalOurs      FatalClass = "ours"      // the request is wrong: never again
	FatalNotYet    FatalClass = "not_yet"   // not published, or no more: later, within bounds
	FatalAccount   FatalClass = "account"   // the kind of account has no such report: never again
	FatalAmbiguous FatalClass = "ambiguous" // Amazon's generic text: the period's age decides
)

// fatalMarks are what the known texts have in common, the most specific first.
var fatalMarks = []struct {
	mark  string
	class FatalClass
}{
	{"requires the report option", FatalOurs},
	{"must be a sunday", FatalOurs},
	{"must fall on a sunday", FatalOurs},
	{"must be a saturday", FatalOurs},
	{"must be the same day", FatalOurs},
	{"must be supplied", FatalOurs},
	{"does not support account id", FatalAccount},
	{"requested data is unavailable", FatalNotYet},
	{"not yet available", FatalNotYet},
}

// Classify sorts the text of a FATAL report. No text, and one that is not
// known, is ambiguous.
func Classify(text string) FatalClass {
	text = strings.ToLower(text)
	for _, m := range fatalMarks {
		if strings.Contains(text, m.mark) {
			return m.class
		}
	}
	return FatalAmbiguous
}
