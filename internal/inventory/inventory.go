// Package inventory is the one source of truth about data: inventory.yaml
// lists every place where the program keeps or sends any, with purpose, legal
// basis, retention and end. What promises something about data reads it here,
// so that promise and code cannot drift apart.
package inventory

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed inventory.yaml
var text []byte

// Inventory is the whole of inventory.yaml.
type Inventory struct {
	Version     int                `yaml:"version"`
	Subjects    map[string]string  `yaml:"subjects"` // id → who that is
	Clocks      map[string]Period  `yaml:"clocks"`
	Purposes    map[string]Purpose `yaml:"purposes"`
	Categories  []Category         `yaml:"categories"`
	NonPersonal Store              `yaml:"non_personal"`
	Databases   []Database         `yaml:"databases"`
	Cookies     []Cookie           `yaml:"cookies"`
	Hosts       []Host             `yaml:"hosts"`
}

// Purpose is a reason for which data are processed. A job works for exactly
// one.
type Purpose struct {
	ID           string   `yaml:"-"`
	Basis        string   `yaml:"basis"`   // legal basis; see Bases
	Article      string   `yaml:"article"` // of the UK GDPR
	Jobs         []string `yaml:"jobs"`
	Restrictable bool     `yaml:"restrictable"` // its jobs stop for a restricted account
	Objectable   string   `yaml:"objectable"`   // empty, always or case_by_case
	PolicyLines  []int    `yaml:"policy_lines"`
}

// Bases are the legal bases a purpose can have.
var Bases = []string{"contract", "legitimate_interests", "consent", "legal_obligation"}

// Category is one kind of data that is treated alike.
type Category struct {
	ID              string            `yaml:"id"`
	What            string            `yaml:"what"` // in a sentence for people
	Store           Store             `yaml:"store"`
	Subjects        []string          `yaml:"subjects"`
	Source          string            `yaml:"source"` // subject, amazon_api_on_behalf or derived
	Purpose         string            `yaml:"purpose"`
	PolicyLines     []int             `yaml:"policy_lines"`
	Protection      Protection        `yaml:"protection"`
	Minimise        string            `yaml:"minimise"`
	Retention       Retention         `yaml:"retention"`
	End             End               `yaml:"end"`
	Export          Export            `yaml:"export"`
	Restricted      map[string]string `yaml:"restricted"` // what stays possible while processing is restricted
	Amazon          Amazon            `yaml:"amazon"`
	SurvivesErasure string            `yaml:"survives_erasure"` // what remains, empty for nothing
}

// Store says where a category lies. File paths are relative to the data folder
// and may hold the wildcards of path.Match.
type Store struct {
	Collections  []string `yaml:"collections"`
	Tables       []string `yaml:"tables"` // of PocketBase's databases, beside the collections
	Facts        []string `yaml:"facts"`  // tables of the fact files
	Files        []string `yaml:"files"`
	FilesAtTimes []string `yaml:"files_at_times"` // files that need not be there
	Outside      []string `yaml:"outside"`        // outside the data folder, by the setting that names them
	Streams      []string `yaml:"streams"`
}

// Protection says how a category is guarded beyond the encrypted databases.
type Protection struct {
	Level     string   `yaml:"level"` // internal, confidential or secret
	Key       string   `yaml:"key"`   // whose key: installation or account
	AEAD      string   `yaml:"aead"`
	AAD       []string `yaml:"aad"`
	AccessLog string   `yaml:"access_log"`
	Chain     string   `yaml:"chain"`
}

// Retention says how long a category is kept.
type Retention struct {
	Clock         string `yaml:"clock"` // the instant from which Keep counts
	Keep          Period `yaml:"keep"`
	LiveDeadline  Period `yaml:"live_deadline"`  // gone from the live system by then
	FinalDeadline Period `yaml:"final_deadline"` // gone from the backups too
	Cascade       string `yaml:"cascade"`        // goes with that category, whatever Keep says
	// Disconnected is how long data stay after their grant was ended by its
	// owner, where the operator is not the seller (design ruling 2).
	Disconnected Period `yaml:"disconnected"`
}

// End says what happens when the retention is over.
type End struct {
	Action string `yaml:"action"` // purge, crypto_shred or expire
}

// Export says what a person gets of a category.
type Export struct {
	SAR         string   `yaml:"sar"`         // full, summary, metadata_only or none_identifiable
	Portability []string `yaml:"portability"` // fields or data sets
	Never       []string `yaml:"never"`       // fields that leave the house in no export
	History     string   `yaml:"history"`     // complete: part of the seller's archive
}

