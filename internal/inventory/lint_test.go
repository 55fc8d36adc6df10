package inventory_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"halotrack.ai/halotrack/amazon/marketplace"
	"halotrack.ai/halotrack/amazon/readonly"
	"halotrack.ai/halotrack/internal/clock"
	"halotrack.ai/halotrack/internal/database"
	"halotrack.ai/halotrack/internal/history"
	"halotrack.ai/halotrack/internal/inventory"

	_ "halotrack.ai/halotrack/pb_migrations"
)

// TestInventoryMatchesWhatExists makes an installation with one account and
// compares everything in it with inventory.yaml, both ways.
func TestInventoryMatchesWhatExists(t *testing.T) {
	inv, err := inventory.Load()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var actual inventory.Schema
	actual.Collections, actual.Tables = pocketBaseSchema(t, dir)
	actual.Facts = factSchema(t, dir)
	actual.Files = filesIn(t, dir)
	actual.Cookies = cookiesInSource(t)
	actual.Hosts = hosts()
	for _, problem := range inv.Lint(actual) {
		t.Error(problem)
	}
}

var key = []byte("0123456789abcdef0123456789abcdef")

type oneKey struct{}

func (oneKey) FactKey(context.Context, string) ([]byte, error) { return key, nil }

func (oneKey) Holder(context.Context, string) (func(string) (string, []byte, error), error) {
	return nil, errors.New("nothing of this test is held back")
}

func pocketBaseSchema(t *testing.T, dir string) (collections, tables []string) {
	t.Helper()
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: dir, DBConnect: database.ConnectPocketBase(key)})
	if err := app.Bootstrap(); err != nil {
		t.Fatal(err)
	}
	defer app.ClearBootstrap()
	if err := app.RunAllMigrations(); err != nil {
		t.Fatal(err)
	}
	lock, err := database.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Unlock()
	all, err := app.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		collections = append(collections, c.Name)
	}
	for _, db := range []dbx.Builder{app.DB(), app.AuxDB()} {
		var names []string
		if err := db.Select("name").From("sqlite_master").Where(dbx.HashExp{"type": "table"}).Column(&names); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !strings.HasPrefix(name, "sqlite_") && !slices.Contains(collections, name) && !slices.Contains(tables, name) {
				tables = append(tables, name)
			}
		}
	}
	return collections, tables
}

func factSchema(t *testing.T, dir string) (tables []string) {
	t.Helper()
	ctx := context.Background()
	store := history.NewStore(filepath.Join(dir, "facts"), oneKey{}, clock.NewManual(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)))
	if err := store.Use(ctx, "account1", func(*history.Facts) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := database.OpenFile(ctx, filepath.Join(dir, "facts", "account1.db"), key, database.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	err = file.Read(ctx, func(c *database.Conn) error {
		return c.Query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", func(r database.Row) error {
			tables = append(tables, r.Text(0))
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		relative, err := filepath.Rel(dir, name)
		files = append(files, filepath.ToSlash(relative))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Every job asks for its purpose before it touches data, and every declared job
// exists.
func TestJobsAreDeclaredAndAskForTheirPurpose(t *testing.T) {
	inv, err := inventory.Load()
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join("..", "..", "jobs", "*"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no jobs found (%v)", err)
	}
	exists := map[string]bool{"mail": true} // internal/mail sends what others queue
	for _, folder := range folders {
		job := filepath.Base(folder)
		exists[job] = true
		if _, err := inv.PurposeOf(job); err != nil {
			t.Error(err)
		}
		if !mentions(t, folder, "inventory.RequirePurpose(Name)") {
			t.Errorf("job %s never asks for its purpose", job)
		}
	}
	for id, p := range inv.Purposes {
		for _, job := range p.Jobs {
			if !exists[job] {
				t.Errorf("purpose %s declares the job %s, which does not exist", id, job)
			}
		}
	}
}

func mentions(t *testing.T, folder, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(name string) bool {
		source, err := os.ReadFile(name)
		return err == nil && !strings.HasSuffix(name, "_test.go") && strings.Contains(string(source), text)
	})
}

// hosts lists Amazon's hosts as the transport's allow-list knows them.
func hosts() []string {
	found := map[string]bool{"*.amazonaws.com": true, "*.cloudfront.net": true}
	e := readonly.Production()
	for _, service := range []map[marketplace.Region]string{e.LWA, e.SPAPI, e.Ads} {
		for _, address := range service {
			if u, err := url.Parse(address); err == nil {
				found[u.Host] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// cookiesInSource lists the names of all cookies that the program makes: the
// literals that the functions naming a cookie return, and those given to
// http.Cookie directly. A name that it cannot read fails the test.
func cookiesInSource(t *testing.T) []string {
	t.Helper()
	names := make(map[string]bool)
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Name.Name == "cookieName" {
					literals(n, names)
				}
			case *ast.CompositeLit:
				if of, ok := n.Type.(*ast.SelectorExpr); ok && of.Sel.Name == "Cookie" && !readable(n, names) {
					t.Errorf("%s: a cookie whose name is neither a literal nor from cookieName", name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(names))
}

func literals(n ast.Node, into map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil {
				into[s] = true
			}
		}
		return true
	})
}

func readable(cookie *ast.CompositeLit, names map[string]bool) bool {
	for _, e := range cookie.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		if field, ok := pair.Key.(*ast.Ident); !ok || field.Name != "Name" {
			continue
		}
		switch value := pair.Value.(type) {
		case *ast.BasicLit:
			literals(value, names)
			return true
		case *ast.CallExpr:
			f, ok := value.Fun.(*ast.SelectorExpr)
			return ok && f.Sel.Name == "cookieName"
		}
	}
	return false
}
