package pile

import (
	"context"
	"math"
	"slices"
)

// Limits of the preparation of a surface.
const (
	// slopeNoise is the noise of a gradient, m/m, that the fitting window is chosen for: an eighth of the
	// tangent of repose, so that half of it, the toe's threshold, is four sigma away.
	slopeNoise = 0.08
	maxSlopeK  = 3   // the widest window is 7 x 7 cells
	maxSlopeM  = 1.5 // and never reaches further than this
	// noiseFloorM is the least noise believed: heights are stored to the centimetre or millimetre.
	noiseFloorM = 0.002
	noiseSample = 200_000 // cells looked at to estimate the noise
	maxHeightM  = 1e6     // larger numbers are not heights
)

// Slopes, as tangents.
var (
	tanFlankLo = math.Tan(18 * math.Pi / 180) // wet or slumped heaps; sand rests at 30-35 deg
	tanWall    = math.Tan(58 * math.Pi / 180) // nothing loose stands so
)

// state says how a cell came by its height.
type state uint8

const (
	measured state = iota
	void           // the surface has no height here; one may be inferred from what is near
	removed        // a thin thing stood here; the height is that of what lies under it
	barrier        // a wall: neither heap nor ground, and nothing is inferred across it
)

// field is a surface prepared for the search. Heights are relative to zRef.
type field struct {
	w, h     int
	cell     float64
	z        []float32 // NaN where unknown, far from data or in a wall
	state    []state
	gx, gy   []float32 // gradient of local planes, m/m, x east and y south; NaN where unknown
	smooth   []float32 // local means
	zRef     float64
	k        int // half-width of the fitting window, cells
	spread   []float32
	sigma    float64 // noise of a cell, m
	noiseLen float64 // its correlation length, m; 0 when not stated
	voids    int
	mark     []uint8 // working memory of a sweep over all cells
}

func prepare(ctx context.Context, s Surface, step func(string)) (*field, error) {
	f := &field{w: s.W, h: s.H, cell: s.CellM, spread: s.SpreadM, noiseLen: s.NoiseLengthM, z: make([]float32, len(s.Z)), state: make([]state, len(s.Z))}
	f.zRef = middle(s.Z)
	f.copyHeights(s.Z)
	f.sigma = s.SigmaZM
	if f.sigma == 0 {
		f.sigma = f.estimateNoise()
	}
	f.sigma = math.Max(f.sigma, noiseFloorM)
	step("noise")
	f.removeThin()
	step("thin things")
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.bridge()
	step("voids")
	f.chooseWindow()
	f.slopes()
	step("slopes")
	return f, ctx.Err()
}

// middle is about the median height, 0 without any.
func middle(z []float64) float64 {
	var v []float64
	for i := 0; i < len(z); i += max(1, len(z)/noiseSample) {
		if isHeight(z[i]) {
			v = append(v, z[i])
		}
	}
	return median(v)
}

func isHeight(v float64) bool { return math.Abs(v) <= maxHeightM }

func (f *field) copyHeights(z []float64) {
	voids := make([]int, (f.h+bandRows-1)/bandRows)
	bands(f.h, func(y0, y1 int) {
		n := 0
		for i := y0 * f.w; i < y1*f.w; i++ {
			if isHeight(z[i]) {
				f.z[i] = float32(z[i] - f.zRef)
				continue
			}
			f.z[i], f.state[i] = nan32, void
			n++
		}
		voids[y0/bandRows] = n
	})
	for _, n := range voids {
		f.voids += n
	}
}

var nan32 = float32(math.NaN())

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
		if v := float64(f.z[i]) - (float64(f.z[i-1])+float64(f.z[i+1]))/2; !math.IsNaN(v) {
			d = append(d, math.Abs(v))
		}
	}
	return quantile(d, 0.25) / quartileOfAbs / math.Sqrt(1.5)
}

// quartileOfAbs is the lower quartile of |x| for a standard normal x.
const quartileOfAbs = 0.318639

// madToSigma turns a median absolute deviation into the sigma of a normal distribution.
const madToSigma = 1.4826

// median reorders v; 0 when empty.
func median(v []float64) float64 { return quantile(v, 0.5) }

// quantile is the element of rank q*len(v) (Hoare's quickselect). It reorders v; 0 when empty.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	k := min(len(v)-1, int(q*float64(len(v))))
	lo, hi := 0, len(v)-1
	for hi-lo > 16 {
		a, b, c := v[lo], v[(lo+hi)/2], v[hi]
		p := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi
		for i <= j {
			for v[i] < p {
				i++
			}
			for v[j] > p {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return v[k]
		}
	}
	slices.Sort(v[lo : hi+1])
	return v[k]
}

// marks is zeroed working memory of one number a cell; the sweep before is done with it.
func (f *field) marks() []uint8 {
	if f.mark == nil {
		f.mark = make([]uint8, len(f.z))
	}
	clear(f.mark)
	return f.mark
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
