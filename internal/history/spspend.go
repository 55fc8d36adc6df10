package history

import (
	"context"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// ProductSpend is what one week's campaign reports of Sponsored Products say of
// money: spend and the sales that it brought, of the same profiles and days.
// Only of these may one be divided by the other: brand and display campaigns
// have no sales within 7 days in their reports.
type ProductSpend struct {
	Cost    Count // micros; invalid without a stored day
	Sales7d Count // micros, booked on the day of the click; invalid without a stored day
	Days    int64 // profile-days stored
}

// A day without campaigns is a day without spend. Two currencies have no sum.
const selectProductSpend = `SELECT count(*), sum(coalesce(d.cost, 0)), sum(coalesce(d.sales_7d, 0)), count(DISTINCT nullif(p.currency, 0))
FROM ad_days d JOIN profiles p ON p.id = d.profile
WHERE p.marketplace = ?1 AND d.type = ?2 AND d.date BETWEEN ?3 AND ?4 AND d.state <> 'not_published'`

// ProductSpend adds up a marketplace's Sponsored Products campaigns of the week
// that starts on week.
func (f *Facts) ProductSpend(ctx context.Context, marketplace string, week clock.Day) (s ProductSpend, err error) {
	err = f.inMarket(ctx, marketplace, "read the spend of sponsored products", func(c *database.Conn, market int64) error {
		return c.Query(selectProductSpend, func(r database.Row) error {
			if s.Days = r.Int(0); r.Int(3) <= 1 {
				s.Cost, s.Sales7d = r.Count(1), r.Count(2)
			}
			return nil
		}, market, string(ads.SPCampaigns), week, week+6)
	})
	return s, err
}
