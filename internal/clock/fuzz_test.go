package clock

import "testing"

// FuzzParseDay holds days to one spelling each, and weeks to their Sunday.
func FuzzParseDay(f *testing.F) {
	for _, seed := range []string{"2026-11-15", "2028-02-29", "0000-01-01", "9999-12-31", "2026-2-3", "2026-11-15T00:00:00Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDay(text)
		if err != nil {
			return
		}
		if d.String() != text {
			t.Fatalf("%q is %s", text, d)
		}
		if w := d.Week(); w > d || d-w > 6 || w.Weekday() != 0 || d.WeekEnd() < d || d.WeekEnd()-w != 6 {
			t.Fatalf("%s is in the week of %s to %s", d, w, d.WeekEnd())
		}
	})
}
