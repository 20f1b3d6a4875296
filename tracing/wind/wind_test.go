package wind

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/plane"
)

var (
	pl    = plane.New(116, 36.5)
	day   = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	town  = plane.Box{X0: -20e3, Y0: -20e3, X1: 20e3, Y1: 20e3}
	hours = 24
)

func reading(id string, p plane.Point, hour int, u, v float64) upwind.Wind {
	lon, lat := pl.LonLat(p)
	return upwind.Wind{StationID: id, Start: day.Add(time.Duration(hour) * time.Hour), DurationS: 3600, Lon: lon, Lat: lat, HeightM: 10, U: u, V: v}
}

func at(hour float64) float64 { return float64(day.Unix()) + 3600*hour }

func field(t *testing.T, wind []upwind.Wind, opt Options) *Field {
	f, err := New(wind, pl, town, day, day.Add(24*time.Hour), opt)
	require.NoError(t, err)
	return f
}

// network is stations drawn in the town, with what wind says at each.
func network(seed uint64, n int, wind func(p plane.Point, hour int) (u, v float64)) []upwind.Wind {
	r := rand.New(rand.NewPCG(seed, 1))
	var out []upwind.Wind
	for i := range n {
		p := plane.Point{X: town.X0 + r.Float64()*town.Width(), Y: town.Y0 + r.Float64()*town.Height()}
		for h := range hours {
			u, v := wind(p, h)
			out = append(out, reading(fmt.Sprintf("s%02d", i), p, h, u, v))
		}
	}
	return out
}

func TestConstantWindIsConstant(t *testing.T) {
	f := field(t, network(1, 12, func(plane.Point, int) (float64, float64) { return 3, -1 }), Options{})
	for _, p := range []plane.Point{{}, {X: 17e3, Y: -3e3}, {X: -50e3, Y: 80e3}} {
		for _, h := range []float64{-1, 0, 7.3, 24, 30} {
			u, v := f.At(p, at(h))
			require.InDelta(t, 3, u, 1e-9)
			require.InDelta(t, -1, v, 1e-9)
		}
	}
	require.Equal(t, 12, f.Stations())
	require.Equal(t, 3600.0, f.AveragingS())
	require.InDelta(t, math.Sqrt(10), f.MeanSpeed(), 1e-9)
}

func TestOneStationIsFollowedInTimeAndCountsLessFarAway(t *testing.T) {
	var wind []upwind.Wind
	for h := range hours {
		wind = append(wind, reading("a", plane.Point{}, h, float64(h), 1))
	}
	f := field(t, wind, Options{})
	u, v := f.At(plane.Point{X: 3e3}, at(10.5))
	require.InDelta(t, 10, u, 1e-9, "the middle of the mean")
	require.InDelta(t, 1, v, 1e-9)
	u, _ = f.At(plane.Point{}, at(11))
	require.InDelta(t, 10.5, u, 1e-9)
	near, far := f.ErrorSD(plane.Point{}, at(5)), f.ErrorSD(plane.Point{X: 20e3}, at(5))
	require.Greater(t, near, ownSpeedMS)
	require.Greater(t, far, near)
}

func TestHeightIsBroughtToTenMetres(t *testing.T) {
	w := reading("a", plane.Point{}, 1, 2, 0)
	w.HeightM = 2
	f := field(t, []upwind.Wind{w}, Options{RoughnessM: 0.03})
	u, _ := f.At(plane.Point{}, at(1.5))
	require.InDelta(t, 2*math.Log(10/0.03)/math.Log(2/0.03), u, 1e-6)
}

