package ingest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// TestPersonalDataIsHeldBack ingests from an Amazon whose shoppers type e-mail
// addresses, phone numbers and postal addresses into the search field.
func TestPersonalDataIsHeldBack(t *testing.T) {
	r := newRig(t, sim.Config{Scenario: &sim.Scenario{Seed: 3, Behaviours: []sim.Behaviour{{Kind: sim.PersonalData, Rate: .05}}}},
		func(c *Config) { c.Since = clock.DayOf(wednesday, time.UTC).Week() - 14 })
	r.untilIdle()
	r.wantWhole(velmora) // what is personal is held back, and nothing else is
	world, account := r.amazon.World(), r.ids[velmora]
	personal := map[string]bool{}
	var market string
	for _, m := range world.Marketplaces(velmora) {
		for week := r.in.cfg.Since; week <= newestWeek(r.now.Now()); week += 7 {
			_, rows := world.ServedSQP(velmora, m, week, r.now.Now())
			for _, row := range rows {
				personal[row.Query], market = true, m
			}
			for day := week; day < week+7; day++ {
				_, rows := world.ServedAdTerms(world.ProfileID(velmora, m), sim.SponsoredProducts, day, r.now.Now())
				for _, row := range rows {
					personal[row.Term] = true
				}
			}
		}
	}
	if len(personal) < 5 {
		t.Fatalf("only %d texts are personal; the test would prove little", len(personal))
	}
	texts := map[string]string{} // by id
	r.use(velmora, func(f *history.Facts) error {
		rebuildAll(t, f)
		list, next, total, err := f.Quarantine(t.Context(), "", 1000)
		if err != nil || next != "" || total != len(list) {
			t.Fatal(total, err)
		}
		for _, h := range list {
			text, err := r.vault.OpenHeld(t.Context(), account, h.ID, h.Sealed, "job:test", "compare with the world")
			if err != nil {
				t.Fatal(err)
			}
			if !personal[string(text)] {
				t.Errorf("%q is held back, the world calls it no personal data", []byte(text))
			}
			texts[h.ID] = string(text)
		}
		if len(list) < len(personal)/2 {
			t.Errorf("%d texts are held back, the world has %d", len(list), len(personal))
		}
		for week := r.in.cfg.Since; week <= newestWeek(r.now.Now()); week += 7 {
			for _, m := range world.Marketplaces(velmora) {
				rows, _, _, err := f.Terms(t.Context(), history.TermsQuery{Marketplace: m, Week: week, Sort: "volume", Limit: 500})
				if err != nil {
					t.Fatal(err)
				}
				for _, row := range rows {
					if personal[row.Term] {
						t.Errorf("%q is in the joined terms of %s", row.Term, week)
					}
				}
			}
		}
		return nil
	})
	wantNowhere(t, filepath.Join(r.dir, "facts"), personal)

	// One is released, one deleted; both last over the next fetches.
	var released, deleted string
	r.use(velmora, func(f *history.Facts) error {
		list, _, _, err := f.Quarantine(t.Context(), "", 1000)
		if err != nil {
			return err
		}
		for _, h := range list {
			if inSearch := h.Impressions > 0 && h.Marketplaces[0] == market; inSearch && released == "" && h.To == newestWeek(r.now.Now()) {
				released = h.ID
			} else if inSearch && deleted == "" {
				deleted = h.ID
			}
		}
		if released == "" || deleted == "" {
			t.Fatal("no two terms to decide about")
		}
		if err := f.Release(t.Context(), released, texts[released]); err != nil {
			return err
		}
		if err := f.Delete(t.Context(), deleted); err != nil {
			return err
		}
		rebuildAll(t, f)
		return nil
	})
	for _, after := range []time.Duration{0, 24 * time.Hour, 7 * 24 * time.Hour} {
		r.now.Advance(after)
		r.untilIdle()
		r.use(velmora, func(f *history.Facts) error {
			rebuildAll(t, f)
			rows, _, _, err := f.Terms(t.Context(), history.TermsQuery{Marketplace: market, Week: newestWeek(wednesday), Search: texts[released], Sort: "volume", Limit: 10})
			if err != nil || len(rows) != 1 {
				t.Errorf("%s later: %d joined rows of the released term (%v)", after, len(rows), err)
			}
			list, _, _, err := f.Quarantine(t.Context(), "", 1000)
			for _, h := range list {
				if h.ID == released || h.ID == deleted {
					t.Errorf("%s later: a term that was decided about is held back again", after)
				}
			}
			return err
		})
	}
	wantNowhere(t, filepath.Join(r.dir, "facts"), map[string]bool{texts[deleted]: true})
}

func rebuildAll(t *testing.T, f *history.Facts) {
	t.Helper()
	dirty, err := f.DirtyWeeks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range dirty {
		if err := f.RebuildWeek(t.Context(), d.Marketplace, d.Week, history.JoinRules{}); err != nil {
			t.Fatal(err)
		}
	}
}

// wantNowhere looks for texts in every byte of a folder.
func wantNowhere(t *testing.T, dir string, texts map[string]bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		for text := range texts {
			if strings.Contains(string(b), text) {
				t.Errorf("%s holds a text that is held back", filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
