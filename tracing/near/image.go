package near

import (
	"math"
	"sync"

	"upwind/tracing/invert"
	"upwind/tracing/plane"
	"upwind/tracing/plume"
)

// lattice is a grid of square cells; cell i has its centre at (x0 + (i%nx) cell, y0 + (i/nx) cell).
type lattice struct {
	x0, y0, cell float64
	nx, ny       int
}

func newLattice(b plane.Box, cell float64) lattice {
	g := lattice{cell: cell, nx: int(math.Ceil(b.Width()/cell)) + 1, ny: int(math.Ceil(b.Height()/cell)) + 1}
	g.x0 = (b.X0+b.X1)/2 - float64(g.nx-1)*cell/2
	g.y0 = (b.Y0+b.Y1)/2 - float64(g.ny-1)*cell/2
	return g
}

func (g lattice) size() int { return g.nx * g.ny }

func (g lattice) centre(i int) plane.Point {
	return plane.Point{X: g.x0 + float64(i%g.nx)*g.cell, Y: g.y0 + float64(i/g.nx)*g.cell}
}

func (g lattice) box() plane.Box {
	return plane.Box{X0: g.x0, Y0: g.y0, X1: g.x0 + float64(g.nx-1)*g.cell, Y1: g.y0 + float64(g.ny-1)*g.cell}
}

// field is where footprints are wanted: the cells of a lattice, then single spots.
type field struct {
	lattice
	spots []spot
}

// spot is a listed site, or a source already found.
type spot struct {
	plane.Point
	varianceM2 float64
}

func (f *field) places() int { return f.size() + len(f.spots) }

// at is where a place is.
func (f *field) at(place int) plane.Point {
	if n := f.size(); place >= n {
		return f.spots[place-n].Point
	}
	return f.centre(place)
}

// reachM is the longest way from a sensor to a place.
func (f *field) reachM(n *network) float64 {
	b := f.box()
	corners := []plane.Point{{X: b.X0, Y: b.Y0}, {X: b.X1, Y: b.Y0}, {X: b.X0, Y: b.Y1}, {X: b.X1, Y: b.Y1}}
	for _, s := range f.spots {
		corners = append(corners, s.Point)
	}
	far := 0.0
	for _, s := range n.sensors {
		for _, p := range s.points {
			for _, c := range corners {
				far = max(far, math.Abs(c.X-p.X), math.Abs(c.Y-p.Y))
			}
		}
	}
	return far
}

// spread is the shape of a site's area: five equal parts, each sqrt(5/4) sd out on an axis, and one in the middle,
// have its variance.
var spread = [5]plane.Point{{}, {X: 1}, {X: -1}, {Y: 1}, {Y: -1}}

const spreadSDs = 1.5811388300841898 // sqrt(5/2): two of five parts on each axis

// addImage adds what the image, seen from p, says of all places.
func addImage(h []float64, im *plume.Image, f *field, p plane.Point, share float64) {
	fx, fy := (f.x0-p.X)/im.CellM+float64(im.N), (f.y0-p.Y)/im.CellM+float64(im.N)
	i0, j0 := int(math.Floor(fx)), int(math.Floor(fy))
	fx, fy = fx-float64(i0), fy-float64(j0)
	a, b, c, d := share*(1-fx)*(1-fy), share*fx*(1-fy), share*(1-fx)*fy, share*fx*fy
	side := 2*im.N + 1
	for j := range f.ny {
		lo, hi := im.H[(j0+j)*side+i0:], im.H[(j0+j+1)*side+i0:]
		out := h[j*f.nx : (j+1)*f.nx]
		lo, hi = lo[:len(out)+1], hi[:len(out)+1]
		for i := range out {
			out[i] += a*lo[i] + b*lo[i+1] + c*hi[i] + d*hi[i+1]
		}
	}
	for i, s := range f.spots {
		if s.varianceM2 <= 0 {
			h[f.size()+i] += share * im.At(s.X-p.X, s.Y-p.Y)
			continue
		}
		sd := spreadSDs * math.Sqrt(s.varianceM2)
		for _, o := range spread {
			h[f.size()+i] += share / float64(len(spread)) * im.At(s.X+o.X*sd-p.X, s.Y+o.Y*sd-p.Y)
		}
	}
}

// nothing marks a place that a row does not see.
const nothing = math.MinInt16

func quantise(h []float64) []int16 {
	out := make([]int16, len(h))
	for i, v := range h {
		out[i] = nothing
		if v > 1e-30 {
			out[i] = int16(math.Round(math.Log(v) / invert.TableStep))
		}
	}
	return out
}

// sourceHeights are the heights of a source that have tables, m.
var sourceHeights = []float64{0.3, 0.6, 1, 1.6, 2.5, 4, 6, 10, 20, 40}

// kernels keeps the vertical tables of the process: they depend on heights alone, cost milliseconds each, and the
// same few serve every event.
var kernels struct {
	mu    sync.Mutex
	known map[[2]float64]*plume.Tables
}

const maxKernels = 256 // pairs of heights kept

// tablesOf gives the tables of a receptor height, rounded to 5 %, and a source height.
func tablesOf(receptorM, sourceM float64) *plume.Tables {
	const step = 0.05
	receptorM = math.Exp(math.Round(math.Log(max(receptorM, 0.2))/step) * step)
	key := [2]float64{receptorM, sourceM}
	kernels.mu.Lock()
	defer kernels.mu.Unlock()
	if t := kernels.known[key]; t != nil {
		return t
	}
	if kernels.known == nil || len(kernels.known) >= maxKernels {
		kernels.known = map[[2]float64]*plume.Tables{}
	}
	t := plume.NewTables(receptorM, sourceM)
	kernels.known[key] = t
	return t
}
