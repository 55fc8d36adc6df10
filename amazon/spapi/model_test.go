package spapi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func TestBodiesFitAmazonsModel(t *testing.T) {
	root := os.Getenv("HALOTRACK_SHARED")
	if root == "" {
		t.Skip("set HALOTRACK_SHARED to the folder with Amazon's models")
	}
	f, err := os.Open(filepath.Join(root, "amazon", "spapi", "models", "reports_2021-06-30.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	model, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("model.json", model); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("model.json#/definitions/CreateReportSpecification")
	if err != nil {
		t.Fatal(err)
	}
	other := spec(t)
	other.Type, other.ASINs = SCP, nil
	for _, s := range []ReportSpec{spec(t), other} {
		body, err := s.Body()
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", s.Type, err)
		}
	}
}

// Live-shaped rows and the official schema disagree on nulls alone; every name
// that the decoder reads must be one of the schema's.
func TestFixturesHaveTheSchemasMembers(t *testing.T) {
	var schema struct {
		Definitions map[string]any `json:"definitions"`
		Properties  map[string]any `json:"properties"`
	}
	shared(t, &schema, "schemas", "sellingPartnerSearchQueryPerformanceReport.json")
	names := map[string]bool{}
	var collect func(any)
	collect = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if properties, ok := v["properties"].(map[string]any); ok {
				for name := range properties {
					names[name] = true
				}
			}
			for _, x := range v {
				collect(x)
			}
		case []any:
			for _, x := range v {
				collect(x)
			}
		}
	}
	collect(map[string]any{"properties": schema.Properties})
	collect(schema.Definitions)
	for _, part := range strings.Split(usRow, `"`) {
		if strings.HasPrefix(part, "total") || strings.HasPrefix(part, "asin") || strings.HasPrefix(part, "search") {
			if !names[part] {
				t.Errorf("the schema has no member %s", part)
			}
		}
	}
}
