package ingest

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
)

// kill is when a process ended: on the virtual clock, and after how many of the
// simulator's arrivals and answers.
type kill struct {
	at     time.Time
	moment int64
}

// repeated counts the reports that Amazon accepted again while the one of the
// same configuration before them was under way: nobody had its rows, and the
// ledger had not ended it.
type repeated struct {
	spapi  int
	killed int // Ads API, with a kill between the two
	lost   int // Ads API, after an answer that the simulator dropped
	groundless
}

// groundless counts what nothing explains.
type groundless int

func (r *rig) repeated(t *testing.T, kills []kill) (n repeated) {
	ended := map[string]time.Time{} // by account and Amazon's id
	for name := range r.ids {
		for _, l := range r.ledger(name) {
			if l.AmazonID != "" && !l.State.Open() {
				ended[name+l.AmazonID] = l.Finished
			}
		}
	}
	used := map[string]bool{} // kill and account: creates of one account come one after the other
	for _, a := range r.amazon.AcceptedReports() {
		for i := 1; i < len(a.Reports); i++ {
			before, at := a.Reports[i-1], a.Reports[i].At
			fetched := slices.ContainsFunc(before.Fetched, func(f time.Time) bool { return !f.After(at) })
			end, over := ended[a.Account+before.ID]
			if fetched || before.Failed && !before.Done.After(at) || over && !end.After(at) {
				continue
			}
			if a.API == sim.ListenerSPAPI {
				n.spapi++
				t.Errorf("asked for twice at the Selling Partner API: %s, at %s and %s", a.Config, before.At, at)
				continue
			}
			between := func(k kill) bool {
				key := k.at.String() + a.Account + a.Type
				if k.at.Before(before.At) || k.at.After(at) || used[key] {
					return false
				}
				used[key] = true
				return true
			}
			switch {
			case slices.ContainsFunc(kills, between):
				n.killed++
			case !before.Answered:
				n.lost++
			default:
				n.groundless++
				t.Errorf("asked for twice at the Ads API without a kill or a lost answer: %s, at %s and %s", a.Config, before.At, at)
			}
		}
	}
	return n
}

// tokenLife is how long an access token is used: all its hour but for the last
// five minutes.
const tokenLife = 55 * time.Minute

// tokens checks that at no time two requests for an access token of one grant
// were under way, and that none was asked for while there was a good one.
func (r *rig) tokensInOrder(t *testing.T, kills []kill) (asked int) {
	journal := r.amazon.Journal()
	slices.SortFunc(journal, func(a, b sim.Entry) int { return int(a.Began - b.Began) })
	type holder struct {
		last sim.Entry // the last request
		good sim.Entry // the last that was answered
	}
	holders := map[string]*holder{}
	refused := map[string]int64{} // when an account's token was last refused
	for _, e := range journal {
		if e.Status == 401 || e.Status == 403 {
			refused[e.Account] = e.Ended
		}
		form, err := url.ParseQuery(string(e.Body))
		if e.Operation != sim.OpToken || err != nil || form.Get("grant_type") != "refresh_token" {
			continue
		}
		asked++
		grant := form.Get("refresh_token")
		h := holders[grant]
		if h == nil {
			h = &holder{}
			holders[grant] = h
		}
		if h.last.Began != 0 && e.Began < h.last.Ended {
			t.Errorf("two token requests of %s were under way at once, at %s", e.Account, e.At)
		}
		restarted := slices.ContainsFunc(kills, func(k kill) bool { return k.moment >= h.good.Began && k.moment < e.Began })
		if h.good.Began != 0 && !restarted && e.At.Sub(h.good.At) < tokenLife && refused[e.Account] < h.good.Began {
			t.Errorf("a token of %s was asked for at %s, although there was one from %s", e.Account, e.At, h.good.At)
		}
		if h.last = e; e.Status == 200 {
			h.good = e
		}
	}
	return asked
}

// secrets are what must stand nowhere: every credential that the simulator knew
// or gave out, and what it recognises addresses by.
type secrets struct {
	marks []string        // beginnings that every one of them has
	texts map[string]bool // whole ones
	signs map[string]bool // signatures of addresses
}

var signature = regexp.MustCompile(`[0-9a-f]{64}`)

func (r *rig) secrets(t *testing.T, more ...string) secrets {
	s := secrets{
		marks: []string{"Atzr|", "Atzr%7C", "Atza|", "Atza%7C", "amzn1.oa2-cs.", "X-Amz-Signature", "X-Amz-Credential"},
		texts: map[string]bool{}, signs: map[string]bool{},
	}
	for _, g := range r.amazon.Connections() {
		more = append(more, g.RefreshToken, g.AdsRefreshToken, g.JointRefreshToken, g.ClientSecret)
	}
	for _, e := range r.amazon.Journal() {
		if token := e.Header.Get("X-Amz-Access-Token"); token != "" {
			more = append(more, token)
		}
		if token, ok := strings.CutPrefix(e.Header.Get("Authorization"), "Bearer "); ok {
			more = append(more, token)
		}
		if q, err := url.ParseQuery(e.RawQuery); err == nil && q.Has("X-Amz-Signature") {
			s.signs[q.Get("X-Amz-Signature")] = true
		}
	}
	for _, text := range more {
		// What has one of the marks needs no search of its own.
		if !slices.ContainsFunc(s.marks, func(mark string) bool { return strings.Contains(text, mark) }) {
			s.texts[text] = true
		}
	}
	return s
}

// in lists what of the secrets a text holds, by their kind alone.
func (s secrets) in(text string) (found []string) {
	for _, mark := range s.marks {
		if strings.Contains(text, mark) {
			found = append(found, mark)
		}
	}
	for secret := range s.texts {
		if strings.Contains(text, secret) {
			found = append(found, secret[:min(4, len(secret))]+"…")
		}
	}
	for _, hex := range signature.FindAllString(text, -1) {
		if s.signs[hex] {
			found = append(found, "a signature")
		}
	}
	return found
}

// wantNoneIn fails the test if a text holds a secret.
func (s secrets) wantNoneIn(t *testing.T, where, text string) {
	t.Helper()
	if found := s.in(text); found != nil {
		t.Errorf("%s holds %v", where, found)
	}
}

// ledgerTexts are all texts of an account's ledger.
func (r *rig) ledgerTexts(account string) string {
	var b strings.Builder
	for _, l := range r.ledger(account) {
		b.WriteString(strings.Join([]string{l.Connection, l.AmazonID, l.DocumentID, l.ErrorClass, l.Error}, "\n"))
	}
	return b.String()
}
