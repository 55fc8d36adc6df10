package database

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// A Stmt is a prepared statement for hot paths: arguments are bound one after
// the other by Int, Count and Text, then Run or Find executes it. It belongs to the
// transaction that prepared it and must be released before its end.
type Stmt struct {
	c    *Conn
	raw  *sqlite3.Stmt
	text string
	at   int
	err  error
}

// Prepare prepares one statement.
func (c *Conn) Prepare(text string) (*Stmt, error) {
	raw, err := c.statement(text)
	if err != nil {
		return nil, err
	}
	return &Stmt{c: c, raw: raw, text: text}, nil
}

// Int binds the next argument.
func (s *Stmt) Int(v int64) {
	s.at++
	if err := s.raw.BindInt64(s.at, v); err != nil && s.err == nil {
		s.err = err
	}
}

// Count binds the next argument, NULL where v is invalid.
func (s *Stmt) Count(v sql.Null[int64]) {
	if v.Valid {
		s.Int(v.V)
		return
	}
	s.at++
	if err := s.raw.BindNull(s.at); err != nil && s.err == nil {
		s.err = err
	}
}

// Text binds the next argument.
func (s *Stmt) Text(v string) {
	s.at++
	if err := s.raw.BindText(s.at, v); err != nil && s.err == nil {
		s.err = err
	}
}

// Same leaves the next argument as it was in the last Run, NULL before the
// first.
func (s *Stmt) Same() { s.at++ }

// Run executes the statement with the arguments bound since the last Run.
func (s *Stmt) Run() error {
	err := s.err
	s.at, s.err = 0, nil
	if err == nil {
		err = s.raw.Exec()
	}
	if err != nil {
		return fmt.Errorf("%.60q: %w", s.text, err)
	}
	return nil
}

// Release gives the statement back. Releasing nil is harmless.
func (s *Stmt) Release() {
	if s != nil {
		s.c.release(s.text, s.raw)
	}
}

// Find executes the statement, which may return rows, and calls row for each
// until it returns true. It is Query for hot paths.
func (s *Stmt) Find(row func(Row) (done bool)) error {
	err := s.err
	s.at, s.err = 0, nil
	if err == nil {
		for s.raw.Step() {
			if row(Row{s.raw}) {
				break
			}
		}
		err = errors.Join(s.raw.Err(), s.raw.Reset())
	}
	if err != nil {
		return fmt.Errorf("%.60q: %w", s.text, err)
	}
	return nil
}
