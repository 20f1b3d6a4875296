package terrain

import "context"

// means gathers the first returns of every cell.
type means struct {
	n        []uint32
	sum, top []float32 // heights above base
	base     float32
}

// MeanSurface is the mean height of the first returns of every cell: unlike [DSM] it is not lifted by slopes and
// noise, so volumes between two of them are right. Options and errors are those of DSM.
func MeanSurface[S Source](ctx context.Context, files []S, f Frame, o Options, so SurfaceOptions, progress func(done, total int)) (*Grid, error) {
	mean := func(n int) surface {
		return &means{n: make([]uint32, n), sum: make([]float32, n), top: make([]float32, n), base: nan32}
	}
	return firstReturns(ctx, files, f, o, so, progress, mean)
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
func (m *means) heights(_, _ int, spike float32) []float32 {
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
