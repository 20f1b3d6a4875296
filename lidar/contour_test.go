package lidar

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"
)

func maskOf(rows ...string) *mask {
	m := &mask{w: len(rows[0]), h: len(rows)}
	for _, r := range rows {
		for _, c := range r {
			m.v = append(m.v, map[rune]uint8{'.': classNo, '#': classYes, '?': classClose, ' ': classVoid}[c])
		}
	}
	return m
}

func (m *mask) String() string {
	out := ""
	for i, v := range m.v {
		if i > 0 && i%m.w == 0 {
			out += "\n"
		}
		out += string(".#? "[v])
	}
	return out
}

func isYes(v uint8) bool { return v == classYes }

func TestMask(t *testing.T) {
	m := maskOf(
		"..........",
		".#####..#.",
		".#.###..#.",
		".#####..#.",
		".###?####.",
		".#####....",
	)
	_, regions := m.label(isYes)
	require.Len(t, regions, 1)
	m.fillHoles(1)
	m.open()
	require.Equal(t, maskOf(
		"..........",
		".#####..?.",
		".#####..?.",
		".#####..?.",
		".#####???.",
		".#####....",
	).String(), m.String())
}

// TestContour checks areas, holes, and that cells that touch at a corner are apart.
func TestContour(t *testing.T) {
	m := maskOf(
		"##....",
		"##....",
		"..####",
		"..#..#",
		"..#..#",
		"..####",
	)
	labels, regions := m.label(isYes)
	require.Len(t, regions, 2)
	p, n := contour(labels, m.w, m.h, regions[0])
	require.Len(t, p, 1)
	require.Equal(t, 8, n)
	require.InDelta(t, 4-4*0.125, ringArea(p[0]), 1e-12)
	p, n = contour(labels, m.w, m.h, regions[1])
	require.Len(t, p, 2)
	require.Equal(t, 16, n)
	require.InDelta(t, 16-4*0.125, ringArea(p[0]), 1e-12)
	require.InDelta(t, -(4 - 4*0.125), ringArea(p[1]), 1e-12, "holes run clockwise")
}

// TestContoursNeverCross draws ragged regions: closed rings of the right turn, no two segments of a region
// crossing before or after they are simplified, and the area of the cells.
func TestContoursNeverCross(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 9))
		m := &mask{w: 30, h: 24, v: make([]uint8, 30*24)}
		for i := range m.v {
			if rng.Float64() < 0.45+0.02*float64(seed) {
				m.v[i] = classYes
			}
		}
		labels, regions := m.label(isYes)
		for _, r := range regions {
			p, _ := contour(labels, m.w, m.h, r)
			for k, rings := range []orb.Polygon{p, simplified(p)} {
				area := 0.0
				for i, ring := range rings {
					require.Equal(t, ring[0], ring[len(ring)-1])
					a := ringArea(ring)
					require.Equal(t, i == 0, a > 0)
					area += a
				}
				if k == 0 {
					// Each corner of the cells' own outline is cut by an eighth of a cell.
					require.LessOrEqual(t, math.Abs(area-float64(r.n)), 0.125*float64(corners(rings)))
				}
				require.False(t, crosses(rings), "seed %d, region %d", seed, r.label)
			}
		}
	}
}

func corners(p orb.Polygon) (n int) {
	for _, r := range p {
		n += len(r)
	}
	return n
}

// crosses reports whether two segments that share no end touch.
func crosses(p orb.Polygon) bool {
	type segment [2]orb.Point
	var all []segment
	for _, r := range p {
		for i := 1; i < len(r); i++ {
			all = append(all, segment{r[i-1], r[i]})
		}
	}
	side := func(a, b, c orb.Point) float64 { return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0]) }
	for i, s := range all {
		for _, q := range all[:i] {
			if s[0] == q[0] || s[0] == q[1] || s[1] == q[0] || s[1] == q[1] {
				continue
			}
			if !(orb.MultiPoint{s[0], s[1]}).Bound().Intersects(orb.MultiPoint{q[0], q[1]}.Bound()) {
				continue // also those on one line
			}
			if side(s[0], s[1], q[0])*side(s[0], s[1], q[1]) <= 0 && side(q[0], q[1], s[0])*side(q[0], q[1], s[1]) <= 0 {
				return true
			}
		}
	}
	return false
}
