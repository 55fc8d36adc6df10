package vault

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Errors by which a caller decides; the message of the error that wraps them
// says what to do.
var (
	// ErrNoKey means that there is no key file.
	ErrNoKey = errors.New("the key file is missing")
	// ErrBadKey means that the key file cannot be read as one.
	ErrBadKey = errors.New("the key file is damaged")
	// ErrKeyExists means that Write found a file and left it alone.
	ErrKeyExists = errors.New("a key file exists already")
	// ErrKeyOpen means that others than its owner may read the key file.
	ErrKeyOpen = errors.New("the key file is readable by others")
	// ErrKeyInside means that the key lies where the data or the backups lie.
	ErrKeyInside = errors.New("the key file lies inside a folder it must protect")
)

const maxKeyFile = 64 << 10

// Read reads the key file at path. The file must not be accessible to anyone
// but its owner.
func Read(path string) (*Key, error) {
	// Opening a named pipe would wait for ever for its writer.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrBadKey, path)
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s does not exist; put back your copy, or restore it from the recovery sheet", ErrNoKey, path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at the key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrBadKey, path)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s has mode %04o; run: chmod 600 %s", ErrKeyOpen, path, info.Mode().Perm(), path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	defer clear(b)
	if len(b) > maxKeyFile {
		return nil, fmt.Errorf("%w: %s is larger than any key", ErrBadKey, path)
	}
	k, err := decodeKey(b)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w; put back your copy, or restore it from the recovery sheet", ErrBadKey, path, err)
	}
	return k, nil
}

// Write writes the key to a new file of mode 0600, in a folder that it makes
// with mode 0700 if needed, and waits until both are on the disk. It never
// overwrites.
func (k *Key) Write(path string) (err error) {
	b, err := k.encode()
	if err != nil {
		return err
	}
	defer clear(b)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the key file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s; a key is never overwritten, because data would be lost with it", ErrKeyExists, path)
	}
	if err != nil {
		return fmt.Errorf("create the key file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(path) // half a key is worse than none
		}
	}()
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the key file: %w", err)
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the folder of the key file: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("write the folder of the key file: %w", err)
	}
	return nil
}

// CheckLocation refuses a key file inside one of dirs (the data and the backup
// folder), symbolic links followed: whoever takes the folder must not have the
// key with it. Empty dirs are skipped; nothing need exist yet.
func CheckLocation(keyPath string, dirs ...string) error {
	key, err := resolve(keyPath)
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		if dir == "" {
			continue
		}
		d, err := resolve(dir)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(d, key)
		if err != nil {
			return fmt.Errorf("compare the key file's place with %s: %w", dir, err)
		}
		if rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return fmt.Errorf("%w: %s is inside %s; move it out, and point HALOTRACK_KEY_FILE at it", ErrKeyInside, keyPath, dir)
		}
	}
	return nil
}

// resolve returns the absolute path with all symbolic links of its existing
// part followed.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the place of %s: %w", path, err)
	}
	rest := ""
	for p := abs; ; p = filepath.Dir(p) {
		real, err := filepath.EvalSymlinks(p)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || p == filepath.Dir(p) {
			return "", fmt.Errorf("find the place of %s: %w", path, err)
		}
		rest = filepath.Join(filepath.Base(p), rest)
	}
}
