package history

import (
	"cmp"
	"math/bits"
	"slices"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/database"
)

// unnamed is the key of what ads brought of which no report names the product:
// sponsored brands, and ad groups without a row of advertised products.
const unnamed int64 = 0

// partKey is one term and one ASIN or parent.
type partKey struct{ term, key int64 }

// partTerm is one ASIN's or parent's part of a term.
type partTerm struct {
	x        [4]Count
	ads      adSums
	modelled bool // some of its ads, or of those it might have had, were divided by a model
}

func part(rows map[partKey]*partTerm, term, key int64) *partTerm {
	at := partKey{term, key}
	p := rows[at]
	if p == nil {
		p = &partTerm{}
		rows[at] = p
	}
	return p
}

const (
	selectASIN   = `SELECT code FROM asins WHERE id = ?1`
	weekProducts = `SELECT q.ad_group, q.asin, sum(x.clicks), sum(x.impressions)
FROM ad_days d CROSS JOIN ad_product_days x ON x.day = d.id JOIN ad_products q ON q.id = x.product
WHERE d.profile = ?1 AND d.type = ?2 AND d.date BETWEEN ?3 AND ?4 GROUP BY q.ad_group, q.asin`
)

// code returns the text of an ASIN.
func (j *join) code(asin int64) (string, error) {
	code, ok := j.codes[asin]
	if ok {
		return code, nil
	}
	err := j.c.Query(selectASIN, func(r database.Row) error { code = r.Text(0); return nil }, asin)
	j.codes[asin] = code
	return code, err
}

// parent returns the key under which an ASIN stands at parent level.
func (j *join) parent(asin int64) (int64, error) {
	if key, ok := j.parents[asin]; ok || asin == unnamed {
		return key, nil
	}
	code, err := j.code(asin)
	if err != nil {
		return 0, err
	}
	key := asin
	if j.rules.Parent != nil {
		if name := j.rules.Parent(code); name != "" && name != code {
			if key, err = asins.id(j.c, name); err != nil {
				return 0, err
			}
			j.parented = true
		}
	}
	j.parents[asin] = key
	return key, nil
}

// shownProduct is a product that an ad group advertised in the week.
type shownProduct struct {
	asin, parent int64
	clicks, seen int64
	code         string
}

// readProducts reads which products the ad groups of sponsored products showed.
func (j *join) readProducts() error {
	j.productsWhole = true
	for _, p := range j.profiles {
		if !p.advertises {
			continue
		}
		days, _, err := j.days(p.id, ads.SPAdvertisedProduct)
		if err != nil {
			return err
		}
		if len(days) < 7 {
			j.productsWhole = false
		}
		type row struct {
			group int64
			shownProduct
		}
		var rows []row
		err = j.c.Query(weekProducts, func(r database.Row) error {
			rows = append(rows, row{r.Int(0), shownProduct{asin: r.Int(1), clicks: max(0, r.Int(2)), seen: max(0, r.Int(3))}})
			return nil
		}, p.id, string(ads.SPAdvertisedProduct), j.week, j.week.WeekEnd())
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.parent, err = j.parent(r.asin); err != nil {
				return err
			}
			if r.code, err = j.code(r.asin); err != nil {
				return err
			}
			j.shown[r.group] = append(j.shown[r.group], r.shownProduct)
		}
	}
	for _, products := range j.shown {
		slices.SortFunc(products, func(a, b shownProduct) int { return cmp.Compare(a.code, b.code) })
	}
	return nil
}

// spentKey is one term and the ad group, of our numbering, that advertised on
// it; group 0 for sponsored brands.
type spentKey struct{ term, group int64 }

// allocate gives what each ad group spent on a term to the products whose ads
// were clicked in the week: to the only one as measured, to several by their
// clicks as modelled, and what no product is named for to the unnamed part.
// All figures add up to the brand's exactly (analytics.md §3.4).
func (j *join) allocate() error {
	for group, products := range j.shown {
		j.shown[group] = clicked(products)
	}
	for at, spent := range j.spent {
		products := j.products(at.group)
		for i, s := range divide(spent, products) {
			if s.nothing() {
				continue
			}
			if products[i].asin == unnamed {
				j.terms[at.term].unnamed.add(s)
			}
			part(j.asinRows, at.term, products[i].asin).ads.add(s)
			part(j.parentRows, at.term, products[i].parent).ads.add(s)
		}
	}
	// A product that might have had a click and was given none is modelled, too.
	for at := range j.spent {
		products := j.products(at.group)
		oneParent := !slices.ContainsFunc(products, func(p shownProduct) bool { return p.parent != products[0].parent })
		for _, p := range products {
			j.asinRows[partKey{at.term, p.asin}].mark(len(products) > 1)
			j.parentRows[partKey{at.term, p.parent}].mark(!oneParent)
		}
	}
	return nil
}

