package flight

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind/ingest/photo"
	"upwind/tracing/plane"
)

// mown is a flight of strips of pictures at 80 m, 4000 x 3000 with f 3000: 106.7 x 80 m of ground, overlapping by 75 and 65 %, with a receiver's
// metre of scatter. heading turns the whole of it.
func mown(rng *rand.Rand, heading float64, strips, each int) []Shot {
	const step, spacing, height = 20.0, 37.3, 80.0
	pl := plane.New(116, 36.5)
	start := time.Date(2026, 10, 3, 1, 0, 0, 0, time.UTC)
	var out []Shot
	east, north := math.Sincos(heading * math.Pi / 180)
	for s := range strips {
		for k := range each {
			along, yaw := float64(k)*step, heading
			if s%2 == 1 {
				along, yaw = float64(each-1-k)*step, heading+180
			}
			across := float64(s) * spacing
			x, y := along*east+across*north+rng.NormFloat64(), along*north-across*east+rng.NormFloat64()
			lon, lat := pl.LonLat(plane.Point{X: x, Y: y})
			rel, abs, n := height+rng.NormFloat64(), 120.0, len(out)
			out = append(out, Shot{Picture: photo.Picture{
				Name: fmt.Sprintf("DJI_%d.JPG", n+1), Width: 4000, Height: 3000, FullW: 4000, FullH: 3000, Make: "DJI", Model: "FC6310", Time: start.Add(time.Duration(3*n) * time.Second),
				Position: &photo.Position{Lon: lon, Lat: lat, RelativeM: &rel, AbsoluteM: &abs}, Gimbal: &photo.Attitude{YawDeg: yaw, PitchDeg: -90}, Lens: photo.Lens{Dewarp: &photo.Brown{FX: 3000, FY: 3000}},
			}, SHA256: fmt.Sprint(n)})
		}
	}
	return out
}

func codes(r Report) (out []string) {
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	return out
}

// TestFaultlessFlightsHaveNoWords on flights in every direction, handed over in any order.
func TestFaultlessFlightsHaveNoWords(t *testing.T) {
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 1))
		strips, each := 2+rng.IntN(6), 8+rng.IntN(15)
		shots := mown(rng, 360*rng.Float64(), strips, each)
		rng.Shuffle(len(shots), func(i, j int) { shots[i], shots[j] = shots[j], shots[i] })
		r := Check(shots)
		require.Empty(t, r.Findings, "seed %d", seed)
		require.Equal(t, strips, r.Strips, "seed %d", seed)
		require.Equal(t, len(shots), r.Placed)
		require.InDelta(t, 20, r.Step, 1)
		require.InDelta(t, 37.3, r.Spacing, 1.5)
		require.InDelta(t, 0.75, r.Forward, 0.02)
		require.InDelta(t, 0.65, r.Side, 0.02)
		require.InDelta(t, 80./3000, r.GSD, 0.001)
	}
}

// TestEachFaultIsNamed puts one fault into each of many flights, and asks for it, for its pictures, and for nothing else.
func TestEachFaultIsNamed(t *testing.T) {
	at := func(s []Shot, k int) []string { return []string{s[k].Name} }
	faults := []struct {
		code string
		put  func(rng *rand.Rand, s []Shot, k int) (shots []Shot, pictures []string)
	}{
		{NoPosition, func(_ *rand.Rand, s []Shot, k int) ([]Shot, []string) { s[k].Position = nil; return s, at(s, k) }},
		{NoTime, func(_ *rand.Rand, s []Shot, k int) ([]Shot, []string) { s[k].Time = time.Time{}; return s, at(s, k) }},
		{Doubled, func(_ *rand.Rand, s []Shot, k int) ([]Shot, []string) {
			d := s[k]
			d.Name = "copy of " + d.Name
			return append(s, d), []string{d.Name}
		}},
		{MixedCameras, func(_ *rand.Rand, s []Shot, k int) ([]Shot, []string) { s[k].Model = "L1D-20c"; return s, at(s, k) }},
		{ClockJump, func(_ *rand.Rand, s []Shot, k int) ([]Shot, []string) {
			for i := k; i < len(s); i++ {
				s[i].Time = s[i].Time.Add(-8 * time.Hour)
			}
			return s, at(s, k)
		}},
		{ClockJump, func(_ *rand.Rand, s []Shot, k int) ([]Shot, []string) {
			for i := k; i < len(s); i++ {
				s[i].Time = s[i].Time.Add(20 * time.Minute)
			}
			return s, at(s, k)
		}},
		{PositionJump, func(rng *rand.Rand, s []Shot, k int) ([]Shot, []string) {
			p := *s[k].Position
			p.Lat += 0.003 + 0.01*rng.Float64()
			s[k].Position = &p
			return s, at(s, k)
		}},
		{Missing, func(rng *rand.Rand, s []Shot, k int) ([]Shot, []string) {
			lost := 1 + rng.IntN(2)
			names := []string{s[k-1].Name, s[k+lost].Name}
			return slices.Delete(s, k, k+lost), names
		}},
		{HeightJump, func(_ *rand.Rand, s []Shot, k int) ([]Shot, []string) {
			p, low := *s[k].Position, 50.0
			p.RelativeM = &low
			s[k].Position = &p
			return s, at(s, k)
		}},
		{MissingStrip, func(_ *rand.Rand, s []Shot, _ int) ([]Shot, []string) {
			names := []string{s[2*20].Name, s[4*20].Name}
			return slices.Delete(s, 3*20, 4*20), names
		}},
		{LowOverlap, func(_ *rand.Rand, s []Shot, _ int) ([]Shot, []string) {
			var thin []Shot
			for i := 0; i < len(s); i += 2 {
				thin = append(thin, s[i])
			}
			return thin, nil
		}},
		{Oblique, func(_ *rand.Rand, s []Shot, _ int) ([]Shot, []string) {
			for i := range s {
				s[i].Gimbal.PitchDeg = -45
			}
			return s, nil
		}},
	}
	for _, f := range faults {
		for seed := range uint64(25) {
			rng := rand.New(rand.NewPCG(seed, 2))
			shots := mown(rng, 360*rng.Float64(), 6, 20)
			k := 20*rng.IntN(6) + 4 + rng.IntN(11) // inside a strip
			shots, pictures := f.put(rng, shots, k)
			r := Check(shots)
			require.Equal(t, []string{f.code}, codes(r), "seed %d: %v", seed, r.Findings)
			if pictures != nil {
				require.Equal(t, pictures, r.Findings[0].Pictures, "seed %d", seed)
			}
		}
	}
}

func TestAFewPicturesAreNoFlight(t *testing.T) {
	r := Check(nil)
	require.Empty(t, r.Findings)
	shots := mown(rand.New(rand.NewPCG(1, 1)), 0, 1, 2)
	require.Equal(t, 2, Check(shots).Placed)
	shots = mown(rand.New(rand.NewPCG(1, 1)), 0, 1, 4)
	for i := range shots {
		shots[i].Position.Lat += 0.1 * float64(i)
	}
	require.Equal(t, []string{Scattered}, codes(Check(shots)))
}

func TestNaturalOrder(t *testing.T) {
	names := []string{"DJI_10.JPG", "DJI_9.JPG", "DJI_0010.JPG", "a", "DJI_9b.JPG"}
	slices.SortFunc(names, natural)
	require.Equal(t, []string{"DJI_9.JPG", "DJI_9b.JPG", "DJI_0010.JPG", "DJI_10.JPG", "a"}, names)
}
