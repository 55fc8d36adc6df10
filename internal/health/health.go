package health

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/grants"
	"halotrack.ai/halotrack/internal/history"
)

// Connection is what must be known of a connection to judge it; all of it lies
// in its record.
type Connection struct {
	ID, API, Region string
	SellerID        string // spapi only
	Status          string
	Message         string // why it does not work
	LastSuccess     time.Time
	Profiles        []grants.AdProfile // ads only
}

// The states of a connection's data, worst last.
const (
	UpToDate     = "up_to_date"   // all that Amazon has published is stored
	Starting     = "starting"     // nothing has been answered yet
	BackFilling  = "back_filling" // the newest data are there, older ones are on their way
	Fetching     = "fetching"     // the newest data are on their way
	Halted       = "halted"       // Amazon takes no more for now
	Silent       = "silent"       // should work, but nothing was answered for long
	Stopped      = "stopped"      // failed or withdrawn: nothing is fetched
	Disconnected = "disconnected" // ended by a person
)

// texts say each state in a sentence; Stopped has the connection's message.
var texts = map[string]string{
	UpToDate:     "Everything that Amazon has published is stored.",
	Starting:     "Connected. The first answers from Amazon are on their way.",
	BackFilling:  "The newest data are stored. Earlier ones are still being fetched.",
	Fetching:     "The newest data are being fetched.",
	Halted:       "Amazon takes no more search reports for now. Fetching goes on by itself.",
	Silent:       "Amazon has not answered for more than two days. See whether the server is running and can reach Amazon.",
	Stopped:      "Nothing is being fetched.",
	Disconnected: "Disconnected. What was fetched stays stored.",
}

// silence is how long a working connection is without an answer at most: ads
// days are fetched daily, and a seller's reports are looked at every week.
const silence = 48 * time.Hour

// errorsOf is how far back failures are told.
const errorsOf = 7 * 24 * time.Hour

// Health is how a connection stands. Times are null where nothing is known or
// awaited.
type Health struct {
	State       string     `json:"state"`
	Text        string     `json:"text"`
	LastSuccess *time.Time `json:"lastSuccess"`
	Next        *time.Time `json:"next"` // when a report is looked at again or asked for
	Queue       Queue      `json:"queue"`
	SearchQuota *Quota     `json:"searchQuota"` // of Search Query Performance reports; null for ads
	Progress    *Progress  `json:"progress"`    // null until first planned
	LastDay     Reports    `json:"lastDay"`     // the reports that ended in the last 24 hours
	Errors      []Failure  `json:"errors"`      // of the last 7 days, newest first
	Ads         *AdDays    `json:"ads"`         // null for sellers
}

// Queue is what is between plan and store.
type Queue struct {
	Open        int        `json:"open"`     // the next four together
	Planned     int        `json:"planned"`  // to be asked for next
	Asking      int        `json:"asking"`   // asked for, the answer is awaited
	AtAmazon    int        `json:"atAmazon"` // being made
	Ready       int        `json:"ready"`    // to be downloaded
	OldestSince *time.Time `json:"oldestSince"`
	Waiting     int        `json:"waiting"` // reports due that wait for a quota, not among the open ones
}

// Quota is a day's allowance, from midnight to midnight UTC.
type Quota struct {
	Used        int        `json:"used"`
	Limit       int        `json:"limit"` // 0: not known yet
	HaltedUntil *time.Time `json:"haltedUntil"`
	ResetsAt    time.Time  `json:"resetsAt"`
}

// Progress says how much of what is to be fetched is there, and when the rest
// is expected. Done and Total are weeks of marketplaces, of ads days of
// profiles and report types.
type Progress struct {
	Unit       string     `json:"unit"` // weeks or days
	Done       int        `json:"done"`
	Total      int        `json:"total"`
	Remaining  int        `json:"remaining"` // reports still to be asked for, as far as can be told
	NewestDone *time.Time `json:"newestDone"`
	AllDone    *time.Time `json:"allDone"`
	At         time.Time  `json:"at"` // when this was estimated
}

// Reports counts reports that ended.
type Reports struct {
	Stored int   `json:"stored"`
	Empty  int   `json:"empty"`
	Failed int   `json:"failed"`
	Rows   int64 `json:"rows"`
}

// Failure is what went wrong, in words.
type Failure struct {
	Cause string    `json:"cause"` // the ledger's class
	Count int       `json:"count"`
	Last  time.Time `json:"last"`
	Words
}

// AdDays says how fresh the days of an ads connection are.
type AdDays struct {
	DaysBehind int        `json:"daysBehind"` // of the profile that is furthest behind; yesterday is none
	NextPull   *time.Time `json:"nextPull"`   // when a profile's new day is fetched, and recent ones again
	Profiles   []AdFresh  `json:"profiles"`
}

