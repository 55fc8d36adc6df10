package ingest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
)

func spans(ws []window) string {
	var s []string
	for _, w := range ws {
		s = append(s, fmt.Sprintf("%s..%s", w.From, w.To))
	}
	return strings.Join(s, " ")
}

// adsapi.md trap 8
func TestWindowsHoldThirtyOneDaysWithoutGapOrOverlap(t *testing.T) {
	for _, zone := range []string{"UTC", "America/Los_Angeles", "Asia/Tokyo"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"2026-11-24T12:00:00Z", "2026-03-10T12:00:00Z"} { // DST lies within
			for _, typ := range adTypes {
				now, keep := instant(t, at), retentions[typ.Product()]
				p := planAds(now, loc, keep, 0, nil)
				yesterday := clock.DayOf(now, loc) - 1
				seen := map[clock.Day]int{}
				for _, w := range p.Windows {
					if n := w.To - w.From + 1; n < 1 || n > maxWindow {
						t.Errorf("%s %s: window of %d days", zone, typ, n)
					}
					for d := w.From; d <= w.To; d++ {
						seen[d]++
					}
				}
				if len(seen) != keep.accepted-1 {
					t.Errorf("%s %s: %d days planned, want %d", zone, typ, len(seen), keep.accepted-1)
				}
				for d, n := range seen {
					if n != 1 || d > yesterday || d <= yesterday+1-clock.Day(keep.accepted) {
						t.Errorf("%s %s: day %s planned %d times", zone, typ, d, n)
					}
				}
			}
		}
	}
}

// adsapi.md trap 25
func TestTodayIsNeverFetched(t *testing.T) {
	now := instant(t, "2026-11-24T06:00:00Z")
	for zone, yesterday := range map[string]string{"America/Los_Angeles": "2026-11-22", "Asia/Tokyo": "2026-11-23", "Europe/Berlin": "2026-11-23"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		p := planAds(now, loc, retentions[ads.SponsoredBrands], 0, nil)
		if got := p.Windows[0].To.String(); got != yesterday {
			t.Errorf("%s: newest day %s, want %s", zone, got, yesterday)
		}
		if !p.Next.After(now) || p.Next.Sub(now) > 24*time.Hour {
			t.Errorf("%s: next due %s", zone, p.Next)
		}
		if again := planAds(p.Next, loc, retentions[ads.SponsoredBrands], 0, nil); again.Windows[0].To != p.Windows[0].To+1 {
			t.Errorf("%s: at the next due instant the newest day is still %s", zone, again.Windows[0].To)
		}
	}
}

// adsapi.md trap 20
func TestDaysBeyondWhatSponsoredProductsAnswerHaveTheirOwnWindow(t *testing.T) {
	now := instant(t, "2026-11-24T12:00:00Z")
	p := planAds(now, time.UTC, retentions[ads.SponsoredProducts], 0, nil)
	first := day(t, "2026-11-24") - 64 // the last 65 days, today included
	var beyond int
	for _, w := range p.Windows {
		if w.From < first && w.To >= first {
			t.Errorf("window %v holds answered and unanswered days", w)
		}
		if w.To < first {
			beyond += int(w.To-w.From) + 1
		}
	}
	if beyond != 30 {
		t.Errorf("%d days beyond the answered ones, want 30: %s", beyond, spans(p.Windows))
	}
}

// adsapi.md trap 24
func TestDaysAreFetchedAgainAsTheyAge(t *testing.T) {
	loc := time.UTC
	for first := day(t, "2026-08-01"); first < day(t, "2026-09-15"); first++ {
		d, last := adDay{}, 0
		for age := 1; age < 65; age++ {
			today := first + clock.Day(age)
			due := d.due(first, today, loc)
			switch {
			case age <= 14 && !due:
				t.Fatalf("%s is not fetched at the age of %d days", first, age)
			case age > 14 && age <= 50 && due != (today.Weekday() == time.Monday):
				t.Fatalf("%s at the age of %d, a %s: due %v", first, age, today.Weekday(), due)
			case age > 50 && due && today.Time().Day() != 1:
				t.Fatalf("%s is fetched at the age of %d, on %s", first, age, today)
			case age > 50 && !due && today.Time().Day() == 1:
				t.Fatalf("%s is not fetched on %s", first, today)
			}
			if due {
				d.Fetched, last = today.Time().Add(5*time.Hour), age
			}
		}
		if last < 44 {
			t.Errorf("%s was last fetched at the age of %d days, before it was final", first, last)
		}
	}
	date := day(t, "2026-09-01")
	late := adDay{Fetched: (date + 53).Time()}
	if late.due(date, date+57, loc) {
		t.Error("a day is fetched again before the month is over")
	}
	if (adDay{Open: true}).due(date, date+10, loc) {
		t.Error("a day under way is asked for again")
	}
	// A product that was off on Monday catches up.
	if d := (adDay{Fetched: (date + 18).Time()}); !d.due(date, date+21, loc) {
		t.Error("a missed Monday is never made up for")
	}
}

func TestDailySyncAsksForOneWindowOnMostDays(t *testing.T) {
	loc, days := time.UTC, map[clock.Day]adDay{}
	now := instant(t, "2026-06-01T05:00:00Z")
	total := 0
	for n := range 120 {
		p := planAds(now, loc, retentions[ads.SponsoredProducts], 0, days)
		if n > 0 {
			total += len(p.Windows)
			if len(p.Windows) > 3 {
				t.Fatalf("day %d: %d windows: %s", n, len(p.Windows), spans(p.Windows))
			}
		}
		for _, w := range p.Windows {
			for d := w.From; d <= w.To; d++ {
				days[d] = adDay{Fetched: now}
			}
		}
		if again := planAds(now, loc, retentions[ads.SponsoredProducts], 0, days); len(again.Windows) != 0 {
			t.Fatalf("day %d: still due after the fetch: %s", n, spans(again.Windows))
		}
		now = now.Add(24 * time.Hour)
	}
	if total > 150 {
		t.Errorf("%d windows in 119 days", total)
	}
}

func TestFailedDaysWaitAndAreGivenUp(t *testing.T) {
	now := instant(t, "2026-11-24T12:00:00Z")
	yesterday := day(t, "2026-11-23")
	days := map[clock.Day]adDay{yesterday: {Failures: failures{}.add(classAmazon, now)}}
	p := planAds(now, time.UTC, retentions[ads.SponsoredBrands], yesterday, days)
	if len(p.Windows) != 0 || !p.Next.Equal(now.Add(time.Hour)) {
		t.Fatalf("windows %s, next %s", spans(p.Windows), p.Next)
	}
	if p = planAds(p.Next, time.UTC, retentions[ads.SponsoredBrands], yesterday, days); spans(p.Windows) != "2026-11-23..2026-11-23" {
		t.Fatalf("after the pause: %s", spans(p.Windows))
	}
	f := failures{}
	for range 6 {
		f = f.add(classAmazon, now)
	}
	days[yesterday] = adDay{Failures: f}
	if p = planAds(now.Add(9*time.Hour), time.UTC, retentions[ads.SponsoredBrands], yesterday, days); len(p.Windows) != 0 {
		t.Fatalf("asked a seventh time: %s", spans(p.Windows))
	}
}
