package site

import (
	"fmt"
	"strings"
)

// The sample is invented. Its page says so at each figure and table.

type sampleWeek struct {
	Label       string
	Spend       int // US dollars
	Share       float64
	X, Mid, Top int // of the bar, in units of the drawing
	Height, Y   int
}

type sampleLine struct {
	Y, Text int
	Label   string
}

type sampleRow struct{ Term, Volume, Impressions, Clicks, Purchases, Spend, Organic string }

type sampleFinding struct{ Title, Text string }

type sampleData struct {
	Term        string
	Weeks       []sampleWeek
	Lines       []sampleLine
	Points      string
	Most        int
	First, Last sampleWeek
	Rows        []sampleRow
	Findings    []sampleFinding
}

var sample = newSample()

func newSample() sampleData {
	const bottom, height, mostShare = 194, 170, 20.0
	d := sampleData{
		Term: "bamboo cutting board", Most: 600,
		Rows: []sampleRow{
			{"bamboo cutting board", "48,210", "6.2%", "15.4%", "17.9%", "$548", "61%"},
			{"cutting board set", "91,770", "2.1%", "3.0%", "2.4%", "$412", "38%"},
			{"wooden chopping board", "22,905", "4.8%", "7.7%", "8.1%", "$126", "72%"},
			{"large cutting board with groove", "9,140", "11.3%", "19.6%", "24.0%", "$0", "100%"},
			{"acme kitchen", "1,380", "41.0%", "78.2%", "83.5%", "$64", "90%"},
		},
		Findings: []sampleFinding{
			{"Click share rose.", "“bamboo cutting board”: 9.1% to 15.4% in ten weeks, while ad spend rose from $210 to $548 a week."},
			{"Spend without effect.", "“cutting board set”: $412 this week; purchase share stays at 2.4%, as in the six weeks before."},
			{"Not said.", "Nothing is claimed about 212 terms with fewer than 30 clicks in the market."},
		},
	}
	shares := []float64{9.1, 9.4, 9.0, 10.2, 11.1, 11.8, 12.9, 13.4, 14.9, 15.4}
	spends := []int{210, 220, 205, 300, 340, 360, 430, 470, 540, 548}
	labels := []string{"6 Sep", "", "20 Sep", "", "4 Oct", "", "18 Oct", "", "1 Nov", ""}
	var points []string
	for i, share := range shares {
		h := spends[i] * height / d.Most
		w := sampleWeek{
			Label: labels[i], Spend: spends[i], Share: share,
			X: 46 + i*43, Mid: 59 + i*43, Top: bottom - h, Height: h, Y: bottom - int(share/mostShare*height),
		}
		points = append(points, fmt.Sprintf("%d,%d", w.Mid, w.Y))
		d.Weeks = append(d.Weeks, w)
	}
	for _, share := range []int{0, 5, 10, 15, 20} {
		y := bottom - share*height/int(mostShare)
		d.Lines = append(d.Lines, sampleLine{y, y + 4, fmt.Sprint(share)})
	}
	d.Points, d.First, d.Last = strings.Join(points, " "), d.Weeks[0], d.Weeks[len(d.Weeks)-1]
	return d
}
