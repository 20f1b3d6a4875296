package tracing

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

var start = time.Date(2026, 3, 10, 4, 0, 0, 0, time.UTC)

// uniform is a tracker in a wind of u, v at 10 m everywhere, always.
func uniform(t *testing.T, u, v float64) tracker {
	t.Helper()
	w := []upwind.Wind{{StationID: "w", Start: start.Add(-6 * time.Hour), DurationS: 43200, Lon: 116, Lat: 36, HeightM: 10, U: u, V: v}}
	box := rect{}.grow(20e3)
	opt := Options{}.withDefaults()
	f, err := newWindField(w, newPlane(116, 36), box, start.Add(-6*time.Hour), start, opt)
	require.NoError(t, err)
	return tracker{field: f, domain: box, maxAge: 6 * 3600, wander: 0.1, minSigM: 10}
}

func TestUniformWindGivesStraightPaths(t *testing.T) {
	k := uniform(t, 3, 4)
	ps := k.puffs(nil, point{}, float64(start.Unix()), 10, member{speed: 1, spread: 1})
	require.Greater(t, len(ps), 20)
	for i, p := range ps {
		require.InDelta(t, 4.0/3, p.at.y/p.at.x, 1e-9)
		require.Negative(t, p.at.x, "the air was upwind")
		require.GreaterOrEqual(t, point{}.to(p.at), 5*p.age*0.99, "at 10 m and above it moves at 5 m/s and more")
		if i > 0 {
			require.Greater(t, p.sigmaH, ps[i-1].sigmaH-1e-9)
			require.GreaterOrEqual(t, p.sigmaZ, ps[i-1].sigmaZ)
		}
	}
	require.False(t, k.domain.grow(-2000).has(ps[len(ps)-1].at), "until it leaves the box")
}

func TestRotationAndSpeedOfAMember(t *testing.T) {
	k := uniform(t, 5, 0)
	ps := k.puffs(nil, point{}, float64(start.Unix()), 10, member{speed: 1, spread: 1, rotation: math.Pi / 2})
	require.Positive(t, ps[5].at.y, "a wind to the east, turned clockwise, blows to the south: the air comes from the north")
	require.InDelta(t, 0, ps[5].at.x, 1e-9)
}

// The crosswind integral of the footprint of a ground source, integrated over height too, is the time the
// air spends per metre: 1/U.
func TestFootprintConservesMass(t *testing.T) {
	k := uniform(t, 4, 0)
	g := newLattice(rect{-6000, -3000, 0, 3000}, 50, 200)
	f := newFootprint(g)
	spent := 0.0
	for _, p := range k.puffs(nil, point{}, float64(start.Unix()), 10, member{speed: 1, spread: 1}) {
		if p.at.x > -5000 && p.at.x < -500 {
			f.add(p, p.dt)
			spent += p.dt
		}
	}
	sum := 0.0
	for _, h := range f.h {
		sum += h * g.cell * g.cell
	}
	require.InEpsilon(t, spent, sum, 0.01)
	f.reset()
	for _, h := range f.h {
		require.Zero(t, h)
	}
}

func TestVerticalKernelIntegratesToOne(t *testing.T) {
	for _, s := range []float64{1, 10, 100} {
		sum := 0.0
		for z := 0.05; z < 1000; z += 0.1 {
			sum += 0.1 * vertical(z, 15, s, 1e4)
		}
		require.InDelta(t, 1, sum, 1e-3)
	}
}

func TestGaussRecurrence(t *testing.T) {
	out := make([]float64, 60)
	c, step := -0.5/(90*90.0), 10.0
	gauss(out, 2, -287, c, step, math.Exp(2*c*step*step))
	for i, v := range out {
		d := -287 + float64(i)*step
		require.InEpsilon(t, 2*math.Exp(c*d*d), v, 1e-10)
	}
}

func TestCalmGrowsInPlace(t *testing.T) {
	k := uniform(t, 0, 0)
	ps := k.puffs(nil, point{}, float64(start.Unix()), 2, member{speed: 1, spread: 1})
	require.Greater(t, ps[len(ps)-1].age, 3000.0)
	for _, p := range ps {
		require.Zero(t, point{}.to(p.at))
		require.True(t, finite(p.sigmaH, p.sigmaZ, p.dt))
	}
	require.Greater(t, ps[len(ps)-1].sigmaH, ps[0].sigmaH)
}

func TestWindFieldReproducesStationsAndMeets(t *testing.T) {
	var w []upwind.Wind
	for i, u := range []float64{2, 4} {
		w = append(w, upwind.Wind{StationID: string(rune('a' + i)), Start: start, DurationS: 3600, Lon: 116 + 0.2*float64(i), Lat: 36, HeightM: 10, U: u})
	}
	pl := newPlane(116.1, 36)
	f, err := newWindField(w, pl, rect{}.grow(12e3), start, start.Add(time.Hour), Options{}.withDefaults())
	require.NoError(t, err)
	at := func(lon float64) float64 {
		u, _ := f.at(pl.xy(lon, 36), float64(start.Unix()+1800))
		return u
	}
	require.InDelta(t, 3, at(116.1), 0.1)
	require.Less(t, at(116), 2.5)
	require.Greater(t, at(116.2), 3.5)
}

func TestEnsembleCoversItsErrors(t *testing.T) {
	ms := members(Options{Members: 64, Seed: 5}.withDefaults())
	var sum, sq float64
	for _, m := range ms {
		deg := m.rotation * 180 / math.Pi
		sum += deg
		sq += deg * deg
	}
	require.InDelta(t, 0, sum/64, 1e-9)
	require.InDelta(t, defaultDirectionSD, math.Sqrt(sq/64), 0.3)
	require.NotEqual(t, ms, members(Options{Members: 64, Seed: 6}.withDefaults()))
}

func TestVonMisesIntegratesToOne(t *testing.T) {
	for _, k := range []float64{0.3, 5, 49, 51, 400} {
		sum := 0.0
		for i := range 36000 {
			sum += vonMises((float64(i)-18000)*math.Pi/18000, k) * math.Pi / 18000
		}
		require.InDelta(t, 1, sum, 0.01, "kappa %v", k)
	}
}

func TestUnits(t *testing.T) {
	f, note := gramsPerM3("CH4", "ppm", nil, Options{PressurePa: 85000, TempC: 15})
	require.InDelta(t, 0.569e-3, f, 1e-6)
	require.Contains(t, note, "as stated")
	f, _ = gramsPerM3("PM10", "\u00b5g/m\u00b3", nil, Options{})
	require.InDelta(t, 1e-6, f, 1e-12)
	f, note = gramsPerM3("PM10", "AQI", nil, Options{})
	require.Zero(t, f)
	require.Contains(t, note, "no rate")
}
