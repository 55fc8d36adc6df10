package session

import (
	"encoding/json/v2"
	"errors"
	"net/http"
	"strings"

	"github.com/pocketbase/pocketbase/core"
)

// longestBody is more than any of the forms here needs.
const longestBody = 16 << 10

// read reads a JSON body into v and refuses what v has no place for. Its error
// answers the request.
func read(e *core.RequestEvent, v any) error {
	err := json.UnmarshalRead(http.MaxBytesReader(e.Response, e.Request.Body, longestBody), v, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) && errors.Is(err, json.ErrUnknownName) {
		return e.BadRequestError("Unknown field "+strings.TrimPrefix(string(semantic.JSONPointer), "/")+".", nil)
	}
	return e.BadRequestError("Send one JSON object with the fields of this request.", nil)
}
