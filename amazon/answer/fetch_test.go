package answer

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

var errRefused = errors.New("refused")

func TestReadAndDownload(t *testing.T) {
	status, body := 200, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	defer server.Close()
	var seen string
	refused := func(_ *http.Response, body []byte) error { seen = string(body); return errRefused }
	read := func(address string) (out struct{ A int }, header http.Header, err error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		header, err = Read(server.Client(), req, "op", 20, &out, refused)
		return out, header, err
	}
	address := server.URL + "/?signature=CANARY"
	for _, c := range []struct {
		status int
		body   string
		want   error
	}{
		{200, `{"A":7}`, nil}, {202, `{"A":7}`, nil}, {200, `{"A":"CANARY"}`, ErrUnreadable}, {200, ``, ErrUnreadable},
		{200, `{"A":7}` + strings.Repeat(" ", 20), ErrUnreadable}, {307, `x`, errRefused}, {429, strings.Repeat("x", 30), errRefused},
	} {
		status, body, seen = c.status, c.body, ""
		out, header, err := read(address)
		if !errors.Is(err, c.want) || c.want == nil && (err != nil || out.A != 7) || header == nil || len(seen) > 21 {
			t.Errorf("%d %q: %+v, %v", c.status, c.body, out, err)
		}
		if err != nil && strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%d: the error holds what was sent: %v", c.status, err)
		}
		in, err := Download(t.Context(), server.Client(), "op", address, "agent", refused)
		if whole := c.status == 200; (err == nil) != whole || err != nil && !errors.Is(err, errRefused) {
			t.Errorf("%d, downloaded: %v", c.status, err)
		}
		if err == nil {
			in.Close()
		}
	}
	server.Close()
	if _, header, err := read(address); err == nil || header != nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("nobody there: %v", err)
	}
	for _, bad := range []string{address, "://CANARY"} {
		if _, err := Download(t.Context(), server.Client(), "op", bad, "agent", refused); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("%v", err)
		}
	}
}
