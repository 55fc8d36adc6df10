package history

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
	"halotrack.ai/halotrack/internal/personal"
)

// Sources of what is held back.
const (
	HeldInSearch  = "sqp"     // rows of search query performance
	HeldInAds     = "ads"     // rows of search terms of ads
	HeldInKeyword = "keyword" // the text of the advertiser's own keyword
)

// Held is a search term that looks like personal data and waits for an owner,
// with all that is held back under it.
type Held struct {
	ID            string // opaque, the same for the same text in this account
	Sealed        []byte // the text; the vault opens it
	Kind          personal.Kind
	Marketplaces  []string // Amazon's ids, sorted
	Sources       []string
	From, To      clock.Day // Sundays of the first and last week; of no meaning without rows
	Rows          int64
	Impressions   int64 // own, of search
	AdImpressions int64
	FirstSeen     time.Time // fetch that first brought it
}

const (
	listHeld  = `SELECT id, term, sealed, kind, first_seen FROM quarantine WHERE state = 'held' AND id < ?1 ORDER BY id DESC LIMIT ?2`
	countHeld = `SELECT count(*) FROM quarantine WHERE state = 'held'`
	heldSQP   = `SELECT m.code, count(*), sum(q.x_impressions), min(p.start), max(p.end)
FROM quarantine_sqp q JOIN sqp_cells c ON c.id = q.cell JOIN periods p ON p.id = c.period JOIN marketplaces m ON m.id = p.marketplace
WHERE q.entry = ?1 GROUP BY m.code`
	heldAds = `SELECT m.code, count(*), sum(q.impressions), min(d.date), max(d.date)
FROM quarantine_ads q JOIN ad_days d ON d.id = q.day JOIN profiles p ON p.id = d.profile JOIN marketplaces m ON m.id = p.marketplace
WHERE q.entry = ?1 GROUP BY m.code`
	heldKeywords = `SELECT DISTINCT m.code
FROM quarantine_keywords q JOIN ad_keywords k ON k.id = q.keyword JOIN ad_groups g ON g.id = k.ad_group
JOIN ad_campaigns c ON c.id = g.campaign JOIN profiles p ON p.id = c.profile JOIN marketplaces m ON m.id = p.marketplace
WHERE q.entry = ?1`
)

// Quarantine lists up to limit held-back terms, the newest first, the cursor of
// the next page ("" after the last) and how many there are. The cursor of the
// first page is ""; of one that this did not make the error is ErrQuery.
func (f *Facts) Quarantine(ctx context.Context, cursor string, limit int) (list []Held, next string, total int, err error) {
	before := int64(1) << 62
	if cursor != "" {
		if before, err = strconv.ParseInt(cursor, 36, 64); err != nil {
			return nil, "", 0, fmt.Errorf("%w: the cursor is not one of this list", ErrQuery)
		}
	}
	err = f.read(ctx, func(c *database.Conn) error {
		err := c.Query(countHeld, func(r database.Row) error { total = int(r.Int(0)); return nil })
		if err != nil {
			return err
		}
		var ids []int64
		err = c.Query(listHeld, func(r database.Row) error {
			if len(list) == limit {
				next = strconv.FormatInt(ids[limit-1], 36)
				return nil
			}
			ids = append(ids, r.Int(0))
			list = append(list, Held{ID: r.Text(1), Sealed: blob(r, 2), Kind: personal.Kind(r.Text(3)), FirstSeen: r.Time(4)})
			return nil
		}, before, limit+1)
		for i := range list {
			if err == nil {
				err = list[i].measure(c, ids[i])
			}
		}
		return err
	})
	if err != nil {
		return nil, "", 0, fmt.Errorf("list what is held back: %w", err)
	}
	return list, next, total, nil
}

// measure adds up what is held back under an entry.
func (h *Held) measure(c *database.Conn, entry int64) error {
	at := func(market string) {
		if !slices.Contains(h.Marketplaces, market) {
			h.Marketplaces = append(h.Marketplaces, market)
		}
	}
	rows := func(query, source string, impressions *int64) error {
		return c.Query(query, func(r database.Row) error {
			at(r.Text(0))
			from, to := r.Day(3).Week(), r.Day(4).Week()
			if h.Rows == 0 || from < h.From {
				h.From = from
			}
			if h.Rows == 0 || to > h.To {
				h.To = to
			}
			h.Rows += r.Int(1)
			*impressions += r.Int(2)
			if !slices.Contains(h.Sources, source) {
				h.Sources = append(h.Sources, source)
			}
			return nil
		}, entry)
	}
	if err := rows(heldSQP, HeldInSearch, &h.Impressions); err != nil {
		return err
	}
	if err := rows(heldAds, HeldInAds, &h.AdImpressions); err != nil {
		return err
	}
	err := c.Query(heldKeywords, func(r database.Row) error {
		at(r.Text(0))
		if !slices.Contains(h.Sources, HeldInKeyword) {
			h.Sources = append(h.Sources, HeldInKeyword)
		}
		return nil
	}, entry)
	slices.Sort(h.Marketplaces)
	return err
}

const selectSealed = `SELECT sealed FROM quarantine WHERE term = ?1 AND state = 'held'`

// HeldTerm returns the sealed text of a term that is held back; ErrNotFound if
// there is none of that id, or an owner has decided about it.
func (f *Facts) HeldTerm(ctx context.Context, id string) (sealed []byte, err error) {
	err = f.read(ctx, func(c *database.Conn) error {
		found := false
		err := c.Query(selectSealed, func(r database.Row) error {
			sealed, found = blob(r, 0), true
			return nil
		}, id)
		if err == nil && !found {
			err = ErrNotFound
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find what is held back: %w", err)
	}
	return sealed, nil
}

func blob(r database.Row, col int) []byte {
	s, _ := r.Value(col).(string)
	return []byte(s)
}
