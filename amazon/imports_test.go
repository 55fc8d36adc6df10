// Package amazon_test guards the walls of the rooms that speak to Amazon.
package amazon_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	pathpkg "path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const module = "halotrack.ai/halotrack"

// goFiles calls f with every Go file of the module, by its path from the root.
func goFiles(t *testing.T, f func(path string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); rel != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		f(filepath.ToSlash(rel), file, fset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The rooms under amazon/ know no other room but the clock, so that what they
// are told about sellers can go nowhere by itself.
func TestAmazonImportsOnlyTheClockAndItself(t *testing.T) {
	// What each room may stand on outside the standard library and amazon/.
	chosen := map[string][]string{"amazon/lwa": {"golang.org/x/oauth2"}, "amazon/sim": {"go.yaml.in/yaml/v3"}} // scenario files
	inTests := []string{"github.com/santhosh-tekuri/jsonschema/v6", "go.yaml.in/yaml/v3"}
	goFiles(t, func(path string, file *ast.File, _ *token.FileSet) {
		if !strings.HasPrefix(path, "amazon/") {
			return
		}
		allowed := append([]string{module + "/internal/clock"}, chosen[pathpkg.Dir(path)]...)
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "amazon/sim/simtest/") {
			allowed = append(allowed, inTests...)
		}
		for _, spec := range file.Imports {
			name, _ := strconv.Unquote(spec.Path.Value)
			switch {
			case strings.HasPrefix(name, module+"/amazon/"):
				if strings.HasPrefix(name, module+"/amazon/sim") && !strings.HasPrefix(path, "amazon/sim/") && !strings.HasSuffix(path, "_test.go") {
					t.Errorf("%s imports the simulator", path)
				}
			case !strings.Contains(strings.Split(name, "/")[0], "."): // standard library
			default:
				ok := false
				for _, a := range allowed {
					ok = ok || name == a
				}
				if !ok {
					t.Errorf("%s imports %s", path, name)
				}
			}
		}
	})
}

// amazonHost matches the names of the hosts that Amazon's APIs and documents
// are on.
var amazonHost = regexp.MustCompile(`(?i)(sellingpartnerapi|advertising-api|api\.amazon\.|amazonaws\.com|cloudfront\.net|/auth/o2/token|2021-06-30|X-Amz-Access-Token|Amazon-Advertising-API)`)

// No file outside amazon/ may name a host, path or header of Amazon's APIs, or
// go around the allow-list by a client of its own.
func TestOnlyAmazonSpeaksToAmazon(t *testing.T) {
	goFiles(t, func(path string, file *ast.File, fset *token.FileSet) {
		if strings.HasPrefix(path, "amazon/") {
			return
		}
		test := strings.HasSuffix(path, "_test.go")
		for _, spec := range file.Imports {
			// People's log-in at a provider of their own asks that one alone.
			if name, _ := strconv.Unquote(spec.Path.Value); name == "golang.org/x/oauth2" && path != "hooks/session/provider.go" {
				t.Errorf("%s imports %s, which can ask Amazon for tokens", path, name)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				// Tests may look for what must not be there.
				if n.Kind == token.STRING && !test && amazonHost.MatchString(n.Value) {
					t.Errorf("%s: %s belongs into amazon/", fset.Position(n.Pos()), n.Value)
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "http" && !test {
					switch n.Sel.Name {
					case "DefaultClient", "DefaultTransport", "Get", "Post", "PostForm", "Head":
						t.Errorf("%s: http.%s goes around the allow-list", fset.Position(n.Pos()), n.Sel.Name)
					}
				}
			}
			return true
		})
	})
}

// In amazon/ itself, no client but the allow-list's is made, outside tests and
// the simulator, which answers and does not ask.
func TestNoWayAroundTheAllowList(t *testing.T) {
	goFiles(t, func(path string, file *ast.File, fset *token.FileSet) {
		if !strings.HasPrefix(path, "amazon/") || strings.HasSuffix(path, "_test.go") ||
			strings.HasPrefix(path, "amazon/readonly/") || strings.HasPrefix(path, "amazon/sim/") {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if s, ok := n.Type.(*ast.SelectorExpr); ok && (s.Sel.Name == "Client" || s.Sel.Name == "Transport") {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "http" {
						t.Errorf("%s: a client of its own", fset.Position(n.Pos()))
					}
				}
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "http" {
					switch n.Sel.Name {
					case "DefaultClient", "DefaultTransport", "Get", "Post", "PostForm", "Head":
						t.Errorf("%s: http.%s goes around the allow-list", fset.Position(n.Pos()), n.Sel.Name)
					}
				}
				if x, ok := n.X.(*ast.Ident); ok && (x.Name == "net" && strings.HasPrefix(n.Sel.Name, "Dial") || x.Name == "tls" && strings.HasPrefix(n.Sel.Name, "Dial")) {
					t.Errorf("%s: %s.%s goes around the allow-list", fset.Position(n.Pos()), x.Name, n.Sel.Name)
				}
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && (n.Sel.Name == "Now" || n.Sel.Name == "Sleep" || n.Sel.Name == "After") {
					t.Errorf("%s: time.%s: nothing here waits or reads a clock of its own", fset.Position(n.Pos()), n.Sel.Name)
				}
			}
			return true
		})
	})
}
