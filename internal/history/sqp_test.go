package history

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/spapi"
)

// spapi.md trap 11
func TestMarketTotalsAreStoredOncePerQuery(t *testing.T) {
	f := testFacts(t)
	replaceSQP(t, f, sqpSlice(now, "B000000001", "B000000002"),
		sqpRow("B000000001", "water bottle", 15000, 300, 10, 3, 1),
		sqpRow("B000000002", "water bottle", 15000, 100, 5, 1, 0))
	if got := count(t, f, "sqp_market"); got != 1 {
		t.Fatalf("%d rows of market totals, want 1", got)
	}
	rebuild(t, f)
	row := joinedTerm(t, f, "water bottle")
	if row.Volume != n(15000) || row.Clicks != (Step{n(5000), n(15)}) {
		t.Fatalf("volume %v, clicks %v; want 15000 and 15 of 5000", row.Volume, row.Clicks)
	}
}

// spapi.md trap 37
func TestReplacingASliceRemovesVanishedRows(t *testing.T) {
	f := testFacts(t)
	replaceSQP(t, f, sqpSlice(now, "B000000001", "B000000002"),
		sqpRow("B000000001", "a", 400, 4), sqpRow("B000000001", "b", 400, 4), sqpRow("B000000002", "c", 400, 4))
	stored := replaceSQP(t, f, sqpSlice(now.Add(time.Hour), "B000000001"), sqpRow("B000000001", "a", 400, 5))
	if !stored.Changed || stored.Rows != 1 {
		t.Fatalf("stored %+v", stored)
	}
	if got := count(t, f, "sqp_own"); got != 2 {
		t.Errorf("%d own rows, want 2: a of the first ASIN, c of the other", got)
	}
	if got := count(t, f, "sqp_market"); got != 2 {
		t.Errorf("%d rows of market totals, want 2: those of b belong to no ASIN any more", got)
	}
	if got := count(t, f, "sqp_own_old"); got != 2 {
		t.Errorf("%d superseded rows kept, want 2: a differs, b vanished", got)
	}
}

// spapi.md trap 37, spapi.md trap 34
func TestAnIdenticalImportChangesNothing(t *testing.T) {
	f := testFacts(t)
	rows := []spapi.SQPRow{
		sqpRow("B000000001", "a", 400, 4), sqpRow("B000000002", "a", 440, 4), sqpRow("B000000002", "b", 100, 4),
	}
	replaceSQP(t, f, sqpSlice(now, "B000000001", "B000000002", "B000000003"), rows...)
	rebuild(t, f)
	tables := []string{"sqp_own", "sqp_market", "sqp_own_old", "sqp_market_old", "terms", "joined"}
	before := dump(t, f, tables...)
	for i := range 3 {
		rows[0], rows[1] = rows[1], rows[0] // the order does not matter, not even of disagreeing totals
		stored := replaceSQP(t, f, sqpSlice(now.Add(time.Duration(i+1)*time.Hour), "B000000001", "B000000002", "B000000003"), rows...)
		if stored.Changed {
			t.Errorf("import %d: changed", i)
		}
		if after := dump(t, f, tables...); !reflect.DeepEqual(before, after) {
			t.Fatalf("import %d:\n%v\nwant\n%v", i, after, before)
		}
	}
	if dirty, err := f.DirtyWeeks(t.Context()); err != nil || len(dirty) != 0 {
		t.Errorf("dirty weeks %v, %v", dirty, err)
	}
	cells, err := f.SQPCoverage(t.Context(), us, Week, week, week)
	if err != nil || len(cells) != 3 || !cells[0].FetchedAt.Equal(now.Add(3*time.Hour)) {
		t.Errorf("coverage %v, %v: the time of the newest fetch is wanted", cells, err)
	}
}