// Amazon holds the duties of Amazon's Data Protection Policy.
type Amazon struct {
	DPP             string `yaml:"dpp"`
	OnAmazonRequest Period `yaml:"on_amazon_request"` // deleted within
}

// Database is a database file and what lies in it.
type Database struct {
	File       string   `yaml:"file"`
	Holds      []string `yaml:"holds"` // collections, tables or facts
	Encryption string   `yaml:"encryption"`
	Key        string   `yaml:"key"`
}

// Cookie is one cookie that the program sets.
type Cookie struct {
	Name    string `yaml:"name"`
	Surface string `yaml:"surface"`
	Purpose string `yaml:"purpose"`
	Exempt  string `yaml:"exempt"` // why it needs no consent
	Life    Period `yaml:"life"`
}

// Host is one host to which the program sends anything. Either Host or SetBy is
// given; the latter names the setting that decides it.
type Host struct {
	Host      string `yaml:"host"`
	SetBy     string `yaml:"set_by"`
	Recipient string `yaml:"recipient"`
	Purpose   string `yaml:"purpose"`
	Sends     string `yaml:"sends"`
}

// Load returns the inventory of this program. It is read once; the result must
// not be changed.
var Load = sync.OnceValues(func() (*Inventory, error) { return Parse(text) })

// Parse reads an inventory. Unknown keys, unknown ids and entries without
// purpose or end are refused.
func Parse(document []byte) (*Inventory, error) {
	d := yaml.NewDecoder(bytes.NewReader(document))
	d.KnownFields(true)
	inv := new(Inventory)
	if err := d.Decode(inv); err != nil {
		return nil, fmt.Errorf("read the inventory: %w", err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("read the inventory: more than one document")
	}
	for id, p := range inv.Purposes {
		p.ID = id
		inv.Purposes[id] = p
	}
	if err := inv.check(); err != nil {
		return nil, fmt.Errorf("the inventory is wrong: %w", err)
	}
	return inv, nil
}

// ErrUndeclared means that a job works for no declared purpose and must not
// start.
var ErrUndeclared = errors.New("no declared purpose")

// RequirePurpose returns the purpose for which the job is declared to work. A
// job calls it before it touches data.
func RequirePurpose(job string) (Purpose, error) {
	inv, err := Load()
	if err != nil {
		return Purpose{}, err
	}
	return inv.PurposeOf(job)
}

// PurposeOf returns the purpose for which the job is declared to work.
func (inv *Inventory) PurposeOf(job string) (Purpose, error) {
	for _, p := range inv.Purposes {
		if slices.Contains(p.Jobs, job) {
			return p, nil
		}
	}
	return Purpose{}, fmt.Errorf("job %s: %w in inventory.yaml", job, ErrUndeclared)
}

// Category returns the category with the id.
func (inv *Inventory) Category(id string) (Category, bool) {
	i := slices.IndexFunc(inv.Categories, func(c Category) bool { return c.ID == id })
	if i < 0 {
		return Category{}, false
	}
	return inv.Categories[i], true
}

// Collection returns the category that a collection belongs to.
func (inv *Inventory) Collection(name string) (Category, bool) {
	return inv.holding(func(s Store) []string { return s.Collections }, name)
}

// Table returns the category that a table of PocketBase's databases belongs to.
func (inv *Inventory) Table(name string) (Category, bool) {
	return inv.holding(func(s Store) []string { return s.Tables }, name)
}

// Fact returns the category that a table of the fact files belongs to.
func (inv *Inventory) Fact(name string) (Category, bool) {
	return inv.holding(func(s Store) []string { return s.Facts }, name)
}

func (inv *Inventory) holding(of func(Store) []string, name string) (Category, bool) {
	for _, c := range inv.Categories {
		if slices.Contains(of(c.Store), name) {
			return c, true
		}
	}
	return Category{}, false
}

// AfterDisconnecting returns when data of Amazon's are deleted whose grant
// ended at t, where the operator is not the seller: the earliest promise of all
// categories that make one.
func (inv *Inventory) AfterDisconnecting(t time.Time) (end time.Time, err error) {
	for _, c := range inv.Categories {
		if c.Retention.Disconnected == "" {
			continue
		}
		at, err := c.Retention.Disconnected.After(t)
		if err != nil {
			return time.Time{}, fmt.Errorf("category %s: %w", c.ID, err)
		}
		if end.IsZero() || at.Before(end) {
			end = at
		}
	}
	if end.IsZero() {
		return end, errors.New("no category of the inventory says when data of an ended grant go")
	}
	return end, nil
}
