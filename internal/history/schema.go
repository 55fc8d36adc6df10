package history

import (
	"context"
	"fmt"
	"strconv"

	"halotrack.ai/halotrack/internal/database"
)

// migrations are the steps of the schema; a landed step is never edited. The
// number of steps applied is the file's user_version.
//
// Texts are dictionary-encoded. Money is integer micros, a currency its three
// letters packed into an integer, days count from 1970-01-01, instants are
// milliseconds since then. Rows of facts hang from a cell of coverage (one
// ASIN in one period) or a day (of one ads profile and report type), so that a
// slice is one range of the clustered table; a replacement gets a new cell,
// which makes every import an append.
var migrations = []string{`
CREATE TABLE marketplaces (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE sellers (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE asins (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE terms (
	id INTEGER PRIMARY KEY,
	text TEXT NOT NULL,    -- byte for byte as sent
	hash INTEGER NOT NULL, -- of text; the next free number where another text has it
	key INTEGER,           -- the normalised key's term; NULL where the text is its own key
	exact INTEGER NOT NULL -- 0 for a key that was never sent in this spelling
) STRICT;
CREATE UNIQUE INDEX terms_hash ON terms (hash);
CREATE INDEX terms_variants ON terms (key) WHERE key IS NOT NULL;

CREATE TABLE periods (
	id INTEGER PRIMARY KEY,
	marketplace INTEGER NOT NULL,
	kind TEXT NOT NULL,
	start INTEGER NOT NULL,
	end INTEGER NOT NULL,
	UNIQUE (marketplace, kind, start)
) STRICT;

CREATE TABLE sqp_cells (
	id INTEGER PRIMARY KEY,
	period INTEGER NOT NULL,
	seller INTEGER NOT NULL,
	asin INTEGER NOT NULL,
	state TEXT NOT NULL,
	rows INTEGER NOT NULL,
	fetched_at INTEGER NOT NULL,
	report INTEGER NOT NULL,
	source TEXT NOT NULL,
	unit TEXT NOT NULL,
	print_a INTEGER NOT NULL, -- fingerprint of the rows
	print_b INTEGER NOT NULL,
	UNIQUE (period, seller, asin)
) STRICT;

CREATE TABLE sqp_market (
	period INTEGER, term INTEGER,
	volume INTEGER, n_impressions INTEGER, n_clicks INTEGER, n_cart_adds INTEGER, n_purchases INTEGER,
	n_click_price INTEGER, n_cart_add_price INTEGER, n_purchase_price INTEGER,
	click_same_day INTEGER, click_one_day INTEGER, click_two_day INTEGER,
	cart_add_same_day INTEGER, cart_add_one_day INTEGER, cart_add_two_day INTEGER,
	purchase_same_day INTEGER, purchase_one_day INTEGER, purchase_two_day INTEGER,
	currency INTEGER NOT NULL,
	fetched_at INTEGER NOT NULL,
	spread INTEGER, -- parts per million between two answers for the period, if above 1 %
	PRIMARY KEY (period, term)
) STRICT, WITHOUT ROWID;
CREATE TABLE sqp_market_old (
	period INTEGER, term INTEGER, replaced_at INTEGER,
	volume INTEGER, n_impressions INTEGER, n_clicks INTEGER, n_cart_adds INTEGER, n_purchases INTEGER,
	n_click_price INTEGER, n_cart_add_price INTEGER, n_purchase_price INTEGER,
	click_same_day INTEGER, click_one_day INTEGER, click_two_day INTEGER,
	cart_add_same_day INTEGER, cart_add_one_day INTEGER, cart_add_two_day INTEGER,
	purchase_same_day INTEGER, purchase_one_day INTEGER, purchase_two_day INTEGER,
	currency INTEGER NOT NULL,
	fetched_at INTEGER NOT NULL,
	spread INTEGER,
	PRIMARY KEY (period, term, replaced_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE sqp_own (
	cell INTEGER, term INTEGER,
	rank INTEGER, x_impressions INTEGER, x_clicks INTEGER, x_cart_adds INTEGER, x_purchases INTEGER,
	x_click_price INTEGER, x_cart_add_price INTEGER, x_purchase_price INTEGER,
	currency INTEGER NOT NULL,
	PRIMARY KEY (cell, term)
) STRICT, WITHOUT ROWID;
CREATE TABLE sqp_own_old (
	period INTEGER, seller INTEGER, asin INTEGER, term INTEGER, replaced_at INTEGER,
	fetched_at INTEGER NOT NULL,
	rank INTEGER, x_impressions INTEGER, x_clicks INTEGER, x_cart_adds INTEGER, x_purchases INTEGER,
	x_click_price INTEGER, x_cart_add_price INTEGER, x_purchase_price INTEGER,
	currency INTEGER NOT NULL,
	PRIMARY KEY (period, seller, asin, term, replaced_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE scp (
	period INTEGER, seller INTEGER, asin INTEGER, -- asin 0: the whole catalogue was asked for
	state TEXT NOT NULL,
	rows INTEGER NOT NULL,
	fetched_at INTEGER NOT NULL,
	report INTEGER NOT NULL,
	source TEXT NOT NULL,
	unit TEXT NOT NULL,
	impressions INTEGER, clicks INTEGER, cart_adds INTEGER, purchases INTEGER,
	search_sales INTEGER,
	impression_price INTEGER, click_price INTEGER, cart_add_price INTEGER, purchase_price INTEGER,
	impression_same_day INTEGER, impression_one_day INTEGER, impression_two_day INTEGER,
	click_same_day INTEGER, click_one_day INTEGER, click_two_day INTEGER,
	cart_add_same_day INTEGER, cart_add_one_day INTEGER, cart_add_two_day INTEGER,
	purchase_same_day INTEGER, purchase_one_day INTEGER, purchase_two_day INTEGER,
	currency INTEGER NOT NULL,
	PRIMARY KEY (period, seller, asin)
) STRICT, WITHOUT ROWID;

CREATE TABLE profiles (
	id INTEGER PRIMARY KEY, -- Amazon's
	marketplace INTEGER NOT NULL,
	seller TEXT NOT NULL, country TEXT NOT NULL, currency TEXT NOT NULL,
	zone TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL
) STRICT;
CREATE TABLE ad_campaigns (
	id INTEGER PRIMARY KEY,
	profile INTEGER NOT NULL, campaign INTEGER NOT NULL,
	name TEXT NOT NULL, status TEXT NOT NULL, named_at INTEGER NOT NULL,
	UNIQUE (profile, campaign)
) STRICT;
CREATE TABLE ad_groups (
	id INTEGER PRIMARY KEY,
	campaign INTEGER NOT NULL, ad_group INTEGER NOT NULL,
	name TEXT NOT NULL, named_at INTEGER NOT NULL,
	UNIQUE (campaign, ad_group)
) STRICT;
CREATE TABLE ad_keywords (
	id INTEGER PRIMARY KEY,
	ad_group INTEGER NOT NULL, keyword INTEGER NOT NULL,
	text TEXT NOT NULL, match_type TEXT NOT NULL, named_at INTEGER NOT NULL,
	UNIQUE (ad_group, keyword)
) STRICT;

CREATE TABLE ad_days (
	id INTEGER PRIMARY KEY,
	profile INTEGER NOT NULL, type TEXT NOT NULL, date INTEGER NOT NULL,
	state TEXT NOT NULL,
	rows INTEGER NOT NULL,
	fetched_at INTEGER NOT NULL,
	report INTEGER NOT NULL,
	impressions INTEGER, clicks INTEGER, cost INTEGER,
	orders_7d INTEGER, orders_14d INTEGER, sales_7d INTEGER, sales_14d INTEGER,
	print_a INTEGER NOT NULL,
	print_b INTEGER NOT NULL,
	UNIQUE (profile, type, date)
) STRICT;
CREATE TABLE ad_days_old (
	profile INTEGER, type TEXT, date INTEGER, replaced_at INTEGER,
	fetched_at INTEGER NOT NULL,
	rows INTEGER NOT NULL,
	impressions INTEGER, clicks INTEGER, cost INTEGER,
	orders_7d INTEGER, orders_14d INTEGER, sales_7d INTEGER, sales_14d INTEGER,
	PRIMARY KEY (profile, type, date, replaced_at)
) STRICT, WITHOUT ROWID;
CREATE TABLE ad_terms (
	day INTEGER, keyword INTEGER, term INTEGER,
	impressions INTEGER, clicks INTEGER, cost INTEGER,
	orders_1d_same_sku INTEGER, orders_1d INTEGER, orders_7d INTEGER, orders_14d INTEGER,
	sales_1d INTEGER, sales_7d INTEGER, sales_14d INTEGER,
	units_7d INTEGER, units_14d INTEGER,
	currency INTEGER NOT NULL,
	PRIMARY KEY (day, keyword, term)
) STRICT, WITHOUT ROWID;
CREATE TABLE ad_campaign_days (
	day INTEGER, campaign INTEGER,
	impressions INTEGER, clicks INTEGER, cost INTEGER,
	orders_7d INTEGER, orders_14d INTEGER, sales_7d INTEGER, sales_14d INTEGER,
	currency INTEGER NOT NULL,
	PRIMARY KEY (day, campaign)
) STRICT, WITHOUT ROWID;

CREATE TABLE joined (
	marketplace INTEGER, week INTEGER, level INTEGER, term INTEGER, key INTEGER,
	class INTEGER NOT NULL,
	volume INTEGER,
	n_impressions INTEGER, x_impressions INTEGER, n_clicks INTEGER, x_clicks INTEGER,
	n_cart_adds INTEGER, x_cart_adds INTEGER, n_purchases INTEGER, x_purchases INTEGER,
	ad_impressions INTEGER, ad_clicks INTEGER, ad_cost INTEGER,
	ad_orders_1d_same_sku INTEGER, ad_orders_7d INTEGER, ad_sales_7d INTEGER, ad_sb_clicks INTEGER,
	organic_clicks INTEGER, organic_purchases INTEGER,
	split INTEGER NOT NULL,
	PRIMARY KEY (marketplace, week, level, term, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE joined_weeks (
	marketplace INTEGER, week INTEGER,
	currency INTEGER NOT NULL, state INTEGER NOT NULL,
	terms INTEGER NOT NULL, asins INTEGER NOT NULL, truncated INTEGER NOT NULL, disputed INTEGER NOT NULL,
	fetched_at INTEGER,
	volume INTEGER,
	n_impressions INTEGER, x_impressions INTEGER, n_clicks INTEGER, x_clicks INTEGER,
	n_cart_adds INTEGER, x_cart_adds INTEGER, n_purchases INTEGER, x_purchases INTEGER,
	ad_impressions INTEGER, ad_clicks INTEGER, ad_cost INTEGER,
	ad_orders_1d_same_sku INTEGER, ad_orders_7d INTEGER, ad_sales_7d INTEGER, ad_sb_clicks INTEGER,
	organic_clicks INTEGER, organic_purchases INTEGER,
	spend_impressions INTEGER, spend_clicks INTEGER, spend_cost INTEGER,
	spend_orders_7d INTEGER, spend_sales_7d INTEGER,
	spend_days INTEGER NOT NULL, spend_want_days INTEGER NOT NULL, spend_state INTEGER NOT NULL,
	PRIMARY KEY (marketplace, week)
) STRICT, WITHOUT ROWID;
CREATE TABLE ad_buckets (
	marketplace INTEGER, week INTEGER, kind TEXT,
	ad_impressions INTEGER, ad_clicks INTEGER, ad_cost INTEGER,
	ad_orders_1d_same_sku INTEGER, ad_orders_7d INTEGER, ad_sales_7d INTEGER, ad_sb_clicks INTEGER,
	PRIMARY KEY (marketplace, week, kind)
) STRICT, WITHOUT ROWID;
CREATE TABLE dirty_weeks (marketplace INTEGER, week INTEGER, PRIMARY KEY (marketplace, week)) STRICT, WITHOUT ROWID;
CREATE TABLE audits_due (week INTEGER PRIMARY KEY) STRICT;

CREATE TABLE reports (
	id INTEGER PRIMARY KEY,
	target TEXT NOT NULL, -- what is asked, in one text
	connection TEXT NOT NULL, api TEXT NOT NULL, seller TEXT NOT NULL, profile INTEGER NOT NULL,
	marketplace TEXT NOT NULL, type TEXT NOT NULL, period TEXT NOT NULL,
	start INTEGER NOT NULL, end INTEGER NOT NULL, asins TEXT NOT NULL,
	state TEXT NOT NULL,
	amazon_id TEXT NOT NULL, document_id TEXT NOT NULL,
	created INTEGER, requested INTEGER, next_at INTEGER, deadline INTEGER, finished INTEGER,
	attempts INTEGER NOT NULL,
	error_class TEXT NOT NULL, error TEXT NOT NULL,
	rows INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX reports_open ON reports (target) WHERE state IN ('planned', 'requesting', 'waiting', 'ready');
CREATE TABLE quotas (
	key TEXT PRIMARY KEY,
	tokens REAL NOT NULL, rate REAL NOT NULL, burst REAL NOT NULL,
	at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
	schemaProgress,
	schemaAgreement,
	schemaProducts,
	schemaQuarantine,
	schemaHealth,
	schemaLevels,
	schemaScores,
	schemaScopes,
	schemaExpected,
}

// ErrNewer means that a file was written by a newer release.
var ErrNewer = fmt.Errorf("the fact file was written by a newer release")

// migrate brings a file's schema up to date.
func migrate(ctx context.Context, file *database.File) error {
	applied := 0
	version := func(c *database.Conn) error {
		return c.Query("PRAGMA user_version", func(r database.Row) error {
			applied = int(r.Int(0))
			return nil
		})
	}
	if err := file.Write(ctx, version); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	switch {
	case applied == len(migrations):
		return nil
	case applied > len(migrations):
		return fmt.Errorf("%w: schema %d, this one knows %d", ErrNewer, applied, len(migrations))
	}
	return file.Write(ctx, func(c *database.Conn) error {
		if err := version(c); err != nil {
			return err
		}
		for ; applied < len(migrations); applied++ {
			if err := c.Script(migrations[applied]); err != nil {
				return fmt.Errorf("apply schema step %d: %w", applied+1, err)
			}
		}
		return c.Script("PRAGMA user_version = " + strconv.Itoa(applied))
	})
}
