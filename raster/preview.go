package raster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"
)

var nan32 = float32(math.NaN())

// Stretch of a preview: the darkest and brightest 2 % saturate, the usual display stretch of image
// processing systems.
const (
	stretchLow  = 0.02
	stretchHigh = 0.98
)

// Picture is an encoded picture that can lie on the map.
type Picture struct {
	Bytes         []byte
	Type          string // media type
	Width, Height int
	Corners       [4][2]float64 // lon, lat of top left, top right, bottom right, bottom left
	Placed        bool          // all corners have a place on the ground
}

// displayRoles are the bands shown as red, green and blue: the natural ones, else the best there are.
func displayRoles(i Info) ([]Role, error) {
	for _, c := range [][]Role{{Red, Green, Blue}, {NIR, Red, Green}, {Red}, {NIR}, {Green}, {Blue}, {SWIR1}, {SWIR2}, {Height}} {
		if i.Has(c...) {
			return c, nil
		}
	}
	return nil, fmt.Errorf("raster: %s has no band to show", i.Name)
}

// Preview is the scene as a PNG whose longer side has at most maxPx pixels, stretched from the 2nd to the
// 98th percentile, transparent where there is no data. It averages whole pixels strip by strip, so its
// memory does not grow with the scene.
func Preview(ctx context.Context, s Scene, maxPx int) (Picture, error) {
	info := s.Info()
	roles, err := displayRoles(info)
	if err != nil {
		return Picture{}, err
	}
	if maxPx < 1 {
		return Picture{}, errors.New("raster: a preview needs at least one pixel")
	}
	step := max(1, (max(info.Width, info.Height)+maxPx-1)/maxPx)
	w, h := (info.Width+step-1)/step, (info.Height+step-1)/step
	sum := make([][]float32, len(roles))
	for i := range sum {
		sum[i] = make([]float32, w*h)
	}
	count := make([]int32, w*h)
	err = rolesOf(s, roles...).each(ctx, 0, nil, func(core, _ image.Rectangle, px [][]float32) error {
		if px == nil {
			return nil
		}
		for y := core.Min.Y; y < core.Max.Y; y++ {
			at := (y - core.Min.Y) * core.Dx()
			shrinkRow(sum, count, px, at, core.Min.X, core.Max.X, y/step*w, step)
		}
		return nil
	})
	if err != nil {
		return Picture{}, err
	}
	for k := range sum {
		for i, n := range count {
			sum[k][i] /= float32(n) // NaN where nothing was counted
		}
	}
	return encodePreview(s, paintStretched(sum, w, h, info.Radiometry == Colour), step)
}

// shrinkRow adds the columns [left, right) of a row, which stand at a place in px, to the row of sums that starts at o, step pixels to one.
func shrinkRow(sum [][]float32, count []int32, px [][]float32, at, left, right, o, step int) {
	if len(px) == 3 {
		shrinkRow3(sum, count, px, at, left, right, o, step)
		return
	}
	at -= left
	for x0 := left; x0 < right; {
		cell, x1 := o+x0/step, min(right, (x0/step+1)*step)
		for i := at + x0; i < at+x1; i++ {
			if !finite(px, i) {
				continue
			}
			for k := range px {
				sum[k][cell] += px[k][i]
			}
			count[cell]++
		}
		x0 = x1
	}
}

// shrinkRow3 is shrinkRow for three bands: the sums of a cell stay in registers.
func shrinkRow3(sum [][]float32, count []int32, px [][]float32, at, left, right, o, step int) {
	w := right - left
	a, b, c := px[0][at:at+w], px[1][at:at+w], px[2][at:at+w]
	for x0 := left; x0 < right; {
		cell, x1 := o+x0/step, min(right, (x0/step+1)*step)
		var sa, sb, sc float32
		n := int32(0)
		for x := x0 - left; x < x1-left; x++ {
			va, vb, vc := a[x], b[x], c[x]
			if s := va + vb + vc; s-s != 0 {
				continue
			}
			sa, sb, sc, n = sa+va, sb+vb, sc+vc, n+1
		}
		sum[0][cell] += sa
		sum[1][cell] += sb
		sum[2][cell] += sc
		count[cell] += n
		x0 = x1
	}
}

func finite(px [][]float32, i int) bool {
	for _, b := range px {
		if b[i]-b[i] != 0 {
			return false
		}
	}
	return true
}

// paintStretched draws one or three bands; colour pictures share one stretch so that hues stay.
func paintStretched(bands [][]float32, w, h int, shared bool) *image.NRGBA {
	lo, hi := make([]float32, len(bands)), make([]float32, len(bands))
	for k := range bands {
		lo[k], hi[k] = percentiles(bands[k:k+1], stretchLow, stretchHigh)
	}
	if shared {
		l, u := percentiles(bands, stretchLow, stretchHigh)
		for k := range bands {
			lo[k], hi[k] = l, u
		}
	}
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		if !finite(bands, i) {
			continue
		}
		var c [3]uint8
		for k := range c {
			b := min(k, len(bands)-1)
			c[k] = stretch(bands[b][i], lo[b], hi[b])
		}
		img.SetNRGBA(i%w, i/w, color.NRGBA{c[0], c[1], c[2], 255})
	}
	return img
}

func stretch(v, lo, hi float32) uint8 {
	if hi <= lo {
		return 128
	}
	return uint8(math.Round(255 * math.Min(1, math.Max(0, float64((v-lo)/(hi-lo))))))
}

// percentiles are the values below which the two shares of all finite values lie.
func percentiles(bands [][]float32, p, q float64) (lo, hi float32) {
	n := 0
	for _, b := range bands {
		n += len(b)
	}
	all := make([]float32, 0, n)
	for _, b := range bands {
		for _, v := range b {
			if v-v == 0 {
				all = append(all, v)
			}
		}
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	at := func(f float64) float32 { return all[int(math.Round(f*float64(len(all)-1)))] }
	return at(p), at(q)
}

func encodePreview(s Scene, img *image.NRGBA, step int) (Picture, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return Picture{}, fmt.Errorf("raster: encoding the preview: %w", err)
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	p := Picture{Bytes: b.Bytes(), Type: "image/png", Width: w, Height: h, Placed: true}
	// The last column and row may reach beyond the scene: the corners are those of the preview.
	x, y := float64(w*step), float64(h*step)
	for i, c := range [4][2]float64{{0, 0}, {x, 0}, {x, y}, {0, y}} {
		lon, lat, _, ok := s.Locate(c[0], c[1])
		p.Corners[i] = [2]float64{lon, lat}
		p.Placed = p.Placed && ok
	}
	return p, nil
}
