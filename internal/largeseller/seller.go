// Package largeseller makes up the facts of a large seller for tests and
// benchmarks: products with variants, the searches that list them and the ads
// on these. Everything follows from the shape, so that two runs store the same.
// No other code imports it.
package largeseller

import (
	"context"
	"fmt"
	"math"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// Shape is how large a seller is.
type Shape struct {
	Marketplaces int
	ASINs        int // per marketplace; three of five of them have search rows, about 55 each
	Ads          int // search-term rows a day, per marketplace
}

// Large is the seller for which the limits of the join and the audit are
// stated: over three years about 23 million rows of search performance and 7
// million of ads (analytics.md §5).
var Large = Shape{Marketplaces: 5, ASINs: 900, Ads: 1300}

const (
	variants = 5   // ASINs of one parent
	pool     = 140 // searches that can list the products of one parent
	shared   = 300 // searches of a marketplace that list several parents
	listed   = 61  // searches of one ASIN, of which nine of ten are there in a week
)

// Newest is the last week that there is; the others precede it.
var Newest = clock.Date(2026, 11, 15)

// Code returns the id of the i-th marketplace.
func (s Shape) Code(i int) string { return marketplace.All[i].ID }

// Brand is a word of the seller's own name; Rival is another's.
const (
	Brand = "velmora"
	Rival = "quandrel"
)

// Parent returns the parent of one of the seller's ASINs.
func Parent(asin string) string {
	var market, i int
	if _, err := fmt.Sscanf(asin, "B0%2d%06d", &market, &i); err != nil {
		return ""
	}
	return fmt.Sprintf("P0%02d%06d", market, i/variants)
}

func asin(market, i int) string { return fmt.Sprintf("B0%02d%06d", market, i) }

// Market makes the facts of one marketplace.
type Market struct {
	shape   Shape
	index   int
	code    string
	profile int64
	terms   []term
	asins   []string
}

type term struct {
	text   string
	volume float64
	clicks float64 // per search
	carts  float64 // per click
	buys   float64 // per cart
	price  int64
}

var words = [...]string{"water", "bottle", "steel", "insulated", "kids", "sport", "gym", "large", "leak", "proof", "straw", "lid", "travel", "mug", "school", "metal", "vacuum", "flask", "cup", "thermo"}

// Market returns the maker of the i-th marketplace's facts.
func (s Shape) Market(i int) *Market {
	m := &Market{shape: s, index: i, code: s.Code(i), profile: int64(7_000_000 + i)}
	for n := range shared + (s.ASINs+variants-1)/variants*pool {
		h := mix(uint64(i)<<40 | uint64(n))
		word := func(k int) string { return words[(h>>(8*k))%uint64(len(words))] }
		text := fmt.Sprintf("%s %s %s %d", word(0), word(1), word(2), n)
		switch {
		case n%12 == 5:
			text = Brand + " " + text
		case n%29 == 7:
			text = Rival + " " + text
		}
		m.terms = append(m.terms, term{
			text:   text,
			volume: 300 * math.Exp(1.4*normal(h)),
			clicks: .25 + .2*unit(mix(h+1)),
			carts:  .2 + .2*unit(mix(h+2)),
			buys:   .2 + .25*unit(mix(h+3)),
			price:  int64(9+mix(h+4)%60) * 1_000_000,
		})
	}
	for n := range s.ASINs {
		m.asins = append(m.asins, asin(i, n))
	}
	return m
}

// pick is the n-th search that can list products of a parent.
func (m *Market) pick(parent, n int) int {
	if n%10 == 0 {
		return int((mix(uint64(parent))%shared + uint64(n/10*7)) % shared)
	}
	return shared + parent*pool + n
}

// Week stores all facts of one week as they are at an instant; another edition
// differs a little, as a restated one.
func (m *Market) Week(ctx context.Context, f *history.Facts, week clock.Day, at time.Time, edition uint64) (rows int64, err error) {
	slice := history.SQPSlice{
		Seller: "A2LARGE", Marketplace: m.code, Period: history.Week, Start: week, End: week.WeekEnd(), ASINs: m.asins, FetchedAt: at,
	}
	stored, err := f.ReplaceSQP(ctx, slice, func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
		return spapi.Summary{Unit: spapi.UnitPercent}, m.search(week, edition, yield)
	})
	if err != nil {
		return 0, err
	}
	rows = stored.Rows
	currency := marketplace.All[m.index].Currency
	if err := f.SaveProfiles(ctx, []history.Profile{{ID: m.profile, Marketplace: m.code, Seller: "A2LARGE", Country: marketplace.All[m.index].Country,
		Currency: currency, Zone: marketplace.All[m.index].Zone, Type: "seller"}}); err != nil {
		return 0, err
	}
	days := func(t ads.ReportType) history.AdSlice {
		return history.AdSlice{Profile: m.profile, Type: t, From: week, To: week.WeekEnd(), FetchedAt: at}
	}
	for _, t := range []ads.ReportType{ads.SPSearchTerm, ads.SBSearchTerm} {
		stored, err = f.ReplaceAdTerms(ctx, days(t), func(yield func(*ads.TermRow) error) (ads.Summary, error) {
			return ads.Summary{}, m.adTerms(t, week, edition, currency, yield)
		})
		if err != nil {
			return 0, err
		}
		rows += stored.Rows
	}
	stored, err = f.ReplaceAdProducts(ctx, days(ads.SPAdvertisedProduct), func(yield func(*ads.ProductRow) error) (ads.Summary, error) {
		return ads.Summary{}, m.adProducts(week, edition, currency, yield)
	})
	if err != nil {
		return 0, err
	}
	rows += stored.Rows
	stored, err = f.ReplaceCampaigns(ctx, days(ads.SPCampaigns), func(yield func(*ads.CampaignRow) error) (ads.Summary, error) {
		return ads.Summary{}, m.campaigns(week, currency, yield)
	})
	return rows + stored.Rows, err
}

