package team

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/pocketbase/pocketbase/core"
)

// longestLogo is how large a logo may be, in bytes.
const longestLogo = 100_000

// logoTypes are pictures that hold no script; SVG is none of them.
var logoTypes = []string{"image/png", "image/jpeg", "image/webp"}

// setLogo keeps the body as the agency's logo. What it is is told by its
// content: what the sender calls it plays no part.
func (t *Team) setLogo(e *core.RequestEvent, account *core.Record) error {
	if !isAgency(account) {
		return e.BadRequestError(agenciesOnly, nil)
	}
	body, err := io.ReadAll(http.MaxBytesReader(e.Response, e.Request.Body, longestLogo))
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return e.Error(http.StatusRequestEntityTooLarge, "A logo has at most 100 kB.", nil)
	}
	if err != nil {
		return e.BadRequestError("The picture did not arrive.", nil)
	}
	kind := http.DetectContentType(body)
	if !slices.Contains(logoTypes, kind) {
		return e.BadRequestError("A logo is a PNG, JPEG or WebP picture.", nil)
	}
	return t.saveLogo(e, account, base64.StdEncoding.EncodeToString(body), kind)
}

func (t *Team) removeLogo(e *core.RequestEvent, account *core.Record) error {
	return t.saveLogo(e, account, "", "")
}

func (t *Team) saveLogo(e *core.RequestEvent, account *core.Record, logo, kind string) error {
	account.Set("logo", logo)
	account.Set("logo_type", kind)
	err := e.App.RunInTransaction(func(tx core.App) error {
		if err := tx.Save(account); err != nil {
			return err
		}
		return t.note(tx, e.Auth, account.Id, "account.logo", "accounts/"+account.Id, nil)
	})
	if err != nil {
		return fmt.Errorf("save a logo: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}

// logo serves the logo of the account, or of the agency whose client it is.
func (t *Team) logo(e *core.RequestEvent, account *core.Record) error {
	if id := account.GetString("agency"); id != "" {
		agency, err := e.App.FindRecordById("accounts", id)
		if err != nil {
			return fmt.Errorf("read the agency: %w", err)
		}
		account = agency
	}
	kind := account.GetString("logo_type")
	body, err := base64.StdEncoding.DecodeString(account.GetString("logo"))
	if err != nil || len(body) == 0 || !slices.Contains(logoTypes, kind) {
		return e.NotFoundError("", nil)
	}
	h := e.Response.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox") // opened by itself it is a picture and nothing else
	h.Set("Content-Disposition", `inline; filename="logo"`)
	return e.Blob(http.StatusOK, kind, body)
}
