// Package simtest checks what a simulator was sent against Amazon's own
// published models.
package simtest

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"halotrack.ai/halotrack/amazon/sim"
)

// ValidateJournal checks every entry's path, parameters, headers, media types
// and body against the models in sharedDir (the folder that holds
// amazon/spapi/models and amazon/ads). Keys of a body that its model does not
// name are violations too. It returns all violations joined, nil for none.
func ValidateJournal(entries []sim.Entry, sharedDir string) error {
	m, err := Load(sharedDir)
	if err != nil {
		return err
	}
	var found []error
	for i, e := range entries {
		if err := m.Request(e); err != nil {
			found = append(found, fmt.Errorf("entry %d, %s %s on %s: %w", i, e.Method, e.Path, e.Listener, err))
		}
	}
	return errors.Join(found...)
}

// Request checks one journal entry.
func (m *Models) Request(e sim.Entry) error {
	kind, _, _ := strings.Cut(e.Listener, "-")
	switch kind {
	case sim.ListenerLWA:
		return tokenRequest(e)
	case sim.ListenerDocuments:
		return documentRequest(e)
	case sim.ListenerSPAPI, sim.ListenerAds:
		op, ok := m.find(kind, e.Method, e.Path)
		if !ok {
			return errors.New("no such operation in the models")
		}
		return errors.Join(op.parameters(e), op.body(e), callerHeaders(kind, e))
	}
	return fmt.Errorf("unknown listener %q", e.Listener)
}

func callerHeaders(kind string, e sim.Entry) error {
	if kind == sim.ListenerSPAPI {
		ua := e.Header.Get("User-Agent")
		switch {
		case e.Header.Get("x-amz-access-token") == "":
			return errors.New("header x-amz-access-token is missing")
		case len(ua) > 500 || !strings.Contains(ua, "Language="):
			return errors.New("header user-agent is not of Amazon's form")
		case e.Header.Get("Authorization") != "":
			return errors.New("header Authorization does not belong here")
		}
		return nil
	}
	scope := e.Header.Get("Amazon-Advertising-API-Scope")
	switch {
	case !strings.HasPrefix(e.Header.Get("Authorization"), "Bearer Atza|"):
		return errors.New("header Authorization is not a bearer access token")
	case e.Path == "/v2/profiles" && scope != "":
		return errors.New("the scope header must be absent on profiles")
	case e.Path != "/v2/profiles" && (scope == "" || strings.Trim(scope, "0123456789") != ""):
		return errors.New("the scope header must be the profile's id")
	}
	return nil
}

var tokenParams = map[string][]string{
	"refresh_token":      {"grant_type", "refresh_token", "client_id", "client_secret"},
	"authorization_code": {"grant_type", "code", "redirect_uri", "client_id", "client_secret"},
}

func tokenRequest(e sim.Entry) error {
	if e.Method != http.MethodPost || e.Path != "/auth/o2/token" || e.RawQuery != "" {
		return errors.New("not the token operation")
	}
	if media, _, err := mime.ParseMediaType(e.Header.Get("Content-Type")); err != nil || media != "application/x-www-form-urlencoded" {
		return errors.New("content type is not application/x-www-form-urlencoded")
	}
	if e.Header.Get("Authorization") != "" {
		return errors.New("client credentials belong into the form")
	}
	form, err := url.ParseQuery(string(e.Body))
	if err != nil {
		return errors.New("the form cannot be parsed")
	}
	want := tokenParams[form.Get("grant_type")]
	if want == nil {
		return errors.New("unknown grant_type")
	}
	for _, name := range want {
		if form.Get(name) == "" {
			return fmt.Errorf("parameter %s is missing", name)
		}
	}
	for name := range form {
		if !slices.Contains(want, name) {
			return fmt.Errorf("parameter %s is unknown", name)
		}
	}
	return nil
}

func documentRequest(e sim.Entry) error {
	q, err := url.ParseQuery(e.RawQuery)
	if err != nil || e.Method != http.MethodGet || len(e.Body) > 0 || q.Get("X-Amz-Signature") == "" {
		return errors.New("not a plain GET of a presigned address")
	}
	for name := range e.Header {
		lower := strings.ToLower(name)
		if lower == "authorization" || lower == "cookie" || strings.HasPrefix(lower, "amazon-") || strings.HasPrefix(lower, "x-amz-") {
			return fmt.Errorf("header %s must not reach the document host", name)
		}
	}
	return nil
}

func (o *operation) body(e sim.Entry) error {
	if o.bodies == nil {
		if len(e.Body) > 0 {
			return errors.New("a body where the model has none")
		}
		return nil
	}
	media, _, err := mime.ParseMediaType(e.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("content type: %w", err)
	}
	schema := o.bodies[media]
	if schema == nil {
		return fmt.Errorf("content type %s is not in the model", media)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(e.Body))
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if err := schema.Validate(value); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	return nil
}
