package config

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzLoad holds an environment to: no panic; one line per error; no secret in
// an error or a print; and from what is accepted only addresses that are what
// they must be.
func FuzzLoad(f *testing.F) {
	f.Add("HALOTRACK_URL=https://halo.example.com/\nHALOTRACK_SMTP_URL=smtp://u:CANARY@h:587\nHALOTRACK_MAIL_FROM=H <h@example.com>")
	f.Add("HALOTRACK_LWA_URL=na=http://127.0.0.1:1,eu=http://[::1]:2\nHALOTRACK_ULR=x\nHALOTRACK_SQP_DAILY_REQUESTS=1e3")
	f.Add("HALOTRACK_LWA_CLIENT_ID=a\nHALOTRACK_LWA_CLIENT_SECRET=CANARY\nHALOTRACK_LWA_CLIENT_SECRET_FILE=/s")
	f.Add("HALOTRACK_SMTP_URL=smtp://u:CANARY%zz@h\nHALOTRACK_KEY_FILE=\x00")
	f.Add("HALOTRACK_URL=http://localhost:1#CANARY\nHALOTRACK_ADS_URL=http://a@127.0.0.1")
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		c, errs := Load(lines, files(map[string]string{"/s": "CANARY"}))
		for _, err := range errs {
			if strings.Contains(err.Error(), "\n") && !strings.Contains(text, "\r") || !strings.Contains(err.Error(), prefix) {
				t.Fatalf("%q", err)
			}
			for _, line := range lines {
				name, value, _ := strings.Cut(line, "=")
				if name == "HALOTRACK_SMTP_URL" && len(value) > 40 && strings.Contains(err.Error(), value) {
					t.Fatalf("the secret shows: %v", err)
				}
			}
		}
		if len(errs) > 0 {
			return
		}
		if c.URL != "" {
			if again, err := publicURL(c.URL); err != nil || again != c.URL {
				t.Fatalf("%q, read again: %q, %v", c.URL, again, err)
			}
		}
		for _, set := range []Addresses{c.Amazon} {
			for _, address := range []string{set.LWA["eu"], set.SPAPI["eu"], set.Ads["eu"]} {
				if u, err := url.Parse(address); address != "" && (err != nil || !isLoopback(u.Hostname()) || u.User != nil) {
					t.Fatalf("%q stands in for Amazon", address)
				}
			}
		}
		if _, err := c.Endpoints(); err != nil {
			t.Fatal(err)
		}
		if c.SQPDailyRequests < 1 || strings.ContainsAny(c.MailFrom, "\r\n") || c.SMTPURL != "" && c.MailFrom == "" {
			t.Fatalf("%+v", c)
		}
	})
}
