package session

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/qr"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pquerna/otp/hotp"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/vault"
)

// Time-based one-time passwords (RFC 6238): six digits, SHA-1, 30 seconds, as
// every authenticator app has them. A code of the step before or after is taken,
// for clocks that differ; none is taken twice.
const (
	totpStep     = 30 * time.Second
	totpSkew     = 1
	totpSecret   = 20 // bytes
	totpDigits   = 6
	fieldTOTP    = "totp"
	fieldNewTOTP = "totp_new" // made and not confirmed yet
)

// totpRef is where a person's secret lies sealed, under a key of their own.
func totpRef(user, field string) vault.Ref {
	return vault.Ref{Account: user, Table: "users", Record: user, Field: field}
}

// beginTOTP makes a secret for the person's app. It counts once a code of it
// was given.
func (s *Sessions) beginTOTP(e *core.RequestEvent) error {
	user, err := access.FreshPerson(e)
	if err != nil {
		return err
	}
	raw := make([]byte, totpSecret)
	rand.Read(raw)
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	if err := s.cfg.Vault.Seal(e.Request.Context(), totpRef(user.Id, fieldNewTOTP), []byte(secret), "user:"+user.Id, "set up a second factor"); err != nil {
		return err
	}
	issuer := s.issuer()
	uri := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + user.Email(),
		RawQuery: url.Values{"secret": {secret}, "issuer": {issuer}}.Encode()}
	picture, err := qrSVG(uri.String())
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, map[string]string{"secret": secret, "uri": uri.String(), "qr": picture})
}

// issuer names this installation in authenticator apps.
func (s *Sessions) issuer() string {
	if u, err := url.Parse(s.cfg.URL); err == nil && u.Host != "" {
		return "HaloTrack " + u.Hostname()
	}
	return "HaloTrack"
}

// confirmTOTP turns the second factor on once the app shows the right code, and
// gives the recovery codes, once.
func (s *Sessions) confirmTOTP(e *core.RequestEvent) error {
	user, err := access.FreshPerson(e)
	if err != nil {
		return err
	}
	var in struct {
		Code string `json:"code"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	if err := s.refuseBlocked(e, user.Email()); err != nil {
		return err
	}
	ctx, actor := e.Request.Context(), "user:"+user.Id
	secret, err := s.cfg.Vault.Open(ctx, totpRef(user.Id, fieldNewTOTP), actor, "set up a second factor")
	if errors.Is(err, vault.ErrNotFound) {
		return e.BadRequestError("Begin with a new code to scan.", nil)
	}
	if err != nil {
		return err
	}
	defer secret.Wipe()
	step, err := stepOf(secret, in.Code, s.now())
	if err != nil {
		return err
	}
	if step == 0 {
		return s.failed(e, user.Email(), user, "The code is wrong. Check the clock of your phone.", map[string]any{"otp": "wrong"})
	}
	var codes []string
	err = e.App.RunInTransaction(func(tx core.App) error {
		v := s.cfg.Vault.In(tx)
		if err := v.Seal(ctx, totpRef(user.Id, fieldTOTP), secret, actor, "set up a second factor"); err != nil {
			return err
		}
		if err := v.Destroy(ctx, totpRef(user.Id, fieldNewTOTP), actor, "set up a second factor"); err != nil {
			return err
		}
		user.Set("second_factor_since", s.now())
		user.Set("totp_step", step)
		if err := tx.Save(user); err != nil {
			return err
		}
		if codes, err = newRecoveryCodes(tx, user.Id); err != nil {
			return err
		}
		session, err := tx.FindRecordById("sessions", access.Session(e))
		if err != nil {
			return err
		}
		session.Set("factors+", factorTOTP)
		if err := s.renew(e, tx, session); err != nil {
			return err
		}
		if err := endAllBut(tx, user.Id, session.Id); err != nil { // those have one factor
			return err
		}
		return s.tell(tx, user.Id, "A second factor was set up for logging in.")
	})
	if err != nil {
		return fmt.Errorf("set up a second factor: %w", err)
	}
	return e.JSON(http.StatusOK, map[string]any{"recoveryCodes": codes})
}

func (s *Sessions) removeTOTP(e *core.RequestEvent) error {
	user, err := access.Fresh(e)
	if err != nil {
		return err
	}
	if s.cfg.SecondFactor.of(user) {
		return e.BadRequestError("A second factor is required of you here. Set up another one to replace it.", nil)
	}
	ctx, actor := e.Request.Context(), "user:"+user.Id
	err = e.App.RunInTransaction(func(tx core.App) error {
		user.Set("second_factor_since", nil)
		user.Set("totp_step", 0)
		if err := tx.Save(user); err != nil {
			return err
		}
		if _, err := tx.DB().Delete("recovery_codes", dbx.HashExp{"user": user.Id}).Execute(); err != nil {
			return err
		}
		if err := s.cfg.Vault.In(tx).Destroy(ctx, totpRef(user.Id, fieldTOTP), actor, "remove a second factor"); err != nil {
			return err
		}
		return s.tell(tx, user.Id, "The second factor for logging in was removed.")
	})
	if err != nil {
		return fmt.Errorf("remove a second factor: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}

// takeCode uses up a code of the person's second factor and says which it was;
// empty if it is none.
func (s *Sessions) takeCode(ctx context.Context, app core.App, user *core.Record, code string) (factor string, err error) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, strings.ToUpper(code))
	if len(code) != totpDigits {
		used, err := s.takeRecoveryCode(app, user.Id, code)
		if err != nil || !used {
			return "", err
		}
		return factorRecovery, nil
	}
	secret, err := s.cfg.Vault.Open(ctx, totpRef(user.Id, fieldTOTP), "user:"+user.Id, "check a second factor")
	if err != nil {
		return "", err
	}
	defer secret.Wipe()
	step, err := stepOf(secret, code, s.now())
	if err != nil || step == 0 {
		return "", err
	}
	err = app.RunInTransaction(func(tx core.App) error {
		now, err := tx.FindRecordById("users", user.Id)
		if err != nil {
			return err
		}
		if int64(now.GetInt("totp_step")) >= step {
			return nil // used before
		}
		factor = factorTOTP
		now.Set("totp_step", step)
		return tx.Save(now)
	})
	if err != nil {
		return "", fmt.Errorf("use up a code: %w", err)
	}
	return factor, nil
}

// stepOf returns the time step that a code belongs to, 0 if it is none of the
// present ones.
func stepOf(secret []byte, code string, now time.Time) (int64, error) {
	present := now.Unix() / int64(totpStep/time.Second)
	found := int64(0)
	for step := present - totpSkew; step <= present+totpSkew; step++ {
		want, err := hotp.GenerateCode(string(secret), uint64(step))
		if err != nil {
			return 0, fmt.Errorf("compute a code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = step
		}
	}
	return found, nil
}

// qrSVG draws a QR code as one path of a picture without style or script.
func qrSVG(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	var path strings.Builder
	size := code.Bounds().Dx()
	for y := range size {
		for x := range size {
			if dark(code, x, y) {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x, y)
			}
		}
	}
	const quiet = 4
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="%d %d %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M%d %dh%dv%dh-%dz"/><path d="%s"/></svg>`,
		-quiet, -quiet, size+2*quiet, size+2*quiet, -quiet, -quiet, size+2*quiet, size+2*quiet, size+2*quiet, path.String()), nil
}

func dark(code barcode.Barcode, x, y int) bool {
	r, _, _, _ := code.At(x, y).RGBA()
	return r == 0
}
