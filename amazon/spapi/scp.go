package spapi

import (
	"database/sql"
	"io"
)

// DecodeSCP streams the rows of a Search Catalog Performance document; the
// rules are those of DecodeSQP. Its rates are fractions where those of SQP are
// percents, and serve the unit check alone (spapi.md §2).
func DecodeSCP(r io.Reader, want Expect, yield func(*SCPRow) error) (Summary, error) {
	e := newEnvelope(SCP, r, want)
	var row SCPRow
	return e.decode(func(raw []byte) error {
		row = SCPRow{}
		fresh, err := e.scpRow(&row, raw)
		if err != nil || !fresh {
			return err
		}
		return yield(&row)
	})
}

func (e *envelope) scpRow(row *SCPRow, raw []byte) (fresh bool, err error) {
	c := e.cursor
	var asin *asinRows
	var clickRate, conversionRate sql.Null[float64]
	start, end := false, false
	if !c.Object() {
		c.Fail("", "is not an object")
		return false, c.Err()
	}
	for c.Member() {
		switch string(c.Name()) {
		case "startDate":
			start = e.date(e.start)
		case "endDate":
			end = e.date(e.end)
		case "asin":
			asin = e.asin()
		case "impressionData":
			e.scpImpressions(&row.Impressions)
		case "clickData":
			clickRate = e.scpClicks(&row.Clicks)
		case "cartAddData":
			e.scpCartAdds(&row.CartAdds)
		case "purchaseData":
			conversionRate = e.scpPurchases(row)
		default:
			c.Skip()
		}
	}
	switch {
	case c.Err() != nil:
	case asin == nil:
		c.Fail("asin", "is missing")
	case !start:
		c.Fail("startDate", "is missing")
	case !end:
		c.Fail("endDate", "is missing")
	}
	if err := c.Err(); err != nil {
		return false, err
	}
	if fresh, err := e.admit(asin, nil, raw); !fresh {
		return false, err
	}
	row.Start, row.End, row.ASIN = e.want.Start, e.want.End, asin.name
	e.votes.check(clickRate, row.Clicks.Count, row.Impressions.Count)
	e.votes.check(conversionRate, row.Purchases.Count, row.Clicks.Count)
	return true, nil
}

func (e *envelope) scpImpressions(s *SCPStage) {
	c := e.cursor
	for in := c.Object(); in && c.Member(); {
		switch string(c.Name()) {
		case "impressionCount":
			s.Count = c.Count()
		case "impressionMedianPrice":
			s.MedianPrice = e.price()
		case "sameDayShippingImpressionCount":
			s.SameDay = c.Count()
		case "oneDayShippingImpressionCount":
			s.OneDay = c.Count()
		case "twoDayShippingImpressionCount":
			s.TwoDay = c.Count()
		default:
			c.Skip()
		}
	}
}

func (e *envelope) scpClicks(s *SCPStage) (rate sql.Null[float64]) {
	c := e.cursor
	for in := c.Object(); in && c.Member(); {
		switch string(c.Name()) {
		case "clickCount":
			s.Count = c.Count()
		case "clickRate":
			rate = c.Ratio()
		case "clickedMedianPrice":
			s.MedianPrice = e.price()
		case "sameDayShippingClickCount":
			s.SameDay = c.Count()
		case "oneDayShippingClickCount":
			s.OneDay = c.Count()
		case "twoDayShippingClickCount":
			s.TwoDay = c.Count()
		default:
			c.Skip()
		}
	}
	return rate
}

func (e *envelope) scpCartAdds(s *SCPStage) {
	c := e.cursor
	for in := c.Object(); in && c.Member(); {
		switch string(c.Name()) {
		case "cartAddCount":
			s.Count = c.Count()
		case "cartAddedMedianPrice":
			s.MedianPrice = e.price()
		case "sameDayShippingCartAddCount":
			s.SameDay = c.Count()
		case "oneDayShippingCartAddCount":
			s.OneDay = c.Count()
		case "twoDayShippingCartAddCount":
			s.TwoDay = c.Count()
		default:
			c.Skip()
		}
	}
}

func (e *envelope) scpPurchases(row *SCPRow) (rate sql.Null[float64]) {
	c, s := e.cursor, &row.Purchases
	for in := c.Object(); in && c.Member(); {
		switch string(c.Name()) {
		case "purchaseCount":
			s.Count = c.Count()
		case "searchTrafficSales":
			row.SearchSales = e.price()
		case "conversionRate":
			rate = c.Ratio()
		case "purchaseMedianPrice":
			s.MedianPrice = e.price()
		case "sameDayShippingPurchaseCount":
			s.SameDay = c.Count()
		case "oneDayShippingPurchaseCount":
			s.OneDay = c.Count()
		case "twoDayShippingPurchaseCount":
			s.TwoDay = c.Count()
		default:
			c.Skip()
		}
	}
	return rate
}
