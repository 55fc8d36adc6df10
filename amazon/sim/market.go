package sim

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"halotrack.ai/halotrack/amazon/marketplace"
)

type class uint8

const (
	generic class = iota
	ownBrand
	competing
	worthless // the shopper wants something that nobody here sells
	offSearch // ads are clicked elsewhere than in search results; not in SQP
)

// reach says how much of a term's own traffic goes to one of the products.
type reach struct {
	product int
	weight  float64
}

// term is one search query of a marketplace with everything about it that does
// not change from week to week.
type term struct {
	text      string
	quoted    []byte // as a JSON string
	seed      uint64
	class     class
	family    int     // -1: the whole range
	volume    float64 // searches in a mean week
	amplitude float64 // of the season, in logs
	peak      float64 // day of the year
	perSearch float64 // impressions per search
	ctr       float64 // market clicks per search
	cart      float64 // market cart adds per click
	buy       float64 // market purchases per cart add
	price     int64   // market's median, micros
	share     float64 // logit of the own impression share
	appeal    float64 // own click rate over the market's, in logs
	sells     float64 // own conversion over the market's, in logs
	noise     float64 // sd of the share's weekly noise, logit
	who       []reach
	targets   []int
}

// target is a keyword or product target through which a term triggers an ad.
type target struct {
	term, campaign       int
	product              Product
	asin                 int
	adGroupID, keywordID int64
	adGroup, keyword     string
	keywordType          string
	matchType            string
	rate                 float64 // ad clicks per market click; off search: per week
	cpc                  int64
	clickRate            float64 // clicks per ad impression
	displaced            float64 // part of the clicks that organic results lose
	seed                 uint64
}

type campaign struct {
	id, portfolio  int64
	name, formerly string
	product        Product
	budget         int64
	pauses         bool
	unseen         float64 // impressions beside those of clicked search terms
	seed           uint64
}

// market is one account in one marketplace.
type market struct {
	world     *World
	account   *account
	place     marketplace.Marketplace
	zone      *time.Location
	seed      uint64
	profile   int64
	terms     []term
	targets   []target
	campaigns []campaign
	prices    []int64 // by product, micros
	notable   []int   // generic terms by expected own clicks, most first
	defended  []int   // brand terms that ads cannibalise
	wasted    []int
	unloved   []int // seen a lot, clicked little
	dear      []int // generic terms on which the own offers cost too much
	shared    []int // generic terms on which two own products compete
	stockable []int // products whose ads fall silent when they are out of stock

	removals bool            // the scenario removes rows
	personal map[string]bool // terms that look like personal data

	mu     sync.Mutex
	cached []*period // newest use last
}

var countryScale = map[string]float64{"US": 1, "GB": .7, "DE": .65, "JP": .6, "FR": .45, "IT": .4, "ES": .4}

// exchange gives a currency's units per dollar, coarsely.
var exchange = map[string]float64{"JPY": 140, "INR": 60, "SEK": 10, "MXN": 17, "TRY": 25, "PLN": 4, "EGP": 30, "ZAR": 17, "AED": 3.7, "SAR": 3.75, "BRL": 5}

// micros rounds an amount to what is charged in the currency: whole yen, else
// hundredths.
func micros(amount float64, currency string) int64 {
	if currency == "JPY" {
		return int64(math.Round(amount)) * 1_000_000
	}
	return int64(math.Round(amount*100)) * 10_000
}

func newMarket(w *World, a *account, place marketplace.Marketplace) *market {
	m := &market{world: w, account: a, place: place, seed: mix(a.seed, hashString(place.ID))}
	m.zone, _ = time.LoadLocation(place.Zone)
	if m.zone == nil {
		m.zone = time.UTC
	}
	m.profile = int64(1_000_000_000_000_000 + mix(m.seed, 1)%7_000_000_000_000_000)
	rate := exchange[place.Currency]
	if rate == 0 {
		rate = 1
	}
	for i, p := range a.products {
		amount := float64(p.cents) / 100 * rate
		if place.Currency != "JPY" && rate == 1 {
			amount = math.Floor(amount) + .99
		}
		m.prices = append(m.prices, micros(amount, place.Currency))
		m.account.products[i].info.PriceMicros[place.ID] = m.prices[i]
	}
	m.makeCampaigns()
	m.makeTerms(rate)
	m.makeTargets(rate)
	m.findStockable()
	m.makeHostile()
	return m
}

