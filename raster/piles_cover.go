package raster

import (
	"context"
	"image"
	"math"
	"sort"

	"github.com/paulmach/orb"

	"upwind/lidar/pile"
)

// insideWeight is the share of an edge cell that must lie in the footprint for its colour to count.
const insideWeight = 0.5

// coverOf looks at the picture's pixel under the centre of each cell of a pile.
func coverOf(ctx context.Context, s Scene, dsm Surface, p pile.Pile, step int) (Cover, error) {
	info := s.Info()
	grid, ok := s.(Grid)
	if !ok || !info.Has(Red, Green, Blue) || info.Radiometry == DN {
		return Cover{}, nil
	}
	roles := []Role{Red, Green, Blue}
	if info.Has(NIR) {
		roles = append(roles, NIR)
	}
	var at []image.Point
	for r := range p.Mask.H {
		for c := range p.Mask.W {
			if p.Mask.Weight[r*p.Mask.W+c] < insideWeight {
				continue
			}
			lon, lat, _, ok := dsm.Grid.Locate((float64(p.Mask.X0+c)+0.5)*float64(step), (float64(p.Mask.Y0+r)+0.5)*float64(step))
			if !ok {
				continue
			}
			x, y, ok := grid.Pixel(lon, lat)
			if q := image.Pt(int(math.Floor(x)), int(math.Floor(y))); ok && q.In(info.Bounds()) {
				at = append(at, q)
			}
		}
	}
	sort.Slice(at, func(i, j int) bool {
		return at[i].Y < at[j].Y || at[i].Y == at[j].Y && at[i].X < at[j].X
	})
	k := Cover{HasNIR: info.Has(NIR)}
	full := 1.0
	if info.Radiometry == Colour {
		full = 255
	}
	for len(at) > 0 {
		n, win := bandOf(at)
		px, err := s.Read(ctx, win, roles...)
		if err != nil {
			return Cover{}, err
		}
		for _, q := range at[:n] {
			if i := (q.Y-win.Min.Y)*win.Dx() + q.X - win.Min.X; finite(px, i) {
				k.Add(px, i, full)
			}
		}
		at = at[n:]
	}
	return k, nil
}

// bandOf takes as many of the points, sorted by row, as one window of bounded size holds.
func bandOf(at []image.Point) (n int, win image.Rectangle) {
	for i, q := range at {
		grown := win.Union(image.Rect(q.X, q.Y, q.X+1, q.Y+1))
		if i > 0 && grown.Dx()*grown.Dy() > stripValues {
			return i, win
		}
		win = grown
	}
	return len(at), win
}

// Add counts pixel i of red, green, blue and, where it is there, near infrared; full is the full scale of a colour.
func (k *Cover) Add(px [][]float32, i int, full float64) {
	p := Spectrum{R: float64(px[0][i]), G: float64(px[1][i]), B: float64(px[2][i])}
	k.total++
	switch bright := (p.R + p.G + p.B) / 3 / full; {
	case bright < blackMaxBright && (max(p.R, p.G, p.B)-min(p.R, p.G, p.B))/full < blackMaxChroma:
		k.dark++
	case p.ExG() > netMinExG:
		plant := p.B-p.R < plantMaxBlue*(p.G-min(p.R, p.B))
		if k.HasNIR {
			p.N = float64(px[3][i])
			plant = p.NDVI() > netMaxNDVI
		}
		if plant {
			k.plant++
			return
		}
		k.green++
	default:
		k.bare++
	}
}

// toPixels brings a ring of places onto a scene's pixels.
func toPixels(s Scene, ring orb.Ring) (orb.Ring, bool) {
	g, ok := s.(Grid)
	if !ok {
		return nil, false
	}
	out := make(orb.Ring, len(ring))
	for i, q := range ring {
		x, y, ok := g.Pixel(q[0], q[1])
		if !ok {
			return nil, false
		}
		out[i] = orb.Point{x, y}
	}
	return out, true
}

// FillRing gives the pixels whose centres lie inside a closed ring a class (even-odd rule).
func (m *Mask) FillRing(ring orb.Ring, class uint8) {
	b := ring.Bound()
	var xs []float64
	for y := max(0, int(math.Floor(b.Min[1]))); y < min(m.Height, int(math.Ceil(b.Max[1]))); y++ {
		cy := float64(y) + 0.5
		xs = xs[:0]
		for i := 1; i < len(ring); i++ {
			a, c := ring[i-1], ring[i]
			if (a[1] <= cy) != (c[1] <= cy) {
				xs = append(xs, a[0]+(cy-a[1])/(c[1]-a[1])*(c[0]-a[0]))
			}
		}
		sort.Float64s(xs)
		row := m.Row(y)
		for i := 1; i < len(xs); i += 2 {
			for x := max(0, int(math.Ceil(xs[i-1]-0.5))); x < m.Width && float64(x)+0.5 < xs[i]; x++ {
				row[x] = class
			}
		}
	}
}
