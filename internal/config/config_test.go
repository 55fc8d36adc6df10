package config

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"halotrack.ai/halotrack/amazon/marketplace"
)

var update = flag.Bool("update", false, "write the generated files")

// files plays the secret files.
func files(m map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if s, ok := m[name]; ok {
			return []byte(s), nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
}

func TestDefaults(t *testing.T) {
	c, errs := Load([]string{"PATH=/bin", "HALOTRACK_URL="}, files(nil))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if c.SQPDailyRequests != 20 || c.Operator != OperatorSelf || fmt.Sprint(c.SQPPeriods) != "[WEEK]" || c.URL != "" || c.LWA.Set() || c.Ads.Set() || c.Amazon.Overridden() {
		t.Fatalf("%+v", c)
	}
	if got := c.KeyPath("/srv/data/"); got != "/srv/data.key" {
		t.Errorf("key path = %s", got)
	}
	if errs := c.Serving(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "HALOTRACK_URL") {
		t.Errorf("serving without an address: %v", errs)
	}
}

func TestEverySetting(t *testing.T) {
	c, errs := Load([]string{
		"HALOTRACK_URL=https://halo.example.com/",
		"HALOTRACK_OPERATOR=provider",
		"HALOTRACK_KEY_FILE=/keys/k.key",
		"HALOTRACK_BACKUP_DIR=/backups/",
		"HALOTRACK_LWA_CLIENT_ID=amzn1.a",
		"HALOTRACK_LWA_CLIENT_SECRET_FILE=/run/lwa",
		"HALOTRACK_SQP_DAILY_REQUESTS=7",
		"HALOTRACK_SQP_PERIODS=quarter, week",
		"HALOTRACK_SMTP_URL=smtps://u:p%40ss@mail.example.com:465",
		"HALOTRACK_MAIL_FROM=HaloTrack <halo@example.com>",
		"HALOTRACK_LWA_URL=http://127.0.0.1:1/",
		"HALOTRACK_SPAPI_URL=na=http://127.0.0.1:2,eu=http://[::1]:3",
		"HALOTRACK_ADS_URL=http://localhost:4",
	}, files(map[string]string{"/run/lwa": "  amzn1.secret\n"}))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := &Config{
		Operator: OperatorProvider,
		URL:      "https://halo.example.com", KeyFile: "/keys/k.key", BackupDir: "/backups", SQPDailyRequests: 7, SQPPeriods: []string{"WEEK", "QUARTER"},
		LWA: Client{"amzn1.a", "amzn1.secret"}, Ads: Client{"amzn1.a", "amzn1.secret"},
		SMTPURL: "smtps://u:p%40ss@mail.example.com:465", MailFrom: "HaloTrack <halo@example.com>",
	}
	got := *c
	got.Amazon = Addresses{}
	if plain(&got) != plain(want) {
		t.Errorf("got  %s\nwant %s", plain(&got), plain(want))
	}
	if a := c.Amazon; a.LWA[marketplace.FarEast] != "http://127.0.0.1:1" || len(a.SPAPI) != 2 || a.SPAPI[marketplace.Europe] != "http://[::1]:3" || a.Ads[marketplace.NorthAmerica] != "http://localhost:4" {
		t.Errorf("addresses %v", a)
	}
	e, err := c.Endpoints()
	if err != nil || e.SPAPI[marketplace.FarEast] != "" || e.SPAPI[marketplace.NorthAmerica] != "http://127.0.0.1:2" {
		t.Errorf("endpoints %v, %v", e, err)
	}
}

// plain shows secrets, for comparison.
func plain(c *Config) string {
	return fmt.Sprint(c.URL, c.KeyFile, c.BackupDir, c.LWA.ID, string(c.LWA.Secret), c.Ads.ID, string(c.Ads.Secret),
		c.SQPDailyRequests, c.SQPPeriods, string(c.SMTPURL), c.MailFrom, c.ClockFile)
}

func TestWrongSettingsAreToldOneLineEach(t *testing.T) {
	secrets := files(map[string]string{"/empty": " \n", "/big": strings.Repeat("x", maxSecretFile+1), "/good": "s"})
	for _, c := range []struct {
		env  string
		want string
	}{
		{"HALOTRACK_LWA_CLIENTID=x", "HALOTRACK_LWA_CLIENTID is unknown to this version; did you mean HALOTRACK_LWA_CLIENT_ID?"},
		{"HALOTRACK_SMPT_URL=x", "did you mean HALOTRACK_SMTP_URL?"},
		{"HALOTRACK_ULR=x", "did you mean HALOTRACK_URL?"},
		{"HALOTRACK_SOMETHING_ELSE=x", "HALOTRACK_SOMETHING_ELSE is unknown to this version: unset it, or see .env.example for all settings"},
		{"HALOTRACK_SITES=on", "HALOTRACK_SITES is unknown"},
		{"HALOTRACK_OPERATOR=agency", `HALOTRACK_OPERATOR is "agency": give self or provider`},
		{"HALOTRACK_URL_FILE=/x", "HALOTRACK_URL_FILE is unknown"},
		{"HALOTRACK_=x", "HALOTRACK_ is unknown"},
		{"HALOTRACK_URL=halo.example.com", "HALOTRACK_URL is not an address"},
		{"HALOTRACK_URL=https://halo.example.com/sub", "HALOTRACK_URL must be scheme and host only"},
		{"HALOTRACK_URL=https://u:p@halo.example.com", "HALOTRACK_URL must be scheme and host only"},
		{"HALOTRACK_URL=http://halo.example.com", "HALOTRACK_URL must begin with https://"},
		{"HALOTRACK_URL=http://192.168.1.5:8090", "set HALOTRACK_LAN=on"},
		{"HALOTRACK_LAN=yes", "give on or off"},
		{"HALOTRACK_TRUSTED_PROXY=10.0.0.2,proxy", `HALOTRACK_TRUSTED_PROXY holds "proxy"`},
		{"HALOTRACK_TRUSTED_PROXY=0.0.0.0/0", "which is everyone"},
		{"HALOTRACK_SQP_DAILY_REQUESTS=0", `HALOTRACK_SQP_DAILY_REQUESTS is "0": give a whole number from 1 to 1000`},
		{"HALOTRACK_SQP_DAILY_REQUESTS=many", "give a whole number"},
		{"HALOTRACK_SQP_PERIODS=week,day", `HALOTRACK_SQP_PERIODS names the period "day": give week`},
		{"HALOTRACK_SQP_PERIODS=month", "leaves out week"},
		{"HALOTRACK_LWA_CLIENT_ID=a b", "HALOTRACK_LWA_CLIENT_ID holds a space"},
		{"HALOTRACK_LWA_CLIENT_ID=a", "HALOTRACK_LWA_CLIENT_ID and HALOTRACK_LWA_CLIENT_SECRET belong together"},
		{"HALOTRACK_ADS_CLIENT_SECRET=a", "HALOTRACK_ADS_CLIENT_ID and HALOTRACK_ADS_CLIENT_SECRET belong together"},
		{"HALOTRACK_OIDC_ISSUER=https://accounts.example.com", "belong together"},
		{"HALOTRACK_OIDC_CLIENT_ID=a", "belong together"},
		{"HALOTRACK_OIDC_ISSUER=http://accounts.example.com", "HALOTRACK_OIDC_ISSUER must begin with https://"},
		{"HALOTRACK_OIDC_ISSUER=accounts", "HALOTRACK_OIDC_ISSUER is not a provider"},
		{"HALOTRACK_LWA_CLIENT_SECRET=a\nHALOTRACK_LWA_CLIENT_SECRET_FILE=/good", "HALOTRACK_LWA_CLIENT_SECRET and HALOTRACK_LWA_CLIENT_SECRET_FILE are both set"},
		{"HALOTRACK_LWA_CLIENT_SECRET_FILE=/none", "HALOTRACK_LWA_CLIENT_SECRET_FILE cannot be read"},
		{"HALOTRACK_LWA_CLIENT_SECRET_FILE=/empty", "HALOTRACK_LWA_CLIENT_SECRET_FILE: /empty is empty"},
		{"HALOTRACK_LWA_CLIENT_SECRET_FILE=/big", "too large"},
		{"HALOTRACK_SMTP_URL=mail.example.com:587", "HALOTRACK_SMTP_URL is not a mail server"},
		{"HALOTRACK_SMTP_URL=smtp://u@mail.example.com", "HALOTRACK_SMTP_URL must give both user and password"},
		{"HALOTRACK_SMTP_URL=smtp://u:hunter2%zz@mail.example.com", "HALOTRACK_SMTP_URL is not a mail server"},
		{"HALOTRACK_SMTP_URL=smtp://mail.example.com/x", "HALOTRACK_SMTP_URL must end after the port"},
		{"HALOTRACK_SMTP_URL=smtp://mail.example.com:99999", "HALOTRACK_SMTP_URL has a port that is none"},
		{"HALOTRACK_SMTP_URL=smtp://mail.example.com", "HALOTRACK_MAIL_FROM is not set"},
		{"HALOTRACK_MAIL_FROM=nobody", "HALOTRACK_MAIL_FROM is not a sender"},
		{"HALOTRACK_LWA_URL=https://api.amazon.com", "HALOTRACK_LWA_URL points to api.amazon.com: only loopback"},
		{"HALOTRACK_LWA_URL=http://127.0.0.1.example.com", "only loopback"},
		{"HALOTRACK_LWA_URL=http://u@127.0.0.1:1", "HALOTRACK_LWA_URL is not an address"},
		{"HALOTRACK_ADS_URL=na=http://127.0.0.1:1,xx=http://127.0.0.1:1", `HALOTRACK_ADS_URL names the region "xx"`},
		{"HALOTRACK_ADS_URL=na=http://127.0.0.1:1,na=http://127.0.0.1:2", "names the region na twice"},
		{"HALOTRACK_ADS_URL=na=http://10.0.0.1:1", "only loopback"},
	} {
		_, errs := Load(strings.Split(c.env, "\n"), secrets)
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), c.want) || strings.Contains(errs[0].Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", c.env, errs, c.want)
		}
		if err := errors.Join(errs...); err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the message repeats the password", c.env)
		}
	}
}

