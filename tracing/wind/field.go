package wind

import (
	"math"
	"time"

	"upwind"
	"upwind/tracing/plane"
)

// Field is the wind at 10 m over a box and a span of time, on a lattice of nodes and knots. It is only read after
// [New], by any number of goroutines.
type Field struct {
	x0, y0, dx, dy float64
	nx, ny         int
	t0, dt         float64
	kx, ky, kt     float64 // 1/dx, 1/dy, 1/dt
	knots          int
	uv             []float64 // u and v by knot, then row from the south, then column
	series         []Series
	surface        surfaces
	stepS          float64
	gridded        bool
	corrM, eta     float64
	spread         []float64 // m/s, by knot: sd of a component of the field about the first guess
	gapS           []float64 // by knot: time to the nearest one with a reading
	relative       []float64 // by node: error variance of the interpolation over that of the field
	meanSpeed      float64
	onSiteM        float64 // distance from the middle of the box to the nearest station
	notes          []string
}

// New interpolates the readings and grids over the box of the plane, from..to. It refuses when nothing lies within
// 150 km and 3 h; readings that are not finite are left out and said in [Field.Notes]. The order of the readings
// does not matter.
func New(readings []upwind.Wind, pl plane.Plane, box plane.Box, from, to time.Time, opt Options) (*Field, error) {
	opt = opt.withDefaults()
	kept, note := usable(readings, pl, box, from, to, opt.Without)
	f := &Field{stepS: medianDuration(kept)}
	if note != "" {
		f.notes = append(f.notes, note)
	}
	f.surface = newSurfaces(kept)
	if x := f.surface.medians().InvL; opt.InvL == 0 && finite(x) {
		opt.InvL = x
	}
	grids, err := usableGrids(opt.Grids, pl, box, from, to)
	if err != nil {
		return nil, err
	}
	f.gridded = len(grids) > 0
	f.series, note = collapse(bySeries(kept, pl, box, newProfile(opt)))
	if note != "" {
		f.notes = append(f.notes, note)
	}
	if len(f.series) == 0 && !f.gridded {
		return nil, upwind.Refuse("wind", "", "no wind within 150 km and 3 h of "+from.UTC().Format(time.RFC3339),
			"hand in a wind table or field that covers the event")
	}
	if len(kept) == 0 {
		f.stepS = grids[0].stepS()
	}
	f.lattice(box)
	f.clock(from, to)
	f.kx, f.ky, f.kt = 1/f.dx, 1/f.dy, 1/f.dt
	f.onSiteM = f.nearest(plane.Point{X: (box.X0 + box.X1) / 2, Y: (box.Y0 + box.Y1) / 2})
	guess := newFirstGuess(grids, pl, f)
	f.fit(guess, opt)
	f.fill(guess)
	f.calibrate(guess)
	return f, nil
}

func (f *Field) lattice(box plane.Box) {
	f.x0, f.y0, f.nx, f.ny, f.dx, f.dy = box.X0, box.Y0, 1, 1, 1, 1
	if len(f.series) < 2 && !f.gridded {
		return
	}
	side := func(w float64) (int, float64) {
		n := min(max(int(w/minNodeM)+1, 2), maxNodes)
		return n, max(w, 1) / float64(n-1)
	}
	f.nx, f.dx = side(box.Width())
	f.ny, f.dy = side(box.Height())
}

// clock lays the knots on the middles of the readings, where their starts are multiples of half their length.
func (f *Field) clock(from, to time.Time) {
	most := min(maxKnots, maxValues/(f.nx*f.ny))
	first := unix(from)
	f.dt = max(f.stepS/2, to.Sub(from).Seconds()/float64(most), 0.5)
	f.t0 = math.Floor(first/f.dt) * f.dt
	f.knots = int(math.Ceil(max(unix(to)-f.t0, f.dt)/f.dt)) + 1
}

func (f *Field) node(n int) plane.Point {
	return plane.Point{X: f.x0 + float64(n%f.nx)*f.dx, Y: f.y0 + float64(n/f.nx)*f.dy}
}

// At is the wind at 10 m at p and a Unix time, in m/s towards the east and the north. Beyond the box and the span
// it is that of the border.
func (f *Field) At(p plane.Point, unix float64) (u, v float64) {
	k, wt := step((unix-f.t0)*f.kt, f.knots)
	row := 2 * f.nx * f.ny
	a := f.uv[k*row : (k+1)*row]
	b := a
	if k+1 < f.knots {
		b = f.uv[(k+1)*row : (k+2)*row]
	}
	if row == 2 {
		return a[0] + (b[0]-a[0])*wt, a[1] + (b[1]-a[1])*wt
	}
	ix, wx := step((p.X-f.x0)*f.kx, f.nx)
	iy, wy := step((p.Y-f.y0)*f.ky, f.ny)
	i := 2 * (iy*f.nx + ix)
	j := i + 2*f.nx
	w11 := wx * wy
	w10, w01 := wx-w11, wy-w11
	w00 := 1 - wx - w01
	u0 := a[i]*w00 + a[i+2]*w10 + a[j]*w01 + a[j+2]*w11
	v0 := a[i+1]*w00 + a[i+3]*w10 + a[j+1]*w01 + a[j+3]*w11
	u1 := b[i]*w00 + b[i+2]*w10 + b[j]*w01 + b[j+2]*w11
	v1 := b[i+1]*w00 + b[i+3]*w10 + b[j+1]*w01 + b[j+3]*w11
	return u0 + (u1-u0)*wt, v0 + (v1-v0)*wt
}

// step splits a coordinate over n nodes into the lower node, at most the last but one, and the weight of the next.
func step(x float64, n int) (int, float64) {
	if !(x > 0) || n < 2 {
		return 0, 0
	}
	if x >= float64(n-1) {
		return n - 2, 1
	}
	i := int(x)
	return i, x - float64(i)
}

// Stations is the number of stations in the field.
func (f *Field) Stations() int { return len(f.series) }

// AveragingS is the median averaging time of the readings in seconds; of a field from grids alone, their step.
func (f *Field) AveragingS() float64 { return f.stepS }

// MeanSpeed is the mean wind speed in m/s over nodes and knots.
func (f *Field) MeanSpeed() float64 { return f.meanSpeed }

// CorrM is the correlation length of the interpolation in m, and Eta the variance of a station's own error over
// that of the field.
func (f *Field) CorrM() float64 { return f.corrM }
func (f *Field) Eta() float64   { return f.eta }

// Notes say what was left out or had to be assumed.
func (f *Field) Notes() []string { return f.notes }

func unix(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())*1e-9 }

func finite(v ...float64) bool {
	for _, x := range v {
		if x-x != 0 {
			return false
		}
	}
	return true
}
