// Package ui holds the built web page, so that one binary serves it. It knows nothing of what the page asks for.
package ui

import (
	"embed"
	"io/fs"
)

// dist is made by `npm run build`; without a build it holds nothing but its .keep file.
//
//go:embed all:dist
var dist embed.FS

// Files is the built page: index.html, theme.js, favicon.svg, and assets/ whose names carry a hash of their content.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // The name above is valid, so this is our own mistake.
	}
	return files
}
