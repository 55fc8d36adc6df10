package history

// schemaLevels completes the joined weeks: orders of all products within a
// day, the product that leads a term and how concentrated the term is, and
// rows of parents and ASINs with ads of their own. Rows below brand level
// leave the market's figures to the brand's row, which alone has them.
//
// What the file holds stays readable and is derived anew.
const schemaLevels = `
ALTER TABLE joined ADD COLUMN ad_orders_1d INTEGER;
ALTER TABLE joined ADD COLUMN lead INTEGER;             -- ASIN with most own impressions
ALTER TABLE joined ADD COLUMN lead_impressions INTEGER; -- its own
ALTER TABLE joined ADD COLUMN concentration INTEGER;    -- Herfindahl index of own impressions over ASINs, parts per million
ALTER TABLE joined ADD COLUMN exact INTEGER NOT NULL DEFAULT 0; -- an exact keyword of the week is this term or brought clicks by it
ALTER TABLE joined_weeks ADD COLUMN ad_orders_1d INTEGER;
ALTER TABLE joined_weeks ADD COLUMN sp_only INTEGER NOT NULL DEFAULT 0; -- sponsored brands are not, or not whole, among the ads
ALTER TABLE joined_weeks ADD COLUMN parents INTEGER NOT NULL DEFAULT 0; -- it has rows of level parent
ALTER TABLE ad_buckets ADD COLUMN ad_orders_1d INTEGER;
INSERT OR IGNORE INTO dirty_weeks SELECT marketplace, week FROM joined_weeks;
`
