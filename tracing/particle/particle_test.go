package particle

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/tracing/air"
	"upwind/tracing/plume"
)

var (
	neutral  = air.State{UStar: 0.4, Z0: 0.05, MixingM: 600}
	stable   = air.State{UStar: 0.2, InvL: 0.02, Z0: 0.05, MixingM: 150}
	unstable = air.State{UStar: 0.3, InvL: -0.02, Z0: 0.05, MixingM: 800}
	layers   = map[string]air.State{"neutral": neutral, "stable": stable, "unstable": unstable}
)

// same is turbulence that does not change with height.
func same(bottom, top, u, sd, tl float64) *Profile {
	return NewProfile(bottom, top, func(float64) (float64, air.Turbulence) {
		return u, air.Turbulence{SU: sd, SV: sd, SW: sd, TU: tl, TV: tl, TW: tl}
	})
}

// longArithmetic skips what only sums for seconds under the race detector, which makes it twenty times as slow; that the
// threads do not race is seen by the other tests.
func longArithmetic(t *testing.T) {
	if raceDetector {
		t.Skip("arithmetic alone: runs without the race detector")
	}
}

func heights(t testing.TB, p *Profile, z float64, n int, ages, edges []float64, o Options) *Heights {
	t.Helper()
	got, err := Walk(context.Background(), p, z, n, ages[len(ages)-1]+1, o, func() Tally { return NewHeights(ages, edges) })
	require.NoError(t, err)
	return SumHeights(got, n)
}

func cells(t testing.TB, p *Profile, z float64, n int, age float64, o Options, newTally func() Tally) *Cells {
	t.Helper()
	got, err := Walk(context.Background(), p, z, n, age, o, newTally)
	require.NoError(t, err)
	return SumCells(got, n)
}

// Philox4x32-10 on zeros, from the authors' known answers.
func TestPhiloxKnownAnswer(t *testing.T) {
	a, b, c, d := philox(0, 0, 0, 0, 0, 0)
	require.Equal(t, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, [4]uint32{a, b, c, d})
}

func TestNormalsAreNormalAndApart(t *testing.T) {
	var sum, sq, fourth, cross float64
	const n = 100000
	for i := range n {
		a, b, c := stream{7, 3, uint32(i % 100)}.normals(uint32(i / 100))
		for _, v := range []float64{a, b, c} {
			sum, sq, fourth = sum+v, sq+v*v, fourth+v*v*v*v
		}
		cross += a*b + b*c
	}
	require.InDelta(t, 0, sum/(3*n), 0.01)
	require.InDelta(t, 1, sq/(3*n), 0.015)
	require.InDelta(t, 3, fourth/(3*n), 0.08)
	require.InDelta(t, 0, cross/(2*n), 0.015)
}

// Taylor 1921: s^2 = s_w^2 t^2 for young air and 2 s_w^2 T_L t for old.
func TestTaylor(t *testing.T) {
	longArithmetic(t)
	const sd, tl = 0.5, 10.0
	p := same(1, 1e5, 0, sd, tl)
	h := heights(t, p, 5e4, 2500, []float64{1, 20, 400}, []float64{0, 1e5}, Options{})
	for i, age := range h.AgesS {
		variance := h.Sq[i] - h.Mean[i]*h.Mean[i]
		exact := 2 * sd * sd * tl * (age - tl*(1-math.Exp(-age/tl)))
		require.InEpsilon(t, exact, variance, 0.08, "age %v", age)
	}
	require.InEpsilon(t, sd*sd, (h.Sq[0]-h.Mean[0]*h.Mean[0])/1, 0.1)
	require.InEpsilon(t, 2*sd*sd*tl*400*0.975, h.Sq[2]-h.Mean[2]*h.Mean[2], 0.08)
}

