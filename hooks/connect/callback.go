package connect

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/lwa"
	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/grants"
)

// voidPage is what a person sees who comes back with a state that is not
// theirs to use. Nothing of the request is in it.
const voidPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not connected</title>
<h1>Nothing was connected</h1>
<p>This answer from Amazon does not belong to a connection that you began in this session within the last ten minutes, or it was used already.</p>
<p><a href="/">Go back to HaloTrack</a> and begin again.</p>
</html>
`

const voidText = "This answer from Amazon does not belong to a connection that was begun in this session within the last ten minutes, or it was used already. Begin again."

// plausible is what codes and seller ids consist of.
var plausible = regexp.MustCompile(`^[A-Za-z0-9._~|+/=-]+$`)

// callback is where Amazon sends the browser back. Its address holds the code,
// so whatever happens the answer is another address, and nothing of the
// request is repeated.
func (c *Connect) callback(api string) func(*core.RequestEvent) error {
	return func(e *core.RequestEvent) error {
		e.Response.Header().Set("Referrer-Policy", "no-referrer")
		e.Response.Header().Set("Cache-Control", "no-store")
		if !signedIn(e) {
			return void(e)
		}
		query := e.Request.URL.Query()
		p, err := c.take(e.Request.Context(), api, query.Get("state"), e.Auth.Id, access.Session(e))
		if errors.Is(err, errState) {
			return void(e)
		}
		if err != nil {
			return err
		}
		if _, err := access.Require(e.App, p.user, p.account, access.Owner); err != nil {
			if errors.Is(err, access.ErrNotFound) {
				return void(e)
			}
			return err
		}
		code, seller, wrong := consented(api, query)
		if wrong != "" {
			return back(e, p.account, "failed", wrong)
		}
		// The code is spent by the first request: a browser that goes away must
		// not leave half a connection.
		ctx := context.WithoutCancel(e.Request.Context())
		id, err := c.redeem(ctx, p, code, seller)
		if err != nil {
			e.App.Logger().Warn("a consent could not be redeemed", slog.String("account", p.account), slog.String("api", api), slog.Any("error", err))
			return back(e, p.account, "failed", reason(err).word)
		}
		return back(e, p.account, "connected", id)
	}
}

// consented reads what Amazon added to the callback's address. wrong is a word
// for what is not right with it, empty if nothing.
func consented(api string, query url.Values) (code, seller, wrong string) {
	code = query.Get("code")
	if api == grants.APISeller {
		code, seller = query.Get("spapi_oauth_code"), query.Get("selling_partner_id")
	}
	switch {
	case query.Get("error") == "access_denied":
		return "", "", "denied"
	case !plausible.MatchString(code), len(code) > 2048, api == grants.APISeller && (!plausible.MatchString(seller) || len(seller) > 64):
		return "", "", "answer"
	}
	return code, seller, ""
}

// redeem exchanges the code and makes the connection.
func (c *Connect) redeem(ctx context.Context, p pending, code, seller string) (string, error) {
	app, path := c.cfg.SellerApp, sellerCallback
	if p.api == grants.APIAds {
		app, path = c.cfg.AdsApp, adsCallback
	}
	refresh, err := lwa.Exchange{
		HTTP: c.cfg.HTTP, TokenURL: c.cfg.Endpoints.TokenURL(marketplace.Region(p.region)),
		ClientID: app.ClientID, ClientSecret: app.ClientSecret, RedirectURI: c.cfg.URL + path, Verifier: p.verifier,
	}.Refresh(ctx, code)
	if errors.Is(err, lwa.ErrRevoked) {
		return "", errors.Join(errCode, err)
	}
	if err != nil {
		return "", err
	}
	q := grants.Request{API: p.api, Account: p.account, Region: p.region, SellerID: seller, RefreshToken: refresh,
		App: app.ClientID, Method: grants.MethodConsent, Draft: p.draft, User: p.user, Actor: "user:" + p.user}
	if p.api == grants.APIAds {
		q.Region = "" // a token is good in all regions, each of which has profiles of its own (adsapi.md §2.1)
	}
	id, err := c.cfg.Grants.Connect(ctx, q)
	if err == nil {
		// The code was spent before there was a connection to count it for.
		c.cfg.Evidence.Note(readonly.Call{Operation: "lwa.token", Status: http.StatusOK, Owner: id})
	}
	return id, err
}

func void(e *core.RequestEvent) error {
	if strings.Contains(e.Request.Header.Get("Accept"), "text/html") {
		return e.HTML(http.StatusBadRequest, voidPage)
	}
	return e.BadRequestError(voidText, nil)
}

// back sends the browser to the page of connections, whose address tells the
// outcome in one word of ours or a connection's id.
func back(e *core.RequestEvent, account, outcome, word string) error {
	return e.Redirect(http.StatusSeeOther, "/accounts/"+account+"/connections?"+outcome+"="+word)
}
