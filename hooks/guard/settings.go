package guard

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
)

// held is a setting of PocketBase's that our own settings, or the privacy
// policy, decide.
type held struct {
	name   string
	by     string // what decides it, to be told to who changes it in the panel
	differ func(s *core.Settings, public string) bool
	set    func(s *core.Settings, public string)
}

var heldSettings = []held{
	{"the application URL", "HALOTRACK_URL", func(s *core.Settings, public string) bool { return s.Meta.AppURL != public },
		func(s *core.Settings, public string) { s.Meta.AppURL = public }},
	{"the headers of a proxy", "HALOTRACK_TRUSTED_PROXY: here they would be believed from anyone",
		func(s *core.Settings, _ string) bool { return len(s.TrustedProxy.Headers) > 0 },
		func(s *core.Settings, _ string) { s.TrustedProxy = core.TrustedProxyConfig{} }},
	{"the mail server", "HALOTRACK_SMTP_URL", func(s *core.Settings, _ string) bool { return s.SMTP.Enabled },
		func(s *core.Settings, _ string) { s.SMTP = core.SMTPConfig{Port: s.SMTP.Port} }},
	{"the logging of IP addresses", "the privacy policy: logs hold none", func(s *core.Settings, _ string) bool { return s.Logs.LogIP },
		func(s *core.Settings, _ string) { s.Logs.LogIP = false }},
}

// HoldSettings has what is configured for the program win over what is stored
// in PocketBase's settings (pocketbase.md trap 24): at the start stored values
// that differ are put right, and the panel refuses to store others, saying what
// decides.
func HoldSettings(app core.App, public string) error {
	stored, err := app.Settings().Clone()
	if err != nil {
		return fmt.Errorf("read PocketBase's settings: %w", err)
	}
	wrong := false
	for _, h := range heldSettings {
		if h.differ(stored, public) {
			h.set(stored, public)
			wrong = true
		}
	}
	if wrong {
		if err := app.Save(stored); err != nil {
			return fmt.Errorf("put PocketBase's settings right: %w", err)
		}
	}
	app.OnSettingsUpdateRequest().BindFunc(func(e *core.SettingsUpdateRequestEvent) error {
		for _, h := range heldSettings {
			if h.differ(e.NewSettings, public) {
				return e.BadRequestError("Leave "+h.name+" as it is: that is decided by "+h.by+".", nil)
			}
		}
		return e.Next()
	})
	return nil
}
