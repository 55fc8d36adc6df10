package connect

import (
	"errors"
	"log/slog"
	"net/http"
	"regexp"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/grants"
)

// pasted is a self-authorised grant (spapi.md §5.4). Its secrets are sealed
// and never shown again.
type pasted struct {
	Region       string `json:"region"`   // spapi only
	SellerID     string `json:"sellerId"` // spapi only: the Merchant Token
	RefreshToken string `json:"refreshToken"`
	ClientID     string `json:"clientId"` // empty: the server's application
	ClientSecret string `json:"clientSecret"`
}

var (
	regions   = regexp.MustCompile(`^(na|eu|fe)$`)
	sellerIDs = regexp.MustCompile(`^A[A-Z0-9]{9,19}$`)
	secrets   = regexp.MustCompile(`^[!-~]+$`)
	clientIDs = regexp.MustCompile(`^[!-~]{8,200}$`)
)

func (c *Connect) pasteSeller(e *core.RequestEvent, account *core.Record) error {
	return c.paste(e, account, grants.APISeller)
}

func (c *Connect) pasteAds(e *core.RequestEvent, account *core.Record) error {
	return c.paste(e, account, grants.APIAds)
}

func (c *Connect) paste(e *core.RequestEvent, account *core.Record, api string) error {
	var in pasted
	if err := e.BindBody(&in); err != nil {
		return e.BadRequestError("Send refreshToken and the rest as JSON.", nil)
	}
	for _, field := range []*string{&in.Region, &in.SellerID, &in.RefreshToken, &in.ClientID, &in.ClientSecret} {
		*field = strings.TrimSpace(*field)
	}
	app := c.cfg.SellerApp.ClientID
	if api == grants.APIAds {
		app, in.Region, in.SellerID = c.cfg.AdsApp.ClientID, "", ""
	}
	if wrong := in.wrong(api, app); wrong != "" {
		return e.BadRequestError(wrong, nil)
	}
	if in.ClientID != "" {
		app = in.ClientID
	}
	id, err := c.cfg.Grants.Connect(e.Request.Context(), grants.Request{
		API: api, Account: account.Id, Region: in.Region, SellerID: in.SellerID, RefreshToken: in.RefreshToken,
		ClientID: in.ClientID, ClientSecret: in.ClientSecret,
		App: app, Method: grants.MethodToken, User: e.Auth.Id, Actor: actor(e),
	})
	if errors.Is(err, grants.ErrRefused) {
		e.App.Logger().Warn("a pasted token was refused", slog.String("account", account.Id), slog.String("api", api), slog.Any("error", err))
		return e.BadRequestError(reason(err).text, nil)
	}
	if err != nil {
		return err
	}
	record, err := e.App.FindRecordById("connections", id)
	if err != nil {
		return err
	}
	items, err := c.items(e.App, account.Id, record.Id)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusCreated, items[0])
}

// wrong says what is wrong with the form, without repeating any of it.
func (p pasted) wrong(api, app string) string {
	switch {
	case api == grants.APISeller && !regions.MatchString(p.Region):
		return "Choose the region of the token: na, eu or fe."
	case api == grants.APISeller && !sellerIDs.MatchString(p.SellerID):
		return "The seller id is the Merchant Token of Seller Central's account page: capital letters and digits, beginning with A."
	case !secrets.MatchString(p.RefreshToken) || len(p.RefreshToken) > 4096 || !strings.HasPrefix(p.RefreshToken, "Atzr|"):
		return "This is not a refresh token: one begins with Atzr| and has no spaces. Copy it again."
	case (p.ClientID == "") != (p.ClientSecret == ""):
		return "An application of your own has both a client id and a client secret."
	case p.ClientID != "" && (!clientIDs.MatchString(p.ClientID) || !secrets.MatchString(p.ClientSecret) || len(p.ClientSecret) > 4096):
		return "The client id or the client secret holds a character that cannot be in it. Copy it again."
	case p.ClientID == "" && app == "":
		return "This server has no application of its own: give the client id and the client secret of yours."
	}
	return ""
}
