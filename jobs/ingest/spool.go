package ingest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"halotrack.ai/halotrack/amazon/document"
	"halotrack.ai/halotrack/internal/vault"
)

// largestDocument is the size as sent, in bytes, beyond which a download is
// given up; the decompressed size is capped when it is read.
const largestDocument = document.MaxSize

// spool keeps documents between download and commit, sealed under their
// account's key, so that the network never waits for the database and a
// document that cannot be read can be looked at. Its files are
// <dir>/<account>/<ledger id>.sealed.
type spool struct {
	dir   string
	vault *vault.Vault
}

const sealedSuffix = ".sealed"

func (s spool) folder(account string) string { return filepath.Join(s.dir, account) }

func (s spool) path(account string, report int64) string {
	return filepath.Join(s.folder(account), spoolName(report))
}

func spoolName(report int64) string { return strconv.FormatInt(report, 10) + sealedSuffix }

// write stores a document as the host sends it. A file that is already there,
// from before a crash, is replaced.
func (s spool) write(ctx context.Context, account string, report int64, src io.Reader) (err error) {
	if err := os.MkdirAll(s.folder(account), 0o700); err != nil {
		return fmt.Errorf("make the spool folder: %w", err)
	}
	f, err := os.OpenFile(s.path(account, report), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("spool document of report %d: %w", report, err)
	}
	defer func() {
		if cerr := f.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("spool document of report %d: %w", report, cerr)
		}
	}()
	sealed, err := s.vault.SealFile(ctx, account, spoolName(report), f)
	if err != nil {
		return err
	}
	n, err := io.Copy(sealed, io.LimitReader(src, largestDocument+1))
	if err != nil {
		return fmt.Errorf("download document of report %d: %w", report, err)
	}
	if n > largestDocument {
		return &document.Error{Reason: "is larger than any report", Err: document.ErrTooLarge}
	}
	if err := sealed.Close(); err != nil {
		return fmt.Errorf("spool document of report %d: %w", report, err)
	}
	return nil
}

// open returns the document as the host sent it.
func (s spool) open(ctx context.Context, account string, report int64) (io.ReadCloser, error) {
	f, err := os.Open(s.path(account, report))
	if err != nil {
		return nil, fmt.Errorf("open spooled document: %w", err)
	}
	r, err := s.vault.OpenFile(ctx, account, spoolName(report), bufio.NewReaderSize(f, 64<<10))
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}

// remove deletes a document; one that is not there is fine.
func (s spool) remove(account string, report int64) error {
	err := os.Remove(s.path(account, report))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// sweep deletes the documents of an account that keep does not want.
func (s spool) sweep(account string, keep func(report int64) bool) error {
	entries, err := os.ReadDir(s.folder(account))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the spooled documents: %w", err)
	}
	for _, e := range entries {
		id, err := strconv.ParseInt(strings.TrimSuffix(e.Name(), sealedSuffix), 10, 64)
		if err == nil && keep(id) {
			continue
		}
		if err := os.Remove(filepath.Join(s.folder(account), e.Name())); err != nil {
			return fmt.Errorf("delete a spooled document: %w", err)
		}
	}
	return nil
}
