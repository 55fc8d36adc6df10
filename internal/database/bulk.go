package database

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// bulkRows is how many rows one statement of a Bulk inserts: starting and
// ending a statement costs as much as a row of few columns.
const bulkRows = 16

// Bulk inserts many rows of integers into one table, several rows to a
// statement. Rows whose key is there already are handed to Rejected.
type Bulk struct {
	// Rejected is called for each row whose key was there; nil makes that an
	// error. The row is valid during the call only.
	Rejected func(row []sql.Null[int64]) error

	c         *Conn
	one, many *Stmt
	width     int
	rows      []sql.Null[int64]
	bound     []sql.Null[int64] // what the parameters of many hold, NULL at first
	scarce    bool              // most rows of the last batch were rejected
}

// Bulk prepares inserts into a table, which names all its columns: `t (a, b)`.
// It belongs to the transaction that prepared it; release it before its end.
func (c *Conn) Bulk(table string, width int) (*Bulk, error) {
	row := "(" + strings.TrimSuffix(strings.Repeat("?, ", width), ", ") + ")"
	one, err := c.Prepare("INSERT OR IGNORE INTO " + table + " VALUES " + row)
	if err != nil {
		return nil, err
	}
	// OR FAIL keeps the rows before the one that failed, and needs no journal
	// of the statement.
	many, err := c.Prepare("INSERT OR FAIL INTO " + table + " VALUES " + row + strings.Repeat(", "+row, bulkRows-1))
	if err != nil {
		one.Release()
		return nil, err
	}
	return &Bulk{
		c: c, one: one, many: many, width: width,
		rows: make([]sql.Null[int64], 0, bulkRows*width), bound: make([]sql.Null[int64], bulkRows*width),
	}, nil
}

// Add inserts a row, at the latest with the next Flush.
func (b *Bulk) Add(row []sql.Null[int64]) error {
	if len(row) != b.width {
		return fmt.Errorf("insert: %d values for %d columns", len(row), b.width)
	}
	b.rows = append(b.rows, row...)
	if len(b.rows) == cap(b.rows) {
		return b.Flush()
	}
	return nil
}

// Flush inserts the rows added since the last one.
func (b *Bulk) Flush() error {
	rows := b.rows
	b.rows = b.rows[:0]
	if len(rows) == cap(b.rows) && !b.scarce {
		done, err := b.insertMany(rows)
		if err != nil {
			return err
		}
		if rows = rows[done*b.width:]; len(rows) == 0 {
			return nil
		}
	}
	rejected, tried := 0, len(rows)/b.width
	for ; len(rows) > 0; rows = rows[b.width:] {
		row := rows[:b.width]
		for _, v := range row {
			b.one.Count(v)
		}
		if err := b.one.Run(); err != nil {
			return err
		}
		if b.c.Changes() == 1 {
			continue
		}
		rejected++
		if b.Rejected == nil {
			return fmt.Errorf("%.60q: %w", b.one.text, sqlite3.CONSTRAINT_PRIMARYKEY)
		}
		if err := b.Rejected(row); err != nil {
			return err
		}
	}
	b.scarce = 2*rejected > tried
	return nil
}

// insertMany inserts a full batch and returns how many rows went in before one
// whose key was there. Parameters keep their values from run to run: keys that
// all rows share and the many zeros are bound once.
func (b *Bulk) insertMany(rows []sql.Null[int64]) (done int, err error) {
	for i, v := range rows {
		if v == b.bound[i] {
			b.many.Same()
			continue
		}
		b.bound[i] = v
		b.many.Count(v)
	}
	err = b.many.Run()
	switch {
	case err == nil:
		return bulkRows, nil
	case errors.Is(err, sqlite3.CONSTRAINT_PRIMARYKEY):
		return int(b.c.Changes()), nil
	}
	return 0, err
}

// Release gives the statements back. Releasing nil is harmless.
func (b *Bulk) Release() {
	if b != nil {
		b.one.Release()
		b.many.Release()
	}
}
