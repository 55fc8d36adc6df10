package site

import (
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/consent"
	"halotrack.ai/halotrack/internal/jsonbody"
	"halotrack.ai/halotrack/internal/throttle"
	"halotrack.ai/halotrack/internal/waitlist"
)

// accepted is the answer to every application that is well formed, whether the
// address is known or not.
const accepted = "Thank you. A mail is on its way to the address you gave: open the link in it to confirm the address."

func (s *Site) applyByJSON(e *core.RequestEvent) error {
	if wait := s.tooMany(e); wait > 0 {
		return busy(e, wait)
	}
	var in struct {
		Name             string   `json:"name"`
		Email            string   `json:"email"`
		BusinessType     string   `json:"businessType"`
		AdSpendBand      any      `json:"adSpendBand"` // a figure is told apart from what is no band at all
		Marketplaces     []string `json:"marketplaces"`
		Notes            string   `json:"notes"`
		MarketingConsent bool     `json:"marketingConsent"`
	}
	if err := jsonbody.Read(e, &in); err != nil {
		return err
	}
	band, _ := in.AdSpendBand.(string)
	for i, m := range in.Marketplaces {
		if known, ok := marketplace.ByID(m); ok { // the rest of the API names them so
			in.Marketplaces[i] = known.Country
		}
	}
	a := waitlist.Application{Name: in.Name, Email: in.Email, BusinessType: in.BusinessType, AdSpendBand: band, Marketplaces: in.Marketplaces, Notes: in.Notes}
	if wrong := a.Clean(); len(wrong) > 0 {
		answer := router.NewApiError(http.StatusUnprocessableEntity, "Some fields need another value.", nil)
		answer.Data = map[string]any{"fields": wrong}
		return answer
	}
	wait, err := s.take(e, a, in.MarketingConsent)
	if err != nil {
		return err
	}
	if wait > 0 {
		return busy(e, wait)
	}
	return e.JSON(http.StatusAccepted, map[string]string{"message": accepted})
}

// tooMany counts an application by who sends it, and all of them together.
func (s *Site) tooMany(e *core.RequestEvent) time.Duration {
	return max(s.posts.Take(network(e)), s.all.Take(everybodyTogether))
}

func busy(e *core.RequestEvent, wait time.Duration) error {
	e.Response.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	return e.TooManyRequestsError("Too many applications at once. Nothing was stored; try again later.", nil)
}

// evenly is when an application is answered: many times what storing it takes,
// so that the time does not tell whether the address was known.
const evenly = 100 * time.Millisecond

// take stores an application. It returns how long to wait where the mailbox was
// written to often enough.
func (s *Site) take(e *core.RequestEvent, a waitlist.Application, marketing bool) (wait time.Duration, err error) {
	until := time.After(evenly)
	defer func() {
		select {
		case <-until:
		case <-e.Request.Context().Done():
		}
	}()
	if wait := s.mailboxes.Take(strings.ToLower(a.Email)); wait > 0 {
		return wait, nil
	}
	if err := s.desk.Apply(e.App, a, marketing); err != nil {
		return 0, fmt.Errorf("take an application in: %w", err)
	}
	return 0, nil
}

// network is who counts as one sender: an IPv4 address, or the /64 network that
// IPv6 gives to one connection.
func network(e *core.RequestEvent) string { return throttle.Network(e.Request.RemoteAddr) }

// formData fills the form.
type formData struct {
	waitlist.Application
	Consent   string
	Marketing bool
	Wrong     map[string]string // by field
	Notice    string
}

// Types, Bands and Markets are the choices of the form.
func (formData) Types() []waitlist.Choice   { return waitlist.BusinessTypes }
func (formData) Bands() []waitlist.Choice   { return waitlist.SpendBands }
func (formData) Markets() []waitlist.Choice { return waitlist.Countries }

// Has reports whether the marketplace is ticked.
func (f formData) Has(market string) bool { return slices.Contains(f.Marketplaces, market) }

func (s *Site) form(e *core.RequestEvent) error {
	return show(e, http.StatusOK, "apply", formData{Consent: consent.InForce(consent.Marketing).Text})
}

// trap is a field that people do not see. Who fills it is a program.
const trap = "website"

func (s *Site) applyByForm(e *core.RequestEvent) error {
	if wait := s.tooMany(e); wait > 0 {
		return busyPage(e, wait)
	}
	form, err := read(e, "name", "email", "businessType", "adSpendBand", "marketplaces", "notes", "marketingConsent", trap)
	if err != nil {
		return err
	}
	f := formData{Application: written(form), Consent: consent.InForce(consent.Marketing).Text, Marketing: form.Get("marketingConsent") == "yes"}
	if f.Wrong = f.Clean(); len(f.Wrong) > 0 {
		return show(e, http.StatusUnprocessableEntity, "apply", f)
	}
	if form.Get(trap) != "" {
		e.App.Logger().Info("an application filled the field that people do not see", slog.String("route", "POST /waitlist"))
		return e.Redirect(http.StatusSeeOther, "/waitlist/thanks")
	}
	wait, err := s.take(e, f.Application, f.Marketing)
	if err != nil {
		return err
	}
	if wait > 0 {
		return busyPage(e, wait)
	}
	return e.Redirect(http.StatusSeeOther, "/waitlist/thanks")
}

func busyPage(e *core.RequestEvent, wait time.Duration) error {
	e.Response.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	return say(e, http.StatusTooManyRequests, "Too many requests", "Nothing was stored or changed. Go back and try again later.")
}

func written(form url.Values) waitlist.Application {
	return waitlist.Application{
		Name: form.Get("name"), Email: form.Get("email"), BusinessType: form.Get("businessType"),
		AdSpendBand: form.Get("adSpendBand"), Marketplaces: form["marketplaces"], Notes: form.Get("notes"),
	}
}

// read reads a form that has no other fields than these; its error answers the
// request.
func read(e *core.RequestEvent, fields ...string) (url.Values, error) {
	if t, _, _ := strings.Cut(e.Request.Header.Get("Content-Type"), ";"); strings.TrimSpace(t) != "application/x-www-form-urlencoded" {
		return nil, e.BadRequestError("Send the form of the page.", nil)
	}
	e.Request.Body = http.MaxBytesReader(e.Response, e.Request.Body, jsonbody.Longest)
	if err := e.Request.ParseForm(); err != nil {
		return nil, e.BadRequestError("The form cannot be read.", nil)
	}
	for name, values := range e.Request.PostForm {
		if !slices.Contains(fields, name) {
			return nil, e.BadRequestError("Unknown field "+name+".", nil)
		}
		if len(values) > 1 && name != "marketplaces" {
			return nil, e.BadRequestError("The field "+name+" is there twice.", nil)
		}
	}
	return e.Request.PostForm, nil
}
