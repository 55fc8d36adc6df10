package history

import (
	"cmp"
	"context"
	"math/bits"
	"slices"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// TermServing tells on how many days of a week sponsored products could show
// an ad on a term, whether or not anybody clicked.
type TermServing struct {
	TermID int64 // of the normalised key
	Week   clock.Day
	Served int // days on which a campaign that targets the term had impressions, of
	Days   int // 1 to 7, of which the campaign reports are stored
}

// Share is the part of the known days with a serving campaign, 0 to 1.
func (s TermServing) Share() float64 { return float64(s.Served) / float64(s.Days) }

const (
	servingDays = `SELECT p.id, d.id, d.date, d.type FROM profiles p
CROSS JOIN ad_days d ON d.profile = p.id AND d.type IN (?4, ?5) AND d.date BETWEEN ?2 AND ?3
WHERE p.marketplace = ?1 AND d.state <> 'not_published' ORDER BY d.date, p.id`
	servingKeywords = `SELECT k.id, g.campaign, k.match_type FROM profiles p
CROSS JOIN ad_campaigns c ON c.profile = p.id CROSS JOIN ad_groups g ON g.campaign = c.id CROSS JOIN ad_keywords k ON k.ad_group = g.id
WHERE p.marketplace = ?1`
	targetedTerms = `SELECT keyword, term FROM ad_terms WHERE day = ?1`
	servedOn      = `SELECT campaign FROM ad_campaign_days WHERE day = ?1 AND impressions > 0`
	campaignsOf   = `SELECT id, profile FROM ad_campaigns WHERE profile IN (SELECT id FROM profiles WHERE marketplace = ?1)`
)

// servedWeek is what is known of the campaigns of one profile in one week, one
// bit a day.
type servedWeek struct {
	known  map[int64]uint8 // by profile
	served map[int64]uint8 // by campaign
}

// ServingDays lists, by term and week, on how many days from from to to a
// campaign of sponsored products that targets the term was serving, which is
// to say had impressions on any term: the on and off that halo's displacement
// model takes as its instrument (analytics.md §4.5), which a term's own clicks
// must not be. A campaign targets a term if any of these days has a click that
// the term brought it; product targeting and terms that are no searches do not
// count. Weeks of which no day is stored are absent.
func (f *Facts) ServingDays(ctx context.Context, marketplace string, from, to clock.Day) (list []TermServing, err error) {
	err = f.inMarket(ctx, marketplace, "read serving days", func(c *database.Conn, market int64) error {
		s, err := readServing(c, market, from, to)
		if err != nil {
			return err
		}
		profiles := map[int64]int64{}
		err = c.Query(campaignsOf, func(r database.Row) error {
			profiles[r.Int(0)] = r.Int(1)
			return nil
		}, market)
		if err != nil {
			return err
		}
		list = s.list(profiles)
		return nil
	})
	return list, err
}

// serving is what ServingDays reads.
type serving struct {
	weeks   map[clock.Day]*servedWeek
	targets map[int64][]int64 // campaigns by term
}

func readServing(c *database.Conn, market int64, from, to clock.Day) (*serving, error) {
	type day struct {
		profile, id int64
		date        clock.Day
		terms       bool
	}
	var days []day
	err := c.Query(servingDays, func(r database.Row) error {
		days = append(days, day{r.Int(0), r.Int(1), r.Day(2), r.Text(3) == string(ads.SPSearchTerm)})
		return nil
	}, market, from, to, string(ads.SPSearchTerm), string(ads.SPCampaigns))
	if err != nil {
		return nil, err
	}
	campaigns := map[int64]int64{} // by keyword
	err = c.Query(servingKeywords, func(r database.Row) error {
		if r.Text(2) != productTargeting {
			campaigns[r.Int(0)] = r.Int(1)
		}
		return nil
	}, market)
	if err != nil {
		return nil, err
	}
	s := &serving{weeks: map[clock.Day]*servedWeek{}}
	pairs := map[[2]int64]bool{} // campaign, term as sent
	for _, d := range days {
		if d.terms {
			err = c.Query(targetedTerms, func(r database.Row) error {
				if campaign, ok := campaigns[r.Int(0)]; ok {
					pairs[[2]int64{campaign, r.Int(1)}] = true
				}
				return nil
			}, d.id)
		} else {
			err = s.serve(c, d.profile, d.id, d.date)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, s.target(c, pairs)
}

func (s *serving) serve(c *database.Conn, profile, day int64, date clock.Day) error {
	week, bit := s.weeks[date.Week()], uint8(1)<<date.Weekday()
	if week == nil {
		week = &servedWeek{known: map[int64]uint8{}, served: map[int64]uint8{}}
		s.weeks[date.Week()] = week
	}
	week.known[profile] |= bit
	return c.Query(servedOn, func(r database.Row) error {
		week.served[r.Int(0)] |= bit
		return nil
	}, day)
}

// target turns the terms as sent into those of their keys.
func (s *serving) target(c *database.Conn, pairs map[[2]int64]bool) error {
	keys := map[int64]int64{}
	distinct := map[[2]int64]bool{}
	for pair := range pairs {
		key, known := keys[pair[1]]
		if !known {
			err := c.Query(termKey, func(r database.Row) error {
				if text := r.Text(1); text != "*" && text != "" && !asinLike.MatchString(text) {
					key = r.Int(0)
				}
				return nil
			}, pair[1])
			if err != nil {
				return err
			}
			keys[pair[1]] = key
		}
		if key != 0 {
			distinct[[2]int64{key, pair[0]}] = true
		}
	}
	s.targets = map[int64][]int64{}
	for pair := range distinct {
		s.targets[pair[0]] = append(s.targets[pair[0]], pair[1])
	}
	return nil
}

func (s *serving) list(profiles map[int64]int64) (list []TermServing) {
	for week, w := range s.weeks {
		for term, campaigns := range s.targets {
			var known, served uint8
			for _, campaign := range campaigns {
				known |= w.known[profiles[campaign]]
				served |= w.served[campaign]
			}
			if known != 0 {
				list = append(list, TermServing{term, week, bits.OnesCount8(served), bits.OnesCount8(known)})
			}
		}
	}
	slices.SortFunc(list, func(a, b TermServing) int {
		return cmp.Or(cmp.Compare(a.TermID, b.TermID), cmp.Compare(a.Week, b.Week))
	})
	return list
}
