// Package connect lets the owners of an account connect it to Amazon and
// disconnect it, and shows its people what was granted and what was done with
// it. Codes and tokens stand in no log, error or address of ours; Amazon's
// redirect to the callback carries a code, and is answered with another
// address at once.
package connect

import (
	"net/http"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/evidence"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/vault"
)

// Config is what the routes work with.
type Config struct {
	App       core.App
	Vault     *vault.Vault
	Store     *history.Store
	Clock     clock.Clock
	Grants    *grants.Keeper
	Evidence  *evidence.Book
	Endpoints readonly.Endpoints
	HTTP      *http.Client // the read-only door, for Login with Amazon

	URL       string          // public address, without a slash at the end
	SellerApp lwa.Credentials // RefreshToken is not used
	AdsApp    lwa.Credentials
	// NextPlan tells when a connection may next find something to ask for. May
	// be nil.
	NextPlan func(connection string) time.Time

	// Provider says that the operator is not the seller, so that what came
	// through an ended connection is deleted.
	Provider    bool
	SellerAppID string // the id that consents name; empty: no consent, tokens only
}

// Connect answers the routes.
type Connect struct{ cfg Config }

// New returns the routes' handlers.
func New(cfg Config) *Connect { return &Connect{cfg} }

const (
	prefix         = "/api/halotrack"
	sellerCallback = prefix + "/connect/spapi/callback"
	adsCallback    = prefix + "/connect/ads/callback"
)

// Register binds the routes.
func (c *Connect) Register(se *core.ServeEvent) {
	g := se.Router.Group(prefix + "/accounts/{account}/connections")
	g.GET("", c.guarded(access.Viewer, c.list))
	g.GET("/{connection}/evidence", c.guarded(access.Viewer, c.ofConnection(c.evidence)))
	g.POST("/spapi/authorize", c.guarded(access.Owner, c.authorizeSeller))
	g.POST("/ads/authorize", c.guarded(access.Owner, c.authorizeAds))
	g.POST("/spapi", c.guarded(access.Owner, c.pasteSeller))
	g.POST("/ads", c.guarded(access.Owner, c.pasteAds))
	g.PATCH("/{connection}", c.guarded(access.Owner, c.ofConnection(c.track)))
	g.DELETE("/{connection}", c.guarded(access.Owner, c.ofConnection(c.disconnect)))
	se.Router.GET(sellerCallback, c.callback(grants.APISeller))
	se.Router.GET(adsCallback, c.callback(grants.APIAds))
}

type handler func(e *core.RequestEvent, account *core.Record) error

// guarded lets the handler see the account only if the person's role in it
// covers need. No API key opens these routes.
func (c *Connect) guarded(need access.Role, next handler) func(*core.RequestEvent) error {
	return access.Guarded(need, access.NoKey, access.Handler(next))
}

// ofConnection finds the connection of the path, which must be the account's.
func (c *Connect) ofConnection(next handler) handler {
	return func(e *core.RequestEvent, account *core.Record) error {
		connection, err := e.App.FindRecordById("connections", e.Request.PathValue("connection"))
		if err != nil || connection.GetString("account") != account.Id {
			return e.NotFoundError("", nil)
		}
		return next(e, connection)
	}
}

func signedIn(e *core.RequestEvent) bool {
	return e.Auth != nil && e.Auth.Collection().Name == "users"
}

func actor(e *core.RequestEvent) string { return "user:" + e.Auth.Id }
