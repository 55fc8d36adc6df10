package lwa

import (
	"log/slog"
	"regexp"
	"strings"
)

// Credentials are one grant: the application's id and secret and the seller's
// refresh token. However they are printed, logged or encoded, only the client
// id shows.
type Credentials struct {
	ClientID, ClientSecret, RefreshToken string
}

const redacted = "[redacted]"

// String implements fmt.Stringer.
func (c Credentials) String() string { return "credentials of " + c.ClientID }

// GoString implements fmt.GoStringer, for %#v.
func (c Credentials) GoString() string { return c.String() }

// LogValue implements slog.LogValuer.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalJSON implements json.Marshaler.
func (c Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText implements encoding.TextMarshaler.
func (c Credentials) MarshalText() ([]byte, error) { return []byte(redacted), nil }

var token = regexp.MustCompile(`(?:Atz[a-z]|Atc)\|[^\s"'&<>]*|amzn1\.oa2-cs\.[^\s"'&<>]*`)

// Redact returns a text that Amazon sent fit for an error: without tokens and
// client secrets, of bounded length and in one line.
func Redact(text string) string {
	const most = 500
	if len(text) > 4*most {
		text = text[:4*most]
	}
	text = strings.Join(strings.Fields(token.ReplaceAllString(text, redacted)), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