func TestGapsAreBridgedAndSaid(t *testing.T) {
	var wind []upwind.Wind
	for h := range hours {
		if h < 6 || h > 16 {
			wind = append(wind, reading("a", plane.Point{}, h, float64(h), 0))
		}
	}
	f := field(t, wind, Options{})
	u, _ := f.At(plane.Point{}, at(7))
	require.InDelta(t, 5, u, 1e-9, "held")
	require.Greater(t, f.ErrorSD(plane.Point{}, at(11)), 2*f.ErrorSD(plane.Point{}, at(3)))
	s, ok := f.Series("a")
	require.True(t, ok)
	us, _, gap := s.Bins(at(3), 3600, 20)
	require.Equal(t, 3.0, us[0])
	require.Zero(t, gap[0])
	require.True(t, math.IsNaN(gap[8]), "11 h is more than 3 h from both sides")
	require.InDelta(t, 1800, gap[3], 1)
	us, _, _ = s.Bins(at(3), 1800, 2)
	require.InDelta(t, 2.75, us[0], 1e-9)

	_, err := New(wind, pl, town, day.AddDate(0, 0, 3), day.AddDate(0, 0, 4), Options{})
	require.True(t, upwind.IsRefusal(err), "%v", err)
}

// Turning the stations and their wind by a quarter turns the field.
func TestRotation(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	wind := network(5, 9, func(plane.Point, int) (float64, float64) { return r.NormFloat64() + 2, r.NormFloat64() })
	turned := slices.Clone(wind)
	for i := range turned {
		p := pl.XY(wind[i].Lon, wind[i].Lat)
		turned[i].Lon, turned[i].Lat = pl.LonLat(plane.Point{X: -p.Y, Y: p.X})
		turned[i].U, turned[i].V = -wind[i].V, wind[i].U
	}
	f, g := field(t, wind, Options{}), field(t, turned, Options{})
	for _, p := range []plane.Point{{}, {X: 11e3, Y: 4e3}, {X: -9e3, Y: 14e3}} {
		u, v := f.At(p, at(9.2))
		u2, v2 := g.At(plane.Point{X: -p.Y, Y: p.X}, at(9.2))
		require.InDelta(t, -v, u2, 1e-6)
		require.InDelta(t, u, v2, 1e-6)
		require.InDelta(t, f.ErrorSD(p, at(9.2)), g.ErrorSD(plane.Point{X: -p.Y, Y: p.X}, at(9.2)), 1e-6)
	}
}

func TestOrderOfReadingsDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	wind := network(6, 15, func(plane.Point, int) (float64, float64) { return r.NormFloat64(), r.NormFloat64() })
	mixed := slices.Clone(wind)
	r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	f, g := field(t, wind, Options{}), field(t, mixed, Options{})
	require.Equal(t, f.uv, g.uv)
	require.Equal(t, f.spread, g.spread)
}

// smooth is a random field with correlation exp(-d^2/2L^2), by random waves.
func smooth(seed uint64, length float64) func(p plane.Point) float64 {
	r := rand.New(rand.NewPCG(seed, 2))
	const waves = 200
	var kx, ky, ph [waves]float64
	for i := range waves {
		kx[i], ky[i], ph[i] = r.NormFloat64()/length, r.NormFloat64()/length, 2*math.Pi*r.Float64()
	}
	return func(p plane.Point) float64 {
		s := 0.0
		for i := range waves {
			s += math.Cos(kx[i]*p.X + ky[i]*p.Y + ph[i])
		}
		return s * math.Sqrt(2.0/waves)
	}
}

// Where no station stands the field is nearer to the truth than the mean wind, and its error is what it says.
func TestErrorIsWhatItSays(t *testing.T) {
	var sq, plain, scaled, said float64
	n := 0
	for seed := range uint64(8) {
		fu, fv := smooth(seed, 12e3), smooth(seed+100, 12e3)
		truth := func(p plane.Point) (float64, float64) { return 3 + fu(p), 1 + fv(p) }
		r := rand.New(rand.NewPCG(seed, 3))
		wind := network(seed, 40, func(p plane.Point, _ int) (float64, float64) {
			u, v := truth(p)
			return u + 0.3*r.NormFloat64(), v + 0.3*r.NormFloat64()
		})
		f := field(t, wind, Options{})
		for range 40 {
			p := plane.Point{X: town.X0 + r.Float64()*town.Width(), Y: town.Y0 + r.Float64()*town.Height()}
			u, v := f.At(p, at(12.5))
			tu, tv := truth(p)
			e := f.ErrorSD(p, at(12.5))
			sq += (u-tu)*(u-tu) + (v-tv)*(v-tv)
			scaled += ((u-tu)*(u-tu) + (v-tv)*(v-tv)) / (e * e)
			plain += (3-tu)*(3-tu) + (1-tv)*(1-tv)
			said += e
			n += 2
		}
	}
	rms := math.Sqrt(sq / float64(n))
	t.Logf("error %.2f m/s, of the mean wind %.2f; said %.2f, scaled %.2f", rms, math.Sqrt(plain/float64(n)), 2*said/float64(n), math.Sqrt(scaled/float64(n)))
	require.Less(t, rms, 0.5*math.Sqrt(plain/float64(n)))
	require.InDelta(t, 1, math.Sqrt(scaled/float64(n)), 0.35)
}

