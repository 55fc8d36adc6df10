// Package ui holds the built web pages inside the binary.
package ui

import (
	"embed"
	"io/fs"
)

// unbuilt is one page without script and style that says how to build the
// others; a binary compiled before `make build` serves it.
//
//go:embed all:dist unbuilt
var embedded embed.FS

// FS returns the built pages: index.html, favicon.svg, and files with hashed
// names under assets/. In a binary compiled without them it holds one
// index.html that says how to build them.
func FS() fs.FS {
	if pages := pagesIn(embedded, "dist"); pages != nil {
		return pages
	}
	return pagesIn(embedded, "unbuilt")
}

// Built reports whether the binary holds the built pages.
func Built() bool { return pagesIn(embedded, "dist") != nil }

// pagesIn returns the pages in a folder of root, or nil if it has no index.html.
func pagesIn(root fs.FS, folder string) fs.FS {
	pages, err := fs.Sub(root, folder)
	if err != nil {
		return nil
	}
	if _, err := fs.Stat(pages, "index.html"); err != nil {
		return nil
	}
	return pages
}
