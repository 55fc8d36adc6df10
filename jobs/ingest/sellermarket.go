package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
)

// marketPause is how long a marketplace is left alone whose reports Amazon
// refuses while others work.
const marketPause = 24 * time.Hour

// marketNews is what a pass learned about a marketplace: a problem, or with an
// empty text that it answers.
type marketNews struct {
	text  string
	retry time.Time // nothing is asked for before; zero: the planner decides
}

// market returns what is known of a marketplace, with what this pass learned.
func (s *seller) market(id string) Market {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.conn.Markets {
		if m.ID == id {
			if n, ok := s.news[id]; ok {
				m.Problem, m.RetryAt = n.text, n.retry
			}
			return m
		}
	}
	return Market{ID: id}
}

func (s *seller) learn(id string, n marketNews) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.news == nil {
		s.news = map[string]marketNews{}
	}
	s.news[id] = n
}

// answers notes that a marketplace works: it took a request, or, with stored,
// gave an answer.
func (s *seller) answers(id string, stored bool) {
	if m := s.market(id); m.Problem != "" && (stored || !m.RetryAt.IsZero()) {
		s.learn(id, marketNews{})
	}
}

// shut reports whether a marketplace is left alone at now.
func (s *seller) shut(id string) bool { return s.market(id).RetryAt.After(s.now()) }

// refusedIn handles a request for a report that Amazon refuses for lack of
// rights: the marketplace is left alone for a day, and the connection has
// stopped where it was the last one (spapi.md §3.4: a missing role and a seller
// who does not represent the brand look the same).
func (s *seller) refusedIn(ctx context.Context, r history.Report, refusal error) error {
	again := r
	again.State, again.Requested = history.Planned, time.Time{}
	others := false
	for _, id := range s.tracked() {
		others = others || id != r.Marketplace && !s.shut(id)
	}
	if !others || !errors.Is(refusal, spapi.ErrRoleMissing) {
		for _, id := range s.tracked() { // all are tried again when the connection is
			if s.market(id).Problem != "" || id == r.Marketplace && errors.Is(refusal, spapi.ErrRoleMissing) {
				s.learn(id, marketNews{textMarketRole, s.now().Add(failedPause)})
			}
		}
		return errors.Join(s.halt(ctx, StatusFailed, explain(refusal, s.conn, s.now())), s.later(ctx, again, s.now()))
	}
	s.learn(r.Marketplace, marketNews{textMarketRole, s.now().Add(marketPause)})
	return s.fail(ctx, r, classForbidden, plain("ask for the report", refusal))
}

// refuses notes a problem of a marketplace that has never answered.
func (s *seller) refuses(ctx context.Context, market, text string) error {
	if text == "" || s.market(market).Problem != "" {
		return nil
	}
	known, err := s.facts.Weights(ctx, s.conn.SellerID, market)
	if err != nil {
		return fmt.Errorf("list the ASINs: %w", err)
	}
	if len(known) > 0 {
		answered, err := s.facts.SQPCoverage(ctx, market, spapi.Week, s.in.cfg.Since, newestWeek(s.now()))
		if err != nil {
			return fmt.Errorf("read the coverage: %w", err)
		}
		if slices.ContainsFunc(answered, func(c history.Cell) bool {
			return c.Seller == s.conn.SellerID && c.State != history.NotPublished
		}) {
			return nil
		}
	}
	s.learn(market, marketNews{text: text})
	return nil
}

// troubled reports whether Amazon refuses every tracked marketplace.
func troubled(c *Connection) bool {
	tracked := slices.DeleteFunc(slices.Clone(c.Markets), func(m Market) bool { return !m.Tracked || !m.Trackable() })
	return len(tracked) > 0 && !slices.ContainsFunc(tracked, func(m Market) bool { return m.RetryAt.IsZero() })
}

// settle implements flow: it records what was learned about marketplaces, and
// tells the owner of each new problem once.
func (s *seller) settle(context.Context) error {
	s.mu.Lock()
	news := maps.Clone(s.news)
	s.news = nil
	halted := s.halted
	s.mu.Unlock()
	if len(news) == 0 {
		return nil
	}
	var told []Market
	err := s.in.update(s.conn, func(r *core.Record) {
		told = nil
		markets, err := grants.Markets(r)
		if err != nil {
			return // the next discovery writes them anew
		}
		for i, m := range markets {
			n, ok := news[m.ID]
			if !ok {
				continue
			}
			if m.Problem == "" && n.text != "" {
				told = append(told, Market{ID: m.ID, Name: m.Name, Problem: n.text})
			}
			markets[i].Problem, markets[i].RetryAt = n.text, n.retry
		}
		r.Set("marketplaces", markets)
	})
	if err != nil {
		return err
	}
	if !halted { // else the owner is told of the connection
		s.in.tell(s.conn, told)
	}
	return nil
}

// tell tells the owner of marketplaces that stopped working.
func (in *Ingest) tell(c *Connection, markets []Market) {
	if in.cfg.NotifyMarket == nil {
		return
	}
	for _, m := range markets {
		in.cfg.NotifyMarket(*c, inMarket(m, m.Problem))
	}
}
