package plume

import "math"

const (
	windowSample = 400 // values that a window's median is taken of, about
	nodesAWindow = 4   // nodes of the mesh along a window
)

// drift takes the slow change of the air over the map out of the residual: the median in windows about a
// mesh of nodes, linear between them (the background mesh of Bertin and Arnouts 1996, Astron. Astrophys.
// Suppl. 117).
func (s *sweep) drift(residual []float64) {
	const spacing = windowM / nodesAWindow
	rows := int(math.Ceil(s.rangeM(s.cells-1)/spacing)) + 1
	drift := make([]float64, rows*s.n()) // at the range of a row, along every ray
	each(rows, func(row int) {
		s.driftRow(residual, float64(row)*spacing, drift[row*s.n():(row+1)*s.n()])
	})
	for i := range s.rays {
		for c := range s.cells {
			j := s.at(i, c)
			x := math.Max(0, s.rangeM(c)) / spacing
			k := min(int(x), rows-2)
			t := x - float64(k)
			d := (1-t)*drift[k*s.n()+i] + t*drift[(k+1)*s.n()+i]
			s.base[j] += d
			residual[j] -= d
		}
	}
}

// driftRow fills the drift along every ray at a range, from nodes a spacing apart.
func (s *sweep) driftRow(residual []float64, r float64, out []float64) {
	arc := r * math.Cos(s.el[0]*math.Pi/180) * math.Pi / 180 // m a deg
	c0 := max(0, int((r-windowM/2-s.firstM)/s.cellM))
	c1 := min(s.cells-1, int((r+windowM/2-s.firstM)/s.cellM))
	nodes := min(s.n(), max(1, int(arc*s.spanDeg()*nodesAWindow/windowM)))
	half := s.n()
	if arc > 0 {
		half = min(half, int(windowM/2/(arc*s.spanDeg()/float64(s.n()))))
	}
	stride := max(1, (c1-c0+1)*min(s.n(), 2*half+1)/windowSample)
	var buf []float64
	value := make([]float64, nodes)
	for k := range nodes {
		centre := s.node(k, nodes)
		buf = buf[:0]
		for d := -half; d <= half && d < s.n()-half; d++ {
			i := int(centre) + d
			if s.wrap {
				i = s.ray(i + s.n())
			} else if i < 0 || i >= s.n() {
				continue
			}
			for c := c0 + (i % stride); c <= c1; c += stride {
				if v := residual[s.at(i, c)]; v == v {
					buf = append(buf, v)
				}
			}
		}
		if len(buf) >= minStratum {
			value[k] = median(buf)
		}
	}
	for i := range out {
		x := float64(i)*float64(nodes)/float64(s.n()) - 0.5
		k := int(math.Floor(x))
		t := x - float64(k)
		a, b := k, k+1
		if s.wrap {
			a, b = (a+nodes)%nodes, b%nodes
		} else {
			a, b = max(0, a), min(nodes-1, b)
		}
		out[i] = (1-t)*value[a] + t*value[b]
	}
}

// node is the ray number at the middle of a node's share of the rays.
func (s *sweep) node(k, nodes int) float64 {
	return (float64(k) + 0.5) * float64(s.n()) / float64(nodes)
}

func (s *sweep) spanDeg() float64 {
	if s.wrap {
		return 360
	}
	sum := 0.0
	for i := range s.rays {
		sum += s.widthDeg(i)
	}
	return sum
}

// driftUpright is [sweep.drift] for a vertical cut: along each layer, in windows of distance.
func (s *sweep) driftUpright(residual []float64) {
	const spacing = windowM / nodesAWindow
	nodes := int(s.rangeM(s.cells-1)/spacing) + 2
	bins := make([][]float64, nodes)
	value := make([]float64, nodes)
	s.byStratum(residual, func(_ int, cells []int32) {
		for k := range bins {
			bins[k] = bins[k][:0]
		}
		flat := func(i int32) float64 {
			ray, c := int(i)/s.cells, int(i)%s.cells
			return s.rangeM(c) * math.Cos(s.el[ray]*math.Pi/180) / spacing
		}
		for _, i := range cells {
			x := flat(i)
			for k := max(0, int(math.Ceil(x-nodesAWindow/2))); k <= min(nodes-1, int(x+nodesAWindow/2)); k++ {
				bins[k] = append(bins[k], residual[i])
			}
		}
		for k := range bins {
			value[k] = 0
			if len(bins[k]) >= 4*minStratum {
				value[k] = median(bins[k])
			}
		}
		for _, i := range cells {
			x := flat(i)
			k := max(0, min(int(x), nodes-2))
			d := value[k] + (x-float64(k))*(value[k+1]-value[k])
			s.base[i] += d
			residual[i] -= d
		}
	})
}