type draft struct {
	text   string
	class  class
	family int
	score  float64 // the lower, the more searched
}

func (m *market) makeTerms(rate float64) {
	d := newDice().seed(m.seed, 2)
	seen := map[string]bool{}
	var drafts []draft
	add := func(text string, c class, family int, score float64) {
		if !seen[text] {
			seen[text] = true
			drafts = append(drafts, draft{text, c, family, score + d.ExpFloat64()*.6})
		}
	}
	families := m.account.niche.families
	langs := languages[m.place.Country]
	if langs == nil {
		langs = []string{"en"}
	}
	words := m.account.words
	add(words[0], ownBrand, -1, 3.2)
	add(words[1], ownBrand, -1, 5)
	add(strings.ToUpper(words[0][:1])+words[0][1:], ownBrand, -1, 5)
	for f := range families {
		for i, noun := range families[f].words[langs[0]] {
			add(words[0]+" "+noun, ownBrand, f, 4+float64(i)*.8)
			if f < 3 {
				add(noun+" "+words[0], ownBrand, f, 5.5)
			}
		}
	}
	for i, c := range m.account.rivals {
		c = strings.ToLower(c)
		add(c, competing, i%len(families), 3.5)
		for f := range families {
			if (f+i)%2 == 0 {
				add(c+" "+families[f].words[langs[0]][0], competing, f, 4.5)
			}
		}
	}
	lex := lexicons[langs[0]]
	for i := range 8 {
		if m.world.cfg.Quiet {
			break
		}
		f := families[i%len(families)]
		add(f.words[langs[0]][0]+" "+lex.waste[i%len(lex.waste)], worthless, i%len(families), 2.8)
	}
	want := m.world.cfg.Terms
	narrowing := make([][]string, len(langs))
	for l, lang := range langs {
		narrowing[l] = slices.Concat(lexicons[lang].after, m.account.niche.after[lang])
	}
	for l, lang := range langs {
		lex, handicap := lexicons[lang], float64(l)*1.4
		for f := range families {
			for i, noun := range families[f].words[lang] {
				s := handicap + float64(i)*.5 + float64(f)*.08
				add(noun, generic, f, s)
				for _, b := range lex.before {
					add(b+" "+noun, generic, f, s+1.6)
				}
				for _, a := range narrowing[l] {
					add(noun+" "+a, generic, f, s+1.8)
				}
			}
		}
	}
	for tries := 0; len(drafts) < want && tries < want*20; tries++ {
		l := 0
		if len(langs) > 1 && d.IntN(10) == 0 {
			l = 1
		}
		lex := lexicons[langs[l]]
		f := int(float64(len(families)) * d.Float64() * math.Sqrt(d.Float64()))
		nouns := families[f].words[langs[l]]
		noun := nouns[d.IntN(len(nouns))]
		after := narrowing[l]
		text := lex.before[d.IntN(len(lex.before))] + " " + noun + " " + after[d.IntN(len(after))]
		if d.IntN(4) == 0 {
			text = noun + " " + after[d.IntN(len(after))] + " " + after[d.IntN(len(after))]
		}
		add(text, generic, f, 3.4+float64(l))
	}
	slices.SortStableFunc(drafts, func(a, b draft) int { return cmp.Compare(a.score, b.score) })
	if len(drafts) > want {
		drafts = slices.DeleteFunc(drafts, func(x draft) bool { return x.class == generic && x.score > drafts[want-1].score })
	}
	drafts = append(drafts, m.variants(drafts, seen)...)

	scale := countryScale[m.place.Country]
	if scale == 0 {
		scale = .3
	}
	for r, x := range drafts {
		t := m.makeTerm(d, x, rate)
		t.volume = scale * 97_000 / math.Pow(float64(min(r, want))+6, .95) * math.Exp(.25*d.NormFloat64())
		if t.class == worthless { // enough to waste a few dozen clicks a week on
			t.volume = max(t.volume, 110/t.ctr)
		}
		m.terms = append(m.terms, t)
	}
	expected := func(i int) float64 {
		t := &m.terms[i]
		return t.volume * t.ctr * logistic(t.share+t.appeal)
	}
	for i, t := range m.terms {
		if t.class == generic {
			m.notable = append(m.notable, i)
		} else if t.class == worthless {
			m.wasted = append(m.wasted, i)
		}
	}
	slices.SortStableFunc(m.notable, func(a, b int) int { return cmp.Compare(expected(b), expected(a)) })
	if !m.world.cfg.Quiet {
		m.plantAlways()
	}
}