func TestDisagreeingMarketTotals(t *testing.T) {
	total := func(f *Facts) Count {
		rebuild(t, f)
		return joinedTerm(t, f, "a").Volume
	}
	t.Run("of one document: the larger wins and the spread is recorded", func(t *testing.T) {
		f := testFacts(t)
		replaceSQP(t, f, sqpSlice(now, "B000000001", "B000000002"), sqpRow("B000000001", "a", 1000, 4), sqpRow("B000000002", "a", 960, 4))
		if got := total(f); got != n(1000) {
			t.Errorf("volume %v, want 1000", got)
		}
		totals, err := f.WeekTotals(t.Context(), us, week, week)
		if err != nil || totals[0].Disputed != 1 {
			t.Errorf("totals %+v, %v: one term is disputed", totals, err)
		}
	})
	t.Run("of two fetches: the newer wins", func(t *testing.T) {
		f := testFacts(t)
		replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "a", 1000, 4))
		stored := replaceSQP(t, f, sqpSlice(now.Add(time.Hour), "B000000002"), sqpRow("B000000002", "a", 900, 4))
		if got := total(f); got != n(900) || !stored.Changed {
			t.Errorf("volume %v, want 900", got)
		}
		if got := count(t, f, "sqp_market_old"); got != 1 {
			t.Errorf("%d superseded totals, want 1", got)
		}
		replaceSQP(t, f, sqpSlice(now.Add(-time.Hour), "B000000003"), sqpRow("B000000003", "a", 800, 4))
		if got := total(f); got != n(900) {
			t.Errorf("volume %v after an older document, want 900", got)
		}
	})
}

// spapi.md trap 29, spapi.md trap 30
func TestASINsWithoutRowsAreCovered(t *testing.T) {
	f := testFacts(t)
	stored := replaceSQP(t, f, sqpSlice(now, "B000000001", "B000000002"),
		sqpRow("B000000001", "a", 400, 4), sqpRow("B0STRANGER", "a", 400, 4))
	if stored.Cells != 2 || stored.Empty != 1 || stored.Unasked != 1 || stored.Rows != 1 {
		t.Errorf("stored %+v", stored)
	}
	cells, err := f.SQPCoverage(t.Context(), us, Week, week, week)
	if err != nil || len(cells) != 2 || cells[0].State != Complete || cells[1].State != Empty || cells[0].Unit != "percent" {
		t.Errorf("coverage %+v, %v", cells, err)
	}
}

// spapi.md trap 38
func TestAHundredRowsAreTruncated(t *testing.T) {
	f := testFacts(t)
	var rows []spapi.SQPRow
	for i := range 100 {
		rows = append(rows, sqpRow("B000000001", fmt.Sprint("term ", i), 400, 4))
	}
	stored := replaceSQP(t, f, sqpSlice(now, "B000000001"), rows...)
	if stored.Truncated != 1 {
		t.Errorf("stored %+v", stored)
	}
	stored = replaceSQP(t, f, sqpSlice(now, "B000000001"), rows[:99]...)
	if stored.Truncated != 0 {
		t.Errorf("stored %+v", stored)
	}
	file := sqpSlice(now, "B000000001")
	file.Source = SourceFile
	if stored = replaceSQP(t, f, file, rows...); stored.Truncated != 0 {
		t.Errorf("of a file, which holds up to 1,000 rows: stored %+v", stored)
	}
}

// spapi.md trap 43
func TestTermsKeepTheirBytes(t *testing.T) {
	f := testFacts(t)
	texts := []string{"Trinkflasche", "trinkflasche", "trinkflasche ", "水筒 保温", "caf\u00e9", "cafe\u0301", "🎁 bottle", "rat-trap", "rat trap"}
	var rows []spapi.SQPRow
	for _, text := range texts {
		rows = append(rows, sqpRow("B000000001", text, 80, 4))
	}
	replaceSQP(t, f, sqpSlice(now, "B000000001"), rows...)
	if got := count(t, f, "sqp_own"); got != len(texts) {
		t.Fatalf("%d rows, want %d: each spelling is its own", got, len(texts))
	}
	rebuild(t, f)
	row := joinedTerm(t, f, "trinkflasche")
	if row.Volume != n(240) {
		t.Errorf("volume %v, want the 240 of three spellings", row.Volume)
	}
	term, _, err := f.TermHistory(t.Context(), us, row.TermID, week, week)
	want := []string{"trinkflasche", "Trinkflasche", "trinkflasche "}
	if err != nil || !reflect.DeepEqual(term.Variants, want) {
		t.Errorf("variants %q, %v; want %q", term.Variants, err, want)
	}
}

// spapi.md trap 8, spapi.md trap 9
func TestNullStaysNull(t *testing.T) {
	f := testFacts(t)
	row := sqpRow("B000000001", "a", 400)
	row.Purchases = spapi.Stage{}
	replaceSQP(t, f, sqpSlice(now, "B000000001"), row)
	rebuild(t, f)
	got := joinedTerm(t, f, "a")
	if got.Purchases.N.Valid || got.Purchases.X.Valid || got.Impressions.X.Valid || got.Purchases.Share().Valid {
		t.Errorf("%+v: unknown counts must stay unknown", got)
	}
}

