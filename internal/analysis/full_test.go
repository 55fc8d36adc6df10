package analysis_test

import "flag"

// full asks for the whole Monte Carlo behind the figures of docs/method.md;
// without it each such test draws a short form of it.
var full = flag.Bool("analysis.full", false, "run the whole Monte Carlo of docs/method.md, and print its table")
