// Package halo estimates what advertising does to organic sales, and shows a
// number only where the data can carry one (analytics.md §4.5). It holds two
// models and a way to plan a test:
//
//   - Lift: does spend go along with a higher organic click share in the weeks
//     after it? A panel regression with term and week effects and lags.
//   - Displacement: how much of what ads sell would have been bought anyway? An
//     instrumental-variable regression on campaigns going on and off.
//   - PlanTest: a randomised switchback test that answers the second question
//     without any assumption about why ads ran when they did.
//
// Neither model states a point without its interval, nor an interval unless all
// of its gates pass. The functions are pure: the same panel and seed give the
// same bytes.
package halo
