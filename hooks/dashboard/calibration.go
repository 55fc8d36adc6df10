package dashboard

import (
	"fmt"
	"net/http"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// calibrationBody is how the alert engine has behaved on a marketplace's own
// past; without a check, Text says why.
type calibrationBody struct {
	Marketplace *string       `json:"marketplace"`
	Computed    *time.Time    `json:"computed"`
	Check       types.JSONRaw `json:"check"`
	Text        string        `json:"text"`
}

// calibration answers the newest check of a marketplace, as it was stored.
func (d *Dashboard) calibration(e *core.RequestEvent, account *core.Record) error {
	id, err := d.marketplace(e, account.Id)
	if err != nil {
		return err
	}
	body := calibrationBody{Check: types.JSONRaw("null"), Text: "Nothing is checked yet: it starts with the first audit that could test search terms, which takes 8 weeks before it."}
	if id != "" {
		body.Marketplace = &id
		var rows []struct {
			Computed types.DateTime `db:"computed"`
			Data     types.JSONRaw  `db:"data"`
			Text     string         `db:"text"`
		}
		err := e.App.DB().Select("computed", "data", "json_extract(data, '$.text') AS text").From("calibrations").
			Where(dbx.HashExp{"account": account.Id, "marketplace": id}).Limit(1).All(&rows)
		if err != nil {
			return fmt.Errorf("read the alert engine's check: %w", err)
		}
		if len(rows) > 0 {
			computed := rows[0].Computed.Time()
			body.Computed, body.Check, body.Text = &computed, rows[0].Data, rows[0].Text
		}
	}
	return e.JSON(http.StatusOK, body)
}