// A plume in homogeneous turbulence is Gaussian across and upwards.
func TestHomogeneousTurbulenceIsTheGaussianPlume(t *testing.T) {
	const u, sd, tl, n = 5.0, 0.5, 20.0, 20000
	p := same(1, 4000, u, sd, tl)
	c := cells(t, p, 2000, n, 50, Options{StepShare: 0.1}, func() Tally { return NewCells(180, -90, 20, 1, 9, 1990, 2010) })
	age := 190 / u
	s2 := 2 * sd * sd * tl * (age - tl*(1-math.Exp(-age/tl)))
	s := math.Sqrt(s2)
	for j := range c.NY {
		y := -90 + 20*(float64(j)+0.5)
		across := 0.5 * (math.Erf((y+10)/(s*math.Sqrt2)) - math.Erf((y-10)/(s*math.Sqrt2)))
		up := math.Erf(10 / (s * math.Sqrt2))
		want := 20 / u * across * up
		require.InDelta(t, want, c.Time[j], 0.06*want+4*math.Sqrt(want*4/n), "y %v", y)
	}
}

// A mixed layer stays mixed, whatever the turbulence in it.
func TestWellMixed(t *testing.T) {
	longArithmetic(t)
	for name, s := range layers {
		p := FromState(s)
		const starts, each, slabs = 60, 256, 10
		edges := make([]float64, slabs+1)
		for i := range edges {
			edges[i] = s.MixingM * float64(i) / slabs
		}
		share := make([]float64, slabs)
		for i := range starts {
			z := s.MixingM * (float64(i) + 0.5) / starts
			h := heights(t, p, z, each, []float64{s.MixingM / s.UStar}, edges, Options{Reading: uint64(i), StepShare: 0.1})
			for k := range share {
				share[k] += h.Share[k] / starts
			}
		}
		noise := math.Sqrt(0.1 / (starts * each))
		for k, v := range share {
			require.InDelta(t, 0.1, v, 0.0025+2.5*noise, "%s, slab %d of %d: %v", name, k, slabs, share)
		}
	}
}

// What a receptor sees of a source is what the source, taken as the receptor in reversed time, sees of it.
func TestForwardIsBackward(t *testing.T) {
	longArithmetic(t)
	for name, s := range layers {
		p := FromState(s)
		const n, x, width = 8000, 80.0, 30.0
		seen := func(from, to float64, backward bool) (mean, noise float64) {
			x0 := x - width/2
			if backward {
				x0 = -x - width/2
			}
			tallies, err := Walk(context.Background(), p, from, n, 60, Options{Backward: backward, StepShare: 0.1, Seed: uint64(to)},
				func() Tally { return NewCells(x0, -1000, width, 1, 67, to*0.8, to*1.25) })
			require.NoError(t, err)
			var sum, sq float64
			for _, b := range tallies {
				one := 0.0
				for _, v := range b.(*Cells).Time {
					one += v / (width * to * 0.45)
				}
				sum += one
				sq += one * one
			}
			blocks := float64(len(tallies))
			return sum / n, math.Sqrt(blocks*(sq/blocks-sum*sum/blocks/blocks)) / n
		}
		forward, fn := seen(1, 4, false)
		backward, bn := seen(4, 1, true)
		require.Less(t, math.Hypot(fn, bn), 0.05*forward, "the test sees differences")
		require.InDelta(t, forward, backward, 3*math.Hypot(fn, bn)+0.02*forward, name)
	}
}

func TestSameBytesForAnyNumberOfThreads(t *testing.T) {
	p := FromState(unstable)
	var want []float64
	for _, threads := range []int{1, 2, 7} {
		c := cells(t, p, 3, 1000, 60, Options{Backward: true, Threads: threads, Seed: 5}, func() Tally { return NewCells(-300, -50, 10, 30, 10, 0, 10) })
		if want == nil {
			want = append(c.Time, c.Touches...)
			continue
		}
		require.Equal(t, want, append(c.Time, c.Touches...))
	}
	other := cells(t, p, 3, 1000, 60, Options{Backward: true, Seed: 6}, func() Tally { return NewCells(-300, -50, 10, 30, 10, 0, 10) })
	require.NotEqual(t, want, append(other.Time, other.Touches...))
}

func TestNothingUpwindAndRotation(t *testing.T) {
	p := FromState(neutral)
	tally := func() Tally { return NewCells(-400, -400, 100, 8, 8, 0, 600) }
	east := cells(t, p, 2, 1000, 100, Options{StepShare: 0.1}, tally)
	speed := neutral.Speed(10)
	north := cells(t, p, 2, 1000, 100, Options{StepShare: 0.1, Flow: func(_, _, _ float64) (float64, float64) { return 0, speed }}, tally)
	upwind, total := 0.0, 0.0
	for j := range 8 {
		for i := range 8 {
			total += east.Time[j*8+i]
			if i < 3 {
				upwind += east.Time[j*8+i]
			}
			require.InDelta(t, east.Time[j*8+i], north.Time[i*8+7-j], 1e-6, "a turn of the wind turns the plume")
		}
	}
	require.Less(t, upwind, 1e-3*total)
}

