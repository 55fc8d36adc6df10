package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"
	"unicode"
)

// Names of the templates.
const (
	// PasswordLink invites a person to set their password: link, expires (both
	// as shown).
	PasswordLink = "password_link"
	// PasswordForgotten lets a person who asked for it set a new password: link,
	// expires.
	PasswordForgotten = "password_forgotten"
	// EmailLink confirms a new address: link, expires.
	EmailLink = "email_link"
	// EmailAsked tells the old address at once that another one was asked for:
	// expires (as shown), link to set a new password.
	EmailAsked = "email_asked"
	// SecurityChanged tells that something about logging in changed: what (a
	// sentence).
	SecurityChanged = "security_changed"
	// SignInBlocked tells of many wrong passwords: link to set a new one.
	SignInBlocked = "sign_in_blocked"
	// Invitation asks somebody into an account: account, inviter (names), role,
	// link, expires.
	Invitation = "invitation"
	// TeamChanged tells who joined, left or has another role: account, what (a
	// sentence), link (empty for who no longer sees the account).
	TeamChanged = "team_changed"
	// KeysEnded tells owners that API keys ended with their maker's ownership:
	// account, who (names), keys (up to five, one a line), link.
	KeysEnded = "keys_ended"
	// ConnectionStopped tells that Amazon no longer lets us in: account, api
	// ("Selling Partner" or "Advertising"), reason (a sentence), link.
	ConnectionStopped = "connection_stopped"
	// MarketStopped tells that one marketplace of a connection that works gives
	// no reports: account, reason (sentences that begin with its name), link.
	MarketStopped = "market_stopped"
	// AuditReady tells that the weekly audit is there: account, week (as
	// shown), findings (up to five sentences, one a line; may be empty), link.
	AuditReady = "audit_ready"
	// Disconnected tells, where the operator is a provider, when the data of a
	// connection that its owner ended are deleted: account, api, date (as
	// shown), link.
	Disconnected = "disconnected"
	// ConsentEnds reminds that a permission at Amazon ends: account, api, date
	// and since (as shown), rule and steps (sentences), link.
	ConsentEnds = "consent_ends"
	// SecretEnds reminds to rotate an application's secret: app (its client
	// id), date and since (as shown), steps (up to five, one a line).
	SecretEnds = "secret_ends"
	// WaitlistConfirm asks an applicant to confirm their address: link, expires,
	// status (the link to their application). Nothing that the form says stands
	// in it, so that nobody can send words of their own to a stranger.
	WaitlistConfirm = "waitlist_confirm"
	// WaitlistKnown answers an application for an address that has one: status.
	WaitlistKnown = "waitlist_known"
	// WaitlistInvitation invites an applicant: link, expires, status.
	WaitlistInvitation = "waitlist_invitation"
	// WaitlistDeclined tells that there is no place: status.
	WaitlistDeclined = "waitlist_declined"
	// CapacityOffer is the one mail that someone who was declined may get later,
	// when a place opens: link, expires, status.
	CapacityOffer = "capacity_offer"
)

// Template is one kind of mail.
type Template struct {
	Name   string
	Class  Class
	Params []string // all required; only optional ones may be empty

	optional []string
	text     *texttemplate.Template // defines "subject" and "text"
	html     *htmltemplate.Template // defines "html"
}

//go:embed templates/*.txt templates/*.html
var files embed.FS

