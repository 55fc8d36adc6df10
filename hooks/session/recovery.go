package session

import (
	"crypto/rand"
	"fmt"
	"net/http"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
)

// Recovery codes stand in for the second factor, each once: ten of them, of 50
// random bits, in letters and digits that are told apart when read.
const (
	recoveryCodes   = 10
	recoveryLength  = 10
	recoverySymbols = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
)

// newRecoveryCodes replaces the person's codes and returns the new ones, which
// cannot be read again.
func newRecoveryCodes(app core.App, user string) ([]string, error) {
	if _, err := app.DB().Delete("recovery_codes", dbx.HashExp{"user": user}).Execute(); err != nil {
		return nil, err
	}
	collection, err := app.FindCachedCollectionByNameOrId("recovery_codes")
	if err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		raw := make([]byte, recoveryLength)
		rand.Read(raw)
		for j := range raw {
			raw[j] = recoverySymbols[int(raw[j])%len(recoverySymbols)] // 32 of them: every one is as likely
		}
		codes[i] = string(raw[:recoveryLength/2]) + "-" + string(raw[recoveryLength/2:])
		record := core.NewRecord(collection)
		record.Set("user", user)
		record.Set("hash", digest(user+string(raw)))
		if err := app.Save(record); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// takeRecoveryCode uses up a code, given without its hyphen.
func (s *Sessions) takeRecoveryCode(app core.App, user, code string) (used bool, err error) {
	err = app.RunInTransaction(func(tx core.App) error {
		record, err := tx.FindFirstRecordByFilter("recovery_codes", "user = {:user} && hash = {:hash}", dbx.Params{"user": user, "hash": digest(user + code)})
		if err != nil || !record.GetDateTime("used").IsZero() {
			return nil // none, or used
		}
		used = true
		record.Set("used", s.now())
		return tx.Save(record)
	})
	if err != nil {
		return false, fmt.Errorf("use up a recovery code: %w", err)
	}
	return used, nil
}

func (s *Sessions) renewRecoveryCodes(e *core.RequestEvent) error {
	user, err := access.Fresh(e)
	if err != nil {
		return err
	}
	if !hasTOTP(user) {
		return e.BadRequestError("Set up a second factor first.", nil)
	}
	var codes []string
	err = e.App.RunInTransaction(func(tx core.App) error {
		if codes, err = newRecoveryCodes(tx, user.Id); err != nil {
			return err
		}
		return s.tell(tx, user.Id, "New recovery codes were made; the old ones no longer work.")
	})
	if err != nil {
		return fmt.Errorf("make new recovery codes: %w", err)
	}
	return e.JSON(http.StatusOK, map[string]any{"recoveryCodes": codes})
}
