package ingest

import (
	"testing"

	"halotrack.ai/halotrack/internal/health"
)

// TestEveryFailureHasWords holds the classes of the ledger against the texts
// that people read.
func TestEveryFailureHasWords(t *testing.T) {
	for _, class := range []string{classOurs, classNotYet, classAmbiguous, classForbidden, classDocument, classAmazon, classDeadline} {
		words, known := health.Explain(class)
		if !known || words.Text == "" || words.ToDo == "" {
			t.Errorf("%q: %+v", class, words)
		}
	}
	for class := range retryRules {
		if _, known := health.Explain(class); !known {
			t.Errorf("%q is retried and has no words", class)
		}
	}
	if words, known := health.Explain("new"); known || words.Text == "" {
		t.Errorf("an unknown class: %+v", words)
	}
}
