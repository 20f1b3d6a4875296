package wind

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"upwind"
	"upwind/tracing/plane"
)

// Grid is a gridded field of u and v at 10 m above ground on longitudes and latitudes: value (i, j) lies at
// Lon0 + i DLon, Lat0 + j DLat, index j NX + i, from south-west on; NaN where there is none.
type Grid struct {
	Name                   string // file, as the user knows it
	Lon0, Lat0, DLon, DLat float64
	NX, NY                 int
	Times                  []time.Time // valid times, rising
	U, V                   [][]float32 // m/s by time, towards true east and north
}

// maxGridGapS is how far two times of a grid may lie apart: forecasts come by 1, 3 or 6 hours.
const maxGridGapS = 6.5 * 3600

func (g Grid) stepS() float64 {
	if len(g.Times) < 2 {
		return 3600
	}
	return min(g.Times[1].Sub(g.Times[0]).Seconds(), maxGridGapS)
}

func (g Grid) check() error {
	bad := func(what string) error {
		return upwind.Refuse(g.Name, "", what, "hand in u and v at 10 m on one grid, by time")
	}
	switch {
	case g.NX < 2 || g.NY < 2 || !(g.DLon > 0) || !(g.DLat > 0) || !finite(g.Lon0, g.Lat0, g.DLon, g.DLat):
		return bad("its grid has no cells")
	case len(g.Times) == 0 || len(g.U) != len(g.Times) || len(g.V) != len(g.Times):
		return bad("its times and fields do not match")
	}
	for i := range g.Times {
		if len(g.U[i]) != g.NX*g.NY || len(g.V[i]) != g.NX*g.NY {
			return bad("a field has not the size of the grid")
		}
		if i > 0 && !g.Times[i].After(g.Times[i-1]) {
			return bad("its times are not in order")
		}
	}
	return nil
}

// usableGrids are those that cover the box and some of the span, the finest first.
func usableGrids(grids []Grid, pl plane.Plane, box plane.Box, from, to time.Time) ([]Grid, error) {
	var kept []Grid
	for _, g := range grids {
		if err := g.check(); err != nil {
			return nil, err
		}
		last := g.Times[len(g.Times)-1]
		if unix(g.Times[0])-holdS > unix(to) || unix(last)+holdS < unix(from) {
			continue
		}
		inside := true
		for _, p := range corners(box) {
			lon, lat := pl.LonLat(p)
			x, y := g.cell(lon, lat)
			inside = inside && x >= 0 && y >= 0 && x <= float64(g.NX-1)+g.wraps() && y <= float64(g.NY-1)
		}
		if inside {
			kept = append(kept, g)
		}
	}
	if len(grids) > 0 && len(kept) == 0 {
		return nil, upwind.Refuse(grids[0].Name, "", fmt.Sprintf("the wind field does not cover the place and the time, %s to %s",
			from.UTC().Format(time.RFC3339), to.UTC().Format(time.RFC3339)), "hand in a field that does")
	}
	slices.SortStableFunc(kept, func(a, b Grid) int { return cmp.Compare(a.DLat, b.DLat) })
	return kept, nil
}

func corners(b plane.Box) []plane.Point {
	return []plane.Point{{X: b.X0, Y: b.Y0}, {X: b.X1, Y: b.Y0}, {X: b.X0, Y: b.Y1}, {X: b.X1, Y: b.Y1}}
}

// cell is the place in columns and rows, the column counted eastwards from Lon0 in one turn.
func (g Grid) cell(lon, lat float64) (x, y float64) {
	const slack = 1e-9
	turn := math.Mod(lon-g.Lon0+720, 360)
	if turn > 360-slack {
		turn = 0
	}
	return turn / g.DLon, (lat - g.Lat0) / g.DLat
}

// wraps is 1 when the last column's neighbour is the first.
func (g Grid) wraps() float64 {
	if math.Abs(float64(g.NX)*g.DLon-360) < g.DLon/2 {
		return 1
	}
	return 0
}

