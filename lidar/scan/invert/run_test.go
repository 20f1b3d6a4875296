package invert

import (
	"context"
	"encoding/binary"
	"hash/fnv"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/scan"
)

// usableBins leaves out the first 300 m and bins without light.
func usableBins(f *scan.Field) []float64 {
	out := make([]float64, len(f.Extinction))
	for i, a := range f.Extinction {
		out[i] = nan
		if f.RangeM(i%f.Bins) > 300 && f.Quality[i]&scan.LowSNR == 0 {
			out[i] = a
		}
	}
	return out
}

func TestTurnOverAHazeWithPlumes(t *testing.T) {
	m := simulation{rays: 180, bins: 800, haze: 2e-4, ratioSr: 50, light: 1e4, skylight: 20, plume: fourPlumes, seed: 3}
	s, truth := m.run()
	f, err := Run(context.Background(), s, Options{LidarRatioSr: 50})
	require.NoError(t, err)
	require.Len(t, f.Extinction, 180*800)
	found := usableBins(f)
	bias, rms, n := Compare(found, truth)
	cover := Coverage(found, f.ExtinctionSigma, truth)
	boundary := 0.0
	for _, r := range f.Rays {
		boundary += (r.BoundaryAlpha/m.haze - 1) / float64(len(f.Rays))
	}
	t.Logf("%d bins: bias %.2f %%, rms %.1f %%, %.1f %% within one sigma; boundary %.2f %%; %v", n, 100*bias, 100*rms, 100*cover, 100*boundary, f.Notes)
	require.InDelta(t, 0, bias, 0.02)
	require.Less(t, rms, 0.15)
	require.InDelta(t, 0.68, cover, 0.08)
	require.InDelta(t, 0, boundary, 0.02)
	for _, p := range [][2]int{{20, 266}, {60, 466}, {100, 159}} { // the peaks of the three strongest plumes
		i := f.At(p[0], p[1])
		require.InDelta(t, truth[i], f.Extinction[i], 4*f.ExtinctionSigma[i])
		require.InEpsilon(t, truth[i], f.Extinction[i], 0.15)
	}
}

// Sigma is the scatter of many repeats of one scene, bin by bin, and truth lies within it as often as it should.
func TestSigmaAgainstMonteCarlo(t *testing.T) {
	for _, c := range []struct {
		name string
		nm   float64
		run  func(seed uint64) (*scan.Scan, []float64, Options)
	}{
		{name: "horizontal, slope", run: func(seed uint64) (*scan.Scan, []float64, Options) {
			s, truth := simulation{rays: 1, bins: 800, haze: 2e-4, ratioSr: 50, light: 2e4, skylight: 20, seed: seed,
				plume: func(_, r float64) float64 { return 1e-3 * math.Exp(-sq((r-1500)/100)/2) }}.run()
			return s, truth, Options{LidarRatioSr: 50, AirSigma: 1e-9}
		}},
		{name: "upward, clean air", run: func(seed uint64) (*scan.Scan, []float64, Options) {
			s, truth := upward(seed, 355, 3e5, 100)
			return s, truth, Options{LidarRatioSr: 50, AirSigma: 1e-9, ReferenceFromM: 6000, ReferenceToM: 9000}
		}},
		{name: "upward, clean air under skylight", run: func(seed uint64) (*scan.Scan, []float64, Options) {
			s, truth := upward(seed, 532, 3e5, 1e4)
			return s, truth, Options{LidarRatioSr: 50, AirSigma: 1e-9, ReferenceFromM: 6000, ReferenceToM: 9000}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			const trials = 150
			var sum, square, sigma []float64
			in, n := 0, 0
			for k := range uint64(trials) {
				s, truth, o := c.run(k + 1)
				f, err := Run(context.Background(), s, o)
				require.NoError(t, err)
				if sum == nil {
					sum, square, sigma = make([]float64, f.Bins), make([]float64, f.Bins), make([]float64, f.Bins)
				}
				for i := 40; i < 400; i++ {
					d := f.Extinction[i] - truth[i]
					sum[i], square[i], sigma[i] = sum[i]+d, square[i]+d*d, sigma[i]+sq(f.ExtinctionSigma[i])
					if n++; math.Abs(d) <= f.ExtinctionSigma[i] {
						in++
					}
				}
			}
			var scatter, claimed float64
			for i := 40; i < 400; i++ {
				scatter += square[i]
				claimed += sigma[i]
			}
			ratio, cover := math.Sqrt(claimed/scatter), float64(in)/float64(n)
			t.Logf("claimed sigma over scatter %.3f, %.1f %% within one sigma", ratio, 100*cover)
			require.InDelta(t, 1, ratio, 0.2)
			require.True(t, cover > 0.60 && cover < 0.76)
		})
	}
}

