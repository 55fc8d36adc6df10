package spapi

import "io"

// DecodeSQP streams the rows of a Search Query Performance document from plain
// JSON (see Plain). The row is reused between calls of yield; the strings in it
// may be kept. It stops at the first error: a *DocumentError about the
// document, yield's own, or one of reading. What was yielded before an error
// must be thrown away, because only the end shows that a document is whole.
//
// An unknown member is passed over; a missing or null block leaves its counts
// invalid; a wrong type, another period or marketplace, and two rows that
// contradict each other are refused. A row that repeats an earlier one to the
// byte is passed over and counted.
func DecodeSQP(r io.Reader, want Expect, yield func(*SQPRow) error) (Summary, error) {
	e := newEnvelope(SQP, r, want)
	var row SQPRow
	return e.decode(func(raw []byte) error {
		row = SQPRow{}
		fresh, err := e.sqpRow(&row, raw)
		if err != nil || !fresh {
			return err
		}
		return yield(&row)
	})
}

func (e *envelope) sqpRow(row *SQPRow, raw []byte) (fresh bool, err error) {
	c := e.cursor
	var asin *asinRows
	var query []byte
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
		case "searchQueryData":
			query = e.sqpQuery(row)
		case "impressionData":
			e.sqpImpressions(&row.Impressions)
		case "clickData":
			e.sqpClicks(&row.Clicks)
		case "cartAddData":
			e.sqpCartAdds(&row.CartAdds)
		case "purchaseData":
			e.sqpPurchases(&row.Purchases)
		default:
			c.Skip()
		}
	}
	switch {
	case c.Err() != nil:
	case asin == nil:
		c.Fail("asin", "is missing")
	case len(query) == 0:
		c.Fail("searchQueryData/searchQuery", "is missing")
	case !start:
		c.Fail("startDate", "is missing")
	case !end:
		c.Fail("endDate", "is missing")
	}
	if err := c.Err(); err != nil {
		return false, err
	}
	if fresh, err := e.admit(asin, query, raw); !fresh {
		return false, err
	}
	row.Start, row.End, row.ASIN = e.want.Start, e.want.End, asin.name
	row.Query = string(query)
	e.votes.stage(&row.Impressions, row.Volume)
	e.votes.stage(&row.Clicks, row.Volume)
	e.votes.stage(&row.CartAdds, row.Volume)
	e.votes.stage(&row.Purchases, row.Volume)
	return true, nil
}

// stage checks a stage's share of the market and its rate per search.
func (v *votes) stage(s *Stage, volume Count) {
	v.check(s.Share, s.Own, s.Total)
	v.check(s.Rate, s.Total, volume)
}

func (e *envelope) sqpQuery(row *SQPRow) (query []byte) {
	c := e.cursor
	for in := c.Object(); in && c.Member(); {
		switch string(c.Name()) {
		case "searchQuery":
			query, _ = c.Text(maxQuery)
		case "searchQueryScore":
			row.Rank = c.Count()
		case "searchQueryVolume":
			row.Volume = c.Count()
		default:
			c.Skip()
		}
	}
	return query
}

func (e *envelope) sqpImpressions(s *Stage) {
	c := e.cursor
	for in := c.Object(); in && c.Member(); {
		switch string(c.Name()) {
		case "totalQueryImpressionCount":
			s.Total = c.Count()
		case "asinImpressionCount":
			s.Own = c.Count()
		case "asinImpressionShare":
			s.Share = c.Ratio()
		default:
			c.Skip()
		}
	}
}

func (e *envelope) sqpClicks(s *Stage) {
	c := e.cursor
	for in := c.Object(); in && c.Member(); {
		switch string(c.Name()) {
		case "totalClickCount":
			s.Total = c.Count()
		case "totalClickRate":
			s.Rate = c.Ratio()
		case "asinClickCount":
			s.Own = c.Count()
		case "asinClickShare":
			s.Share = c.Ratio()
		case "totalMedianClickPrice":
			s.TotalPrice = e.price()
		case "asinMedianClickPrice":
			s.OwnPrice = e.price()
		case "totalSameDayShippingClickCount":
			s.SameDay = c.Count()
		case "totalOneDayShippingClickCount":
			s.OneDay = c.Count()
		case "totalTwoDayShippingClickCount":
			s.TwoDay = c.Count()
		default:
			c.Skip()
		}
	}
}

func (e *envelope) sqpCartAdds(s *Stage) {
	c := e.cursor
	for in := c.Object(); in && c.Member(); {
		switch string(c.Name()) {
		case "totalCartAddCount":
			s.Total = c.Count()
		case "totalCartAddRate":
			s.Rate = c.Ratio()
		case "asinCartAddCount":
			s.Own = c.Count()
		case "asinCartAddShare":
			s.Share = c.Ratio()
		case "totalMedianCartAddPrice":
			s.TotalPrice = e.price()
		case "asinMedianCartAddPrice":
			s.OwnPrice = e.price()
		case "totalSameDayShippingCartAddCount":
			s.SameDay = c.Count()
		case "totalOneDayShippingCartAddCount":
			s.OneDay = c.Count()
		case "totalTwoDayShippingCartAddCount":
			s.TwoDay = c.Count()
		default:
			c.Skip()
		}
	}
}

func (e *envelope) sqpPurchases(s *Stage) {
	c := e.cursor
	for in := c.Object(); in && c.Member(); {
		switch string(c.Name()) {
		case "totalPurchaseCount":
			s.Total = c.Count()
		case "totalPurchaseRate":
			s.Rate = c.Ratio()
		case "asinPurchaseCount":
			s.Own = c.Count()
		case "asinPurchaseShare":
			s.Share = c.Ratio()
		case "totalMedianPurchasePrice":
			s.TotalPrice = e.price()
		case "asinMedianPurchasePrice":
			s.OwnPrice = e.price()
		case "totalSameDayShippingPurchaseCount":
			s.SameDay = c.Count()
		case "totalOneDayShippingPurchaseCount":
			s.OneDay = c.Count()
		case "totalTwoDayShippingPurchaseCount":
			s.TwoDay = c.Count()
		default:
			c.Skip()
		}
	}
}
