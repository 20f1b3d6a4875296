package raster

import (
	"context"
	"image"
	"math"
	"slices"
)

// Smoke over land as a satellite sees it, by its spectrum: it scatters blue and green light, and hardly the short-wave infrared, where the ground shows
// through unchanged. So the ground's visible reflectance is predicted from near and short-wave infrared, as the scene itself teaches, and what
// exceeds the prediction is held against what smoke of optical depth t would add,
//
//	dR = t (lambda / 0.55 um)^-a (A - R)
//
// for thin smoke (first order of Koschmieder's law). The depth is the generalised least-squares estimate over the visible bands under the
// covariance that the scene's own residuals have: a matched filter (Theiler and Foy 2006, IEEE GRSL 3; the haze optimised transform of Zhang, Guindon
// and Cihlar 2002 is its relative of two bands). Clouds are bright in the short-wave infrared too.
const (
	depthSide   = 1024 // the longer side in cells, at most
	depthLight  = 0.42 // reflectance of thick smoke, light or brown
	depthExp    = 1.3  // Angstrom exponent of smoke and fine dust (0.8 to 1.8: Reid et al. 2005, ACP 5)
	depthHalf   = 24   // half the window whose clear cells are taken as the local ground, cells
	depthRounds = 6    // of fitting and leaving out what exceeds the fit
	depthTrim   = 2.0  // standard deviations above which a cell is left out of the fit: only smoke and cloud exceed it one-sidedly
)

// depthBands are the visible bands with their wavelengths, um.
var depthBands = []struct {
	role   Role
	lambda float64
}{{Blue, 0.48}, {Green, 0.56}, {Red, 0.66}}

// depthMap is a scene in cells of size pixels.
type depthMap struct {
	w, h, size int
	visible    [3][]float32 // of depthBands
	infrared   [][]float32  // near infrared and the short-wave bands there are
	depth      []float32    // optical depth of smoke over the local ground; NaN where there is no data
	swir       []float32    // change of the last infrared band against the local ground
	rise       []float32    // change of green against the same
	sigma      float64      // of depth, of clear ground
}

