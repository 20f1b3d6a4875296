package air

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

func TestPsiIsTheIntegralOfPhi(t *testing.T) {
	for _, zeta := range []float64{-8, -1, -0.1, 0.1, 0.7, 1.5, 6} {
		sum, n := 0.0, 20000
		for i := range n {
			z := zeta * (float64(i) + 0.5) / float64(n)
			phi := PhiM(z)
			if z > 1 {
				phi = phiHoltslagDeBruin(z)
			}
			sum += (1 - phi) / z * zeta / float64(n)
		}
		require.InDelta(t, sum, PsiM(zeta), 2e-3*math.Abs(sum)+1e-3, "zeta %v", zeta)
	}
}

func TestProfilesAreContinuous(t *testing.T) {
	for zeta := -5.0; zeta < 5; zeta += 1e-3 {
		require.InDelta(t, PsiM(zeta), PsiM(zeta+1e-3), 0.02, "psi at %v", zeta)
		require.InEpsilon(t, PhiH(zeta), PhiH(zeta+1e-3), 0.02, "phi at %v", zeta)
	}
}

func TestNeutralWindIsLogarithmic(t *testing.T) {
	s := State{UStar: 0.4, Z0: 0.1, MixingM: 1000}
	require.InDelta(t, math.Log(100), s.Speed(10), 1e-9)
	require.Zero(t, s.Speed(0.1))
	require.InEpsilon(t, 0.4*0.4*2/Schmidt, s.Diffusivity(2), 0.01)
	require.InDelta(t, 0.4, UStar(s.Speed(10), 10, 0.1, 0), 1e-12)
	require.Equal(t, s.Speed(1000), s.Speed(2000))
}

// Hanna's formulas step at the neutral border; the blend must not.
func TestTurbulenceHasNoStepInStability(t *testing.T) {
	for _, z := range []float64{2, 30, 300} {
		before := State{UStar: 0.4, InvL: -0.02, Z0: 0.05, MixingM: 600}.Turbulence(z)
		for invL := -0.02; invL < 0.02; invL += 2e-5 {
			now := State{UStar: 0.4, InvL: invL, Z0: 0.05, MixingM: 600}.Turbulence(z)
			for i, p := range [][2]float64{{before.SU, now.SU}, {before.SV, now.SV}, {before.SW, now.SW}, {before.TV, now.TV}, {before.TW, now.TW}} {
				require.Less(t, math.Abs(math.Log(p[1]/p[0])), 0.12, "part %d at z %v, 1/L %v", i, z, invL)
			}
			before = now
		}
	}
}

func TestTurbulenceIsFiniteEverywhere(t *testing.T) {
	for _, invL := range []float64{-0.5, -0.01, 0, 0.01, 0.5} {
		for _, h := range []float64{0, 50, 2000} {
			for _, z := range []float64{0, 0.05, 2, 49, 50, 1500, 5000} {
				s := State{UStar: 0.1, InvL: invL, Z0: 0.05, MixingM: h}
				for _, v := range []Turbulence{s.Turbulence(z), s.Hanna(z)} {
					for _, x := range []float64{v.SU, v.SV, v.SW, v.TU, v.TV, v.TW} {
						require.True(t, x > 0 && !math.IsInf(x, 0), "%+v at %v: %+v", s, z, v)
					}
				}
			}
		}
	}
}

func TestSpreadLimits(t *testing.T) {
	for _, average := range []float64{60, 3600} {
		l := State{UStar: 0.3, InvL: -0.01, Z0: 0.05, MixingM: 900, SigmaV: 0.5}.Lateral(average)
		require.Equal(t, 0.5, l.SD)
		require.InEpsilon(t, 0.25*1e-4, l.Variance(0.01), 0.02, "s_v t when young")
		require.InEpsilon(t, 2, l.Variance(2e6)/l.Variance(1e6), 0.03, "like sqrt(t) when old")
	}
}

func TestSun(t *testing.T) {
	noon := Sky{Time: time.Date(2026, 3, 20, 12, 7, 0, 0, time.UTC)}
	require.InDelta(t, 90, noon.Elevation()*180/math.Pi, 1)
	liaocheng := Sky{Time: time.Date(2026, 6, 21, 4, 18, 0, 0, time.UTC), Lon: 115.98, Lat: 36.45}
	require.InDelta(t, 90-36.45+23.44, liaocheng.Elevation()*180/math.Pi, 0.6)
	require.Negative(t, Sky{Time: time.Date(2026, 6, 21, 16, 0, 0, 0, time.UTC), Lon: 115.98, Lat: 36.45}.Elevation())
}

