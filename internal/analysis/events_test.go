package analysis

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestTheSalesOfAYear(t *testing.T) {
	type sale struct {
		key      string
		from, to string
	}
	for country, want := range map[string][]sale{
		"US": {{PrimeDay, "2025-07-08", "2025-07-11"}, {BigDealDays, "2025-10-07", "2025-10-08"}, {BlackFriday, "2025-11-28", "2025-12-01"}},
		"IN": {{PrimeDay, "2025-07-12", "2025-07-14"}, {BlackFriday, "2025-11-28", "2025-12-01"}},
		"JP": {{PrimeDay, "2025-07-11", "2025-07-14"}, {BlackFriday, "2025-11-28", "2025-12-01"}},
		"SA": {{Ramadan, "2025-03-01", "2025-03-29"}, {BlackFriday, "2025-11-28", "2025-12-01"}},
		"ZZ": {{BlackFriday, "2025-11-28", "2025-12-01"}},
	} {
		var got []sale
		for _, e := range RetailEvents(country, DayOf(2025, time.January, 1), DayOf(2025, time.December, 31)) {
			got = append(got, sale{e.Key, e.From.date().Format(time.DateOnly), e.To.date().Format(time.DateOnly)})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", country, got, want)
		}
	}
	if list := RetailEvents("CA", DayOf(2021, time.January, 1), DayOf(2021, time.August, 1)); len(list) != 0 {
		t.Errorf("Canada put Prime Day off in 2021: %v", list)
	}
	// Cyber Monday can fall into December of the year before the asked span.
	if list := RetailEvents("DE", DayOf(2025, time.December, 1), DayOf(2025, time.December, 2)); len(list) != 1 || list[0].Key != BlackFriday {
		t.Errorf("%v", list)
	}
	for year, want := range map[int]int{2018: 23, 2019: 29, 2020: 27, 2021: 26, 2022: 25, 2023: 24, 2024: 29, 2026: 27, 2027: 26} {
		if got := blackFriday(year).From; got != DayOf(year, time.November, want) {
			t.Errorf("Black Friday %d on %s", year, got.date().Format(time.DateOnly))
		}
	}
}

func TestHeldWeeks(t *testing.T) {
	events := RetailEvents("US", DayOf(2023, time.January, 1), DayOf(2026, time.December, 31))
	friday := DayOf(2025, time.November, 28).Week()
	last := DayOf(2024, time.November, 29).Week()
	var weeks []Day
	for k := Day(1); k <= 13; k++ {
		weeks = append(weeks, friday-7*k)
	}
	if !HeldWeek(events, friday, weeks) || !HeldWeek(events, friday+7, append(weeks, friday)) {
		t.Error("the weeks of Black Friday and Cyber Monday are held: this year's own Friday is no baseline of its Monday")
	}
	if HeldWeek(events, friday, append(weeks, last)) {
		t.Error("with last year's in the baseline it is tested")
	}
	if HeldWeek(events, friday-7, weeks) || HeldWeek(events, friday+14, weeks) {
		t.Error("the weeks beside it are tested")
	}
	fast := RetailEvents("AE", DayOf(2025, time.January, 1), DayOf(2025, time.June, 1))
	if len(fast) != 1 || HeldWeek(fast, fast[0].From.Week(), nil) {
		t.Errorf("the month of fasting holds nothing back: %v", fast)
	}
}

func TestLastYearsWeek(t *testing.T) {
	at := func(y int, m time.Month, d int) Day { return DayOf(y, m, d).Week() }
	for _, c := range []struct {
		country    string
		week, want Day
		by         Alignment
	}{
		{"US", at(2025, time.March, 2), at(2024, time.March, 3), ByCalendar},
		{"US", at(2022, time.July, 12), at(2021, time.June, 21), ByEvent},         // Prime Day was in June
		{"US", at(2021, time.June, 21), at(2020, time.October, 13), ByEvent},      // and in October
		{"US", at(2022, time.June, 20), at(2021, time.June, 14), BesideSale},      // against no Prime Day
		{"US", at(2025, time.July, 8), at(2024, time.July, 16), ByEvent},          // a week earlier than the year before
		{"US", at(2025, time.July, 15), at(2024, time.July, 9), BesideSale},       // whose Prime Day is not compared with
		{"US", at(2024, time.November, 29), at(2023, time.November, 24), ByEvent}, // the Friday was late
		{"US", at(2024, time.December, 2), at(2023, time.November, 27), ByEvent},
		{"AE", at(2025, time.March, 9), at(2024, time.March, 18), ByEvent}, // second week of the month of fasting
		{"IN", at(2025, time.July, 13), at(2024, time.July, 21), ByEvent},
	} {
		events := RetailEvents(c.country, c.week-700, c.week+7)
		if got, by := LastYear(events, c.week); got != c.want || by != c.by {
			t.Errorf("%s, week of %s: %s by %s, want %s by %s", c.country, c.week.date().Format(time.DateOnly),
				got.date().Format(time.DateOnly), by, c.want.date().Format(time.DateOnly), c.by)
		}
	}
	// A person's own event of the same name is aligned as the built-in ones are.
	own := []Event{{Key: "spring sale", From: DayOf(2026, time.April, 20), To: DayOf(2026, time.April, 24)}, {Key: "spring sale", From: DayOf(2027, time.May, 3), To: DayOf(2027, time.May, 7)}}
	if got, by := LastYear(own, at(2027, time.May, 3)); got != at(2026, time.April, 20) || by != ByEvent {
		t.Errorf("own event: %s by %s", got.date().Format(time.DateOnly), by)
	}
}

// Property: the counterpart is a Sunday of about the year before, and a week
// without an event is never compared with one that has a sale.
func TestLastYearIsAYearBack(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 2000 {
		country := []string{"US", "CA", "IN", "JP", "AU", "SA", "SG", "BR"}[r.IntN(8)]
		week := (DayOf(2019, time.June, 1) + Day(r.IntN(2700))).Week()
		events := RetailEvents(country, week-800, week+6)
		back, _ := LastYear(events, week)
		if back != back.Week() || week-back < 200 || week-back > 600 {
			t.Fatalf("%s: %s against %s", country, week.date(), back.date())
		}
		if len(EventsOf(events, week)) == 0 && len(EventsOf(events, back)) > 0 {
			t.Fatalf("%s: %s, no event, against %v", country, week.date(), EventsOf(events, back))
		}
	}
}
