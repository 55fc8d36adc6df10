package analysis

import "testing"

func TestNumbersInSentences(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{both(.0612, .0301), "6.12% 3.01%"},
		{both(.1234, .2), "12.3% 20.0%"},
		{both(.1, .05), "10.00% 5.00%"},
		{both(.09996, 1), "10.0% 100.0%"},
		{both(0, .00001), "0.00% <0.01%"},
		{points(-.029), "−2.90 pp"},
		{points(.004), "+0.40 pp"},
		{points(.1234), "+12.3 pp"},
		{points(0), "0.00 pp"},
		{money(412_305_000, "USD"), "USD 412.31"},
		{money(1_234_567_890_000, "EUR"), "EUR 1,234,567.89"},
		{money(5_300_400_000, "JPY"), "JPY 5,300"},
		{money(-1_050_000, "GBP"), "GBP −1.05"},
		{money(999_995_000, "USD"), "USD 1,000.00"},
		{thousands(999), "999"},
		{thousands(1000), "1,000"},
		{thousands(-1234567), "−1,234,567"},
		{thousands(-1 << 63), "−9,223,372,036,854,775,808"},
		{counted(1, "click", "clicks"), "1 click"},
		{counted(0, "click", "clicks"), "0 clicks"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func both(a, b float64) string {
	x, y := percents(a, b)
	return x + " " + y
}
