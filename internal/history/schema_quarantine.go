package history

// schemaQuarantine adds the rows whose search term looks like personal data.
// The text lies sealed in quarantine alone; the other tables name it by id.
const schemaQuarantine = `
CREATE TABLE quarantine (
	id INTEGER PRIMARY KEY,
	term TEXT NOT NULL UNIQUE, -- keyed hash of the text
	kind TEXT NOT NULL,        -- what it looks like
	state TEXT NOT NULL,       -- held, released or deleted
	sealed BLOB,               -- the text; NULL once an owner has decided
	first_seen INTEGER NOT NULL,
	decided_at INTEGER
) STRICT;
CREATE TABLE quarantine_sqp (
	cell INTEGER, entry INTEGER,
	rank INTEGER, x_impressions INTEGER, x_clicks INTEGER, x_cart_adds INTEGER, x_purchases INTEGER,
	x_click_price INTEGER, x_cart_add_price INTEGER, x_purchase_price INTEGER,
	currency INTEGER NOT NULL,
	volume INTEGER, n_impressions INTEGER, n_clicks INTEGER, n_cart_adds INTEGER, n_purchases INTEGER,
	n_click_price INTEGER, n_cart_add_price INTEGER, n_purchase_price INTEGER,
	click_same_day INTEGER, click_one_day INTEGER, click_two_day INTEGER,
	cart_add_same_day INTEGER, cart_add_one_day INTEGER, cart_add_two_day INTEGER,
	purchase_same_day INTEGER, purchase_one_day INTEGER, purchase_two_day INTEGER,
	PRIMARY KEY (cell, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX quarantine_sqp_entries ON quarantine_sqp (entry);
CREATE TABLE quarantine_ads (
	impressions INTEGER, clicks INTEGER, cost INTEGER,
	orders_1d_same_sku INTEGER, orders_1d INTEGER, orders_7d INTEGER, orders_14d INTEGER,
	sales_1d INTEGER, sales_7d INTEGER, sales_14d INTEGER,
	units_1d INTEGER, units_7d INTEGER, units_14d INTEGER,
	currency INTEGER NOT NULL,
	day INTEGER NOT NULL, keyword INTEGER NOT NULL, entry INTEGER NOT NULL
) STRICT;
CREATE INDEX quarantine_ads_days ON quarantine_ads (day);
CREATE INDEX quarantine_ads_entries ON quarantine_ads (entry);
CREATE TABLE quarantine_keywords (keyword INTEGER PRIMARY KEY, entry INTEGER NOT NULL) STRICT; -- whose text is held back
ALTER TABLE sqp_cells ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0; -- rows beside those stored
ALTER TABLE ad_days ADD COLUMN quarantined INTEGER NOT NULL DEFAULT 0;
`
