package halo

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// full runs the Monte Carlo tests at the size of analytics.md §4.7; the normal
// run has as many runs as show a broken estimator.
var full = flag.Bool("analysis.full", false, "run the Monte Carlo acceptance tests in full")

func runs(short, whole int) int {
	if *full {
		return whole
	}
	return short
}

// liftWorld draws a panel whose organic share answers spend.
type liftWorld struct {
	terms, weeks int
	effect       float64 // long run, of log spend on log odds
	perProduct   int     // terms of a product, which share a shock
	shared       float64 // its standard deviation
	feedback     float64 // of last week's log odds on log spend
	skew         float64 // sd of the logarithm of terms' sizes; 0 is .7
	missing      float64 // share of term-weeks that Amazon does not list
}

// response is how the effect spreads over the week and the four after it.
var response = [Lags + 1]float64{.4, .25, .15, .12, .08}

func (w liftWorld) panel(seed uint64) *Panel {
	rng := rand.New(rand.NewPCG(seed, 1))
	const burn = 30
	weeks := burn + w.weeks
	common := make([]float64, weeks)
	for t := range common {
		common[t] = .1 * rng.NormFloat64()
	}
	shocks := map[[2]int]float64{}
	p := &Panel{Ads: make([]bool, w.weeks), Terms: make([]Term, w.terms)}
	for t := range p.Ads {
		p.Ads[t] = true
	}
	for q := range p.Terms {
		product := q / max(w.perProduct, 1)
		term := Term{Product: fmt.Sprintf("P%d", product), Weeks: make([]Week, w.weeks)}
		skew := .7
		if w.skew > 0 {
			skew = w.skew
		}
		size := math.Exp(6.5 + skew*rng.NormFloat64())
		base := -2 + .5*rng.NormFloat64()
		usual := 3 + (base + 2) + .3*rng.NormFloat64() // more is spent where more is sold
		spend := make([]float64, weeks)
		swing, noise, last := 0.0, 0.0, 0.0
		for t := range weeks {
			swing = .6*swing + .6*rng.NormFloat64()
			noise = .3*noise + .2*rng.NormFloat64()
			spend[t] = math.Max(0, usual+common[t]+swing+w.feedback*last)
			odds := base + common[t] + noise
			last = common[t] + noise
			if w.shared > 0 {
				at := [2]int{product, t}
				if _, ok := shocks[at]; !ok {
					shocks[at] = w.shared * rng.NormFloat64()
				}
				odds += shocks[at]
			}
			for l, b := range response {
				if t >= l {
					odds += w.effect * b * spend[t-l]
				}
			}
			if t < burn {
				continue
			}
			cell := &term.Weeks[t-burn]
			cell.Spend = math.Expm1(spend[t])
			cell.PriceGap = .1 * rng.NormFloat64()
			if rng.Float64() < w.missing {
				continue
			}
			market := size * math.Exp(common[t]+.2*rng.NormFloat64())
			ads := draw(rng, cell.Spend/1.2)
			others := draw(rng, market)
			cell.Clicks = Clicks{Known: true, Market: others + ads, Ads: ads, Organic: binomial(rng, others, 1/(1+math.Exp(-odds)))}
		}
		p.Terms[q] = term
	}
	return p
}

func draw(rng *rand.Rand, mean float64) int64 {
	return int64(distuv.Poisson{Lambda: math.Max(mean, 1e-9), Src: rng}.Rand())
}

func binomial(rng *rand.Rand, n int64, p float64) int64 {
	if n == 0 {
		return 0
	}
	return int64(distuv.Binomial{N: float64(n), P: p, Src: rng}.Rand())
}

// saleWorld draws a panel whose purchases answer campaigns that go on and off.
type saleWorld struct {
	terms, weeks int
	theta        float64 // new purchases per purchase that ads claim, at most 2
	steady       bool    // campaigns never stop
	follow       float64 // chance that a campaign stops after a poor week
}

func (w saleWorld) panel(seed uint64) *Panel {
	rng := rand.New(rand.NewPCG(seed, 2))
	p := &Panel{Ads: make([]bool, w.weeks), Terms: make([]Term, w.terms)}
	season := make([]float64, w.weeks)
	for t := range p.Ads {
		p.Ads[t] = true
		season[t] = .15 * rng.NormFloat64()
	}
	for q := range p.Terms {
		term := Term{Product: fmt.Sprintf("P%d", q), Weeks: make([]Week, w.weeks)}
		size := math.Exp(5 + .6*rng.NormFloat64())
		base, claimed := .08*math.Exp(.3*rng.NormFloat64()), .04*math.Exp(.3*rng.NormFloat64())
		on, poor := rng.Float64() < .5 || w.steady, false
		for t := range term.Weeks {
			days := 7
			if !w.steady && (rng.Float64() < .2 || poor && on && rng.Float64() < w.follow) {
				on = !on
				days = rng.IntN(8)
				if !on {
					days = 7 - days
				}
			}
			if !on {
				days = 7 - days
			}
			// Demand for the account's brand moves what it sells with and without ads.
			demand := math.Exp(season[t] + .25*rng.NormFloat64())
			market := draw(rng, size*math.Exp(season[t]))
			share := claimed * demand * float64(days) / 7
			ads := draw(rng, float64(market)*share)
			extra := binomial(rng, ads, w.theta/2) + binomial(rng, ads, w.theta/2)
			own := draw(rng, float64(market)*base*demand) + extra
			poor = demand < .9
			serving, err := ServingDays(days, 7)
			if err != nil {
				panic(err)
			}
			term.Weeks[t] = Week{Purchases: Purchases{Known: true, Market: market, Own: min(own, market), Ads: ads}, Serving: serving, Spend: 3 * float64(ads)}
		}
		p.Terms[q] = term
	}
	return p
}