// upward is a boundary layer to 1.5 km and a lofted layer at 3 km.
func upward(seed uint64, nm, light, skylight float64) (*scan.Scan, []float64) {
	n := 1600
	mol, _ := NewMolecular(nm)
	o := Options{LidarRatioSr: 50}.withDefaults(scan.Site{})
	s := newSight(grid{first: 3.75, bin: 7.5, n: n}, 90, scan.Site{}, mol, o)
	alpha, all, depth, counts := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		r := s.rangeM(i)
		alpha[i] = 1.5e-4/(1+math.Exp((r-1500)/60)) + 5e-5*math.Exp(-sq((r-3000)/150)/2)
		all[i] = alpha[i] + s.alphaM[i]
	}
	cumulative(depth, all, s.bin)
	rng := newRand(seed)
	for i := range n {
		r := s.rangeM(i)
		beta := alpha[i]/50 + s.betaM[i]
		counts[i] = poisson(rng, skylight+light*1e6/(r*r)*beta/s.betaM[0]*math.Exp(-2*depth[i]))
	}
	r := make([]float64, n)
	for i := range r {
		r[i] = s.rangeM(i)
	}
	return vertical(nm, r, counts), alpha
}

func digest(f *scan.Field) uint64 {
	h := fnv.New64a()
	for _, a := range [][]float64{f.Extinction, f.ExtinctionSigma, f.Backscatter, f.Depol, f.DepolSigma, f.DustShare} {
		_ = binary.Write(h, binary.LittleEndian, a)
	}
	_ = binary.Write(h, binary.LittleEndian, f.Quality)
	h.Write([]byte(strings.Join(f.Notes, "\n")))
	return h.Sum64()
}

func TestSameBytesForAnyNumberOfThreads(t *testing.T) {
	s, _ := simulation{rays: 40, bins: 600, haze: 2e-4, ratioSr: 50, light: 500, skylight: 2, depol: 0.2, shots: 1000, plume: fourPlumes, seed: 9}.run()
	var want uint64
	for _, threads := range []int{1, 2, 3, 16} {
		f, err := Run(context.Background(), s, Options{Threads: threads})
		require.NoError(t, err)
		if threads == 1 {
			want = digest(f)
		}
		require.Equal(t, want, digest(f), "%d threads", threads)
	}
}

func TestDustIsToldFromSmoke(t *testing.T) {
	for _, c := range []struct{ depol, share float64 }{{0.31, 1}, {0.05, 0}, {0.15, (0.15 - 0.05) * 1.31 / (0.26 * 1.15)}} {
		m := simulation{rays: 6, bins: 800, haze: 5e-4, ratioSr: 50, light: 1e5, skylight: 5, depol: c.depol, seed: 4}
		s, _ := m.run()
		f, err := Run(context.Background(), s, Options{LidarRatioSr: 50})
		require.NoError(t, err)
		var depol, share, n, in float64
		for i := range f.Depol {
			if r := f.RangeM(i % f.Bins); r < 300 || r > 1500 {
				continue
			}
			depol, share, n = depol+f.Depol[i], share+f.DustShare[i], n+1
			if math.Abs(f.Depol[i]-c.depol) < f.DepolSigma[i] {
				in++
			}
		}
		t.Logf("depolarisation %.4f of %.2f, dust share %.3f of %.3f, %.0f %% within one sigma", depol/n, c.depol, share/n, c.share, 100*in/n)
		require.InDelta(t, c.depol, depol/n, 0.003)
		require.InDelta(t, c.share, share/n, 0.03)
	}
}

