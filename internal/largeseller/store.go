package largeseller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/history"
)

// Year is how many weeks a seller of one year has stored.
const Year = 52

// Keys are the keys of fact files that hold nothing but what is made up here.
type Keys struct{}

// FactKey returns the same key for all accounts, so that one file can become
// another account's.
func (Keys) FactKey(context.Context, string) ([]byte, error) {
	key := sha256.Sum256([]byte("made up"))
	return key[:], nil
}

// Holder holds nothing back for long: no made-up term looks like a person.
func (Keys) Holder(context.Context, string) (func(string) (string, []byte, error), error) {
	return func(text string) (string, []byte, error) {
		id := sha256.Sum256([]byte(text))
		return hex.EncodeToString(id[:]), []byte(text), nil
	}, nil
}

// Rules are what the seller has said of terms and products.
func Rules(string) history.JoinRules {
	return history.JoinRules{
		Classify: func(key string) history.Class {
			switch {
			case strings.Contains(key, Brand):
				return history.BrandTerm
			case strings.Contains(key, Rival):
				return history.CompetitorTerm
			}
			return history.GenericTerm
		},
		Parent: Parent,
	}
}

// Fill stores and joins the given number of weeks up to Newest in one account,
// oldest first; what is there already stays, so that a stopped run goes on.
// done is called after each week.
func (s Shape) Fill(ctx context.Context, store *history.Store, account string, weeks int, done func(stored int) error) error {
	return store.Use(ctx, account, func(f *history.Facts) error {
		markets := make([]*Market, s.Marketplaces)
		have := map[string][]clock.Day{}
		for i := range markets {
			markets[i] = s.Market(i)
			list, err := f.Weeks(ctx, s.Code(i))
			if err != nil {
				return err
			}
			have[s.Code(i)] = list
		}
		for n := range weeks {
			week := Newest - clock.Day(7*(weeks-1-n))
			for _, m := range markets {
				if slices.Contains(have[m.code], week) {
					continue
				}
				if _, err := m.Week(ctx, f, week, fetched(week), 0); err != nil {
					return err
				}
			}
			if err := Join(ctx, f); err != nil {
				return err
			}
			if err := done(n + 1); err != nil {
				return err
			}
		}
		return nil
	})
}

// Join joins what is dirty.
func Join(ctx context.Context, f *history.Facts) error {
	dirty, err := f.DirtyWeeks(ctx)
	if err != nil {
		return err
	}
	for _, d := range dirty {
		if err := f.RebuildWeek(ctx, d.Marketplace, d.Week, Rules(d.Marketplace)); err != nil {
			return err
		}
	}
	return nil
}

// fetched is when a week was fetched last: once its ads were final, or two
// weeks after the newest one's end.
func fetched(week clock.Day) time.Time {
	return min(week.WeekEnd()+43, Newest.WeekEnd()+15).Time().Add(8 * time.Hour)
}

// Restate stores another version of a week in all marketplaces, which then
// wait to be joined, and returns its rows. The edition differs from that of any
// call before, also in a folder that was kept.
func (s Shape) Restate(ctx context.Context, store *history.Store, account, folder string, week clock.Day) (rows int64, err error) {
	path := filepath.Join(folder, "edition")
	last, _ := os.ReadFile(path)
	edition, _ := strconv.ParseUint(string(last), 10, 8)
	edition = (edition + 1) % 200
	if err := os.WriteFile(path, strconv.AppendUint(nil, edition, 10), 0o600); err != nil {
		return 0, fmt.Errorf("keep the edition: %w", err)
	}
	err = store.Use(ctx, account, func(f *history.Facts) error {
		for i := range s.Marketplaces {
			n, err := s.Market(i).Week(ctx, f, week, fetched(week).Add(time.Duration(edition)*time.Minute), edition)
			if err != nil {
				return err
			}
			rows += n
		}
		return nil
	})
	return rows, err
}
