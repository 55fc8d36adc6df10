package vault

import (
	"fmt"
	"strings"
	"unicode"
)

// Ref names one secret: the field of a record in a table that belongs to an
// account. All four are opaque ids or fixed names, never personal data: they
// stand in the access log.
type Ref struct{ Account, Table, Record, Field string }

// aad is the associated data that ties a ciphertext to its place
// (privacy.md §5.3): moved to another row, field or account, it does not open.
func (r Ref) aad() []byte {
	return []byte("v1|" + r.Table + "|" + r.Record + "|" + r.Field + "|" + r.Account)
}

func (r Ref) check() error {
	for _, p := range []struct{ name, value string }{
		{"account", r.Account}, {"table", r.Table}, {"record", r.Record}, {"field", r.Field},
	} {
		if err := checkName(p.name, p.value); err != nil {
			return err
		}
	}
	return nil
}

// checkName refuses what would make the associated data ambiguous.
func checkName(what, s string) error {
	bad := func(r rune) bool { return r == '|' || unicode.IsControl(r) || r == unicode.ReplacementChar }
	if s == "" || len(s) > 200 || strings.ContainsFunc(s, bad) {
		return fmt.Errorf("vault: %s %q is not a usable name", what, s)
	}
	return nil
}
