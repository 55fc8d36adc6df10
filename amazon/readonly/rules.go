package readonly

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"halotrack.ai/halotrack/amazon/marketplace"
)

type service int

const (
	serviceLWA service = iota
	serviceSPAPI
	serviceAds
)

// operation is one thing that may be asked of one service.
type operation struct {
	name    string
	service service
	method  string
	path    string // a last segment of * is one id
	query   []string
	body    func(r *http.Request, body []byte) string // why not, empty if allowed; nil: no body
	values  map[string]func(string) bool              // what a query parameter may hold
}

var operations = []operation{
	{name: "lwa.token", service: serviceLWA, method: http.MethodPost, path: tokenPath, body: tokenBody},
	{name: "spapi.getMarketplaceParticipations", service: serviceSPAPI, method: http.MethodGet, path: "/sellers/v1/marketplaceParticipations"},
	{name: "spapi.createReport", service: serviceSPAPI, method: http.MethodPost, path: "/reports/2021-06-30/reports", body: spapiReportBody},
	{name: "spapi.getReports", service: serviceSPAPI, method: http.MethodGet, path: "/reports/2021-06-30/reports",
		query:  []string{"reportTypes", "processingStatuses", "marketplaceIds", "pageSize", "createdSince", "createdUntil", "nextToken"},
		values: map[string]func(string) bool{"reportTypes": onlySPAPITypes}},
	{name: "spapi.getReport", service: serviceSPAPI, method: http.MethodGet, path: "/reports/2021-06-30/reports/*"},
	{name: "spapi.getReportDocument", service: serviceSPAPI, method: http.MethodGet, path: "/reports/2021-06-30/documents/*"},
	{name: "ads.listProfiles", service: serviceAds, method: http.MethodGet, path: "/v2/profiles",
		query: []string{"apiProgram", "accessLevel", "profileTypeFilter"}},
	{name: "ads.createAsyncReport", service: serviceAds, method: http.MethodPost, path: "/reporting/reports", body: adsReportBody},
	{name: "ads.getAsyncReport", service: serviceAds, method: http.MethodGet, path: "/reporting/reports/*"},
}

// Operation is one thing that may be asked of Amazon.
type Operation struct {
	Name   string `json:"operation"`
	Method string `json:"method"`
	Path   string `json:"path"` // * stands for one id
}

// Operations lists everything that passes the door.
func Operations() []Operation {
	var out []Operation
	for _, op := range operations {
		out = append(out, Operation{op.name, op.method, op.path})
	}
	return append(out, Operation{downloadOperation, http.MethodGet, "a document address that Amazon gave"})
}

// downloadOperation is the name of a document's download.
const downloadOperation = "document.download"

// rules are the allow-list for one set of endpoints.
type rules struct {
	hosts    map[string][]service // by scheme://host; a simulator may serve several on one
	loopback bool
}

func rulesFor(e Endpoints) rules {
	r := rules{hosts: map[string][]service{}, loopback: e.hasLoopback()}
	for s, set := range map[service]map[marketplace.Region]string{serviceLWA: e.LWA, serviceSPAPI: e.SPAPI, serviceAds: e.Ads} {
		for _, base := range set {
			base = strings.TrimSuffix(base, "/")
			if !slices.Contains(r.hosts[base], s) {
				r.hosts[base] = append(r.hosts[base], s)
			}
		}
	}
	return r
}

// overrides are headers by which some servers take another method or host
// than the request line says.
var overrides = []string{
	"X-Http-Method-Override", "X-Http-Method", "X-Method-Override", "X-Original-Url", "X-Rewrite-Url",
	"X-Original-Method", "X-Forwarded-Host", "X-Forwarded-Method", "Upgrade", "Trailer",
}

// credentials are headers that belong to Amazon's APIs and to nobody else.
var credentials = []string{"Authorization", "Proxy-Authorization", "X-Amz-Access-Token", "X-Amz-Security-Token", "Cookie"}

