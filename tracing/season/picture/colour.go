package picture

import (
	"image"
	"image/color"
	"math"
)

// Colours of paper, ink and lines.
var (
	paper = color.RGBA{255, 255, 255, 255}
	ink   = color.RGBA{38, 42, 51, 255}
	faint = color.RGBA{205, 209, 216, 255}
	mark  = color.RGBA{214, 40, 57, 255}
	bar   = color.RGBA{86, 128, 171, 255}
)

// scale runs from pale yellow over orange and red to a dark purple, evenly darker, so that it also prints in grey.
var scale = []color.RGBA{{254, 246, 205, 255}, {253, 219, 138, 255}, {252, 177, 86, 255}, {244, 125, 72, 255}, {216, 73, 82, 255}, {166, 38, 103, 255}, {108, 23, 107, 255}, {53, 14, 76, 255}}

// shade is the colour of a share of the scale, 0 to 1.
func shade(x float64) color.RGBA {
	x = min(max(x, 0), 1) * float64(len(scale)-1)
	i := min(int(x), len(scale)-2)
	return mix(scale[i], scale[i+1], x-float64(i))
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	m := func(p, q uint8) uint8 { return uint8(math.Round(float64(p) + (float64(q)-float64(p))*t)) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// samples a side of a pixel, against jagged edges.
const samples = 3

// paint sets each pixel of r to the mean of what at says of points in it; ok false leaves what is there.
func paint(img *image.RGBA, r image.Rectangle, at func(x, y float64) (color.RGBA, bool)) {
	r = r.Intersect(img.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			old := img.RGBAAt(x, y)
			var sr, sg, sb int
			for k := range samples * samples {
				c, ok := at(float64(x)+(float64(k%samples)+0.5)/samples, float64(y)+(float64(k/samples)+0.5)/samples)
				if !ok {
					c = old
				}
				sr, sg, sb = sr+int(c.R), sg+int(c.G), sb+int(c.B)
			}
			const n = samples * samples
			img.SetRGBA(x, y, color.RGBA{uint8(sr / n), uint8(sg / n), uint8(sb / n), 255})
		}
	}
}

// line draws a line of a width.
func line(img *image.RGBA, x0, y0, x1, y1, width float64, c color.RGBA) {
	pad := int(width) + 2
	r := image.Rect(int(min(x0, x1))-pad, int(min(y0, y1))-pad, int(max(x0, x1))+pad, int(max(y0, y1))+pad)
	dx, dy := x1-x0, y1-y0
	l2 := max(dx*dx+dy*dy, 1e-9)
	paint(img, r, func(x, y float64) (color.RGBA, bool) {
		t := min(max(((x-x0)*dx+(y-y0)*dy)/l2, 0), 1)
		return c, math.Hypot(x-x0-t*dx, y-y0-t*dy) <= width/2
	})
}

// circle draws a circle's line.
func circle(img *image.RGBA, cx, cy, radius, width float64, c color.RGBA, dashed bool) {
	pad := int(width) + 2
	r := image.Rect(int(cx-radius)-pad, int(cy-radius)-pad, int(cx+radius)+pad, int(cy+radius)+pad)
	at := func(x, y float64) (color.RGBA, bool) {
		on := math.Abs(math.Hypot(x-cx, y-cy)-radius) <= width/2
		if on && dashed {
			on = math.Mod(math.Atan2(y-cy, x-cx)+7, math.Pi/30) < math.Pi/60
		}
		return c, on
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if math.Abs(math.Hypot(float64(x)+0.5-cx, float64(y)+0.5-cy)-radius) < width/2+1 {
				paint(img, image.Rect(x, y, x+1, y+1), at)
			}
		}
	}
}

// nice is the next of 1, 2, 5 times a power of ten.
func nice(x float64) float64 {
	if !(x > 0) || math.IsInf(x, 0) {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, k := range []float64{1, 2, 5} {
		if x <= k*p*(1+1e-9) {
			return k * p
		}
	}
	return 10 * p
}
