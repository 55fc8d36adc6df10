package history

import (
	"strconv"
	"strings"
	"time"

	"halotrack.ai/halotrack/amazon/ads"
	"halotrack.ai/halotrack/amazon/spapi"
	"halotrack.ai/halotrack/internal/database"
	"halotrack.ai/halotrack/internal/personal"
)

// States of a held-back term.
const (
	stateHeld     = "held"
	stateReleased = "released" // its rows are facts, now and later
	stateDeleted  = "deleted"  // its rows are counted, and nothing of them is kept
)

// Holder identifies and seals a search term: see Keys.Holder.
type Holder = func(text string) (id string, sealed []byte, err error)

// heldTerm is a term that is held back, during one import.
type heldTerm struct {
	entry    int64
	seed     int64 // stands for the term in fingerprints
	released bool
	deleted  bool
}

const (
	selectHeld = `SELECT id, state FROM quarantine WHERE term = ?1`
	insertHeld = `INSERT INTO quarantine (term, kind, state, sealed, first_seen) VALUES (?1, ?2, 'held', ?3, ?4)`
	dropIdle   = `DELETE FROM quarantine WHERE state = 'held'
	AND NOT EXISTS (SELECT 1 FROM quarantine_sqp q WHERE q.entry = quarantine.id)
	AND NOT EXISTS (SELECT 1 FROM quarantine_ads q WHERE q.entry = quarantine.id)
	AND NOT EXISTS (SELECT 1 FROM quarantine_keywords q WHERE q.entry = quarantine.id)`
)

// rowTerm is term for a row that Amazon sent: where the text looks like
// personal data and no owner has released it, the row is to be held back and
// the text enters no dictionary (design ruling 1).
func (w *termWriter) rowTerm(text string, at time.Time) (id int64, held *heldTerm, err error) {
	if id, ok := w.cache.get(text); ok {
		return id, nil, nil
	}
	kind := personal.Detect(text)
	if kind == personal.None {
		id, err = w.add(text)
		return id, nil, err
	}
	h, err := w.hold(text, kind, at)
	if err != nil {
		return 0, nil, err
	}
	if !h.released {
		return 0, h, nil
	}
	id, err = w.term(text)
	return id, nil, err
}

// hold finds or makes the entry of a text that looks like personal data.
func (w *termWriter) hold(text string, kind personal.Kind, at time.Time) (*heldTerm, error) {
	if h := w.held[text]; h != nil {
		return h, nil
	}
	term, sealed, err := w.seal(text)
	if err != nil {
		return nil, err
	}
	seed, err := heldSeed(term)
	if err != nil {
		return nil, err
	}
	h := &heldTerm{seed: seed}
	err = w.c.Query(selectHeld, func(r database.Row) error {
		h.entry, h.released, h.deleted = r.Int(0), r.Text(1) == stateReleased, r.Text(1) == stateDeleted
		return nil
	}, term)
	if err == nil && h.entry == 0 {
		h.entry, err = w.c.Insert(insertHeld, term, string(kind), sealed, at)
	}
	if err != nil {
		return nil, err
	}
	if w.held == nil {
		w.held = map[string]*heldTerm{}
	}
	w.held[strings.Clone(text)] = h
	return h, nil
}

// seal asks for the account's Holder on first use.
func (w *termWriter) seal(text string) (id string, sealed []byte, err error) {
	if w.cache.hold == nil {
		if w.cache.hold, err = w.cache.holder(); err != nil {
			return "", nil, err
		}
	}
	return w.cache.hold(text)
}

// heldSeed makes of a term's keyed hash the number that stands for it in
// fingerprints, which must not depend on the order of imports.
func heldSeed(term string) (int64, error) {
	seed, err := strconv.ParseUint(term[:min(16, len(term))], 16, 64)
	return int64(seed), err
}

// sweep drops the entries that hold nothing any more.
func (w *termWriter) sweep() error {
	if w.held == nil && !w.freed {
		return nil
	}
	_, err := w.c.Exec(dropIdle)
	return err
}

