package raster

import (
	"cmp"
	"context"
	"image"
	"maps"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// Label is ground that a person has named, in a picture's pixel coordinates.
type Label struct {
	Class   string
	Outline orb.MultiPolygon
}

// LabelledPixel is a pixel whose centre lies in a label.
type LabelledPixel struct {
	X, Y   int
	Label  int       // which label
	Values []float32 // of the bands; NaN where there is no data
}

// Labelled reads the pixels whose centres lie in labels, by row and column. A pixel that labels of different classes claim is left out, as is
// one without data in any band; both are counted.
func Labelled(ctx context.Context, src Source, labels []Label) (out []LabelledPixel, disputed, empty int, err error) {
	si := src.Info()
	bands := make([]int, len(si.Bands))
	for i := range bands {
		bands[i] = i + 1
	}
	const nobody = -1
	owner := map[image.Point]int{}
	for k, l := range labels {
		for p := range inside(l.Outline, image.Rect(0, 0, si.Width, si.Height)) {
			if old, ok := owner[p]; ok && old != nobody && labels[old].Class != l.Class {
				owner[p] = nobody
			} else if !ok {
				owner[p] = k
			}
		}
	}
	pixels := slices.SortedFunc(maps.Keys(owner), func(a, b image.Point) int { return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X)) })
	for lo := 0; lo < len(pixels); {
		hi, left, right := lo, pixels[lo].X, pixels[lo].X+1
		for ; hi < len(pixels) && pixels[hi].Y == pixels[lo].Y; hi++ {
			right = pixels[hi].X + 1
		}
		row := make([][]float32, len(bands))
		if err := src.Read(ctx, image.Rect(left, pixels[lo].Y, right, pixels[lo].Y+1), bands, row); err != nil {
			return nil, 0, 0, err
		}
		for _, p := range pixels[lo:hi] {
			if owner[p] == nobody {
				disputed++
				continue
			}
			v, known := make([]float32, len(bands)), false
			for b := range bands {
				v[b] = row[b][p.X-left]
				known = known || v[b] == v[b]
			}
			if !known {
				empty++
				continue
			}
			out = append(out, LabelledPixel{p.X, p.Y, owner[p], v})
		}
		lo = hi
	}
	return out, disputed, empty, nil
}

// inside yields the pixels of a rectangle whose centres lie in an outline.
func inside(m orb.MultiPolygon, r image.Rectangle) func(yield func(image.Point) bool) {
	return func(yield func(image.Point) bool) {
		if len(m) == 0 {
			return
		}
		b := m.Bound()
		x0, x1 := max(float64(r.Min.X), math.Floor(b.Min[0])), min(float64(r.Max.X), math.Ceil(b.Max[0]))
		y0, y1 := max(float64(r.Min.Y), math.Floor(b.Min[1])), min(float64(r.Max.Y), math.Ceil(b.Max[1]))
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				if planar.MultiPolygonContains(m, orb.Point{x + 0.5, y + 0.5}) && !yield(image.Pt(int(x), int(y))) {
					return
				}
			}
		}
	}
}
