package readonly

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
)

func TestReachSendsNoCredential(t *testing.T) {
	now := clock.NewManual(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	var mu sync.Mutex
	asked := map[string]string{}
	server := func(name string) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			asked[name] += r.Method + " " + r.URL.String()
			for _, header := range credentials {
				if r.Header.Get(header) != "" {
					t.Errorf("%s was sent %s", name, header)
				}
			}
			w.Header().Set("Date", now.Now().Add(time.Minute).Format(http.TimeFormat))
			w.WriteHeader(http.StatusUnauthorized)
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "http://" + gone.Addr().String()
	gone.Close()
	lwa, spapi, ads := server("lwa"), server("spapi"), server("ads")
	on := func(base string) map[marketplace.Region]string {
		return map[marketplace.Region]string{marketplace.Europe: base}
	}
	e, err := Loopback(on(lwa), on(spapi), map[marketplace.Region]string{marketplace.Europe: ads, marketplace.FarEast: closed})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got := map[string]Reached{}
	for _, one := range New(e, nil).Reach(ctx, now) {
		got[one.Base] = one
	}
	if len(got) != 4 || got[closed].Err == nil || got[lwa].Err != nil || got[lwa].Ahead != nil {
		t.Errorf("reached %+v", got)
	}
	for _, base := range []string{spapi, ads} {
		if one := got[base]; one.Err != nil || one.Ahead == nil || *one.Ahead != time.Minute+time.Second/2 {
			t.Errorf("%s: %+v", base, one)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if asked["lwa"] != "" || asked["spapi"] != "GET /sellers/v1/marketplaceParticipations" || asked["ads"] != "GET /v2/profiles" {
		t.Errorf("asked %v", asked)
	}
}

// What is asked for the sake of an answer is on the list like all else.
func TestWhatReachAsksIsOnTheList(t *testing.T) {
	for s, path := range unasked {
		found := false
		for _, op := range operations {
			found = found || op.service == s && op.method == http.MethodGet && op.path == path
		}
		if !found {
			t.Errorf("%s is not an operation", path)
		}
	}
}
