package plume

import (
	"image"
	"image/color"
	"math"
	"slices"
)

// RenderOptions of [Grid.Render]. The zero value spans the scan's own 2nd to 99.5th percentile and draws a
// ring every 1, 2 or 5 km.
type RenderOptions struct {
	LoPerKM, HiPerKM float64 // extinction at the two ends of the colour map
	RingM            float64 // between range rings; negative draws none
	Plain            bool    // no rings, no legend: to lie over a map
}

// stops of a colour map that rises evenly in brightness and is read by the colour-blind: viridis (Smith and
// van der Walt 2015), every eighth.
var stops = [...][3]float64{
	{68, 1, 84}, {71, 44, 122}, {59, 81, 139}, {44, 113, 142}, {33, 144, 141}, {39, 173, 129}, {92, 200, 99}, {170, 220, 50}, {253, 231, 37},
}

// shade is the colour of a share 0..1.
func shade(t float64) color.NRGBA {
	if t != t {
		t = 0
	}
	t = math.Max(0, math.Min(1, t)) * float64(len(stops)-1)
	k := min(int(t), len(stops)-2)
	t -= float64(k)
	mix := func(c int) uint8 { return uint8(math.Round(stops[k][c] + t*(stops[k+1][c]-stops[k][c]))) }
	return color.NRGBA{mix(0), mix(1), mix(2), 255}
}

// Render draws a map cell a pixel, north up, transparent where nothing is seen: for people. Colour is by the
// logarithm of extinction from lo to hi, which are returned in 1/km; the bar at the left runs from lo at its
// foot to hi.
func (g *Grid) Render(o RenderOptions) (img *image.NRGBA, loPerKM, hiPerKM float64) {
	lo, hi := o.LoPerKM, o.HiPerKM
	if !(hi > lo && lo > 0) {
		lo, hi = g.span()
	}
	img = image.NewNRGBA(image.Rect(0, 0, g.W, g.H))
	for i, a := range g.Extinction {
		if a == a {
			img.SetNRGBA(i%g.W, i/g.W, shade(math.Log(math.Max(1000*a, lo)/lo)/math.Log(hi/lo)))
		}
	}
	if !o.Plain {
		g.rings(img, o.RingM)
		legend(img)
	}
	return img, lo, hi
}

// leastPerKM is the least that a logarithmic scale begins with.
const leastPerKM = 1e-3

// span is the range of what is seen, 1/km.
func (g *Grid) span() (lo, hi float64) {
	var v []float64
	for _, a := range g.Extinction {
		if 1000*a >= leastPerKM {
			v = append(v, 1000*a)
		}
	}
	if len(v) == 0 {
		return 0.01, 1
	}
	slices.Sort(v)
	lo, hi = v[len(v)*2/100], v[min(len(v)-1, len(v)*995/1000)]
	return lo, math.Max(hi, 2*lo)
}

var ringColour = color.NRGBA{255, 255, 255, 150}

// rings draws circles about the instrument, and a cross at it.
func (g *Grid) rings(img *image.NRGBA, stepM float64) {
	reach := float64(g.W) / 2 * g.CellM
	if stepM == 0 {
		stepM = 1000
		for _, s := range [...]float64{2000, 5000, 10000} {
			if reach/stepM > 6 {
				stepM = s
			}
		}
	}
	x0, y0 := -g.WestM/g.CellM, g.NorthM/g.CellM
	for r := stepM; stepM > 0 && r <= reach; r += stepM {
		n := int(2 * math.Pi * r / g.CellM)
		for k := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(n))
			over(img, int(x0+r/g.CellM*sin), int(y0-r/g.CellM*cos), ringColour)
		}
	}
	for d := -3; d <= 3; d++ {
		over(img, int(x0)+d, int(y0), color.NRGBA{255, 255, 255, 255})
		over(img, int(x0), int(y0)+d, color.NRGBA{255, 255, 255, 255})
	}
}

// legend draws the colours as a bar along the left edge.
func legend(img *image.NRGBA) {
	b := img.Bounds()
	w, h := max(2, b.Dx()/60), b.Dy()/3
	x0, y1 := w, b.Max.Y-w
	for y := range h {
		c := shade(float64(y) / float64(max(1, h-1)))
		for x := range w {
			img.SetNRGBA(x0+x, y1-y, c)
		}
		img.SetNRGBA(x0-1, y1-y, color.NRGBA{0, 0, 0, 255})
		img.SetNRGBA(x0+w, y1-y, color.NRGBA{0, 0, 0, 255})
	}
}

// over lays a colour over a pixel.
func over(img *image.NRGBA, x, y int, c color.NRGBA) {
	if !(image.Point{x, y}.In(img.Bounds())) {
		return
	}
	d := img.NRGBAAt(x, y)
	if d.A == 0 {
		c.A = max(c.A, 120)
		img.SetNRGBA(x, y, color.NRGBA{128, 128, 128, c.A})
		return
	}
	a := float64(c.A) / 255
	mix := func(s, t uint8) uint8 { return uint8(math.Round(float64(s)*a + float64(t)*(1-a))) }
	img.SetNRGBA(x, y, color.NRGBA{mix(c.R, d.R), mix(c.G, d.G), mix(c.B, d.B), 255})
}
