package mail

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

// The golden files are written by: go test -tags no_default_driver ./internal/mail -run Golden -update
func TestGoldenMails(t *testing.T) {
	seen := map[string]bool{}
	for name, c := range map[string]struct {
		template string
		params   map[string]string
	}{
		PasswordLink: {PasswordLink, map[string]string{
			"link": "https://halo.example.com/password#v3ry-l0ng-t0ken", "expires": "17 November 2026, 06:00 UTC"}},
		PasswordForgotten: {PasswordForgotten, map[string]string{
			"link": "https://halo.example.com/password#v3ry-l0ng-t0ken", "expires": "17 November 2026, 06:00 UTC"}},
		EmailLink: {EmailLink, map[string]string{
			"link": "https://halo.example.com/email#v3ry-l0ng-t0ken", "expires": "17 November 2026, 06:00 UTC"}},
		EmailAsked: {EmailAsked, map[string]string{"expires": "17 November 2026, 06:00 UTC", "link": "https://halo.example.com/forgot"}},
		KeysEnded: {KeysEnded, map[string]string{
			"account": "Käse & Söhne", "who": "Ada Lovelace", "keys": "Warehouse (ht_Ab3dEf…)\nForecast <beta> (ht_Zz9yXx…)", "link": "https://halo.example.com/accounts/acc1/keys"}},
		SecurityChanged: {SecurityChanged, map[string]string{"what": "The password was changed."}},
		SignInBlocked:   {SignInBlocked, map[string]string{"link": "https://halo.example.com/forgot"}},
		Invitation: {Invitation, map[string]string{
			"account": "Käse & Söhne", "inviter": "Ada Lovelace", "role": "viewer",
			"link": "https://halo.example.com/join#v3ry-l0ng-t0ken", "expires": "25 November 2026, 09:00 UTC"}},
		TeamChanged: {TeamChanged, map[string]string{
			"account": "Käse & Söhne", "what": "Ada Lovelace (ada@example.com) joined this account as viewer.", "link": "https://halo.example.com/accounts/acc1/team"}},
		TeamChanged + "_removed": {TeamChanged, map[string]string{
			"account": "Käse & Söhne", "what": "Ada Lovelace removed you from this account. You no longer see it.", "link": ""}},
		ConnectionStopped: {ConnectionStopped, map[string]string{
			"account": "Käse & Söhne", "api": "Advertising", "link": "https://halo.example.com/a/acc1",
			"reason": "Amazon says that the permission was withdrawn in Seller Central."}},
		MarketStopped: {MarketStopped, map[string]string{
			"account": "Käse & Söhne", "link": "https://halo.example.com/a/acc1",
			"reason": "Germany: Amazon refuses the reports of this marketplace."}},
		Disconnected: {Disconnected, map[string]string{
			"account": "Käse & Söhne", "api": "Advertising", "date": "26 November 2026, 09:00 UTC", "link": "https://halo.example.com/accounts/acc1/connections"}},
		ConsentEnds: {ConsentEnds, map[string]string{
			"account": "Käse & Söhne", "api": "Selling Partner", "date": "24 December 2026", "since": "24 December 2025", "link": "https://halo.example.com/accounts/acc1/connections",
			"rule":  "Amazon ends a permission that was given by consent after 365 days.",
			"steps": "Open the page of connections, choose the marketplace and authorise at Amazon again."}},
		WaitlistConfirm: {WaitlistConfirm, map[string]string{
			"link": "https://halo.example.com/waitlist/confirm/abc123def456ghi.tq1a2b.c0de", "expires": "1 December 2026, 09:00 UTC",
			"status": "https://halo.example.com/waitlist/application/abc123def456ghi.tq1a2b.c0de"}},
		WaitlistKnown: {WaitlistKnown, map[string]string{"status": "https://halo.example.com/waitlist/application/abc123def456ghi.tq1a2b.c0de"}},
		WaitlistInvitation: {WaitlistInvitation, map[string]string{
			"link": "https://halo.example.com/join#v3ry-l0ng-t0ken", "expires": "1 December 2026, 09:00 UTC",
			"status": "https://halo.example.com/waitlist/application/abc123def456ghi.tq1a2b.c0de"}},
		WaitlistDeclined: {WaitlistDeclined, map[string]string{"status": "https://halo.example.com/waitlist/application/abc123def456ghi.tq1a2b.c0de"}},
		CapacityOffer: {CapacityOffer, map[string]string{
			"link": "https://halo.example.com/join#v3ry-l0ng-t0ken", "expires": "1 December 2026, 09:00 UTC",
			"status": "https://halo.example.com/waitlist/application/abc123def456ghi.tq1a2b.c0de"}},
		SecretEnds: {SecretEnds, map[string]string{
			"app": "amzn1.application-oa2-client.0123456789abcdef", "date": "24 December 2026", "since": "27 June 2026",
			"steps": "Open the application in Amazon’s developer pages and make a new client secret.\nPut it into HALOTRACK_LWA_CLIENT_SECRET, or the file that HALOTRACK_LWA_CLIENT_SECRET_FILE names.\nRestart the program."}},
		AuditReady: {AuditReady, map[string]string{
			"account": "Käse & Söhne", "week": "8 November 2026", "link": "https://halo.example.com/a/acc1/audits/2026-11-08",
			"findings": "Your click share of “bamboo board” fell from 12.1 % to 8.4 %.\n\n\"Cutting board <large>\" cost 84.20 USD without an order.\r\n3\n4\n5\n6"}},
		AuditReady + "_quiet": {AuditReady, map[string]string{
			"account": "Acme", "week": "8 November 2026", "link": "https://halo.example.com/a/acc1/audits/2026-11-08", "findings": ""}},
	} {
		t.Run(name, func(t *testing.T) {
			seen[c.template] = true
			template := templates[c.template]
			if err := template.check(c.params); err != nil {
				t.Fatal(err)
			}
			r, err := template.render(c.params)
			if err != nil {
				t.Fatal(err)
			}
			for file, got := range map[string]string{name + ".txt": "Subject: " + r.Subject + "\n\n" + r.Text, name + ".html": r.HTML} {
				path := filepath.Join("testdata", file)
				if *update {
					if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("%s is not what is rendered:\n%s", path, got)
				}
			}
			if strings.Contains(r.HTML, "http") && strings.Contains(r.HTML, "<img") {
				t.Error("the mail loads something when it is opened")
			}
		})
	}
	for _, template := range Templates() {
		if !seen[template.Name] {
			t.Errorf("%s has no golden mail", template.Name)
		}
		if template.Class != Service {
			t.Errorf("%s is %s", template.Name, template.Class)
		}
	}
}
