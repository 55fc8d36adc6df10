package analysis

// WasteWeeks is how many settled weeks the money rules look at.
const WasteWeeks = 8

// wasteFloors is the least spend over the settled weeks worth a seller's
// minute, in whole units of each currency: about 25 US dollars, rounded.
var wasteFloors = map[string]int64{
	"USD": 25, "CAD": 35, "MXN": 450, "BRL": 130, "GBP": 20, "EUR": 25, "SEK": 250, "PLN": 100,
	"TRY": 1000, "SAR": 90, "AED": 90, "INR": 2000, "EGP": 1200, "ZAR": 450, "JPY": 4000, "AUD": 40, "SGD": 35,
}

// WasteFloorMicros is the least spend that is named as waste; an unknown
// currency has the dollar's.
func WasteFloorMicros(currency string) int64 {
	floor, ok := wasteFloors[currency]
	if !ok {
		floor = wasteFloors["USD"]
	}
	return floor * 1_000_000
}

// wasted returns the terms whose ads were clicked and paid for over the
// settled weeks without one order, the most expensive first. uncounted is how
// many of them cannot be judged because not all their orders are counted.
