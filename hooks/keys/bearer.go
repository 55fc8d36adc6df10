package keys

import (
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"
	"github.com/pocketbase/pocketbase/tools/types"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/apikeys"
)

// usedEvery is how exactly the last use of a key is kept.
const usedEvery = time.Minute

// middleware reads the key of a request before the session and PocketBase look
// for theirs.
func (k *Keys) middleware() *hook.Handler[*core.RequestEvent] {
	return &hook.Handler[*core.RequestEvent]{
		Id:       "haloTrackKey",
		Priority: apis.DefaultLoadAuthTokenMiddlewarePriority - 2,
		Func:     k.load,
	}
}

// load notes the key behind a request. One that is unknown, revoked or has run
// out, and one that is shown to anything but our API, all get the same answer.
func (k *Keys) load(e *core.RequestEvent) error {
	value, ok := bearer(e.Request.Header.Get("Authorization"))
	if !ok {
		return e.Next()
	}
	now := k.clock.Now()
	if !strings.HasPrefix(e.Request.URL.Path, prefix+"/") {
		return refuse(e)
	}
	key, err := e.App.FindFirstRecordByData(collection, "hash", digest(value))
	if err != nil || !apikeys.Works(key, now) {
		return refuse(e)
	}
	if err := used(e.App, key, now); err != nil {
		return err
	}
	access.NoteKey(e, key)
	return e.Next()
}

func refuse(e *core.RequestEvent) error {
	e.Response.Header().Set("WWW-Authenticate", `Bearer realm="HaloTrack"`)
	return e.UnauthorizedError("This API key is unknown, revoked or has run out. Make a new one on the account's page.", nil)
}

// bearer returns the key in an Authorization header; ok is false for what is
// not a key of ours. PocketBase takes tokens without the scheme too, so a key
// without it is one as well.
func bearer(header string) (key string, ok bool) {
	const scheme = "bearer "
	if len(header) > len(scheme) && strings.EqualFold(header[:len(scheme)], scheme) {
		header = header[len(scheme):]
	}
	header = strings.TrimSpace(header)
	return header, strings.HasPrefix(header, mark)
}

// used notes when the key was last used.
func used(app core.App, key *core.Record, now time.Time) error {
	if last := key.GetDateTime("used_at"); !last.IsZero() && now.Sub(last.Time()) < usedEvery {
		return nil
	}
	at, err := types.ParseDateTime(now)
	if err != nil {
		return err
	}
	_, err = app.NonconcurrentDB().Update(collection, dbx.Params{"used_at": at.String()}, dbx.HashExp{"id": key.Id}).Execute()
	if err != nil {
		return fmt.Errorf("note the use of an API key: %w", err)
	}
	return nil
}
