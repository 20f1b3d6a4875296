package footprint_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/tracing/air"
	"upwind/tracing/footprint"
	"upwind/tracing/plane"
)

// blow is a wind that turns with time and a little with place.
type blow struct{ speed, fromDeg, turnDegPerHour, shear float64 }

func (b blow) At(p plane.Point, unix float64) (u, v float64) {
	s, c := math.Sincos((b.fromDeg + b.turnDegPerHour*unix/3600 + b.shear*p.X/10e3) * math.Pi / 180)
	return -b.speed * s, -b.speed * c
}

func steady(s air.State) footprint.Layer { return func(float64) air.State { return s } }

var (
	windyDay = air.State{UStar: 0.4, InvL: -0.03, Z0: 0.3, MixingM: 300}
	night    = air.State{UStar: 0.15, InvL: 0.02, Z0: 0.3, MixingM: 150}
)

func lay(t testing.TB, w footprint.Wind, l footprint.Layer, r []footprint.Receptor, opt footprint.Options) *footprint.Slot {
	s, err := footprint.Lay(context.Background(), w, l, r, 0, 3600, opt)
	require.NoError(t, err)
	return s
}

// areaSum integrates an image over rings that reach from r0 to r1, in s/m.
func areaSum(s *footprint.Slot, r0, r1 float64) float64 {
	sum := 0.0
	const ratio, spokes = 1.03, 360
	for r := r0; r < r1; r *= ratio {
		mid := r * math.Sqrt(ratio)
		area := r * r * (ratio*ratio - 1) / 2 * 2 * math.Pi / spokes
		for k := range spokes {
			a := 2 * math.Pi * float64(k) / spokes
			ray, ok := footprint.RayTo(plane.Point{}, plane.Point{X: mid * math.Sin(a), Y: mid * math.Cos(a)})
			if ok {
				sum += float64(s.At(0, ray, 0)) * area
			}
		}
	}
	return sum
}

// Far downwind the air is mixed to the top: a uniform ground source of E g/m2/s raises the concentration by
// E dx / (U h) for every dx of fetch.
func TestUniformAreaSourceFillsTheLayer(t *testing.T) {
	for name, state := range map[string]air.State{"day": windyDay, "night": night} {
		l := steady(state)
		r := footprint.Receptor{HeightM: 4}
		u10 := state.Speed(10)
		s := lay(t, blow{speed: u10, fromDeg: 250}, l, []footprint.Receptor{r}, footprint.Options{})
		meanU, n := 0.0, 0.0
		for z := 1.0; z < state.MixingM; z += 1 {
			meanU += state.Speed(z)
			n++
		}
		meanU /= n
		got := areaSum(s, 10e3, 18e3)
		want := 8e3 / (meanU * state.MixingM)
		t.Logf("%s: %.4g of %.4g s/m, %d values", name, got, want, s.Size())
		if name == "day" {
			require.InEpsilon(t, want, got, 0.08)
		} else { // a stable layer is not mixed to its top yet
			require.Greater(t, got, want)
			require.Less(t, got, 6*want)
		}
	}
}

func TestLookingUpIsTheSumOverPuffs(t *testing.T) {
	w := blow{speed: 3, fromDeg: 200, turnDegPerHour: 12, shear: 10}
	r := footprint.Receptor{At: plane.Point{X: 500, Y: -300}, HeightM: 4}
	s := lay(t, w, steady(windyDay), []footprint.Receptor{r}, footprint.Options{})
	rng := rand.New(rand.NewPCG(1, 2))
	var worst float64
	n := 0
	for range 150 {
		d, a := 150*math.Exp(rng.Float64()*5), (200+40*(rng.Float64()-0.5))*math.Pi/180
		p := plane.Point{X: r.At.X + d*math.Sin(a), Y: r.At.Y + d*math.Cos(a)}
		turn := math.Round(rng.Float64()*4-2) * 3 * math.Pi / 180
		ray, ok := footprint.RayTo(r.At, p)
		require.True(t, ok)
		want, age := footprint.Exact(w, steady(windyDay), r, 0, 3600, footprint.Options{}, p, footprint.Turn{RotationRad: turn})
		peak := 0.0
		for k := range 128 {
			peak = max(peak, float64(s.At(0, ray, float32(k))))
		}
		if want < 0.02*peak || peak < 1e-6 {
			continue
		}
		n++
		got := float64(s.At(0, ray, float32(turn/footprint.SpokeRad)))
		worst = max(worst, math.Abs(got-want)/peak)
		require.InDelta(t, want, got, 0.06*peak, "%.0f m", d)
		require.InDelta(t, age, s.AgeS(0, ray), 0.15*age+90, "%.0f m", d)
	}
	t.Logf("worst of %d: %.3f", n, worst)
	require.Greater(t, n, 30)
}

