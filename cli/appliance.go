package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/apikeys"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/config"
	"halotrack.ai/halotrack/internal/database"
	"halotrack.ai/halotrack/internal/evidence"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/vault"
	"halotrack.ai/halotrack/internal/waitlist"
	"halotrack.ai/halotrack/jobs/alert"
	"halotrack.ai/halotrack/jobs/audit"
	"halotrack.ai/halotrack/jobs/halo"
	"halotrack.ai/halotrack/jobs/ingest"
	"halotrack.ai/halotrack/jobs/reminder"
	"halotrack.ai/halotrack/jobs/retention"
	"halotrack.ai/halotrack/jobs/selfcheck"

	_ "halotrack.ai/halotrack/pb_migrations" // the collections
)

// Names within the data folder.
const (
	factsDir     = "facts"
	snapshotsDir = "facts.snapshot"
	spoolDir     = "spool"
	socketName   = "halotrack.sock"
	keyNote      = "key.fingerprint"
)

// options says how an appliance is opened.
type options struct {
	Config *config.Config
	Dir    string
	Clock  clock.Clock
	Log    *slog.Logger
	// MakeKey lets an empty data folder get a fresh key; without it a missing
	// key is an error.
	MakeKey bool
	// Since is the first day that history is fetched of; 0 leaves that to what
	// Amazon keeps.
	Since clock.Day
	// NoReminders is for the demo: what it was granted never ends.
	NoReminders bool
}

// appliance is the whole product over one data folder, which it owns until
// closed.
type appliance struct {
	options
	KeyPath   string
	NewKey    bool // the key was made just now
	App       core.App
	Vault     *vault.Vault
	Store     *history.Store
	Endpoints readonly.Endpoints
	Door      *readonly.Transport // the only way to Amazon
	Evidence  *evidence.Book      // counts what passes the door
	Grants    *grants.Keeper
	Mail      *mail.Queue
	Desk      *waitlist.Desk
	Keys      *apikeys.Keeper
	Ingest    *ingest.Ingest
	Audit     *audit.Job
	Halo      *halo.Job
	SelfCheck *selfcheck.Job
	Alert     *alert.Job
	Retention *retention.Job
	Reminder  *reminder.Job // nil in the demo
	lock      *database.Lock
	cycling   sync.Mutex       // one cycle at a time, whoever asks for it
	seen      map[string]sight // accounts as of when they were last derived from; guarded by cycling
	derived   time.Time        // when joins and audits last ran; guarded by cycling
	runs      jobRuns
}

