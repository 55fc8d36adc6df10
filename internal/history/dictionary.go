package history

import (
	"fmt"
	"strings"

	"halotrack.ai/halotrack/internal/database"
)

// termCacheSize bounds one generation of the cache; two are kept, so that the
// terms in use survive a change of generation.
const termCacheSize = 16 << 10

// termCache remembers the ids of terms that were written or read lately.
type termCache struct {
	young, old map[string]int64
	fresh      bool // the last term that was not in the cache was a new one
	// holder gives hold on its first use: most accounts never hold back a term.
	holder func() (Holder, error)
	hold   Holder
}

func newTermCache() *termCache { return &termCache{young: map[string]int64{}} }

func (t *termCache) clear() { t.young, t.old = map[string]int64{}, nil }

func (t *termCache) get(text string) (int64, bool) {
	if id, ok := t.young[text]; ok {
		return id, true
	}
	id, ok := t.old[text]
	if ok {
		t.put(text, id)
	}
	return id, ok
}

func (t *termCache) put(text string, id int64) {
	if len(t.young) >= termCacheSize {
		t.old, t.young = t.young, make(map[string]int64, termCacheSize)
	}
	t.young[text] = id
}

const (
	selectTerm = `SELECT id, text, exact FROM terms WHERE hash = ?1`
	insertTerm = `INSERT INTO terms (text, hash, key, exact) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (hash) DO NOTHING`
	markExact  = `UPDATE terms SET exact = 1 WHERE id = ?1`
)

// termWriter finds and makes terms within one transaction.
type termWriter struct {
	cache        *termCache
	c            *database.Conn
	find, insert *database.Stmt
	held         map[string]*heldTerm // texts of this transaction that are held back
	freed        bool                 // rows that were held back have been removed
}

// writer returns the cache's way into the dictionary. It belongs to the
// transaction that made it; release it before its end.
func (t *termCache) writer(c *database.Conn) (*termWriter, error) {
	find, err := c.Prepare(selectTerm)
	if err != nil {
		return nil, err
	}
	insert, err := c.Prepare(insertTerm)
	if err != nil {
		find.Release()
		return nil, err
	}
	return &termWriter{cache: t, c: c, find: find, insert: insert}, nil
}

// release gives the statements back. Releasing nil is harmless.
func (w *termWriter) release() {
	if w != nil {
		w.find.Release()
		w.insert.Release()
	}
}

// term returns the id of a search term, byte for byte, made on first use with
// its normalised key.
func (w *termWriter) term(text string) (int64, error) {
	if id, ok := w.cache.get(text); ok {
		return id, nil
	}
	return w.add(text)
}

// add is term for a text that is not in the cache.
func (w *termWriter) add(text string) (int64, error) {
	text = strings.Clone(text) // not to keep a whole document alive
	var key Count
	if normal := NormaliseKey(text); normal != text {
		id, err := w.resolve(normal, Count{}, false)
		if err != nil {
			return 0, fmt.Errorf("store term key: %w", err)
		}
		key = known(id)
	}
	id, err := w.resolve(text, key, true)
	if err != nil {
		return 0, fmt.Errorf("store term: %w", err)
	}
	w.cache.put(text, id)
	return id, nil
}

// resolve finds or makes a term. New terms come in runs, and so do known ones:
// what the last one was is tried first. Texts whose hash is taken by another
// text use the next number.
func (w *termWriter) resolve(text string, key Count, exact bool) (int64, error) {
	for hash, tryInsert := termHash(text), w.cache.fresh; ; tryInsert = !tryInsert {
		if tryInsert {
			w.insert.Text(text)
			w.insert.Int(hash)
			w.insert.Count(key)
			w.insert.Int(boolean(exact))
			if err := w.insert.Run(); err != nil {
				return 0, err
			}
			if w.c.Changes() == 1 {
				w.cache.fresh = true
				return w.c.LastInsertID(), nil
			}
			continue
		}
		var id int64
		taken, wasExact := false, false
		w.find.Int(hash)
		err := w.find.Find(func(r database.Row) bool {
			if taken = true; r.Text(1) == text {
				id, wasExact = r.Int(0), r.Bool(2)
			}
			return true
		})
		switch {
		case err != nil:
			return 0, err
		case id == 0 && taken:
			hash++
			tryInsert = true // look at the next number
		case id != 0:
			w.cache.fresh = false
			if exact && !wasExact {
				_, err = w.c.Exec(markExact, id)
			}
			return id, err
		}
	}
}

func boolean(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// termHash is FNV-1a: it only has to spread texts over an index, equality is
// decided by the bytes.
func termHash(text string) int64 {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return int64(h)
}

// A dictionary is a small table of codes.
type dictionary struct{ find, add string }

var (
	marketplaces = dictionary{`SELECT id FROM marketplaces WHERE code = ?1`, `INSERT INTO marketplaces (code) VALUES (?1)`}
	sellers      = dictionary{`SELECT id FROM sellers WHERE code = ?1`, `INSERT INTO sellers (code) VALUES (?1)`}
	asins        = dictionary{`SELECT id FROM asins WHERE code = ?1`, `INSERT INTO asins (code) VALUES (?1)`}
)

// lookup returns the id of a code, 0 if it is not there.
func (d dictionary) lookup(c *database.Conn, code string) (id int64, err error) {
	err = c.Query(d.find, func(r database.Row) error { id = r.Int(0); return nil }, code)
	return id, err
}

// id returns the id of a code, made on first use.
func (d dictionary) id(c *database.Conn, code string) (int64, error) {
	id, err := d.lookup(c, code)
	if err != nil || id != 0 {
		return id, err
	}
	return c.Insert(d.add, code)
}

// packCurrency turns EUR into an integer that sorts and stores small; 0 for
// none.
func packCurrency(code string) int64 {
	if len(code) != 3 {
		return 0
	}
	return int64(code[0])<<16 | int64(code[1])<<8 | int64(code[2])
}

func unpackCurrency(v int64) string {
	if v == 0 {
		return ""
	}
	return string([]byte{byte(v >> 16), byte(v >> 8), byte(v)})
}