// spapi.md trap 42
func TestAFailedLoadChangesNothing(t *testing.T) {
	f := testFacts(t)
	replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "a", 400, 4))
	tables := []string{"sqp_own", "sqp_market", "sqp_own_old", "sqp_market_old", "terms", "sqp_cells", "dirty_weeks"}
	before := dump(t, f, tables...)
	cut := errors.New("unexpected end of JSON")
	_, err := f.ReplaceSQP(t.Context(), sqpSlice(now.Add(time.Hour), "B000000001"), func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
		for i := range 3000 {
			row := sqpRow("B000000001", fmt.Sprint("new ", i), 400, 4)
			if err := yield(&row); err != nil {
				return spapi.Summary{}, err
			}
		}
		return spapi.Summary{}, cut
	})
	if !errors.Is(err, cut) {
		t.Fatalf("error %v, want the loader's", err)
	}
	if after := dump(t, f, tables...); !reflect.DeepEqual(before, after) {
		t.Fatalf("after the failure:\n%v\nwant\n%v", after, before)
	}
	// The ids that were rolled back must not be remembered.
	replaceSQP(t, f, sqpSlice(now.Add(time.Hour), "B000000001"), sqpRow("B000000001", "new 1", 400, 4))
	rebuild(t, f)
	if row := joinedTerm(t, f, "new 1"); row.Volume != n(400) {
		t.Errorf("%+v", row)
	}
}

func TestAPanicOfTheLoaderRollsBack(t *testing.T) {
	f := testFacts(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = f.ReplaceSQP(t.Context(), sqpSlice(now, "B000000001"), func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			panic("decoder")
		})
	}()
	replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "a", 400, 4))
}

// spapi.md trap 35 and §1.7: marketplaces do not mix.
func TestMarketplacesDoNotMix(t *testing.T) {
	f := testFacts(t)
	replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "a", 400, 4))
	de := sqpSlice(now, "B000000001")
	de.Marketplace = germany
	replaceSQP(t, f, de, sqpRow("B000000001", "a", 800, 8))
	rebuild(t, f)
	if row := joinedTerm(t, f, "a"); row.Volume != n(400) {
		t.Errorf("volume %v, want the 400 of the United States", row.Volume)
	}
}

func TestMalformedSlicesAreRefused(t *testing.T) {
	f := testFacts(t)
	for name, change := range map[string]func(*SQPSlice){
		"no ASINs":         func(s *SQPSlice) { s.ASINs = nil },
		"Monday":           func(s *SQPSlice) { s.Start++; s.End++ },
		"eight days":       func(s *SQPSlice) { s.End++ },
		"unknown period":   func(s *SQPSlice) { s.Period = "DAY" },
		"no seller":        func(s *SQPSlice) { s.Seller = "" },
		"no time of fetch": func(s *SQPSlice) { s.FetchedAt = time.Time{} },
	} {
		s := sqpSlice(now, "B000000001")
		change(&s)
		_, err := f.ReplaceSQP(t.Context(), s, nil)
		if !errors.Is(err, ErrSlice) {
			t.Errorf("%s: error %v, want ErrSlice", name, err)
		}
	}
}

// Replacing a random slice twice leaves the facts that replacing it once does.
func TestReplacingTwiceEqualsOnce(t *testing.T) {
	for seed := range uint64(20) {
		rng := random(seed)
		slices := make([]func(*Facts), 6)
		for i := range slices {
			var rows []spapi.SQPRow
			asins := []string{"B000000001", "B000000002", "B000000003"}[:1+rng.IntN(3)]
			for _, asin := range asins {
				for term := range 12 {
					if rng.IntN(3) > 0 {
						rows = append(rows, sqpRow(asin, fmt.Sprint("term ", term), 400+80*rng.Int64N(2), rng.Int64N(3)))
					}
				}
			}
			at := now.Add(time.Duration(i) * time.Hour)
			slices[i] = func(f *Facts) { replaceSQP(t, f, sqpSlice(at, asins...), rows...) }
		}
		once, twice := testFacts(t), testFacts(t)
		for _, replace := range slices {
			replace(once)
			replace(twice)
			replace(twice)
		}
		rebuild(t, once)
		rebuild(t, twice)
		tables := []string{"sqp_market", "joined", "sqp_market_old", "sqp_own_old"}
		if a, b := dump(t, once, tables...), dump(t, twice, tables...); !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: twice\n%v\nonce\n%v", seed, b, a)
		}
	}
}
