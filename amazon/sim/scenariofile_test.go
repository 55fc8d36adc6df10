package sim

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestScenarioFile(t *testing.T) {
	want := &Scenario{Name: "rough", Seed: 7, Behaviours: []Behaviour{
		{Kind: Throttle, Rate: .25, RetryAfter: "fraction", Operations: []string{OpAdsCreate}, Times: 2},
		{Kind: LongQueue, Delay: 3*time.Hour + 30*time.Minute, From: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC), Accounts: []string{"Velmora Goods"}},
		{Kind: Suspended, Marketplaces: []string{"ATVPDKIKX0DER"}},
	}}
	for form, text := range map[string]string{
		"yaml": `# comment
name: rough
seed: 7
behaviours:
  - {kind: throttle, rate: 0.25, retryAfter: fraction, operations: [createAsyncReport], times: 2}
  - kind: long_queue
    delay: 3h30m
    from: 2026-10-01
    to: 2026-10-20T12:00:00Z
    accounts: [Velmora Goods]
  - kind: suspended_listings
    marketplaces: [ATVPDKIKX0DER]
`,
		"json": `{"name":"rough","seed":7,"behaviours":[
 {"kind":"throttle","rate":0.25,"retryAfter":"fraction","operations":["createAsyncReport"],"times":2},
 {"kind":"long_queue","delay":"3h30m","from":"2026-10-01","to":"2026-10-20T12:00:00Z","accounts":["Velmora Goods"]},
 {"kind":"suspended_listings","marketplaces":["ATVPDKIKX0DER"]}]}`,
	} {
		got, err := ParseScenario([]byte(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", form, got, err)
		}
	}
	if s, err := ParseScenario([]byte("base: hostile\nbehaviours: [{kind: revoked_grant, rate: 0.01}]")); err != nil || len(s.Behaviours) != len(Hostile().Behaviours)+1 {
		t.Errorf("%v %v", s, err)
	}
}

func TestScenarioFileIsStrict(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "not a map",
		"- kind: throttle":                       "not a map",
		"{":                                      "read the scenario",
		"a: [":                                   "YAML",
		"behaviors: []":                          "behaviors",
		`{"seed":1,"seed":2}`:                    "seed",
		"seed: 1\nseed: 2":                       "seed",
		"seed: many":                             "seed",
		"base: mild":                             "hostile",
		"behaviours: [{kind: nope}]":             `behaviours[0]: kind: "nope"`,
		"behaviours: [{}]":                       "kind",
		"behaviours: [{kind: reset, x: 1}]":      "x",
		"behaviours: [{kind: reset, rate: 0}]":   "rate",
		"behaviours: [{kind: reset, rate: 1.5}]": "rate",
		"behaviours: [{kind: reset, rate: .nan}]":                                    "",
		"behaviours: [{kind: reset, times: -1}]":                                     "times",
		"behaviours: [{kind: reset, operations: [everything]}]":                      "operations",
		"behaviours: [{kind: plain_body, operations: [createReport]}]":               "it can at: download",
		"behaviours: [{kind: reset, marketplaces: [US]}]":                            "marketplaces",
		"behaviours: [{kind: reset, from: yesterday}]":                               "from",
		"behaviours: [{kind: reset, from: 2026-11-02, to: 2026-11-01}]":              "to:",
		"behaviours: [{kind: reset, delay: 3h}]":                                     "delay",
		"behaviours: [{kind: long_queue, delay: 3 hours}]":                           "delay",
		"behaviours: [{kind: long_queue, delay: -3h}]":                               "delay",
		"behaviours: [{kind: long_queue, delay: 90000h}]":                            "delay",
		"behaviours: [{kind: server_error, status: 404}]":                            "status",
		"behaviours: [{kind: reset, status: 500}]":                                   "status",
		"behaviours: [{kind: throttle, retryAfter: soon}]":                           "retryAfter",
		"behaviours: [{kind: reset, retryAfter: none}]":                              "retryAfter",
		"behaviours: [{kind: personal_data, from: 2026-11-01}]":                      "personal_data",
		"behaviours: [{kind: reset}, {kind: nope}]":                                  "behaviours[1]",
		"name: x\nbehaviours: [" + strings.Repeat("{kind: reset},", 1_000_000) + "]": "1 MB",
	} {
		if s, err := ParseScenario([]byte(text)); err == nil || s != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: %v, want %q", text, err, want)
		}
	}
}

// What is not in the built-in set is named in its comment.
func TestHostileHoldsEveryKindThatPasses(t *testing.T) {
	lasting := []Kind{RevokedGrant, SecretExpired, RoleMissing, GenericFatal, BareFatal, Suspended, NotParticipating}
	for _, k := range Kinds() {
		in := slices.ContainsFunc(Hostile().Behaviours, func(b Behaviour) bool { return b.Kind == k })
		if in == slices.Contains(lasting, k) {
			t.Errorf("%s: %v", k, in)
		}
	}
}

func FuzzScenario(f *testing.F) {
	f.Add([]byte("name: rough\nseed: 7\nbehaviours:\n  - {kind: throttle, rate: 0.25, retryAfter: date, times: 2}\n"))
	f.Add([]byte(`{"base":"hostile","behaviours":[{"kind":"long_queue","delay":"3h","from":"2026-10-01"}]}`))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("? {1: 2}\n: 3"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseScenario(text)
		if (s == nil) == (err == nil) {
			t.Fatalf("%v, %v", s, err)
		}
		if s == nil {
			return
		}
		for _, b := range s.Behaviours {
			if kindOperations[b.Kind] == nil && len(b.Operations) > 0 || b.Rate < 0 || b.Rate > 1 {
				t.Fatalf("%+v", b)
			}
			s.fixed(b.Kind, occasion{key: "x"})
			newHostility(s).strikes(b.Kind, occasion{key: "x"})
		}
	})
}
