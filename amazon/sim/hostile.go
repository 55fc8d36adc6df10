package sim

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// occasion is something that a behaviour may show at.
type occasion struct {
	op      string // empty: of no operation
	account string
	market  string // marketplace id, empty: of none
	key     string // what it is, the same for every run
	at      time.Time
}

// covers reports whether the behaviour is meant for the occasion, whatever its
// rate.
func (b *Behaviour) covers(o occasion) bool {
	return (len(b.Operations) == 0 || slices.Contains(b.Operations, o.op)) &&
		(len(b.Accounts) == 0 || slices.Contains(b.Accounts, o.account)) &&
		(len(b.Marketplaces) == 0 || slices.Contains(b.Marketplaces, o.market)) &&
		!o.at.Before(b.From) && (b.To.IsZero() || o.at.Before(b.To))
}

// draw decides by the rate and returns the hash that it went by.
func (s *Scenario) draw(i int, vs ...uint64) (h uint64, yes bool) {
	b := &s.Behaviours[i]
	h = mix(append([]uint64{uint64(s.Seed), uint64(i), hashString(string(b.Kind))}, vs...)...)
	return mix(h, 1), b.Rate == 0 || b.Rate >= 1 || float64(h>>11)/float64(uint64(1)<<53) < b.Rate
}

// fixed returns the first behaviour of the kind that shows at the occasion
// every time, and a hash to choose details by; nil: none.
func (s *Scenario) fixed(kind Kind, o occasion) (*Behaviour, uint64) {
	if s == nil {
		return nil, 0
	}
	for i := range s.Behaviours {
		b := &s.Behaviours[i]
		if b.Kind != kind || !b.covers(o) {
			continue
		}
		if h, yes := s.draw(i, hashString(o.account), hashString(o.market), hashString(o.key)); yes {
			return b, h
		}
	}
	return nil, 0
}

// hostility draws for what is asked again and again: each time anew, by how
// often it was asked.
type hostility struct {
	*Scenario
	mu    sync.Mutex
	asked map[string]*[2]uint32 // by behaviour and key: occasions, and those it showed at
}

func newHostility(s *Scenario) *hostility {
	return &hostility{Scenario: s, asked: map[string]*[2]uint32{}}
}

// strikes is as fixed, for one more occasion of the same.
func (h *hostility) strikes(kind Kind, o occasion) (*Behaviour, uint64) {
	if h.Scenario == nil {
		return nil, 0
	}
	for i := range h.Behaviours {
		b := &h.Behaviours[i]
		if b.Kind != kind || !b.covers(o) {
			continue
		}
		key := strconv.Itoa(i) + "|" + o.op + "|" + o.account + "|" + o.market + "|" + o.key
		h.mu.Lock()
		n := h.asked[key]
		if n == nil {
			n = new([2]uint32)
			h.asked[key] = n
		}
		seq := n[0]
		n[0]++
		hash, yes := h.draw(i, hashString(key), uint64(seq))
		yes = yes && (b.Times == 0 || n[1] < uint32(min(b.Times, math.MaxInt32)))
		if yes {
			n[1]++
		}
		h.mu.Unlock()
		if yes {
			return b, hash
		}
	}
	return nil, 0
}

// accountOf returns whose grant a request shows, if it is known.
func (s *Sim) accountOf(kind string, r *request) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.grants[refreshTokenOf(r)]; kind == ListenerLWA && g != nil {
		return g.account.spec.Name
	}
	if t, ok := s.tokens[tokenOf(kind, r)]; ok {
		return t.account.spec.Name
	}
	return ""
}

// occasionOf describes a request by what it asks for rather than by ids that
// depend on what was asked before.
func (s *Sim) occasionOf(r *request, kind string) occasion {
	o := occasion{op: r.op, at: s.clock.Now(), key: string(r.region)}
	token := r.Header.Get("x-amz-access-token")
	if kind == ListenerAds {
		token = bearer(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var a *account
	if t, ok := s.tokens[token]; ok {
		a = t.account
		o.account = a.spec.Name
	}
	switch r.op {
	case OpToken:
		if g := s.grants[refreshTokenOf(r)]; g != nil {
			o.account, o.key = g.account.spec.Name, o.key+g.api
		}
	case OpCreateReport, OpAdsCreate:
		o.key += string(r.body)
	case OpGetReport, OpGetDocument, OpDownload, OpAdsGet:
		if rep := s.reportAsked(r, a); rep != nil {
			o.account, o.market, o.key = rep.seller.account.spec.Name, first(rep.places), o.key+rep.occasion()
		} else if ad := s.adReports[lastPart(r.id)]; ad != nil {
			o.account, o.market, o.key = ad.account.spec.Name, ad.market.place.ID, o.key+ad.occasion()
		}
	}
	return o
}

// reportAsked finds the report of a request about one; s.mu is held.
func (s *Sim) reportAsked(r *request, a *account) *spReport {
	id := lastPart(r.id)
	if r.op != OpGetReport {
		return s.documents[id]
	}
	if a == nil || s.sellers[sellerID(a, r.region)] == nil {
		return nil
	}
	return s.sellers[sellerID(a, r.region)].find(id)
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// skewOf is how far the clock of a host is ahead.
func (s *Sim) skewOf(kind string, region marketplace.Region, at time.Time) time.Duration {
	b, _ := s.cfg.Scenario.fixed(ClockSkew, occasion{key: kind + string(region), at: at})
	if b == nil {
		return 0
	}
	if b.Delay == 0 {
		return 7 * time.Minute
	}
	return b.Delay
}
