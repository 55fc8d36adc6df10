package dashboard

import (
	"fmt"
	"net/http"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// haloBody is what is known of a marketplace's halo; without estimates, Text
// says why.
type haloBody struct {
	Marketplace *string       `json:"marketplace"`
	Computed    *time.Time    `json:"computed"`
	Estimates   types.JSONRaw `json:"estimates"`
	Text        string        `json:"text"`
}

// halo answers the newest estimates of a marketplace, as they were stored.
func (d *Dashboard) halo(e *core.RequestEvent, account *core.Record) error {
	id, err := d.marketplace(e, account.Id)
	if err != nil {
		return err
	}
	body := haloBody{Estimates: types.JSONRaw("null"), Text: "Nothing is estimated yet: it starts with the first week whose ads have settled, 14 days after its end."}
	if id != "" {
		body.Marketplace = &id
		var rows []struct {
			Computed types.DateTime `db:"computed"`
			Data     types.JSONRaw  `db:"data"`
		}
		err := e.App.DB().Select("computed", "data").From("halo_results").
			Where(dbx.HashExp{"account": account.Id, "marketplace": id}).Limit(1).All(&rows)
		if err != nil {
			return fmt.Errorf("read halo estimates: %w", err)
		}
		if len(rows) > 0 {
			computed := rows[0].Computed.Time()
			body.Computed, body.Estimates, body.Text = &computed, rows[0].Data, ""
		}
	}
	return e.JSON(http.StatusOK, body)
}
