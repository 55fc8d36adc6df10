// Package team lets the people of an account decide who else belongs to it: they
// invite, change roles, remove, leave and hand over; and it lets invited people
// in, making them and their account where there is none.
package team

import (
	"errors"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/activity"
	"halotrack.ai/halotrack/internal/apikeys"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/mail"
	"halotrack.ai/halotrack/internal/membership"
	"halotrack.ai/halotrack/internal/throttle"
	"halotrack.ai/halotrack/internal/vault"
)

// Config is what the room stands on.
type Config struct {
	Clock clock.Clock
	Vault *vault.Vault
	Mail  *mail.Queue
	// URL is the public address, without a slash at the end.
	URL string
	// Keys counts the API keys that end with someone's ownership.
	Keys *apikeys.Keeper
	// Start signs a person in who has shown the named factors.
	Start func(e *core.RequestEvent, user *core.Record, factors ...string) error
	// Depart sends somebody to the provider that people may sign in at, carrying
	// what ComeBack gets on the way back, and returns the address there. Its error
	// answers the request, where there is no provider like an unknown address.
	Depart func(e *core.RequestEvent, carried string) (url string, err error)
	// CheckPassword says what is wrong with a password for the person that the
	// other words are about, empty if nothing is.
	CheckPassword func(password string, about ...string) string
}

// Team answers the routes.
type Team struct {
	cfg   Config
	mails *throttle.Limit // invitations, per account and mailbox
}

// New returns the routes' handlers.
func New(cfg Config) *Team {
	return &Team{cfg, throttle.New(cfg.Clock, invitationsPerMailbox, 24*time.Hour, 50_000)}
}

const prefix = "/api/halotrack"

// Register binds the routes. No API key opens any of them.
func (t *Team) Register(se *core.ServeEvent) {
	account := se.Router.Group(prefix + "/accounts/{account}")
	bind := func(need access.Role, next access.Handler) func(*core.RequestEvent) error {
		return access.Guarded(need, access.NoKey, next)
	}
	account.PATCH("", bind(access.Owner, t.change))
	account.GET("/logo", bind(access.Viewer, t.logo))
	account.PUT("/logo", bind(access.Owner, t.setLogo))
	account.DELETE("/logo", bind(access.Owner, t.removeLogo))
	account.POST("/clients", bind(access.Owner, t.addClient))
	account.GET("/members", bind(access.Viewer, t.list))
	account.POST("/members", bind(access.Owner, t.invite))
	account.PATCH("/members/{user}", bind(access.Owner, t.changeRole))
	account.DELETE("/members/{user}", bind(access.Viewer, t.remove))
	account.POST("/members/{user}/owner", bind(access.Owner, t.transfer))
	account.DELETE("/invitations/{invitation}", bind(access.Owner, t.revoke))
	se.Router.POST(prefix+"/invitations/look", t.look)
	se.Router.POST(prefix+"/invitations/accept", t.accept)
	se.Router.POST(prefix+"/invitations/provider", t.joinElsewhere)
}

// note adds to the trail what the person behind the request did.
func (t *Team) note(app core.App, by *core.Record, account, action, subject string, detail map[string]any) error {
	return activity.Note(app, activity.Entry{
		At: t.cfg.Clock.Now(), Kind: activity.Person, Actor: by.Id,
		Action: action, Subject: subject, Account: account, Detail: detail,
	})
}

// tell writes to people what changed in the account's team. Without a link they
// no longer see it.
func (t *Team) tell(app core.App, account *core.Record, what string, link bool, users ...string) error {
	at := ""
	if link {
		at = t.cfg.URL + "/accounts/" + account.Id + "/team"
	}
	for _, user := range users {
		err := t.cfg.Mail.Enqueue(app, mail.Message{Template: mail.TeamChanged, User: user, Account: account.Id, Params: map[string]string{
			"account": account.GetString("name"), "what": what, "link": at,
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// others lists the account's owners but one.
func others(app core.App, account *core.Record, but string) ([]string, error) {
	owners, err := access.Owners(app, account)
	if err != nil {
		return nil, err
	}
	rest := owners[:0]
	for _, owner := range owners {
		if owner != but {
			rest = append(rest, owner)
		}
	}
	return rest, nil
}

// called is how a person is named to others.
func called(user *core.Record) string {
	if name := strings.TrimSpace(user.GetString("name")); name != "" {
		return name
	}
	return user.Email()
}

// refused turns the errors of a step that the rules do not allow into answers.
func refused(e *core.RequestEvent, err error) error {
	switch {
	case errors.Is(err, membership.ErrLastOwner):
		return e.BadRequestError("An account keeps at least one owner. Make somebody else its owner first, or close the account.", nil)
	case errors.Is(err, access.ErrNotFound):
		return e.NotFoundError("", nil)
	}
	return err
}
