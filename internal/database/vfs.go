// Package database opens encrypted SQLite files: PocketBase's two databases
// and the accounts' fact files. Every page of a database, of its write-ahead
// log and of its snapshots is Adiantum ciphertext; the key is held by a VFS of
// its own and never stands in a DSN, so that VACUUM INTO, and with it
// PocketBase's backup, writes ciphertext under the same key
// (pocketbase.md §5.3).
package database

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/ncruces/go-sqlite3/vfs/adiantum"
)

// KeySize is the length of a database key in bytes.
const KeySize = 32

// ErrNoKey means that no key, or one of the wrong length, was given.
var ErrNoKey = errors.New("the database key is missing or not 32 bytes long")

// ErrKey means that the file cannot be read with the key: it was written
// under another one, or it is no database at all.
var ErrKey = errors.New("the database cannot be read with this key")

// Register makes an encrypting VFS under name, for DSNs with vfs=name. Each
// key needs a name of its own; a name keeps its key until Unregister.
func Register(name string, key []byte) error {
	if len(key) != KeySize {
		return ErrNoKey
	}
	if name == "" || vfs.Find(name) != nil {
		return fmt.Errorf("register VFS: the name %q is taken or empty", name)
	}
	base, ok := adiantum.Wrap(vfs.Find(""), nil).(vfs.VFSFilename)
	if !ok {
		return errors.New("register VFS: the encrypting VFS cannot open by file name")
	}
	vfs.Register(name, keyedVFS{base, hex.EncodeToString(key)})
	return nil
}

// Unregister forgets name and its key. Databases opened through it must be
// closed first.
func Unregister(name string) { vfs.Unregister(name) }

// keyedVFS gives its key to every main database that it opens; journals and
// write-ahead logs take the key from their database.
type keyedVFS struct {
	vfs.VFSFilename
	hexkey string
}

// OpenFilename implements vfs.VFSFilename.
func (k keyedVFS) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if name != nil && flags&vfs.OPEN_CREATE != 0 {
		path := name.String()
		if err := createPrivate(path); err != nil {
			return nil, flags, err
		}
		if flags&vfs.OPEN_WAL != 0 {
			// The index beside the log is opened by name, with the umask alone.
			if err := createPrivate(strings.TrimSuffix(path, "-wal") + "-shm"); err != nil {
				return nil, flags, err
			}
		}
	}
	file, out, err := k.VFSFilename.OpenFilename(name, flags)
	if err != nil || flags&vfs.OPEN_MAIN_DB == 0 {
		return file, out, err
	}
	keyed, ok := file.(vfs.FilePragma)
	if !ok {
		file.Close()
		return nil, flags, sqlite3.IOERR_BADKEY
	}
	if _, err := keyed.Pragma("hexkey", k.hexkey); err != nil {
		file.Close()
		return nil, flags, err
	}
	return file, out, nil
}

// createPrivate makes an empty file that only its owner can read, unless the
// file exists: an existing file is not opened, because closing it would drop
// the process's locks on it on some systems.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return sqlite3.CANTOPEN
	}
	return f.Close()
}

// keyError turns SQLite's "file is not a database" into ErrKey.
func keyError(err error) error {
	if errors.Is(err, sqlite3.NOTADB) {
		return fmt.Errorf("%w: %w", ErrKey, err)
	}
	return err
}
