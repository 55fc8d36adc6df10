package vault

import (
	"bytes"
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"github.com/pocketbase/dbx"
)

// Damage is a kind of damage that VerifyLog found.
type Damage string

// The kinds of damage.
const (
	DamageChanged   Damage = "changed"   // the entry is not what was written
	DamageMissing   Damage = "missing"   // entries were deleted
	DamageInserted  Damage = "inserted"  // an entry that was never written
	DamageUnlinked  Damage = "unlinked"  // the entry does not follow the one before it
	DamageTruncated Damage = "truncated" // entries at the end are gone
	DamageReplaced  Damage = "replaced"  // the log, or its keys, are not those of the anchor
)

// Finding is one piece of damage, at a sequence number.
type Finding struct {
	Seq    int64  `json:"seq"`
	Damage Damage `json:"damage"`
	Detail string `json:"detail"`
}

// Report is what VerifyLog found. Without findings the log is whole.
type Report struct {
	Entries  int64     `json:"entries"`
	Head     Anchor    `json:"head"` // zero for an empty log
	Anchors  int       `json:"anchors"`
	Findings []Finding `json:"findings"`
}

// OK reports whether the log is whole.
func (r *Report) OK() bool { return len(r.Findings) == 0 }

func (r *Report) found(seq int64, d Damage, format string, args ...any) {
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, Finding{seq, d, fmt.Sprintf(format, args...)})
	}
}

const (
	maxFindings = 1000
	logPage     = 1000
)

// VerifyLog walks the whole access log and compares it with the anchors, which
// were written outside the data folder. It finds edits, deletions, insertions,
// reordering and truncation by anyone without the key file; by someone with
// it, those that reach back behind an anchor (privacy.md §5.4). An error means
// that it could not be checked.
func (v *Vault) VerifyLog(ctx context.Context, anchors ...Anchor) (Report, error) {
	report := Report{Anchors: len(anchors)}
	err := v.transact(ctx, func(tx dbx.Builder) error {
		report = Report{Anchors: len(anchors)}
		return v.verify(ctx, tx, &report, anchors)
	})
	if err != nil {
		return report, fmt.Errorf("verify the access log: %w", err)
	}
	return report, nil
}

func (v *Vault) verify(ctx context.Context, tx dbx.Builder, report *Report, anchors []Anchor) error {
	first, err1 := v.logKey(ctx, tx, "first")
	current, err2 := v.logKey(ctx, tx, "current")
	if err := errors.Join(err1, err2); errors.Is(err, errNoLog) {
		return v.verifyNone(ctx, tx, report, anchors)
	} else if err != nil {
		return err
	}
	w := walk{report: report, ratchet: first, end: current.seq, prev: genesis(), want: map[int64]Anchor{}}
	for _, a := range anchors {
		if old, ok := w.want[a.Seq]; ok && old.Hash != a.Hash {
			report.found(a.Seq, DamageReplaced, "two anchors of entry %d differ", a.Seq)
		}
		w.want[a.Seq] = a
	}
	for last := int64(-1 << 62); ; {
		var page []Entry
		err := tx.Select("*").From("vault_log").Where(dbx.NewExp("seq > {:last}", dbx.Params{"last": last})).
			OrderBy("seq").Limit(logPage).WithContext(ctx).All(&page)
		if err != nil {
			return fmt.Errorf("read entries: %w", err)
		}
		for i := range page {
			w.entry(&page[i])
			last = page[i].Seq
		}
		if len(page) < logPage {
			break
		}
	}
	w.finish(current)
	return nil
}

// verifyNone checks a vault whose log has no keys: then there must be nothing.
func (v *Vault) verifyNone(ctx context.Context, tx dbx.Builder, report *Report, anchors []Anchor) error {
	for _, table := range []string{"vault_log", "vault_keys", "vault_secrets"} {
		var n int
		if err := tx.Select("count(*)").From(table).WithContext(ctx).Row(&n); err != nil {
			return err
		}
		if n > 0 {
			report.found(0, DamageReplaced, "the log's keys are gone although %s has %d rows", table, n)
		}
	}
	for _, a := range anchors {
		report.found(a.Seq, DamageTruncated, "entry %d of the anchor is gone: the log is empty", a.Seq)
	}
	return nil
}

// walk goes through the entries in order of their numbers.
type walk struct {
	report  *Report
	ratchet ratchet // of the entry expected next
	end     int64   // the number of the entry that comes after the last
	prev    []byte  // hash of the entry before
	gap     bool    // entries before this one are missing: its link cannot be checked
	want    map[int64]Anchor
}

func (w *walk) entry(e *Entry) {
	w.report.Entries++
	if e.Seq < w.ratchet.seq || e.Seq >= w.end {
		w.report.found(e.Seq, DamageInserted, "entry %d lies outside the %d entries written", e.Seq, w.end-1)
		return
	}
	if e.Seq > w.ratchet.seq {
		w.report.found(w.ratchet.seq, DamageMissing, "entries %d to %d are gone", w.ratchet.seq, e.Seq-1)
		w.gap = true
		for w.ratchet.seq < e.Seq {
			w.turn()
		}
	}
	switch digest := e.digest(); {
	case !bytes.Equal(digest, e.Hash):
		w.report.found(e.Seq, DamageChanged, "entry %d does not have the hash it was written with", e.Seq)
	case !hmac.Equal(mac(w.ratchet.key, e.Hash), e.MAC):
		w.report.found(e.Seq, DamageChanged, "entry %d was rewritten: its signature does not fit", e.Seq)
	case !w.gap && !bytes.Equal(e.PrevHash, w.prev):
		w.report.found(e.Seq, DamageUnlinked, "entry %d does not follow entry %d", e.Seq, e.Seq-1)
	}
	if a, ok := w.want[e.Seq]; ok {
		delete(w.want, e.Seq)
		if !bytes.Equal(a.Hash[:], e.Hash) {
			w.report.found(e.Seq, DamageReplaced, "entry %d is not the one of the anchor", e.Seq)
		}
	}
	w.prev, w.gap = e.Hash, false
	w.report.Head = Anchor{Seq: e.Seq, At: e.At}
	copy(w.report.Head.Hash[:], e.Hash)
	w.turn()
}

func (w *walk) turn() { w.ratchet = ratchet{w.ratchet.seq + 1, next(w.ratchet.key)} }

func (w *walk) finish(current ratchet) {
	if w.ratchet.seq < w.end {
		w.report.found(w.ratchet.seq, DamageTruncated, "entries %d to %d at the end are gone", w.ratchet.seq, w.end-1)
	} else if !hmac.Equal(w.ratchet.key, current.key) {
		w.report.found(w.end, DamageReplaced, "the log's first and current keys do not belong together")
	}
	for seq := range w.want {
		w.report.found(seq, DamageTruncated, "entry %d of the anchor is gone", seq)
	}
}
