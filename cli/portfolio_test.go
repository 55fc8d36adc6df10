package cli

import (
	"net/http"
	"testing"
)

// describe has alice say something of everything that an account says of
// itself.
func (w *tenants) describe(t *testing.T) {
	t.Helper()
	of := "/api/halotrack/accounts/" + w.theirs
	for _, step := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/products", `{"marketplace":"ATVPDKIKX0DER","asin":"B000000001","title":"Alice's ladder"}`, http.StatusOK},
		{"POST", "/imports?kind=products&marketplace=ATVPDKIKX0DER&file=alice.csv", "asin,title\nB000000002,Alice's rope\n", http.StatusCreated},
		{"POST", "/events", `{"kind":"note","from":"2026-11-01","to":"2026-11-01","title":"Alice's note"}`, http.StatusOK},
		{"POST", "/thresholds", `{"metric":"acos","direction":"above","value":0.5,"on":true}`, http.StatusOK},
	} {
		if got := w.alice.ask(t, step.method, of+step.path, step.body); got.status != step.status {
			t.Fatalf("%s %s: %d %s", step.method, step.path, got.status, got.body)
		}
	}
}
