package ads

import (
	"fmt"
	"io"
)

// maxSKU bounds a seller's own name of a product, in bytes; Amazon allows 40
// characters.
const maxSKU = 1024

// DecodeProducts streams the rows of a spAdvertisedProduct document; the rules
// are those of DecodeTerms.
func DecodeProducts(r io.Reader, spec ReportSpec, yield func(*ProductRow) error) (Summary, error) {
	if spec.Type.Grain() != ByProduct {
		return Summary{}, fmt.Errorf("%s is not a report on advertised products", spec.Type)
	}
	t := newTable(r, spec)
	var row ProductRow
	return t.decode(func() (bool, error) {
		row = ProductRow{}
		if full, err := t.product(&row); !full || err != nil {
			return false, err
		}
		return true, yield(&row)
	})
}

func (t *table) product(row *ProductRow) (full bool, err error) {
	c := t.cursor
	dated := false
	for in := c.Object(); in && c.Member(); full = true {
		switch string(c.Name()) {
		case "date":
			row.Date, dated = t.dated()
		case "campaignId":
			row.CampaignID = c.ID()
		case "adGroupId":
			row.AdGroupID = c.ID()
		case "adId":
			row.AdID = c.ID()
		case "campaignName":
			row.Campaign = t.name()
		case "adGroupName":
			row.AdGroup = t.name()
		case "campaignStatus":
			row.CampaignStatus = t.code()
		case "campaignBudgetCurrencyCode":
			row.Currency = t.currency()
		case "advertisedAsin":
			row.ASIN = t.code()
		case "advertisedSku":
			row.SKU = t.sku()
		case "impressions":
			row.Impressions = c.Count()
		case "clicks":
			row.Clicks = c.Count()
		case "cost":
			row.Cost = c.Micros()
		default:
			t.productFigure(row)
		}
	}
	if full {
		t.keyed(dated, row.CampaignID)
	}
	return full, c.Err()
}

// sku consumes a seller's own name of a product, byte for byte.
func (t *table) sku() string {
	text, ok := t.cursor.Text(maxSKU)
	if !ok || len(text) == 0 {
		return ""
	}
	return t.names.String(text)
}

func (t *table) productFigure(row *ProductRow) {
	c := t.cursor
	switch string(c.Name()) {
	case "purchases1d":
		row.Orders1d = c.Count()
	case "purchases7d":
		row.Orders7d = c.Count()
	case "purchases14d":
		row.Orders14d = c.Count()
	case "purchasesSameSku1d":
		row.Orders1dSameSKU = c.Count()
	case "purchasesSameSku7d":
		row.Orders7dSameSKU = c.Count()
	case "purchasesSameSku14d":
		row.Orders14dSameSKU = c.Count()
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
