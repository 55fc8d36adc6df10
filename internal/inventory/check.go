package inventory

import (
	"errors"
	"fmt"
	"path"
	"slices"
)

// check refuses an inventory that contradicts itself or leaves something open.
func (inv *Inventory) check() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if inv.Version != 1 {
		wrong("version %d is not known", inv.Version)
	}
	for name, p := range inv.Clocks {
		if !p.Valid() {
			wrong("clock %s: %q is not a period", name, p)
		}
	}
	inv.checkPurposes(wrong)
	seen := make(map[string]string)
	once := func(owner string, s Store) {
		for _, set := range s.sets() {
			for _, name := range set.names {
				key := set.kind + " " + name
				if other, taken := seen[key]; taken {
					wrong("%s belongs to %s and to %s", key, other, owner)
				}
				seen[key] = owner
				if _, err := path.Match(name, ""); err != nil {
					wrong("%s: %w", key, err)
				}
			}
		}
	}
	ids := make(map[string]bool)
	for _, c := range inv.Categories {
		if ids[c.ID] {
			wrong("category %s stands there twice", c.ID)
		}
		ids[c.ID] = true
		once(c.ID, c.Store)
	}
	once("non_personal", inv.NonPersonal)
	for _, c := range inv.Categories {
		inv.checkCategory(c, ids, wrong)
	}
	for _, c := range inv.Cookies {
		if _, ok := inv.Purposes[c.Purpose]; !ok || c.Name == "" || !c.Life.Valid() {
			wrong("cookie %s lacks a name, a known purpose or a life", c.Name)
		}
	}
	for _, h := range inv.Hosts {
		if _, ok := inv.Purposes[h.Purpose]; !ok || (h.Host == "") == (h.SetBy == "") || h.Recipient == "" || h.Sends == "" {
			wrong("host %s%s lacks a known purpose, a recipient or what is sent", h.Host, h.SetBy)
		}
	}
	return errors.Join(errs...)
}

func (inv *Inventory) checkPurposes(wrong func(string, ...any)) {
	jobs := make(map[string]string)
	for id, p := range inv.Purposes {
		if !slices.Contains(Bases, p.Basis) {
			wrong("purpose %s: %q is not a legal basis", id, p.Basis)
		}
		if len(p.PolicyLines) == 0 {
			wrong("purpose %s names no line of the policy", id)
		}
		for _, job := range p.Jobs {
			if other, taken := jobs[job]; taken {
				wrong("job %s works for %s and for %s", job, other, id)
			}
			jobs[job] = id
		}
	}
}

func (inv *Inventory) checkCategory(c Category, ids map[string]bool, wrong func(string, ...any)) {
	among := func(what, value string, known ...string) {
		if !slices.Contains(known, value) {
			wrong("category %s: %s %q is none of %v", c.ID, what, value, known)
		}
	}
	if c.ID == "" || c.What == "" {
		wrong("category %q lacks an id or a sentence", c.ID)
	}
	if _, ok := inv.Purposes[c.Purpose]; !ok {
		wrong("category %s: purpose %q is not known", c.ID, c.Purpose)
	}
	if len(c.Subjects) == 0 {
		wrong("category %s: whose data?", c.ID)
	}
	for _, s := range c.Subjects {
		if _, ok := inv.Subjects[s]; !ok {
			wrong("category %s: subject %q is not known", c.ID, s)
		}
	}
	if len(c.PolicyLines) == 0 {
		wrong("category %s names no line of the policy", c.ID)
	}
	empty := true
	for _, set := range c.Store.sets() {
		empty = empty && len(set.names) == 0
	}
	if empty {
		wrong("category %s lies nowhere", c.ID)
	}
	among("source", c.Source, "subject", "amazon_api_on_behalf", "derived")
	among("end", c.End.Action, "purge", "crypto_shred", "expire")
	among("sar", c.Export.SAR, "full", "summary", "metadata_only", "none_identifiable")
	among("protection", c.Protection.Level, "", "internal", "confidential", "secret")
	r := c.Retention
	switch {
	case r.Cascade != "" && !ids[r.Cascade]:
		wrong("category %s goes with %q, which is not known", c.ID, r.Cascade)
	case r.Cascade == "" && (r.Clock == "" || !r.Keep.Valid()):
		wrong("category %s: how long is it kept, and from when?", c.ID)
	}
	for _, p := range []Period{r.Keep, r.Disconnected, r.LiveDeadline, r.FinalDeadline, c.Amazon.OnAmazonRequest} {
		if p != "" && !p.Valid() {
			wrong("category %s: %q is not a period", c.ID, p)
		}
	}
}

type namedSet struct {
	kind  string
	names []string
}

// sets lists the store's entries by kind, files of both sorts as one.
func (s Store) sets() []namedSet {
	return []namedSet{
		{"collection", s.Collections}, {"table", s.Tables}, {"fact table", s.Facts},
		{"file", slices.Concat(s.Files, s.FilesAtTimes)}, {"outside file", s.Outside}, {"log stream", s.Streams},
	}
}