func TestSurfaceAndDirection(t *testing.T) {
	a, b := reading("a", plane.Point{}, 0, 3, 0), reading("b", plane.Point{X: 2e3}, 0, 3, 0)
	ustar, obukhov, press := []float64{0.3, 0.5}, []float64{-100, 0.1}, 84000.0
	a.UStarMS, b.UStarMS, a.ObukhovM, b.ObukhovM, a.PressPa = &ustar[0], &ustar[1], &obukhov[0], &obukhov[1], &press
	f := field(t, []upwind.Wind{a, b}, Options{})
	s := f.MedianSurface()
	require.InDelta(t, 0.4, s.UStar, 1e-12)
	require.InDelta(t, -0.01, s.InvL, 1e-12, "0.1 m is no Obukhov length")
	require.Equal(t, press, s.PressurePa)
	require.True(t, math.IsNaN(s.TempC))
	require.InDelta(t, 0.4, f.Surface(at(1)).UStar, 1e-12)
	require.True(t, math.IsNaN(f.Surface(at(9)).UStar))
	require.InDelta(t, onSiteDeg, f.DirectionSD(6)/radiansADegree, 0.01)
	last := math.Inf(1)
	for x := 0.0; x < 8; x += 0.1 {
		d := f.DirectionSD(x)
		require.LessOrEqual(t, d, last)
		last = d
	}
	require.InDelta(t, calmDeg, f.DirectionSD(0)/radiansADegree, 1e-9)
}

func TestBrokenReadingsAreLeftOutAndSaid(t *testing.T) {
	good, bad := reading("a", plane.Point{}, 0, 3, 0), reading("b", plane.Point{}, 1, math.NaN(), 0)
	f := field(t, []upwind.Wind{good, bad}, Options{})
	require.Len(t, f.Notes(), 1)
	require.Equal(t, 1, f.Stations())
	_, err := New([]upwind.Wind{good}, pl, town, day, day.Add(time.Hour), Options{Without: []string{"a"}})
	require.True(t, upwind.IsRefusal(err))
}

func TestThinnedStationsCoverTheBox(t *testing.T) {
	hours = 2
	defer func() { hours = 24 }()
	f := field(t, network(3, 900, func(plane.Point, int) (float64, float64) { return 1, 1 }), Options{})
	require.Equal(t, maxStations, f.Stations())
	for _, c := range corners(town) {
		require.Less(t, f.nearest(c), 4e3)
	}
}

func BenchmarkAt(b *testing.B) {
	f, err := New(network(1, 30, func(p plane.Point, h int) (float64, float64) { return p.X / 1e4, float64(h) }), pl, town, day, day.Add(24*time.Hour), Options{})
	require.NoError(b, err)
	s, x, t := 0.0, -2e4, at(3)
	for b.Loop() {
		if x += 170; x > 2e4 {
			x = -2e4
		}
		u, _ := f.At(plane.Point{X: x, Y: 3e3}, t+x)
		s += u
	}
	require.False(b, math.IsNaN(s))
}

func BenchmarkNew800(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	wind := network(1, 800, func(plane.Point, int) (float64, float64) { return r.NormFloat64(), r.NormFloat64() })
	kept := wind[:0]
	for _, w := range wind {
		if r.Float64() > 0.05 {
			kept = append(kept, w)
		}
	}
	for b.Loop() {
		_, err := New(kept, pl, town, day, day.Add(24*time.Hour), Options{})
		require.NoError(b, err)
	}
}