// depthOf estimates the optical depth of smoke everywhere.
func depthOf(ctx context.Context, s Scene, progress func(done, total int)) (*depthMap, error) {
	info := s.Info()
	roles := []Role{Blue, Green, Red, NIR, SWIR1}
	if info.Has(SWIR2) {
		roles = append(roles, SWIR2)
	}
	d := &depthMap{size: max(1, (max(info.Width, info.Height)+depthSide-1)/depthSide)}
	d.w, d.h = (info.Width+d.size-1)/d.size, (info.Height+d.size-1)/d.size
	sums, count := make([][]float32, len(roles)), make([]int32, d.w*d.h)
	for b := range sums {
		sums[b] = make([]float32, d.w*d.h)
	}
	err := rolesOf(s, roles...).each(ctx, 0, progress, func(core, _ image.Rectangle, px [][]float32) error {
		if px == nil {
			return nil
		}
		for y := core.Min.Y; y < core.Max.Y; y++ {
			shrinkRow(sums, count, px, (y-core.Min.Y)*core.Dx(), core.Min.X, core.Max.X, y/d.size*d.w, d.size)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	known := 0
	for i, n := range count {
		if n > 0 {
			known++
		}
		for b := range sums {
			sums[b][i] /= float32(n) // NaN where nothing was counted
		}
	}
	if known == 0 {
		return nil, noData(info.Name)
	}
	copy(d.visible[:], sums[:3])
	d.infrared = sums[3:]
	d.estimate()
	return d, nil
}

// features of a cell: what the visible ground is predicted from.
func (d *depthMap) features(i int) (f []float64, ok bool) {
	f = make([]float64, 0, 10)
	f = append(f, 1)
	for _, b := range d.infrared {
		if b[i] != b[i] {
			return nil, false
		}
		f = append(f, float64(b[i]))
	}
	n := len(f)
	for j := 1; j < n; j++ {
		for k := j; k < n; k++ {
			f = append(f, f[j]*f[k])
		}
	}
	return f, true
}

func (d *depthMap) estimate() {
	n := d.w * d.h
	fs := make([][]float64, n)
	for i := range fs {
		fs[i], _ = d.features(i)
	}
	clear := make([]bool, n)
	for i := range clear {
		clear[i] = fs[i] != nil
	}
	residual := [3][]float32{}
	for b := range residual {
		residual[b] = make([]float32, n)
	}
	d.depth = make([]float32, n)
	for range depthRounds {
		for b := range residual {
			c := regress(fs, d.visible[b], clear)
			for i, f := range fs {
				residual[b][i] = nan32
				if f != nil {
					residual[b][i] = d.visible[b][i] - float32(dotOf(c, f))
				}
			}
			local := localMean(residual[b], clear, d.w, d.h)
			for i := range residual[b] {
				residual[b][i] -= local[i]
			}
		}
		d.match(residual, clear)
		middle, sigma := spreadOf(d.depth, clear)
		d.sigma = sigma
		for i, v := range d.depth {
			clear[i] = fs[i] != nil && float64(v) < middle+depthTrim*sigma
		}
	}
	d.rise = change(d.visible[1], clear, d.w, d.h)
	d.swir = change(d.infrared[len(d.infrared)-1], clear, d.w, d.h)
}

// change is by how much each cell differs from the clear ones about it.
func change(v []float32, clear []bool, w, h int) []float32 {
	out := localMean(v, clear, w, h)
	for i := range out {
		out[i] = v[i] - out[i]
	}
	return out
}

// match is the matched filter: the depth that explains the residuals of the visible bands best.
func (d *depthMap) match(residual [3][]float32, clear []bool) {
	var c [3][3]float64
	n := 0.0
	for i, ok := range clear {
		if !ok {
			continue
		}
		n++
		for a := range 3 {
			for b := range 3 {
				c[a][b] += float64(residual[a][i] * residual[b][i])
			}
		}
	}
	for a := range 3 {
		for b := range 3 {
			c[a][b] /= max(n, 1)
		}
		c[a][a] += 1e-6 // noise of a sensor
	}
	inv := inverse3(c)
	for i := range d.depth {
		var sig, e [3]float64
		for b, band := range depthBands {
			e[b] = float64(residual[b][i])
			ground := float64(d.visible[b][i]) - e[b]
			sig[b] = math.Pow(band.lambda/0.55, -depthExp) * max(0.02, depthLight-ground)
		}
		num, den := 0.0, 0.0
		for a := range 3 {
			for b := range 3 {
				num += sig[a] * inv[a][b] * e[b]
				den += sig[a] * inv[a][b] * sig[b]
			}
		}
		d.depth[i] = float32(num / den)
	}
}

// localMean is the mean of the clear cells about each; of all of them where there are none near.
func localMean(v []float32, clear []bool, w, h int) []float32 {
	in := make([]float32, len(v))
	sum, n := 0.0, 0.0
	for i, x := range v {
		if in[i] = nan32; clear[i] && x == x {
			in[i] = x
			sum, n = sum+float64(x), n+1
		}
	}
	out := BoxMean(in, w, h, depthHalf)
	for i, x := range out {
		if x != x {
			out[i] = float32(sum / max(n, 1))
		}
	}
	return out
}

// spreadOf is the median and the standard deviation by the median deviation of values that count.
func spreadOf(v []float32, count []bool) (median, sigma float64) {
	s := make([]float64, 0, len(v))
	for i, x := range v {
		if count[i] && x == x {
			s = append(s, float64(x))
		}
	}
	if len(s) == 0 {
		return 0, 0
	}
	slices.Sort(s)
	median = s[len(s)/2]
	for i := range s {
		s[i] = math.Abs(s[i] - median)
	}
	slices.Sort(s)
	return median, 1.4826 * s[len(s)/2]
}

// regress is the least-squares fit of values on features over the rows that count.
func regress(fs [][]float64, v []float32, count []bool) []float64 {
	k := 0
	for i := range fs {
		if fs[i] != nil {
			k = len(fs[i])
			break
		}
	}
	a := make([][]float64, k)
	for i := range a {
		a[i] = make([]float64, k+1)
		a[i][i] = 1e-9
	}
	for i, f := range fs {
		if !count[i] || v[i] != v[i] {
			continue
		}
		for p, x := range f {
			row := a[p]
			for q := p; q < k; q++ {
				row[q] += x * f[q]
			}
			row[k] += x * float64(v[i])
		}
	}
	for p := range a {
		for q := range p {
			a[p][q] = a[q][p]
		}
	}
	return solve(a)
}

// solve is Gauss's elimination with pivots; the right side stands in the last column.
func solve(a [][]float64) []float64 {
	n := len(a)
	for c := range n {
		p := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[p][c]) {
				p = r
			}
		}
		a[c], a[p] = a[p], a[c]
		for r := range n {
			if r == c || a[c][c] == 0 {
				continue
			}
			f := a[r][c] / a[c][c]
			for q := c; q <= n; q++ {
				a[r][q] -= f * a[c][q]
			}
		}
	}
	out := make([]float64, n)
	for i := range out {
		if a[i][i] != 0 {
			out[i] = a[i][n] / a[i][i]
		}
	}
	return out
}

func inverse3(m [3][3]float64) (out [3][3]float64) {
	for c := range 3 {
		a := make([][]float64, 3)
		for r := range a {
			a[r] = append(append([]float64{}, m[r][:]...), 0)
		}
		a[c][3] = 1
		for r, v := range solve(a) {
			out[r][c] = v
		}
	}
	return out
}

func dotOf(a, b []float64) float64 {
	s := 0.0
	for i, x := range a {
		s += x * b[i]
	}
	return s
}
