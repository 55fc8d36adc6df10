package history

import (
	"testing"

	"halotrack.ai/halotrack/internal/clock"
)

func TestTheRevisionChangesWithWhatIsWrittenAlone(t *testing.T) {
	s := NewStore(t.TempDir(), &testKeys{}, clock.NewManual(now))
	t.Cleanup(func() { _ = s.Close() })
	read := func(f *Facts) error { _, err := f.OpenReports(t.Context()); return err }
	write := func(f *Facts) error { return f.Plan(t.Context(), []Report{{API: SPAPI, Seller: "A1"}}) }
	if err := s.Use(t.Context(), "acme", write); err != nil {
		t.Fatal(err)
	}
	first := s.Revision("acme")
	if err := s.Use(t.Context(), "acme", read); err != nil {
		t.Fatal(err)
	}
	if got := s.Revision("acme"); got != first {
		t.Errorf("reading made revision %d of %d", got, first)
	}
	if err := s.Use(t.Context(), "acme", write); err != nil {
		t.Fatal(err)
	}
	if got := s.Revision("acme"); got == first {
		t.Error("writing left the revision as it was")
	}
	if s.Revision("other") != 0 {
		t.Error("another account's revision changed")
	}
}
