package history

import (
	"regexp"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/database"
)

// joinProfile is an ads profile of the marketplace.
type joinProfile struct {
	id         int64
	currency   int64
	advertises bool // it has days of sponsored products
}

// joinKeyword is what the join needs to know of a keyword or target.
type joinKeyword struct {
	group          int64
	product, exact bool
	text           string // normalised; of exact ones alone
}

// Kinds of ads rows that belong to no search term (analytics.md §3.4).
const (
	bucketNone    = "none"    // *: product pages, off-site
	bucketASIN    = "asin"    // the shopper was on a product's page
	bucketProduct = "product" // targeting of products and categories
)

// productTargeting is the match type of manual product and category targets;
// the automatic ones (TARGETING_EXPRESSION_PREDEFINED) do match searches.
const productTargeting = "TARGETING_EXPRESSION"

// exactMatch is the match type of keywords that are to be the whole search.
const exactMatch = "EXACT"

var asinLike = regexp.MustCompile(`^b0[a-z0-9]{8}$`)

const (
	marketProfiles = `SELECT id, currency FROM profiles WHERE marketplace = ?1 ORDER BY id`
	everStored     = `SELECT EXISTS (SELECT 1 FROM ad_days WHERE profile = ?1 AND type = ?2 AND state <> 'not_published')`
	weekDays       = `SELECT id, fetched_at, impressions, clicks, cost, orders_7d, sales_7d FROM ad_days
WHERE profile = ?1 AND type = ?2 AND date BETWEEN ?3 AND ?4 AND state <> 'not_published' ORDER BY date`
	dayTerms = `SELECT term, keyword, impressions, clicks, cost, orders_1d_same_sku, orders_1d, orders_7d, sales_7d, currency
FROM ad_terms WHERE day = ?1`
	joinedKeyword = `SELECT ad_group, match_type, text FROM ad_keywords WHERE id = ?1`
	termKey       = `SELECT coalesce(t.key, t.id), k.text FROM terms t JOIN terms k ON k.id = coalesce(t.key, t.id) WHERE t.id = ?1`
)

func (j *join) readProfiles() error {
	return j.c.Query(marketProfiles, func(r database.Row) error {
		j.profiles = append(j.profiles, joinProfile{id: r.Int(0), currency: packCurrency(r.Text(1))})
		return nil
	}, j.market)
}

// storedDay is one day of the week that is stored.
type storedDay struct {
	id      int64
	fetched time.Time
	totals  [5]Count // impressions, clicks, cost, orders 7d, sales 7d
}

// days lists the stored days of the week; ever tells whether the profile has
// any day of this report type at all.
func (j *join) days(profile int64, t ads.ReportType) (list []storedDay, ever bool, err error) {
	err = j.c.Query(everStored, func(r database.Row) error { ever = r.Bool(0); return nil }, profile, string(t))
	if err != nil || !ever {
		return nil, false, err
	}
	err = j.c.Query(weekDays, func(r database.Row) error {
		d := storedDay{id: r.Int(0), fetched: r.Time(1)}
		for i := range d.totals {
			d.totals[i] = r.Count(2 + i)
		}
		list = append(list, d)
		return nil
	}, profile, string(t), j.week, j.week+6)
	return list, ever, err
}

// readAds adds up the search terms of all profiles by normalised key. The
// figures are complete if each profile that advertises at all has seven stored
// days of sponsored products, or of sponsored brands where it never had the
// others. Where days of sponsored brands are missing beside sponsored products
// the week speaks of sponsored products only.
func (j *join) readAds() error {
	j.complete = true
	for i := range j.profiles {
		p := &j.profiles[i]
		stored := map[ads.ReportType]int{}
		for _, t := range []ads.ReportType{ads.SPSearchTerm, ads.SBSearchTerm} {
			days, ever, err := j.days(p.id, t)
			if err != nil {
				return err
			}
			if ever && t == ads.SPSearchTerm {
				p.advertises = true
			}
			if ever && len(days) < 7 && (t == ads.SPSearchTerm || !p.advertises) {
				j.complete = false
			}
			stored[t] = len(days)
			for _, d := range days {
				j.adsStored = true
				j.state = youngest(j.state, maturity(j.week, d.fetched))
				if err := j.readDay(d.id, t == ads.SPSearchTerm); err != nil {
					return err
				}
			}
		}
		if stored[ads.SPSearchTerm] > 0 && stored[ads.SBSearchTerm] < 7 {
			j.spOnly = true
		}
	}
	j.complete = j.complete && j.adsStored
	if j.state == "" {
		// Without ads the state tells how old the search figures were.
		j.state = maturity(j.week, j.total.FetchedAt)
	}
	return nil
}

