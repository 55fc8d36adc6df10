// Package audittest holds audits against their published schema, in tests.
package audittest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"halotrack.ai/halotrack/internal/analysis"
)

// File is the schema's place in the repository.
const File = "docs/audit.schema.json"

// Conforms fails the test if an audit's JSON is not what docs/audit.schema.json
// promises, or a decision points at no finding.
func Conforms(t testing.TB, audit []byte) {
	t.Helper()
	if err := Check(t, audit); err != nil {
		t.Errorf("an audit that its schema refuses: %v\n%s", err, audit)
	}
}

// Check returns what the schema refuses of an audit's JSON.
func Check(t testing.TB, audit []byte) error {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(audit))
	if err != nil {
		return err
	}
	if err := compiled(t).Validate(value); err != nil {
		return err
	}
	var a analysis.Audit
	if err := json.Unmarshal(audit, &a); err != nil {
		return err
	}
	for _, m := range a.Marketplaces {
		for _, d := range m.Decisions {
			if d.Finding >= len(m.Findings) {
				return fmt.Errorf("%s: a decision about finding %d of %d", m.Marketplace, d.Finding, len(m.Findings))
			}
		}
	}
	return nil
}

func compiled(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(File, doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(File)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// Schema reads the schema from the repository that the test runs in.
func Schema(t testing.TB) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if text, err := os.ReadFile(filepath.Join(dir, File)); err == nil {
			return text
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatalf("no %s above the test", File)
		}
		dir = up
	}
}