// check returns the operation that r is, and r or a copy of it with its body
// replaced by the bytes that were checked.
func (a rules) check(r *http.Request) (string, *http.Request, error) {
	u := r.URL
	if u == nil || u.Host == "" || u.Opaque != "" || u.User != nil || u.Fragment != "" {
		return "", nil, refuse(r, "unusual address")
	}
	if r.Host != "" && r.Host != u.Host {
		return "", nil, refuse(r, "another Host header")
	}
	for name := range r.Header {
		if slices.Contains(overrides, http.CanonicalHeaderKey(name)) {
			return "", nil, refuse(r, "an override header")
		}
	}
	if len(r.TransferEncoding) > 0 || len(r.Trailer) > 0 {
		return "", nil, refuse(r, "unusual transfer")
	}
	services, api := a.hosts[u.Scheme+"://"+u.Host]
	if !api {
		return a.checkDownload(r)
	}
	op, why := find(services, r.Method, u)
	if op == nil {
		return "", nil, refuse(r, why)
	}
	if op.body == nil {
		if !withoutBody(r) {
			return "", nil, refuse(r, "a body where there is none")
		}
		return op.name, r, nil
	}
	if r.Body == nil {
		return "", nil, refuse(r, "no body")
	}
	const maxBody = 64 << 10
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body.Close()
	if err != nil || len(body) > maxBody {
		return "", nil, refuse(r, "a body that is too long or cannot be read")
	}
	if why := op.body(r, body); why != "" {
		return "", nil, refuse(r, why)
	}
	out := r.Clone(r.Context())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return op.name, out, nil
}

// find returns the operation of a method and address, or why there is none.
func find(services []service, method string, u *url.URL) (*operation, string) {
	why := "unknown path"
	if u.RawPath != "" || u.ForceQuery {
		return nil, "an escaped path"
	}
	for i := range operations {
		op := &operations[i]
		if !slices.Contains(services, op.service) || !matches(op.path, u.Path) {
			continue
		}
		if op.method != method {
			why = "this method on this path"
			continue
		}
		if !op.allowsQuery(u.RawQuery) {
			return nil, "query"
		}
		return op, ""
	}
	return nil, why
}

func matches(pattern, path string) bool {
	prefix, wild := strings.CutSuffix(pattern, "*")
	if !wild {
		return path == pattern
	}
	id, ok := strings.CutPrefix(path, prefix)
	return ok && isID(id)
}

// isID accepts what Amazon's report and document ids consist of; no dot
// segment, slash or escape can hide in one.
func isID(id string) bool {
	if id == "" || len(id) > 512 || strings.Trim(id, ".") == "" {
		return false
	}
	for i := 0; i < len(id); i++ {
		switch b := id[i]; {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '-', b == '_', b == '.', b == '~':
		default:
			return false
		}
	}
	return true
}

func (op *operation) allowsQuery(raw string) bool {
	if raw == "" {
		return true
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return false
	}
	for name, values := range query {
		if !slices.Contains(op.query, name) || len(values) != 1 {
			return false
		}
		if valid := op.values[name]; valid != nil && !valid(values[0]) {
			return false
		}
	}
	return true
}

func withoutBody(r *http.Request) bool {
	return (r.Body == nil || r.Body == http.NoBody) && r.ContentLength == 0
}

func hasCredentials(r *http.Request) bool {
	for name, values := range r.Header {
		name = http.CanonicalHeaderKey(name)
		if slices.Contains(credentials, name) || strings.HasPrefix(name, "Amazon-") {
			return true
		}
		for _, v := range values {
			if strings.Contains(v, "Atza|") || strings.Contains(v, "Atzr|") {
				return true
			}
		}
	}
	return false
}

// checkDownload lets a presigned document address through: it carries its own
// permission in the query, and no header of ours may go there (adsapi.md §1.2).
func (a rules) checkDownload(r *http.Request) (string, *http.Request, error) {
	u := r.URL
	ours := a.loopback && isLoopback(u)
	amazons := u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") && isDocumentHost(strings.ToLower(u.Hostname()))
	switch {
	case !ours && !amazons:
		return "", nil, refuse(r, "host")
	case r.Method != http.MethodGet:
		return "", nil, refuse(r, "a document is only read")
	case !withoutBody(r):
		return "", nil, refuse(r, "a body where there is none")
	case hasCredentials(r):
		return "", nil, refuse(r, "credentials on their way to a document host")
	}
	return downloadOperation, r, nil
}

// isDocumentHost accepts the names below Amazon's domains for documents. A
// name consists of ASCII labels: an IPv6 address whose zone ends like one, or
// a character that a resolver maps to a slash, is none.
func isDocumentHost(host string) bool {
	name, ok := strings.CutSuffix(host, ".amazonaws.com")
	if !ok {
		name, ok = strings.CutSuffix(host, ".cloudfront.net")
	}
	if !ok {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return false
		}
	}
	return true
}
