package history

// OrganicBounds bounds the organic purchases of a row with own purchases: at
// most all of them, at least those left when every order of whichever product
// within a day of an ad's click is taken off (analytics.md §3.4). low is unknown
// where such orders are, as those of sponsored brands. wide says that the
// bounds lie more than a fifth of high apart: then they are to be shown.
func (a AdFigures) OrganicBounds(own Count) (low, high Count, wide bool) {
	if !own.Valid || !a.Orders1d.Valid || a.SBClicks.V > 0 {
		return Count{}, own, false
	}
	low = known(min(own.V, max(0, own.V-a.Orders1d.V)))
	return low, own, 5*(own.V-low.V) > own.V
}
