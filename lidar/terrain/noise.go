package terrain

import "math"

// Noise.
const (
	roughReach     = 2    // cells; windows of 5 by 5
	secondDiffVar  = 1.25 // of a cell less the mean of its four neighbours, in variances of a cell
	longestLag     = 64   // cells
	noCorrelation  = 0.05
	outlierSigmas  = 3
	lagPairs       = 200 // at least, for a lag to count
	leastSigma     = 1e-3
	deviations95   = 1.959963984540054
	falseAlarmRate = 0.05
)

// roughness is the local noise of a grid in m: the root mean square in 5 by 5 cells of a cell less the mean
// of its neighbours, which planes do not show, scaled to the deviation of a cell.
func (g *Grid) roughness() []float32 {
	e2 := make([]float32, len(g.Z))
	for y := range g.H {
		for x := range g.W {
			i := y*g.W + x
			e2[i] = nan32
			if x > 0 && y > 0 && x < g.W-1 && y < g.H-1 {
				e := g.Z[i] - (g.Z[i-1]+g.Z[i+1]+g.Z[i-g.W]+g.Z[i+g.W])/4
				e2[i] = e * e / secondDiffVar
			}
		}
	}
	out := make([]float32, len(g.Z))
	for y := range g.H {
		for x := range g.W {
			var s, n float64
			for Y := max(y-roughReach, 0); Y <= min(y+roughReach, g.H-1); Y++ {
				for X := max(x-roughReach, 0); X <= min(x+roughReach, g.W-1); X++ {
					if v := e2[Y*g.W+X]; !isNaN(v) {
						s, n = s+float64(v), n+1
					}
				}
			}
			out[y*g.W+x] = nan32
			if n > 0 {
				out[y*g.W+x] = float32(math.Sqrt(s / n))
			}
		}
	}
	return out
}

// sigmas is the deviation of each cell of a grid: what it states or its roughness, whichever is more.
func (g *Grid) sigmas() []float32 {
	s := g.roughness()
	for i := range s {
		if g.Sigma != nil && !(s[i] >= g.Sigma[i]) {
			s[i] = g.Sigma[i]
		}
		if !(s[i] >= leastSigma) {
			s[i] = leastSigma
		}
	}
	return s
}

// correlationArea is the integral of the autocorrelation of e over the plane in cells,
//
//	a_c = 1 + sum over lags h of 2 pi h rho(h)
//
// up to the first lag without correlation; 2 pi l^2 for exp(-h/l). A mean over N cells has the variance of
// one cell times a_c/N when N > a_c. Only cells that count enter.
func correlationArea(e []float32, use []bool, w, h int) float64 {
	var s2, n float64
	for i, v := range e {
		if use[i] {
			s2 += float64(v) * float64(v)
			n++
		}
	}
	if n == 0 || s2 == 0 {
		return 1
	}
	area := 1.0
	for lag := 1; lag <= min(longestLag, max(w, h)/3); lag++ {
		var s, k float64
		for y := range h {
			for x := range w {
				i := y*w + x
				if !use[i] {
					continue
				}
				if x+lag < w && use[i+lag] {
					s, k = s+float64(e[i])*float64(e[i+lag]), k+1
				}
				if y+lag < h && use[i+lag*w] {
					s, k = s+float64(e[i])*float64(e[i+lag*w]), k+1
				}
			}
		}
		if k < lagPairs {
			break
		}
		rho := s / k / (s2 / n)
		if rho < noCorrelation {
			break
		}
		area += 2 * math.Pi * float64(lag) * rho
	}
	return area
}