func TestParticleDepol(t *testing.T) {
	// A mixture made forward must come back: light of each polarisation adds up.
	const ratio, air, particles = 3.0, 0.0036, 0.25
	cross := (ratio-1)*particles/(1+particles) + air/(1+air)
	volume := cross / (ratio - cross)
	got, sigma := ParticleDepol(volume, 0.01, ratio, 0.1, air)
	require.InEpsilon(t, particles, got, 1e-12)
	up, _ := ParticleDepol(volume+1e-6, 0, ratio, 0, air)
	right, _ := ParticleDepol(volume, 0, ratio+1e-6, 0, air)
	require.InEpsilon(t, math.Hypot((up-got)/1e-6*0.01, (right-got)/1e-6*0.1), sigma, 1e-3)
	require.InDelta(t, 0, DustShare(0.01, 0.31, 0.05), 0)
	require.InDelta(t, 1, DustShare(0.31, 0.31, 0.05), 1e-12)
}

func TestDigitisedAndCountedLightAreJoined(t *testing.T) {
	m := simulation{rays: 30, bins: 800, haze: 2e-4, ratioSr: 50, light: 2000, skylight: 2, depol: 0.1, shots: 1000, seed: 5}
	s, truth := m.run()
	f, err := Run(context.Background(), s, Options{LidarRatioSr: 50})
	require.NoError(t, err)
	require.Contains(t, strings.Join(f.Notes, "\n"), "were joined with a factor of 1.4", "0.7 mV per MHz")
	found := usableBins(f)
	bias, rms, _ := Compare(found, truth)
	t.Logf("bias %.2f %%, rms %.1f %%, %v", 100*bias, 100*rms, f.Notes)
	require.InDelta(t, 0, bias, 0.03)
	require.Less(t, rms, 0.25)
}

func TestBlockedRayTakesItsNeighboursValue(t *testing.T) {
	s, _ := simulation{rays: 36, bins: 800, haze: 2e-4, ratioSr: 50, light: 1e4, skylight: 5, wallRay: 5, wallBin: 60, seed: 6}.run()
	s.Site.Blocked = []scan.Sector{{FromDeg: 355, ToDeg: 15, MaxRangeM: 400}}
	f, err := Run(context.Background(), s, Options{LidarRatioSr: 50})
	require.NoError(t, err)
	for _, k := range []int{0, 1} { // azimuths 0 and 10 stand in the sector, across north
		require.InEpsilon(t, 2e-4, f.Rays[k].BoundaryAlpha, 0.1)
		require.NotZero(t, f.Quality[f.At(k, 50)]&scan.BoundaryGuess)
		require.NotZero(t, f.Quality[f.At(k, 200)]&scan.Blocked)
		require.True(t, math.IsNaN(f.Extinction[f.At(k, 200)]))
		require.InEpsilon(t, 2e-4, f.Extinction[f.At(k, 50)], 0.2)
	}
	require.Zero(t, f.Quality[f.At(2, 200)]&scan.Blocked)
	require.NotZero(t, f.Quality[f.At(5, 60)]&scan.HardTarget, "the wall")
	require.NotZero(t, f.Quality[f.At(5, 100)]&scan.BehindTarget)
	require.True(t, math.IsNaN(f.Extinction[f.At(5, 100)]))
}

func TestCalibratedBackscatterIsInvertedFromTheInstrument(t *testing.T) {
	mol, _ := NewMolecular(910)
	alpha := func(r float64) float64 { return 2e-4 * math.Exp(-r/1000) }
	x, _, _, _ := exactRay(400, alpha, func(float64) float64 { return 50 }, mol)
	s := &scan.Scan{Kind: scan.Stare, Channels: []scan.Channel{{ID: "beta", WavelengthNM: 910, Mode: scan.Derived, Unit: scan.UnitBeta, BinM: 7.5, FirstM: 3.75, Bins: 400}},
		Rays: []scan.Ray{{ElevationDeg: 0, Values: [][]float64{x}}}}
	f, err := Run(context.Background(), s, Options{LidarRatioSr: 50})
	require.NoError(t, err)
	for _, i := range []int{0, 50, 200, 300} {
		require.InEpsilon(t, alpha(f.RangeM(i)), f.Extinction[i], 5e-3)
		require.Greater(t, f.ExtinctionSigma[i], 0.05*f.Extinction[i], "the calibration is good to a tenth")
	}
}

