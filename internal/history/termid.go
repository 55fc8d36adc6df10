package history

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// PublicTermID returns the id by which addresses and answers name a term of a
// marketplace: opaque, and naming the marketplace too, because the routes do
// not.
func PublicTermID(marketplace string, id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(marketplace + ":" + strconv.FormatInt(id, 36)))
}

// ParseTermID reads what PublicTermID wrote; ok is false for anything else.
func ParseTermID(s string) (marketplace string, id int64, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", 0, false
	}
	marketplace, rest, found := strings.Cut(string(b), ":")
	id, err = strconv.ParseInt(rest, 36, 64)
	return marketplace, id, found && err == nil && PublicTermID(marketplace, id) == s
}
