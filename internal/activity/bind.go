package activity

import (
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/appendonly"
)

// Bind keeps the trail as it was written, whoever asks, the admin panel
// included.
func Bind(app core.App) {
	appendonly.Bind(app, "The trail is only added to.", Collection)
}
