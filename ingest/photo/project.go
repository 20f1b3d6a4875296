package photo

import (
	"math"
)

// Pixel is where a place at a height, in the height system of the picture, is seen; ok is false behind the camera, outside the lens's calibrated
// field and outside the picture. It does not ask what stands in between: see [View].
func (c Camera) Pixel(lon, lat, heightM float64) (x, y float64, ok bool) {
	x, y, _, ok = c.project(lon, lat, heightM)
	return x, y, ok
}

// project is Pixel with the distance of the place, metres.
func (c Camera) project(lon, lat, heightM float64) (x, y, rangeM float64, ok bool) {
	p := ecef(lon, lat, heightM)
	to := p.plus(c.at.origin, -1)
	d := vec{inner(to, c.at.east), inner(to, c.at.north), inner(to, c.at.up)}
	sy, cy := math.Sincos(c.gimbal.YawDeg * deg)
	sp, cp := math.Sincos(c.gimbal.PitchDeg * deg)
	fwd := vec{sy * cp, cy * cp, sp}
	right := vec{cy, -sy, 0}
	down := cross(fwd, right)
	z := inner(d, fwd)
	if z <= 0 {
		return 0, 0, 0, false
	}
	u, v := inner(d, right)/z, inner(d, down)/z
	if math.Hypot(u, v) > maxRay || c.lens.slope(u, v) <= 0 {
		return 0, 0, 0, false
	}
	sr, cr := math.Sincos(c.gimbal.RollDeg * deg)
	xd, yd := c.lens.distort(u*cr+v*sr, -u*sr+v*cr)
	x, y = xd*c.lens.FX+c.lens.CX+c.width/2, yd*c.lens.FY+c.lens.CY+c.height/2
	return x, y, math.Sqrt(inner(to, to)), x >= 0 && y >= 0 && x <= c.width && y <= c.height
}

func inner(a, b vec) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// View is what a camera sees on a lattice of its pixels: how far, and with what error on the ground.
type View struct {
	c            Camera
	step         float64
	w, h         int
	far, sigma   []float64 // metres; NaN where a ray meets no known ground
	LeastM, MaxM float64   // of sigma
}

// viewStep is the lattice in pixels: a surface model of decimetres has no finer edges in a picture of centimetres.
const viewStep = 16

// occludedM is by how much a place may lie behind what its ray meets first: edges of a surface model slant by a cell or two.
const occludedM = 2.0

// View marches the rays of a lattice of pixels; progress may be nil.
func (c Camera) View(progress func(done, total int)) View {
	v := View{c: c, step: viewStep, w: int(c.width)/viewStep + 2, h: int(c.height)/viewStep + 2, LeastM: math.Inf(1)}
	for j := range v.h {
		for i := range v.w {
			x, y := math.Min(float64(i)*v.step, c.width), math.Min(float64(j)*v.step, c.height)
			far, sigma := math.NaN(), math.NaN()
			if lon, lat, cov, ok := c.Point(x, y); ok {
				h := c.ground
				if c.dsm != nil {
					h, _ = c.dsm.Height(lon, lat)
				}
				to := ecef(lon, lat, h).plus(c.at.origin, -1)
				far, sigma = math.Sqrt(inner(to, to)), cov.SigmaM()
				v.LeastM, v.MaxM = math.Min(v.LeastM, sigma), math.Max(v.MaxM, sigma)
			}
			v.far, v.sigma = append(v.far, far), append(v.sigma, sigma)
		}
		if progress != nil {
			progress(j+1, v.h)
		}
	}
	return v
}

// Sees is where a place on the ground is seen, with its error; false where something stands in between or the ground is not known.
func (v View) Sees(lon, lat, heightM float64) (x, y, sigmaM float64, ok bool) {
	x, y, far, ok := v.c.project(lon, lat, heightM)
	if !ok {
		return 0, 0, 0, false
	}
	i, j := int(x/v.step), int(y/v.step)
	fx, fy := x/v.step-float64(i), y/v.step-float64(j)
	first, sigma, weight := math.Inf(-1), 0.0, 0.0
	for _, k := range [4]struct {
		i, j int
		w    float64
	}{{i, j, (1 - fx) * (1 - fy)}, {i + 1, j, fx * (1 - fy)}, {i, j + 1, (1 - fx) * fy}, {i + 1, j + 1, fx * fy}} {
		if k.i >= v.w || k.j >= v.h {
			continue
		}
		if r := v.far[k.j*v.w+k.i]; r == r {
			first = math.Max(first, r)
			sigma, weight = sigma+k.w*v.sigma[k.j*v.w+k.i], weight+k.w
		}
	}
	if weight == 0 || far > first+occludedM {
		return 0, 0, 0, false
	}
	return x, y, sigma / weight, true
}

// Ground is the height of the ground at a place, in the height system of the picture.
func (c Camera) Ground(lon, lat float64) (float64, bool) {
	if c.dsm != nil {
		return c.dsm.Height(lon, lat)
	}
	return c.ground, true
}
