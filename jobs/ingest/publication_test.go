package ingest

import (
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/sim"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// spapi.md trap 21 and §1.8: for each region and kind of period, the instant
// before which it is not asked for and the one from which it is.
func TestPeriodsAreAskedForFromTheirPublicationOn(t *testing.T) {
	for _, c := range []struct {
		region            marketplace.Region
		period            spapi.Period
		start, end, first string
	}{
		{"na", spapi.Week, "2026-11-15", "2026-11-21", "2026-11-25T00:00:00Z"},
		{"eu", spapi.Week, "2026-11-15", "2026-11-21", "2026-11-25T00:00:00Z"},
		{"fe", spapi.Week, "2026-11-15", "2026-11-21", "2026-11-25T00:00:00Z"},
		{"na", spapi.Month, "2026-02-01", "2026-02-28", "2026-03-04T00:00:00Z"},
		{"eu", spapi.Month, "2026-02-01", "2026-02-28", "2026-03-05T00:00:00Z"},
		{"fe", spapi.Month, "2028-02-01", "2028-02-29", "2028-03-04T00:00:00Z"}, // leap year
		{"na", spapi.Month, "2026-12-01", "2026-12-31", "2027-01-04T00:00:00Z"},
		{"na", spapi.Quarter, "2026-07-01", "2026-09-30", "2026-10-20T00:00:00Z"},
		{"eu", spapi.Quarter, "2026-10-01", "2026-12-31", "2027-01-21T00:00:00Z"},
		{"fe", spapi.Quarter, "2026-01-01", "2026-03-31", "2026-04-20T00:00:00Z"},
	} {
		cal, start, first := calendarOf(c.region, c.period), day(t, c.start), instant(t, c.first)
		if got := cal.end(start).String(); got != c.end {
			t.Errorf("%s %s %s ends on %s, want %s", c.region, c.period, c.start, got, c.end)
		}
		if err := (spapi.ReportSpec{Type: spapi.SCP, Marketplace: "ATVPDKIKX0DER", Period: c.period, Start: start, End: cal.end(start)}).Validate(); err != nil {
			t.Error(err)
		}
		if got := cal.newest(first); got != start {
			t.Errorf("%s %s: at %s the newest is %s, want %s", c.region, c.period, c.first, got, c.start)
		}
		if got, want := cal.newest(first.Add(-time.Nanosecond)), cal.after(start, -1); got != want {
			t.Errorf("%s %s: just before %s the newest is %s, want %s", c.region, c.period, c.first, got, want)
		}
		if at, ok := (cell{}).dueAt(cal, start); !ok || !at.Equal(first) {
			t.Errorf("%s %s: due at %s, want %s", c.region, c.period, at, c.first)
		}
		for day := start; day <= cal.end(start); day++ {
			if got := cal.containing(day); got != start {
				t.Fatalf("%s lies in the %s from %s, want %s", day, c.period, got, start)
			}
		}
		settled := cal.ended(start).Add(cal.settled)
		if !cal.young(start, settled.Add(-1)) || cal.young(start, settled) {
			t.Errorf("%s %s: young up to something other than %s", c.region, c.period, settled)
		}
	}
}

// An unpublished period is asked for again until a refusal means something
// else, and no longer.
func TestTheScheduleOfAnUnpublishedPeriodOutlastsItsDoubt(t *testing.T) {
	for _, period := range []spapi.Period{spapi.Week, spapi.Month, spapi.Quarter} {
		for _, region := range marketplace.Regions {
			cal := calendarOf(region, period)
			start := cal.newest(wednesday)
			f, at, tries := failures{}, cal.publishedAt(start), 1
			for {
				f = f.add(classNotYet, at)
				next, ok := cal.retryAt(f)
				if !ok {
					break
				}
				if pause := next.Sub(at); pause < cal.retry.pause || pause > cal.retry.longest {
					t.Fatalf("%s %s: a pause of %s", region, period, pause)
				}
				at, tries = next, tries+1
			}
			if cal.young(start, at) || tries > 30 {
				t.Errorf("%s %s: the last of %d questions is at the age of %s", region, period, tries, cal.age(start, at))
			}
		}
	}
}

// spapi.md trap 32 and §1.3: where a week is late, one batch is asked for and
// not all of them, in each region, by a schedule that slows down.
func TestAnUnpublishedWeekCostsOneProbeATime(t *testing.T) {
	week := day(t, "2026-11-15")
	for region, country := range map[string]string{"na": "US", "eu": "DE", "fe": "JP"} {
		t.Run(region, func(t *testing.T) {
			r := newRig(t, sim.Config{ASINs: 60, Accounts: []sim.AccountSpec{{Name: velmora, Countries: []string{country}}}}, nil)
			r.untilIdle()
			if n := len(reportsOf(r, week, spapi.SQP)); n < 3 {
				t.Fatalf("the week takes %d reports; the test needs several", n)
			}
			next := week + 7
			// The catalogue of the next week is there; the week itself is not.
			r.now.Set(publishedAt(next))
			late := publishedAt(next).Add(36 * time.Hour)
			r.now.Set(publishedAt(next))
			for r.now.Now().Before(late) {
				o := r.run()
				for _, l := range reportsOf(r, next, spapi.SQP) {
					if l.State == history.Waiting {
						r.use(velmora, func(f *history.Facts) error {
							return r.seller(f).fatal(t.Context(), l, "A client error occurred. Please double check that your parameters are valid and fulfill the requirements of the report type.")
						})
					}
				}
				if at := o.Next; at.After(r.now.Now()) {
					r.now.Set(at)
				} else {
					r.now.Advance(time.Minute)
				}
			}
			var first, again []history.Report
			for _, l := range reportsOf(r, next, spapi.SQP) {
				if l.ErrorClass != classNotYet && !l.State.Open() {
					t.Errorf("a batch ended %s %s", l.State, l.ErrorClass)
				}
				if l.Created.Before(publishedAt(next).Add(6 * time.Hour)) {
					first = append(first, l)
				} else {
					again = append(again, l)
				}
			}
			if len(first) == 0 || len(again) < 1 || len(again) > 2 { // 12 hours and a day later
				t.Fatalf("%d batches were asked for at first, %d again in 36 hours", len(first), len(again))
			}
			last := first[len(first)-1]
			for _, l := range again {
				if pause := l.Created.Sub(last.Finished); pause < 12*time.Hour {
					t.Errorf("asked again after %s", pause)
				}
				last = l
			}
			r.untilIdle()
			r.now.Set(r.now.Now().Add(25 * time.Hour))
			r.untilIdle()
			r.wantWhole(velmora)
		})
	}
}

// seller is a pass of the account's Selling Partner connection that makes no
// request.
func (r *rig) seller(f *history.Facts) *seller {
	r.t.Helper()
	c := r.connection(velmora, APISeller)
	s, err := newSeller(&pass{in: r.in, conn: c, facts: f, log: r.in.log})
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

// reportsOf lists the ledger's reports of a period, oldest first.
func reportsOf(r *rig, start clock.Day, kind spapi.ReportType) (list []history.Report) {
	for _, l := range r.ledger(velmora) {
		if l.Start == start && l.Type == string(kind) {
			list = append(list, l)
		}
	}
	return list
}
