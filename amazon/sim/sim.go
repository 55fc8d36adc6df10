package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/clock"
)

// Sim is a running simulator.
type Sim struct {
	cfg     Config
	clock   clock.Clock
	world   *World
	servers []*http.Server
	urls    map[string]string // by listener
	stop    context.CancelFunc

	mu         sync.Mutex
	journal    []Entry
	throttled  map[string]time.Time
	failures   map[string][]Fault
	grants     map[string]*grant // by refresh token
	tokens     map[string]accessToken
	codes      map[string]*authCode
	issued     uint64
	buckets    map[string]*bucket
	sellers    map[string]*seller
	adReports  map[string]*adReport
	adOrder    []*adReport
	documents  map[string]*spReport // by document id
	adAsked    map[string]int       // accepted so far, by identity
	adAccepted []*adReport
	files      []adFile // newest generated ads documents
	hostile    *hostility
	app        application
	moments    atomic.Int64 // arrivals and answers so far
}

// Start makes the world, opens one loopback listener per service and region
// and serves until Close or the end of ctx.
func Start(ctx context.Context, cfg Config) (*Sim, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System()
	}
	if cfg.Host == "" {
		cfg.Host = "127.0.0.1"
	}
	if cfg.JournalKeep == 0 {
		cfg.JournalKeep = 1000
	}
	cfg.Delays = cfg.Delays.orDefault()
	w := NewWorld(cfg)
	cfg = w.cfg
	s := &Sim{
		cfg: cfg, clock: cfg.Clock, world: w, urls: map[string]string{},
		throttled: map[string]time.Time{}, failures: map[string][]Fault{},
		grants: map[string]*grant{}, tokens: map[string]accessToken{}, codes: map[string]*authCode{}, buckets: map[string]*bucket{},
		sellers: map[string]*seller{}, adReports: map[string]*adReport{}, documents: map[string]*spReport{},
		adAsked: map[string]int{}, hostile: newHostility(cfg.Scenario),
	}
	s.register()
	for _, r := range marketplace.Regions {
		for _, kind := range []string{ListenerLWA, ListenerSPAPI, ListenerAds} {
			if err := s.listen(kind, r); err != nil {
				return nil, errors.Join(err, s.Close())
			}
		}
	}
	if err := s.listen(ListenerDocuments, ""); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	ctx, s.stop = context.WithCancel(ctx)
	context.AfterFunc(ctx, s.shut)
	return s, nil
}

func (s *Sim) listen(kind string, region marketplace.Region) error {
	l, err := net.Listen("tcp", net.JoinHostPort(s.cfg.Host, "0"))
	if err != nil {
		return fmt.Errorf("open the simulator's %s listener: %w", kind, err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("the simulator listens on loopback addresses only, not %s", l.Addr()), l.Close())
	}
	name := kind
	if region != "" {
		name += "-" + string(region)
	}
	server := &http.Server{Handler: s.handler(kind, name, region), ReadHeaderTimeout: 10 * time.Second}
	s.servers = append(s.servers, server)
	s.urls[name] = "http://" + l.Addr().String()
	go func() { _ = server.Serve(l) }() // ends with ErrServerClosed
	return nil
}

func (s *Sim) shut() {
	for _, server := range s.servers {
		_ = server.Close()
	}
}

// Close stops serving.
func (s *Sim) Close() error {
	if s.stop != nil {
		s.stop()
	}
	s.shut()
	return nil
}

// Endpoints returns the base URLs by service and region.
func (s *Sim) Endpoints() readonly.Endpoints {
	by := func(kind string) map[marketplace.Region]string {
		m := map[marketplace.Region]string{}
		for _, r := range marketplace.Regions {
			m[r] = s.urls[kind+"-"+string(r)]
		}
		return m
	}
	return readonly.Endpoints{LWA: by(ListenerLWA), SPAPI: by(ListenerSPAPI), Ads: by(ListenerAds)}
}

// Env returns HALOTRACK_LWA_URL, HALOTRACK_SPAPI_URL and HALOTRACK_ADS_URL in
// the form na=…,eu=…,fe=….
func (s *Sim) Env() map[string]string {
	env := map[string]string{}
	for name, kind := range map[string]string{"HALOTRACK_LWA_URL": ListenerLWA, "HALOTRACK_SPAPI_URL": ListenerSPAPI, "HALOTRACK_ADS_URL": ListenerAds} {
		var parts []string
		for _, r := range marketplace.Regions {
			parts = append(parts, string(r)+"="+s.urls[kind+"-"+string(r)])
		}
		env[name] = strings.Join(parts, ",")
	}
	return env
}

// DocumentsURL returns the base URL of the document host.
func (s *Sim) DocumentsURL() string { return s.urls[ListenerDocuments] }

// Journal returns a copy of the kept entries, oldest first.
func (s *Sim) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.journal
	if keep := s.cfg.JournalKeep; keep > 0 && len(kept) > keep {
		kept = kept[len(kept)-keep:]
	}
	return slices.Clone(kept)
}

func (s *Sim) record(e Entry) {
	e.Ended = s.moments.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	if keep := s.cfg.JournalKeep; keep > 0 && len(s.journal) >= 2*keep {
		s.journal = slices.Delete(s.journal, 0, len(s.journal)-keep)
	}
	s.journal = append(s.journal, e)
	if s.cfg.JournalWriter != nil {
		if line, err := json.Marshal(e); err == nil {
			_, _ = s.cfg.JournalWriter.Write(append(line, '\n'))
		}
	}
}

// World returns the world that is served.
func (s *Sim) World() *World { return s.world }

// Throttle answers 429 to an operation until the clock has reached t.
func (s *Sim) Throttle(operation string, until time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttled[operation] = until
}

// FailNext applies a fault to the next request of an operation; several calls
// queue up.
func (s *Sim) FailNext(operation string, f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures[operation] = append(s.failures[operation], f)
}

func (s *Sim) isThrottled(operation string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.throttled[operation]
	return ok && now.Before(until)
}

func (s *Sim) faultFor(e Entry) *Fault {
	s.mu.Lock()
	if q := s.failures[e.Operation]; len(q) > 0 {
		f := q[0]
		s.failures[e.Operation] = q[1:]
		s.mu.Unlock()
		return &f
	}
	s.mu.Unlock()
	if s.cfg.Faults != nil {
		return s.cfg.Faults(e)
	}
	return nil
}
