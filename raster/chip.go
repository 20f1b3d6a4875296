package raster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/disintegration/imaging"
	"github.com/paulmach/orb"
)

const (
	chipMargin  = 0.5     // of the object's size, on each side
	chipMinPx   = 96      // of the scene shown at least, so that a small object has a context
	chipMaxRead = 8 << 20 // pixels read at full size; a larger object is read in steps
	chipQuality = 85
)

// ErrNoInverse is returned by Chip for scenes that cannot turn a place into a pixel and are too large to be
// searched; callers leave the chip out.
var ErrNoInverse = errors.New("raster: the scene has no inverse of its locator")

// Chip is a JPEG of the surroundings of a polygon (WGS84) with its outline drawn, its longer side at most
// maxPx pixels.
func Chip(ctx context.Context, s Scene, poly orb.Polygon, maxPx int) (Picture, error) {
	info := s.Info()
	roles, err := displayRoles(info)
	if err != nil {
		return Picture{}, err
	}
	if len(poly) == 0 || len(poly[0]) == 0 || maxPx < 1 {
		return Picture{}, errors.New("raster: a chip needs a polygon and at least one pixel")
	}
	outline, err := ringsToPixels(s, poly)
	if err != nil {
		return Picture{}, err
	}
	win := chipWindow(outline.Bound(), info.Bounds())
	if win.Empty() {
		return Picture{}, fmt.Errorf("raster: the polygon lies outside %s", info.Name)
	}
	bands, step, err := readSteps(ctx, s, win, roles)
	if err != nil {
		return Picture{}, err
	}
	img := paintStretched(bands, (win.Dx()+step-1)/step, (win.Dy()+step-1)/step, info.Radiometry == Colour)
	scale := math.Min(1, float64(maxPx)/float64(max(img.Rect.Dx(), img.Rect.Dy())))
	w, h := max(1, int(math.Round(float64(img.Rect.Dx())*scale))), max(1, int(math.Round(float64(img.Rect.Dy())*scale)))
	shown := imaging.Resize(img, w, h, imaging.Box)
	for _, r := range outline {
		drawRing(shown, r, win, float64(w)/float64(win.Dx()), float64(h)/float64(win.Dy()))
	}
	var b bytes.Buffer
	if err := imaging.Encode(&b, shown, imaging.JPEG, imaging.JPEGQuality(chipQuality)); err != nil {
		return Picture{}, fmt.Errorf("raster: encoding a chip: %w", err)
	}
	p := Picture{Bytes: b.Bytes(), Type: "image/jpeg", Width: w, Height: h, Placed: true}
	for i, c := range [4]image.Point{win.Min, {win.Max.X, win.Min.Y}, win.Max, {win.Min.X, win.Max.Y}} {
		lon, lat, _, ok := s.Locate(float64(c.X), float64(c.Y))
		p.Corners[i] = [2]float64{lon, lat}
		p.Placed = p.Placed && ok
	}
	return p, nil
}

func chipWindow(b orb.Bound, scene image.Rectangle) image.Rectangle {
	mx := math.Max(chipMargin*(b.Max[0]-b.Min[0]), (chipMinPx-(b.Max[0]-b.Min[0]))/2)
	my := math.Max(chipMargin*(b.Max[1]-b.Min[1]), (chipMinPx-(b.Max[1]-b.Min[1]))/2)
	clamp := func(v float64) int { return int(math.Max(-1e9, math.Min(1e9, v))) }
	return image.Rect(clamp(math.Floor(b.Min[0]-mx)), clamp(math.Floor(b.Min[1]-my)), clamp(math.Ceil(b.Max[0]+mx)), clamp(math.Ceil(b.Max[1]+my))).Intersect(scene)
}

// readSteps reads a window, only every step-th row and column of it where it is large.
func readSteps(ctx context.Context, s Scene, win image.Rectangle, roles []Role) ([][]float32, int, error) {
	step := 1
	for win.Dx()/step*(win.Dy()/step) > chipMaxRead {
		step++
	}
	if step == 1 {
		px, err := s.Read(ctx, win, roles...)
		return px, 1, err
	}
	out := make([][]float32, len(roles))
	for y := win.Min.Y; y < win.Max.Y; y += step {
		row, err := s.Read(ctx, image.Rect(win.Min.X, y, win.Max.X, y+1), roles...)
		if err != nil {
			return nil, 0, err
		}
		for k := range out {
			for x := 0; x < win.Dx(); x += step {
				out[k] = append(out[k], row[k][x])
			}
		}
	}
	return out, step, nil
}

// ringsToPixels brings a polygon onto the scene's pixels: by the inverse of the locator, else by Newton's
// method on the locator itself.
func ringsToPixels(s Scene, poly orb.Polygon) (orb.Polygon, error) {
	var out orb.Polygon
	for _, r := range poly {
		if px, ok := toPixels(s, r); ok {
			out = append(out, px)
			continue
		}
		px := make(orb.Ring, len(r))
		x, y := float64(s.Info().Width)/2, float64(s.Info().Height)/2
		for i, q := range r {
			var ok bool
			if x, y, ok = invert(s, q, x, y); !ok {
				return nil, ErrNoInverse
			}
			px[i] = orb.Point{x, y}
		}
		out = append(out, px)
	}
	return out, nil
}

const (
	invertSteps = 30
	invertPx    = 0.05 // good enough to draw
)

// invert finds the pixel of a place from a first guess.
func invert(l Locator, q orb.Point, x, y float64) (float64, float64, bool) {
	for range invertSteps {
		lon, lat, _, ok := l.Locate(x, y)
		j, ok2 := jacobian(l, x, y)
		det := j[0]*j[3] - j[1]*j[2]
		if !ok || !ok2 || det == 0 {
			return 0, 0, false
		}
		kx, ky := metresPerDegree(lat)
		e, n := kx*wrapDeg(q[0]-lon), ky*(q[1]-lat)
		dx, dy := (j[3]*e-j[1]*n)/det, (j[0]*n-j[2]*e)/det
		x, y = x+dx, y+dy
		if math.Abs(dx)+math.Abs(dy) < invertPx {
			return x, y, true
		}
	}
	return 0, 0, false
}

var outlineColour = color.NRGBA{255, 230, 0, 255}

// drawRing draws a ring of pixel coordinates two pixels wide, clipped to the picture.
func drawRing(img *image.NRGBA, r orb.Ring, win image.Rectangle, sx, sy float64) {
	for i := 1; i < len(r); i++ {
		x0, y0 := (r[i-1][0]-float64(win.Min.X))*sx, (r[i-1][1]-float64(win.Min.Y))*sy
		x1, y1 := (r[i][0]-float64(win.Min.X))*sx, (r[i][1]-float64(win.Min.Y))*sy
		n := min(1<<14, int(math.Max(math.Abs(x1-x0), math.Abs(y1-y0)))+1)
		for k := 0; k <= n; k++ {
			f := float64(k) / float64(n)
			px, py := int(math.Round(x0+f*(x1-x0))), int(math.Round(y0+f*(y1-y0)))
			for _, d := range [4]image.Point{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
				if q := image.Pt(px+d.X, py+d.Y); q.In(img.Rect) {
					img.SetNRGBA(q.X, q.Y, outlineColour)
				}
			}
		}
	}
}
