package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// tokenOps are the operations that show an access token.
var tokenOps = []string{OpParticipations, OpCreateReport, OpGetReports, OpGetReport, OpGetDocument, OpProfiles, OpAdsCreate, OpAdsGet}

// mutations change a document's text. All but NullRequired leave what it says
// as it is.
var mutations = []struct {
	kind   Kind
	change func(text []byte, h uint64) []byte
}{
	{Fractions, asFractions}, {DuplicateRows, withDuplicates}, {UnknownFields, withUnknownFields}, {NullRequired, withNull},
	{TruncatedJSON, func(text []byte, _ uint64) []byte { return text[:len(text)*2/3] }},
}

// scenarioFault decides what the scenario does to a request; nil: nothing. A
// consent page and an unknown address are left alone.
func (s *Sim) scenarioFault(kind string, r *request) *Fault {
	if s.cfg.Scenario == nil || r.op == OpUnknown || r.op == OpSellerConsent || r.op == OpAdsConsent {
		return nil
	}
	o := s.occasionOf(r, kind)
	if f := s.refuse(kind, r, o); f != nil {
		return f
	}
	for _, k := range []Kind{Reset, DropAnswer, Hang} {
		if b, _ := s.hostile.strikes(k, o); b != nil {
			f := &Fault{reset: k == Reset, Drop: k != Reset}
			if k == Hang {
				f.hold = b.Delay
			}
			return f
		}
	}
	if r.op == OpDownload {
		return s.spoil(o)
	}
	return nil
}

// refuse answers in the place of the operation or takes its access away.
func (s *Sim) refuse(kind string, r *request, o occasion) *Fault {
	if b, h := s.hostile.strikes(Throttle, o); b != nil {
		return s.throttleFault(b, h, kind, r)
	}
	if b, h := s.hostile.strikes(ServerError, o); b != nil {
		status := b.Status
		if status == 0 {
			status = []int{500, 502, 503, 504}[h%4]
		}
		if h>>8%2 == 0 {
			return plainFault(status, "text/html", "<html><body><h1>"+strconv.Itoa(status)+" "+http.StatusText(status)+"</h1></body></html>")
		}
		return jsonFault(kind, status, "InternalFailure", "We encountered an internal error. Please try again.", "")
	}
	if b, _ := s.hostile.strikes(SecretExpired, o); b != nil {
		switch kind {
		case ListenerLWA:
			return plainFault(http.StatusUnauthorized, "application/json", `{"error":"invalid_client","error_description":"Client authentication failed"}`)
		case ListenerSPAPI:
			return jsonFault(kind, http.StatusForbidden, "Unauthorized", "Access to requested resource is denied.", "The LWA secret token you provided has expired.")
		}
	}
	if r.op == OpCreateReport {
		place := o
		place.market = marketAsked(r.body)
		if b, _ := s.hostile.strikes(RoleMissing, place); b != nil {
			return jsonFault(kind, http.StatusForbidden, "Unauthorized", "Access to requested resource is denied.", "")
		}
	}
	if r.op == OpDownload {
		if b, _ := s.hostile.strikes(ExpiredURL, o); b != nil {
			return plainFault(http.StatusForbidden, "application/xml", `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>`)
		}
	}
	if b, _ := s.hostile.strikes(RevokedGrant, o); b != nil {
		s.withdraw(kind, r)
	}
	if slices.Contains(tokenOps, r.op) {
		expired, _ := s.hostile.strikes(ExpiredToken, o)
		revoked, _ := s.hostile.strikes(RevokedToken, o)
		s.spendToken(tokenOf(kind, r), expired != nil, revoked != nil)
	}
	return nil
}

// marketAsked is the first marketplace that a request for a report names.
func marketAsked(body []byte) string {
	var asked struct {
		MarketplaceIDs []string `json:"marketplaceIds"`
	}
	_ = json.Unmarshal(body, &asked) // what is malformed names none
	return first(asked.MarketplaceIDs)
}

func tokenOf(kind string, r *request) string {
	if kind == ListenerAds {
		return bearer(r)
	}
	return r.Header.Get("x-amz-access-token")
}

// withdraw ends the grant behind a request for good.
func (s *Sim) withdraw(kind string, r *request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.grants[refreshTokenOf(r)]
	if t, ok := s.tokens[tokenOf(kind, r)]; ok && kind != ListenerLWA {
		g = t.grant
	}
	if g != nil {
		g.revoked = true
	}
}

