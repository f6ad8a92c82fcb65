package query

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/sightline/sightline/query/api"
)

// assets are the page's files. What lies in assets/ has a hash in its name and is cached for ever; the rest is asked for again
// each time and answered by its tag. A path that is no file is a view of the page, which routes in the browser.
type assets struct {
	files fs.FS
	byURL map[string]asset // "/index.html"
}

type asset struct {
	name     string // in files
	kind     string // Content-Type
	tag      string
	packed   []packed // precompressed twins beside it
	forever  bool
	document bool
}

type packed struct{ coding, name string }

// packings are the endings of precompressed twins, the one that browsers should get first.
var packings = []packed{{"br", ".br"}, {"gzip", ".gz"}}

// kinds by ending. The system's table is not asked: it differs between machines.
var kinds = map[string]string{
	".html":        "text/html; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".ico":         "image/x-icon",
	".webp":        "image/webp",
	".woff2":       "font/woff2",
	".json":        "application/json",
	".map":         "application/json",
	".txt":         "text/plain; charset=utf-8",
	".webmanifest": "application/manifest+json",
}

func openAssets(files fs.FS) (*assets, error) {
	a := &assets{files: files, byURL: make(map[string]asset)}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		kind := kinds[path.Ext(name)]
		if kind == "" {
			kind = "application/octet-stream"
		}
		a.byURL["/"+name] = asset{
			name:     name,
			kind:     kind,
			tag:      `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, // weak: equal whatever the coding
			forever:  strings.HasPrefix(name, "assets/"),
			document: path.Ext(name) == ".html",
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the page's files: %w", err)
	}
	for url, f := range a.byURL {
		for _, p := range packings {
			if _, ok := a.byURL[url+p.name]; ok {
				f.packed = append(f.packed, packed{p.coding, f.name + p.name})
			}
		}
		a.byURL[url] = f
	}
	return a, nil
}

const index = "/index.html"

func (a *assets) serve(w http.ResponseWriter, r *http.Request) error {
	f, ok := a.byURL[r.URL.Path]
	if !ok && isView(r) {
		if f, ok = a.byURL[index]; !ok {
			return text(w, http.StatusNotFound, "The page is not built into this program: run `make ui` and build again. The API under /api/ works.\n")
		}
	}
	if !ok {
		return api.Errorf(api.NotFound, "there is nothing at %s", r.URL.Path)
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.tag)
	h.Set("Cache-Control", "no-cache")
	if f.forever {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if f.document {
		h.Set("Content-Security-Policy", pagePolicy)
	}
	name := f.name
	if r.Header.Get("Range") == "" {
		for _, p := range f.packed {
			if accepts(r, p.coding) {
				h.Set("Content-Encoding", p.coding)
				name = p.name
				break
			}
		}
	}
	data, err := fs.ReadFile(a.files, name)
	if err != nil {
		return fmt.Errorf("read %q: %w", name, err)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
	return nil
}

// isView tells an address of the page from one of a file: no ending, or a browser that goes there (names of services may have
// dots).
func isView(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/assets/") {
		return false
	}
	return path.Ext(r.URL.Path) == "" || strings.Contains(r.Header.Get("Accept"), "text/html")
}
