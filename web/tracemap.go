package web

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"slices"
	"strconv"

	"upwind"
)

// mapShares are the shares of the probability that the steps of a probability map hold, with how dark they are drawn. The colour is
// that of traces on the page (palette.js).
var mapShares = []struct {
	share float64
	alpha uint8
}{{0.25, 205}, {0.5, 150}, {0.75, 105}, {0.9, 70}, {0.99, 34}}

var (
	mapColour    = color.NRGBA{R: 0xb0, G: 0x3a, B: 0x6e}
	unseenColour = color.NRGBA{R: 0x70, G: 0x78, B: 0x80, A: 90}
)

const (
	maxMapSide = 1024
	// seenEnough: below, a typical source would more likely have been missed than noticed.
	seenEnough = 0.5
	// mapPixels is the least side of the picture: cells are drawn as squares, not as a blur that looks more exact than it is.
	mapPixels = 384
)

// traceMap draws a trace's probability map as a PNG that fills the map's box; with layer=coverage the places of
// which the readings say nothing.
func (s *server) traceMap(w http.ResponseWriter, r *http.Request) {
	t, ok := s.st.Trace(r.PathValue("id"))
	if !ok || t.Map == nil || !seesTrace(s.sees(r), t) {
		fail(w, r, notFound("there is no probability map of trace "+clip(r.PathValue("id"))))
		return
	}
	m := t.Map
	if m.NX <= 0 || m.NY <= 0 || m.NX > maxMapSide || m.NY > maxMapSide || len(m.P) != m.NX*m.NY {
		fail(w, r, notFound("the probability map of trace "+clip(t.ID)+" is broken"))
		return
	}
	var img image.Image
	switch r.URL.Query().Get("layer") {
	case "", "probability":
		img = probabilityPicture(m)
	case "coverage":
		img = coveragePicture(m)
	default:
		fail(w, r, badRequest("layer must be probability or coverage"))
		return
	}
	var body bytes.Buffer
	if err := png.Encode(&body, img); err != nil {
		fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.Header().Set("Cache-Control", "private, max-age=31536000, immutable") // a trace never changes under its id
	_, _ = w.Write(body.Bytes())
}

// probabilityPicture shades the smallest areas that hold given shares of the probability.
func probabilityPicture(m *upwind.ProbabilityMap) image.Image {
	order := make([]int, len(m.P))
	total := 0.0
	for i := range order {
		order[i] = i
		total += m.At(i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(m.P[b]) - int(m.P[a]) })
	alpha := make([]uint8, len(m.P))
	acc, step := 0.0, 0
	for _, i := range order {
		if m.P[i] == 0 || step >= len(mapShares) {
			break
		}
		alpha[i] = mapShares[step].alpha
		acc += m.At(i)
		for step < len(mapShares) && acc >= mapShares[step].share*total {
			step++
		}
	}
	return cellPicture(m, func(i int) color.NRGBA {
		c := mapColour
		c.A = alpha[i]
		return c
	})
}

func coveragePicture(m *upwind.ProbabilityMap) image.Image {
	return cellPicture(m, func(i int) color.NRGBA {
		if i < len(m.Seen) && float64(m.Seen[i]) < 255*seenEnough {
			return unseenColour
		}
		return color.NRGBA{}
	})
}

func cellPicture(m *upwind.ProbabilityMap, at func(i int) color.NRGBA) image.Image {
	k := max(1, mapPixels/max(m.NX, m.NY))
	img := image.NewNRGBA(image.Rect(0, 0, m.NX*k, m.NY*k))
	for y := range m.NY * k {
		row := m.NY - 1 - y/k
		for x := range m.NX * k {
			img.SetNRGBA(x, y, at(row*m.NX+x/k))
		}
	}
	return img
}
