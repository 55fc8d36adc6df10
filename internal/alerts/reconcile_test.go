package alerts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/internal/clock"
)

var (
	now  = time.Date(2026, time.November, 24, 6, 0, 0, 0, time.UTC)
	week = clock.Date(2026, time.November, 15)
)

// describe prints steps so that they can be compared.
func describe(steps []step) string {
	var lines []string
	for _, s := range steps {
		line := s.ID + "→" + string(s.State)
		if s.ID == "" {
			line = "new→" + string(s.State)
		}
		if s.Cause != nil {
			line += " " + s.Cause.Key
		}
		if s.Reason != "" {
			line += " because " + s.Reason
		}
		if s.Unquiet {
			line += " quiet no more"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "; ")
}

func TestReconcile(t *testing.T) {
	cause := Cause{Key: "k", Kind: ShareDrop, Week: week}
	later := Cause{Key: "k", Kind: ShareDrop, Week: week + 7}
	lost := Cause{Key: "k", Kind: ConnectionLost}
	of := func(s State) stored { return stored{ID: "a", Key: "k", Kind: ShareDrop, Week: week, State: s} }
	with := func(s stored, change func(*stored)) []stored { change(&s); return []stored{s} }
	for _, c := range []struct {
		name   string
		list   []stored
		causes []Cause
		ended  bool
		want   string
	}{
		{"nothing", nil, nil, true, ""},
		{"a new cause", nil, []Cause{cause}, true, "new→open k"},
		{"the same cause twice in one run", nil, []Cause{cause, cause}, true, "new→open k"},
		{"open, found again", []stored{of(Open)}, []Cause{cause}, true, "a→open k"},
		{"acknowledged, found again, does not repeat", []stored{of(Acknowledged)}, []Cause{later}, true, "a→acknowledged k"},
		{"snoozed, its day to come", with(of(Snoozed), func(s *stored) { s.SnoozedUntil = now.Add(time.Second) }), []Cause{cause}, true, "a→snoozed k"},
		{"snoozed, its day has come", with(of(Snoozed), func(s *stored) { s.SnoozedUntil = now }), []Cause{cause}, true, "a→open k"},
		{"snoozed, its day has come, not judged", with(of(Snoozed), func(s *stored) { s.SnoozedUntil = now }), nil, false, "a→open"},
		{"snoozed, its cause ended", with(of(Snoozed), func(s *stored) { s.SnoozedUntil = now }), nil, true, "a→closed because over"},
		{"open, its cause ended", []stored{of(Open)}, nil, true, "a→closed because over"},
		{"open, not judged", []stored{of(Open)}, nil, false, ""},
		{"dismissed, still found", with(of(Closed), func(s *stored) { s.ByPerson, s.Lasting = true, true }), []Cause{later}, true, ""},
		{"dismissed, its cause ended", with(of(Closed), func(s *stored) { s.ByPerson, s.Lasting = true, true }), nil, true, "a→closed quiet no more"},
		{"dismissed, not judged", with(of(Closed), func(s *stored) { s.ByPerson, s.Lasting = true, true }), nil, false, ""},
		{"dismissed, ended since, and back", with(of(Closed), func(s *stored) { s.ByPerson = true; s.Closed = now.AddDate(0, 0, -1) }), []Cause{cause}, true, "new→open k"},
		{"closed by the job, back within a fortnight", with(of(Closed), func(s *stored) { s.Closed = now.AddDate(0, 0, -13); s.Before = Acknowledged }), []Cause{later}, true, "a→open k"},
		{"closed by the job, back after a fortnight", with(of(Closed), func(s *stored) { s.Closed = now.AddDate(0, 0, -14) }), []Cause{cause}, true, "new→open k"},
		{"corrected data of the week take a drop back and bring it again: what was acknowledged stays so",
			with(of(Closed), func(s *stored) { s.Closed = now.AddDate(0, 0, -1); s.Before = Acknowledged }), []Cause{cause}, true, "a→acknowledged k"},
		{"likewise snoozed", with(of(Closed), func(s *stored) { s.Closed = now.AddDate(0, 0, -1); s.Before = Snoozed }), []Cause{cause}, true, "a→acknowledged k"},
		{"a connection lost again within the week is news",
			with(of(Closed), func(s *stored) {
				s.Kind, s.Week, s.Closed, s.Before = ConnectionLost, 0, now.AddDate(0, 0, -1), Acknowledged
			}), []Cause{lost}, true, "a→open k"},
		{"opened again by a person beside an older one", []stored{of(Open), {ID: "b", Key: "k", Kind: ShareDrop, State: Closed, Closed: now}}, []Cause{cause}, true, "a→open k"},
	} {
		scan := Scan{Now: now, Causes: c.causes, Ended: func(Kind, string, string) (string, bool) { return "over", c.ended }}
		if got := describe(reconcile(c.list, scan)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// However the causes and alerts come, the steps are the same.
func TestReconcileKnowsNoOrder(t *testing.T) {
	var list []stored
	var causes []Cause
	for i := range 20 {
		key := fmt.Sprintf("key%02d", i)
		if i%2 == 0 {
			list = append(list, stored{ID: "id" + key, Key: key, Kind: ShareDrop, State: Open})
		}
		if i%3 == 0 {
			causes = append(causes, Cause{Key: key, Kind: ShareDrop})
		}
	}
	scan := Scan{Now: now, Causes: causes, Ended: func(_ Kind, _, key string) (string, bool) { return "over", key != "key04" }}
	want := describe(reconcile(list, scan))
	slices.Reverse(list)
	slices.Reverse(causes)
	if got := describe(reconcile(list, scan)); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if strings.Contains(want, "key04") || !strings.Contains(want, "idkey02→closed because over") || !strings.Contains(want, "new→open key03") {
		t.Errorf("steps: %s", want)
	}
}

func TestKeysAreStableShortAndTellCausesApart(t *testing.T) {
	term := strings.Repeat("garlic press ", 40)
	got := NewKey(ShareDrop, "ATVPDKIKX0DER", "term", term)
	if len(got) > 100 || strings.Contains(got, "garlic") || got != NewKey(ShareDrop, "ATVPDKIKX0DER", "term", term) {
		t.Errorf("key %q", got)
	}
	seen := map[string]bool{}
	for _, key := range []string{
		got, NewKey(Vanished, "ATVPDKIKX0DER", "term", term), NewKey(ShareDrop, "A1F83G8C2ARO7P", "term", term), NewKey(ShareDrop, "ATVPDKIKX0DER", "cluster", term),
		NewKey(ShareDrop, "ATVPDKIKX0DER", "term", term+"s"), NewKey(ShareDrop, "", "term", term), NewKey(ShareDrop, "ATVPDKIKX0DER", "term", "a/b"), NewKey(ShareDrop, "ATVPDKIKX0DER", "term", "a", "b"),
	} {
		if seen[key] {
			t.Errorf("%s twice", key)
		}
		seen[key] = true
	}
	if key := NewKey(SpendSpike, "ATVPDKIKX0DER"); key != "spend_spike/ATVPDKIKX0DER" {
		t.Errorf("key %q: stored keys must not change between releases", key)
	}
}
