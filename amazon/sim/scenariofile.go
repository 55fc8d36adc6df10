package sim

import (
	"bytes"
	"encoding/json"
	jsonv2 "encoding/json/v2"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
)

// maxScenario bounds a scenario file.
const maxScenario = 1 << 20

type scenarioFile struct {
	Name       string          `json:"name"`
	Seed       int64           `json:"seed"`
	Base       string          `json:"base"`
	Behaviours []behaviourFile `json:"behaviours"`
}

type behaviourFile struct {
	Kind         Kind     `json:"kind"`
	Rate         *float64 `json:"rate"`
	From         string   `json:"from"`
	To           string   `json:"to"`
	Operations   []string `json:"operations"`
	Accounts     []string `json:"accounts"`
	Marketplaces []string `json:"marketplaces"`
	Times        int      `json:"times"`
	Status       int      `json:"status"`
	RetryAfter   string   `json:"retryAfter"`
	Delay        string   `json:"delay"`
	Text         string   `json:"text"`
}

// kindOperations are the operations that a kind can show at; nil: it hangs on
// none.
var kindOperations = func() map[Kind][]string {
	sp := []string{OpParticipations, OpCreateReport, OpGetReports, OpGetReport, OpGetDocument}
	ads := []string{OpProfiles, OpAdsCreate, OpAdsGet}
	all := slices.Concat([]string{OpToken}, sp, ads, []string{OpDownload})
	creates, polls, download := []string{OpCreateReport, OpAdsCreate}, []string{OpGetReport, OpAdsGet}, []string{OpDownload}
	m := map[Kind][]string{
		Throttle: all, ServerError: all, Hang: all, DropAnswer: all, Reset: all, ClockSkew: nil,
		ExpiredToken: slices.Concat(sp, ads), RevokedToken: slices.Concat(sp, ads), RevokedGrant: slices.Concat([]string{OpToken}, sp, ads),
		SecretExpired: slices.Concat([]string{OpToken}, sp), RoleMissing: {OpCreateReport}, ViewerOnly: {OpProfiles},
		LongQueue: creates, LatePublication: nil, UnknownState: polls, OutOfOrder: polls, GenericFatal: creates, BareFatal: {OpCreateReport},
		SharedDocument: {OpCreateReport}, WrongDuplicate: {OpAdsCreate}, DuplicateText: {OpAdsCreate}, MissingFlag: {OpGetDocument},
		PersonalData: nil, RemovedRows: creates,
	}
	for _, k := range []Kind{ExpiredURL, PlainBody, ContentEncoding, TruncatedGzip, TruncatedJSON, CutStream, NullRequired, UnknownFields, Fractions, DuplicateRows} {
		m[k] = download
	}
	for _, k := range []Kind{CountryAlias, NoStoreName, Suspended, NotParticipating} {
		m[k] = []string{OpParticipations}
	}
	return m
}()

// Kinds returns every kind, sorted.
func Kinds() []Kind { return slices.Sorted(maps.Keys(kindOperations)) }

// ParseScenario reads a scenario file, JSON or YAML: name, seed, base
// ("hostile" to start from Hostile) and behaviours, each with kind, rate, from
// and to (a date or RFC 3339), operations, accounts, marketplaces, times,
// status, retryAfter, text and delay (as "3h30m"). Unknown or repeated keys, unknown
// kinds and operations and values out of range are errors that say where.
func ParseScenario(text []byte) (*Scenario, error) {
	if len(text) > maxScenario {
		return nil, errors.New("the scenario is larger than 1 MB")
	}
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		var v any
		if err := yaml.Unmarshal(text, &v); err != nil {
			return nil, fmt.Errorf("read the scenario as YAML: %w", err)
		}
		if _, ok := v.(map[string]any); !ok {
			return nil, errors.New("the scenario is not a map with name, seed and behaviours")
		}
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("read the scenario as YAML: %w", err)
		}
		text = b
	}
	var f scenarioFile
	if err := jsonv2.Unmarshal(text, &f, jsonv2.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read the scenario: %w", err)
	}
	s := &Scenario{Name: f.Name, Seed: f.Seed}
	switch f.Base {
	case "":
	case "hostile":
		s.Behaviours = Hostile().Behaviours
	default:
		return nil, fmt.Errorf("base: %q is not known; there is hostile", f.Base)
	}
	for i, x := range f.Behaviours {
		b, err := x.behaviour()
		if err != nil {
			return nil, fmt.Errorf("behaviours[%d]: %w", i, err)
		}
		s.Behaviours = append(s.Behaviours, b)
	}
	return s, nil
}

