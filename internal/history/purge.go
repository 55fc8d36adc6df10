package history

import (
	"context"
	"fmt"
	"slices"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Purge names what leaves an account's file because the grant through which it
// came has ended (design ruling 2).
type Purge struct {
	Sellers     []SellerScope
	Profiles    []int64  // Amazon's ids of ads profiles
	Connections []string // whose progress goes
	// Between is called after each transaction with the name of the step; an
	// error ends the purge, which can be taken up again at any time. May be nil.
	Between func(step string) error
}

// SellerScope is a seller's search data: in all marketplaces but those of Keep
// (Amazon's ids), which another grant of the seller reaches.
type SellerScope struct {
	Seller string
	Keep   []string
}

// Purge removes everything that came through the named sellers and profiles,
// and what was derived from it: joined weeks that held some of it are dropped
// and marked for rebuilding. Market totals stay as far as the rows of another
// seller of the account speak of them, in the version which that one fetched.
// Texts that nothing refers to any more go too. Each step is one transaction,
// and a second run finds what a killed one left; the bytes are overwritten, and
// Store.Compact gives the space back.
func (f *Facts) Purge(ctx context.Context, p Purge) error {
	between := func(step string) error {
		if err := ctx.Err(); err != nil || p.Between == nil {
			return err
		}
		return p.Between(step)
	}
	for _, s := range p.Sellers {
		if err := f.purgeSeller(ctx, s, between); err != nil {
			return fmt.Errorf("purge a seller: %w", err)
		}
	}
	for _, id := range p.Profiles {
		if err := f.purgeProfile(ctx, id, between); err != nil {
			return fmt.Errorf("purge an ads profile: %w", err)
		}
	}
	err := f.write(ctx, func(c *database.Conn) error {
		f.terms.clear() // it may name terms that are about to go
		for _, id := range p.Connections {
			if _, err := c.Exec(deleteProgress, id); err != nil {
				return err
			}
		}
		for _, query := range sweepDictionaries {
			if _, err := c.Exec(query); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("purge texts without use: %w", err)
	}
	return between("texts")
}

const deleteProgress = `DELETE FROM connection_progress WHERE connection = ?1`

// sweepDictionaries removes the codes and texts that no fact refers to. A text
// that is left only as another's key was not sent in that spelling.
var sweepDictionaries = []string{
	dropIdle,
	// What owners decided about terms goes with the last fact.
	`DELETE FROM quarantine WHERE NOT EXISTS (SELECT 1 FROM sqp_cells) AND NOT EXISTS (SELECT 1 FROM ad_days)`,
	`UPDATE terms SET exact = 0 WHERE exact = 1 AND id NOT IN (
	SELECT term FROM sqp_market UNION SELECT term FROM sqp_market_old UNION SELECT term FROM sqp_own
	UNION SELECT term FROM sqp_own_old UNION SELECT term FROM ad_terms)`,
	`DELETE FROM terms WHERE exact = 0 AND id NOT IN (
	SELECT key FROM terms WHERE key IS NOT NULL AND exact = 1 UNION SELECT term FROM joined)`,
	`DELETE FROM asins WHERE id NOT IN (
	SELECT asin FROM sqp_cells UNION SELECT asin FROM sqp_own_old UNION SELECT asin FROM scp
	UNION SELECT asin FROM ad_products UNION SELECT key FROM joined WHERE level > 0)`,
	`DELETE FROM sellers WHERE id NOT IN (
	SELECT seller FROM sqp_cells UNION SELECT seller FROM sqp_own_old UNION SELECT seller FROM scp)`,
	`DELETE FROM periods WHERE id NOT IN (
	SELECT period FROM sqp_cells UNION SELECT period FROM sqp_own_old UNION SELECT period FROM scp
	UNION SELECT period FROM sqp_market UNION SELECT period FROM sqp_market_old)`,
}

// FirstWeek returns the first Sunday week of whose facts the purge would
// remove something; ok is false if there is none.
func (f *Facts) FirstWeek(ctx context.Context, p Purge) (first clock.Day, ok bool, err error) {
	note := func(day clock.Day) {
		if week := day.Week(); !ok || week < first {
			first, ok = week, true
		}
	}
	err = f.read(ctx, func(c *database.Conn) error {
		for _, s := range p.Sellers {
			periods, err := sellerPeriods(c, s)
			if err != nil {
				return err
			}
			for _, period := range periods {
				note(period.start)
			}
		}
		for _, id := range p.Profiles {
			err := c.Query(firstAdDay, func(r database.Row) error {
				if !r.IsNull(0) {
					note(r.Day(0))
				}
				return nil
			}, id)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, false, fmt.Errorf("find the first week of a purge: %w", err)
	}
	return first, ok, nil
}

const firstAdDay = `SELECT min(date) FROM (
SELECT date FROM ad_days WHERE profile = ?1 UNION ALL SELECT date FROM ad_days_old WHERE profile = ?1)`

// MarkAuditsDue puts weeks on the list of audits due.
func (f *Facts) MarkAuditsDue(ctx context.Context, weeks []clock.Day) error {
	err := f.write(ctx, func(c *database.Conn) error {
		for _, week := range weeks {
			if _, err := c.Exec(markAudit, week); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mark audits due: %w", err)
	}
	return nil
}

const anythingLeft = `SELECT EXISTS (SELECT 1 FROM sqp_cells) OR EXISTS (SELECT 1 FROM sqp_own_old) OR EXISTS (SELECT 1 FROM scp)
	OR EXISTS (SELECT 1 FROM ad_days) OR EXISTS (SELECT 1 FROM ad_days_old) OR EXISTS (SELECT 1 FROM profiles)
	OR EXISTS (SELECT 1 FROM reports)`

// Empty reports whether the file holds no fact, no ads profile and no report.
func (f *Facts) Empty(ctx context.Context) (empty bool, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		return c.Query(anythingLeft, func(r database.Row) error { empty = !r.Bool(0); return nil })
	})
	if err != nil {
		return false, fmt.Errorf("look whether anything is stored: %w", err)
	}
	return empty, nil
}

// dropWeek removes what was derived of a week and has it derived again.
func dropWeek(c *database.Conn, market int64, week clock.Day) error {
	for _, query := range []string{deleteJoined, deleteJoinedWeek, deleteAdBuckets, clearScores} {
		if _, err := c.Exec(query, market, week); err != nil {
			return err
		}
	}
	if _, err := c.Exec(deleteScope, market); err != nil {
		return err
	}
	return markDirty(c, market, week)
}

const (
	selectAdDays = `SELECT id, type, date FROM ad_days WHERE profile = ?1 ORDER BY date, id LIMIT ?2`
	deleteAdDay  = `DELETE FROM ad_days WHERE id = ?1`
	deleteOldDay = `DELETE FROM ad_days_old WHERE profile = ?1`
	deleteAdsLog = `DELETE FROM reports WHERE api = ?1 AND profile = ?2`

	// purgeDays is how many days of ads leave in one transaction.
	purgeDays = 32
)

// deleteDayRows are the rows that hang from one day of ads.
var deleteDayRows = []string{
	`DELETE FROM ad_terms WHERE day = ?1`,
	`DELETE FROM ad_campaign_days WHERE day = ?1`,
	`DELETE FROM ad_product_days WHERE day = ?1`,
	deleteHeldAds,
}

// deleteNames remove the dictionary of one profile, and the profile last.
var deleteNames = []string{
	`DELETE FROM quarantine_keywords WHERE keyword IN (
	SELECT k.id FROM ad_keywords k JOIN ad_groups g ON g.id = k.ad_group JOIN ad_campaigns c ON c.id = g.campaign WHERE c.profile = ?1)`,
	`DELETE FROM ad_keywords WHERE ad_group IN (
	SELECT g.id FROM ad_groups g JOIN ad_campaigns c ON c.id = g.campaign WHERE c.profile = ?1)`,
	`DELETE FROM ad_products WHERE ad_group IN (
	SELECT g.id FROM ad_groups g JOIN ad_campaigns c ON c.id = g.campaign WHERE c.profile = ?1)`,
	`DELETE FROM ad_groups WHERE campaign IN (SELECT id FROM ad_campaigns WHERE profile = ?1)`,
	`DELETE FROM ad_campaigns WHERE profile = ?1`,
	`DELETE FROM profiles WHERE id = ?1`,
}

func (f *Facts) purgeProfile(ctx context.Context, profile int64, between func(string) error) error {
	for {
		type day struct {
			id   int64
			date clock.Day
		}
		var days []day
		err := f.write(ctx, func(c *database.Conn) error {
			var market int64
			if err := c.Query(profileMarket, func(r database.Row) error { market = r.Int(0); return nil }, profile); err != nil {
				return err
			}
			err := c.Query(selectAdDays, func(r database.Row) error {
				days = append(days, day{r.Int(0), r.Day(2)})
				return nil
			}, profile, purgeDays)
			if err != nil {
				return err
			}
			for _, d := range days {
				for _, query := range deleteDayRows {
					if _, err := c.Exec(query, d.id); err != nil {
						return err
					}
				}
				if _, err := c.Exec(deleteAdDay, d.id); err != nil {
					return err
				}
				if err := dropWeek(c, market, d.date.Week()); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(days) == 0 {
			break
		}
		if err := between("ads days"); err != nil {
			return err
		}
	}
	err := f.write(ctx, func(c *database.Conn) error {
		if _, err := c.Exec(deleteOldDay, profile); err != nil {
			return err
		}
		if _, err := c.Exec(deleteAdsLog, Ads, profile); err != nil {
			return err
		}
		for _, query := range deleteNames {
			if _, err := c.Exec(query, profile); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return between("ads names")
}

// purgedPeriod is one period of which a seller has something.
type purgedPeriod struct {
	id, market int64
	code, kind string
	start      clock.Day
}

const selectSellerPeriods = `SELECT p.id, p.marketplace, m.code, p.kind, p.start
FROM periods p JOIN marketplaces m ON m.id = p.marketplace
WHERE EXISTS (SELECT 1 FROM sqp_cells c WHERE c.period = p.id AND c.seller = ?1)
	OR EXISTS (SELECT 1 FROM sqp_own_old o WHERE o.period = p.id AND o.seller = ?1)
	OR EXISTS (SELECT 1 FROM scp s WHERE s.period = p.id AND s.seller = ?1)
ORDER BY p.start, p.id`

func sellerPeriods(c *database.Conn, s SellerScope) (list []purgedPeriod, err error) {
	who, err := sellers.lookup(c, s.Seller)
	if err != nil || who == 0 {
		return nil, err
	}
	err = c.Query(selectSellerPeriods, func(r database.Row) error {
		p := purgedPeriod{r.Int(0), r.Int(1), r.Text(2), r.Text(3), r.Day(4)}
		if !slices.Contains(s.Keep, p.code) {
			list = append(list, p)
		}
		return nil
	}, who)
	return list, err
}

const (
	selectSellerMarkets = `SELECT DISTINCT marketplace FROM reports WHERE api = ?1 AND seller = ?2`
	deleteSellerLog     = `DELETE FROM reports WHERE api = ?1 AND seller = ?2 AND marketplace = ?3`
	deleteSellerQuotas  = `DELETE FROM quotas WHERE instr(key || '/', '/' || ?1 || '/') > 0`
)

func (f *Facts) purgeSeller(ctx context.Context, s SellerScope, between func(string) error) error {
	var periods []purgedPeriod
	err := f.read(ctx, func(c *database.Conn) (err error) {
		periods, err = sellerPeriods(c, s)
		return err
	})
	if err != nil {
		return err
	}
	for _, period := range periods {
		err := f.write(ctx, func(c *database.Conn) error { return purgePeriod(c, period, s.Seller) })
		if err != nil {
			return fmt.Errorf("%s %s: %w", period.kind, period.start, err)
		}
		if err := between("period"); err != nil {
			return err
		}
	}
	// The ledger says which totals the seller fetched, so it goes last.
	err = f.write(ctx, func(c *database.Conn) error {
		var markets []string
		err := c.Query(selectSellerMarkets, func(r database.Row) error {
			if code := r.Text(0); !slices.Contains(s.Keep, code) {
				markets = append(markets, code)
			}
			return nil
		}, SPAPI, s.Seller)
		if err != nil {
			return err
		}
		for _, code := range markets {
			if _, err := c.Exec(deleteSellerLog, SPAPI, s.Seller, code); err != nil {
				return err
			}
		}
		if len(s.Keep) > 0 {
			return nil
		}
		_, err = c.Exec(deleteSellerQuotas, s.Seller)
		return err
	})
	if err != nil {
		return err
	}
	return between("ledger")
}
