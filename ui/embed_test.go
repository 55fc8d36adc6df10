package ui

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFSAlwaysHoldsAnIndex(t *testing.T) {
	page, err := fs.ReadFile(FS(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Contains(string(page), "make build"); got == Built() {
		t.Errorf("Built() = %v, but the index page says the contrary", Built())
	}
}

func TestBuiltNeedsAnIndex(t *testing.T) {
	tests := []struct {
		name string
		root fs.FS
		want bool
	}{
		{"only the placeholder", fstest.MapFS{"dist/.gitkeep": {}}, false},
		{"no folder", fstest.MapFS{}, false},
		{"built", fstest.MapFS{"dist/index.html": {Data: []byte("<!doctype html>")}}, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := pagesIn(test.root, "dist") != nil; got != test.want {
				t.Errorf("has pages = %v, want %v", got, test.want)
			}
		})
	}
}

// The content security policy is script-src 'self', style-src 'self': whatever
// is inline in a page would be dropped, and no other origin may be named.
func TestPagesHoldNothingInlineAndNameNoOtherOrigin(t *testing.T) {
	for _, page := range []string{read(t, FS()), read(t, pagesIn(embedded, "unbuilt"))} {
		for _, bad := range []string{"<style", " style=", "onclick=", "onload=", "https://", "http://", `src="//`} {
			if strings.Contains(page, bad) {
				t.Errorf("page contains %q", bad)
			}
		}
		if strings.Count(page, "<script") != strings.Count(page, "<script type=\"module\" crossorigin src=\"/") {
			t.Error("a script is not an own module file")
		}
	}
}

func read(t *testing.T, pages fs.FS) string {
	t.Helper()
	page, err := fs.ReadFile(pages, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}
