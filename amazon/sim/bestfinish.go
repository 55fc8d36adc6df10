package sim

import (
	"maps"
	"slices"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
)

// Ask is a number of reports of one kind that someone wants of a seller.
type Ask struct {
	Account     string
	Marketplace string // id; it says the region too
	SCP, SQP    int
}

// BestFinish returns when everything could be downloaded at the earliest, over
// all and by account, if it is asked for from then on in the best order: the
// catalogue reports first, a marketplace's query reports once its catalogue is
// downloaded, within the request, document and daily quotas as they stand, each
// seller's reports of one type processed one after another and polled without
// delay. Scenarios and publication are left out. Asks of unknown accounts and
// marketplaces count for nothing.
func (s *Sim) BestFinish(from time.Time, asks []Ask) (finish time.Time, byAccount map[string]time.Time) {
	finish, byAccount = from, map[string]time.Time{}
	s.mu.Lock()
	defer s.mu.Unlock()
	sellers := map[string][]Ask{}
	for _, a := range asks {
		if m := s.world.market(a.Account, a.Marketplace); m != nil && (a.SCP > 0 || a.SQP > 0) {
			id := sellerID(m.account, m.place.Region)
			sellers[id] = append(sellers[id], a)
		}
	}
	for id, of := range sellers {
		sel := s.sellers[id]
		end := s.scheduleOf(sel, from).run(of)
		if name := sel.account.spec.Name; end.After(byAccount[name]) {
			byAccount[name] = end
		}
		if end.After(finish) {
			finish = end
		}
	}
	return finish, byAccount
}

// schedule plays one seller's requests ahead.
type schedule struct {
	sim       *Sim
	seller    *seller
	from      time.Time
	created   uint64 // reports so far
	creates   pacer
	documents pacer
	busy      map[string]time.Time
	day       clock.Day
	today     int
}

func (s *Sim) scheduleOf(sel *seller, from time.Time) *schedule {
	return &schedule{
		sim: s, seller: sel, from: from, created: sel.next, busy: maps.Clone(sel.busy), day: sel.day, today: sel.today,
		creates: s.pacerOf(OpCreateReport, sel, from), documents: s.pacerOf(OpGetDocument, sel, from),
	}
}

// arrival is a report whose document is ready, or, without type, a
// marketplace whose query reports may be asked for.
type arrival struct {
	at   time.Time
	kind string
	ask  int
}

// run returns when the last document is downloaded.
func (p *schedule) run(asks []Ask) time.Time {
	var queue []arrival
	waiting := make([]int, len(asks)) // catalogue documents still to come
	for i, a := range asks {
		waiting[i] = a.SCP
		for range a.SCP {
			queue = append(queue, arrival{p.create(typeSCP, p.from), typeSCP, i})
		}
		if a.SCP == 0 {
			queue = append(queue, arrival{at: p.from, ask: i})
		}
	}
	finish := p.from
	for len(queue) > 0 {
		k := 0
		for i := range queue {
			if queue[i].at.Before(queue[k].at) {
				k = i
			}
		}
		x := queue[k]
		queue = slices.Delete(queue, k, k+1)
		if x.kind == "" {
			for range asks[x.ask].SQP {
				queue = append(queue, arrival{p.create(typeSQP, x.at), typeSQP, x.ask})
			}
			continue
		}
		fetched := p.documents.take(x.at)
		if fetched.After(finish) {
			finish = fetched
		}
		if x.kind == typeSCP {
			if waiting[x.ask]--; waiting[x.ask] == 0 {
				queue = append(queue, arrival{at: fetched, ask: x.ask})
			}
		}
	}
	return finish
}

// create asks for a report at the earliest from at on and returns when it is
// processed.
func (p *schedule) create(kind string, at time.Time) time.Time {
	if kind == typeSQP && p.sim.cfg.SQPDaily > 0 {
		at = p.creates.ready(at)
		if today := clock.DayOf(at, time.UTC); today > p.day {
			p.day, p.today = today, 0
		}
		if p.today >= p.sim.cfg.SQPDaily {
			p.day, p.today = p.day+1, 0
			at = p.day.Time()
		}
		p.today++
	}
	at = p.creates.take(at)
	p.created++
	wait, work := p.sim.spDelays(p.seller, p.created)
	start := at.Add(wait)
	if busy := p.busy[kind]; busy.After(start) {
		start = busy
	}
	p.busy[kind] = start.Add(work)
	return p.busy[kind]
}

// pacer is a bucket played ahead.
type pacer struct {
	plan
	tokens float64
	at     time.Time
}

func (s *Sim) pacerOf(op string, sel *seller, from time.Time) pacer {
	p := pacer{plan: plans[op], tokens: plans[op].burst, at: from}
	if b := s.buckets[bucketKey(op, sel.id, sel.region)]; b != nil {
		p.tokens, p.at = b.tokens, b.at
		p.refill(from)
	}
	return p
}

func bucketKey(op, owner string, region marketplace.Region) string {
	return op + "|" + owner + "|" + string(region)
}

func (p *pacer) refill(at time.Time) {
	if at.After(p.at) {
		p.tokens = min(p.burst, p.tokens+at.Sub(p.at).Seconds()*p.rate)
		p.at = at
	}
}

// ready returns the first instant from at on with a token.
func (p *pacer) ready(at time.Time) time.Time {
	if at.Before(p.at) {
		at = p.at
	}
	p.refill(at)
	if p.tokens < 1-1e-6 {
		at = at.Add(time.Duration((1 - p.tokens) / p.rate * float64(time.Second)))
	}
	return at
}

// take takes the first token from at on and returns when.
func (p *pacer) take(at time.Time) time.Time {
	at = p.ready(at)
	p.refill(at)
	p.tokens--
	return at
}
