package history

import (
	"context"
	"errors"
)

// batchRows is how many rows travel together from the decoder to the writer.
const batchRows = 256

// errStopped tells a decoder that its rows are no longer wanted.
var errStopped = errors.New("the rows are no longer wanted")

// stream runs load in a goroutine of its own and hands its rows to insert in
// batches, so that decoding and writing overlap. Memory is bounded by three
// batches, whatever the size of the document. It returns the error of insert
// if there is one, else that of load.
func stream[R, S any](ctx context.Context, load func(yield func(*R) error) (S, error), insert func([]R) error) (S, error) {
	const batches = 3
	var (
		full   = make(chan []R, batches)
		free   = make(chan []R, batches)
		stop   = make(chan struct{})
		result S
		failed error
		thrown any
	)
	for range batches {
		free <- nil
	}
	go func() {
		defer close(full)
		defer func() { thrown = recover() }()
		var batch []R
		take := func() error {
			select {
			case <-stop:
				return errStopped
			case <-ctx.Done():
				return ctx.Err()
			case batch = <-free:
				if batch == nil {
					batch = make([]R, 0, batchRows)
				}
				return nil
			}
		}
		var refused error // a loader that swallows it must not succeed
		result, failed = load(func(row *R) error {
			if batch == nil {
				if refused = take(); refused != nil {
					return refused
				}
			}
			batch = append(batch, *row)
			if len(batch) == batchRows {
				full <- batch // never blocks: there is room for every batch
				batch = nil
			}
			return nil
		})
		if failed == nil {
			failed = refused
		}
		if failed == nil && len(batch) > 0 {
			full <- batch
		}
	}()
	var insertErr error
	for batch := range full {
		if insertErr == nil {
			if insertErr = insert(batch); insertErr != nil {
				close(stop)
			}
		}
		free <- batch[:0]
	}
	if thrown != nil {
		panic(thrown)
	}
	if insertErr != nil {
		return result, insertErr
	}
	return result, failed
}
