package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "halotrack.ai/halotrack/"

// A source is one parsed Go file; name is its path in the repository.
type source struct {
	name string
	file *ast.File
	fset *token.FileSet
}

func (s source) folder() string { return path.Dir(s.name) }
func (s source) test() bool     { return strings.HasSuffix(s.name, "_test.go") }

// in reports whether the file lies in one of the folders or below.
func (s source) in(folders ...string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return within(s.folder(), f) })
}

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

// TestArchitecture keeps the walls of the house where they are: who may import
// whom, and who alone may touch the clock, the environment, the network and
// the facts.
func TestArchitecture(t *testing.T) {
	sources := parseAll(t)
	tables := factTables(sources)
	for _, s := range sources {
		for _, v := range violations(s, tables) {
			t.Error(v)
		}
	}
}

// violations returns one clear line for each broken rule.
func violations(s source, factTables []string) (found []string) {
	report := func(pos token.Pos, format string, args ...any) {
		at := s.fset.Position(pos)
		found = append(found, fmt.Sprintf("%s:%d: %s", s.name, at.Line, fmt.Sprintf(format, args...)))
	}
	names := make(map[string]string) // local name → import path
	for _, spec := range s.file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			report(spec.Pos(), "unreadable import %s", spec.Path.Value)
			continue
		}
		local := path.Base(majorVersion.ReplaceAllString(imported, ""))
		if spec.Name != nil {
			local = spec.Name.Name
		}
		names[local] = imported
		if why := forbiddenImport(s, imported); why != "" {
			report(spec.Pos(), "imports %s: %s", imported, why)
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Obj == nil {
				if why := forbiddenUse(s, names[x.Name], n.Sel.Name); why != "" {
					report(n.Pos(), "uses %s.%s: %s", x.Name, n.Sel.Name, why)
				}
			}
		case *ast.CompositeLit:
			if why := forbiddenLiteral(s, n, names); why != "" {
				report(n.Pos(), "makes an HTTP client: %s", why)
			}
		case *ast.CallExpr:
			if sqlByFormatting(n, names) {
				report(n.Pos(), "builds SQL by formatting: bind the values instead")
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				if why := forbiddenText(s, n.Value, factTables); why != "" {
					report(n.Pos(), "%s", why)
				}
			}
		}
		return true
	})
	return found
}

// forbiddenImport says why the file may not import the package, or "".
func forbiddenImport(s source, imported string) string {
	if strings.HasPrefix(imported, "github.com/pocketbase/") && s.in("amazon", "internal/analysis", "internal/clock") {
		return "this room knows nothing of PocketBase"
	}
	if s.in("internal/analysis") && !s.test() && slices.Contains([]string{"os", "net", "net/http", "log", "log/slog", "math/rand", "io/fs"}, imported) {
		return "internal/analysis is pure: no I/O, no randomness but math/rand/v2 with a seed"
	}
	ours, ok := strings.CutPrefix(imported, module)
	if !ok {
		return ""
	}
	switch {
	case s.in("amazon") && !within(ours, "amazon") && ours != "internal/clock":
		return "amazon/... imports only internal/clock and its own packages"
	case s.in("internal/analysis") && !within(ours, "internal/analysis"):
		return "internal/analysis imports nothing of ours"
	case ours == "internal/analysis/synthetic" && !s.test():
		return "only tests import synthetic worlds"
	case s.in("internal") && (within(ours, "hooks") || within(ours, "jobs") || within(ours, "cli")):
		return "internal/... never imports hooks, jobs or cli"
	case s.in("hooks") && within(ours, "jobs"), s.in("jobs") && within(ours, "hooks"):
		return "hooks and jobs never import each other; what both need moves down to internal"
	case s.in("hooks", "jobs") && !s.test() && topic(ours) != "" && topic(ours) != topic(s.folder()):
		return "hooks and jobs never import their siblings; what both need moves down to internal"
	}
	if s.test() {
		return ""
	}
	switch {
	case within(ours, "cli") && s.name != "main.go" && !s.in("cli"):
		return "only main.go imports cli"
	case within(ours, "amazon/sim") && !s.in("amazon/sim", "cli") && s.name != "main.go":
		return "besides main.go and cli only tests import the simulator"
	case topic(ours) != "" && topic(ours) != topic(s.folder()) && !s.in("cli") && s.folder() != ".":
		return "besides main.go and cli nobody imports hooks and jobs"
	}
	return ""
}

// topic returns the room of a hook or a job (hooks/session), or "".
func topic(folder string) string {
	parts := strings.Split(folder, "/")
	if len(parts) < 2 || parts[0] != "hooks" && parts[0] != "jobs" {
		return ""
	}
	return parts[0] + "/" + parts[1]
}

