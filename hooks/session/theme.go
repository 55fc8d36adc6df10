package session

import (
	"net/http"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/jsonbody"
)

// systemTheme is what a person has who chose nothing.
const systemTheme = "system"

func themeOf(user *core.Record) string {
	if theme := user.GetString("theme"); theme != "" {
		return theme
	}
	return systemTheme
}

// chooseTheme keeps the choice between light and dark pages. It changes nothing
// that is to be guarded, so it asks for no second factor: the page that sets one
// up is drawn in it too.
func (s *Sessions) chooseTheme(e *core.RequestEvent) error {
	user, err := access.Person(e)
	if err != nil {
		return err
	}
	var in struct {
		Theme string `json:"theme"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	switch in.Theme {
	case "light", "dark":
		user.Set("theme", in.Theme)
	case systemTheme:
		user.Set("theme", "")
	default:
		return e.BadRequestError("theme: give system, light or dark.", nil)
	}
	if err := e.App.Save(user); err != nil {
		return err
	}
	return e.NoContent(http.StatusNoContent)
}
