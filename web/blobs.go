package web

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"
)

// pictureTypes are what a browser may show without running anything (no SVG).
var pictureTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/webp": true}

// shown maps the SHA-256 of every blob that may be served to its media type: chips of detections and previews of
// inspections, and nothing else of the store.
func (s *server) shown() map[string]string {
	return s.pictures.get(s.cache.generation(), func() map[string]string {
		m := map[string]string{}
		for _, d := range s.st.Detections() {
			for _, c := range d.Chips {
				if pictureTypes[c.Type] {
					m[c.SHA256] = c.Type
				}
			}
		}
		for _, in := range s.st.Inspections() {
			if p := in.Preview; p != nil && pictureTypes[p.Blob.Type] {
				m[p.Blob.SHA256] = p.Blob.Type
			}
		}
		return m
	})
}

// blob serves one picture by its hash. The content never changes, so a browser may keep it for ever.
func (s *server) blob(w http.ResponseWriter, r *http.Request) {
	sum := strings.ToLower(r.PathValue("sha256"))
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != 32 {
		fail(w, r, badRequest("a picture is asked for by its SHA-256 of 64 hexadecimal digits"))
		return
	}
	mime, ok := s.shown()[sum]
	if !ok {
		fail(w, r, notFound("no chip and no preview has the hash "+sum))
		return
	}
	f, err := s.st.OpenBlob(sum)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = notFound("the picture " + sum + " is not in the store")
		} else {
			s.log.Error("web: a picture could not be opened", "sha256", sum, "error", err)
		}
		fail(w, r, err)
		return
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", mime)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+sum+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
}
