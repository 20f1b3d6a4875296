package pile

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"sort"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// noisy adds white noise of sigma, and waves of ground of amplitude und and wavelength 25 m.
// smooth averages the noise over 2*smooth+1 cells each way and keeps its sigma.
func noisy(s Surface, rng *rand.Rand, sigma, und float64, smooth int) Surface {
	white := make([]float32, len(s.Z))
	for i := range white {
		white[i] = float32(sigma * rng.NormFloat64())
	}
	if smooth > 0 {
		white = boxMean(white, s.W, s.H, smooth)
		for i := range white {
			white[i] *= float32(2*smooth + 1)
		}
	}
	a, b, pa, pb := rng.Float64()*math.Pi, rng.Float64()*math.Pi, rng.Float64()*6, rng.Float64()*6
	for i := range s.Z {
		x, y := float64(i%s.W)*s.CellM, float64(i/s.W)*s.CellM
		k := 2 * math.Pi / 25
		s.Z[i] += float64(white[i]) + und*(math.Sin(k*(x*math.Cos(a)+y*math.Sin(a))+pa)+math.Sin(k*(x*math.Cos(b)+y*math.Sin(b))+pb))/math.Sqrt2
	}
	return s
}

func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	runs := 8 // UPWIND_RUNS=500 repeats the calibration
	if n, err := strconv.Atoi(os.Getenv("UPWIND_RUNS")); err == nil {
		runs = n
	}
	for _, c := range []struct {
		name       string
		sigma, und float64
		smooth     int
	}{
		{"noise 3 cm", 0.03, 0, 0}, {"noise 10 cm", 0.10, 0, 0}, {"noise 5 cm, ground waves 10 cm", 0.05, 0.10, 0},
		{"noise 5 cm correlated over 1 m", 0.05, 0, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, found := 0, 0
			var z, rel []float64
			for range runs {
				R := 4 + 8*rng.Float64()
				T := math.Tan((30 + 6*rng.Float64()) * math.Pi / 180)
				slope := 0.2 * rng.Float64()
				r := 0.0
				top := R * T
				truth := math.Pi * top * top * top * T / (3 * math.Pow(T*T-slope*slope, 1.5))
				if rng.Float64() < 0.4 {
					r, slope = R*0.5, 0
					truth = math.Pi * T * (R*R*R - r*r*r) / 3
				}
				cx, cy := 30+rng.Float64(), 30+rng.Float64()
				s := yard(120, 120, 0.5, func(x, y float64) float64 {
					return math.Max(50+slope*x, 50+slope*cx+math.Min((R-r)*T, R*T-T*math.Hypot(x-cx, y-cy)))
				})
				res, err := Survey(context.Background(), noisy(s, rng, c.sigma, c.und, c.smooth), Options{}, nil)
				require.NoError(t, err)
				if len(res.Piles) == 0 {
					t.Logf("missed R %.1f slope %.2f: %+v", R, slope, res.Rejected)
					continue
				}
				found++
				v := res.Piles[0].Volume
				if v.Lo95 <= truth && truth <= v.Hi95 {
					in++
				}
				z = append(z, (v.Value-truth)/v.Sigma)
				rel = append(rel, v.Value/truth-1)
			}
			sum, sq := 0.0, 0.0
			for _, v := range z {
				sum += v
				sq += v * v
			}
			sort.Float64s(rel)
			require.GreaterOrEqual(t, found, runs*95/100)
			require.GreaterOrEqual(t, in, found*70/100, "a 95 % interval")
			require.InDelta(t, 0, rel[len(rel)/2], 0.01+0.3*c.und, "median error")
			t.Logf("found %d of %d, inside %d, mean z %.2f rms z %.2f, rel error p5 %.3f median %.4f p95 %.3f", found, runs, in, sum/float64(found), math.Sqrt(sq/float64(found)), rel[len(rel)/20], rel[len(rel)/2], rel[len(rel)*19/20])
		})
	}
}

// object is a thing of the simulated yard.
type object struct {
	x, y float64
	vol  float64 // 0: not a pile
	fn   func(x, y float64) float64
}