// The ground takes v_d C out of the air. In a layer of depth h with K = s_w^2 T_L the air at the ground holds less than
// the mean, so that it empties as exp(-t v/h) with 1/v = 1/v_d + h/3K.
func TestDepositionBudget(t *testing.T) {
	longArithmetic(t)
	const depth, vd, sd, tl = 20.0, 0.02, 0.5, 5.0
	p := same(0.1, 0.1+depth, 0, sd, tl)
	h := heights(t, p, 10, 2000, []float64{100, 500}, []float64{0, 30}, Options{DepositionMS: vd, StepShare: 0.1})
	v := 1 / (1/vd + depth/(3*sd*sd*tl))
	require.InEpsilon(t, math.Exp(-v*400/depth), h.Mass[1]/h.Mass[0], 0.03)
	require.InEpsilon(t, h.Mass[0], h.Share[0], 1e-9)
}

// Settling against mixing ends in C ~ exp(-w_s z/K); backwards it rises instead, the adjoint.
func TestSettlingFindsItsEquilibrium(t *testing.T) {
	longArithmetic(t)
	const k, ws = 0.5 * 0.5 * 2, 0.1
	p := same(0.1, 200, 0, 0.5, 2)
	h := heights(t, p, 5, 2000, []float64{400}, []float64{0, 200}, Options{SettlingMS: ws, StepShare: 0.1})
	require.InEpsilon(t, k/ws, h.Mean[0], 0.08)
	require.InDelta(t, 1, h.Mass[0], 1e-9, "without deposition nothing is lost")
	b := heights(t, p, 5, 500, []float64{400}, []float64{0, 200}, Options{SettlingMS: ws, Backward: true, StepShare: 0.1})
	require.Greater(t, b.Mean[0], 30.0)
}

// Touchdowns and the time near the ground are two estimates of the same area source.
func TestTouchdownsAreResidence(t *testing.T) {
	longArithmetic(t)
	p := FromState(neutral)
	c := cells(t, p, 2, 6000, 40, Options{Backward: true, StepShare: 0.1}, func() Tally { return NewCells(-200, -100, 200, 1, 1, 0.05, 0.25) })
	require.InEpsilon(t, c.Time[0]/0.2, c.Touches[0], 0.08)
}

// ring tallies the time in a slab of heights over geometric bins of distance upwind.
type ring struct {
	edges     []float64
	low, high float64
	time      []float64
}

func (r *ring) Step(p *Particle, dt float64) {
	if p.Z < r.low || p.Z >= r.high {
		return
	}
	if k := slab(r.edges, -p.X); k >= 0 {
		r.time[k] += dt
	}
}

func (r *ring) Touch(*Particle) {}

// The diffusion equation of the near tier and the walk are two theories of one layer. They agree on the crosswind
// integral of a plume to within 12 %, noise of the walk included; in convection the walk, which keeps its speed for a
// while, rises more slowly and leaves up to a third more near the ground at 400 m.
func TestCrosswindIntegralIsThatOfTheNearTier(t *testing.T) {
	longArithmetic(t)
	const receptor, source, n = 2.4, 1.0, 6000
	edges := []float64{40, 60, 160, 240, 320, 480}
	for name, s := range layers {
		tables := plume.NewTables(receptor, source)
		tallies, err := Walk(context.Background(), FromState(s), receptor, n, 500, Options{Backward: true, StepShare: 0.1},
			func() Tally { return &ring{edges, 0.8, 1.25, make([]float64, len(edges)-1)} })
		require.NoError(t, err)
		for k := 0; k < len(edges)-1; k += 2 {
			sum := 0.0
			for _, b := range tallies {
				sum += b.(*ring).time[k]
			}
			width := edges[k+1] - edges[k]
			walk := sum / n / (0.45 * width)
			x := (edges[k] + edges[k+1]) / 2
			equation := tables.Crosswind(s, x)
			tolerance := 0.12
			if s.InvL < 0 {
				tolerance = 0.35
			}
			require.InEpsilon(t, equation, walk, tolerance, "%s at %v m: equation %.4f, walk %.4f s/m2", name, x, equation, walk)
		}
	}
}