// readDay adds up the rows of one day. They are read before anything else is
// asked for: one statement at a time.
func (j *join) readDay(day int64, sponsoredProducts bool) error {
	type row struct {
		term, keyword int64
		sums          adSums
	}
	var rows []row
	err := j.c.Query(dayTerms, func(r database.Row) error {
		s := adSums{impressions: r.Count(2), clicks: r.Count(3), cost: r.Count(4)}
		if sponsoredProducts {
			s.orders1dSame, s.orders1d, s.orders7d, s.sales7d = r.Count(5), r.Count(6), r.Count(7), r.Count(8)
		} else {
			s.sbClicks = s.clicks.V
		}
		if currency := r.Int(9); currency != 0 && j.currency != 0 && currency != j.currency {
			s.foreign, s.cost, s.sales7d = true, Count{}, Count{}
		}
		rows = append(rows, row{r.Int(0), r.Int(1), s})
		return nil
	}, day)
	if err != nil {
		return err
	}
	for _, r := range rows {
		k, err := j.keyword(r.keyword)
		if err != nil {
			return err
		}
		if k.product {
			j.bucket(bucketProduct, r.sums)
			continue
		}
		if !sponsoredProducts {
			k = joinKeyword{} // no report names its products
		}
		if k.exact {
			j.exact[k.text] = true
		}
		if err := j.advertise(r.term, k, r.sums); err != nil {
			return err
		}
	}
	return nil
}

// keyword looks a keyword or target up.
func (j *join) keyword(id int64) (k joinKeyword, err error) {
	k, known := j.keywords[id]
	if known {
		return k, nil
	}
	err = j.c.Query(joinedKeyword, func(r database.Row) error {
		match := r.Text(1)
		k = joinKeyword{group: r.Int(0), product: match == productTargeting, exact: match == exactMatch}
		if k.exact {
			k.text = NormaliseKey(r.Text(2))
		}
		return nil
	}, id)
	j.keywords[id] = k
	return k, err
}

// Keys of ads terms that are no searches, in keyOf.
const (
	keyNone int64 = -1
	keyASIN int64 = -2
)

func (j *join) advertise(term int64, k joinKeyword, s adSums) error {
	key, known := j.keyOf[term]
	// A key with search rows needs no look at its text: it is a search.
	if !known {
		err := j.c.Query(termKey, func(r database.Row) error {
			switch text := r.Text(1); {
			case text == "*" || text == "":
				key = keyNone
			case asinLike.MatchString(text):
				key = keyASIN
			default:
				key = r.Int(0)
			}
			return nil
		}, term)
		if err != nil {
			return err
		}
		j.keyOf[term] = key
	}
	switch key {
	case keyNone:
		j.bucket(bucketNone, s)
	case keyASIN:
		j.bucket(bucketASIN, s)
	default:
		t := j.term(key)
		t.advertised, t.exact = true, t.exact || k.exact
		t.ads.add(s)
		at := spentKey{key, k.group}
		spent := j.spent[at]
		spent.add(s)
		j.spent[at] = spent
	}
	return nil
}

func (j *join) bucket(kind string, s adSums) {
	b := j.buckets[kind]
	b.add(s)
	j.buckets[kind] = b
}

// spendTypes are the reports that hold the whole spend, each part of it once:
// search terms and advertised products are splits of the same money
// (adsapi.md trap 29).
var spendTypes = []ads.ReportType{ads.SPCampaigns, ads.SBCampaigns, ads.SDCampaigns}

// readSpend adds up the campaign reports. A day that Amazon answered without
// campaigns counts as stored, so an account without a product lacks nothing.
func (j *join) readSpend() error {
	s := &j.total.Spend
	foreign := false
	for _, p := range j.profiles {
		for _, t := range spendTypes {
			days, ever, err := j.days(p.id, t)
			if err != nil {
				return err
			}
			if ever {
				s.WantDays += 7
			}
			if len(days) > 0 && p.currency != 0 && j.currency != 0 && p.currency != j.currency {
				foreign = true
			}
			for _, d := range days {
				s.Days++
				s.State = youngest(s.State, maturity(j.week, d.fetched))
				// A day without campaigns is a day without spend.
				zero := Count{Valid: true}
				s.Impressions = sum(s.Impressions, sum(zero, d.totals[0]))
				s.Clicks = sum(s.Clicks, sum(zero, d.totals[1]))
				s.Cost = sum(s.Cost, sum(zero, d.totals[2]))
				if t == ads.SPCampaigns {
					s.Orders7d = sum(s.Orders7d, sum(zero, d.totals[3]))
					s.Sales7d = sum(s.Sales7d, sum(zero, d.totals[4]))
				}
			}
		}
	}
	if foreign {
		s.Cost, s.Sales7d = Count{}, Count{}
	}
	return nil
}

// youngest returns the less mature of two states; an empty one does not count.
func youngest(a, b State) State {
	if a == "" || b != "" && stateCode(b) < stateCode(a) {
		return b
	}
	return a
}
