package web

import (
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"upwind"
)

// pictureTypes are what a browser may show without running anything (no SVG).
var pictureTypes = map[string]bool{"image/png": true, "image/jpeg": true, "image/webp": true}

// shownPicture is a blob that may be served, and the places it shows.
type shownPicture struct {
	mime string
	at   []orb.Point
}

// shown maps the SHA-256 of every blob that may be served: chips of detections and previews of inspections, and nothing
// else of the store.
func (s *server) shown() map[string]shownPicture {
	return s.pictures.get(s.cache.generation(), func() map[string]shownPicture {
		m := map[string]shownPicture{}
		add := func(b upwind.Blob, at ...orb.Point) {
			if pictureTypes[b.Type] {
				m[b.SHA256] = shownPicture{b.Type, append(m[b.SHA256].at, at...)}
			}
		}
		for _, d := range s.st.Detections() {
			if d.Geometry == nil || d.Geometry.Geometry() == nil {
				continue
			}
			for _, c := range d.Chips {
				add(c, d.Geometry.Geometry().Bound().Center())
			}
		}
		for _, in := range s.st.Inspections() {
			if p := in.Preview; p != nil {
				add(p.Blob, placesOf(p.Corners)...)
			}
		}
		return m
	})
}

// placesOf are the middle and the corners of a picture on the map.
func placesOf(corners [4][2]float64) []orb.Point {
	var mid orb.Point
	all := make([]orb.Point, 0, len(corners)+1)
	for _, c := range corners {
		mid[0] += c[0] / float64(len(corners))
		mid[1] += c[1] / float64(len(corners))
		all = append(all, orb.Point(c))
	}
	return append(all, mid)
}

// blob serves one picture by its hash. The content never changes, so a browser may keep it for ever.
func (s *server) blob(w http.ResponseWriter, r *http.Request) {
	sum := strings.ToLower(r.PathValue("sha256"))
	if raw, err := hex.DecodeString(sum); err != nil || len(raw) != 32 {
		fail(w, r, badRequest("a picture is asked for by its SHA-256 of 64 hexadecimal digits"))
		return
	}
	pic, ok := s.shown()[sum]
	if !ok || !slices.ContainsFunc(pic.at, s.sees(r)) {
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
	h.Set("Content-Type", pic.mime)
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	h.Set("ETag", `"`+sum+`"`)
	http.ServeContent(w, r, "", time.Time{}, f)
}
