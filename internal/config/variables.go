package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"halotrack.ai/halotrack/amazon/marketplace"
)

// variable is one row of the table of settings.
type variable struct {
	name    string
	def     string // default, shown in the example
	example string // shown in the example where there is no default
	secret  bool   // may also be given as a file, in name_FILE
	help    string
	// set validates the value and stores it; its error completes the sentence
	// "HALOTRACK_X …" and never repeats a secret.
	set func(c *Config, value string) error
}

// variables is the one table of settings, in the order of .env.example. The
// testclock build adds to it.
var variables = append([]variable{
	{name: "HALOTRACK_URL", example: "https://halotrack.example.com",
		help: "The public address under which people reach this server; links in mails begin with it. Needed by serve.",
		set:  func(c *Config, v string) (err error) { c.URL, err = publicURL(v); return err }},
	{name: "HALOTRACK_OPERATOR", def: string(OperatorSelf),
		help: "self: you are the seller, or keep your clients' history for as long as they are yours.\nprovider: you offer this to sellers as a service; what came from Amazon through a connection is deleted two days after it was disconnected, unless it is connected again.",
		set:  func(c *Config, v string) (err error) { c.Operator, err = operator(v); return err }},
	{name: "HALOTRACK_SITE", def: "off",
		help: "on: the start page tells strangers what this is, and lets them apply for a place on the waitlist.",
		set:  func(c *Config, v string) (err error) { c.Site, err = onOff(v); return err }},
	{name: "HALOTRACK_LAN", def: "off",
		help: "on: HALOTRACK_URL may be http:// with a private address of your own network. What passes there is not encrypted.",
		set:  func(c *Config, v string) (err error) { c.LAN, err = onOff(v); return err }},
	{name: "HALOTRACK_TRUSTED_PROXY", example: "10.0.0.2/32,fd00::/8",
		help: "The addresses of your reverse proxy, as networks: from these alone X-Forwarded-For is believed.",
		set:  func(c *Config, v string) (err error) { c.TrustedProxy, err = networks(v); return err }},
	{name: "HALOTRACK_SESSION_HOURS", def: "12",
		help: "How long a session lasts after logging in, however busy it is.",
		set:  func(c *Config, v string) (err error) { c.SessionHours, err = number(v, 1, 720); return err }},
	{name: "HALOTRACK_SESSION_IDLE_HOURS", def: "2",
		help: "How long a session lasts without use.",
		set:  func(c *Config, v string) (err error) { c.SessionIdleHours, err = number(v, 1, 720); return err }},
	{name: "HALOTRACK_SECOND_FACTOR", def: "staff",
		help: "Of whom a second factor (an authenticator app) is required: staff, or all. Amazon's data protection policy asks\nit of everyone who sees its data.",
		set:  func(c *Config, v string) (err error) { c.SecondFactor, err = oneOf(v, "staff", "all"); return err }},
	{name: "HALOTRACK_PASSWORD_RULES", def: "length",
		help: "length: at least 12 characters, and none that is guessed first. amazon-dpp: all classes of characters too.",
		set: func(c *Config, v string) (err error) {
			c.PasswordRules, err = oneOf(v, "length", "amazon-dpp")
			return err
		}},
	{name: "HALOTRACK_OIDC_ISSUER", example: "https://accounts.example.com",
		help: "An OpenID Connect provider where people may sign in besides here, each after linking it once to their account.\nIts way back is /api/halotrack/session/provider/callback.",
		set:  func(c *Config, v string) (err error) { c.Provider.Issuer, err = issuer(v); return err }},
	{name: "HALOTRACK_OIDC_CLIENT_ID", example: "halotrack",
		help: "The client id and secret that the provider gave this installation.",
		set:  func(c *Config, v string) (err error) { c.Provider.Client.ID, err = token(v); return err }},
	{name: "HALOTRACK_OIDC_CLIENT_SECRET", secret: true,
		set: func(c *Config, v string) error { return setSecret(&c.Provider.Client.Secret, v) }},
	{name: "HALOTRACK_OIDC_NAME", def: "your provider",
		help: "What the provider is called on the button.",
		set:  func(c *Config, v string) error { c.Provider.Name = v; return nil }},
	{name: "HALOTRACK_KEY_FILE", example: "/key/halotrack.key",
		help: "The key that encrypts everything. It must lie outside the data and the backup folder; keep a copy elsewhere.\nDefault: beside the data folder, with the folder's name and .key added.",
		set:  func(c *Config, v string) (err error) { c.KeyFile, err = absolute(v); return err }},
	{name: "HALOTRACK_BACKUP_DIR", example: "/backups",
		help: "Where you keep backups. A key file inside this folder is refused.",
		set:  func(c *Config, v string) (err error) { c.BackupDir, err = absolute(v); return err }},
	{name: "HALOTRACK_LWA_CLIENT_ID", example: "amzn1.application-oa2-client.0123456789abcdef",
		help: "The SP-API application's client id and secret at Login with Amazon. A connection may bring its own instead.",
		set:  func(c *Config, v string) (err error) { c.LWA.ID, err = token(v); return err }},
	{name: "HALOTRACK_LWA_CLIENT_SECRET", secret: true,
		set: func(c *Config, v string) error { return setSecret(&c.LWA.Secret, v) }},
	{name: "HALOTRACK_SPAPI_APP_ID", example: "amzn1.sellerapps.app.01234567-89ab-cdef-0123-456789abcdef",
		help: "The SP-API application's own id, shown in Seller Central. With it people connect by consenting at Amazon;\nwithout it they paste a refresh token.",
		set:  func(c *Config, v string) (err error) { c.SPAPIAppID, err = token(v); return err }},
	{name: "HALOTRACK_ADS_CLIENT_ID", example: "amzn1.application-oa2-client.fedcba9876543210",
		help: "The Amazon Ads application's client id and secret. Default: those of HALOTRACK_LWA_…",
		set:  func(c *Config, v string) (err error) { c.Ads.ID, err = token(v); return err }},
	{name: "HALOTRACK_ADS_CLIENT_SECRET", secret: true,
		set: func(c *Config, v string) error { return setSecret(&c.Ads.Secret, v) }},
	{name: "HALOTRACK_SQP_DAILY_REQUESTS", def: "20",
		help: "How many Search Query Performance reports may be asked for per seller and day.",
		set:  func(c *Config, v string) (err error) { c.SQPDailyRequests, err = number(v, 1, 1000); return err }},
	{name: "HALOTRACK_SQP_PERIODS", def: "week",
		help: "The periods that search figures are fetched for: week, or week,month,quarter. Months and quarters are data sets of\ntheir own and come out of the same daily requests, after the newest weeks.",
		set:  func(c *Config, v string) (err error) { c.SQPPeriods, err = periods(v); return err }},
	{name: "HALOTRACK_SMTP_URL", secret: true, example: "smtp://user:password@mail.example.com:587",
		help: "The mail server: smtp://user:password@host:587 (STARTTLS is required) or smtps://user:password@host:465.\nSpecial characters in the password are percent-encoded. Without it no mail is sent.",
		set:  func(c *Config, v string) error { c.SMTPURL = Secret(v); return smtpURL(v) }},
	{name: "HALOTRACK_MAIL_FROM", example: "HaloTrack <halotrack@example.com>",
		help: "The sender of all mails. Needed with HALOTRACK_SMTP_URL.",
		set:  func(c *Config, v string) error { c.MailFrom = v; return sender(v) }},
	{name: "HALOTRACK_LWA_URL", example: "http://127.0.0.1:9001",
		help: "Other servers in place of Amazon's, for tests: one address, or na=…,eu=…,fe=…. Loopback addresses only.",
		set:  func(c *Config, v string) (err error) { c.Amazon.LWA, err = loopback(v); return err }},
	{name: "HALOTRACK_SPAPI_URL", example: "na=http://127.0.0.1:9002,eu=http://127.0.0.1:9003,fe=http://127.0.0.1:9004",
		set: func(c *Config, v string) (err error) { c.Amazon.SPAPI, err = loopback(v); return err }},
	{name: "HALOTRACK_ADS_URL", example: "http://127.0.0.1:9005",
		set: func(c *Config, v string) (err error) { c.Amazon.Ads, err = loopback(v); return err }},
}, buildVariables...)