func TestDayIsUnstableAndNightIsStable(t *testing.T) {
	day := Sky{Time: time.Date(2026, 6, 21, 4, 0, 0, 0, time.UTC), Lon: 116, Lat: 36, Cloud: 0, TempC: 28}
	night := day
	night.Time = day.Time.Add(12 * time.Hour)
	w := upwind.Wind{U: 3, HeightM: 10, Lat: 36, Lon: 116}
	for _, c := range []struct {
		sky  Sky
		sign float64
	}{{day, -1}, {night, 1}} {
		calm, m := FromWind(w, 0.1, c.sky)
		require.Equal(t, HoltslagUlden, m)
		require.Positive(t, calm.InvL*c.sign)
		require.InDelta(t, 3, calm.Speed(10), 0.15, "the profile goes through the reading")
		strong := w
		strong.U = 12
		windy, _ := FromWind(strong, 0.1, c.sky)
		require.Less(t, math.Abs(windy.InvL), math.Abs(calm.InvL)/5, "wind makes air neutral")
		cloudy := c.sky
		cloudy.Cloud = 1
		dull, _ := FromWind(w, 0.1, cloudy)
		require.Less(t, math.Abs(dull.InvL), math.Abs(calm.InvL))
	}
	require.InDelta(t, 250, day.heatFlux(day.Elevation()), 150, "W/m2 at a summer noon")
}

func TestSonicIsBelieved(t *testing.T) {
	ustar, l, sd := 0.31, -40.0, 10.0
	s, m := FromWind(upwind.Wind{U: 3, HeightM: 3, UStarMS: &ustar, ObukhovM: &l, SDDeg: &sd}, 0.05, Sky{})
	require.Equal(t, Sonic, m)
	require.Equal(t, 0.31, s.UStar)
	require.Equal(t, -0.025, s.InvL)
	require.InDelta(t, 0.5236, s.SigmaV, 1e-3)
	_, m = FromWind(upwind.Wind{U: 3}, 0.05, Sky{})
	require.Equal(t, NeutralAssumed, m)
}

func TestEstimatesSurviveAnything(t *testing.T) {
	for _, u := range []float64{0, 1e-6, 0.3, 60} {
		for _, h := range []float64{-3, 0, 0.7, 10, 300} {
			for hour := range 24 {
				sky := Sky{Time: time.Date(2026, 12, 21, hour, 0, 0, 0, time.UTC), Lat: 36, Lon: 116, Cloud: -1, TempC: math.NaN()}
				s, _ := FromWind(upwind.Wind{U: u, HeightM: h}, 0.3, sky)
				for _, x := range []float64{s.UStar, s.InvL, s.Z0, s.MixingM, s.SigmaV} {
					require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%+v", s)
				}
				require.Positive(t, s.UStar)
			}
		}
	}
}

func TestRoughnessInvertsTheProfile(t *testing.T) {
	for _, invL := range []float64{-0.1, 0, 0.1} {
		s := State{UStar: 0.3, InvL: invL, Z0: 0.02, MixingM: 500}
		require.InEpsilon(t, 0.02, Roughness(s.Speed(4), 4, 0.3, invL), 1e-6)
	}
	require.InEpsilon(t, 1e-4, Roughness(100, 4, 0.3, 0), 1e-6)
	require.InEpsilon(t, 1, Roughness(0, 4, 0.3, 0), 1e-6)
}

func TestMixingHeights(t *testing.T) {
	f := 2 * earthSpin * math.Sin(36*math.Pi/180)
	require.InDelta(t, 0.3*0.4/f, Mixing(0.4, 0, 36, 0), 1e-6)
	require.InDelta(t, 0.4*math.Sqrt(0.2*50/f), Mixing(0.2, 0.02, 36, 0), 1e-6)
	require.Greater(t, Mixing(0.3, -0.05, 36, 6*3600), Mixing(0.3, -0.05, 36, 3600))
	require.Equal(t, 50.0, Mixing(0.01, 0.5, 36, 0))
	require.Equal(t, 3000.0, Mixing(1, -0.5, 0, 1e5))
}

func TestPasquillTurnerGolder(t *testing.T) {
	noon := Sky{Time: time.Date(2026, 6, 21, 4, 0, 0, 0, time.UTC), Lon: 116, Lat: 36}
	night := noon
	night.Time = noon.Time.Add(12 * time.Hour)
	require.Equal(t, Class('A'), PasquillClass(1, noon))
	require.Equal(t, Class('C'), PasquillClass(8, noon))
	require.Equal(t, Class('F'), PasquillClass(1.5, night))
	require.Equal(t, Class('D'), PasquillClass(9, night))
	night.Cloud = 1
	require.Equal(t, Class('D'), PasquillClass(1.5, night))
	require.InDelta(t, -0.1109, Golder('A', 0.1), 1e-3)
	require.Equal(t, -Golder('B', 0.1), Golder('F', 0.1))
	require.Zero(t, Golder('D', 0.1))
}

func ExampleState_Speed() {
	s := State{UStar: 0.4, Z0: 0.1, MixingM: 1000}
	fmt.Printf("%.2f m/s at 2 m, %.2f m/s at 10 m\n", s.Speed(2), s.Speed(10))
	// Output: 3.00 m/s at 2 m, 4.61 m/s at 10 m
}
