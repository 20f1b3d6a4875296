package lidar

import "math"

// Planes are fitted to the cells within planeHalfM, at least a 3 x 3 block: two or three furrows or ruts.
const (
	planeHalfM    = 1.5
	planeSide     = 7 // rows and columns looked at; a window of more cells is thinned to that
	minOnPlane    = 6 // heights
	planeUnknowns = 3
	tinyPivot     = 1e-9
)

// local is the ground around a cell.
type local struct {
	z      float64 // height of the plane at the cell, m
	gx, gy float64 // its gradient, m/m, east and south
	rough  float64 // spread of the points about it, m
	relief float64 // spread of the cell means about it, m
}

func (l local) slope() float64 { return math.Hypot(l.gx, l.gy) }

// window is half the side of the fitting window in cells and the step at which it is looked at.
func (c *Cloud) window() (half, step int) {
	half = max(1, int(math.Round(planeHalfM/c.cell)))
	return half, (2*half + planeSide) / planeSide
}

// ground fits a plane to the heights around a cell by least squares; ok is false where there are too few.
// The points spread about it by
//
//	rough^2 = W + max(0, B - W/n)
//
// with the pooled variance W within the cells, and the variance B of the cell means about the plane, of which
// W/n is only the error of a mean of n points.
func (c *Cloud) ground(x, y, half, step int) (l local, ok bool) {
	var f planeFit
	c.around(x, y, half, step, func(i, dx, dy int) { f.add(c, i, dx, dy) })
	return f.solve(c.cell)
}

// A stray point or a lone stalk must not make all ground near it rough: when it is, up to loneShare of the
// cells are left out that stand off by loneTimes the spread of the means or spread by loneSpreadM.
const (
	loneShare   = 0.12
	loneTimes   = 3
	loneSpreadM = 0.5
)

// steady is ground without lone cells, when that makes it smoother than enough.
func (c *Cloud) steady(x, y, half, step int, enough float64) (l local, ok bool) {
	l, ok = c.ground(x, y, half, step)
	if !ok || l.rough <= enough {
		return l, ok
	}
	var f planeFit
	all := 0.0
	c.around(x, y, half, step, func(i, dx, dy int) {
		all++
		off := c.z[i] - l.z - (l.gx*float64(dx)+l.gy*float64(dy))*c.cell
		if math.Abs(off) <= loneTimes*l.relief && c.spread[i] <= loneSpreadM {
			f.add(c, i, dx, dy)
		}
	})
	if kept, fits := f.solve(c.cell); fits && f.n >= (1-loneShare)*all {
		return kept, true
	}
	return l, true
}

// around calls fn for the cells with a height in the window around a cell.
func (c *Cloud) around(x, y, half, step int, fn func(i, dx, dy int)) {
	for dy := -half; dy <= half; dy += step {
		for dx := -half; dx <= half; dx += step {
			if cx, cy := x+dx, y+dy; cx >= 0 && cy >= 0 && cx < c.w && cy < c.h && c.n[cy*c.w+cx] > 0 {
				fn(cy*c.w+cx, dx, dy)
			}
		}
	}
}

// planeFit holds the sums of a fit, heights less that of the first cell.
type planeFit struct {
	n, sx, sy, sxx, sxy, syy float64
	ref, sz, sxz, syz, szz   float64
	inv, m2, free            float64 // sum of 1/points, of squares within cells, and their degrees of freedom
}

func (f *planeFit) add(c *Cloud, i, dx, dy int) {
	if f.n == 0 {
		f.ref = c.z[i]
	}
	z, u, v := c.z[i]-f.ref, float64(dx), float64(dy)
	f.n, f.sx, f.sy, f.sz = f.n+1, f.sx+u, f.sy+v, f.sz+z
	f.sxx, f.sxy, f.syy = f.sxx+u*u, f.sxy+u*v, f.syy+v*v
	f.sxz, f.syz, f.szz = f.sxz+u*z, f.syz+v*z, f.szz+z*z
	k := float64(c.n[i])
	f.inv += 1 / k
	if k > 1 {
		f.m2, f.free = f.m2+float64(c.within[i])*(k-1), f.free+k-1
	}
}

func (f *planeFit) solve(cell float64) (l local, ok bool) {
	n := f.n
	if n < minOnPlane {
		return l, false
	}
	// About the means the level drops out.
	mx, my, mz := f.sx/n, f.sy/n, f.sz/n
	sxx, sxy, syy := f.sxx-n*mx*mx, f.sxy-n*mx*my, f.syy-n*my*my
	sxz, syz, szz := f.sxz-n*mx*mz, f.syz-n*my*mz, f.szz-n*mz*mz
	det := sxx*syy - sxy*sxy
	if det < tinyPivot*n*n {
		return l, false
	}
	gx, gy := (sxz*syy-syz*sxy)/det, (syz*sxx-sxz*sxy)/det
	between := math.Max(0, szz-gx*sxz-gy*syz) / (n - planeUnknowns)
	pooled := 0.0
	if f.free > 0 {
		pooled = math.Max(0, f.m2/f.free)
	}
	return local{
		z: f.ref + mz - gx*mx - gy*my, gx: gx / cell, gy: gy / cell,
		relief: math.Sqrt(between),
		rough:  math.Sqrt(pooled + math.Max(0, between-pooled*f.inv/n)),
	}, true
}
