package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"upwind"
)

// problem is an error with the status it is answered with; its text is a sentence for people.
type problem struct {
	status int
	text   string
}

func (p *problem) Error() string { return p.text }

func badRequest(text string) error { return &problem{http.StatusBadRequest, text} }
func notFound(text string) error   { return &problem{http.StatusNotFound, text} }

// fail answers with a JSON sentence. What is not a [problem] is our own fault and is not shown.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	if !errors.As(err, &p) {
		p = &problem{http.StatusInternalServerError, "the server could not put this answer together; its log says why"}
	}
	h := w.Header()
	h.Del("ETag")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(p.status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(map[string]any{"version": upwind.SchemaVersion, "error": p.text})
	}
}

// body is one finished answer, plain and compressed.
type body struct {
	plain, packed []byte
	mime, etag    string
	cacheControl  string
	saveAs        string // name of a file that a browser saves and does not show
	policy        string // content security policy of its own
}

// attachment is a document that is no JSON: a table to be saved under its name, or a page that stands alone.
type attachment struct {
	name, mime string
	policy     string // of a page that brings its own styles
	raw        []byte
}

// minPacked is where compression starts to save a packet.
const minPacked = 1400

func newBody(mime string, plain []byte) *body {
	sum := sha256.Sum256(plain)
	b := &body{plain: plain, mime: mime, etag: `"` + hex.EncodeToString(sum[:12]) + `"`, cacheControl: "no-cache"}
	if len(plain) >= minPacked && compressible(mime) {
		var buf bytes.Buffer
		zw, _ := gzip.NewWriterLevel(&buf, gzip.BestSpeed+2) // the level is a constant in range
		_, _ = zw.Write(plain)                               // a bytes.Buffer never fails
		_ = zw.Close()
		if buf.Len() < len(plain) {
			b.packed = buf.Bytes()
		}
	}
	return b
}

func compressible(mime string) bool {
	return strings.HasPrefix(mime, "text/") || strings.Contains(mime, "json") || strings.Contains(mime, "svg")
}

func (b *body) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", b.cacheControl)
	h.Set("Vary", "Accept-Encoding")
	packed := b.packed != nil && acceptsGzip(r)
	etag := b.etag
	if packed {
		etag = strings.TrimSuffix(etag, `"`) + `-gzip"`
	}
	h.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", b.mime)
	if b.policy != "" {
		h.Set("Content-Security-Policy", b.policy)
	}
	if b.saveAs != "" {
		h.Set("Content-Disposition", `attachment; filename="`+b.saveAs+`"`)
	}
	out := b.plain
	if packed {
		h.Set("Content-Encoding", "gzip")
		out = b.packed
	}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(out) // the reader has gone: nobody is left to tell
	}
}

func acceptsGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return !strings.HasPrefix(strings.ReplaceAll(q, " ", ""), "q=0") || strings.Contains(q, "0.")
		}
	}
	return false
}

func matches(header, etag string) bool {
	for _, t := range strings.Split(header, ",") {
		if t = strings.TrimPrefix(strings.TrimSpace(t), "W/"); t == etag || t == "*" {
			return true
		}
	}
	return false
}

// keyer says on what a document depends beside the state: answers of one key are one answer.
type keyer func(r *http.Request, q url.Values) string

// sameForAll: on path and query.
func sameForAll(r *http.Request, q url.Values) string { return r.URL.Path + "?" + q.Encode() }

// byAreas: on the areas of who asks, too.
func byAreas(r *http.Request, q url.Values) string {
	return who(r).Scope().Key() + " " + sameForAll(r, q)
}

// byMinute: also on the clock.
func byMinute(r *http.Request, q url.Values) string {
	return time.Now().UTC().Format("15:04 ") + byAreas(r, q)
}

// builder makes the document of a request, JSON or an [attachment]; the answer may depend on the state and on what its key says.
type builder func(r *http.Request, q url.Values) (any, error)

// document serves what a builder makes, once for each state of the state.
func (s *server) document(build builder, keyOf keyer, params ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := query(r, params)
		if err != nil {
			fail(w, r, err)
			return
		}
		key := keyOf(r, q)
		b, err := s.cache.get(key, func() (*body, error) {
			doc, err := build(r, q)
			if err != nil {
				return nil, err
			}
			if a, ok := doc.(attachment); ok {
				b := newBody(a.mime, a.raw)
				b.saveAs, b.policy = a.name, a.policy
				return b, nil
			}
			raw, err := json.Marshal(doc)
			if err != nil {
				return nil, err
			}
			return newBody(jsonType(doc), append(raw, '\n')), nil
		})
		if err != nil {
			var p *problem
			if !errors.As(err, &p) {
				s.log.Error("web: a document could not be built", "path", r.URL.Path, "error", err)
			}
			fail(w, r, err)
			return
		}
		b.send(w, r)
	})
}

func jsonType(doc any) string {
	if _, ok := doc.(collection); ok {
		return "application/geo+json"
	}
	return "application/json; charset=utf-8"
}

const (
	// maxCached bodies, so that asking for many hours or boxes cannot fill the memory.
	maxCached = 128
	// maxCachedBytes over all bodies, plain and compressed.
	maxCachedBytes = 128 << 20
)

// cache keeps finished bodies of the present generation of the state.
type cache struct {
	mu     sync.Mutex
	gen    uint64
	bodies map[string]*entry
	bytes  int
}

type entry struct {
	once sync.Once
	b    *body
	err  error
}

func newCache() *cache { return &cache{bodies: map[string]*entry{}} }

// invalidate starts a new generation.
func (c *cache) invalidate() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	c.bodies, c.bytes = map[string]*entry{}, 0
}

func (c *cache) generation() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gen
}

// get builds a body at most once at a time for a key and generation; requests that come meanwhile wait for it.
func (c *cache) get(key string, build func() (*body, error)) (*body, error) {
	c.mu.Lock()
	gen, e := c.gen, c.bodies[key]
	if e == nil {
		if len(c.bodies) >= maxCached || c.bytes > maxCachedBytes {
			c.bodies, c.bytes = map[string]*entry{}, 0
		}
		e = &entry{}
		c.bodies[key] = e
	}
	c.mu.Unlock()
	e.once.Do(func() {
		// A panic in build must not leave an empty answer behind for the requests that wait.
		e.err = errors.New("web: the document's builder panicked")
		e.b, e.err = build()
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case c.gen != gen || c.bodies[key] != e:
		case e.err != nil:
			delete(c.bodies, key)
		default:
			c.bytes += len(e.b.plain) + len(e.b.packed)
		}
	})
	return e.b, e.err
}