// In a wind that turns, the puffs of the near tier and the walk agree on where the air came from, how widely, and how
// much of it.
func TestTurningWindIsThatOfTheNearTier(t *testing.T) {
	longArithmetic(t)
	const receptor, source, n, sd, stepS = 2.4, 1.0, 10000, 0.4, 20.0
	s := neutral
	s.SigmaV = sd
	speed := s.Speed(air.ReferenceM)
	wind := func(at float64) (u, v float64) {
		sin, cos := math.Sincos(0.012 * at)
		return speed * cos, speed * sin
	}
	w := plume.Series{Start: -400, StepS: stepS}
	for i := range 25 {
		u, v := wind(w.Start + stepS*(float64(i)+0.5))
		w.U, w.V, w.Air = append(w.U, u), append(w.V, v), append(w.Air, s)
	}
	m, err := plume.New(w, plume.NewTables(receptor, source))
	require.NoError(t, err)
	puffs := m.Puffs(nil, 0, 1, plume.Range{ReachM: 400}, plume.Tweak{})

	p := FromState(s)
	for i := range p.nodes {
		p.nodes[i].sv, p.nodes[i].su, p.nodes[i].tv, p.nodes[i].tu = sd, sd, stepS/2, stepS/2
	}
	const cell, side = 20.0, 20
	c := cells(t, p, receptor, n, 90, Options{Backward: true, StepShare: 0.1, Flow: func(_, _, at float64) (float64, float64) { return wind(at) }},
		func() Tally { return NewCells(-300, -100, cell, side, side, 0.8, 1.25) })
	moments := func(h func(i, j int) float64) (total, x, y float64) {
		for j := range side {
			for i := range side {
				px, py := -300+cell*(float64(i)+0.5), -100+cell*(float64(j)+0.5)
				if r := math.Hypot(px, py); r < 60 || r > 180 {
					continue
				}
				v := h(i, j)
				total, x, y = total+v, x+v*px, y+v*py
			}
		}
		return total, x / total, y / total
	}
	total, x, y := moments(func(i, j int) float64 { return c.Time[j*side+i] / (cell * cell * 0.45) })
	want, wx, wy := moments(func(i, j int) float64 {
		sum := 0.0
		for k := range 16 {
			fx, fy := (float64(k%4)+0.5)/4, (float64(k/4)+0.5)/4
			sum += plume.At(puffs, -300+cell*(float64(i)+fx), -100+cell*(float64(j)+fy), 0) / 16
		}
		return sum
	})
	require.InEpsilon(t, want, total, 0.15)
	require.InDelta(t, wx, x, 5)
	require.InDelta(t, wy, y, 5)
	require.Greater(t, wy, 15.0, "the path is bent: a straight one would end at 0")
}

func TestWalkEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Walk(ctx, FromState(neutral), 2, 1e6, 1e9, Options{}, func() Tally { return NewHeights([]float64{1}, []float64{0, 1}) })
	require.ErrorIs(t, err, context.Canceled)
}

func ExampleWalk() {
	layer := FromState(air.State{UStar: 0.4, Z0: 0.05, MixingM: 600})
	const n = 2000
	tallies, err := Walk(context.Background(), layer, 3, n, 60, Options{Backward: true}, func() Tally {
		return NewCells(-200, -50, 100, 2, 1, 0, 2) // the 200 m upwind of a receptor 3 m above ground
	})
	if err != nil {
		panic(err)
	}
	c := SumCells(tallies, n)
	fmt.Println("more from the nearer half:", c.Touches[1] > c.Touches[0])
	// Output: more from the nearer half: true
}

func BenchmarkWalk(b *testing.B) {
	p := FromState(neutral)
	for b.Loop() {
		_, err := Walk(context.Background(), p, 2, 1000, 600, Options{Backward: true, Threads: 1}, func() Tally { return NewCells(-2000, -500, 50, 40, 20, 0, 10) })
		require.NoError(b, err)
	}
}