// variants returns texts that differ from others only in case, spacing or
// Unicode form: Amazon reports them as queries of their own.
func (m *market) variants(drafts []draft, seen map[string]bool) []draft {
	d := newDice().seed(m.seed, 3)
	var out []draft
	for range len(drafts) / 60 {
		x := drafts[d.IntN(len(drafts))]
		if x.class != generic {
			continue
		}
		switch d.IntN(3) {
		case 0:
			first, size := utf8.DecodeRuneInString(x.text)
			x.text = string(unicode.ToUpper(first)) + x.text[size:]
		case 1:
			x.text = strings.Replace(x.text, " ", "  ", 1)
		default:
			x.text = strings.NewReplacer("ü", "u\u0308", "ö", "o\u0308", "ä", "a\u0308", "é", "e\u0301").Replace(x.text)
		}
		if !seen[x.text] {
			seen[x.text] = true
			out = append(out, x)
		}
	}
	return out
}

func (m *market) makeTerm(d *dice, x draft, rate float64) term {
	t := term{
		text: x.text, quoted: appendQuoted(nil, x.text), class: x.class, family: x.family,
		seed:      mix(m.seed, hashString(x.text)),
		perSearch: d.between(16, 30), ctr: d.between(.22, .55),
		cart: d.between(.12, .3), buy: d.between(.25, .55),
		appeal: .25 * d.NormFloat64(), sells: .25 * d.NormFloat64(),
		noise: d.between(.08, .3),
	}
	if m.world.cfg.Quiet {
		t.appeal, t.sells = 0, 0
	}
	families := m.account.niche.families
	f := max(0, x.family)
	t.price = micros(float64(families[f].price)/100*rate*d.between(.7, 1.3), m.place.Currency)
	t.amplitude, t.peak = d.between(.05, .35), float64(mix(m.account.seed, uint64(f))%365)
	switch x.class {
	case ownBrand:
		t.share, t.appeal, t.noise = logit(.3)+.25*d.NormFloat64(), 1.6, .12
	case competing:
		t.share = logit(.004) + .5*d.NormFloat64()
		if !m.world.cfg.Quiet {
			t.sells = -.7
		}
	case worthless:
		t.share, t.appeal, t.cart, t.buy = logit(.012), -.2, .01, .05
	default:
		t.share = logit(.018) + .8*d.NormFloat64()
	}
	for p, product := range m.account.products {
		if x.family >= 0 && product.family != x.family {
			continue
		}
		if x.family < 0 && p%4 != 0 || d.Float64() > product.relevance {
			continue
		}
		t.who = append(t.who, reach{p, product.popularity * math.Exp(.5*d.NormFloat64())})
	}
	if len(t.who) == 0 {
		t.who = append(t.who, reach{m.account.leader(f), 1})
	}
	return t
}