// forbiddenUse says why the file may not use the package's name, or "".
func forbiddenUse(s source, imported, name string) string {
	is := func(names ...string) bool { return slices.Contains(names, name) }
	switch imported {
	case "time":
		if is("Sleep") {
			return "nothing sleeps: wait on the injected clock"
		}
		if is("Now", "Since", "Until") && !s.in("internal/clock") && !s.test() {
			return "only internal/clock reads the machine's clock"
		}
	case "os":
		if name == "Environ" && s.name == "main.go" {
			return "" // handed to internal/config unread, so that tests can hand over another
		}
		if is("Getenv", "LookupEnv", "Environ", "ExpandEnv") && !s.in("internal/config") && !s.test() {
			return "only internal/config reads the environment"
		}
	case "net/http":
		if is("DefaultClient", "Get", "Post", "PostForm", "Head") {
			return "no default client: it follows redirects, has no time limit and passes no allow-list"
		}
		if s.test() {
			return ""
		}
		if is("NewRequest", "NewRequestWithContext") && !s.in("amazon", "cli") {
			return "only amazon/... makes requests (and cli, to our own server)"
		}
		if is("DefaultTransport") && !s.in("amazon/readonly", "amazon/sim", "cli") {
			return "every byte to Amazon goes through amazon/readonly"
		}
	case "math/rand/v2":
		if s.in("internal/analysis") && !is("New", "NewPCG", "Rand", "Source", "PCG") {
			return "internal/analysis is pure: randomness comes from a stated seed"
		}
	case "database/sql":
		if is("Open", "OpenDB") && !s.in("internal/database") && !s.test() {
			return "only internal/database opens databases"
		}
	case module + "internal/database":
		if is("OpenFile") && !s.in("internal/database", "internal/history") && !s.test() {
			return "only internal/history opens fact files"
		}
	}
	return ""
}

// forbiddenLiteral says why the file may not make such a value, or "".
// *http.Client as the type of a setting is allowed: that is how the client of
// the allow-list is handed over.
func forbiddenLiteral(s source, lit *ast.CompositeLit, names map[string]string) string {
	of, ok := lit.Type.(*ast.SelectorExpr)
	if !ok || s.test() || s.in("amazon/readonly", "amazon/sim", "cli") {
		return ""
	}
	x, ok := of.X.(*ast.Ident)
	if ok && names[x.Name] == "net/http" && (of.Sel.Name == "Client" || of.Sel.Name == "Transport") {
		return "every byte to Amazon goes through amazon/readonly, and nothing else makes requests"
	}
	return ""
}

// majorVersion ends an import path without being part of the package's name.
var majorVersion = regexp.MustCompile(`/v[0-9]+$`)

var sqlStart = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|ATTACH|PRAGMA|VACUUM)\s`)

func sqlByFormatting(call *ast.CallExpr, names map[string]string) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 2 {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	if !ok || names[x.Name] != "fmt" || f.Sel.Name != "Sprintf" {
		return false
	}
	lit, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return false
	}
	text, err := strconv.Unquote(lit.Value)
	return err == nil && sqlStart.MatchString(text)
}

// amazonHosts are the addresses that only amazon/... may know.
var amazonHosts = regexp.MustCompile(`\b(api\.amazon\.(com|co\.uk|co\.jp)|sellingpartnerapi-[a-z]+\.amazon|advertising-api[a-z-]*\.amazon)`)

// forbiddenText says why the file may not hold the string literal, or "".
func forbiddenText(s source, literal string, factTables []string) string {
	if s.test() {
		return ""
	}
	if host := amazonHosts.FindString(literal); host != "" && !s.in("amazon") {
		return fmt.Sprintf("names %s: only amazon/... speaks to Amazon", host)
	}
	if s.in("internal/history") {
		return ""
	}
	for _, m := range tableUse.FindAllStringSubmatch(literal, -1) {
		if slices.Contains(factTables, m[2]) {
			return fmt.Sprintf("SQL over the fact table %s: only internal/history knows facts' SQL", m[2])
		}
	}
	return ""
}

var (
	tableUse    = regexp.MustCompile("\\b(FROM|INTO|UPDATE|JOIN|TABLE)\\s+[\"`\\[]?([a-z_0-9]+)")
	createTable = regexp.MustCompile("CREATE TABLE (?:IF NOT EXISTS )?[\"`]?([a-z_0-9]+)")
)

// factTables reads the names of the facts' tables from internal/history.
func factTables(sources []source) []string {
	tables := make(map[string]bool)
	for _, s := range sources {
		if !s.in("internal/history") || s.test() {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				for _, m := range createTable.FindAllStringSubmatch(lit.Value, -1) {
					tables[m[1]] = true
				}
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(tables))
}

func parseAll(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata" || base == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		all = append(all, parse(t, filepath.ToSlash(name), string(text)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found only %d Go files: this test must run in the root of the repository", len(all))
	}
	return all
}

func parse(t *testing.T, name, text string) source {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	return source{name, file, fset}
}

