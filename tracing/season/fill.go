package season

import (
	"cmp"
	"math"
	"slices"
)

// fill counts, weighs and draws.
func (m *Map) fill(trajectories []Trajectory, values, times []float64, opt MapOptions) {
	block, blocks := opt.Bootstrap.blocks(times)
	by := make([][]crossing, blocks)
	members := make([][]int, blocks)
	for k, b := range block {
		members[b] = append(members[b], k)
	}
	for b := range by {
		by[b] = m.crossings(trajectories, values, members[b], opt)
	}
	size := m.NX * m.NY
	sum, inBlocks := make([]crossing, size), make([]int, size)
	for _, cs := range by {
		for _, c := range cs {
			add(&sum[c.cell], c, 1)
			inBlocks[c.cell]++
		}
	}
	weight := m.weigh(sum, opt)
	draws := m.resample(by, sum, opt)
	base := 0.0
	if m.Statistic == CWT {
		all := crossing{n: float64(len(values))}
		for _, v := range values {
			all.c += v
		}
		base = m.statistic(all, opt)
	}
	m.Value, m.Lo95, m.Hi95 = make([]float64, size), make([]float64, size), make([]float64, size)
	m.Points, m.Crossed = make([]int, size), make([]int, size)
	for cell, c := range sum {
		m.Points[cell], m.Crossed[cell] = int(c.n), c.crossed
		m.Value[cell], m.Lo95[cell], m.Hi95[cell] = math.NaN(), math.NaN(), math.NaN()
		if c.crossed < opt.Least {
			continue
		}
		e, w := estimate(m.statistic(c, opt), draws[cell]), weight[cell]
		if m.Statistic == PSCF {
			e = share(c.m, c.n, inBlocks[cell], draws[cell])
		}
		m.Value[cell], m.Lo95[cell], m.Hi95[cell] = base+w*(e.Value-base), base+w*(e.Lo95-base), base+w*(e.Hi95-base)
		m.Top = append(m.Top, cell)
	}
	slices.SortStableFunc(m.Top, func(a, b int) int { return cmp.Compare(m.Value[b], m.Value[a]) })
}

// resample draws the statistic of the cells that enough trajectories crossed.
func (m *Map) resample(by [][]crossing, sum []crossing, opt MapOptions) [][]float64 {
	size := len(sum)
	draws := make([][]float64, size)
	scratch := make([]crossing, size)
	opt.Bootstrap.draw(len(by), func(drawn []int) {
		clear(scratch)
		for b, n := range drawn {
			if n == 0 {
				continue
			}
			for _, c := range by[b] {
				add(&scratch[c.cell], c, float64(n))
			}
		}
		for cell, c := range scratch {
			if sum[cell].crossed >= opt.Least && c.n > 0 {
				draws[cell] = append(draws[cell], m.statistic(c, opt))
			}
		}
	})
	return draws
}

// crossings are what the trajectories of one block leave, by cell.
func (m *Map) crossings(trajectories []Trajectory, values []float64, members []int, opt MapOptions) []crossing {
	at := map[int]*crossing{}
	bad := m.Threshold
	if opt.LogMean {
		bad = math.Log(m.Threshold)
	}
	for _, k := range members {
		seen := map[int]bool{}
		for _, p := range trajectories[k].Points {
			cell := m.cellOf(p.Lon, p.Lat)
			if cell < 0 {
				continue
			}
			c := at[cell]
			if c == nil {
				c = &crossing{cell: cell}
				at[cell] = c
			}
			c.n++
			c.c += values[k]
			if values[k] >= bad {
				c.m++
			}
			if !seen[cell] {
				seen[cell] = true
				c.crossed++
			}
		}
	}
	out := make([]crossing, 0, len(at))
	for _, c := range at {
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b crossing) int { return cmp.Compare(a.cell, b.cell) })
	return out
}

func add(to *crossing, c crossing, times float64) {
	to.n += times * c.n
	to.m += times * c.m
	to.c += times * c.c
	to.crossed += c.crossed
}

func (m *Map) statistic(c crossing, opt MapOptions) float64 {
	switch {
	case m.Statistic == PSCF:
		return c.m / c.n
	case opt.LogMean:
		return math.Exp(c.c / c.n)
	}
	return c.c / c.n
}

// weigh is W by cell.
func (m *Map) weigh(sum []crossing, opt MapOptions) []float64 {
	total, cells := 0.0, 0.0
	for _, c := range sum {
		if c.n > 0 {
			total += c.n
			cells++
		}
	}
	w := make([]float64, len(sum))
	for i, c := range sum {
		w[i] = 1
		if opt.NoWeight || cells == 0 {
			continue
		}
		for _, s := range weights {
			if c.n > s.above*total/cells {
				w[i] = s.weight
				break
			}
		}
	}
	return w
}
