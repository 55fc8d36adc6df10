package team

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/membership"
)

const longestBrand = 100

var colour = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// change renames the account and sets an agency's white label, which the people
// of its clients see.
func (t *Team) change(e *core.RequestEvent, account *core.Record) error {
	var in struct {
		Name        *string `json:"name"`
		BrandName   *string `json:"brandName"`
		BrandColour *string `json:"brandColour"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	var changed []string
	if in.Name != nil {
		name := strings.TrimSpace(*in.Name)
		if name == "" || utf8.RuneCountInString(name) > longestName {
			return e.BadRequestError("Give the account a name of at most 200 characters.", nil)
		}
		account.Set("name", name)
		changed = append(changed, "name")
	}
	if (in.BrandName != nil || in.BrandColour != nil) && !isAgency(account) {
		return e.BadRequestError(agenciesOnly, nil)
	}
	if in.BrandName != nil {
		name := strings.TrimSpace(*in.BrandName)
		if utf8.RuneCountInString(name) > longestBrand {
			return e.BadRequestError("The name that clients see has at most 100 characters.", nil)
		}
		account.Set("brand_name", name)
		changed = append(changed, "brandName")
	}
	if in.BrandColour != nil {
		value := strings.ToLower(strings.TrimSpace(*in.BrandColour))
		if value != "" && !colour.MatchString(value) {
			return e.BadRequestError("A colour is written like #1750b8.", nil)
		}
		account.Set("brand_colour", value)
		changed = append(changed, "brandColour")
	}
	if len(changed) == 0 {
		return e.BadRequestError("Nothing is to be changed.", nil)
	}
	err := e.App.RunInTransaction(func(tx core.App) error {
		if err := tx.Save(account); err != nil {
			return err
		}
		return t.note(tx, e.Auth, account.Id, "account.change", "accounts/"+account.Id, map[string]any{"fields": changed})
	})
	if err != nil {
		return fmt.Errorf("change an account: %w", err)
	}
	return e.NoContent(http.StatusNoContent)
}

const agenciesOnly = "Only an agency has a white label."

func isAgency(account *core.Record) bool { return account.GetString("kind") == membership.Agency }

// addClient makes an account that the agency's people see in their roles.
func (t *Team) addClient(e *core.RequestEvent, agency *core.Record) error {
	var in struct {
		Name string `json:"name"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	in.Name = strings.TrimSpace(in.Name)
	if !isAgency(agency) {
		return e.BadRequestError("Only an agency has clients.", nil)
	}
	if in.Name == "" || utf8.RuneCountInString(in.Name) > longestName {
		return e.BadRequestError("Give the client a name of at most 200 characters.", nil)
	}
	var client *core.Record
	err := e.App.RunInTransaction(func(tx core.App) (err error) {
		if client, err = membership.NewAccount(e.Request.Context(), tx, t.cfg.Vault, in.Name, membership.Business, agency.Id); err != nil {
			return err
		}
		return t.note(tx, e.Auth, agency.Id, "account.client", "accounts/"+client.Id, nil)
	})
	if err != nil {
		return fmt.Errorf("add a client: %w", err)
	}
	return e.JSON(http.StatusCreated, map[string]string{"id": client.Id, "name": in.Name})
}
