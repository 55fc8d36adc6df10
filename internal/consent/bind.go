package consent

import (
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/appendonly"
)

// Bind keeps entries and texts as they were written, whoever asks, the admin
// panel included.
func Bind(app core.App) {
	appendonly.Bind(app, "Consents are a record that is only added to: note a withdrawal as one more entry.", Collection, Texts)
}