// at is bilinear in space at time index k; NaN beyond the grid.
func (g Grid) at(lon, lat float64, k int) (u, v float64) {
	x, y := g.cell(lon, lat)
	i, j := int(x), int(y)
	if x < 0 || y < 0 || float64(i) > float64(g.NX-1)-1+g.wraps() && x > float64(g.NX-1) || y > float64(g.NY-1) {
		return math.NaN(), math.NaN()
	}
	j = min(j, g.NY-2)
	wx, wy := x-float64(i), y-float64(j)
	i2 := i + 1
	if i2 >= g.NX {
		i2 = 0
		if g.wraps() == 0 {
			i, i2, wx = g.NX-2, g.NX-1, 1
		}
	}
	mix := func(f []float32) float64 {
		a, b := float64(f[j*g.NX+i]), float64(f[j*g.NX+i2])
		c, d := float64(f[(j+1)*g.NX+i]), float64(f[(j+1)*g.NX+i2])
		return (a*(1-wx)+b*wx)*(1-wy) + (c*(1-wx)+d*wx)*wy
	}
	return mix(g.U[k]), mix(g.V[k])
}

// firstGuess is the grids on the plane and the clock of a field.
type firstGuess struct {
	grids   []Grid
	times   [][]float64
	pl      plane.Plane
	covered []bool
}

func newFirstGuess(grids []Grid, pl plane.Plane, f *Field) *firstGuess {
	g := &firstGuess{grids: grids, pl: pl, covered: make([]bool, f.knots)}
	for _, x := range grids {
		var t []float64
		for _, at := range x.Times {
			t = append(t, unix(at))
		}
		g.times = append(g.times, t)
	}
	if len(grids) == 0 {
		return g
	}
	for k := range g.covered {
		g.covered[k] = true
		for n := 0; n < f.nx*f.ny && g.covered[k]; n++ {
			u, v, ok := g.at(f.node(n), f.time(k))
			g.covered[k] = ok && finite(u, v)
		}
	}
	return g
}

// covers reports whether the first guess at a knot is a grid.
func (g *firstGuess) covers(k int) bool { return g.covered[k] }

// at is the finest grid that knows the place and the time.
func (g *firstGuess) at(p plane.Point, t float64) (u, v float64, ok bool) {
	lon, lat := g.pl.LonLat(p)
	for i, x := range g.grids {
		k, wt, in := between(g.times[i], t)
		if !in {
			continue
		}
		u, v = x.at(lon, lat, k)
		if wt > 0 {
			u2, v2 := x.at(lon, lat, k+1)
			u, v = u+(u2-u)*wt, v+(v2-v)*wt
		}
		if finite(u, v) {
			return u, v, true
		}
	}
	return math.NaN(), math.NaN(), false
}

// gap is the time to the nearest time of a grid beyond its span.
func (g *firstGuess) gap(t float64) float64 {
	gap := math.Inf(1)
	for _, ts := range g.times {
		gap = min(gap, max(ts[0]-t, t-ts[len(ts)-1], 0))
	}
	return gap
}

// between finds the interval of rising times that holds t, with the weight of its end; before the first and
// after the last the border holds for 3 h.
func between(ts []float64, t float64) (k int, wt float64, ok bool) {
	n := len(ts)
	switch {
	case t <= ts[0]:
		return 0, 0, ts[0]-t <= holdS
	case t >= ts[n-1]:
		return n - 1, 0, t-ts[n-1] <= holdS
	}
	k, found := slices.BinarySearch(ts, t)
	if found {
		return k, 0, true
	}
	k--
	if ts[k+1]-ts[k] > maxGridGapS {
		return k, 0, t-ts[k] <= holdS
	}
	return k, (t - ts[k]) / (ts[k+1] - ts[k]), true
}
