package pile

import "math"

// chooseWindow takes the smallest window whose gradient noise is low enough: sigma/(cell*sqrt(sum x^2)).
func (f *field) chooseWindow() {
	for f.k = 1; f.k < maxSlopeK; f.k++ {
		if f.slopeSigma() <= slopeNoise || float64(f.k+1)*f.cell > maxSlopeM {
			return
		}
	}
}

func (f *field) slopeSigma() float64 {
	return f.sigma / (f.cell * math.Sqrt(sumSquares(f.k)))
}

// sumSquares is the sum of x^2 over a (2k+1) x (2k+1) window.
func sumSquares(k int) float64 {
	s := 0
	for i := 1; i <= k; i++ {
		s += 2 * i * i
	}
	return float64((2*k + 1) * s)
}

// slopes fits a plane to the window of every cell. On a grid the fit is separable: sums down the columns,
// then weighted sums along the row.
func (f *field) slopes() {
	n := len(f.z)
	f.gx, f.gy, f.smooth = make([]float32, n), make([]float32, n), make([]float32, n)
	bands(f.h, func(y0, y1 int) {
		col, colY := make([]float64, f.w), make([]float64, f.w)
		for y := y0; y < y1; y++ {
			f.slopeRow(y, col, colY)
		}
	})
}

func (f *field) slopeRow(y int, col, colY []float64) {
	k, row := f.k, y*f.w
	norm, area := sumSquares(k)*f.cell, float64((2*k+1)*(2*k+1))
	inside := y >= k && y < f.h-k
	if inside {
		for x := range f.w {
			var s, sy float64
			for d := -k; d <= k; d++ {
				v := float64(f.z[row+d*f.w+x])
				s += v
				sy += float64(d) * v
			}
			col[x], colY[x] = s, sy
		}
	}
	for x := range f.w {
		i := row + x
		if !inside || x < k || x >= f.w-k {
			f.gx[i], f.gy[i], f.smooth[i] = nan32, nan32, f.z[i]
			continue
		}
		var s, sx, sy float64
		for d := -k; d <= k; d++ {
			s += col[x+d]
			sx += float64(d) * col[x+d]
			sy += colY[x+d]
		}
		if s != s {
			f.partialSlope(x, y)
			continue
		}
		f.gx[i], f.gy[i], f.smooth[i] = float32(sx/norm), float32(sy/norm), float32(s/area)
	}
}

// partialSlope fits the plane of a window that reaches into the unknown, when two thirds of it are known.
func (f *field) partialSlope(x, y int) {
	i := y*f.w + x
	f.gx[i], f.gy[i], f.smooth[i] = nan32, nan32, f.z[i]
	if f.z[i] != f.z[i] {
		return
	}
	var fit planeFit
	for dy := -f.k; dy <= f.k; dy++ {
		for dx := -f.k; dx <= f.k; dx++ {
			if v := float64(f.z[i+dy*f.w+dx]); v == v {
				fit.add(float64(dx), float64(dy), v, 1)
			}
		}
	}
	if side := float64(2*f.k + 1); fit.n*3 < 2*side*side {
		return
	}
	p, _ := fit.solve(0)
	f.gx[i], f.gy[i], f.smooth[i] = float32(p.GX/f.cell), float32(p.GY/f.cell), float32(p.At(0, 0))
}

// slope is the gradient's length at a cell, relative to a mean gradient; NaN where unknown.
func (f *field) slope(i int, mx, my float64) float64 {
	x, y := float64(f.gx[i])-mx, float64(f.gy[i])-my
	return math.Sqrt(x*x + y*y)
}
