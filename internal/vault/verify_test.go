package vault

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
)

// tenEntries fills the log of a fixture.
func tenEntries(t *testing.T, f *fixture) {
	t.Helper()
	f.seal(t, token, "Atzr|one")
	for f.count(t, "vault_log") < 10 {
		f.clock.Advance(time.Minute)
		if _, err := f.Open(ctx, token, "job:ingest", "refresh"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWholeLogVerifies(t *testing.T) {
	f := newFixture(t)
	if r, err := f.VerifyLog(ctx); err != nil || !r.OK() || r.Entries != 0 {
		t.Fatalf("empty log: %+v, %v", r, err)
	}
	tenEntries(t, f)
	head, ok, err := f.Head(ctx)
	if err != nil || !ok || head.Seq != 10 {
		t.Fatalf("head %v, %v, %v", head, ok, err)
	}
	path := filepath.Join(t.TempDir(), "anchors")
	for range 2 {
		if err := AppendAnchor(path, head); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Open(ctx, token, "job:ingest", "refresh"); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	anchors, err := ReadAnchors(file)
	if err != nil || len(anchors) != 2 || anchors[0] != head {
		t.Fatalf("anchors %v, %v", anchors, err)
	}
	r, err := f.reopen(t).VerifyLog(ctx, anchors...)
	if err != nil || !r.OK() || r.Entries != 12 || r.Head.Seq != 12 || r.Anchors != 2 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestLongLogVerifiesOverPages(t *testing.T) {
	f := newFixture(t)
	f.seal(t, token, "x")
	err := f.db.Transactional(func(tx *dbx.Tx) error {
		v := f.In(testDB{tx})
		for range logPage + 5 {
			if _, err := v.Open(ctx, token, "job:ingest", "refresh"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.VerifyLog(ctx)
	if err != nil || !r.OK() || r.Entries != logPage+7 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestTamperingIsFound(t *testing.T) {
	f := newFixture(t)
	for name, c := range map[string]struct {
		sql  string
		seq  int64
		want Damage
	}{
		"edited actor":      {`UPDATE vault_log SET actor = 'cli' WHERE seq = 5`, 5, DamageChanged},
		"edited time":       {`UPDATE vault_log SET at = at + 1 WHERE seq = 5`, 5, DamageChanged},
		"edited purpose":    {`UPDATE vault_log SET purpose = 'x' WHERE seq = 10`, 10, DamageChanged},
		"edited hash":       {`UPDATE vault_log SET hash = zeroblob(32) WHERE seq = 5`, 5, DamageChanged},
		"edited signature":  {`UPDATE vault_log SET mac = zeroblob(32) WHERE seq = 5`, 5, DamageChanged},
		"edited link":       {`UPDATE vault_log SET prev_hash = zeroblob(32) WHERE seq = 5`, 5, DamageChanged},
		"deleted one":       {`DELETE FROM vault_log WHERE seq = 5`, 5, DamageMissing},
		"deleted the first": {`DELETE FROM vault_log WHERE seq <= 3`, 1, DamageMissing},
		"truncated":         {`DELETE FROM vault_log WHERE seq > 7`, 8, DamageTruncated},
		"emptied":           {`DELETE FROM vault_log`, 1, DamageTruncated},
		"closed the gap":    {`DELETE FROM vault_log WHERE seq = 5; UPDATE vault_log SET seq = -seq WHERE seq > 5; UPDATE vault_log SET seq = -seq - 1 WHERE seq < 0`, 5, DamageChanged},
		"inserted after":    {`INSERT INTO vault_log SELECT 11, at, actor, action, account, tbl, record, field, purpose, prev_hash, hash, mac FROM vault_log WHERE seq = 10`, 11, DamageInserted},
		"inserted before":   {`INSERT INTO vault_log SELECT -4, at, actor, action, account, tbl, record, field, purpose, prev_hash, hash, mac FROM vault_log WHERE seq = 10`, -4, DamageInserted},
		"inserted far away": {`INSERT INTO vault_log SELECT 9223372036854775807, at, actor, action, account, tbl, record, field, purpose, prev_hash, hash, mac FROM vault_log WHERE seq = 10`, 9223372036854775807, DamageInserted},
		"reordered":         {`UPDATE vault_log SET seq = -5 WHERE seq = 5; UPDATE vault_log SET seq = 5 WHERE seq = 6; UPDATE vault_log SET seq = 6 WHERE seq = -5`, 5, DamageChanged},
		"rewound ratchet":   {`UPDATE vault_keys SET version = 1, wrapped = (SELECT wrapped FROM vault_keys WHERE kind = 'log' AND name = 'first') WHERE kind = 'log' AND name = 'current'`, 0, ""},
		"removed its keys":  {`DELETE FROM vault_keys WHERE kind = 'log'`, 0, DamageReplaced},
	} {
		t.Run(name, func(t *testing.T) {
			f.clean(t)
			tenEntries(t, f)
			for sql := range strings.SplitSeq(c.sql, ";") {
				f.exec(t, sql)
			}
			r, err := f.VerifyLog(ctx)
			if c.want == "" { // sealed values that do not fit their place cannot even be opened
				if err == nil && r.OK() {
					t.Fatal("not found")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(r.Findings, func(d Finding) bool { return d.Seq == c.seq && d.Damage == c.want }) {
				t.Fatalf("found %+v, want %s at %d", r.Findings, c.want, c.seq)
			}
		})
	}
}

// Whoever rewrites an entry and all hashes after it lacks the ratchet's keys.
func TestRewrittenChainIsFound(t *testing.T) {
	f := newFixture(t)
	tenEntries(t, f)
	var entries []Entry
	if err := f.db.Select("*").From("vault_log").OrderBy("seq").All(&entries); err != nil {
		t.Fatal(err)
	}
	prev := genesis()
	for i := range entries {
		e := &entries[i]
		if e.Seq == 5 {
			e.Purpose = "nothing to see"
		}
		e.PrevHash = prev
		e.Hash = e.digest()
		prev = e.Hash
		_, err := f.db.Update("vault_log", dbx.Params{"purpose": e.Purpose, "prev_hash": e.PrevHash, "hash": e.Hash}, dbx.HashExp{"seq": e.Seq}).Execute()
		if err != nil {
			t.Fatal(err)
		}
	}
	r, err := f.VerifyLog(ctx)
	if err != nil || r.OK() || r.Findings[0].Seq != 5 {
		t.Fatalf("%+v, %v", r, err)
	}
}

// Someone who puts back an older, whole copy of the database is found by an
// anchor, and by nothing else.
func TestAnchorFindsAnOlderCopy(t *testing.T) {
	f := newFixture(t)
	tenEntries(t, f)
	var keys []dbx.NullStringMap
	if err := f.db.Select("version", "hex(wrapped) AS wrapped").From("vault_keys").Where(dbx.HashExp{"kind": "log", "name": "current"}).All(&keys); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := f.Open(ctx, token, "job:ingest", "refresh"); err != nil {
			t.Fatal(err)
		}
	}
	head, _, err := f.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	f.exec(t, `DELETE FROM vault_log WHERE seq > 10`)
	_, err = f.db.NewQuery(`UPDATE vault_keys SET version = {:v}, wrapped = unhex({:w}) WHERE kind = 'log' AND name = 'current'`).
		Bind(dbx.Params{"v": 11, "w": keys[0]["wrapped"].String}).Execute()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := f.VerifyLog(ctx); err != nil || !r.OK() {
		t.Fatalf("without an anchor an older copy is whole: %+v, %v", r, err)
	}
	r, err := f.VerifyLog(ctx, head)
	if err != nil || r.OK() || r.Findings[0].Damage != DamageTruncated || r.Findings[0].Seq != 13 {
		t.Fatalf("%+v, %v", r, err)
	}
	for range 3 { // and if it was written on, the hash tells
		f.clock.Advance(time.Hour)
		if _, err := f.Open(ctx, token, "job:ingest", "refresh"); err != nil {
			t.Fatal(err)
		}
	}
	r, err = f.VerifyLog(ctx, head)
	if err != nil || r.OK() || r.Findings[0].Damage != DamageReplaced {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestReadAnchorsNamesTheLine(t *testing.T) {
	for _, s := range []string{"1", "1 2", "0 1 " + strings.Repeat("a", 64), "1 1 " + strings.Repeat("a", 62), "x 1 " + strings.Repeat("a", 64), "1 1 " + strings.Repeat("g", 64)} {
		if _, err := ReadAnchors(strings.NewReader("# anchors\n\n" + s)); err == nil || !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzReadAnchors(f *testing.F) {
	f.Add("1 2 " + strings.Repeat("a", 64))
	f.Fuzz(func(t *testing.T, s string) {
		anchors, err := ReadAnchors(strings.NewReader(s))
		for _, a := range anchors {
			if again, err := ParseAnchor(a.String()); err != nil || again != a {
				t.Fatalf("%v became %v, %v", a, again, err)
			}
		}
		if err != nil && anchors != nil {
			t.Fatal("anchors and an error")
		}
	})
}