// AdFresh is how fresh one tracked profile is.
type AdFresh struct {
	ID         int64      `json:"id,string"`
	Name       string     `json:"name"`
	Country    string     `json:"country"`
	Newest     *clock.Day `json:"newest"` // the newest day that all report types have; null: none
	DaysBehind *int       `json:"daysBehind"`
}

// Book reads the health of connections of one account.
type Book struct {
	now      time.Time
	open     []history.Report
	progress map[string]history.Progress
	ended    []history.Tally // of the last errorsOf
	lastDay  []history.Tally
	adDays   []history.AdDay
	asked    map[string]int // by seller

	// NextPlan tells when a connection may next find something to ask for, zero
	// where that is not known. May be nil.
	NextPlan func(connection string) time.Time
}

// Read opens the book of an account at the instant now.
func Read(ctx context.Context, f *history.Facts, now time.Time, connections []Connection) (*Book, error) {
	b := &Book{now: now, progress: map[string]history.Progress{}, asked: map[string]int{}}
	var err error
	if b.open, err = f.OpenReports(ctx); err != nil {
		return nil, err
	}
	progress, err := f.Progress(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range progress {
		b.progress[p.Connection] = p
	}
	if b.ended, err = f.Ended(ctx, now.Add(-errorsOf)); err != nil {
		return nil, err
	}
	if b.lastDay, err = f.Ended(ctx, now.Add(-24*time.Hour)); err != nil {
		return nil, err
	}
	if b.adDays, err = f.NewestAdDays(ctx); err != nil {
		return nil, err
	}
	midnight := clock.DayOf(now, time.UTC).Time()
	for _, c := range connections {
		if _, known := b.asked[c.SellerID]; known || c.API != grants.APISeller {
			continue
		}
		if b.asked[c.SellerID], err = f.SQPAsked(ctx, c.SellerID, midnight); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Of returns how a connection stands.
func (b *Book) Of(c Connection) Health {
	h := Health{LastSuccess: moment(c.LastSuccess), Queue: b.queue(c), LastDay: Count(b.lastDay, c), Errors: b.failures(c)}
	p, planned := b.progress[c.ID]
	live := c.Status == grants.StatusActive
	if planned && live {
		h.Queue.Waiting = p.Waiting
		h.Progress = b.progressOf(c, p)
	}
	switch c.API {
	case grants.APISeller:
		h.SearchQuota = b.quota(c, p)
	case grants.APIAds:
		h.Ads = b.ads(c)
		if !live {
			h.Ads.NextPull = nil
		}
	}
	if live {
		h.Next = b.next(c)
	}
	h.State = b.state(c, h)
	h.Text = texts[h.State]
	if h.State == Stopped && c.Message != "" {
		h.Text = c.Message
	}
	return h
}

// owns reports whether something of the ledger is the connection's: a grant may
// change, the seller and the profile do not.
func (c Connection) owns(api, seller, market string, profile int64) bool {
	if api != c.API {
		return false
	}
	if api == grants.APIAds {
		return slices.ContainsFunc(c.Profiles, func(p grants.AdProfile) bool { return p.ID == profile })
	}
	m, _ := marketplace.ByID(market)
	return seller == c.SellerID && string(m.Region) == c.Region
}

func (b *Book) mine(c Connection) []history.Report {
	var mine []history.Report
	for _, r := range b.open {
		if c.owns(r.API, r.Seller, r.Marketplace, r.Profile) {
			mine = append(mine, r)
		}
	}
	return mine
}

func (b *Book) queue(c Connection) (q Queue) {
	var oldest time.Time
	for _, r := range b.mine(c) {
		q.Open++
		switch r.State {
		case history.Planned:
			q.Planned++
		case history.Requesting:
			q.Asking++
		case history.Waiting:
			q.AtAmazon++
		case history.Ready:
			q.Ready++
		}
		since := r.Requested
		if since.IsZero() {
			since = r.Created
		}
		if oldest.IsZero() || since.Before(oldest) {
			oldest = since
		}
	}
	q.OldestSince = moment(oldest)
	return q
}

// next returns when an open report is looked at again or a new one is asked
// for, whichever comes first.
func (b *Book) next(c Connection) *time.Time {
	var next time.Time
	if b.NextPlan != nil {
		next = b.NextPlan(c.ID)
	}
	for _, r := range b.mine(c) {
		if !r.NextAt.IsZero() && (next.IsZero() || r.NextAt.Before(next)) {
			next = r.NextAt
		}
	}
	return moment(next)
}

func (b *Book) quota(c Connection, p history.Progress) *Quota {
	q := &Quota{Used: b.asked[c.SellerID], Limit: p.SQPLimit, ResetsAt: (clock.DayOf(b.now, time.UTC) + 1).Time()}
	if p.HaltedUntil.After(b.now) {
		q.HaltedUntil = moment(p.HaltedUntil)
	}
	return q
}

func (b *Book) progressOf(c Connection, p history.Progress) *Progress {
	out := &Progress{Unit: "weeks", Done: p.Done, Total: p.Total, Remaining: p.Expected, At: p.At.UTC()}
	if c.API == grants.APIAds {
		out.Unit = "days"
	}
	// An estimate that has passed says nothing; the next plan makes another.
	if p.NewestDone.After(b.now) {
		out.NewestDone = moment(p.NewestDone)
	}
	if p.AllDone.After(b.now) {
		out.AllDone = moment(p.AllDone)
	}
	return out
}

func (b *Book) ads(c Connection) *AdDays {
	out := &AdDays{Profiles: []AdFresh{}}
	var next time.Time
	for _, p := range c.Profiles {
		if !p.Tracked {
			continue
		}
		zone, err := time.LoadLocation(p.Zone)
		if err != nil {
			zone = time.UTC
		}
		today := clock.DayOf(b.now, zone)
		one := AdFresh{ID: p.ID, Name: p.Name, Country: p.Country}
		for _, d := range b.adDays {
			if d.Profile == p.ID && (one.Newest == nil || d.Date < *one.Newest) {
				one.Newest = &d.Date
			}
		}
		if one.Newest != nil {
			behind := max(int(today-1-*one.Newest), 0)
			one.DaysBehind, out.DaysBehind = &behind, max(out.DaysBehind, behind)
		}
		y, m, d := (today + 1).Time().Date()
		if at := time.Date(y, m, d, 0, 0, 0, 0, zone); next.IsZero() || at.Before(next) {
			next = at
		}
		out.Profiles = append(out.Profiles, one)
	}
	out.NextPull = moment(next)
	return out
}

// Count adds up the reports of a connection that ended.
func Count(ended []history.Tally, c Connection) (r Reports) {
	for _, t := range ended {
		if !c.owns(t.API, t.Seller, t.Marketplace, t.Profile) {
			continue
		}
		r.Rows += t.Rows
		switch t.State {
		case history.ReportDone:
			r.Stored += t.Count
		case history.ReportEmpty:
			r.Empty += t.Count
		default:
			if t.Class != "split" && t.Class != "clamped" { // asked for again in another form
				r.Failed += t.Count
			}
		}
	}
	return r
}

func (b *Book) failures(c Connection) []Failure {
	byClass := map[string]*Failure{}
	for _, t := range b.ended {
		if t.State != history.Failed && t.State != history.Abandoned || passing(t.Class) || !c.owns(t.API, t.Seller, t.Marketplace, t.Profile) {
			continue
		}
		class := t.Class
		explained, known := Explain(class)
		if !known {
			class = Other
		}
		f := byClass[class]
		if f == nil {
			f = &Failure{Cause: class, Words: explained}
			byClass[class] = f
		}
		f.Count += t.Count
		if t.Last.After(f.Last) {
			f.Last = t.Last.UTC()
		}
	}
	out := []Failure{}
	for _, f := range byClass {
		out = append(out, *f)
	}
	slices.SortFunc(out, func(a, b Failure) int { return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Cause, b.Cause)) })
	return out
}

func (b *Book) state(c Connection, h Health) string {
	switch c.Status {
	case grants.StatusDisconnected:
		return Disconnected
	case grants.StatusRevoked, grants.StatusFailed:
		return Stopped
	}
	busy := h.Queue.Open+h.Queue.Waiting > 0
	switch {
	case h.LastSuccess != nil && b.now.Sub(*h.LastSuccess) > silence:
		return Silent
	case h.SearchQuota != nil && h.SearchQuota.HaltedUntil != nil:
		return Halted
	case h.Progress == nil || h.LastSuccess == nil || h.Progress.Done == 0 && busy:
		return Starting
	case !b.progress[c.ID].NewestDone.IsZero():
		return Fetching
	case h.Progress.Done < h.Progress.Total || h.Progress.Remaining > 0:
		return BackFilling
	}
	return UpToDate
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// ConnectionOf reads a record of the collection connections.
func ConnectionOf(r *core.Record) (Connection, error) {
	profiles, err := grants.Profiles(r)
	if err != nil {
		return Connection{}, err
	}
	return Connection{
		ID: r.Id, API: r.GetString("api"), Region: r.GetString("region"), SellerID: r.GetString("seller_id"),
		Status: r.GetString("status"), Message: r.GetString("status_text"),
		LastSuccess: r.GetDateTime("last_sync").Time(), Profiles: profiles,
	}, nil
}
