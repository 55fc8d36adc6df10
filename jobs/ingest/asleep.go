package ingest

import (
	"fmt"
	"strings"
	"time"
)

// nap is what the last pass over an account found: nothing to do before until.
type nap struct {
	connections string // as they stood then
	until       time.Time
	out         Outcome // what was under way or waiting
}

// longestNap bounds how long an account's file stays shut: what is swept by the
// hour is looked at by the hour.
const longestNap = time.Hour

// standing says all of the connections of an account that decides what a pass
// does: a nap is good for that alone.
func standing(connections []*Connection) string {
	var b strings.Builder
	for _, c := range connections {
		fmt.Fprint(&b, c.ID, " ", c.Status, " ", c.ClientID, " ", reach(c, ""), "\n")
	}
	return b.String()
}

// asleep returns what is left of an account that has nothing to do at now. With
// two hundred accounts and a look every few seconds, opening every file to find
// that out would keep a processor busy.
func (m *memory) asleep(account string, connections []*Connection, now time.Time) (Outcome, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, ok := m.naps[account]
	if !ok || !now.Before(n.until) || n.connections != standing(connections) {
		return Outcome{}, false
	}
	return n.out, true
}

// sleep notes what a pass over an account that ended well has left.
func (m *memory) sleep(account string, connections []*Connection, out Outcome, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.naps[account] = nap{
		standing(connections), earliest(out.Next, now.Add(longestNap)),
		Outcome{Next: out.Next, InFlight: out.InFlight, Waiting: out.Waiting},
	}
}

// wakeUp makes the next pass look at an account whatever the last one found.
func (m *memory) wakeUp(account string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.naps, account)
}