func TestAllWrongSettingsAreToldAtOnce(t *testing.T) {
	_, errs := Load([]string{"HALOTRACK_URL=x", "HALOTRACK_NOPE=1", "HALOTRACK_SQP_DAILY_REQUESTS=-1"}, files(nil))
	if len(errs) != 3 {
		t.Fatalf("%d errors, want 3: %v", len(errs), errs)
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	c, errs := Load([]string{"HALOTRACK_LWA_CLIENT_ID=a", "HALOTRACK_LWA_CLIENT_SECRET=hunter2", "HALOTRACK_SMTP_URL=smtp://u:hunter2@localhost", "HALOTRACK_MAIL_FROM=a@b.c"}, files(nil))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{string(b), fmt.Sprintf("%v %+v %#v", c, *c, *c), fmt.Sprintf("%x %q", c.LWA.Secret, c.SMTPURL)} {
		if strings.Contains(s, "hunter2") || strings.Contains(s, "68756e74657232") {
			t.Errorf("printed: %s", s)
		}
	}
}

func TestExampleIsComplete(t *testing.T) {
	example := Example()
	for _, v := range variables {
		if !strings.Contains(example, "\n#"+v.name+"=") {
			t.Errorf("%s is missing", v.name)
		}
	}
	// each line can be used as it is, but for secrets and pairs
	for line := range strings.Lines(example) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "#HALOTRACK_")
		if !ok || strings.HasSuffix(line, "=") {
			continue
		}
		if _, errs := Load([]string{"HALOTRACK_" + line}, files(nil)); len(errs) > 0 &&
			!strings.Contains(errs[0].Error(), "belong together") && !strings.Contains(errs[0].Error(), "needs a sender") &&
			!strings.Contains(errs[0].Error(), "never talks to Amazon") {
			t.Errorf("%s: %v", line, errs)
		}
	}
}