func (x behaviourFile) behaviour() (b Behaviour, err error) {
	b = Behaviour{
		Kind: x.Kind, Operations: x.Operations, Accounts: x.Accounts, Marketplaces: x.Marketplaces,
		Times: x.Times, Status: x.Status, RetryAfter: x.RetryAfter, Text: x.Text,
	}
	known, ok := kindOperations[x.Kind]
	if !ok {
		return b, fmt.Errorf("kind: %q is not known", x.Kind)
	}
	if x.Rate != nil {
		if b.Rate = *x.Rate; !(b.Rate > 0 && b.Rate <= 1) {
			return b, fmt.Errorf("rate: %v is not above 0 and up to 1", b.Rate)
		}
	}
	for _, op := range x.Operations {
		if !slices.Contains(known, op) {
			return b, fmt.Errorf("operations: %s does not show at %q; it can at: %s", x.Kind, op, strings.Join(known, ", "))
		}
	}
	for _, id := range x.Marketplaces {
		if !slices.ContainsFunc(marketplace.All, func(m marketplace.Marketplace) bool { return m.ID == id }) {
			return b, fmt.Errorf("marketplaces: %q is not a marketplace id", id)
		}
	}
	if b.From, err = instant(x.From); err != nil {
		return b, fmt.Errorf("from: %w", err)
	}
	if b.To, err = instant(x.To); err != nil {
		return b, fmt.Errorf("to: %w", err)
	}
	if x.Delay != "" {
		if b.Delay, err = time.ParseDuration(x.Delay); err != nil {
			return b, fmt.Errorf("delay: %w", err)
		}
	}
	switch {
	case !b.To.IsZero() && !b.From.Before(b.To):
		return b, errors.New("to: is not after from")
	case b.Times < 0:
		return b, errors.New("times: is below 0")
	case b.Status != 0 && (b.Kind != ServerError || b.Status < 500 || b.Status > 599):
		return b, errors.New("status: is for server_error only, 500 to 599")
	case b.RetryAfter != "" && (b.Kind != Throttle || !slices.Contains(retryForms, b.RetryAfter)):
		return b, fmt.Errorf("retryAfter: is for throttle only: %s", strings.Join(retryForms, ", "))
	case b.Delay != 0 && !slices.Contains([]Kind{LongQueue, LatePublication, ClockSkew, Hang}, b.Kind):
		return b, errors.New("delay: is for long_queue, late_publication, clock_skew and hang only")
	case b.Delay < 0 && b.Kind != ClockSkew || b.Delay.Abs() > 60*24*time.Hour:
		return b, errors.New("delay: is out of range")
	case b.Text != "" && b.Kind != GenericFatal:
		return b, errors.New("text: is for generic_fatal only")
	case b.Kind == PersonalData && (!b.From.IsZero() || !b.To.IsZero()):
		return b, errors.New("from, to: personal_data is there or not")
	}
	return b, nil
}

// instant reads a date, which begins in UTC, or an RFC 3339 time.
func instant(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if day, err := clock.ParseDay(s); err == nil {
		return day.Time(), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%q is neither a date nor an RFC 3339 time", s)
	}
	return t, nil
}
