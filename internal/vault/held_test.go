package vault

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestHeldTermsAreSealedInTheirPlace(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	const text = "john.smith@example.com"
	hold, err := f.Holder(ctx, "acc1")
	if err != nil {
		t.Fatal(err)
	}
	id, sealed, err := hold(text)
	if err != nil || bytes.Contains(sealed, []byte("john")) {
		t.Fatal(err)
	}
	again, err := f.Holder(ctx, "acc1")
	if err != nil {
		t.Fatal(err)
	}
	if same, _, _ := again(text); same != id {
		t.Errorf("the same text is %s and %s", id, same)
	}
	other, err := f.Holder(ctx, "acc2")
	if err != nil {
		t.Fatal(err)
	}
	if theirs, _, _ := other(text); theirs == id {
		t.Error("two accounts know a text by the same id")
	}
	opened, err := f.OpenHeld(ctx, "acc1", id, sealed, "user:u1", "show held-back search terms")
	if err != nil || string(opened) != text {
		t.Fatalf("%q %v", []byte(opened), err)
	}
	for name, try := range map[string]struct{ account, id string }{
		"another account":               {"acc2", id},
		"another id":                    {"acc1", strings.Repeat("0", len(id))},
		"an account without held terms": {"acc3", id},
	} {
		if _, err := f.OpenHeld(ctx, try.account, try.id, sealed, "user:u1", "try"); !errors.Is(err, ErrSealed) && !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var n int
	if err := f.db.Select("count(*)").From("vault_log").Where(heldTerm("acc1", id).where()).Row(&n); err != nil || n != 1 {
		t.Errorf("%d entries about the opening (%v)", n, err)
	}
	if report, err := f.VerifyLog(ctx); err != nil || !report.OK() {
		t.Errorf("the log: %+v %v", report, err)
	}
	if err := f.DestroyAccount(ctx, "acc1"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.OpenHeld(ctx, "acc1", id, sealed, "user:u1", "try"); err == nil {
		t.Error("a held term opens after its account's key is destroyed")
	}
	if _, err := f.Holder(ctx, "acc1"); !errors.Is(err, ErrDestroyed) {
		t.Errorf("after destruction: %v", err)
	}
}
