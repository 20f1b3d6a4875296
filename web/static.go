package web

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed static
var files embed.FS

// mapLibrary tells whether the browser libraries were there when the program was built.
const mapLibrary = "static/vendor/maplibre-gl.mjs"

// mimes is fixed: the machine's own table may not know modules.
var mimes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".mjs":  "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".txt":  "text/plain; charset=utf-8",
	".md":   "text/plain; charset=utf-8",
}

// embedded holds the finished bodies of the files that were asked for.
var embedded sync.Map // path -> *body

func file(name string) (*body, error) {
	if b, ok := embedded.Load(name); ok {
		return b.(*body), nil
	}
	mime, ok := mimes[path.Ext(name)]
	if !ok {
		return nil, fs.ErrNotExist
	}
	raw, err := files.ReadFile(name)
	if err != nil {
		return nil, err
	}
	b := newBody(mime, raw)
	embedded.Store(name, b)
	return b, nil
}

func serveFile(w http.ResponseWriter, r *http.Request, name string) {
	b, err := file(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
			err = notFound("there is no file " + clip(r.URL.Path))
		}
		fail(w, r, err)
		return
	}
	b.send(w, r)
}

// page serves the map, or says in words that the libraries it needs were not there at build time.
func (s *server) page(w http.ResponseWriter, r *http.Request) {
	if _, err := fs.Stat(files, mapLibrary); err != nil {
		serveFile(w, r, "static/unbuilt.html")
		return
	}
	serveFile(w, r, "static/index.html")
}

func (s *server) static(w http.ResponseWriter, r *http.Request) {
	serveFile(w, r, strings.TrimPrefix(r.URL.Path, "/"))
}

func (s *server) favicon(w http.ResponseWriter, r *http.Request) {
	serveFile(w, r, "static/favicon.svg")
}
