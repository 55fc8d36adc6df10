package connect

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/grants"
)

// track sets which marketplaces, or ads profiles, are fetched. What is stored
// of others stays.
func (c *Connect) track(e *core.RequestEvent, connection *core.Record) error {
	var in struct {
		Tracked *[]string `json:"tracked"` // ids of marketplaces, or of profiles
	}
	if err := e.BindBody(&in); err != nil || in.Tracked == nil {
		return e.BadRequestError("Send tracked, a list of marketplace or profile ids, as JSON.", nil)
	}
	if connection.GetString("status") == grants.StatusDisconnected {
		return e.BadRequestError("This connection has ended.", nil)
	}
	wrong := false
	err := e.App.RunInTransaction(func(tx core.App) error {
		r, err := tx.FindRecordById("connections", connection.Id)
		if err != nil {
			return err
		}
		markets, err := grants.Markets(r)
		if err != nil {
			return err
		}
		profiles, err := grants.Profiles(r)
		if err != nil {
			return err
		}
		left := slices.Clone(*in.Tracked)
		wanted := func(id string, trackable bool) bool {
			i := slices.Index(left, id)
			if i < 0 || !trackable {
				return false
			}
			left = slices.Delete(left, i, i+1)
			return true
		}
		for i, m := range markets {
			markets[i].Tracked = wanted(m.ID, m.Trackable())
		}
		for i, p := range profiles {
			profiles[i].Tracked = wanted(strconv.FormatInt(p.ID, 10), p.Trackable())
		}
		if wrong = len(left) > 0; wrong {
			return nil
		}
		if markets != nil {
			r.Set("marketplaces", markets)
		}
		if profiles != nil {
			r.Set("profiles", profiles)
		}
		return tx.Save(r)
	})
	if err != nil {
		return err
	}
	if wrong {
		return e.BadRequestError("One of these is not among what this connection can fetch.", nil)
	}
	items, err := c.items(e.App, connection.GetString("account"), connection.Id)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, items[0])
}

// How to end the grant at Amazon as well; the credential here is gone by then.
const (
	revokeSeller = "The refresh token is destroyed here. To withdraw it at Amazon too, open Seller Central, Apps and Services, Manage Your Apps, and disable the application's authorisation."
	revokeAds    = "The refresh token is destroyed here. To withdraw it at Amazon too, sign in at amazon.com as the person who authorised, open Account, Login with Amazon, and remove the application."
)

// disconnect destroys the credential at once. What was fetched belongs to the
// account and stays, or is deleted on the day that the answer names
// (design ruling 2).
func (c *Connect) disconnect(e *core.RequestEvent, connection *core.Record) error {
	if err := c.cfg.Grants.Disconnect(e.Request.Context(), connection.Id, actor(e)); err != nil {
		return err
	}
	revoke := revokeSeller
	if connection.GetString("api") == grants.APIAds {
		revoke = revokeAds
	}
	items, err := c.items(e.App, connection.GetString("account"), connection.Id)
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, map[string]any{
		"id": connection.Id, "status": grants.StatusDisconnected, "revoke": revoke, "deletesAt": items[0].DeletesAt,
	})
}
