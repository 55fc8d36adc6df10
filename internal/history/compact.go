package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"halotrack.ai/halotrack/internal/database"
)

// compactSuffix names the copy of a file while it is made; a killed process
// may leave one, which the next run replaces.
const compactSuffix = ".compact"

// Compact rewrites the account's file without its free pages, so that purged
// data leave no space behind, and without a log. The copy is written next to
// the file, not in memory, and takes its place at once. Others wait meanwhile.
func (s *Store) Compact(ctx context.Context, account string) error {
	path := s.path(account)
	copied := path + compactSuffix
	err := s.alone(ctx, account, func(f *Facts) error {
		if err := os.Remove(copied); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := f.file.Snapshot(ctx, copied); err != nil {
			return err
		}
		return syncFile(copied)
	}, func() error {
		// The closed file has no log any more that could be taken for the copy's.
		if err := os.Rename(copied, path); err != nil {
			return err
		}
		return syncFile(filepath.Dir(path))
	})
	if err != nil {
		return fmt.Errorf("compact the fact file of account %s: %w", account, err)
	}
	return nil
}

// Renew removes the account's file and has destroyKey destroy its key before
// anyone can make the file anew, under a new key. Both are done again by a
// second run after a kill between them.
func (s *Store) Renew(ctx context.Context, account string, destroyKey func() error) error {
	err := s.alone(ctx, account, func(*Facts) error { return nil }, func() error {
		if err := s.remove(account); err != nil {
			return err
		}
		return destroyKey()
	})
	if err != nil {
		return fmt.Errorf("renew the fact file of account %s: %w", account, err)
	}
	return nil
}

// alone calls open with the account's facts once nobody else uses them, then
// closes the file and calls closed. Nobody enters until it returns.
func (s *Store) alone(ctx context.Context, account string, open func(*Facts) error, closed func() error) error {
	s.solitude.Lock()
	defer s.solitude.Unlock()
	h, err := s.enter(ctx, account)
	if err != nil {
		return err
	}
	s.mu.Lock()
	h.leaving = true
	for h.users > 1 {
		freed := s.freed
		s.mu.Unlock()
		select {
		case <-freed:
			s.mu.Lock()
		case <-ctx.Done():
			s.mu.Lock()
			h.leaving = false
			h.users--
			s.signal()
			s.mu.Unlock()
			return ctx.Err()
		}
	}
	s.mu.Unlock()
	err = open(h.facts)
	err = errors.Join(err, h.facts.file.Close())
	if err == nil {
		err = closed()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.users = 0
	if s.open[account] == h {
		s.forget(h)
	}
	s.signal()
	return err
}

// remove deletes a closed file with its log, and a copy that a killed Compact
// left.
func (s *Store) remove(account string) error {
	return errors.Join(database.Remove(s.path(account)), database.Remove(s.path(account)+compactSuffix))
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
