package simtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"halotrack.ai/halotrack/amazon/sim"
)

// Models are Amazon's published descriptions of the operations.
type Models struct {
	operations map[string][]*operation // by listener kind
	documents  map[string]any          // by file name, for responses
}

type operation struct {
	method   string
	template []string
	params   []parameter
	bodies   map[string]*jsonschema.Schema // by media type; nil: none
}

// parameter is a query, path or header parameter of either description format.
type parameter struct {
	Name     string `json:"name"`
	In       string `json:"in"`
	Required bool   `json:"required"`
	typed
	Schema *typed `json:"schema"`
}

type typed struct {
	Type     string   `json:"type"`
	Format   string   `json:"format"`
	Enum     []string `json:"enum"`
	Minimum  *float64 `json:"minimum"`
	Maximum  *float64 `json:"maximum"`
	MinItems *int     `json:"minItems"`
	MaxItems *int     `json:"maxItems"`
	Items    *typed   `json:"items"`
}

var files = []struct{ kind, path string }{
	{sim.ListenerSPAPI, "amazon/spapi/models/reports_2021-06-30.json"},
	{sim.ListenerSPAPI, "amazon/spapi/models/sellers.json"},
	{sim.ListenerAds, "amazon/ads/reporting-v3.json"},
	{sim.ListenerAds, "amazon/ads/profiles.yaml"},
}

// Load reads the models below dir.
func Load(dir string) (*Models, error) {
	m := &Models{operations: map[string][]*operation{}, documents: map[string]any{}}
	for _, f := range files {
		doc, err := read(filepath.Join(dir, f.path))
		if err != nil {
			return nil, err
		}
		name := filepath.Base(f.path)
		m.documents[name] = doc
		ops, err := operationsOf(name, doc)
		if err != nil {
			return nil, fmt.Errorf("read the operations of %s: %w", name, err)
		}
		m.operations[f.kind] = append(m.operations[f.kind], ops...)
	}
	return m, nil
}

func read(path string) (any, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read model: %w", err)
	}
	if strings.HasSuffix(path, ".yaml") {
		var v any
		if err := yaml.Unmarshal(b, &v); err != nil {
			return nil, fmt.Errorf("read model %s: %w", filepath.Base(path), err)
		}
		if b, err = json.Marshal(stringKeys(v)); err != nil {
			return nil, fmt.Errorf("read model %s: %w", filepath.Base(path), err)
		}
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(b))
}

// stringKeys turns YAML's integer keys (response codes) into JSON's strings.
func stringKeys(v any) any {
	switch v := v.(type) {
	case map[any]any:
		out := map[string]any{}
		for k, x := range v {
			out[fmt.Sprint(k)] = stringKeys(x)
		}
		return out
	case map[string]any:
		for k, x := range v {
			v[k] = stringKeys(x)
		}
	case []any:
		for i, x := range v {
			v[i] = stringKeys(x)
		}
	}
	return v
}

func operationsOf(name string, doc any) ([]*operation, error) {
	root, _ := doc.(map[string]any)
	paths, _ := root["paths"].(map[string]any)
	var out []*operation
	for template, v := range paths {
		item, _ := v.(map[string]any)
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			raw, ok := item[method].(map[string]any)
			if !ok {
				continue
			}
			o := &operation{method: strings.ToUpper(method), template: strings.Split(template, "/")}
			pointer := "/paths/" + escape(template) + "/" + method
			if err := o.read(name, doc, pointer, raw); err != nil {
				return nil, fmt.Errorf("%s %s: %w", method, template, err)
			}
			out = append(out, o)
		}
	}
	return out, nil
}

func escape(token string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(token))
}

