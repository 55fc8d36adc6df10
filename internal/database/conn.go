package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ncruces/go-sqlite3"

	"halotrack.ai/halotrack/internal/clock"
)

// A Conn is one connection to a File, with its prepared statements kept. It
// serves one goroutine at a time, within the Read or Write that lent it.
type Conn struct {
	raw  *sqlite3.Conn
	idle map[string]*sqlite3.Stmt
}

// maxIdleStatements bounds the statements that a connection keeps prepared.
const maxIdleStatements = 128

func openConn(ctx context.Context, source string) (*Conn, error) {
	raw, err := sqlite3.OpenContext(ctx, source)
	if err != nil {
		return nil, keyError(err)
	}
	c := &Conn{raw: raw, idle: map[string]*sqlite3.Stmt{}}
	if err := c.Query("PRAGMA schema_version", nil); err != nil {
		c.close()
		return nil, keyError(err)
	}
	return c, nil
}

func (c *Conn) close() error {
	for _, s := range c.idle {
		s.Close()
	}
	return c.raw.Close()
}

// statement returns a prepared statement of the given text, to be given back
// by release. The text is a constant: it is also the key of the cache.
func (c *Conn) statement(text string) (*sqlite3.Stmt, error) {
	if s, ok := c.idle[text]; ok {
		delete(c.idle, text)
		return s, nil
	}
	s, tail, err := c.raw.PrepareFlags(text, sqlite3.PREPARE_PERSISTENT)
	if err != nil {
		return nil, fmt.Errorf("prepare %.60q: %w", text, err)
	}
	if s == nil || tail != "" {
		s.Close()
		return nil, fmt.Errorf("prepare %.60q: not exactly one statement", text)
	}
	return s, nil
}

// release gives a statement back for its next use.
func (c *Conn) release(text string, s *sqlite3.Stmt) {
	s.Reset()
	s.ClearBindings()
	if _, taken := c.idle[text]; taken || len(c.idle) >= maxIdleStatements {
		s.Close()
		return
	}
	c.idle[text] = s
}

// Exec runs one statement and returns how many rows it changed.
func (c *Conn) Exec(text string, args ...any) (int64, error) {
	s, err := c.statement(text)
	if err != nil {
		return 0, err
	}
	defer c.release(text, s)
	if err := bind(s, args); err != nil {
		return 0, fmt.Errorf("%.60q: %w", text, err)
	}
	if err := s.Exec(); err != nil {
		return 0, fmt.Errorf("%.60q: %w", text, err)
	}
	return c.raw.Changes(), nil
}

// Insert runs one INSERT and returns the id of the new row.
func (c *Conn) Insert(text string, args ...any) (int64, error) {
	if _, err := c.Exec(text, args...); err != nil {
		return 0, err
	}
	return c.raw.LastInsertRowID(), nil
}

// LastInsertID returns the id of the row that was inserted last.
func (c *Conn) LastInsertID() int64 { return c.raw.LastInsertRowID() }

// Script runs several statements without arguments.
func (c *Conn) Script(text string) error { return c.raw.Exec(text) }

// Changes returns the number of rows that the last statement changed.
func (c *Conn) Changes() int64 { return c.raw.Changes() }

// Query runs a statement and calls row for each row of its result; row may
// return ErrStop to end early. A nil row discards the result.
func (c *Conn) Query(text string, row func(Row) error, args ...any) error {
	s, err := c.statement(text)
	if err != nil {
		return err
	}
	defer c.release(text, s)
	if err := bind(s, args); err != nil {
		return fmt.Errorf("%.60q: %w", text, err)
	}
	for s.Step() {
		if row == nil {
			continue
		}
		if err := row(Row{s}); err != nil {
			if errors.Is(err, ErrStop) {
				return nil
			}
			return err
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("%.60q: %w", text, err)
	}
	return nil
}

// ErrStop ends a Query early without an error.
var ErrStop = errors.New("stop")

// A Row is the current row of a Query; columns count from 0.
type Row struct{ s *sqlite3.Stmt }

// Int returns an integer column, 0 for NULL.
func (r Row) Int(col int) int64 { return r.s.ColumnInt64(col) }

// Count returns an integer column, invalid for NULL.
func (r Row) Count(col int) sql.Null[int64] {
	v := r.s.ColumnInt64(col)
	// NULL reads as 0: only that needs the second look.
	return sql.Null[int64]{V: v, Valid: v != 0 || r.s.ColumnType(col) != sqlite3.NULL}
}

// IsNull tells whether a column is NULL.
func (r Row) IsNull(col int) bool { return r.s.ColumnType(col) == sqlite3.NULL }

// Bool returns a column as truth.
func (r Row) Bool(col int) bool { return r.s.ColumnInt64(col) != 0 }

// Float returns a floating-point column.
func (r Row) Float(col int) float64 { return r.s.ColumnFloat(col) }

// Text returns a text column.
func (r Row) Text(col int) string { return r.s.ColumnText(col) }

// Day returns a column of days since 1970-01-01.
func (r Row) Day(col int) clock.Day { return clock.Day(r.s.ColumnInt64(col)) }

// Time returns an instant stored as milliseconds since 1970, the zero time for
// NULL.
func (r Row) Time(col int) time.Time {
	if r.IsNull(col) {
		return time.Time{}
	}
	return time.UnixMilli(r.s.ColumnInt64(col)).UTC()
}

// Value returns a column as int64, float64, string or nil.
func (r Row) Value(col int) any {
	switch r.s.ColumnType(col) {
	case sqlite3.INTEGER:
		return r.s.ColumnInt64(col)
	case sqlite3.FLOAT:
		return r.s.ColumnFloat(col)
	case sqlite3.TEXT:
		return r.s.ColumnText(col)
	case sqlite3.BLOB:
		return string(r.s.ColumnRawBlob(col))
	default:
		return nil
	}
}

// bind binds the arguments in order; times become milliseconds, the zero time
// NULL.
func bind(s *sqlite3.Stmt, args []any) error {
	if want := s.BindCount(); want != len(args) {
		return fmt.Errorf("%d arguments for %d parameters", len(args), want)
	}
	for i, arg := range args {
		if err := bindOne(s, i+1, arg); err != nil {
			return err
		}
	}
	return nil
}

func bindOne(s *sqlite3.Stmt, at int, arg any) error {
	switch v := arg.(type) {
	case nil:
		return s.BindNull(at)
	case int:
		return s.BindInt64(at, int64(v))
	case int64:
		return s.BindInt64(at, v)
	case bool:
		return s.BindBool(at, v)
	case float64:
		return s.BindFloat(at, v)
	case string:
		return s.BindText(at, v)
	case []byte:
		return s.BindBlob(at, v)
	case clock.Day:
		return s.BindInt64(at, int64(v))
	case sql.Null[int64]:
		if !v.Valid {
			return s.BindNull(at)
		}
		return s.BindInt64(at, v.V)
	case time.Time:
		if v.IsZero() {
			return s.BindNull(at)
		}
		return s.BindInt64(at, v.UnixMilli())
	default:
		return fmt.Errorf("argument %d has the unsupported type %T", at, arg)
	}
}