// settle checks settings against each other once all are read.
func (c *Config) settle() []error {
	var errs []error
	pair := func(name string, p Client) {
		if (p.ID == "") != (p.Secret == "") {
			errs = append(errs, fmt.Errorf("%s_CLIENT_ID and %s_CLIENT_SECRET belong together: give both or neither", name, name))
		}
	}
	pair("HALOTRACK_LWA", c.LWA)
	pair("HALOTRACK_ADS", c.Ads)
	if (c.Provider.Issuer != "") != c.Provider.Client.Set() || (c.Provider.Client.ID == "") != (c.Provider.Client.Secret == "") {
		errs = append(errs, errors.New("HALOTRACK_OIDC_ISSUER, HALOTRACK_OIDC_CLIENT_ID and HALOTRACK_OIDC_CLIENT_SECRET belong together: give all or none"))
	}
	if c.Ads == (Client{}) {
		c.Ads = c.LWA
	}
	if u, err := url.Parse(c.URL); err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
		switch {
		case !private(u.Hostname()):
			errs = append(errs, errors.New("HALOTRACK_URL must begin with https:// (http:// is accepted for loopback addresses, and with HALOTRACK_LAN=on for private ones)"))
		case !c.LAN:
			errs = append(errs, errors.New("HALOTRACK_URL must begin with https://; to serve your own network without encryption, set HALOTRACK_LAN=on"))
		}
	}
	if c.SMTPURL != "" && c.MailFrom == "" {
		errs = append(errs, errors.New("HALOTRACK_MAIL_FROM is not set: HALOTRACK_SMTP_URL needs a sender, such as HaloTrack <halotrack@example.com>"))
	}
	return append(errs, c.settleBuild()...)
}

