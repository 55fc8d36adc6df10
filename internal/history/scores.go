package history

import (
	"context"
	"fmt"
	"math"
	"slices"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Score is how far a term's share stood from its baseline in an audited week.
type Score struct {
	Week clock.Day
	Step int // of the funnel: 0 impressions to 3 purchases
	Term int64
	// Z is in standard deviations of what was to be expected, recentred on the
	// account; below 0 is a share below its baseline. Stored to a thousandth.
	Z float64
	// Expected is how many own events the baseline let expect, the volume by
	// which the detector's check of itself compares like with like.
	Expected int64
}

const (
	clearScores  = `DELETE FROM scores WHERE marketplace = ?1 AND week = ?2`
	insertScore  = `INSERT INTO scores (marketplace, week, step, term, z, expected) VALUES (?1, ?2, ?3, ?4, ?5, ?6)`
	selectScores = `SELECT week, step, term, z, expected FROM scores WHERE marketplace = ?1 AND week BETWEEN ?2 AND ?3 ORDER BY week, step, term`
	scoredBefore = `SELECT max(week) FROM scores WHERE marketplace = ?1 AND week < ?2`
	// farthest keeps scores within what an integer of thousandths can hold with
	// room to add.
	farthest = 1e6
)

// SaveScores replaces the scores of one marketplace's week, whose own Week is
// not looked at.
func (f *Facts) SaveScores(ctx context.Context, marketplace string, week clock.Day, scores []Score) error {
	err := f.write(ctx, func(c *database.Conn) error {
		market, err := marketplaces.id(c, marketplace)
		if err != nil {
			return err
		}
		if _, err := c.Exec(clearScores, market, week); err != nil {
			return err
		}
		for _, s := range scores {
			z := int64(math.Round(1000 * max(-farthest, min(farthest, s.Z))))
			if _, err := c.Exec(insertScore, market, week, s.Step, s.Term, z, s.Expected); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store the scores of week %s: %w", week, err)
	}
	return nil
}

// Scores calls row for the scores of the weeks from from to to, by week, step
// and term. row must not use these Facts for writing.
func (f *Facts) Scores(ctx context.Context, marketplace string, from, to clock.Day, row func(Score) error) error {
	return f.inMarket(ctx, marketplace, "read scores", func(c *database.Conn, market int64) error {
		return c.Query(selectScores, func(r database.Row) error {
			return row(Score{Week: r.Day(0), Step: int(r.Int(1)), Term: r.Int(2), Z: float64(r.Int(3)) / 1000, Expected: r.Int(4)})
		}, market, from, to)
	})
}

// ScoredWeeks lists the newest weeks with scores, at most n, oldest first. Each
// is looked up by the index, however many scores there are.
func (f *Facts) ScoredWeeks(ctx context.Context, marketplace string, n int) (weeks []clock.Day, err error) {
	err = f.inMarket(ctx, marketplace, "list the scored weeks", func(c *database.Conn, market int64) error {
		for before := clock.Day(math.MaxInt32); len(weeks) < n; {
			found := false
			err := c.Query(scoredBefore, func(r database.Row) error {
				if found = !r.IsNull(0); found {
					before = r.Day(0)
				}
				return nil
			}, market, before)
			if err != nil {
				return err
			}
			if !found {
				break
			}
			weeks = append(weeks, before)
		}
		return nil
	})
	slices.Reverse(weeks)
	return weeks, err
}
