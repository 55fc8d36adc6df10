package ingest

import (
	"fmt"
	"maps"
	"slices"
)

// Two ads grants of an account can reach the same profile: an agency's user
// and the seller's own. Its days are fetched over one of them alone, always
// the same one while it works.

// fetcher returns the ads connection, of those given oldest first, over which a
// profile is fetched: the oldest that works and tracks it, or the oldest that
// tracks it if none works. Nil if nobody does.
func fetcher(connections []*Connection, profile int64) (failed *Connection) {
	for _, c := range connections {
		tracks := func(p AdProfile) bool { return p.ID == profile && p.Tracked }
		switch {
		case c.API != APIAds || !slices.ContainsFunc(c.Profiles, tracks):
		case c.Status == StatusActive:
			return c
		case c.Status == StatusFailed && failed == nil:
			failed = c
		}
	}
	return failed
}

// share decides which profiles this pass fetches.
func (f *adsFlow) share() {
	f.mine = map[int64]AdProfile{}
	for _, p := range f.conn.Profiles {
		if c := fetcher(f.peers, p.ID); p.Tracked && (c == nil || c.ID == f.conn.ID) {
			f.mine[p.ID] = p
		}
	}
	f.shared = fmt.Sprint(slices.Sorted(maps.Keys(f.mine)))
}

// idle reports whether the connection has profiles, and all of them are
// fetched over another one.
func (f *adsFlow) idle() bool {
	return len(f.mine) == 0 && slices.ContainsFunc(f.conn.Profiles, func(p AdProfile) bool { return p.Tracked })
}