// products are those to which the spend of an ad group may go.
func (j *join) products(group int64) []shownProduct {
	if products := j.shown[group]; len(products) > 0 {
		return products
	}
	return []shownProduct{{asin: unnamed}}
}

// clicked leaves the products that were clicked; if none was, those that were
// seen.
func clicked(products []shownProduct) []shownProduct {
	for _, had := range []func(shownProduct) int64{
		func(p shownProduct) int64 { return p.clicks },
		func(p shownProduct) int64 { return p.seen },
	} {
		some := slices.DeleteFunc(slices.Clone(products), func(p shownProduct) bool { return had(p) == 0 })
		if len(some) > 0 {
			return some
		}
	}
	return products
}

func (p *partTerm) mark(modelled bool) {
	if p != nil {
		p.modelled = p.modelled || modelled
	}
}

// divide splits figures over products: clicks by the products' clicks of the
// week, cost and orders by the clicks that each was given, sales by its orders.
func divide(spent adSums, products []shownProduct) []adSums {
	shares := make([]adSums, len(products))
	weights := make([]int64, len(products))
	seen := make([]int64, len(products))
	for i, p := range products {
		weights[i], seen[i] = p.clicks, p.seen
		shares[i].foreign = spent.foreign
	}
	weights = orElse(weights, seen)
	clicks := share(spent.clicks, weights, func(i int) *Count { return &shares[i].clicks })
	share(spent.impressions, weights, func(i int) *Count { return &shares[i].impressions })
	weights = orElse(clicks, weights)
	share(spent.cost, weights, func(i int) *Count { return &shares[i].cost })
	all := share(spent.orders1d, weights, func(i int) *Count { return &shares[i].orders1d })
	share(spent.orders1dSame, orElse(all, weights), func(i int) *Count { return &shares[i].orders1dSame })
	orders := share(spent.orders7d, weights, func(i int) *Count { return &shares[i].orders7d })
	share(spent.sales7d, orElse(orders, weights), func(i int) *Count { return &shares[i].sales7d })
	sponsoredBrands := share(Count{V: spent.sbClicks, Valid: true}, weights, func(int) *Count { return new(Count) })
	for i, v := range sponsoredBrands {
		shares[i].sbClicks = v
	}
	return shares
}

// orElse returns the weights, or others where they are all 0.
func orElse(weights, others []int64) []int64 {
	if slices.ContainsFunc(weights, func(w int64) bool { return w > 0 }) {
		return weights
	}
	return others
}

// share divides a figure and puts each part where at says; an unknown figure
// leaves all parts unknown.
func share(v Count, weights []int64, at func(i int) *Count) []int64 {
	if !v.Valid {
		return make([]int64, len(weights))
	}
	parts := apportion(v.V, weights)
	for i, p := range parts {
		*at(i) = known(p)
	}
	return parts
}

// apportion divides a whole number in proportion to weights, which are not
// negative, so that the parts add up to it: each gets the whole part of its
// quota, and the largest remainders one more (Hamilton's method). Equal
// remainders go to the larger weight, then to the first. Weights that are all 0
// count as equal.
func apportion(v int64, weights []int64) []int64 {
	parts := make([]int64, len(weights))
	if v == 0 {
		return parts
	}
	size := uint64(v)
	if v < 0 {
		size = -size
	}
	weight := func(i int) uint64 { return uint64(weights[i]) }
	var total uint64
	for i := range weights {
		total += weight(i)
	}
	if total == 0 {
		total = uint64(len(weights))
		weight = func(int) uint64 { return 1 }
	}
	remainders := make([]uint64, len(weights))
	order := make([]int, len(weights))
	left := size
	for i := range weights {
		hi, lo := bits.Mul64(size, weight(i))
		quotient, remainder := bits.Div64(hi, lo, total)
		parts[i], remainders[i], order[i] = int64(quotient), remainder, i
		left -= quotient
	}
	if left > 0 {
		slices.SortStableFunc(order, func(a, b int) int {
			return cmp.Or(cmp.Compare(remainders[b], remainders[a]), cmp.Compare(weight(b), weight(a)))
		})
	}
	for _, i := range order[:left] {
		parts[i]++
	}
	if v < 0 {
		for i := range parts {
			parts[i] = -parts[i]
		}
	}
	return parts
}