// A rule that cannot fail protects nothing: each one is shown an example of
// what it forbids, and one of what it allows.
func TestArchitectureRulesCanFail(t *testing.T) {
	imports := func(path string) string { return "package x\nimport _ \"" + path + "\"" }
	uses := func(path, expression string) string {
		return "package x\nimport \"" + path + "\"\nvar _ = " + expression
	}
	for _, c := range []struct{ name, text, want string }{
		{"amazon/ads/x.go", imports(module + "internal/history"), "imports only internal/clock"},
		{"amazon/ads/x.go", imports(module + "internal/clock"), ""},
		{"amazon/ads/x.go", imports(module + "amazon/lwa"), ""},
		{"amazon/ads/x.go", imports(module + "amazon/sim"), "the simulator"},
		{"amazon/ads/x_test.go", imports(module + "amazon/sim"), ""},
		{"amazon/ads/x.go", imports("github.com/pocketbase/pocketbase/core"), "knows nothing of PocketBase"},
		{"internal/clock/x.go", imports("github.com/pocketbase/dbx"), "knows nothing of PocketBase"},
		{"internal/analysis/x.go", imports(module + "internal/clock"), "imports nothing of ours"},
		{"internal/analysis/x_test.go", imports(module + "amazon/sim"), "imports nothing of ours"},
		{"internal/analysis/x.go", imports("os"), "is pure"},
		{"internal/analysis/halo/x.go", imports(module + "internal/analysis"), ""},
		{"internal/analysis/x.go", imports(module + "internal/analysis/synthetic"), "only tests import"},
		{"internal/analysis/x_test.go", imports(module + "internal/analysis/synthetic"), ""},
		{"internal/analysis/x.go", uses("math/rand/v2", "rand.IntN(2)"), "from a stated seed"},
		{"internal/analysis/x.go", uses("math/rand/v2", "rand.New(rand.NewPCG(1, 2))"), ""},
		{"internal/history/x.go", imports(module + "jobs/join"), "never imports hooks, jobs or cli"},
		{"internal/history/x.go", imports(module + "amazon/spapi"), ""},
		{"hooks/session/x.go", imports(module + "jobs/ingest"), "never import each other"},
		{"jobs/ingest/x.go", imports(module + "hooks/session"), "never import each other"},
		{"jobs/ingest/x.go", imports(module + "jobs/join"), "their siblings"},
		{"jobs/ingest/x_test.go", imports(module + "jobs/join"), ""},
		{"jobs/ingest/x.go", imports(module + "cli"), "only main.go imports cli"},
		{"jobs/ingest/x.go", imports(module + "amazon/sim"), "the simulator"},
		{"cli/x.go", imports(module + "amazon/sim"), ""},
		{"cli/x.go", imports(module + "jobs/ingest"), ""},
		{"main.go", imports(module + "hooks/session"), ""},
		{"main.go", imports(module + "cli"), ""},
		{"pb_migrations/x.go", imports(module + "hooks/session"), "nobody imports hooks and jobs"},
		{"jobs/x/x.go", uses("time", "time.Now()"), "reads the machine's clock"},
		{"jobs/x/x.go", "package x\nimport t \"time\"\nvar _ = t.Since(t.Time{})", "reads the machine's clock"},
		{"internal/clock/x.go", uses("time", "time.Now()"), ""},
		{"jobs/x/x_test.go", "package x\nimport \"time\"\nfunc f() { time.Sleep(1) }", "nothing sleeps"},
		{"jobs/x/x.go", uses("os", `os.Getenv("A")`), "reads the environment"},
		{"main.go", uses("os", `os.Getenv("A")`), "reads the environment"},
		{"main.go", uses("os", "os.Environ()"), ""},
		{"internal/config/x.go", uses("os", "os.Environ()"), ""},
		{"jobs/x/x.go", uses("net/http", "http.DefaultClient"), "no default client"},
		{"jobs/x/x_test.go", uses("net/http", "http.Get"), "no default client"},
		{"jobs/x/x.go", uses("net/http", "http.NewRequest"), "only amazon/... makes requests"},
		{"amazon/spapi/x.go", uses("net/http", "http.NewRequest"), ""},
		{"amazon/spapi/x.go", uses("net/http", "http.Client{}"), "makes an HTTP client"},
		{"amazon/spapi/x.go", "package x\nimport \"net/http\"\ntype c struct{ h *http.Client }", ""},
		{"amazon/readonly/x.go", uses("net/http", "&http.Transport{}"), ""},
		{"jobs/x/x.go", uses("database/sql", `sql.Open`), "only internal/database opens"},
		{"jobs/x/x.go", uses(module+"internal/database", `database.OpenFile`), "only internal/history opens"},
		{"jobs/x/x.go", uses("fmt", `fmt.Sprintf("SELECT a FROM b WHERE c=%q", "d")`), "builds SQL by formatting"},
		{"jobs/x/x.go", uses("fmt", `fmt.Sprintf("SELECTED %d", 1)`), ""},
		{"jobs/x/x.go", `package x; const q = "SELECT x FROM planted WHERE y = ?"`, "the fact table planted"},
		{"internal/history/x.go", `package x; const q = "SELECT x FROM planted WHERE y = ?"`, ""},
		{"jobs/x/x.go", `package x; const u = "https://api.amazon.com/auth/o2/token"`, "only amazon/... speaks to Amazon"},
		{"amazon/lwa/x.go", `package x; const u = "https://api.amazon.com/auth/o2/token"`, ""},
	} {
		got := strings.Join(violations(parse(t, c.name, c.text), []string{"planted"}), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s\n%s\ngot %q, want %q", c.name, c.text, got, c.want)
		}
	}
}
