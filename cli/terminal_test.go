package cli

import (
	"bytes"
	"io"
	"testing"

	"halotrack.ai/halotrack/internal/analysis"
)

func TestStrangersWordsDoNotSteerTheTerminal(t *testing.T) {
	var out bytes.Buffer
	p := Program{Stdout: &out}
	audit := &analysis.Audit{Week: "2026-11-08", Marketplaces: []analysis.MarketAudit{{Marketplace: "DE", Currency: "EUR",
		Findings: []analysis.Finding{{Text: "Ads on “\x1b[2J\a\u202eevil\u2066 käse\u009b”\r cost"}}}}}
	if err := p.print(audit, func(w io.Writer) { writeAudit(w, audit) }); err != nil {
		t.Fatal(err)
	}
	if want := "Week of 2026-11-08 ()\n\nDE, EUR\n  - Ads on “[2Jevil käse” cost\n"; out.String() != want {
		t.Errorf("printed %q, want %q", out.String(), want)
	}
}
