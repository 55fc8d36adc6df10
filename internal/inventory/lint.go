package inventory

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Schema is what really exists. A nil list was not looked at and is not
// compared.
type Schema struct {
	Collections []string
	Tables      []string // of PocketBase's databases, without those of collections
	Facts       []string // tables of a fact file
	Files       []string // relative to the data folder, with slashes
	Streams     []string
	Cookies     []string
	Hosts       []string
}

// Problem is one difference between the inventory and what exists.
type Problem struct {
	Kind  string // collection, table, fact table, file, log stream, cookie or host
	Name  string
	Stale bool // in the inventory only; otherwise missing from it
}

// String says what to do about it.
func (p Problem) String() string {
	if p.Stale {
		return fmt.Sprintf("%s %s is in inventory.yaml but no longer exists: remove it there", p.Kind, p.Name)
	}
	return fmt.Sprintf("%s %s is not in inventory.yaml: add it to a category with purpose, retention and end", p.Kind, p.Name)
}

// Lint compares the inventory with what exists, both ways.
func (inv *Inventory) Lint(actual Schema) (problems []Problem) {
	var declared Store
	for _, s := range append(inv.stores(), inv.NonPersonal) {
		declared.Collections = append(declared.Collections, s.Collections...)
		declared.Tables = append(declared.Tables, s.Tables...)
		declared.Facts = append(declared.Facts, s.Facts...)
		declared.Files = append(declared.Files, s.Files...)
		declared.FilesAtTimes = append(declared.FilesAtTimes, s.FilesAtTimes...)
		declared.Streams = append(declared.Streams, s.Streams...)
	}
	var cookies, hosts []string
	for _, c := range inv.Cookies {
		cookies = append(cookies, c.Name)
	}
	for _, h := range inv.Hosts {
		if h.Host != "" {
			hosts = append(hosts, h.Host)
		}
	}
	for _, d := range inv.Databases {
		if strings.Contains(d.File, "*") {
			declared.FilesAtTimes = append(declared.FilesAtTimes, d.File)
		} else {
			declared.Files = append(declared.Files, d.File)
		}
	}
	compare := func(kind string, declared, actual []string) {
		if actual == nil {
			return
		}
		problems = append(problems, differences(kind, declared, actual)...)
	}
	compare("collection", declared.Collections, actual.Collections)
	compare("table", declared.Tables, actual.Tables)
	compare("fact table", declared.Facts, actual.Facts)
	compare("log stream", declared.Streams, actual.Streams)
	compare("cookie", cookies, actual.Cookies)
	compare("host", hosts, actual.Hosts)
	if actual.Files != nil {
		problems = append(problems, fileDifferences(declared, actual.Files)...)
	}
	return problems
}

func (inv *Inventory) stores() (stores []Store) {
	for _, c := range inv.Categories {
		stores = append(stores, c.Store)
	}
	return stores
}

func differences(kind string, declared, actual []string) (problems []Problem) {
	for _, name := range sorted(actual) {
		if !slices.Contains(declared, name) {
			problems = append(problems, Problem{Kind: kind, Name: name})
		}
	}
	for _, name := range sorted(declared) {
		if !slices.Contains(actual, name) {
			problems = append(problems, Problem{Kind: kind, Name: name, Stale: true})
		}
	}
	return problems
}

func fileDifferences(declared Store, actual []string) (problems []Problem) {
	matches := func(pattern string) func(string) bool {
		return func(file string) bool {
			ok, err := path.Match(pattern, base(file))
			return ok && err == nil
		}
	}
	for _, file := range sorted(actual) {
		known := slices.ContainsFunc(slices.Concat(declared.Files, declared.FilesAtTimes), func(pattern string) bool {
			return matches(pattern)(file)
		})
		if !known {
			problems = append(problems, Problem{Kind: "file", Name: file})
		}
	}
	for _, pattern := range sorted(declared.Files) {
		if !slices.ContainsFunc(actual, matches(pattern)) {
			problems = append(problems, Problem{Kind: "file", Name: pattern, Stale: true})
		}
	}
	return problems
}

// base is the database that one of SQLite's companion files belongs to, or the
// file itself.
func base(file string) string {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if db, ok := strings.CutSuffix(file, suffix); ok && strings.HasSuffix(db, ".db") {
			return db
		}
	}
	return file
}

func sorted(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }
