// Package keys lets the owners of an account make API keys for its programs,
// and tells by its key which account a program asks for. A key is shown once;
// what is kept is its hash. It opens our own API alone, read only.
package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/internal/access"
	"halotrack.ai/halotrack/internal/apikeys"
	"halotrack.ai/halotrack/internal/clock"
)

const (
	collection = apikeys.Collection
	prefix     = "/api/halotrack"
	mark       = "ht_" // what every key begins with, so that people and scanners know one

	most        = 20  // keys that work, of one account
	longestDays = 366 // until a key runs out
	longestName = 100 // characters
	shown       = len(mark) + 6
)

// Keys answers the routes and reads the keys of requests.
type Keys struct{ clock clock.Clock }

// New returns the keys of an app.
func New(c clock.Clock) *Keys { return &Keys{c} }

// Register binds the routes and the middleware that reads a request's key.
func (k *Keys) Register(se *core.ServeEvent) {
	se.Router.Bind(k.middleware())
	g := se.Router.Group(prefix + "/accounts/{account}/keys")
	g.GET("", access.Guarded(access.Owner, access.NoKey, k.list))
	g.POST("", access.Guarded(access.Owner, access.NoKey, k.create))
	g.DELETE("/{key}", access.Guarded(access.Owner, access.NoKey, k.revoke))
}

// newKey returns 256 random bits as a key.
func newKey() string {
	b := make([]byte, 32)
	rand.Read(b)
	return mark + base64.RawURLEncoding.EncodeToString(b)
}

// digest hashes a key; it has full entropy, so a slow hash would add nothing.
func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
