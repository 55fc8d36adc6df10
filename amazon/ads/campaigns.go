package ads

import (
	"fmt"
	"io"
)

// DecodeCampaigns streams the rows of a campaign report's document; the rules are those of DecodeTerms.
func DecodeCampaigns(r io.Reader, spec ReportSpec, yield func(*CampaignRow) error) (Summary, error) {
	if spec.Type.Grain() != ByCampaign {
		return Summary{}, fmt.Errorf("%s is not a report on campaigns", spec.Type)
	}
	t := newTable(r, spec)
	views := spec.Product() != SponsoredProducts // 14 days after a click or view
	var row CampaignRow
	return t.decode(func() (bool, error) {
		row = CampaignRow{}
		if full, err := t.campaign(&row, views); !full || err != nil {
			return false, err
		}
		return true, yield(&row)
	})
}

func (t *table) campaign(row *CampaignRow, views bool) (full bool, err error) {
	c := t.cursor
	dated := false
	for in := c.Object(); in && c.Member(); full = true {
		switch string(c.Name()) {
		case "date":
			row.Date, dated = t.dated()
		case "campaignId":
			row.CampaignID = c.ID()
		case "campaignName":
			row.Campaign = t.name()
		case "campaignStatus":
			row.Status = t.code()
		case "campaignBudgetCurrencyCode":
			row.Currency = t.currency()
		case "impressions":
			row.Impressions = c.Count()
		case "clicks":
			row.Clicks = c.Count()
		case "cost":
			row.Cost = c.Micros()
		default:
			if views {
				t.viewCampaignFigure(row)
			} else {
				t.productCampaignFigure(row)
			}
		}
	}
	if full {
		t.keyed(dated, row.CampaignID)
	}
	return full, c.Err()
}

func (t *table) productCampaignFigure(row *CampaignRow) {
	c := t.cursor
	switch string(c.Name()) {
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
	default:
		c.Skip()
	}
}

func (t *table) viewCampaignFigure(row *CampaignRow) {
	c := t.cursor
	switch string(c.Name()) {
	case "purchases":
		row.Orders14d = c.Count()
	case "sales":
		row.Sales14d = c.Micros()
	default:
		c.Skip()
	}
}
