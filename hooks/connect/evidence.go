package connect

import (
	"net/http"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/grants"
)

// proof is what was granted and what was done with it.
type proof struct {
	Connection item   `json:"connection"`
	Release    string `json:"release"` // of this program, when the grant was stored
	// Operations are all that a connection of this API can call, called or not.
	Operations []operation `json:"operations"`
	Nothing    string      `json:"nothingElse"`
}

type operation struct {
	readonly.Operation
	Calls      int64      `json:"calls"`
	Failed     int64      `json:"failed"`
	LastStatus int        `json:"lastStatus"`
	LastAt     *time.Time `json:"lastAt"`
}

const nothingElse = "Every request to Amazon passes one list that is part of the program. What is not on it is refused before a byte is sent: no operation that changes a listing, a price, a campaign or an account is on it."

func (c *Connect) evidence(e *core.RequestEvent, connection *core.Record) error {
	items, err := c.items(e.App, connection.GetString("account"), connection.Id)
	if err != nil {
		return err
	}
	if err := c.judge(e.Request.Context(), e.App, connection.GetString("account"), items); err != nil {
		return err
	}
	called, err := c.cfg.Evidence.Of(e.Request.Context(), connection.Id)
	if err != nil {
		return err
	}
	out := proof{Connection: items[0], Release: connection.GetString("release"), Nothing: nothingElse}
	for _, op := range readonly.Operations() {
		n, used := called[op.Name]
		if !used && !belongs(op.Name, connection.GetString("api")) {
			continue
		}
		o := operation{Operation: op, Calls: n.Calls, Failed: n.Failed, LastStatus: n.LastStatus}
		if used {
			at := n.LastAt.UTC()
			o.LastAt = &at
		}
		out.Operations = append(out.Operations, o)
	}
	return e.JSON(http.StatusOK, out)
}

// belongs reports whether an operation is one that the API's connections use.
func belongs(operation, api string) bool {
	switch room, _, _ := strings.Cut(operation, "."); room {
	case "spapi":
		return api == grants.APISeller
	case "ads":
		return api == grants.APIAds
	}
	return true
}