func TestNothingDownwindAndTurnsWithTheWind(t *testing.T) {
	r := []footprint.Receptor{{HeightM: 4}}
	a := lay(t, blow{speed: 4, fromDeg: 0}, steady(windyDay), r, footprint.Options{})
	b := lay(t, blow{speed: 4, fromDeg: 90}, steady(windyDay), r, footprint.Options{})
	for _, d := range []float64{400, 3000, 15000} {
		top := float32(0)
		for deg := -180.0; deg < 180; deg += 5 {
			sin, cos := math.Sincos(deg * math.Pi / 180)
			ray, _ := footprint.RayTo(plane.Point{}, plane.Point{X: d * sin, Y: d * cos})
			turned, _ := footprint.RayTo(plane.Point{}, plane.Point{X: d * cos, Y: -d * sin}) // a quarter clockwise
			h := a.At(0, ray, 0)
			top = max(top, h)
			require.InDelta(t, h, b.At(0, turned, 0), 1e-4*float64(h)+1e-12)
			require.InDelta(t, h, a.At(0, turned, 32), 1e-4*float64(h)+1e-12, "the wind turned clockwise by a quarter")
			if math.Abs(deg) > 100 {
				require.Zero(t, h, "%.0f m, %.0f degrees off the wind", d, deg)
			}
		}
		require.Positive(t, top)
	}
}

func TestDepositionTakesFromTheGround(t *testing.T) {
	r := []footprint.Receptor{{HeightM: 4}}
	w := blow{speed: 3, fromDeg: 0}
	gas := lay(t, w, steady(night), r, footprint.Options{})
	dust := lay(t, w, steady(night), r, footprint.Options{DepositionMS: 0.005})
	near, _ := footprint.RayTo(plane.Point{}, plane.Point{Y: 300})
	far, _ := footprint.RayTo(plane.Point{}, plane.Point{Y: 20000})
	share := func(ray footprint.Ray) float64 { return float64(dust.At(0, ray, 0) / gas.At(0, ray, 0)) }
	t.Logf("left at 300 m %.2f, at 20 km %.2f", share(near), share(far))
	require.Less(t, share(near), 1.0)
	require.Greater(t, share(near), 0.8)
	require.Less(t, share(far), share(near))
}

func TestHigherReleaseReachesTheGroundLater(t *testing.T) {
	s := lay(t, blow{speed: 3, fromDeg: 0}, steady(windyDay), []footprint.Receptor{{HeightM: 4}}, footprint.Options{})
	require.Less(t, s.Lift(60, 60), 0.5)
	require.InDelta(t, 1, s.Lift(3600, 60), 0.2)
	require.InDelta(t, 1, s.Lift(600, 5), 1e-9)
}

func TestSameBytesForAnyNumberOfThreads(t *testing.T) {
	w := blow{speed: 3, fromDeg: 200, turnDegPerHour: 12, shear: 10}
	var first string
	for _, threads := range []int{1, 2, 7} {
		s := lay(t, w, steady(windyDay), stations(70), footprint.Options{Threads: threads})
		sum := fmt.Sprintf("%d", s.Size())
		for i := range 70 {
			for k := range 50 {
				ray, ok := footprint.RayTo(plane.Point{}, plane.Point{X: float64(k) * 200, Y: 3000})
				require.True(t, ok)
				sum += fmt.Sprintf(" %x", math.Float32bits(s.At(i, ray, 0)))
			}
		}
		if first == "" {
			first = sum
		}
		require.Equal(t, first, sum)
	}
}

func stations(n int) []footprint.Receptor {
	rng := rand.New(rand.NewPCG(3, 4))
	out := make([]footprint.Receptor, n)
	for i := range out {
		out[i] = footprint.Receptor{At: plane.Point{X: (rng.Float64() - 0.5) * 93e3, Y: (rng.Float64() - 0.5) * 93e3}, HeightM: 4}
	}
	return out
}

// An hour of 800 stations.
func BenchmarkLay(b *testing.B) {
	w := blow{speed: 3, fromDeg: 200, turnDegPerHour: 12, shear: 10}
	r := stations(800)
	var s *footprint.Slot
	for b.Loop() {
		s = lay(b, w, steady(windyDay), r, footprint.Options{DepositionMS: 0.005, Domain: plane.Box{X0: -50e3, Y0: -50e3, X1: 50e3, Y1: 50e3}})
	}
	b.ReportMetric(float64(s.Size())/800, "values/row")
}
