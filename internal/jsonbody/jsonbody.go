// Package jsonbody reads the JSON bodies of requests strictly: what a route has
// no place for is refused, with its name, instead of being ignored.
package jsonbody

import (
	"encoding/json/v2"
	"errors"
	"net/http"
	"strings"

	"github.com/pocketbase/pocketbase/core"
)

// Longest is more than any form needs, in bytes.
const Longest = 64 << 10

// Read reads one JSON object into v. Its error answers the request with 400.
func Read(e *core.RequestEvent, v any) error {
	err := json.UnmarshalRead(http.MaxBytesReader(e.Response, e.Request.Body, Longest), v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		field := strings.TrimPrefix(string(semantic.JSONPointer), "/")
		if errors.Is(err, json.ErrUnknownName) {
			return e.BadRequestError("Unknown field "+field+".", nil)
		}
		if field != "" {
			return e.BadRequestError("The field "+field+" has the wrong type.", nil)
		}
	}
	return e.BadRequestError("Send one JSON object with the fields of this request.", nil)
}
