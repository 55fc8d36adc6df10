package database

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"sync"

	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/pocketbase/dbx"

	_ "github.com/ncruces/go-sqlite3/driver" // registers the driver "sqlite3"
)

// MaxPocketBaseConns is how many connections PocketBase may open to each of
// its databases (its DataMaxOpenConns and AuxMaxOpenConns): with 8 MB of page
// cache each it bounds the memory of a small machine.
const MaxPocketBaseConns = 8

// pocketBasePragmas are PocketBase's own, in its order (busy_timeout must come
// first), with a smaller cache and with secure_delete: without it the bytes of
// deleted rows stay in the file (pocketbase.md trap 15).
var pocketBasePragmas = []string{
	"busy_timeout(10000)",
	"journal_mode(WAL)",
	"journal_size_limit(16000000)",
	"synchronous(NORMAL)",
	"foreign_keys(ON)",
	"temp_store(MEMORY)",
	"cache_size(-8000)",
	"secure_delete(ON)",
}

var registering sync.Mutex

// ConnectPocketBase returns PocketBase's DBConnect for databases encrypted
// under key. It fails with ErrNoKey without a key, and the function it returns
// with ErrKey if the file was written under another one. PocketBase calls it
// four times; all of them share one VFS.
func ConnectPocketBase(key []byte) func(path string) (*dbx.DB, error) {
	return func(path string) (*dbx.DB, error) {
		if len(key) != KeySize {
			return nil, fmt.Errorf("open %s: %w", path, ErrNoKey)
		}
		name, err := registerOnce(key)
		if err != nil {
			return nil, err
		}
		// ncruces' default transaction is immediate; PocketBase expects deferred.
		db, err := dbx.Open("sqlite3", dsn(path, name, pocketBasePragmas)+"&_txlock=deferred")
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, keyError(err))
		}
		var version int
		if err := db.NewQuery("PRAGMA schema_version").Row(&version); err != nil {
			db.Close()
			return nil, fmt.Errorf("open %s: %w", path, keyError(err))
		}
		return db, nil
	}
}

// registerOnce names the VFS after a digest of the key, so that one key has
// one VFS however often it is asked for.
func registerOnce(key []byte) (string, error) {
	digest := sha256.Sum256(append([]byte("halotrack vfs name\x00"), key...))
	name := "halotrack-" + hex.EncodeToString(digest[:8])
	registering.Lock()
	defer registering.Unlock()
	if vfs.Find(name) != nil {
		return name, nil
	}
	return name, Register(name, key)
}

func dsn(path, vfsName string, pragmas []string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	q := url.Values{"vfs": {vfsName}}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
