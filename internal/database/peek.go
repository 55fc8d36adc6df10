package database

import (
	"fmt"

	"github.com/pocketbase/dbx"
)

// Peek opens a database that nobody else has open to read what was last
// checkpointed into it, and changes nothing: no file beside it is made, and its
// write-ahead log, which a killed process may have left, is not looked at. It
// fails with ErrKey if the file was written under another key.
func Peek(path string, key []byte) (*dbx.DB, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("open %s: %w", path, ErrNoKey)
	}
	name, err := registerOnce(key)
	if err != nil {
		return nil, err
	}
	db, err := dbx.Open("sqlite3", dsn(path, name, nil)+"&mode=ro&immutable=1&_txlock=deferred")
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
