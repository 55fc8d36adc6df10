package analysis

import (
	"fmt"
	"maps"
	"slices"
)

const (
	withinReach        = .75 // quantile of the own shares in a cluster
	minClusterTerms    = 4   // terms of a cluster that say what is within reach
	minClusterMarket   = 20  // market purchases of such a term over the settled weeks
	minRelevantCVR     = .80 // lower bound of the CVR index of at least one term of the cluster
	minOwnCVRExpected  = 10  // own purchases at an index of 1, for a term's own index to be used
	opportunityFigures = "extra_purchases"
)

// Opportunity returns the terms on which you sell less than on your better
// terms of the same cluster: expected extra purchases a week are the market's
// purchases × (reachable − present purchase share). Reachable is the smaller
// of the 75th percentile of the cluster's shrunk purchase shares and the 75th
// percentile of its shrunk click shares × the CVR index (the term's own where
// there is enough of it, else the cluster's): more clicks than your better
// terms have, or buyers who want something else, are not promised. A cluster
// counts only if on one of its terms the CVR index is proven to be above 0.8:
// else shoppers may look for something that you do not sell. Value is extra
// purchases a week, Money what they would earn before the cost of getting them.
// Weeks without the term count as weeks without market.
func (a *Appraisal) Opportunity() ([]MoneyFinding, []Refused) {
	var found []MoneyFinding
	refused := refusing(Opportunity)
	clusters := map[string][]*appraised{}
	for _, t := range a.terms {
		switch {
		case t.own[Purchase].Cells == 0:
		case t.own[Purchase].Market < minClusterMarket:
			refused.add(fmt.Sprintf("fewer than %d purchases in the market over the settled weeks", minClusterMarket))
		case t.Cluster == "":
			refused.add("in no cluster: none of your products is seen on it")
		default:
			// A person may put terms of two classes into one cluster; they are
			// not compared all the same.
			key := string(t.Class) + "\x00" + t.Cluster
			clusters[key] = append(clusters[key], t)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(clusters)) {
		members := clusters[key]
		if len(members) < minClusterTerms {
			for range members {
				refused.add(fmt.Sprintf("fewer than %d terms like it to say what is within reach", minClusterTerms))
			}
			continue
		}
		c := a.clusterOf(members)
		if c.relevant == nil {
			for range members {
				refused.add("on no term like it are shoppers proven to want what you sell")
			}
			continue
		}
		for i, t := range members {
			a.opportunityOf(c, i, t, &found, refused)
		}
	}
	return ranked(found), refused.list()
}

// cluster is what the terms of one cluster say together.
type cluster struct {
	buys, clicks []Beta          // posterior shares of its terms
	cvr          []IndexEstimate // of its terms
	pooled       IndexEstimate   // CVR index of all
	relevant     *appraised      // the term that proves that shoppers want it
	proof        IndexEstimate
	best         map[float64]quartiles // by confidence, as they are asked for
}

// quartiles are the upper quartiles of a cluster's purchase and click shares.
type quartiles struct{ buys, clicks float64 }

func (a *Appraisal) clusterOf(members []*appraised) *cluster {
	c := &cluster{best: map[float64]quartiles{}}
	class := members[0].Class
	var weeks []TermWeek
	for _, t := range members {
		weeks = append(weeks, t.Weeks...)
		c.buys = append(c.buys, a.share[class][Purchase].With(effectiveShare(t.Weeks, Purchase, a.wander[class][Purchase])))
		c.clicks = append(c.clicks, a.share[class][Click].With(effectiveShare(t.Weeks, Click, a.wander[class][Click])))
		e := EstimateIndex(t.Weeks, CVRIndex, a.noise[class][CVRIndex])
		c.cvr = append(c.cvr, e)
		if e.OK && e.Low > minRelevantCVR && (c.relevant == nil || e.Low > c.proof.Low) {
			c.relevant, c.proof = t, e
		}
	}
	c.pooled = EstimateIndex(weeks, CVRIndex, a.noise[class][CVRIndex])
	return c
}

// reachable is the purchase share that is within reach of the i-th term, at a
// one-sided confidence of q; 0 stands for the estimate itself.
func (c *cluster) reachable(i int, q float64) float64 {
	index := c.pooled
	if own := c.cvr[i]; own.OK && own.Expected >= minOwnCVRExpected {
		index = own
	}
	cvr := index.Value
	if q > 0 {
		cvr = index.Bound(q)
	}
	best := c.bestAt(q)
	if !index.OK {
		return best.buys
	}
	return min(1, best.buys, best.clicks*cvr)
}

// bestAt is what the better terms of the cluster have, at a confidence of q.
func (c *cluster) bestAt(q float64) quartiles {
	if known, ok := c.best[q]; ok {
		return known
	}
	upper := func(shares []Beta) float64 {
		values := make([]float64, len(shares))
		for i, b := range shares {
			values[i] = b.Mean()
			if q > 0 {
				values[i] = b.Quantile(q)
			}
		}
		slices.Sort(values)
		return sortedQuantile(values, withinReach)
	}
	c.best[q] = quartiles{upper(c.buys), upper(c.clicks)}
	return c.best[q]
}

func (a *Appraisal) opportunityOf(c *cluster, i int, t *appraised, found *[]MoneyFinding, refused *refusals) {
	weekly := float64(t.own[Purchase].Market) / a.weeks()
	// The lower bound of what is reachable less the upper bound of what is
	// there, and the other way round.
	extra := func(q float64) float64 {
		if q == 0 {
			return weekly * (c.reachable(i, 0) - c.buys[i].Mean())
		}
		return weekly * (c.reachable(i, q) - c.buys[i].Quantile(1-q))
	}
	if extra(0) <= 0 {
		return // already among the better ones
	}
	if !t.Known() {
		refused.add("no price says what a purchase is worth: fill the product table")
		return
	}
	unit := float64(t.PriceMicros) * t.Margin
	low := extra(short)
	switch {
	case low <= 0:
		refused.add("that more is within reach is not proven")
		return
	case unit*low*a.weeks() < float64(a.options.FloorMicros):
		refused.add(fmt.Sprintf("what is surely within reach is worth less than %s over the settled weeks", money(a.options.FloorMicros, a.options.Currency)))
		return
	}
	f := a.finding(Opportunity, t)
	f.Figure, f.Value, f.N = opportunityFigures, Interval{extra(.025), extra(0), extra(.975)}, t.own[Purchase].Market
	f.Money, f.MoneyOK = Interval{unit * low, unit * extra(0), unit * extra(surely)}, true
	share, _ := t.own[Purchase].Share()
	present, within := percents(share, c.reachable(i, 0))
	f.Text = fmt.Sprintf("On “%s” you have %s of the market's purchases; %s is within reach, going by %s. That would be %.1f purchases more a week (%.1f or more are likely), worth %s a week or more before what it costs to get them. Relevant because on “%s” shoppers buy you %s times as readily as the market, at least %s.%s",
		t.Term, present, within, counted(int64(len(c.buys)-1), "term like it", "terms like it"), f.Value.Mid, low, a.amount(f.Money.Low),
		c.relevant.Term, factor(c.proof.Value), factor(c.proof.Low), t.assumed())
	*found = append(*found, f)
}