func (o *operation) read(name string, doc any, pointer string, raw map[string]any) error {
	b, err := json.Marshal(raw["parameters"])
	if err != nil {
		return err
	}
	var params []parameter
	if err := json.Unmarshal(b, &params); err != nil {
		return err
	}
	add := func(media, pointer string) error {
		schema, err := compile(name, doc, pointer, true)
		if err != nil {
			return err
		}
		if o.bodies == nil {
			o.bodies = map[string]*jsonschema.Schema{}
		}
		o.bodies[media] = schema
		return nil
	}
	for i, p := range params {
		if p.In != "body" {
			if p.Schema != nil {
				p.typed = *p.Schema
			}
			o.params = append(o.params, p)
			continue
		}
		if err := add("application/json", fmt.Sprintf("%s/parameters/%d/schema", pointer, i)); err != nil {
			return err
		}
	}
	body, _ := raw["requestBody"].(map[string]any)
	content, _ := body["content"].(map[string]any)
	for media := range content {
		if err := add(media, pointer+"/requestBody/content/"+escape(media)+"/schema"); err != nil {
			return err
		}
	}
	return nil
}

// compile compiles a part of a description as a JSON schema. A strict one
// refuses keys that it does not name.
func compile(name string, doc any, pointer string, strict bool) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	c.AssertFormat()
	address := "https://models.invalid/" + name
	if err := c.AddResource(address, adapt(doc, strict)); err != nil {
		return nil, err
	}
	return c.Compile(address + "#" + pointer)
}

// adapt copies a description with OpenAPI's nullable said in JSON schema's
// words.
func adapt(v any, strict bool) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = adapt(x, strict)
		}
		kind, isType := out["type"].(string)
		if isType && out["nullable"] == true {
			out["type"] = []any{kind, "null"}
		}
		_, properties := out["properties"].(map[string]any)
		if _, said := out["additionalProperties"]; strict && properties && !said {
			out["additionalProperties"] = false
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = adapt(x, strict)
		}
		return out
	}
	return v
}

func (m *Models) find(kind, method, path string) (*operation, bool) {
	segments := strings.Split(path, "/")
	for _, o := range m.operations[kind] {
		if o.method == method && len(o.template) == len(segments) {
			same := true
			for i, s := range o.template {
				variable := strings.HasPrefix(s, "{")
				same = same && (variable && segments[i] != "" || s == segments[i])
			}
			if same {
				return o, true
			}
		}
	}
	return nil, false
}

func (o *operation) parameters(e sim.Entry) error {
	q, err := url.ParseQuery(e.RawQuery)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	for name, values := range q {
		i := slices.IndexFunc(o.params, func(p parameter) bool { return p.In == "query" && p.Name == name })
		if i < 0 {
			return fmt.Errorf("query parameter %s is not in the model", name)
		}
		if len(values) != 1 {
			return fmt.Errorf("query parameter %s is repeated", name)
		}
		if err := o.params[i].check(values[0]); err != nil {
			return fmt.Errorf("query parameter %s: %w", name, err)
		}
	}
	for _, p := range o.params {
		missing := p.In == "query" && q.Get(p.Name) == "" || p.In == "header" && e.Header.Get(p.Name) == ""
		if p.Required && missing {
			return fmt.Errorf("%s parameter %s is missing", p.In, p.Name)
		}
	}
	return nil
}

func (t *typed) check(v string) error {
	if len(t.Enum) > 0 && !slices.Contains(t.Enum, v) {
		return fmt.Errorf("%q is none of %s", v, strings.Join(t.Enum, ", "))
	}
	switch t.Type {
	case "integer", "number":
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || t.Minimum != nil && n < *t.Minimum || t.Maximum != nil && n > *t.Maximum {
			return fmt.Errorf("%q is not a number in range", v)
		}
	case "boolean":
		if v != "true" && v != "false" {
			return fmt.Errorf("%q is not a boolean", v)
		}
	case "array":
		items := strings.Split(v, ",")
		if t.MinItems != nil && len(items) < *t.MinItems || t.MaxItems != nil && len(items) > *t.MaxItems {
			return fmt.Errorf("%d items", len(items))
		}
		for _, item := range items {
			if err := t.Items.check(item); err != nil {
				return err
			}
		}
	case "string":
		if _, err := time.Parse(time.RFC3339, v); t.Format == "date-time" && err != nil {
			return fmt.Errorf("%q is not a date-time", v)
		}
	}
	return nil
}
