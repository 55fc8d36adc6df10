// Package guard narrows what PocketBase opens to the surface that this product
// promises: no SQL console, no event stream, no sign-in of users past the
// session, no request log with addresses and queries, and security headers on
// every answer.
package guard

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"
	"github.com/pocketbase/pocketbase/tools/router"
)

const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Register binds the guard. Secure adds HSTS; it is false where the pages are
// served over plain HTTP.
func Register(se *core.ServeEvent, secure bool) error {
	administrators, err := se.App.FindCollectionByNameOrId(core.CollectionNameSuperusers)
	if err != nil {
		return fmt.Errorf("find the administrators' collection: %w", err)
	}
	se.Router.Unbind(apis.DefaultActivityLoggerMiddlewareId)
	se.Router.Bind(
		&hook.Handler[*core.RequestEvent]{Id: "haloTrackLog", Priority: apis.DefaultActivityLoggerMiddlewarePriority, Func: logRequest},
		&hook.Handler[*core.RequestEvent]{Id: "haloTrackHeaders", Priority: apis.DefaultSecurityHeadersMiddlewarePriority + 1, Func: headers(secure)},
		&hook.Handler[*core.RequestEvent]{Id: "haloTrackClosed", Priority: apis.DefaultSecurityHeadersMiddlewarePriority + 2, Func: refuseClosed(administrators)},
	)
	// Without it the pages' fallback would answer an unknown API address with
	// HTML and 200 (pocketbase.md trap 11).
	se.Router.GET("/api/{path...}", func(e *core.RequestEvent) error { return e.NotFoundError("", nil) })
	return nil
}

// logRequest keeps of a request its method, route pattern and status. IP
// address, user agent, referer, ids and query never reach the log.
func logRequest(e *core.RequestEvent) error {
	err := e.Next()
	status := e.Status()
	var apiErr *router.ApiError
	if status == 0 && errors.As(err, &apiErr) {
		status = apiErr.Status
	}
	pattern := e.Request.Pattern
	if pattern == "" {
		pattern = e.Request.Method + " (no route)"
	}
	if status >= http.StatusInternalServerError || (err != nil && apiErr == nil) {
		e.App.Logger().Error("request", slog.String("route", pattern), slog.Int("status", status), slog.Any("error", err))
	} else if err != nil {
		e.App.Logger().Info("request", slog.String("route", pattern), slog.Int("status", status))
	}
	return err
}

// headers sets them once more behind PocketBase's own, which would allow frames.
func headers(secure bool) func(*core.RequestEvent) error {
	return func(e *core.RequestEvent) error {
		setHeaders(e.Response.Header(), e.Request.URL.Path, secure)
		if strings.HasPrefix(e.Request.Pattern, "GET /_/") { // the admin panel brings its own policy
			e.Response.Header().Del("Content-Security-Policy")
		}
		return e.Next()
	}
}

func setHeaders(h http.Header, path string, secure bool) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("X-Frame-Options", "DENY")
	if strings.HasPrefix(path, "/api/") {
		h.Set("Cache-Control", "no-store")
	}
}

// usersAuth are PocketBase's own ways of authenticating users. They would
// hand out a token to JavaScript, so people sign in at our session route alone.
var usersAuth = []string{
	"auth-methods", "auth-refresh", "auth-with-password", "auth-with-oauth2", "auth-with-otp", "request-otp",
	"request-password-reset", "confirm-password-reset", "request-verification", "confirm-verification",
	"request-email-change", "confirm-email-change", "impersonate",
}

// shutPaths are shut for everyone: the SQL console, and the event stream, which
// would go on after its session has ended and has topics without any rule
// (pocketbase.md trap 17), with the sign-in that answers through it.
var shutPaths = []string{"/api/sql", "/api/realtime", "/api/oauth2-redirect"}

// fileToken hands a token to JavaScript; administrators fetch backups with it.
const fileToken = "/api/files/token"

func refuseClosed(administrators *core.Collection) func(*core.RequestEvent) error {
	return func(e *core.RequestEvent) error {
		path := e.Request.URL.Path
		if strings.EqualFold(strings.TrimRight(path, "/"), fileToken) && !e.HasSuperuserAuth() || closed(path, administrators.Name, strings.ToLower(administrators.Id)) {
			return e.NotFoundError("", nil)
		}
		return e.Next()
	}
}

// closed reports whether the path is shut. Collections can be named by id too,
// so all that is not the open one counts as users.
func closed(path string, open ...string) bool {
	path = strings.ToLower(strings.TrimRight(path, "/"))
	for _, shut := range shutPaths {
		if path == shut || strings.HasPrefix(path, shut+"/") {
			return true
		}
	}
	rest, ok := strings.CutPrefix(path, "/api/collections/")
	if !ok {
		return false
	}
	collection, action, _ := strings.Cut(rest, "/")
	action, _, _ = strings.Cut(action, "/")
	return !slices.Contains(open, collection) && slices.Contains(usersAuth, action)
}
