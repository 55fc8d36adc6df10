// Package config reads the settings of the program. It is the only caller of
// os.Environ in the product; every setting stands in one table (variables.go),
// and what is not in the table is refused.
package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// Config is the validated configuration. A setting that was not given has its
// default, or its zero value.
type Config struct {
	// URL is the public address, without a slash at the end; empty if not given.
	URL string
	// Operator says whose data the operator keeps: its own, or its clients'.
	Operator Operator
	// Site adds the public pages: a landing page and the waitlist.
	Site bool
	// LAN allows URL to be plain HTTP with an address of a private network.
	LAN bool
	// TrustedProxy are the networks whose X-Forwarded-For is believed.
	TrustedProxy []netip.Prefix
	// SessionHours and SessionIdleHours end a session after its start and its
	// last use.
	SessionHours, SessionIdleHours int
	// SecondFactor is of whom one is required: staff or all.
	SecondFactor string
	// PasswordRules is length or amazon-dpp.
	PasswordRules string
	// Provider is where people may sign in besides here; without an Issuer there
	// is none.
	Provider Provider
	// KeyFile is the file of the vault's key; see KeyPath.
	KeyFile string
	// BackupDir is where backups are kept; the key must not be in it.
	BackupDir string
	// LWA is the SP-API application at Login with Amazon.
	LWA Client
	// SPAPIAppID is the SP-API application's id, which consents name; empty:
	// people paste refresh tokens.
	SPAPIAppID string
	// Ads is the Amazon Ads application; the LWA application if not given.
	Ads Client
	// SQPDailyRequests caps the Search Query Performance reports asked for per
	// seller and day.
	SQPDailyRequests int
	// SQPPeriods are the kinds of period that search figures are fetched for,
	// as Amazon writes them (WEEK, MONTH, QUARTER), weeks first.
	SQPPeriods []string
	// SMTPURL is the mail server, with user name and password.
	SMTPURL Secret
	// MailFrom is the sender, as an RFC 5322 address with an optional name.
	MailFrom string
	// Amazon holds the loopback addresses that replace Amazon's.
	Amazon Addresses
	// ClockFile is empty except in the testclock build.
	ClockFile string
}

// Operator says who runs this installation.
type Operator string

// The operators: a seller for itself, or a provider for sellers that are its
// clients. A provider deletes a disconnected seller's data (design ruling 2).
const (
	OperatorSelf     Operator = "self"
	OperatorProvider Operator = "provider"
)

// Provider is an OpenID Connect provider.
type Provider struct {
	Issuer string // without a slash at the end only if the provider writes it so
	Client Client
	Name   string // shown to people
}

// Client is one application registered at Amazon, or at another provider.
type Client struct {
	ID     string
	Secret Secret
}

// Set reports whether the application was configured.
func (c Client) Set() bool { return c.ID != "" && c.Secret != "" }

// Addresses are base addresses by region. A nil map means: not overridden.
type Addresses struct{ LWA, SPAPI, Ads map[marketplace.Region]string }

// Overridden reports whether any address was given.
func (a Addresses) Overridden() bool { return a.LWA != nil || a.SPAPI != nil || a.Ads != nil }

// KeyPath is the key file to use with a data folder: the configured one, else
// the folder's name with .key added, which lies beside the folder.
func (c *Config) KeyPath(dataDir string) string {
	if c.KeyFile != "" {
		return c.KeyFile
	}
	return filepath.Clean(dataDir) + ".key"
}

// Serving returns what is wrong for a server that strangers reach, beyond what
// Load checks: one error per setting.
func (c *Config) Serving() []error {
	if c.URL == "" {
		return []error{fmt.Errorf("HALOTRACK_URL is not set: give the public address, such as https://halotrack.example.com (links in mails and the connection to Amazon need it)")}
	}
	return nil
}

// Secret is a setting that no print verb, JSON document or log shows; convert
// it with string(s) where it is used.
type Secret string

const redacted = "[redacted]"

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// Format implements fmt.Formatter, so that no verb shows the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText implements encoding.TextMarshaler; JSON uses it too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
