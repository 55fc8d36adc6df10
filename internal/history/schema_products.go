package history

// schemaProducts adds the days of advertised products, and the one-day figures
// that the first step left out. An ad is one product of an ad group; should it
// come to show another, that is another row of the dictionary, so that what
// was stored stays true.
const schemaProducts = `
CREATE TABLE ad_products (
	id INTEGER PRIMARY KEY,
	ad_group INTEGER NOT NULL, ad INTEGER NOT NULL,
	asin INTEGER NOT NULL, -- 0 for none
	sku TEXT NOT NULL,
	UNIQUE (ad_group, ad, asin, sku)
) STRICT;
CREATE TABLE ad_product_days (
	day INTEGER, product INTEGER,
	impressions INTEGER, clicks INTEGER, cost INTEGER,
	orders_1d INTEGER, orders_7d INTEGER, orders_14d INTEGER,
	orders_1d_same_sku INTEGER, orders_7d_same_sku INTEGER, orders_14d_same_sku INTEGER,
	sales_1d INTEGER, sales_7d INTEGER, sales_14d INTEGER,
	units_1d INTEGER, units_7d INTEGER, units_14d INTEGER,
	currency INTEGER NOT NULL,
	PRIMARY KEY (day, product)
) STRICT, WITHOUT ROWID;
ALTER TABLE ad_campaign_days ADD COLUMN orders_1d INTEGER;
ALTER TABLE ad_campaign_days ADD COLUMN sales_1d INTEGER;
ALTER TABLE ad_terms ADD COLUMN units_1d INTEGER;
`