func TestCleanAirIsFound(t *testing.T) {
	s, truth := upward(8, 532, 3e6, 100)
	f, err := Run(context.Background(), s, Options{LidarRatioSr: 50, Air: StandardAir()})
	require.NoError(t, err)
	require.Greater(t, f.Rays[0].BoundaryM, 3400.0, "above the lofted layer")
	lo, hi := 40, 190
	bias, rms, _ := Compare(f.Extinction[lo:hi], truth[lo:hi])
	t.Logf("boundary at %.0f m, bias %.2f %%, rms %.2f %%", f.Rays[0].BoundaryM, 100*bias, 100*rms)
	require.InDelta(t, 0, bias, 0.02)
}

func TestRunRefusesInWords(t *testing.T) {
	good := func() *scan.Scan {
		s, _ := simulation{rays: 2, bins: 100, haze: 2e-4, ratioSr: 50, light: 1e4, seed: 1}.run()
		return s
	}
	for what, change := range map[string]func(s *scan.Scan, o *Options){
		"no elastic channel":    func(s *scan.Scan, _ *Options) { s.Channels[0].WavelengthNM = 0 },
		"at 1064 nm":            func(_ *scan.Scan, o *Options) { o.WavelengthNM = 1064 },
		"all are parked":        func(s *scan.Scan, _ *Options) { s.Rays[0].Parked, s.Rays[1].Parked = true, true },
		"rays have 0 bins":      func(s *scan.Scan, _ *Options) { s.Rays[0].Values, s.Rays[1].Values = nil, nil },
		"lidar ratio of 1 sr":   func(_ *scan.Scan, o *Options) { o.LidarRatioSr = 1 },
		"heights do not rise":   func(_ *scan.Scan, o *Options) { o.LidarRatio = []RatioPoint{{100, 50}, {100, 60}} },
		"ranges do not rise":    func(s *scan.Scan, _ *Options) { s.Site.Overlap = []scan.OverlapPoint{{RangeM: 5}, {RangeM: 5}} },
		"not finite":            func(_ *scan.Scan, o *Options) { o.SmoothM = nan },
		"dead time":             func(s *scan.Scan, _ *Options) { s.Site.DeadTimeNS = -1 },
		"reference ratio below": func(_ *scan.Scan, o *Options) { o.ReferenceRatio = 0.5 },
		"no analog record":      func(_ *scan.Scan, o *Options) { o.Detection = AnalogOnly },
	} {
		s, o := good(), Options{}
		change(s, &o)
		_, err := Run(context.Background(), s, o)
		require.ErrorContains(t, err, what)
		require.True(t, upwind.IsRefusal(err), what)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Run(ctx, good(), Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestRunSaysWhatItAssumedAndLeftOut(t *testing.T) {
	s, _ := simulation{rays: 4, bins: 400, haze: 2e-4, ratioSr: 50, light: 1e4, skylight: 2, depol: 0.1, seed: 2}.run()
	s.Site.DepolGain = nil
	s.Channels = append(s.Channels, s.Channels[0], scan.Channel{ID: "607", WavelengthNM: 607, Mode: scan.Photon, Unit: scan.UnitCounts, BinM: 7.5, Bins: 400})
	s.Channels[2].ID = "copy"
	s.Rays[1].Parked = true
	s.Rays[2].Start = time.Unix(5, 0)
	s.Rays[3].AzimuthDeg = nan
	f, err := Run(context.Background(), s, Options{})
	require.NoError(t, err)
	require.Nil(t, f.Depol)
	require.Len(t, f.Rays, 2)
	require.Equal(t, time.Unix(5, 0), f.Rays[1].Start)
	require.Equal(t, []float64{532}, Wavelengths(s), "607 nm is nitrogen's Raman line")
	notes := strings.Join(f.Notes, "\n")
	for _, want := range []string{"no lidar ratio was stated", "standard atmosphere", "no depolarisation gain", "copy was not used: it repeats 532.p", "without a direction"} {
		require.Contains(t, notes, want)
	}
	require.InDelta(t, 50, f.LidarRatioSr, 0)
	require.InDelta(t, 15, f.LidarRatioSigmaSr, 0)
}
