package history

import (
	"context"
	"fmt"

	"halotrack.ai/halotrack/internal/database"
)

// contradictions are questions that a sound file answers with nothing: each
// yields what is wrong, in ids that mean nothing outside.
var contradictions = []string{
	`SELECT 'SQP cell ' || c.id || ' claims ' || c.rows || ' rows and has ' || n FROM
	(SELECT c.*, (SELECT count(*) FROM sqp_own o WHERE o.cell = c.id) AS n FROM sqp_cells c) c WHERE c.rows <> n`,
	`SELECT 'SQP cell ' || id || ' is ' || state || ' with ' || rows || ' rows' FROM sqp_cells
	WHERE (rows + quarantined > 0) <> (state IN ('stored', 'truncated'))`,
	`SELECT 'SQP cell ' || c.id || ' claims ' || c.quarantined || ' rows held back and has ' || n FROM
	(SELECT c.*, (SELECT count(*) FROM quarantine_sqp q WHERE q.cell = c.id) AS n FROM sqp_cells c) c WHERE n > c.quarantined`,
	`SELECT DISTINCT 'rows held back hang from cell ' || cell || ', which is not there' FROM quarantine_sqp WHERE cell NOT IN (SELECT id FROM sqp_cells)
	UNION SELECT 'rows held back hang from day ' || day || ', which is not there' FROM quarantine_ads WHERE day NOT IN (SELECT id FROM ad_days)
	UNION SELECT 'rows held back have no entry ' || entry FROM (SELECT entry FROM quarantine_sqp UNION SELECT entry FROM quarantine_ads)
	WHERE entry NOT IN (SELECT id FROM quarantine WHERE state = 'held')`,
	`SELECT DISTINCT 'SQP rows hang from cell ' || cell || ', which is not there' FROM sqp_own WHERE cell NOT IN (SELECT id FROM sqp_cells)`,
	`SELECT 'SQP term ' || o.term || ' of cell ' || o.cell || ' has no market totals' FROM sqp_own o JOIN sqp_cells c ON c.id = o.cell
	WHERE NOT EXISTS (SELECT 1 FROM sqp_market m WHERE m.period = c.period AND m.term = o.term)`,
	`SELECT 'market totals of term ' || m.term || ' in period ' || m.period || ' belong to no row' FROM sqp_market m
	WHERE NOT EXISTS (SELECT 1 FROM sqp_cells c CROSS JOIN sqp_own o ON o.cell = c.id AND o.term = m.term WHERE c.period = m.period)`,
	`SELECT 'period ' || period || ' is not there' FROM sqp_cells WHERE period NOT IN (SELECT id FROM periods)
	UNION SELECT 'period ' || period || ' is not there' FROM scp WHERE period NOT IN (SELECT id FROM periods)`,
	`SELECT 'SCP of ASIN ' || asin || ' in period ' || period || ' is ' || state || ' with ' || rows || ' rows' FROM scp
	WHERE asin <> 0 AND (rows > 0) <> (state = 'stored') OR asin = 0 AND rows <> 0`,
	`SELECT 'day ' || d.id || ' of ' || d.type || ' claims ' || d.rows || ' rows and has ' || d.n FROM
	(SELECT d.*, (SELECT count(*) FROM ad_terms r WHERE r.day = d.id) + (SELECT count(*) FROM ad_campaign_days r WHERE r.day = d.id)
	+ (SELECT count(*) FROM ad_product_days r WHERE r.day = d.id) AS n FROM ad_days d) d
	WHERE d.n <> d.rows OR (d.rows + d.quarantined > 0) <> (d.state = 'stored')`,
	`SELECT 'day ' || d.id || ' of ' || d.type || ' has other totals than its rows' FROM ad_days d JOIN
	(SELECT day, sum(impressions) i, sum(clicks) c, sum(cost) s, sum(orders_14d) o, sum(sales_14d) m FROM ad_terms GROUP BY day
	UNION ALL SELECT day, sum(impressions), sum(clicks), sum(cost), sum(orders_14d), sum(sales_14d) FROM ad_campaign_days GROUP BY day
	UNION ALL SELECT day, sum(impressions), sum(clicks), sum(cost), sum(orders_14d), sum(sales_14d) FROM ad_product_days GROUP BY day) r ON r.day = d.id
	WHERE (d.impressions, d.clicks, d.cost, d.orders_14d, d.sales_14d) IS NOT (r.i, r.c, r.s, r.o, r.m)`,
	`SELECT DISTINCT 'ads rows hang from day ' || day || ', which is not there' FROM
	(SELECT day FROM ad_terms UNION SELECT day FROM ad_campaign_days UNION SELECT day FROM ad_product_days) WHERE day NOT IN (SELECT id FROM ad_days)`,
	`SELECT DISTINCT 'keyword ' || r.keyword || ' has no ad group or campaign' FROM ad_terms r WHERE NOT EXISTS
	(SELECT 1 FROM ad_keywords k JOIN ad_groups g ON g.id = k.ad_group JOIN ad_campaigns c ON c.id = g.campaign WHERE k.id = r.keyword)`,
	`SELECT DISTINCT 'product ' || product || ' is not there' FROM ad_product_days WHERE product NOT IN (SELECT id FROM ad_products)`,
	`SELECT DISTINCT 'campaign ' || campaign || ' is not there' FROM ad_campaign_days WHERE campaign NOT IN (SELECT id FROM ad_campaigns)`,
	`SELECT DISTINCT 'term ' || term || ' is not there' FROM sqp_own WHERE term NOT IN (SELECT id FROM terms)
	UNION SELECT 'term ' || term || ' is not there' FROM ad_terms WHERE term NOT IN (SELECT id FROM terms)`,
	`SELECT DISTINCT 'report ' || report || ' is not in the ledger' FROM
	(SELECT report FROM sqp_cells UNION SELECT report FROM scp UNION SELECT report FROM ad_days)
	WHERE report <> 0 AND report NOT IN (SELECT id FROM reports)`,
}

// Faults lists what contradicts itself in the file: a slice whose rows are not
// those that its coverage claims, and rows that hang from nothing. As every
// slice is replaced in one transaction, there are none, whatever the process
// was doing when it was killed. It reads the whole file.
func (f *Facts) Faults(ctx context.Context) (list []string, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		for _, question := range contradictions {
			err := c.Query(question, func(r database.Row) error {
				list = append(list, r.Text(0))
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for contradictions: %w", err)
	}
	return list, nil
}
