// Package history is the memory of an account: everything that Amazon reports
// and later forgets, in one encrypted SQLite file per account. No other
// package knows SQL over facts.
//
// Three kinds of data live in a file. Facts (SQP, SCP, ads) arrive in slices
// that are replaced whole, in one transaction with the coverage they prove and
// the ledger row they finish. Joined weeks are derived from facts and rebuilt
// when a slice has changed them. The report ledger and the quota buckets are
// the durable state of the ingest.
package history

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"sync/atomic"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// MaxOpen is how many fact files a Store holds open at the same time.
const MaxOpen = 16

// Keys hands out the keys of fact files.
type Keys interface {
	// FactKey returns the 32-byte key of an account's fact file, made on
	// first use.
	FactKey(ctx context.Context, account string) ([]byte, error)
	// Holder returns how search terms that look like personal data are held
	// back: the id by which a text is known again, and the text sealed under
	// a key that these facts cannot open. It is asked for within a
	// transaction of the fact file.
	Holder(ctx context.Context, account string) (hold func(text string) (id string, sealed []byte, err error), err error)
}

// Store opens the accounts' fact files as they are needed. It is safe for
// concurrent use; two accounts never share a file, a table or a writer.
type Store struct {
	dir   string
	keys  Keys
	clock clock.Clock

	mu     sync.Mutex
	open   map[string]*handle
	recent *list.List // of *handle, most recently used first
	freed  chan struct{}
	closed bool

	solitude sync.Mutex // one at a time wants a file for itself

	written sync.Map // *atomic.Uint64 by account: transactions since the start
}

// Revision is a number that changes with every transaction on an account's
// facts in this process: what is derived from them can be left as it is while
// the number is the same. It opens no file.
func (s *Store) Revision(account string) uint64 { return s.counter(account).Load() }

func (s *Store) counter(account string) *atomic.Uint64 {
	n, _ := s.written.LoadOrStore(account, &atomic.Uint64{})
	return n.(*atomic.Uint64)
}

// handle is one open or opening file and its place in the order of use.
type handle struct {
	account string
	ready   chan struct{} // closed once facts or err is set
	facts   *Facts
	err     error
	users   int
	leaving bool // being destroyed: nobody may enter any more
	place   *list.Element
}

// ErrAccountName means that an account id cannot name a file.
var ErrAccountName = errors.New("an account id consists of letters, digits, - and _")

// ErrStoreClosed means that the store has been closed.
var ErrStoreClosed = errors.New("the fact store is closed")

// NewStore returns the store of the files <account>.db in dir, which is made
// when the first file is.
func NewStore(dir string, keys Keys, c clock.Clock) *Store {
	return &Store{
		dir: dir, keys: keys, clock: c,
		open: map[string]*handle{}, recent: list.New(), freed: make(chan struct{}),
	}
}

// Use calls fn with the account's facts, which stay open while fn runs and
// must not be kept. The file is made on first use.
func (s *Store) Use(ctx context.Context, account string, fn func(*Facts) error) error {
	h, err := s.enter(ctx, account)
	if err != nil {
		return err
	}
	defer s.leave(h)
	return fn(h.facts)
}

func (s *Store) path(account string) string { return filepath.Join(s.dir, account+".db") }

func validAccount(account string) error {
	if account == "" || len(account) > 64 || strings.Trim(account, accountAlphabet) != "" {
		return ErrAccountName
	}
	for _, r := range account {
		if !strings.ContainsRune(accountAlphabet, r) {
			return ErrAccountName
		}
	}
	return nil
}

const accountAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

// enter finds or opens the file and counts the caller as its user. With
// MaxOpen files in use it waits until one of them is free.
func (s *Store) enter(ctx context.Context, account string) (*handle, error) {
	if err := validAccount(account); err != nil {
		return nil, err
	}
	s.mu.Lock()
	for {
		if s.closed {
			s.mu.Unlock()
			return nil, ErrStoreClosed
		}
		h := s.open[account]
		if h != nil && !h.leaving {
			h.users++
			s.recent.MoveToFront(h.place)
			s.mu.Unlock()
			return s.await(ctx, h)
		}
		if h == nil {
			if len(s.open) < MaxOpen {
				break
			}
			if idle := s.leastRecent(); idle != nil {
				s.drop(idle)
				continue
			}
		}
		freed := s.freed
		s.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		s.mu.Lock()
	}
	h := &handle{account: account, ready: make(chan struct{}), users: 1}
	h.place = s.recent.PushFront(h)
	s.open[account] = h
	s.mu.Unlock()

	h.facts, h.err = s.openFacts(context.WithoutCancel(ctx), account)
	close(h.ready)
	return s.await(ctx, h)
}

