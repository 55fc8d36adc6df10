package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"slices"
	"strings"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"

	"halotrack.ai/halotrack/hooks/session"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/membership"
	"halotrack.ai/halotrack/internal/vault"
)

type userRequest struct {
	Email   string   `json:"email"`
	Staff   []string `json:"staff"`
	Account string   `json:"account"`
	Role    string   `json:"role"`
}

type userResult struct {
	ID      string `json:"id"`
	Account string `json:"account,omitempty"`
	Link    string `json:"link"`
}

func (p *Program) userCommand() *cobra.Command {
	var request userRequest
	add := &cobra.Command{
		Use:   "add --email E [--staff triage,privacy,security] [--account NAME --role owner|analyst|viewer]",
		Short: "Make a person, or give one another role; prints a one-time link to set the password",
		RunE: func(c *cobra.Command, _ []string) error {
			if err := required(c, "email"); err != nil {
				return err
			}
			if c.Flags().Changed("account") != c.Flags().Changed("role") {
				return usageError{errors.New("--account and --role go together")}
			}
			result, err := perform[userResult](c.Context(), p, "user add", request)
			if err != nil {
				return err
			}
			return p.print(result, func(w io.Writer) {
				fmt.Fprintf(w, "To set the password, open this link within 7 days; it works once:\n%s\n", result.Link)
				if result.Account != "" {
					fmt.Fprintf(w, "Account: %s\n", result.Account)
				}
			})
		},
	}
	add.Flags().StringVar(&request.Email, "email", "", "e-mail address")
	add.Flags().StringSliceVar(&request.Staff, "staff", nil, "staff roles: triage, privacy, security")
	add.Flags().StringVar(&request.Account, "account", "", "account by name or id; made if there is none")
	add.Flags().StringVar(&request.Role, "role", "", "role in the account: owner, analyst or viewer")
	p.jsonFlag(add)
	return group("user", "People who sign in", add)
}

// addUser makes the person and the account where they do not exist, in one
// transaction, and a link to set the password.
func addUser(ctx context.Context, a *appliance, q userRequest, _ func(string)) (userResult, error) {
	address, err := mail.ParseAddress(q.Email)
	if err != nil || address.Address != q.Email {
		return userResult{}, usageError{fmt.Errorf("--email %q is not an e-mail address", q.Email)}
	}
	for _, staff := range q.Staff {
		if !slices.Contains([]string{"triage", "privacy", "security"}, staff) {
			return userResult{}, usageError{fmt.Errorf("--staff %q is none of triage, privacy, security", staff)}
		}
	}
	if q.Account != "" && !access.Role(q.Role).Covers(access.Viewer) {
		return userResult{}, usageError{fmt.Errorf("--role %q is none of owner, analyst, viewer", q.Role)}
	}
	var result userResult
	err = a.App.RunInTransaction(func(tx core.App) error {
		user, err := findOrMakeUser(tx, q.Email, q.Staff)
		if err != nil {
			return err
		}
		result.ID = user.Id
		if name := strings.TrimSpace(q.Account); name != "" {
			account, err := findOrMakeAccount(ctx, tx, a.Vault, name, "business", "")
			if err != nil {
				return err
			}
			result.Account = account.Id
			if err := membership.Enrol(tx, account.Id, user.Id, access.Role(q.Role)); err != nil {
				return err
			}
		}
		path, err := session.NewPasswordLink(tx, user, a.Clock.Now())
		result.Link = strings.TrimSuffix(a.publicURL(), "/") + path
		return err
	})
	return result, err
}

func findOrMakeUser(app core.App, email string, staff []string) (*core.Record, error) {
	user, err := app.FindAuthRecordByEmail("users", email)
	if err != nil {
		users, err := app.FindCollectionByNameOrId("users")
		if err != nil {
			return nil, err
		}
		user = core.NewRecord(users)
		user.SetEmail(email)
		user.SetRandomPassword()
	}
	if staff != nil {
		user.Set("staff", staff)
	}
	if err := app.Save(user); err != nil {
		return nil, fmt.Errorf("save the person: %w", err)
	}
	return user, nil
}

// findOrMakeAccount finds the account by its name or id, an agency's clients
// among them, or makes one; agency is the id of the agency whose client a new
// one is, or empty. A new account gets its own key.
func findOrMakeAccount(ctx context.Context, app core.App, v *vault.Vault, name, kind, agency string) (*core.Record, error) {
	found, err := app.FindRecordsByFilter("accounts", "name = {:name} || id = {:name}", "", 2, 0, dbx.Params{"name": name})
	if err != nil {
		return nil, fmt.Errorf("look for the account: %w", err)
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		return nil, usageError{fmt.Errorf("there are several accounts named %q: give the id of one instead", name)}
	}
	return membership.NewAccount(ctx, app, v, name, kind, agency)
}

func (p *Program) jsonFlag(c *cobra.Command) {
	c.Flags().BoolVar(&p.json, "json", false, "print one JSON value")
}
