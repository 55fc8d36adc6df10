package ads

import (
	"fmt"
	"io"
)

// DecodeTerms streams the rows of a spSearchTerm or sbSearchTerm document from
// plain JSON (see Plain). The row is reused between calls of yield; the strings
// in it may be kept. It stops at the first error: a *DocumentError about the
// document, yield's own, or one of reading. What was yielded before an error
// must be thrown away, because only the end shows that a document is whole.
//
// A date outside the window is refused. Rows with equal keys are all yielded:
// their figures add up. A row without search term has the term *.
func DecodeTerms(r io.Reader, spec ReportSpec, yield func(*TermRow) error) (Summary, error) {
	if spec.Type.Grain() != ByTerm {
		return Summary{}, fmt.Errorf("%s is not a report on search terms", spec.Type)
	}
	t := newTable(r, spec)
	brands := spec.Product() == SponsoredBrands
	var row TermRow
	return t.decode(func() (bool, error) {
		row = TermRow{}
		if full, err := t.term(&row, brands); !full || err != nil {
			return false, err
		}
		return true, yield(&row)
	})
}

func (t *table) term(row *TermRow, brands bool) (full bool, err error) {
	c := t.cursor
	dated := false
	targeting, keywordType := "", ""
	row.Term = noTerm
	for in := c.Object(); in && c.Member(); full = true {
		if t.termKey(row, &dated, &targeting, &keywordType) {
			continue
		}
		if brands {
			t.brandTermFigure(row)
		} else {
			t.productTermFigure(row)
		}
	}
	if full {
		t.keyed(dated, row.CampaignID)
	}
	if row.Keyword == "" {
		row.Keyword = targeting
	}
	if row.MatchType == "" {
		row.MatchType = keywordType
	}
	return full, c.Err()
}

// keyed refuses a row that cannot be placed.
func (t *table) keyed(dated bool, campaign int64) {
	switch {
	case t.cursor.Err() != nil:
	case !dated:
		t.cursor.Fail("date", "is missing")
	case campaign == 0:
		t.cursor.Fail("campaignId", "is missing")
	}
}

// termKey consumes a member of the key or a name, and reports whether it was.
func (t *table) termKey(row *TermRow, dated *bool, targeting, keywordType *string) bool {
	c := t.cursor
	switch string(c.Name()) {
	case "date":
		row.Date, *dated = t.dated()
	case "campaignId":
		row.CampaignID = c.ID()
	case "adGroupId":
		row.AdGroupID = c.ID()
	case "keywordId":
		row.KeywordID = c.ID()
	case "campaignName":
		row.Campaign = t.name()
	case "adGroupName":
		row.AdGroup = t.name()
	case "keyword", "keywordText":
		row.Keyword = t.name()
	case "targeting":
		*targeting = t.name()
	case "matchType":
		row.MatchType = t.code()
	case "keywordType":
		*keywordType = t.code()
	case "campaignStatus":
		row.CampaignStatus = t.code()
	case "campaignBudgetCurrencyCode":
		row.Currency = t.currency()
	case "searchTerm":
		if text, ok := c.Text(maxTerm); ok && len(text) > 0 {
			row.Term = string(text)
		}
	case "impressions":
		row.Impressions = c.Count()
	case "clicks":
		row.Clicks = c.Count()
	case "cost":
		row.Cost = c.Micros()
	default:
		return false
	}
	return true
}

func (t *table) productTermFigure(row *TermRow) {
	c := t.cursor
	switch string(c.Name()) {
	case "purchasesSameSku1d":
		row.Orders1dSameSKU = c.Count()
	case "purchases1d":
		row.Orders1d = c.Count()
	case "purchases7d":
		row.Orders7d = c.Count()
	case "purchases14d":
		row.Orders14d = c.Count()
	case "sales1d":
		row.Sales1d = c.Micros()
	case "sales7d":
		row.Sales7d = c.Micros()
	case "sales14d":
		row.Sales14d = c.Micros()
	case "unitsSoldClicks1d":
		row.Units1d = c.Count()
	case "unitsSoldClicks7d":
		row.Units7d = c.Count()
	case "unitsSoldClicks14d":
		row.Units14d = c.Count()
	default:
		c.Skip()
	}
}

// brandTermFigure reads the columns of sponsored brands, which have no suffix
// and count 14 days after a click or view (adsapi.md §1.8).
func (t *table) brandTermFigure(row *TermRow) {
	c := t.cursor
	switch string(c.Name()) {
	case "purchases":
		row.Orders14d = c.Count()
	case "sales":
		row.Sales14d = c.Micros()
	case "unitsSold":
		row.Units14d = c.Count()
	default:
		c.Skip()
	}
}
