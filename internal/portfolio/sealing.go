package portfolio

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pocketbase/pocketbase/core"
)

// seal returns v as the column holds it: compressed, sealed under the account's
// key and tied to the import.
func (m *Imports) seal(ctx context.Context, app core.App, account, id string, v any) (string, error) {
	var b bytes.Buffer
	sealed, err := m.vault.In(app).SealFile(ctx, account, sealedName(id), &b)
	if err != nil {
		return "", err
	}
	packed := gzip.NewWriter(sealed)
	if err := json.NewEncoder(packed).Encode(v); err != nil {
		return "", fmt.Errorf("seal an import: %w", err)
	}
	if err := packed.Close(); err != nil {
		return "", fmt.Errorf("seal an import: %w", err)
	}
	if err := sealed.Close(); err != nil {
		return "", fmt.Errorf("seal an import: %w", err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// open reads what seal wrote of the import.
func (m *Imports) open(ctx context.Context, app core.App, r *core.Record, v any) error {
	text := base64.NewDecoder(base64.StdEncoding, strings.NewReader(r.GetString("sealed")))
	plain, err := m.vault.In(app).OpenFile(ctx, r.GetString("account"), sealedName(r.Id), text)
	if err != nil {
		return err
	}
	packed, err := gzip.NewReader(plain)
	if err == nil {
		err = json.NewDecoder(packed).Decode(v)
	}
	if err != nil {
		return fmt.Errorf("open import %s: %w", r.Id, err)
	}
	return nil
}

func sealedName(id string) string { return "import-" + id }