func publicURL(v string) (string, error) {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("is not an address: give one like https://halotrack.example.com")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", errors.New("must be scheme and host only, like https://halotrack.example.com")
	}
	return u.Scheme + "://" + u.Host, nil
}

// issuer reads the address of an OpenID Connect provider as it names itself.
func issuer(v string) (string, error) {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("is not a provider: give its address, such as https://accounts.example.com")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())) {
		return "", errors.New("must begin with https://: who signs in is told there")
	}
	return v, nil
}

func operator(v string) (Operator, error) {
	if o := Operator(v); o == OperatorSelf || o == OperatorProvider {
		return o, nil
	}
	return "", fmt.Errorf("is %q: give self or provider", v)
}

func oneOf(v string, values ...string) (string, error) {
	if !slices.Contains(values, v) {
		return "", fmt.Errorf("is %q: give one of %s", v, strings.Join(values, ", "))
	}
	return v, nil
}

func onOff(v string) (bool, error) {
	if v != "on" && v != "off" {
		return false, fmt.Errorf("is %q: give on or off", v)
	}
	return v == "on", nil
}

// private reports whether a host can only be on a network of one's own.
func private(host string) bool {
	if address, err := netip.ParseAddr(host); err == nil {
		return address.IsPrivate() || address.IsLinkLocalUnicast()
	}
	return !strings.Contains(host, ".") || slices.ContainsFunc([]string{".local", ".lan", ".internal", ".home.arpa"}, func(end string) bool {
		return strings.HasSuffix(strings.ToLower(host), end)
	})
}

