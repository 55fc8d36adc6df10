package sim

import (
	"io"
	"slices"
	"strconv"

	"halotrack.ai/halotrack/internal/clock"
)

// pen collects bytes and hands them on in blocks, so that a document of any
// size takes the same memory.
type pen struct {
	b   []byte
	w   io.Writer
	err error
}

const penBlock = 64 << 10

func (p *pen) spill() {
	if len(p.b) >= penBlock {
		p.flush()
	}
}

func (p *pen) flush() {
	if p.err == nil {
		_, p.err = p.w.Write(p.b)
	}
	p.b = p.b[:0]
}

func (p *pen) text(s string)  { p.b = append(p.b, s...) }
func (p *pen) number(n int64) { p.b = strconv.AppendInt(p.b, n, 10) }
func (p *pen) quoted(s string) {
	p.b = appendQuoted(p.b, s)
}

func (p *pen) price(key string, micros int64, currency string) {
	p.text(key)
	if micros == 0 {
		p.text("null")
		return
	}
	p.text(`{"amount":`)
	p.b = appendMoney(p.b, micros)
	p.text(`,"currencyCode":"`)
	p.text(currency)
	p.text(`"}`)
}

// eachSQP calls f for the cells the report holds, by ASIN as asked and rank.
func (r *spReport) eachSQP(f func(*period, cell)) {
	p := r.market.period(r.first, r.days)
	seen := map[string]bool{}
	for _, asin := range r.asins {
		if seen[asin] {
			continue
		}
		seen[asin] = true
		i := slices.IndexFunc(r.market.account.products, func(x product) bool { return x.info.ASIN == asin })
		if i < 0 {
			continue
		}
		for _, c := range p.cells[p.first[i]:p.first[i+1]] {
			if !r.market.missing(p, c, r.endAt) {
				f(p, c)
			}
		}
	}
}

// write writes the report's document.
func (r *spReport) write(w io.Writer) error {
	p := &pen{b: make([]byte, 0, penBlock+4096), w: w}
	if r.fatal != "" {
		p.text(`{"errorDetails":`)
		p.quoted(r.fatal)
		p.text("}")
		p.flush()
		return p.err
	}
	r.writeHead(p)
	if r.kind == typeSQP {
		r.writeSQP(p)
	} else {
		r.writeSCP(p)
	}
	p.text("]}")
	p.flush()
	return p.err
}

func (r *spReport) writeHead(p *pen) {
	p.text(`{"reportSpecification":{"reportType":"` + r.kind + `","reportOptions":{"reportPeriod":"` + r.options["reportPeriod"] + `"`)
	for _, name := range []string{"asin", "asins"} {
		if v := r.options[name]; v != "" {
			p.text(`,"` + name + `":`)
			p.quoted(v)
		}
	}
	p.text(`},"dataStartTime":"` + r.first.String() + `","dataEndTime":"` + (r.first + clock.Day(r.days-1)).String() + `","marketplaceIds":["` + r.places[0] + `"]},"dataByAsin":[`)
}

func (r *spReport) writeSQP(p *pen) {
	currency := r.market.place.Currency
	prefix := `{"startDate":"` + r.first.String() + `","endDate":"` + (r.first + clock.Day(r.days-1)).String() + `","asin":"`
	var row SQPRow
	comma := false
	r.eachSQP(func(per *period, c cell) {
		if comma {
			p.b = append(p.b, ',')
		}
		comma = true
		r.market.sqpRow(per, c, &row)
		p.text(prefix)
		p.text(row.ASIN)
		p.text(`","searchQueryData":{"searchQuery":`)
		p.b = append(p.b, r.market.terms[c.term].quoted...)
		p.text(`,"searchQueryScore":`)
		p.number(row.Rank)
		p.text(`,"searchQueryVolume":`)
		p.number(row.Volume)
		p.text(`},"impressionData":{"totalQueryImpressionCount":`)
		p.number(row.Impressions.Total)
		p.text(`,"asinImpressionCount":`)
		p.number(row.Impressions.Own)
		p.text(`,"asinImpressionShare":`)
		p.b = appendRatio(p.b, row.Impressions.Own, row.Impressions.Total, 100, 2)
		p.text("}")
		p.stage(&stageKeys[0], &row.Clicks, row.Volume, currency)
		p.stage(&stageKeys[1], &row.CartAdds, row.Volume, currency)
		p.stage(&stageKeys[2], &row.Purchases, row.Volume, currency)
		p.text("}")
		p.spill()
	})
}