const (
	ownColumns    = ownWidth - 2 // without cell and term
	insertHeldSQP = `INSERT INTO quarantine_sqp VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
	?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28)`
	deleteHeldSQP   = `DELETE FROM quarantine_sqp WHERE cell = ?1`
	setCellHeld     = `UPDATE sqp_cells SET quarantined = ?2 WHERE id = ?1`
	insertHeldAds   = `INSERT INTO quarantine_ads VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)`
	deleteHeldAds   = `DELETE FROM quarantine_ads WHERE day = ?1`
	setDayHeld      = `UPDATE ad_days SET quarantined = ?2 WHERE id = ?1`
	insertHeldWord  = `INSERT OR REPLACE INTO quarantine_keywords (keyword, entry) VALUES (?1, ?2)`
	deleteHeldWord  = `DELETE FROM quarantine_keywords WHERE keyword = ?1`
	figuresOfAdTerm = termWidth - 3 // without day, keyword and term
)

// hold keeps a row apart. It counts in the cell's fingerprint, so that two
// fetches agree only if the rows held back agree too.
func (r *sqpReplacement) hold(cell *sqpCell, held *heldTerm, row *spapi.SQPRow) error {
	own := ownValues(row)
	cell.print.add(figuresHash(held.seed, own[:]))
	cell.quarantined++
	r.stored.Quarantined++
	if held.deleted {
		return nil
	}
	args := make([]any, 0, ownWidth+marketColumns)
	args = append(args, cell.id, held.entry)
	for _, v := range own {
		args = append(args, v)
	}
	for _, v := range totalsOf(row) {
		args = append(args, v)
	}
	_, err := r.c.Exec(insertHeldSQP, args...)
	return err
}

// figuresHash is the hash of a row of figures under the number that stands for
// its term.
func figuresHash(term int64, figures []Count) rowHash {
	h := newRowHash(term)
	for _, v := range figures {
		h.count(v)
	}
	return h
}

// forget removes the rows held back under a cell's id, which has been replaced.
func (r *sqpReplacement) forget(cell int64) error {
	n, err := r.c.Exec(deleteHeldSQP, cell)
	r.terms.freed = r.terms.freed || n > 0
	return err
}

// hold keeps an ads row apart, as that of sqpReplacement does.
func (r *dayReplacement) hold(d *adDay, held *heldTerm, keyword int64, figures []Count) error {
	d.print.add(adHash(figures, keyword, held.seed))
	d.quarantined++
	r.stored.Rows++
	r.stored.Quarantined++
	if held.deleted {
		return nil
	}
	args := make([]any, 0, termWidth)
	for _, v := range figures {
		args = append(args, v)
	}
	_, err := r.c.Exec(insertHeldAds, append(args, d.id, keyword, held.entry)...)
	return err
}

// adHash is the hash of one row of an ads day, as put makes it.
func adHash(figures []Count, keyword, term int64) rowHash {
	h := newRowHash(0)
	for _, v := range figures {
		h.count(v)
	}
	h.count(known(keyword))
	h.count(known(term))
	return h
}

func (r *dayReplacement) forget(day int64) error {
	n, err := r.c.Exec(deleteHeldAds, day)
	r.terms.freed = r.terms.freed || n > 0
	return err
}

// keywordText is what is stored as the text of a keyword. It is the
// advertiser's own word, but an exact keyword may repeat what a shopper typed:
// where it looks like personal data it is blank until it is released. The row
// itself is kept, for its own term decides about it.
func (n *names) keywordText(row *ads.TermRow) (text string, held *heldTerm, err error) {
	kind := personal.Detect(row.Keyword)
	if kind == personal.None {
		return row.Keyword, nil, nil
	}
	held, err = n.terms.hold(row.Keyword, kind, n.at)
	switch {
	case err != nil:
		return "", nil, err
	case held.released:
		return row.Keyword, nil, nil
	}
	return "", held, nil
}

// freeKeyword forgets that the text of a keyword was held back: it has another
// now.
func (n *names) freeKeyword(keyword int64) error {
	dropped, err := n.c.Exec(deleteHeldWord, keyword)
	n.terms.freed = n.terms.freed || dropped > 0
	return err
}