func simulatedYard(rng *rand.Rand) []object {
	var out []object
	add := func(x, y, vol float64, fn func(x, y float64) float64) { out = append(out, object{x, y, vol, fn}) }
	addCone := func(x, y, R, r float64) {
		T := math.Tan((31 + 5*rng.Float64()) * math.Pi / 180)
		add(x, y, math.Pi*T*(R*R*R-r*r*r)/3, func(px, py float64) float64 {
			return T * math.Max(0, math.Min(R-r, R-math.Hypot(px-x, py-y)))
		})
	}
	box := func(x, y, w, d, h, ridge float64) {
		add(x, y, 0, func(px, py float64) float64 {
			if math.Abs(px-x) > w/2 || math.Abs(py-y) > d/2 {
				return 0
			}
			return h + ridge*(1-math.Abs(py-y)/(d/2))
		})
	}
	tree := func(x, y, R, h float64) {
		add(x, y, 0, func(px, py float64) float64 {
			d := math.Hypot(px-x, py-y) / R
			if d > 1 {
				return 0
			}
			return h*(0.5+0.5*math.Sqrt(1-d*d)) + 0.8*rng.NormFloat64()
		})
	}
	addCone(20, 20, 8, 0)
	addCone(50, 22, 10, 5)
	addCone(80, 20, 5, 0)
	addCone(110, 25, 12, 0)
	addCone(25, 60, 9, 0)
	addCone(38, 60, 8, 0) // touches its neighbour
	addCone(70, 62, 14, 7)
	addCone(150, 30, 3.5, 0)
	box(120, 80, 30, 18, 7, 0)
	box(155, 75, 12, 10, 4, 3)
	box(60, 100, 8, 3, 3, 0)
	box(170, 110, 40, 1.2, 6, 0)
	for range 12 {
		tree(10+170*rng.Float64(), 125+45*rng.Float64(), 2+3*rng.Float64(), 4+6*rng.Float64())
	}
	return out
}

// shareOverlaps makes the truth of heaps that touch what lies on their side of the valley between them.
func shareOverlaps(objs []object) {
	vol := make([]float64, len(objs))
	const d = 0.25
	for y := d / 2; y < 120; y += d {
		for x := d / 2; x < 190; x += d {
			best, top := -1, 0.0
			for i, o := range objs {
				if o.vol > 0 && math.Hypot(x-o.x, y-o.y) < 20 {
					if h := o.fn(x, y); h > top {
						best, top = i, h
					}
				}
			}
			if best >= 0 {
				vol[best] += top * d * d
			}
		}
	}
	for i := range objs {
		objs[i].vol = vol[i]
	}
}

func TestSimulatedYard(t *testing.T) {
	var hit, miss, wrong int
	for seed := range uint64(1) {
		rng := rand.New(rand.NewPCG(seed, 9))
		objs := simulatedYard(rng)
		shareOverlaps(objs)
		s := yard(380, 360, 0.5, func(x, y float64) float64 {
			z := 0.0
			for _, o := range objs {
				z = math.Max(z, o.fn(x, y))
			}
			return z + 0.01*x
		})
		s = noisy(s, rng, 0.04, 0.03, 0)
		for range 400 {
			s.Z[rng.IntN(len(s.Z))] = math.NaN()
		}
		res, err := Survey(context.Background(), s, Options{}, nil)
		require.NoError(t, err)
		used := make([]bool, len(objs))
		for _, p := range res.Piles {
			x, y := p.Centroid.X*s.CellM, p.Centroid.Y*s.CellM
			ok := false
			for i, o := range objs {
				if o.vol > 0 && !used[i] && math.Hypot(x-o.x, y-o.y) < 2.5 {
					used[i], ok = true, true
					t.Logf("pile at %.0f,%.0f: %v, error %+.1f %%, z %.1f", o.x, o.y, p, 100*(p.Volume.Value/o.vol-1), (p.Volume.Value-o.vol)/p.Volume.Sigma)
				}
			}
			if ok {
				hit++
			} else {
				wrong++
				t.Logf("FALSE at %.0f,%.0f %v %v", x, y, p, p.Reasons)
			}
		}
		for i, o := range objs {
			if o.vol > 0 && !used[i] {
				miss++
				t.Logf("MISSED %.0f,%.0f", o.x, o.y)
				for _, r := range res.Rejected {
					if math.Hypot(r.Peak.X*s.CellM-o.x, r.Peak.Y*s.CellM-o.y) < 6 {
						t.Logf("   %+v", r)
					}
				}
			}
		}
	}
	f1 := 2 * float64(hit) / float64(2*hit+miss+wrong)
	t.Logf("hit %d missed %d false %d, F1 %.3f", hit, miss, wrong, f1)
	require.GreaterOrEqual(t, f1, 0.9)
	require.LessOrEqual(t, wrong, 2)
}
