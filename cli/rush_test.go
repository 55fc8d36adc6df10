package cli

import (
	"fmt"
	"net/http"
	"net/netip"
	"runtime"
	"sync"
	"testing"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
)

// TestAHundredPeopleSignInAtOnce has a hundred browsers at a hundred addresses
// sign in at the same moment: all of them get in, and memory stays bounded.
func TestAHundredPeopleSignInAtOnce(t *testing.T) {
	const browsers, people = 100, 10
	w := newWorld(t, 1)
	w.Config.TrustedProxy = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	_, account := w.alice(t)
	var logins []demoLogin
	for i := range people {
		logins = append(logins, w.person(t, fmt.Sprintf("person%d@example.com", i), account, access.Viewer))
	}
	base := w.serveWorld(t)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := clock.System().Now()
	start := make(chan struct{})
	statuses := make([]answer, browsers)
	var all sync.WaitGroup
	for i := range browsers {
		all.Go(func() {
			l := logins[i%people]
			<-start
			statuses[i] = newBrowser(t, base).do(t, "POST", sessionPath, fmt.Sprintf(`{"email":%q,"password":%q}`, l.Email, l.Password),
				"X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i+1))
		})
	}
	close(start)
	all.Wait()
	took := clock.System().Now().Sub(began)
	runtime.ReadMemStats(&after)
	for i, got := range statuses {
		if got.status != http.StatusOK {
			t.Errorf("browser %d: %d %s", i, got.status, got.body)
		}
	}
	if n, err := w.App.CountRecords("sessions"); err != nil || n != browsers {
		t.Errorf("%d sessions, %v", n, err)
	}
	const most = 64 << 20
	if grown := int64(after.HeapInuse) - int64(before.HeapInuse); grown > most {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	t.Logf("%d sign-ins in %.1f s; heap %.1f MiB before, %.1f MiB after; %.1f MiB allocated in all", browsers, took.Seconds(),
		float64(before.HeapInuse)/(1<<20), float64(after.HeapInuse)/(1<<20), float64(after.TotalAlloc-before.TotalAlloc)/(1<<20))
}
