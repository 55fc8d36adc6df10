package connect

import (
	"fmt"
	"net/http"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/health"
)

// item is one connection as people see it. It has no secret.
type item struct {
	ID           string     `json:"id"`
	API          string     `json:"api"`
	Region       string     `json:"region"` // empty: all
	SellerID     string     `json:"sellerId"`
	Status       string     `json:"status"`
	Message      string     `json:"message"`     // why it does not work, and what to do
	Mismatch     string     `json:"mismatch"`    // the sellers of the two APIs disagree
	AccessLevel  string     `json:"accessLevel"` // view or edit; ads only
	Marketplaces []market   `json:"marketplaces"`
	Profiles     []profile  `json:"profiles"`
	GrantedAt    *time.Time `json:"grantedAt"`
	GrantedBy    string     `json:"grantedBy"` // name; empty: by the command, or the person is gone
	Method       string     `json:"method"`    // consent or token
	App          string     `json:"app"`       // client id
	AppVersion   string     `json:"appVersion"`
	Scopes       jsonRaw    `json:"scopes"`
	LastSuccess  *time.Time `json:"lastSuccess"`
	EndedAt      *time.Time `json:"endedAt"`
	// Health is how the connection's data stand; null where only the grant is
	// answered.
	Health *health.Health `json:"health"`
	// AuthorisationEnds is when Amazon ends the grant, or may, by the rule.
	AuthorisationEnds *time.Time `json:"authorisationEnds"`
	AuthorisationRule string     `json:"authorisationRule"`

	DeletesAt *time.Time `json:"deletesAt"` // when what came through it is deleted, unless someone connects again
	DeletedAt *time.Time `json:"deletedAt"` // when it was
}

type market struct {
	grants.Market
	Country   string `json:"country"`
	Trackable bool   `json:"trackable"`
}

type profile struct {
	grants.AdProfile
	Trackable bool `json:"trackable"`
}

// ways are how a new connection can be made on this server.
type ways struct {
	SPAPI struct {
		Consent      bool                      `json:"consent"`
		App          bool                      `json:"app"` // a pasted token needs no application of its own
		Marketplaces []marketplace.Marketplace `json:"marketplaces"`
	} `json:"spapi"`
	Ads struct {
		Consent bool                 `json:"consent"`
		App     bool                 `json:"app"`
		Regions []marketplace.Region `json:"regions"`
	} `json:"ads"`
}

func (c *Connect) ways() (w ways) {
	w.SPAPI.App = c.cfg.SellerApp.ClientID != ""
	w.SPAPI.Consent = w.SPAPI.App && c.cfg.SellerAppID != ""
	w.SPAPI.Marketplaces = []marketplace.Marketplace{}
	for _, m := range marketplace.All {
		if c.cfg.Endpoints.SellerConsent(m) != "" {
			w.SPAPI.Marketplaces = append(w.SPAPI.Marketplaces, m)
		}
	}
	w.Ads.App = c.cfg.AdsApp.ClientID != ""
	w.Ads.Consent, w.Ads.Regions = w.Ads.App, []marketplace.Region{}
	for _, r := range marketplace.Regions {
		if c.cfg.Endpoints.AdsConsent(r) != "" {
			w.Ads.Regions = append(w.Ads.Regions, r)
		}
	}
	return w
}

func (c *Connect) list(e *core.RequestEvent, account *core.Record) error {
	items, err := c.items(e.App, account.Id, "")
	if err != nil {
		return err
	}
	if err := c.judge(e.Request.Context(), e.App, account.Id, items); err != nil {
		return err
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": nil, "connect": c.ways(), "provider": c.cfg.Provider})
}

// items lists an account's connections, or the one named: those that live
// first, newest first.
func (c *Connect) items(app core.App, account, only string) ([]item, error) {
	records, err := app.FindRecordsByFilter("connections", "account = {:account}", "-created,id", 0, 0, dbx.Params{"account": account})
	if err != nil {
		return nil, fmt.Errorf("list the connections: %w", err)
	}
	mismatches, err := grants.Mismatches(records)
	if err != nil {
		return nil, err
	}
	names, err := grantors(app, records)
	if err != nil {
		return nil, err
	}
	endings := map[string]grants.Ending{}
	if c.cfg.Provider {
		if endings, err = grants.Endings(records); err != nil {
			return nil, err
		}
	}
	live, ended := []item{}, []item(nil)
	for _, r := range records {
		if only != "" && r.Id != only {
			continue
		}
		it, err := itemOf(r)
		if err != nil {
			return nil, err
		}
		it.Mismatch, it.GrantedBy = mismatches[r.Id], names[r.GetString("granted_by")]
		if due := endings[r.Id].Due.UTC(); !due.IsZero() {
			it.DeletesAt = &due
		}
		if it.Status == grants.StatusDisconnected {
			ended = append(ended, it)
		} else {
			live = append(live, it)
		}
	}
	return append(live, ended...), nil
}

func itemOf(r *core.Record) (item, error) {
	it := item{
		ID: r.Id, API: r.GetString("api"), Region: r.GetString("region"), SellerID: r.GetString("seller_id"),
		Status: r.GetString("status"), Message: r.GetString("status_text"), AccessLevel: r.GetString("access_level"),
		Marketplaces: []market{}, Profiles: []profile{},
		GrantedAt: moment(r, "granted_at"), Method: r.GetString("method"), App: r.GetString("app"), AppVersion: r.GetString("app_version"),
		Scopes: jsonRaw(r.GetString("scopes")), LastSuccess: moment(r, "last_sync"), EndedAt: moment(r, "ended_at"), DeletedAt: moment(r, "purged_at"),
	}
	if consent := grants.ConsentOf(r); !consent.Ends.IsZero() {
		it.AuthorisationEnds, it.AuthorisationRule = &consent.Ends, consent.Rule
	}
	if it.App == "" {
		it.App = r.GetString("client_id")
	}
	markets, err := grants.Markets(r)
	if err != nil {
		return it, err
	}
	for _, m := range markets {
		known, _ := marketplace.ByID(m.ID)
		it.Marketplaces = append(it.Marketplaces, market{m, known.Country, m.Trackable()})
	}
	profiles, err := grants.Profiles(r)
	if err != nil {
		return it, err
	}
	for _, p := range profiles {
		it.Profiles = append(it.Profiles, profile{p, p.Trackable()})
	}
	return it, nil
}

// jsonRaw is stored JSON; empty and null become an empty list.
type jsonRaw string

// MarshalJSON implements json.Marshaler.
func (j jsonRaw) MarshalJSON() ([]byte, error) {
	if j == "" || j == "null" {
		return []byte("[]"), nil
	}
	return []byte(j), nil
}

func moment(r *core.Record, field string) *time.Time {
	at := r.GetDateTime(field)
	if at.IsZero() {
		return nil
	}
	t := at.Time().UTC()
	return &t
}

// grantors returns the names of the people who gave the grants, by id.
func grantors(app core.App, connections []*core.Record) (map[string]string, error) {
	var ids []string
	for _, r := range connections {
		if id := r.GetString("granted_by"); id != "" {
			ids = append(ids, id)
		}
	}
	users, err := app.FindRecordsByIds("users", ids)
	if err != nil {
		return nil, fmt.Errorf("read who granted: %w", err)
	}
	names := map[string]string{}
	for _, u := range users {
		names[u.Id] = u.GetString("name")
	}
	return names, nil
}
