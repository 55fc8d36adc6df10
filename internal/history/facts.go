package history

import (
	"context"
	"sync/atomic"

	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
)

// Facts is the open fact file of one account. Its methods are safe for
// concurrent use; each is one transaction.
type Facts struct {
	file  *database.File
	clock clock.Clock
	// terms is used by the writer alone, within its transaction.
	terms *termCache
	// written counts transactions; nil where no Store wants to know.
	written *atomic.Uint64
}

func newFacts(file *database.File, c clock.Clock) *Facts {
	return &Facts{file: file, clock: c, terms: newTermCache()}
}

// write runs fn in one transaction. After a roll-back the ids in the term
// cache may be those of rows that no longer exist, so it is emptied.
func (f *Facts) write(ctx context.Context, fn func(*database.Conn) error) error {
	committed := false
	defer func() {
		if !committed {
			f.terms.clear()
		}
	}()
	err := f.file.Write(ctx, fn)
	committed = err == nil
	if committed && f.written != nil {
		f.written.Add(1)
	}
	return err
}

func (f *Facts) read(ctx context.Context, fn func(*database.Conn) error) error {
	return f.file.Read(ctx, fn)
}
