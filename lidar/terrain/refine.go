package terrain

import "math"

// Planes through the ground around a point. Opening cuts the crests of terraces and cliffs, and a harmonic
// surface bridges them with a chord; a plane through the ground on one side of a point does not.
const (
	planeReach  = 2.5  // radius in point spacings
	planePoints = 5    // at least, on one side
	roundPoints = 6    // at least, all round
	touchReach  = 1.5  // spacings to the nearest point of a side: a side is not carried further
	joinM       = 0.3  // a point joins the ground within this of a side's plane
	sideSmoothM = 0.2  // scatter about the plane up to which a side is smooth
	steepest    = 1.0  // slope of a side's plane
	roundness   = 0.01 // det / trace^2 of the scatter: below, the points stand in a line
	belowFactor = 2    // below the plane a point may lie this much further than above: few objects are pits
	growRounds  = 3
	addRounds   = 2
)

// moments are sums over points relative to the one looked at.
type moments struct{ n, x, y, z, xx, xy, yy, xz, yz, zz float64 }

func (m *moments) add(x, y, z float64) {
	m.n++
	m.x += x
	m.y += y
	m.z += z
	m.xx += x * x
	m.xy += x * y
	m.yy += y * y
	m.xz += x * z
	m.yz += y * z
	m.zz += z * z
}

func (m *moments) merge(o *moments) {
	m.n += o.n
	m.x += o.x
	m.y += o.y
	m.z += o.z
	m.xx += o.xx
	m.xy += o.xy
	m.yy += o.yy
	m.xz += o.xz
	m.yz += o.yz
	m.zz += o.zz
}

// plane is z = a + bx x + by y with the scatter of the points about it.
type plane struct{ a, bx, by, rms float64 }

// fit is the plane of least squares; false when the points stand in a line or are too few.
func (m *moments) fit(least int) (plane, bool) {
	if m.n < float64(least) {
		return plane{}, false
	}
	mx, my, mz := m.x/m.n, m.y/m.n, m.z/m.n
	xx, xy, yy := m.xx-m.n*mx*mx, m.xy-m.n*mx*my, m.yy-m.n*my*my
	xz, yz, zz := m.xz-m.n*mx*mz, m.yz-m.n*my*mz, m.zz-m.n*mz*mz
	det, tr := xx*yy-xy*xy, xx+yy
	if !(det > roundness*tr*tr) {
		return plane{}, false
	}
	p := plane{bx: (xz*yy - yz*xy) / det, by: (yz*xx - xz*xy) / det}
	p.a = mz - p.bx*mx - p.by*my
	p.rms = math.Sqrt(math.Max(0, zz-p.bx*xz-p.by*yz) / (m.n - 3))
	return p, true
}

func (p plane) slope() float64 { return math.Hypot(p.bx, p.by) }

// around calls fn with the ground points within radius m of cell (x, y)'s point: where they are from it.
func (g *cells) around(x, y int, radius float64, ground []bool, fn func(dx, dy, dz float64)) {
	i := y*g.w + x
	px, py := g.at(i)
	k := int(math.Ceil(radius / g.c))
	r2 := radius * radius
	for Y := max(y-k, 0); Y <= min(y+k, g.h-1); Y++ {
		for X := max(x-k, 0); X <= min(x+k, g.w-1); X++ {
			j := Y*g.w + X
			if !ground[j] || j == i {
				continue
			}
			qx, qy := g.at(j)
			dx, dy := float64(X-x)*g.c+qx-px, float64(Y-y)*g.c+qy-py
			if dx*dx+dy*dy <= r2 {
				fn(dx, dy, float64(g.z[j])-float64(g.z[i]))
			}
		}
	}
}

// octant numbers directions 0 to 7 counter-clockwise in steps of 45 degrees.
func octant(x, y float64) int {
	switch {
	case y >= 0 && x > y:
		return 0
	case y >= 0 && x > 0:
		return 1
	case y >= 0 && -x < y:
		return 2
	case y >= 0:
		return 3
	case x < y:
		return 4
	case x < 0:
		return 5
	case x < -y:
		return 6
	}
	return 7
}

// joins reports whether the point of cell (x, y) continues the ground on one side of it, or lies on the wall
// between the ground on two opposite sides.
func (g *cells) joins(x, y int, spacing float64, ground []bool) bool {
	var oct [8]moments
	var near [8]float64
	for k := range near {
		near[k] = math.Inf(1)
	}
	n := 0
	g.around(x, y, planeReach*spacing, ground, func(dx, dy, dz float64) {
		k := octant(dx, dy)
		oct[k].add(dx, dy, dz)
		near[k] = math.Min(near[k], dx*dx+dy*dy)
		n++
	})
	if n < planePoints {
		return false
	}
	var level [8]float64
	touch := touchReach * touchReach * spacing * spacing
	for k := range level {
		level[k] = math.NaN()
		var m moments
		d := math.Inf(1)
		for j := range 4 {
			m.merge(&oct[(k+j)%8])
			d = math.Min(d, near[(k+j)%8])
		}
		if d > touch {
			continue
		}
		p, ok := m.fit(planePoints)
		if !ok || p.rms > 2*sideSmoothM {
			continue
		}
		if math.Abs(p.a) <= joinM && p.rms <= sideSmoothM && p.slope() <= steepest {
			return true
		}
		level[k] = p.a
	}
	for k := range 8 {
		for j := 3; j <= 5; j++ {
			if a, b := level[k], level[(k+j)%8]; math.Min(a, b) <= joinM && math.Max(a, b) >= -joinM {
				return true
			}
		}
	}
	return false
}

// tolerance is how far above the plane ground may lie.
func (o *Options) tolerance(p plane) float64 {
	return o.FlatM + o.RoughFactor*p.rms + o.SlopeM*p.slope()
}

// refine adds to the ground what continues it: first from one side, then within the scatter of the ground
// all round.
func refine(g *cells, ground []bool, spacing float64, o Options) []bool {
	for range growRounds {
		ground = g.addIf(ground, o.Threads, func(x, y int) bool { return g.joins(x, y, spacing, ground) })
	}
	for range addRounds - 1 {
		ground = g.addIf(ground, o.Threads, func(x, y int) bool {
			p, ok := g.planeAt(x, y, spacing, ground)
			if !ok {
				return false
			}
			t := o.tolerance(p)
			return -p.a <= t && p.a <= belowFactor*t
		})
	}
	return ground
}

// planeAt is the plane through the ground around the point of a cell, without that point.
func (g *cells) planeAt(x, y int, spacing float64, ground []bool) (plane, bool) {
	var m moments
	g.around(x, y, planeReach*spacing, ground, m.add)
	return m.fit(roundPoints)
}

// addIf is ground with the known cells that pass; the test reads the old ground only.
func (g *cells) addIf(ground []bool, threads int, pass func(x, y int) bool) []bool {
	next := append([]bool(nil), ground...)
	each(g.h, threads, func() func(y int) {
		return func(y int) {
			for x := range g.w {
				if i := y*g.w + x; !ground[i] && !isNaN(g.z[i]) && pass(x, y) {
					next[i] = true
				}
			}
		}
	})
	return next
}