// search yields the week's rows of search performance.
func (m *Market) search(week clock.Day, edition uint64, yield func(*spapi.SQPRow) error) error {
	currency := marketplace.All[m.index].Currency
	// Search counts hold the clicks on ads, which are one product's.
	paid := map[string]float64{}
	for _, kind := range []ads.ReportType{ads.SPSearchTerm, ads.SBSearchTerm} {
		err := m.adTerms(kind, week, edition, currency, func(r *ads.TermRow) error {
			paid[r.Term] += float64(r.Clicks.V)
			return nil
		})
		if err != nil {
			return err
		}
	}
	led := map[int]bool{} // terms whose paid clicks are counted
	var row spapi.SQPRow
	for i, code := range m.asins {
		if i%variants >= 3 {
			continue // listed, and without a search of its own
		}
		parent, rank := i/variants, int64(0)
		for k := range listed {
			n := (k*2 + i%variants*23) % pool
			at := m.pick(parent, n)
			h := mix(uint64(week)<<40 ^ uint64(at)<<16 ^ uint64(i) ^ edition<<56)
			if h%10 == 0 {
				continue
			}
			rank++
			t := &m.terms[at]
			// The market's counts are those of the term and week, whoever asks.
			volume := t.volume * math.Exp(.25*normal(mix(uint64(week)<<32|uint64(at))))
			share := .08 * math.Exp(.9*normal(mix(uint64(at)<<24|uint64(i)))+.15*normal(h)) / (1 + float64(k)/20)
			row = spapi.SQPRow{Start: week, End: week.WeekEnd(), ASIN: code, Query: t.text, Rank: count(rank), Volume: count(int64(volume))}
			total := volume * 28
			for s, stage := range []*spapi.Stage{&row.Impressions, &row.Clicks, &row.CartAdds, &row.Purchases} {
				switch s {
				case 1:
					total = volume * t.clicks
				case 2:
					total *= t.carts
				case 3:
					total *= t.buys
				}
				whole, own := total, min(total, total*share+unit(mix(h+uint64(s))))
				if s == 1 {
					whole += paid[t.text]
					if !led[at] {
						own += paid[t.text]
					}
				}
				stage.Total, stage.Own = count(int64(whole)), count(int64(own))
				if s > 0 {
					stage.TotalPrice = spapi.Price{Micros: t.price, Currency: currency, Valid: true}
					stage.OwnPrice = spapi.Price{Micros: t.price + 2_000_000, Currency: currency, Valid: stage.Own.V > 0}
					stage.SameDay, stage.OneDay, stage.TwoDay = count(int64(total/9)), count(int64(total/4)), count(int64(total/3))
				}
			}
			led[at] = true
			if err := yield(&row); err != nil {
				return err
			}
		}
	}
	return nil
}

// Ad groups of a parent's campaign: one for all its products by automatic
// targets, and one for each of the first three by keywords.
const everyProduct = 0