func (s *Store) await(ctx context.Context, h *handle) (*handle, error) {
	select {
	case <-h.ready:
	case <-ctx.Done():
		s.leave(h)
		return nil, ctx.Err()
	}
	if h.err != nil {
		err := h.err
		s.leave(h)
		return nil, err
	}
	return h, nil
}

func (s *Store) openFacts(ctx context.Context, account string) (*Facts, error) {
	key, err := s.keys.FactKey(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("key of the fact file of account %s: %w", account, err)
	}
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of fact files: %w", err)
	}
	file, err := database.OpenFile(ctx, s.path(account), key, database.Options{})
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f := newFacts(file, s.clock)
	f.written = s.counter(account)
	f.terms.holder = func() (Holder, error) { return s.keys.Holder(ctx, account) }
	return f, nil
}

func (s *Store) leave(h *handle) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.users--
	if h.users > 0 {
		if h.leaving {
			s.signal() // one of them waits to be alone
		}
		return
	}
	if h.err != nil && s.open[h.account] == h {
		s.forget(h)
	}
	s.signal()
}

// signal wakes those that wait for a file to become free.
func (s *Store) signal() {
	close(s.freed)
	s.freed = make(chan struct{})
}

func (s *Store) forget(h *handle) {
	delete(s.open, h.account)
	s.recent.Remove(h.place)
}

func (s *Store) leastRecent() *handle {
	for e := s.recent.Back(); e != nil; e = e.Prev() {
		if h := e.Value.(*handle); h.users == 0 && !h.leaving {
			return h
		}
	}
	return nil
}

// drop closes an unused file; the lock is held, so that nobody opens it again
// before it is closed.
func (s *Store) drop(h *handle) {
	s.forget(h)
	if h.facts != nil {
		// The file is unused and its state committed: an error here (a disk
		// that refuses the checkpoint) leaves the log for the next opening.
		_ = h.facts.file.Close()
	}
}

// Snapshot writes a consistent copy of the account's file to dst, which must
// not exist, encrypted under the account's key. Others may go on writing.
func (s *Store) Snapshot(ctx context.Context, account, dst string) error {
	return s.Use(ctx, account, func(f *Facts) error { return f.file.Snapshot(ctx, dst) })
}

// Destroy waits until nobody uses the account's file, closes it and removes it
// with its log. An account without a file is no error.
func (s *Store) Destroy(ctx context.Context, account string) error {
	if err := validAccount(account); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		h := s.open[account]
		if h == nil {
			return s.remove(account)
		}
		h.leaving = true
		if h.users == 0 {
			s.drop(h)
			s.signal()
			continue
		}
		freed := s.freed
		s.mu.Unlock()
		select {
		case <-freed:
			s.mu.Lock()
		case <-ctx.Done():
			s.mu.Lock()
			h.leaving = false
			return fmt.Errorf("destroy fact file: %w", ctx.Err())
		}
	}
}

// Accounts lists the accounts that have a fact file, in order of their ids.
func (s *Store) Accounts() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("list fact files: %w", err)
	}
	var accounts []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".db"); ok && validAccount(name) == nil {
			accounts = append(accounts, name)
		}
	}
	sort.Strings(accounts)
	return accounts, nil
}

// Close waits until no file is in use and closes them all.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var errs []error
	for len(s.open) > 0 {
		if h := s.leastRecent(); h != nil {
			s.forget(h)
			if h.facts != nil {
				errs = append(errs, h.facts.file.Close())
			}
			continue
		}
		freed := s.freed
		s.mu.Unlock()
		<-freed
		s.mu.Lock()
	}
	s.signal()
	return errors.Join(errs...)
}
