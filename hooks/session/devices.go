package session

import (
	"net/http"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
)

// running is one session as its person sees it.
type running struct {
	ID      string         `json:"id"`
	Device  string         `json:"device"`
	Started types.DateTime `json:"started"`
	Seen    types.DateTime `json:"seen"`
	Expires types.DateTime `json:"expires"`
	Factors []string       `json:"factors"`
	Current bool           `json:"current"`
}

func (s *Sessions) devices(e *core.RequestEvent) error {
	user, err := access.Person(e)
	if err != nil {
		return err
	}
	records, err := e.App.FindRecordsByFilter("sessions", "user = {:user}", "-seen,id", 0, 0, dbx.Params{"user": user.Id})
	if err != nil {
		return err
	}
	items := []running{}
	now := s.now()
	for _, r := range records {
		if now.After(r.GetDateTime("expires").Time()) || now.Sub(r.GetDateTime("seen").Time()) >= s.cfg.Idle {
			continue // over, not swept yet
		}
		items = append(items, running{
			ID: r.Id, Device: r.GetString("device"), Started: r.GetDateTime("started"), Seen: r.GetDateTime("seen"),
			Expires: r.GetDateTime("expires"), Factors: r.GetStringSlice("factors"), Current: r.Id == access.Session(e),
		})
	}
	return e.JSON(http.StatusOK, map[string]any{"items": items, "nextCursor": nil})
}

func (s *Sessions) endOne(e *core.RequestEvent) error {
	user, err := access.Verified(e)
	if err != nil {
		return err
	}
	record, err := e.App.FindRecordById("sessions", e.Request.PathValue("session"))
	if err != nil || record.GetString("user") != user.Id {
		return e.NotFoundError("", nil)
	}
	if err := e.App.Delete(record); err != nil {
		return err
	}
	if record.Id == access.Session(e) {
		s.setCookie(e, "", -1)
	}
	return e.NoContent(http.StatusNoContent)
}

func (s *Sessions) endOthers(e *core.RequestEvent) error {
	user, err := access.Verified(e)
	if err != nil {
		return err
	}
	if err := endAllBut(e.App, user.Id, access.Session(e)); err != nil {
		return err
	}
	return e.NoContent(http.StatusNoContent)
}