func (m *Market) adTerms(kind ads.ReportType, week clock.Day, edition uint64, currency string, yield func(*ads.TermRow) error) error {
	perDay := m.shape.Ads
	if kind == ads.SBSearchTerm {
		perDay /= 10
	}
	parents := (m.shape.ASINs + variants - 1) / variants
	var row ads.TermRow
	for day := week; day <= week.WeekEnd(); day++ {
		for k := range perDay {
			parent := k % parents
			n := k / parents
			h := mix(uint64(week)<<32 ^ uint64(k)<<8 ^ uint64(len(kind)) ^ edition<<48)
			// Most of the week's searches are clicked on several of its days.
			at := m.pick(parent, int(h%(pool/3)))
			group := n % 4
			campaign := int64(1_000_000*(m.index+1) + parent)
			clicks := int64(1 + mix(h^uint64(day))%3)
			row = ads.TermRow{
				Date: day, CampaignID: campaign, AdGroupID: campaign*10 + int64(group), KeywordID: campaign*1000 + int64(group*100) + int64(h%20),
				Campaign: "Campaign", AdGroup: "Group", Keyword: "bottle", MatchType: "BROAD", CampaignStatus: "ENABLED",
				Term: m.terms[at].text, Currency: currency,
				Impressions: count(clicks * 30), Clicks: count(clicks), Cost: count(clicks * 610_000),
			}
			switch {
			case group == everyProduct:
				row.Keyword, row.MatchType = "close-match", "TARGETING_EXPRESSION_PREDEFINED"
			case h>>32%4 == 0:
				row.Keyword, row.MatchType, row.KeywordID = row.Term, "EXACT", campaign*1_000_000+int64(group*100_000+at)
			}
			bought := int64(0)
			if mix(h+uint64(day))%11 == 0 {
				bought = 1
			}
			row.Orders14d, row.Sales14d, row.Units14d = count(bought), count(bought*m.terms[at].price), count(bought)
			if kind == ads.SPSearchTerm {
				row.Orders1dSameSKU, row.Orders1d, row.Orders7d = count(bought*int64(h>>20&1)), count(bought), count(bought)
				row.Sales1d, row.Sales7d, row.Units7d = row.Sales14d, row.Sales14d, count(bought)
			}
			if err := yield(&row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Market) adProducts(week clock.Day, edition uint64, currency string, yield func(*ads.ProductRow) error) error {
	var row ads.ProductRow
	for day := week; day <= week.WeekEnd(); day++ {
		for i, code := range m.asins {
			parent := i / variants
			campaign := int64(1_000_000*(m.index+1) + parent)
			for _, group := range []int{everyProduct, i%variants + 1} {
				if group > 3 {
					continue
				}
				h := mix(uint64(day)<<32 ^ uint64(i)<<4 ^ uint64(group) ^ edition<<56)
				clicks := int64(h % 4)
				row = ads.ProductRow{
					Date: day, CampaignID: campaign, AdGroupID: campaign*10 + int64(group), AdID: campaign*100 + int64(group*10+i%variants),
					Campaign: "Campaign", AdGroup: "Group", CampaignStatus: "ENABLED", ASIN: code, SKU: "SKU-" + code, Currency: currency,
					Impressions: count(30 + clicks*30), Clicks: count(clicks), Cost: count(clicks * 610_000),
					Orders1d: count(0), Orders7d: count(0), Orders14d: count(0), Sales1d: count(0), Sales7d: count(0), Sales14d: count(0),
				}
				if err := yield(&row); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (m *Market) campaigns(week clock.Day, currency string, yield func(*ads.CampaignRow) error) error {
	var row ads.CampaignRow
	for day := week; day <= week.WeekEnd(); day++ {
		for parent := range (m.shape.ASINs + variants - 1) / variants {
			row = ads.CampaignRow{
				Date: day, CampaignID: int64(1_000_000*(m.index+1) + parent), Campaign: "Campaign", Status: "ENABLED", Currency: currency,
				Impressions: count(900), Clicks: count(24), Cost: count(24 * 610_000), Orders7d: count(2), Orders14d: count(2),
				Sales7d: count(40_000_000), Sales14d: count(40_000_000),
			}
			if err := yield(&row); err != nil {
				return err
			}
		}
	}
	return nil
}

func count(v int64) history.Count { return history.Count{V: v, Valid: true} }

// mix spreads a number over all bits (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// unit is a number from 0 to 1.
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// normal is a number about as often as a standard normal one: the sum of four
// even ones, scaled.
func normal(h uint64) float64 {
	sum := float64(h&0xffff+h>>16&0xffff+h>>32&0xffff+h>>48) / 65535
	return (sum - 2) * 1.7320508
}
