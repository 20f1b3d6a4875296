package raster

import "math"

// RPC are the rational polynomials of a satellite picture (RPC00B, STDI-0002 volume 1, appendix E): line and sample of a place on the ground as
// quotients of cubics in its longitude, latitude and height, each less an offset and over a scale.
type RPC struct {
	LineOff, SampOff, LatOff, LonOff, HeightOff           float64 // pixels, degrees, metres above the ellipsoid
	LineScale, SampScale, LatScale, LonScale, HeightScale float64
	LineNum, LineDen, SampNum, SampDen                    [20]float64
}

// Ground places the pixels of such a picture on ground of one height. It is a [Grid].
type Ground struct {
	RPC     RPC
	HeightM float64 // above the ellipsoid
	SigmaM  float64 // of a place, 1-sigma radius
}

var _ Grid = Ground{}

// terms are those of RPC00B for normalised longitude l, latitude p and height h.
func terms(l, p, h float64) [20]float64 {
	return [20]float64{1, l, p, h, l * p, l * h, p * h, l * l, p * p, h * h, p * l * h, l * l * l, l * p * p, l * h * h, l * l * p, p * p * p, p * h * h, l * l * h, p * p * h, h * h * h}
}

func dot(a *[20]float64, t [20]float64) float64 {
	s := 0.0
	for i, v := range t {
		s += a[i] * v
	}
	return s
}

// Pixel is where a place is seen. The centre of the first pixel is line 0 and sample 0 to the polynomials, and (0.5, 0.5) here.
func (g Ground) Pixel(lon, lat float64) (x, y float64, ok bool) {
	r := &g.RPC
	l, p, h := (lon-r.LonOff)/r.LonScale, (lat-r.LatOff)/r.LatScale, (g.HeightM-r.HeightOff)/r.HeightScale
	t := terms(l, p, h)
	x = dot(&r.SampNum, t)/dot(&r.SampDen, t)*r.SampScale + r.SampOff + 0.5
	y = dot(&r.LineNum, t)/dot(&r.LineDen, t)*r.LineScale + r.LineOff + 0.5
	// Beyond their box by more than a tenth the cubics mean nothing.
	ok = math.Abs(l) <= 1.1 && math.Abs(p) <= 1.1 && x-x == 0 && y-y == 0
	return x, y, ok
}

const (
	rpcSteps = 20
	rpcPixel = 1e-4 // good enough
)

// Locate places a pixel by Newton's method from the middle of the picture.
func (g Ground) Locate(x, y float64) (lon, lat, sigmaM float64, ok bool) {
	r := &g.RPC
	lon, lat = r.LonOff, r.LatOff
	dl, dp := 1e-4*r.LonScale, 1e-4*r.LatScale
	for range rpcSteps {
		u, v, _ := g.Pixel(lon, lat)
		ex, ey := x-u, y-v
		if !(math.Abs(ex)+math.Abs(ey) < math.Inf(1)) {
			return 0, 0, 0, false
		}
		if math.Hypot(ex, ey) < rpcPixel {
			_, _, in := g.Pixel(lon, lat)
			return lon, lat, g.SigmaM, in && math.Abs(lon) <= 180 && math.Abs(lat) <= 90
		}
		ul, vl, _ := g.Pixel(lon+dl, lat)
		up, vp, _ := g.Pixel(lon, lat+dp)
		a, b, c, d := (ul-u)/dl, (up-u)/dp, (vl-v)/dl, (vp-v)/dp
		det := a*d - b*c
		if !(math.Abs(det) > 0) {
			return 0, 0, 0, false
		}
		lon += (ex*d - ey*b) / det
		lat += (ey*a - ex*c) / det
	}
	return 0, 0, 0, false
}