// stageNames are the keys of one funnel step in the order they are written.
type stageNames struct{ data, total, rate, own, share, price, ownPrice, same, one, two string }

var stageKeys = [3]stageNames{keysOf("click", "Click"), keysOf("cartAdd", "CartAdd"), keysOf("purchase", "Purchase")}

func keysOf(lower, upper string) stageNames {
	return stageNames{
		data: `,"` + lower + `Data":{`, total: `"total` + upper + `Count":`, rate: `,"total` + upper + `Rate":`,
		own: `,"asin` + upper + `Count":`, share: `,"asin` + upper + `Share":`,
		price: `,"totalMedian` + upper + `Price":`, ownPrice: `,"asinMedian` + upper + `Price":`,
		same: `,"totalSameDayShipping` + upper + `Count":`, one: `,"totalOneDayShipping` + upper + `Count":`, two: `,"totalTwoDayShipping` + upper + `Count":`,
	}
}

func (p *pen) stage(k *stageNames, s *Stage, volume int64, currency string) {
	p.text(k.data)
	p.text(k.total)
	p.number(s.Total)
	p.text(k.rate)
	p.b = appendRatio(p.b, s.Total, volume, 100, 2)
	p.text(k.own)
	p.number(s.Own)
	p.text(k.share)
	p.b = appendRatio(p.b, s.Own, s.Total, 100, 2)
	p.price(k.price, s.TotalPrice, currency)
	p.price(k.ownPrice, s.OwnPrice, currency)
	p.text(k.same)
	p.number(s.SameDay)
	p.text(k.one)
	p.number(s.OneDay)
	p.text(k.two)
	p.number(s.TwoDay)
	p.text("}")
}

func (r *spReport) writeSCP(p *pen) {
	currency := r.market.place.Currency
	prefix := `{"startDate":"` + r.first.String() + `","endDate":"` + (r.first + clock.Day(r.days-1)).String() + `","asin":"`
	comma := false
	for _, x := range r.market.period(r.first, r.days).scp {
		if len(r.asins) > 0 && !slices.Contains(r.asins, x.ASIN) {
			continue
		}
		if comma {
			p.b = append(p.b, ',')
		}
		comma = true
		p.text(prefix + x.ASIN + `","impressionData":{"impressionCount":`)
		p.number(x.Impressions.Count)
		p.price(`,"impressionMedianPrice":`, x.Impressions.Price, currency)
		p.ships("Impression", x.Impressions)
		p.text(`},"clickData":{"clickCount":`)
		p.number(x.Clicks.Count)
		p.text(`,"clickRate":`)
		p.b = appendRatio(p.b, x.Clicks.Count, x.Impressions.Count, 1, 4)
		p.price(`,"clickedMedianPrice":`, x.Clicks.Price, currency)
		p.ships("Click", x.Clicks)
		p.text(`},"cartAddData":{"cartAddCount":`)
		p.number(x.CartAdds.Count)
		p.price(`,"cartAddedMedianPrice":`, x.CartAdds.Price, currency)
		p.ships("CartAdd", x.CartAdds)
		p.text(`},"purchaseData":{"purchaseCount":`)
		p.number(x.Purchases.Count)
		p.text(`,"searchTrafficSales":{"amount":`)
		p.b = appendMoney(p.b, x.SalesMicros)
		p.text(`,"currencyCode":"` + currency + `"},"conversionRate":`)
		p.b = appendRatio(p.b, x.Purchases.Count, x.Clicks.Count, 1, 4)
		p.price(`,"purchaseMedianPrice":`, x.Purchases.Price, currency)
		p.ships("Purchase", x.Purchases)
		p.text("}}")
		p.spill()
	}
}

func (p *pen) ships(stage string, s SCPStage) {
	p.text(`,"sameDayShipping` + stage + `Count":`)
	p.number(s.SameDay)
	p.text(`,"oneDayShipping` + stage + `Count":`)
	p.number(s.OneDay)
	p.text(`,"twoDayShipping` + stage + `Count":`)
	p.number(s.TwoDay)
}
