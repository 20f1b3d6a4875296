package pile

import (
	"context"
	"math"
	"sort"
)

// Limits of the preparation of a surface.
const (
	voidReachM = 3.0 // voids are bridged this far from data; a wider one may hide anything
	voidReach  = 8   // and at most this many cells
	// slopeNoise is the noise of a gradient, m/m, that the fitting window is chosen for: an eighth of the
	// tangent of repose, so that half of it, the toe's threshold, is four sigma away.
	slopeNoise = 0.08
	maxSlopeK  = 3   // the widest window is 7 x 7 cells
	maxSlopeM  = 1.5 // and never reaches further than this
	// noiseFloorM is the least noise believed: heights are stored to the centimetre or millimetre.
	noiseFloorM = 0.002
	noiseSample = 200_000 // cells looked at to estimate the noise
)

// Slopes, as tangents.
var (
	tanFlankLo = math.Tan(18 * math.Pi / 180) // wet or slumped heaps; sand rests at 30-35 deg
	tanWall    = math.Tan(58 * math.Pi / 180) // nothing loose stands so
)

// field is a surface prepared for the search.
type field struct {
	w, h     int
	cell     float64
	z        []float64 // bridged heights; NaN far from data
	void     []bool    // no height of its own
	gx, gy   []float32 // gradient of local planes, m/m, x east and y south; NaN where unknown
	smooth   []float32 // local means, less zRef
	zRef     float64
	k        int // half-width of the fitting window, cells
	spread   []float32
	sigma    float64 // noise of a cell, m
	noiseLen float64 // its correlation length, m; 0 when not stated
	voids    int
}

func prepare(ctx context.Context, s Surface, step func(string)) (*field, error) {
	f := &field{w: s.W, h: s.H, cell: s.CellM, spread: s.SpreadM, noiseLen: s.NoiseLengthM, z: make([]float64, len(s.Z)), void: make([]bool, len(s.Z))}
	for i, v := range s.Z {
		if math.IsInf(v, 0) || math.Abs(v) > 1e6 {
			v = math.NaN()
		}
		f.z[i] = v
		if math.IsNaN(v) {
			f.void[i] = true
			f.voids++
		}
	}
	f.sigma = s.SigmaZM
	if f.sigma == 0 {
		f.sigma = f.estimateNoise()
	}
	f.sigma = math.Max(f.sigma, noiseFloorM)
	step("noise")
	f.bridge()
	step("voids")
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.chooseWindow()
	f.slopes()
	step("slopes")
	return f, ctx.Err()
}

// estimateNoise is the lower quartile of the absolute second differences along rows, scaled to a normal
// sigma: planes cancel, noise does not, and crowns and walls may fill three quarters of the scene. With
// v = z0 - (z-1 + z+1)/2 the noise is sigma*sqrt(1.5).
func (f *field) estimateNoise() float64 {
	stride := max(1, len(f.z)/noiseSample)
	var d []float64
	for i := 0; i < len(f.z); i += stride {
		x := i % f.w
		if x == 0 || x == f.w-1 {
			continue
		}
		if v := f.z[i] - (f.z[i-1]+f.z[i+1])/2; !math.IsNaN(v) {
			d = append(d, math.Abs(v))
		}
	}
	if len(d) == 0 {
		return 0
	}
	sort.Float64s(d)
	return d[len(d)/4] / quartileOfAbs / math.Sqrt(1.5)
}

// quartileOfAbs is the lower quartile of |x| for a standard normal x.
const quartileOfAbs = 0.318639

// madToSigma turns a median absolute deviation into the sigma of a normal distribution.
const madToSigma = 1.4826

// bridge fills voids near data by the mean of their known neighbours, ring after ring.
func (f *field) bridge() {
	if f.voids == 0 {
		return
	}
	var front []int
	for i, v := range f.void {
		if v {
			front = append(front, i)
		}
	}
	reach := min(voidReach, int(math.Ceil(voidReachM/f.cell)))
	type filled struct {
		i int
		v float64
	}
	for pass := 0; pass < reach && len(front) > 0; pass++ {
		var done []filled
		rest := front[:0]
		for _, i := range front {
			sum, n := 0.0, 0
			f.around(i, func(j int) {
				if v := f.z[j]; !math.IsNaN(v) {
					sum += v
					n++
				}
			})
			if n >= 2 {
				done = append(done, filled{i, sum / float64(n)})
			} else {
				rest = append(rest, i)
			}
		}
		for _, d := range done {
			f.z[d.i] = d.v
		}
		front = rest
		if len(done) == 0 {
			break
		}
	}
}

// around calls fn for the up to eight neighbours of a cell.
func (f *field) around(i int, fn func(j int)) {
	x, y := i%f.w, i/f.w
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			if c, r := x+dx, y+dy; (dx != 0 || dy != 0) && c >= 0 && r >= 0 && c < f.w && r < f.h {
				fn(r*f.w + c)
			}
		}
	}
}

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
	for _, v := range f.z {
		if !math.IsNaN(v) {
			f.zRef = v
			break
		}
	}
	nan := float32(math.NaN())
	k, norm, area := f.k, sumSquares(f.k)*f.cell, float64((2*f.k+1)*(2*f.k+1))
	col, colY := make([]float64, f.w), make([]float64, f.w)
	for y := range f.h {
		row := y * f.w
		if y < k || y >= f.h-k {
			for x := range f.w {
				f.gx[row+x], f.gy[row+x], f.smooth[row+x] = nan, nan, float32(f.z[row+x]-f.zRef)
			}
			continue
		}
		for x := range f.w {
			var s, sy float64
			for d := -k; d <= k; d++ {
				v := f.z[row+d*f.w+x] - f.zRef
				s += v
				sy += float64(d) * v
			}
			col[x], colY[x] = s, sy
		}
		for x := range f.w {
			i := row + x
			if x < k || x >= f.w-k {
				f.gx[i], f.gy[i], f.smooth[i] = nan, nan, float32(f.z[i]-f.zRef)
				continue
			}
			var s, sx, sy float64
			for d := -k; d <= k; d++ {
				s += col[x+d]
				sx += float64(d) * col[x+d]
				sy += colY[x+d]
			}
			f.gx[i], f.gy[i], f.smooth[i] = float32(sx/norm), float32(sy/norm), float32(s/area)
			if math.IsNaN(s) {
				f.smooth[i] = float32(f.z[i] - f.zRef)
			}
		}
	}
}

// slope is the gradient's length at a cell, relative to a mean gradient; NaN where unknown.
func (f *field) slope(i int, mx, my float64) float64 {
	return math.Hypot(float64(f.gx[i])-mx, float64(f.gy[i])-my)
}
