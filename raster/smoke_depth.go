package raster

import (
	"context"
	"image"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
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
	depthGSDM   = 10.0 // finer pixels are averaged to cells of about this
	depthTile   = 768  // cells: the side of what is looked at together, with depthMargin about it
	depthMargin = 128  // cells: plumes are shorter
	depthSample = 1 << 16
	depthLight  = 0.42 // reflectance of thick smoke, light or brown
	depthExp    = 1.3  // Angstrom exponent of smoke and fine dust (0.8 to 1.8: Reid et al. 2005, ACP 5)
	depthHalf   = 24   // half the window whose clear cells are taken as the local ground, cells
	depthRounds = 5    // of fitting and leaving out what exceeds the fit
	depthTrim   = 2.0  // standard deviations above which a cell is left out of the fit: only smoke and cloud exceed it one-sidedly
)

// depthBands are the visible bands with their wavelengths, um.
var depthBands = []struct {
	role   Role
	lambda float64
}{{Blue, 0.48}, {Green, 0.56}, {Red, 0.66}}

// depthMap is a part of a scene in cells.
type depthMap struct {
	w, h     int
	visible  [3][]float32 // of depthBands
	infrared [][]float32  // near infrared and the short-wave bands there are
	depth    []float32    // optical depth of smoke over the local ground; NaN where there is no data
	swir     []float32    // change of the last infrared band against the local ground
	rise     []float32    // change of green against the same
	sigma    float64      // of depth, of clear ground
	scratch  []float64
}

// depthSize is how many pixels wide a cell is.
func depthSize(i Info) int {
	if i.GSDM <= 0 {
		return 1
	}
	return max(1, int(math.Round(depthGSDM/i.GSDM)))
}

// depthOf estimates the optical depth of smoke in a rectangle of cells of size pixels; nil where nothing is known.
func depthOf(ctx context.Context, s Scene, cells image.Rectangle, size int) (*depthMap, error) {
	info := s.Info()
	roles := []Role{Blue, Green, Red, NIR, SWIR1}
	if info.Has(SWIR2) {
		roles = append(roles, SWIR2)
	}
	src, d := rolesOf(s, roles...), &depthMap{w: cells.Dx(), h: cells.Dy()}
	sums, count, px := make([][]float32, len(roles)), make([]int32, d.w*d.h), make([][]float32, len(roles))
	for b := range sums {
		sums[b] = make([]float32, d.w*d.h)
	}
	rows := max(1, 64/size) // of cells that are read at once
	for y := 0; y < d.h; y += rows {
		win := image.Rect(cells.Min.X*size, (cells.Min.Y+y)*size, cells.Max.X*size, (cells.Min.Y+min(y+rows, d.h))*size).Intersect(info.Bounds())
		if src.empty(win) {
			continue
		}
		for b := range px {
			px[b] = resized(px[b], win.Dx()*win.Dy())
		}
		if err := src.read(ctx, win, px); err != nil {
			return nil, err
		}
		for v := range win.Dy() {
			shrinkRow(sums, count, px, v*win.Dx(), 0, win.Dx(), (y+v/size)*d.w, size)
		}
	}
	known := false
	for i, n := range count {
		known = known || n > 0
		for b := range sums {
			sums[b][i] /= float32(n) // NaN where nothing was counted
		}
	}
	if !known {
		return nil, nil
	}
	copy(d.visible[:], sums[:3])
	d.infrared = sums[3:]
	d.estimate()
	return d, nil
}

// features of a cell are what the visible ground is predicted from: the infrared bands and their products. The slice is used again.
func (d *depthMap) features(i int) []float64 {
	f := append(d.scratch[:0], 1)
	for _, b := range d.infrared {
		f = append(f, float64(b[i]))
	}
	n := len(f)
	for j := 1; j < n; j++ {
		for k := j; k < n; k++ {
			f = append(f, f[j]*f[k])
		}
	}
	d.scratch = f
	return f
}

func (d *depthMap) estimate() {
	n := d.w * d.h
	known, clear := make([]bool, n), make([]bool, n)
	for i := range known {
		known[i] = d.visible[0][i] == d.visible[0][i] // a cell counts only where all bands are known
		clear[i] = known[i]
	}
	residual := [3][]float32{}
	for b := range residual {
		residual[b] = make([]float32, n)
	}
	d.depth = make([]float32, n)
	for range depthRounds {
		c := d.regress(clear)
		for i := range known {
			f := d.features(i)
			for b := range residual {
				residual[b][i] = nan32
				if known[i] {
					residual[b][i] = d.visible[b][i] - float32(dotOf(c[b], f))
				}
			}
		}
		for b := range residual {
			residual[b] = change(residual[b], clear, d.w, d.h)
		}
		d.match(residual, clear)
		middle, sigma := spreadOf(d.depth, clear)
		d.sigma = sigma
		for i, v := range d.depth {
			clear[i] = known[i] && float64(v) < middle+depthTrim*sigma
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
	var sums [3][3]float64
	n := 0.0
	for i, ok := range clear {
		if !ok {
			continue
		}
		n++
		for a := range 3 {
			for b := range 3 {
				sums[a][b] += float64(residual[a][i] * residual[b][i])
			}
		}
	}
	spread := mat.NewDense(3, 3, nil)
	for a := range 3 {
		for b := range 3 {
			spread.Set(a, b, sums[a][b]/max(n, 1))
		}
		spread.Set(a, a, spread.At(a, a)+1e-6) // noise of a sensor
	}
	var inverse mat.Dense
	_ = inverse.Inverse(spread) // the noise keeps it regular
	var inv [3][3]float64
	for a := range 3 {
		for b := range 3 {
			inv[a][b] = inverse.At(a, b)
		}
	}
	var law [3]float64
	for b, band := range depthBands {
		law[b] = math.Pow(band.lambda/0.55, -depthExp)
	}
	for i := range d.depth {
		var sig, e [3]float64
		for b := range law {
			e[b] = float64(residual[b][i])
			ground := float64(d.visible[b][i]) - e[b]
			sig[b] = law[b] * max(0.02, depthLight-ground)
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

// spreadOf is the median and the standard deviation by the median deviation of values that count, of every so manieth where they are many.
func spreadOf(v []float32, count []bool) (median, sigma float64) {
	step := len(v)/depthSample + 1
	s := make([]float64, 0, len(v)/step+1)
	for i := 0; i < len(v); i += step {
		if x := v[i]; count[i] && x == x {
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

// regress is the least-squares fit of each visible band on the features, over a lattice of the cells that count.
func (d *depthMap) regress(count []bool) (out [3][]float64) {
	step := 1
	for d.w*d.h/(step*step) > depthSample {
		step++
	}
	k := len(d.features(0))
	normal, right := mat.NewSymDense(k, nil), mat.NewDense(k, 3, nil)
	for y := 0; y < d.h; y += step {
		for x := 0; x < d.w; x += step {
			i := y*d.w + x
			if !count[i] {
				continue
			}
			f := d.features(i)
			normal.SymRankOne(normal, 1, mat.NewVecDense(k, f))
			for p, v := range f {
				for b := range d.visible {
					right.Set(p, b, right.At(p, b)+v*float64(d.visible[b][i]))
				}
			}
		}
	}
	for p := range k {
		normal.SetSym(p, p, normal.At(p, p)+1e-9)
	}
	var chol mat.Cholesky
	var c mat.Dense
	if !chol.Factorize(normal) || chol.SolveTo(&c, right) != nil {
		c.Reset()
		c.ReuseAs(k, 3) // a scene of one colour foretells nothing
	}
	for b := range out {
		out[b] = mat.Col(nil, b, &c)
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
