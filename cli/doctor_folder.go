package cli

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/database"
	"halotrack.ai/halotrack/internal/vault"
)

// leastFree is the disk space, in bytes, below which nothing can be relied on:
// a sync writes its documents and the databases' logs beside what is stored.
const leastFree = 512 << 20

// unlocks opens the folder's database with the key, changing nothing.
func (d *doctor) unlocks(key *vault.Key) error {
	if _, err := os.Stat(d.databaseFile()); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	db, err := database.Peek(d.databaseFile(), key.Database())
	if errors.Is(err, database.ErrKey) {
		return fmt.Errorf("%w: %s was written with another", vault.ErrWrongKey, d.dir)
	}
	if err != nil {
		return err
	}
	return db.Close()
}

// superusers looks from where administrators may sign in at /_/.
func (d *doctor) superusers() []finding {
	const check, todo = "superusers", "name the addresses they use: halotrack superuser ips 203.0.113.4 10.8.0.0/24"
	open := advise(check, todo, "administrators may sign in at /_/ from any address")
	closed := fine(check, "nobody can sign in at /_/ from an address that was not named")
	if d.up {
		if len(d.health.Advice) > 0 {
			return []finding{open}
		}
		return []finding{closed}
	}
	if _, err := os.Stat(d.databaseFile()); errors.Is(err, os.ErrNotExist) {
		return []finding{fine(check, "there is no administrator yet")}
	}
	administrators, addresses, err := d.readSuperusers()
	switch {
	case err != nil:
		return []finding{advise(check, "start the server, then run doctor again", "it could not be looked at: %v", err)}
	case administrators == 0:
		return []finding{fine(check, "there is no administrator, so nobody can sign in at /_/")}
	case addresses == 0:
		return []finding{open}
	}
	return []finding{closed}
}

// readSuperusers reads from the folder of a server that is down how many
// administrators there are and how many networks they may come from.
func (d *doctor) readSuperusers() (administrators, networks int, err error) {
	if log, err := os.Stat(d.databaseFile() + "-wal"); err == nil && log.Size() > 0 {
		return 0, 0, errors.New("the last process was ended before it could finish writing, or is still at work")
	}
	key, err := vault.Read(d.config.KeyPath(d.dir))
	if err != nil {
		return 0, 0, err
	}
	db, err := database.Peek(d.databaseFile(), key.Database())
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.NewQuery("SELECT count(*) FROM {{" + core.CollectionNameSuperusers + "}}").Row(&administrators); err != nil {
		return 0, 0, err
	}
	var stored string
	err = db.NewQuery("SELECT value FROM _params WHERE id = 'settings'").Row(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return administrators, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	var settings struct {
		SuperuserIPs []string `json:"superuserIPs"`
	}
	if err := json.Unmarshal([]byte(stored), &settings); err != nil {
		return 0, 0, fmt.Errorf("read the stored settings: %w", err)
	}
	return administrators, len(settings.SuperuserIPs), nil
}

// disk looks whether the data folder can be written to and has room to grow.
func (d *doctor) disk() []finding {
	const check = "disk"
	at, err := filepath.Abs(d.dir)
	if err != nil {
		return []finding{fail(check, "give another folder with --dir", "%v", err)}
	}
	dir, there := at, true
	for {
		info, err := os.Stat(at)
		if err == nil && !info.IsDir() {
			return []finding{fail(check, "give another folder with --dir", "%s is a file and cannot hold %s", at, dir)}
		}
		if err == nil {
			break
		}
		if !errors.Is(err, os.ErrNotExist) || at == filepath.Dir(at) {
			return []finding{fail(check, "run this as the user who runs the server", "the data folder cannot be looked at: %v", err)}
		}
		at, there = filepath.Dir(at), false
	}
	if !writable(at) {
		return []finding{fail(check, "give it to the user who runs the server: chown -R USER "+at+"; a read-only file system has to be mounted for writing", "%s cannot be written to by this user", at)}
	}
	return []finding{roomFinding(dir, at, there)}
}

// roomFinding judges the space left. A backup, and the rewriting of a database
// that had much deleted, need as much again as the folder holds.
func roomFinding(dir, at string, there bool) finding {
	free, known := freeBytes(at)
	if !known {
		return advise("disk", "look at the free space yourself", "%s can be written to; how much room there is cannot be told on this system", at)
	}
	held := uint64(0)
	if there {
		held = folderBytes(dir)
	}
	return judgeRoom(dir, there, free, held)
}

func judgeRoom(dir string, there bool, free, held uint64) finding {
	switch {
	case free < leastFree:
		return fail("disk", "make room, or move the data folder to a larger disk", "%s are free for %s, too few to go on", bytesInWords(free), dir)
	case free < held:
		return advise("disk", "make room before it is needed: a backup and the rewriting of a database need as much again as is stored", "%s are free, and %s holds %s", bytesInWords(free), dir, bytesInWords(held))
	case !there:
		return fine("disk", "%s is not there yet and can be made; %s are free", dir, bytesInWords(free))
	}
	return fine("disk", "%s can be written to; it holds %s, and %s are free", dir, bytesInWords(held), bytesInWords(free))
}

func folderBytes(dir string) (sum uint64) {
	_ = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil // it was removed meanwhile, or is not ours to see: the rest counts
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			sum += uint64(info.Size())
		}
		return nil
	})
	return sum
}

func bytesInWords(n uint64) string {
	if n < 10<<30 {
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d GB", n>>30)
}
