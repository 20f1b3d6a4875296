package terrain

import (
	"context"
	"math"

	"upwind"
	"upwind/lidar/las"
)

// means gathers the first returns of every cell.
type means struct {
	n        []uint32
	sum, top []float32 // heights above base
	base     float32
}

// MeanSurface is the mean height of the first returns of every cell: unlike [DSM] it is not lifted by slopes and
// noise, so volumes between two of them are right. Options and errors are those of DSM.
func MeanSurface[S Source](ctx context.Context, files []S, f Frame, o Options, so SurfaceOptions, progress func(done, total int)) (*Grid, error) {
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
	size := f.W * f.H
	m := means{n: make([]uint32, size), sum: make([]float32, size), top: make([]float32, size), base: nan32}
	for k, s := range files {
		err := scan(ctx, s, func(_ int64, p *las.Point) {
			x, y := f.Cell(p.X, p.Y)
			if p.Withheld || p.Return > 1 || p.Class == las.ClassLowNoise || p.Class == las.ClassHighNoise ||
				!(x >= 0 && y >= 0 && x < float64(f.W) && y < float64(f.H)) || !(math.Abs(p.Z*o.ZUnitM) < maxReliefM) {
				return
			}
			m.put(int(y)*f.W+int(x), float32(p.Z*o.ZUnitM))
		})
		if err != nil {
			return nil, err
		}
		progress((k+1)*ProgressTotal/len(files), ProgressTotal)
	}
	g := &Grid{Frame: f, Z: m.heights(float32(so.SpikeM)), Sigma: make([]float32, size)}
	g.fill(so.ReachM, o.Threads)
	return g, ctx.Err()
}

func (m *means) put(i int, z float32) {
	if isNaN(m.base) {
		m.base = z
	}
	z -= m.base
	if m.n[i] == 0 || z > m.top[i] {
		m.top[i] = z
	}
	m.n[i]++
	m.sum[i] += z
}

// heights are the means, without a highest return that stands alone by more than spike.
func (m *means) heights(spike float32) []float32 {
	out := make([]float32, len(m.n))
	for i, n := range m.n {
		switch {
		case n == 0:
			out[i] = nan32
			continue
		case n == 1:
			out[i] = m.sum[i]
		default:
			if out[i] = m.sum[i] / float32(n); m.top[i]-(m.sum[i]-m.top[i])/float32(n-1) > spike {
				out[i] = (m.sum[i] - m.top[i]) / float32(n-1)
			}
		}
		out[i] += m.base
	}
	return out
}
