package lidar

import (
	"context"
	"image"
	"image/color"
	"math"

	"upwind"
	"upwind/lidar/las"
)

// Hillshade after Horn, "Hill shading and the reflectance map", 1981: light from the north-west, 45 deg up.
const (
	sunAzimuthDeg   = 315
	sunElevationDeg = 45
	ambient         = 0.25
	maxPreview      = 2048 // pixels a side
)

// Preview is a hillshade of the cloud for the map. Corners are longitude and latitude of the image's
// north-west, north-east, south-east and south-west corners. The image is nil when there is nothing to
// show; the report says why.
func Preview(ctx context.Context, r *las.Reader, locate Locate, o Options, progress func(done, total int)) (image.Image, [4][2]float64, Report, error) {
	c, err := Grid(ctx, r, locate, o, progress)
	if err != nil {
		return nil, [4][2]float64{}, Report{}, err
	}
	img, corners, err := c.Preview(ctx)
	if progress != nil {
		progress(progressTotal, progressTotal)
	}
	return img, corners, c.Report, err
}

// Preview is [Preview] of a gridded cloud.
func (c *Cloud) Preview(ctx context.Context) (image.Image, [4][2]float64, error) {
	if c.z == nil {
		return nil, [4][2]float64{}, nil
	}
	p, err := c.picture(ctx, image.Rect(0, 0, c.w, c.h), maxPreview)
	if err != nil {
		return nil, [4][2]float64{}, err
	}
	img := image.NewNRGBA(p.light.rect())
	for i, l := range p.light.v {
		if l == l {
			g := uint8(255 * (ambient + (1-ambient)*l))
			img.SetNRGBA(i%p.light.w, i/p.light.w, color.NRGBA{g, g, g, 255})
		}
	}
	return img, p.corners, nil
}

// picture is a window of the grid at a scale of step cells a pixel.
type picture struct {
	win     image.Rectangle // of whole pixels; may reach beyond the grid
	step    int
	light   raster // 0..1, NaN where there is nothing
	corners [4][2]float64
}

// raster is a number a pixel.
type raster struct {
	w, h int
	v    []float64
}

func (r raster) rect() image.Rectangle { return image.Rect(0, 0, r.w, r.h) }

// picture shades a window of the grid with at most so many pixels a side.
func (c *Cloud) picture(ctx context.Context, win image.Rectangle, maxPx int) (*picture, error) {
	step := (max(win.Dx(), win.Dy()) + maxPx - 1) / maxPx
	w, h := (win.Dx()+step-1)/step, (win.Dy()+step-1)/step
	p := &picture{win: image.Rectangle{win.Min, win.Min.Add(image.Pt(w*step, h*step))}, step: step}
	for i, q := range [4]image.Point{p.win.Min, {p.win.Max.X, p.win.Min.Y}, p.win.Max, {p.win.Min.X, p.win.Max.Y}} {
		at := c.place(float64(q.X), float64(q.Y))
		if !(math.Abs(at[0]) <= 180 && math.Abs(at[1]) <= 90) {
			return nil, upwind.Refuse(c.name, "", "a corner of the cloud lies outside its reference system", "check --crs")
		}
		p.corners[i] = [2]float64{at[0], at[1]}
	}
	z := raster{w, h, make([]float64, w*h)}
	for y := range h {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for x := range w {
			z.v[y*w+x] = c.meanOf(p.cells(x, y), func(i int) (float64, bool) { return c.z[i], c.z[i] == c.z[i] })
		}
	}
	p.light = z.closeGaps().shade(c.cell * float64(step))
	return p, nil
}

// cells are those under a pixel.
func (p *picture) cells(x, y int) image.Rectangle {
	return image.Rect(0, 0, p.step, p.step).Add(p.win.Min).Add(image.Pt(x*p.step, y*p.step))
}

// meanOf is the mean of a value over the cells of a rectangle that have one, or NaN.
func (c *Cloud) meanOf(r image.Rectangle, value func(i int) (float64, bool)) float64 {
	sum, n := 0.0, 0
	r = r.Intersect(image.Rect(0, 0, c.w, c.h))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if v, ok := value(y*c.w + x); ok {
				sum, n = sum+v, n+1
			}
		}
	}
	return sum / float64(n) // 0/0 is the NaN of a void
}

// shade is the light, 0 to 1, on heights of pixels cellM wide.
func (r raster) shade(cellM float64) raster {
	sinE, cosE := math.Sincos(sunElevationDeg * math.Pi / 180)
	sinA, cosA := math.Sincos(sunAzimuthDeg * math.Pi / 180)
	out := raster{r.w, r.h, make([]float64, len(r.v))}
	for i, zc := range r.v {
		x, y := i%r.w, i/r.w
		at := func(xx, yy int) float64 {
			if v := r.v[min(max(yy, 0), r.h-1)*r.w+min(max(xx, 0), r.w-1)]; v == v {
				return v
			}
			return zc
		}
		east := (at(x+1, y) - at(x-1, y)) / (2 * cellM)
		north := (at(x, y-1) - at(x, y+1)) / (2 * cellM)
		light := (sinE - cosE*(east*sinA+north*cosA)) / math.Sqrt(1+east*east+north*north)
		out.v[i] = math.Max(0, math.Min(1, light)) // NaN stays
	}
	return out
}

// closeGaps gives single empty pixels the mean of their neighbours, when most of those are known.
func (r raster) closeGaps() raster {
	const enough = 4
	out := raster{r.w, r.h, append([]float64(nil), r.v...)}
	for i, v := range r.v {
		if !math.IsNaN(v) {
			continue
		}
		sum, n := 0.0, 0
		for y := max(i/r.w-1, 0); y <= min(i/r.w+1, r.h-1); y++ {
			for x := max(i%r.w-1, 0); x <= min(i%r.w+1, r.w-1); x++ {
				if q := r.v[y*r.w+x]; !math.IsNaN(q) {
					sum, n = sum+q, n+1
				}
			}
		}
		if n >= enough {
			out.v[i] = sum / float64(n)
		}
	}
	return out
}
