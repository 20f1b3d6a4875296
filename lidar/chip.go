package lidar

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"sort"

	"github.com/disintegration/imaging"
	"github.com/paulmach/orb"

	"upwind"
)

// Chips.
const (
	chipMargin   = 0.5  // of the object's size, on each side
	chipMinCells = 64   // shown at least, so that a small object has a context
	chipFine     = 2    // shaded so many times finer than shown
	chipUpscale  = 8    // a cell becomes at most so many pixels
	chipBright   = 0.98 // share of the window's colours below
	chipWhite    = 210  // this value on level ground, so that sunlit slopes are brighter still
	chipAmbient  = 0.35 // of a colour in full shade
)

var outlineColour = color.NRGBA{255, 230, 0, 255}

// Chip is a picture of the surroundings of a detection with its outline drawn, its longer side at most maxPx
// pixels: the hillshade, in colour when the cloud has any. Corners are longitude and latitude of the
// picture's north-west, north-east, south-east and south-west corners. What holds no points is transparent.
// Errors: a geometry that is no polygon or lies outside the cloud, or ctx's.
func Chip(ctx context.Context, c *Cloud, d upwind.Detection, maxPx int) (image.Image, [4][2]float64, error) {
	none := [4][2]float64{}
	if c.z == nil || maxPx < 1 {
		return nil, none, errors.New("lidar: a chip needs a gridded cloud and at least one pixel")
	}
	rings, err := c.cellRings(d)
	if err != nil {
		return nil, none, err
	}
	b := rings[0].Bound()
	for _, r := range rings[1:] {
		b = b.Union(r.Bound())
	}
	win := chipWindow(b).Intersect(image.Rect(0, 0, c.w, c.h))
	if win.Empty() {
		return nil, none, fmt.Errorf("lidar: detection %s lies outside %s", d.ID, c.name)
	}
	p, err := c.picture(ctx, win, chipFine*maxPx)
	if err != nil {
		return nil, none, err
	}
	img := c.paint(p)
	k := math.Min(chipUpscale, float64(maxPx)/float64(max(img.Rect.Dx(), img.Rect.Dy())))
	pixels := func(n int) int { return max(1, int(math.Round(k*float64(n)))) }
	img = imaging.Resize(img, pixels(img.Rect.Dx()), pixels(img.Rect.Dy()), imaging.Linear)
	scale := float64(img.Rect.Dx()) / float64(p.win.Dx())
	for _, r := range rings {
		drawRing(img, r, p.win.Min, scale)
	}
	return img, p.corners, nil
}

// cellRings brings the rings of a detection onto the grid.
func (c *Cloud) cellRings(d upwind.Detection) ([]orb.Ring, error) {
	var in []orb.Ring
	if d.Geometry != nil {
		switch g := d.Geometry.Geometry().(type) {
		case orb.Polygon:
			in = g
		case orb.MultiPolygon:
			for _, p := range g {
				in = append(in, p...)
			}
		}
	}
	var out []orb.Ring
	x, y := float64(c.w)/2, float64(c.h)/2
	for _, r := range in {
		px := make(orb.Ring, len(r))
		for i, q := range r {
			var ok bool
			if x, y, ok = c.unplace(q, x, y); !ok {
				return nil, fmt.Errorf("lidar: detection %s has no place on %s", d.ID, c.name)
			}
			px[i] = orb.Point{x, y}
		}
		if len(px) > 0 {
			out = append(out, px)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("lidar: detection %s has no polygon", d.ID)
	}
	return out, nil
}

func chipWindow(b orb.Bound) image.Rectangle {
	w, h := b.Max[0]-b.Min[0], b.Max[1]-b.Min[1]
	mx := math.Max(chipMargin*w, (chipMinCells-w)/2)
	my := math.Max(chipMargin*h, (chipMinCells-h)/2)
	clamp := func(v float64) int { return int(math.Max(-1e9, math.Min(1e9, v))) }
	return image.Rect(clamp(math.Floor(b.Min[0]-mx)), clamp(math.Floor(b.Min[1]-my)), clamp(math.Ceil(b.Max[0]+mx)), clamp(math.Ceil(b.Max[1]+my)))
}

// paint lays the light on the colours, or on grey.
func (c *Cloud) paint(p *picture) *image.NRGBA {
	w, h := p.light.w, p.light.h
	img := image.NewNRGBA(p.light.rect())
	bands, white := c.bands(p)
	for i, l := range p.light.v {
		if l != l {
			continue
		}
		g := uint8(255 * (ambient + (1-ambient)*l))
		at := color.NRGBA{g, g, g, 255}
		if bands != nil && bands[0][i] == bands[0][i] {
			// Level ground keeps its colour.
			f := chipWhite / white * (chipAmbient + (1-chipAmbient)*l/math.Sin(sunElevationDeg*math.Pi/180))
			tone := func(b int) uint8 { return uint8(math.Min(255, f*bands[b][i])) }
			at = color.NRGBA{tone(0), tone(1), tone(2), 255}
		}
		img.SetNRGBA(i%w, i/w%h, at)
	}
	return img
}

// bands are the mean red, green and blue of the pixels of a picture, NaN without colour, and the value to be
// shown as white; nil when there is no colour.
func (c *Cloud) bands(p *picture) (bands [][]float64, white float64) {
	if c.colour == nil {
		return nil, 0
	}
	bands = make([][]float64, 3)
	var top []float64
	for b, of := range [3]func(t *tint) float32{
		func(t *tint) float32 { return t.r }, func(t *tint) float32 { return t.g }, func(t *tint) float32 { return t.b },
	} {
		bands[b] = make([]float64, len(p.light.v))
		for i := range bands[b] {
			v := c.meanOf(p.cells(i%p.light.w, i/p.light.w), func(j int) (float64, bool) { return float64(of(&c.colour[j])), c.colour[j].n > 0 })
			if bands[b][i] = v; v == v {
				top = append(top, v)
			}
		}
	}
	if len(top) == 0 {
		return nil, 0
	}
	sort.Float64s(top)
	return bands, math.Max(1, top[int(chipBright*float64(len(top)-1))])
}

// drawRing draws a ring of cell coordinates two pixels wide.
func drawRing(img *image.NRGBA, r orb.Ring, origin image.Point, scale float64) {
	for i := 1; i < len(r); i++ {
		x0, y0 := (r[i-1][0]-float64(origin.X))*scale, (r[i-1][1]-float64(origin.Y))*scale
		x1, y1 := (r[i][0]-float64(origin.X))*scale, (r[i][1]-float64(origin.Y))*scale
		n := min(1<<14, int(math.Max(math.Abs(x1-x0), math.Abs(y1-y0)))+1)
		for k := 0; k <= n; k++ {
			f := float64(k) / float64(n)
			at := image.Pt(int(math.Floor(x0+f*(x1-x0))), int(math.Floor(y0+f*(y1-y0))))
			for _, d := range [4]image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
				if q := at.Add(d); q.In(img.Rect) {
					img.SetNRGBA(q.X, q.Y, outlineColour)
				}
			}
		}
	}
}