// networks reads addresses and CIDR networks, separated by commas.
func networks(v string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for part := range strings.SplitSeq(v, ",") {
		part = strings.TrimSpace(part)
		if address, err := netip.ParseAddr(part); err == nil {
			all = append(all, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("holds %q: give networks like 10.0.0.2/32, separated by commas", part)
		}
		if network.Bits() == 0 {
			return nil, fmt.Errorf("holds %q, which is everyone: name your proxy's own network", part)
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

func absolute(v string) (string, error) {
	if strings.ContainsRune(v, 0) {
		return "", errors.New("is not a path")
	}
	p, err := filepath.Abs(v)
	if err != nil {
		return "", errors.New("is not a path that can be found")
	}
	return p, nil
}

func token(v string) (string, error) {
	if strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", errors.New("holds a space or a character that cannot be in it: copy it again")
	}
	return v, nil
}

func setSecret(s *Secret, v string) error {
	v, err := token(v)
	*s = Secret(v)
	return err
}

func number(v string, low, high int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("is %q: give a whole number from %d to %d", v, low, high)
	}
	return n, nil
}

// periods reads a list of kinds of period and returns them as Amazon writes
// them. Weeks must be among them: audits rest on weeks.
func periods(v string) ([]string, error) {
	asked := map[string]bool{}
	for part := range strings.SplitSeq(v, ",") {
		name := strings.ToUpper(strings.TrimSpace(part))
		if name != "WEEK" && name != "MONTH" && name != "QUARTER" {
			return nil, fmt.Errorf("names the period %q: give week, or week and month and quarter separated by commas", strings.TrimSpace(part))
		}
		asked[name] = true
	}
	if !asked["WEEK"] {
		return nil, errors.New("leaves out week, which audits rest on: give week, or week,month,quarter")
	}
	var out []string
	for _, name := range []string{"WEEK", "MONTH", "QUARTER"} {
		if asked[name] {
			out = append(out, name)
		}
	}
	return out, nil
}

func smtpURL(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return errors.New("is not a mail server: give smtp://user:password@host:587 or smtps://user:password@host:465, with special characters percent-encoded")
	}
	if u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return errors.New("must end after the port (encode ?, # and / in the password as %3F, %23 and %2F)")
	}
	if p := u.Port(); p != "" {
		if _, err := number(p, 1, 65535); err != nil {
			return errors.New("has a port that is none")
		}
	}
	if pass, ok := u.User.Password(); u.User != nil && (u.User.Username() == "" || !ok || pass == "") {
		return errors.New("must give both user and password, or neither")
	}
	return nil
}

func sender(v string) error {
	if a, err := mail.ParseAddress(v); err != nil || strings.ContainsAny(v, "\r\n") || !strings.Contains(a.Address, "@") {
		return errors.New("is not a sender: give one like HaloTrack <halotrack@example.com>")
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// loopback reads one base address for all regions, or na=…,eu=…,fe=….
func loopback(v string) (map[marketplace.Region]string, error) {
	m := map[marketplace.Region]string{}
	if !strings.Contains(v, "=") {
		base, err := loopbackBase(v)
		for _, r := range marketplace.Regions {
			m[r] = base
		}
		return m, err
	}
	for part := range strings.SplitSeq(v, ",") {
		name, addr, _ := strings.Cut(strings.TrimSpace(part), "=")
		r := marketplace.Region(name)
		if r != marketplace.NorthAmerica && r != marketplace.Europe && r != marketplace.FarEast {
			return nil, fmt.Errorf("names the region %q: the regions are na, eu and fe", name)
		}
		if _, ok := m[r]; ok {
			return nil, fmt.Errorf("names the region %s twice", name)
		}
		base, err := loopbackBase(addr)
		if err != nil {
			return nil, err
		}
		m[r] = base
	}
	return m, nil
}

func loopbackBase(v string) (string, error) {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", errors.New("is not an address: give one like http://127.0.0.1:9001, or na=…,eu=…,fe=…")
	}
	if !isLoopback(u.Hostname()) {
		return "", fmt.Errorf("points to %s: only loopback addresses (127.0.0.1, ::1, localhost) may stand in for Amazon", u.Hostname())
	}
	return u.Scheme + "://" + u.Host, nil
}