// spendToken ends an access token before its time.
func (s *Sim) spendToken(token string, expired, revoked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tokens[token]; ok && (expired || revoked) {
		if now := s.clock.Now(); expired && now.Before(t.expires) {
			t.expires = now
		}
		t.dead = t.dead || revoked
		s.tokens[token] = t
	}
}

func plainFault(status int, media, body string) *Fault {
	return &Fault{Status: status, Header: http.Header{"Content-Type": {media}}, Body: []byte(body)}
}

// jsonFault writes an error in the form of the API.
func jsonFault(kind string, status int, code, message, details string) *Fault {
	switch kind {
	case ListenerSPAPI:
		return plainFault(status, "application/json", fmt.Sprintf(`{"errors":[{"code":%q,"message":%q,"details":%q}]}`, code, message, details))
	case ListenerAds:
		return plainFault(status, "application/json", fmt.Sprintf(`{"code":"%d","detail":%q}`, status, message))
	case ListenerDocuments:
		return plainFault(status, "application/xml", "<Error><Code>"+code+"</Code><Message>"+message+"</Message></Error>")
	default:
		return plainFault(status, "application/json", fmt.Sprintf(`{"error":"server_error","error_description":%q}`, message))
	}
}

func (s *Sim) throttleFault(b *Behaviour, h uint64, kind string, r *request) *Fault {
	form := b.RetryAfter
	if form == "" {
		form = "none"
		if kind != ListenerSPAPI {
			form = retryForms[h%uint64(len(retryForms))]
		}
	}
	var f *Fault
	switch {
	case form == "html":
		f = plainFault(http.StatusTooManyRequests, "text/html", "<html><body><h1>429 Too Many Requests</h1></body></html>")
	case kind == ListenerDocuments:
		f = jsonFault(kind, http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.", "")
	case kind == ListenerLWA:
		f = plainFault(http.StatusTooManyRequests, "application/json", `{"error":"slow_down","error_description":"Too many requests"}`)
	case kind == ListenerSPAPI:
		f = jsonFault(kind, http.StatusTooManyRequests, errQuota.code, errQuota.message, "")
		f.Header.Set("X-Amzn-Errortype", "TooManyRequestsException")
	default:
		f = jsonFault(kind, http.StatusTooManyRequests, "", "Too Many Requests", "")
		if h>>16%3 == 0 {
			f.Body = nil
		}
	}
	wait := 5 + h>>8%90
	switch now := s.clock.Now(); form {
	case "seconds":
		f.Header.Set("Retry-After", strconv.FormatUint(wait, 10))
	case "fraction":
		f.Header.Set("Retry-After", strconv.FormatUint(wait, 10)+".5")
	case "date":
		at := now.Add(s.skewOf(kind, r.region, now) + time.Duration(wait)*time.Second)
		f.Header.Set("Retry-After", at.UTC().Format(http.TimeFormat))
	}
	return f
}

// retryForms are the values of Behaviour.RetryAfter.
var retryForms = []string{"none", "seconds", "fraction", "date", "html"}

// spoil decides what happens to a document on its way.
func (s *Sim) spoil(o occasion) *Fault {
	var changes []func([]byte) []byte
	f := &Fault{harmless: true}
	for _, m := range mutations {
		if b, h := s.hostile.strikes(m.kind, o); b != nil {
			changes = append(changes, func(text []byte) []byte { return m.change(text, h) })
			f.harmless = f.harmless && m.kind != NullRequired && m.kind != TruncatedJSON
		}
	}
	if changes != nil {
		f.Document = func(text []byte) []byte {
			for _, change := range changes {
				text = change(text)
			}
			return text
		}
	}
	spoiled := changes != nil
	if b, _ := s.hostile.strikes(ContentEncoding, o); b != nil {
		f.add, spoiled = http.Header{"Content-Encoding": {"gzip"}}, true
	} else if b, _ := s.hostile.strikes(PlainBody, o); b != nil {
		f.Rewrite, spoiled = gunzipped, true
	}
	if b, _ := s.hostile.strikes(TruncatedGzip, o); b != nil && f.Rewrite == nil {
		f.Rewrite, f.harmless, spoiled = halved, false, true
	}
	if b, _ := s.hostile.strikes(CutStream, o); b != nil {
		f.cut, f.harmless, spoiled = true, false, true
	}
	if !spoiled {
		return nil
	}
	return f
}

// halved ends gzip where the decoder must notice.
func halved(b []byte) []byte {
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
		return b
	}
	return b[:len(b)/2]
}
