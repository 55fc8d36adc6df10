package vault

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Anchor is the head of the log at some time, kept where whoever can change the
// database cannot reach it.
type Anchor struct {
	Seq  int64
	At   int64 // Unix milliseconds of the entry
	Hash [32]byte
}

// String is the anchor's line in an anchor file: seq, Unix milliseconds, hash.
func (a Anchor) String() string {
	return strconv.FormatInt(a.Seq, 10) + " " + strconv.FormatInt(a.At, 10) + " " + hex.EncodeToString(a.Hash[:])
}

// MarshalText implements encoding.TextMarshaler.
func (a Anchor) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// ParseAnchor reads what String wrote.
func ParseAnchor(line string) (Anchor, error) {
	var a Anchor
	parts := strings.Split(line, " ")
	if len(parts) != 3 {
		return a, errors.New("an anchor is a number, a time and a hash")
	}
	var err1, err2 error
	a.Seq, err1 = strconv.ParseInt(parts[0], 10, 64)
	a.At, err2 = strconv.ParseInt(parts[1], 10, 64)
	hash, err3 := hex.DecodeString(parts[2])
	if err := errors.Join(err1, err2, err3); err != nil || a.Seq < 1 || len(hash) != len(a.Hash) {
		return Anchor{}, errors.New("an anchor is a number, a time and a hash of 64 digits")
	}
	copy(a.Hash[:], hash)
	return a, nil
}

// Head returns the anchor of the newest entry; ok is false for an empty log.
func (v *Vault) Head(ctx context.Context) (a Anchor, ok bool, err error) {
	var e Entry
	err = v.db().Select("seq", "at", "hash").From("vault_log").OrderBy("seq DESC").Limit(1).WithContext(ctx).One(&e)
	if errors.Is(err, sql.ErrNoRows) {
		return a, false, nil
	}
	if err != nil {
		return a, false, fmt.Errorf("read the head of the access log: %w", err)
	}
	a = Anchor{Seq: e.Seq, At: e.At}
	copy(a.Hash[:], e.Hash)
	return a, true, nil
}

// ReadAnchors reads an anchor file: one anchor a line, empty lines and lines
// beginning with # skipped.
func ReadAnchors(r io.Reader) ([]Anchor, error) {
	var anchors []Anchor
	s := bufio.NewScanner(r)
	for n := 1; s.Scan(); n++ {
		line := strings.TrimSpace(s.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		a, err := ParseAnchor(line)
		if err != nil {
			return nil, fmt.Errorf("anchor file, line %d: %w", n, err)
		}
		anchors = append(anchors, a)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("read the anchor file: %w", err)
	}
	return anchors, nil
}

// AppendAnchor adds the anchor to the file at path, which it makes if needed.
func AppendAnchor(path string, a Anchor) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the anchor file: %w", err)
	}
	_, err = fmt.Fprintln(f, a)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the anchor file: %w", err)
	}
	return nil
}
