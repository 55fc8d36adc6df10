package access

import "github.com/pocketbase/pocketbase/core"

const sessionKey = "haloTrackSession"

// NoteSession notes which session a request belongs to.
func NoteSession(e *core.RequestEvent, id string) { e.Set(sessionKey, id) }

// Session returns the id of the request's session, empty without one.
func Session(e *core.RequestEvent) string {
	id, _ := e.Get(sessionKey).(string)
	return id
}