var templates = func() map[string]*Template {
	m := map[string]*Template{}
	for _, t := range []*Template{
		{Name: PasswordLink, Class: Service, Params: []string{"link", "expires"}},
		{Name: PasswordForgotten, Class: Service, Params: []string{"link", "expires"}},
		{Name: EmailLink, Class: Service, Params: []string{"link", "expires"}},
		{Name: EmailAsked, Class: Service, Params: []string{"expires", "link"}},
		{Name: SecurityChanged, Class: Service, Params: []string{"what"}},
		{Name: SignInBlocked, Class: Service, Params: []string{"link"}},
		{Name: Invitation, Class: Service, Params: []string{"account", "inviter", "role", "link", "expires"}},
		{Name: TeamChanged, Class: Service, Params: []string{"account", "what", "link"}, optional: []string{"link"}},
		{Name: KeysEnded, Class: Service, Params: []string{"account", "who", "keys", "link"}},
		{Name: ConnectionStopped, Class: Service, Params: []string{"account", "api", "reason", "link"}},
		{Name: MarketStopped, Class: Service, Params: []string{"account", "reason", "link"}},
		{Name: AuditReady, Class: Service, Params: []string{"account", "week", "findings", "link"}, optional: []string{"findings"}},
		{Name: Disconnected, Class: Service, Params: []string{"account", "api", "date", "link"}},
		{Name: ConsentEnds, Class: Service, Params: []string{"account", "api", "date", "since", "rule", "steps", "link"}},
		{Name: SecretEnds, Class: Service, Params: []string{"app", "date", "since", "steps"}},
		{Name: WaitlistConfirm, Class: Service, Params: []string{"link", "expires", "status"}},
		{Name: WaitlistKnown, Class: Service, Params: []string{"status"}},
		{Name: WaitlistInvitation, Class: Service, Params: []string{"link", "expires", "status"}},
		{Name: WaitlistDeclined, Class: Service, Params: []string{"status"}},
		{Name: CapacityOffer, Class: Service, Params: []string{"link", "expires", "status"}},
	} {
		functions := map[string]any{"lines": lines}
		t.text = texttemplate.Must(texttemplate.New(t.Name).Option("missingkey=error").Funcs(functions).
			ParseFS(files, "templates/"+t.Name+".txt"))
		t.html = htmltemplate.Must(htmltemplate.New(t.Name).Option("missingkey=error").Funcs(functions).
			ParseFS(files, "templates/layout.html", "templates/"+t.Name+".html"))
		m[t.Name] = t
	}
	return m
}()

// Templates lists the templates by name.
func Templates() []*Template {
	all := slices.Collect(maps.Values(templates))
	slices.SortFunc(all, func(a, b *Template) int { return strings.Compare(a.Name, b.Name) })
	return all
}

const (
	maxParam = 4 << 10
	maxLines = 5
)

// check refuses parameters that do not fit. It never repeats a value.
func (t *Template) check(params map[string]string) error {
	for _, name := range t.Params {
		v, ok := params[name]
		if !ok || v == "" && !slices.Contains(t.optional, name) {
			return fmt.Errorf("%w: %s needs %q", ErrMessage, t.Name, name)
		}
		if len(v) > maxParam {
			return fmt.Errorf("%w: %q of %s is too long", ErrMessage, name, t.Name)
		}
	}
	for name := range params {
		if !slices.Contains(t.Params, name) {
			return fmt.Errorf("%w: %s knows no %q", ErrMessage, t.Name, name)
		}
	}
	return nil
}

// rendered is a mail's content.
type rendered struct{ Subject, Text, HTML string }

func (t *Template) render(params map[string]string) (r rendered, err error) {
	clean := make(map[string]string, len(params))
	for name, v := range params {
		clean[name] = printable(v)
	}
	var subject, text, html strings.Builder
	if err := t.text.ExecuteTemplate(&subject, "subject", clean); err != nil {
		return r, fmt.Errorf("render the subject of %s: %w", t.Name, err)
	}
	if err := t.text.ExecuteTemplate(&text, "text", clean); err != nil {
		return r, fmt.Errorf("render %s as text: %w", t.Name, err)
	}
	if err := t.html.ExecuteTemplate(&html, "layout", clean); err != nil {
		return r, fmt.Errorf("render %s as HTML: %w", t.Name, err)
	}
	return rendered{
		Subject: oneLine(subject.String()),
		Text:    strings.TrimSpace(text.String()) + "\n",
		HTML:    strings.TrimSpace(html.String()) + "\n",
	}, nil
}

// printable drops control characters other than line feeds, and marks that
// change the direction of text: a value can forge neither a header nor the
// look of a link.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
}

// oneLine makes s fit for a header.
func oneLine(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// lines splits a parameter into its lines, at most five, empty ones dropped.
func lines(s string) []string {
	var all []string
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && len(all) < maxLines {
			all = append(all, line)
		}
	}
	return all
}
