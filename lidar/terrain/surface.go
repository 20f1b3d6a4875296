package terrain

import (
	"context"
	"math"

	"upwind"
	"upwind/lidar/las"
)

// FrameOf is the frame [Ground] lays over a survey; its W is 0 when there is no point with a place.
func FrameOf[S Source](ctx context.Context, files []S, o Options) (Frame, error) {
	o = o.withDefaults()
	boxes, err := extents(ctx, files, o, false)
	if err != nil {
		return Frame{}, err
	}
	var points int64
	for _, f := range files {
		points += f.Count()
	}
	frame, _, _, err := layOut(boxes, points, o)
	return frame, err
}

// DSM is the surface seen from above: the highest first return of every cell, one reading of the files. A
// height that nothing in or around its cell comes near is taken for a bird. Voids up to ReachM wide are
// filled. Repeated points change nothing.
func DSM[S Source](ctx context.Context, files []S, f Frame, o Options, so SurfaceOptions, progress func(done, total int)) (*Grid, error) {
	top := func(n int) surface { return newTops(n) }
	return firstReturns(ctx, files, f, o, so, progress, top)
}

// surface gathers the heights of first returns by cell.
type surface interface {
	put(i int, z float32)
	// heights are those of the cells of a w x h grid, NaN where there is none; spike is what stands alone.
	heights(w, h int, spike float32) []float32
}

// firstReturns reads the files once into a surface and fills its voids.
func firstReturns[S Source](ctx context.Context, files []S, f Frame, o Options, so SurfaceOptions, progress func(done, total int), of func(cells int) surface) (*Grid, error) {
	o = o.withDefaults()
	if so.ReachM == 0 {
		so.ReachM = dsmReachM
	}
	if so.SpikeM <= 0 {
		so.SpikeM = spikeM
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	if f.W <= 0 || f.H <= 0 || f.W > maxGridCells/f.H {
		return nil, upwind.Refuse("surface model", "frame", "the grid has no cell or more than memory holds", "take the frame from FrameOf")
	}
	top := of(f.W * f.H)
	for k, s := range files {
		err := scan(ctx, s, func(_ int64, p *las.Point) {
			if p.Withheld || p.Return > 1 || p.Class == las.ClassLowNoise || p.Class == las.ClassHighNoise {
				return
			}
			x, y := f.Cell(p.X, p.Y)
			if x >= 0 && y >= 0 && x < float64(f.W) && y < float64(f.H) && math.Abs(p.Z*o.ZUnitM) < maxReliefM {
				top.put(int(y)*f.W+int(x), float32(p.Z*o.ZUnitM))
			}
		})
		if err != nil {
			return nil, err
		}
		progress((k+1)*ProgressTotal/len(files), ProgressTotal)
	}
	g := &Grid{Frame: f, Z: top.heights(f.W, f.H, float32(so.SpikeM)), Sigma: make([]float32, f.W*f.H)}
	g.fill(so.ReachM, o.Threads)
	return g, ctx.Err()
}

// tops are the two highest different heights of every cell.
type tops struct{ first, second []float32 }

func newTops(n int) *tops {
	t := &tops{make([]float32, n), make([]float32, n)}
	for i := range n {
		t.first[i], t.second[i] = -inf32, -inf32
	}
	return t
}

func (t *tops) put(i int, z float32) {
	switch {
	case z > t.first[i]:
		t.first[i], t.second[i] = z, t.first[i]
	case z < t.first[i] && z > t.second[i]:
		t.second[i] = z
	}
}

// heights takes the second height where the first stands alone.
func (t *tops) heights(w, h int, spike float32) []float32 {
	out := make([]float32, len(t.first))
	for y := range h {
		for x := range w {
			i := y*w + x
			out[i] = nan32
			if math.IsInf(float64(t.first[i]), -1) {
				continue
			}
			near := t.second[i]
			for Y := max(y-1, 0); Y <= min(y+1, h-1); Y++ {
				for X := max(x-1, 0); X <= min(x+1, w-1); X++ {
					if X != x || Y != y {
						near = max(near, t.first[Y*w+X])
					}
				}
			}
			switch {
			case math.IsInf(float64(near), -1) || t.first[i]-near <= spike:
				out[i] = t.first[i]
			case !math.IsInf(float64(t.second[i]), -1):
				out[i] = t.second[i]
			}
		}
	}
	return out
}

// fill carries the surface reach m into its voids; a negative reach fills all.
func (g *Grid) fill(reach float64, threads int) {
	known := make([]bool, len(g.Z))
	base := nan32
	for i, v := range g.Z {
		if known[i] = !isNaN(v); known[i] && isNaN(base) {
			base = v
		}
	}
	l := &layer{g.W, g.H, g.Z}
	for i := range l.z {
		l.z[i] -= base
	}
	l.inpaint(threads)
	gap := distances(known, g.W, g.H)
	for i := range g.Z {
		g.Z[i] += base
		d := float64(gap[i]) * g.CellM
		g.Sigma[i] = float32(math.Hypot(leastNoise, gapSlope*d))
		if reach >= 0 && d > reach || isNaN(g.Z[i]) {
			g.Z[i], g.Sigma[i] = nan32, nan32
		}
	}
}

// HeightAbove is a surface less the ground on the same frame, void where either is.
func HeightAbove(surface, ground *Grid) (*Grid, error) {
	if surface.Frame != ground.Frame {
		return nil, upwind.Refuse("height above ground", "frame", "the surface and the ground lie on different grids", "make both on the same frame")
	}
	out := NewGrid(surface.Frame)
	for i := range out.Z {
		out.Z[i] = surface.Z[i] - ground.Z[i]
	}
	if surface.Sigma != nil && ground.Sigma != nil {
		out.Sigma = make([]float32, len(out.Z))
		for i := range out.Sigma {
			out.Sigma[i] = float32(math.Hypot(float64(surface.Sigma[i]), float64(ground.Sigma[i])))
		}
	}
	return out, nil
}
