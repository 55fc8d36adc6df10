package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/database"
)

func TestAccountsShareNothing(t *testing.T) {
	s := testStore(t)
	for i, account := range []string{"acme", "bolt"} {
		err := s.Use(t.Context(), account, func(f *Facts) error {
			replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "secret of "+account, int64(400*(i+1)), 4))
			rebuild(t, f)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := s.Use(t.Context(), "bolt", func(f *Facts) error {
		page, _, total, err := f.Terms(t.Context(), TermsQuery{Marketplace: us, Week: week})
		if err != nil || total != 1 || page[0].Term != "secret of bolt" {
			t.Errorf("terms %+v, %v", page, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	// Each file has its own key.
	key, _ := (&testKeys{}).FactKey(t.Context(), "bolt")
	if _, err := database.OpenFile(t.Context(), filepath.Join(s.dir, "acme.db"), key, database.Options{}); !errors.Is(err, database.ErrKey) {
		t.Errorf("one account's file under another's key: %v", err)
	}
	accounts, err := s.Accounts()
	if err != nil || fmt.Sprint(accounts) != "[acme bolt]" {
		t.Errorf("accounts %v, %v", accounts, err)
	}
}

func TestAtMostSixteenFilesAreOpen(t *testing.T) {
	s := testStore(t)
	var wg sync.WaitGroup
	for i := range 3 * MaxOpen {
		wg.Go(func() {
			for round := range 3 {
				account := fmt.Sprint("account", (i+round*7)%(2*MaxOpen))
				err := s.Use(t.Context(), account, func(f *Facts) error {
					s.mu.Lock()
					open := len(s.open)
					s.mu.Unlock()
					if open > MaxOpen {
						t.Errorf("%d files open", open)
					}
					if err := f.SaveBucket(t.Context(), Bucket{Key: account, Tokens: 1, At: now}); err != nil {
						return err
					}
					if _, ok, err := f.Bucket(t.Context(), account); !ok || err != nil {
						return fmt.Errorf("bucket of %s: %v, %w", account, ok, err)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestDestroyWaitsAndRemoves(t *testing.T) {
	s := testStore(t)
	entered, leave := make(chan struct{}), make(chan struct{})
	done := make(chan error)
	go func() {
		done <- s.Use(t.Context(), "acme", func(*Facts) error { close(entered); <-leave; return nil })
	}()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Destroy(ctx, "acme"); !errors.Is(err, context.Canceled) {
		t.Errorf("destroying a file in use: %v", err)
	}
	close(leave)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := s.Destroy(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(s.dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	if err := s.Destroy(t.Context(), "never-there"); err != nil {
		t.Error(err)
	}
}

func TestSnapshotDuringAnImport(t *testing.T) {
	s := testStore(t)
	dst := filepath.Join(t.TempDir(), "snapshot.db")
	err := s.Use(t.Context(), "acme", func(f *Facts) error {
		replaceSQP(t, f, sqpSlice(now, "B000000001"), sqpRow("B000000001", "plain canary", 400, 4))
		_, err := f.ReplaceSQP(t.Context(), sqpSlice(now, "B000000002"), func(yield func(*spapi.SQPRow) error) (spapi.Summary, error) {
			for i := range 2000 {
				row := sqpRow("B000000002", fmt.Sprint("term ", i), 400, 4)
				if err := yield(&row); err != nil {
					return spapi.Summary{}, err
				}
			}
			return spapi.Summary{}, s.Snapshot(t.Context(), "acme", dst)
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(dst)
	if err != nil || bytes.Contains(content, []byte("canary")) || bytes.Contains(content, []byte("SQLite format 3")) {
		t.Errorf("the snapshot is plaintext, or %v", err)
	}
	key, _ := (&testKeys{}).FactKey(t.Context(), "acme")
	file, err := database.OpenFile(t.Context(), dst, key, database.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if rows := count(t, newFacts(file, s.clock), "sqp_own"); rows != 1 {
		t.Errorf("%d rows in the snapshot, want the committed one", rows)
	}
}

func TestAccountNamesCannotLeaveTheFolder(t *testing.T) {
	s := testStore(t)
	for _, name := range []string{"", "../x", "a/b", "a.b", "ä"} {
		if err := s.Use(t.Context(), name, func(*Facts) error { return nil }); !errors.Is(err, ErrAccountName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAClosedStoreOpensNothing(t *testing.T) {
	s := NewStore(t.TempDir(), &testKeys{}, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Use(t.Context(), "acme", func(*Facts) error { return nil }); !errors.Is(err, ErrStoreClosed) {
		t.Errorf("error %v", err)
	}
}

func TestAFileOfANewerReleaseIsRefused(t *testing.T) {
	f := testFacts(t)
	err := f.file.Write(t.Context(), func(c *database.Conn) error { return c.Script("PRAGMA user_version = 99") })
	if err != nil {
		t.Fatal(err)
	}
	if err := migrate(t.Context(), f.file); !errors.Is(err, ErrNewer) {
		t.Errorf("error %v, want ErrNewer", err)
	}
}