// open takes the data folder and opens everything in it. On an error nothing
// stays open.
func open(ctx context.Context, o options) (_ *appliance, err error) {
	a := &appliance{options: o, KeyPath: o.Config.KeyPath(o.Dir), seen: map[string]sight{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	setUmask()
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	if a.lock, err = database.LockFolder(o.Dir); err != nil {
		return nil, err
	}
	key, err := a.readKey()
	if err != nil {
		return nil, err
	}
	if err := adoptSnapshots(o.Dir); err != nil {
		return nil, err
	}
	a.App = core.NewBaseApp(core.BaseAppConfig{
		DataDir:          o.Dir,
		DBConnect:        database.ConnectPocketBase(key.Database()),
		DataMaxOpenConns: database.MaxPocketBaseConns,
		DataMaxIdleConns: 4,
		AuxMaxOpenConns:  4,
		AuxMaxIdleConns:  2,
	})
	if err := a.App.Bootstrap(); err != nil {
		if errors.Is(err, database.ErrKey) {
			return nil, fmt.Errorf("%w: %s is not the key of %s; point HALOTRACK_KEY_FILE at the right one", vault.ErrWrongKey, a.KeyPath, o.Dir)
		}
		return nil, fmt.Errorf("open the databases: %w", err)
	}
	if err := a.noteKey(key); err != nil {
		return nil, err
	}
	if err := a.App.RunAllMigrations(); err != nil {
		return nil, fmt.Errorf("bring the databases up to date: %w", err)
	}
	return a, a.assemble(key)
}

// assemble makes the rooms that stand on the databases.
func (a *appliance) assemble(key *vault.Key) (err error) {
	if a.Vault, err = vault.Open(a.App, key, a.Clock); err != nil {
		return err
	}
	a.Store = history.NewStore(filepath.Join(a.Dir, factsDir), a.Vault, a.Clock)
	if a.Endpoints, err = a.Config.Endpoints(); err != nil {
		return err
	}
	if a.Mail, err = a.newMail(); err != nil {
		return err
	}
	a.Door, a.Evidence = readonly.New(a.Endpoints, nil), evidence.New(a.App, a.Clock)
	a.Door.OnCall(a.Evidence.Note)
	a.Ingest = a.newIngest()
	a.Grants = a.newGrants()
	a.Audit = audit.New(a.App, a.Store, a.Clock)
	a.Halo = halo.New(a.App, a.Store, a.Clock)
	a.SelfCheck = selfcheck.New(a.App, a.Store, a.Clock)
	a.Alert = alert.New(a.App, a.Store, a.Clock)
	a.Retention = a.newRetention()
	if !a.NoReminders {
		a.Reminder = a.newReminder()
	}
	a.bindBackup()
	return a.people()
}

// readKey reads the key of the data folder, or makes one for an empty folder.
func (a *appliance) readKey() (*vault.Key, error) {
	if err := vault.CheckLocation(a.KeyPath, a.Dir, a.Config.BackupDir); err != nil {
		return nil, err
	}
	key, err := vault.Read(a.KeyPath)
	switch {
	case err == nil:
		return key, a.compareKey(key)
	case !errors.Is(err, vault.ErrNoKey):
		return nil, err
	case a.holdsData():
		return nil, fmt.Errorf("%w (the data in %s cannot be read without it)", err, a.Dir)
	case !a.MakeKey:
		return nil, fmt.Errorf("%w, or make one: halotrack keys init --out %s", err, a.KeyPath)
	}
	if key, err = vault.NewKey(); err != nil {
		return nil, err
	}
	if err := key.Write(a.KeyPath); err != nil {
		return nil, err
	}
	a.NewKey = true
	return key, a.compareKey(key)
}

func (a *appliance) holdsData() bool {
	_, err := os.Stat(filepath.Join(a.Dir, "data.db"))
	return !errors.Is(err, os.ErrNotExist)
}

// notedKey reads the fingerprint of a data folder's key; empty where none is
// noted, or where the process that began to was killed.
func notedKey(dir string) (string, error) {
	noted, err := os.ReadFile(filepath.Join(dir, keyNote))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the key's fingerprint: %w", err)
	}
	return strings.TrimSpace(string(noted)), nil
}

// compareKey tells a wrong key by its fingerprint before any database is
// touched with it.
func (a *appliance) compareKey(key *vault.Key) error {
	want, err := notedKey(a.Dir)
	if err != nil {
		return err
	}
	if got := key.Fingerprint(); want != "" && got != want {
		return fmt.Errorf("%w: %s has the fingerprint %s, but %s was written with %s; point HALOTRACK_KEY_FILE at that one",
			vault.ErrWrongKey, a.KeyPath, got, a.Dir, want)
	}
	return nil
}

// noteKey notes the fingerprint of the key with which the databases opened,
// where there is no note yet: one made before could name a wrong key.
func (a *appliance) noteKey(key *vault.Key) error {
	if noted, err := notedKey(a.Dir); err != nil || noted != "" {
		return err
	}
	path := filepath.Join(a.Dir, keyNote)
	err := os.WriteFile(path+".new", []byte(key.Fingerprint()+"\n"), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("note the key's fingerprint: %w", err)
	}
	return nil
}

// Close gives everything back. It may be called on a half-opened appliance.
func (a *appliance) Close() error {
	var errs []error
	if a.Evidence != nil {
		errs = append(errs, a.Evidence.Flush(context.Background()))
	}
	if a.Store != nil {
		errs = append(errs, a.Store.Close())
	}
	if a.Vault != nil {
		a.Vault.Close()
	}
	if a.App != nil && a.App.IsBootstrapped() {
		errs = append(errs, a.App.ClearBootstrap())
	}
	if a.lock != nil {
		errs = append(errs, a.lock.Unlock())
	}
	return errors.Join(errs...)
}
