package plume

import (
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/tracing/air"
)

var (
	neutral  = air.State{UStar: 0.4, Z0: 0.05, MixingM: 1000}
	stable   = air.State{UStar: 0.2, InvL: 0.03, Z0: 0.05, MixingM: 100}
	unstable = air.State{UStar: 0.3, InvL: -0.05, Z0: 0.05, MixingM: 1000}
)

func steady(t testing.TB, s air.State, u, v, receptorM, sourceM float64) *Model {
	t.Helper()
	m, err := New(Series{StepS: 60, U: []float64{u}, V: []float64{v}, Air: []air.State{s}}, NewTables(receptorM, sourceM))
	require.NoError(t, err)
	return m
}

// blowing is a steady wind to the east that fits the state.
func blowing(t testing.TB, s air.State, receptorM, sourceM float64) *Model {
	return steady(t, s, s.Speed(air.ReferenceM), 0, receptorM, sourceM)
}

// With wind and diffusivity the same at all heights the equation is a Gaussian with its image in the ground.
func TestColumnOfConstantDiffusionIsGaussian(t *testing.T) {
	c := newColumn(air.State{UStar: 1, Z0: 0.01, MixingM: 400}, 3)
	const u, k = 2.0, 0.5
	for i := range c.z {
		c.u[i] = u
		if i < len(c.z)-1 {
			c.g[i] = k / (c.z[i+1] - c.z[i])
		}
	}
	c.c[c.start] = 1 / (c.width[c.start] * u)
	x, step := 0.0, 1e-3
	for x < 200 {
		c.advance(step)
		x += step
		step *= 1.05
	}
	s := math.Sqrt(2 * k * x / u)
	for _, z := range []float64{0.5, 3, 10} {
		want := (math.Exp(-(z-3)*(z-3)/(2*s*s)) + math.Exp(-(z+3)*(z+3)/(2*s*s))) / (math.Sqrt(2*math.Pi) * s * u)
		require.InEpsilon(t, want, c.at(z), 0.02, "z %v", z)
	}
	flux, _, _ := c.sums()
	require.InEpsilon(t, 1, flux, 1e-9)
}

func TestColumnConservesFluxAndMixesThrough(t *testing.T) {
	for _, s := range []air.State{neutral, stable, unstable} {
		s.UStar = 1
		c := newColumn(s, 5)
		step := 0.01
		for range 250 {
			c.advance(step)
			step *= stepRatio
			flux, _, _ := c.sums()
			require.InEpsilon(t, 1, flux, 1e-6)
		}
		require.InEpsilon(t, c.c[0], c.c[len(c.c)-1], 0.01)
	}
}

func TestUptakeIsWhatTheFluxLoses(t *testing.T) {
	s := neutral
	s.UStar = 1
	c := newColumn(s, 2)
	c.uptake = 0.02
	lost, step := 0.0, 0.1
	for range 80 {
		before := c.c[0]
		c.advance(step)
		lost += c.uptake * step * (before + c.c[0]) / 2
		step *= 1.05
	}
	flux, _, _ := c.sums()
	require.InDelta(t, 1, flux+lost, 0.01)
	require.Less(t, flux, 0.98)
}

// The kernel is the same from a to b as from b to a: looking backwards rests on it.
func TestReciprocity(t *testing.T) {
	for _, s := range []air.State{neutral, stable, unstable} {
		s.UStar = 1
		for _, x := range []float64{100, 1000} {
			from := func(source, receptor float64) float64 {
				c := newColumn(s, source)
				at, step := 0.0, 1e-3
				for at < x {
					step = min(step*1.05, x-at+1e-9)
					c.advance(step)
					at += step
				}
				return c.at(receptor)
			}
			require.InEpsilon(t, from(10, 2), from(2, 10), 0.02, "%+v at %v", s, x)
		}
	}
}

// vanUlden is the crosswind integral of a ground source (van Ulden 1978), with the growth of the mean height
// integrated in steps.
func vanUlden(s air.State, x, z float64) float64 {
	mean := 3 * s.Z0
	law := func(h float64) float64 {
		return math.Log(h/s.Z0) - air.PsiM(h*s.InvL) + air.PsiM(s.Z0*s.InvL)
	}
	for range 200000 {
		p := 1.55 * mean
		mean += x / 200000 * air.Karman * air.Karman / (air.Schmidt * law(p) * air.PhiH(p*s.InvL))
	}
	p := 0.6 * mean
	// s = 2 + m - n of the power laws that touch the profiles at the height of the material.
	zeta := p * s.InvL
	slope := 5 * zeta / (1 + 5*zeta)
	if zeta < 0 {
		slope = 8 * zeta / (1 - 16*zeta)
	}
	shape := 1 + slope + air.PhiM(zeta)/law(p)
	a := shape * math.Gamma(2/shape) / math.Pow(math.Gamma(1/shape), 2)
	b := math.Gamma(2/shape) / math.Gamma(1/shape)
	return a / (s.UStar / air.Karman * law(p) * mean) * math.Exp(-math.Pow(b*z/mean, shape))
}

func TestGroundSourceMeetsVanUlden(t *testing.T) {
	for _, s := range []air.State{neutral, {UStar: 0.2, InvL: 0.03, Z0: 0.05, MixingM: 1000}, {UStar: 0.3, InvL: -0.03, Z0: 0.05, MixingM: 3000}} {
		tables := NewTables(1.5, 0)
		for _, x := range []float64{50, 200, 800} {
			require.InEpsilon(t, vanUlden(s, x, 1.5), tables.Crosswind(s, x), 0.18, "1/L %v at %v m", s.InvL, x)
		}
	}
}

func TestSteadyWindIsThePlume(t *testing.T) {
	for _, s := range []air.State{neutral, stable, unstable} {
		tables := NewTables(2.4, 2)
		m := blowing(t, s, 2.4, 2)
		for _, x := range []float64{30, 100, 500} {
			puffs := m.Puffs(nil, 0, 1, Range{ReachM: 2 * x, WidthM: 0.2}, Tweak{})
			sum := 0.0
			dy := x / 400
			for y := -2 * x; y <= 2*x; y += dy {
				sum += At(puffs, -x, y, 0) * dy
			}
			// Puffs also spread along the wind, which a plume formula leaves out.
			require.InEpsilon(t, tables.Crosswind(s, x), sum, 0.06, "1/L %v at %v m", s.InvL, x)
			peak, side := At(puffs, -x, 0, 0), At(puffs, -x, x/10, 0)
			require.InEpsilon(t, side, At(puffs, -x, -x/10, 0), 1e-9)
			require.Less(t, side, peak)
			if puffs[0].Weight > 0 {
				require.Less(t, At(puffs, x, 0, 0), 1e-3*peak, "nothing comes against the wind")
			}
		}
	}
}

// Twice the wind, with all turbulence twice, halves the concentration.
func TestInverseWind(t *testing.T) {
	slow := air.State{UStar: 0.2, Z0: 0.05, MixingM: 600, SigmaV: 0.4}
	fast := air.State{UStar: 0.4, Z0: 0.05, MixingM: 600, SigmaV: 0.8}
	h := func(s air.State) float64 {
		m, err := New(Series{StepS: 1e6, U: []float64{s.Speed(10)}, V: []float64{0}, Air: []air.State{s}}, NewTables(2, 2))
		require.NoError(t, err)
		return At(m.Puffs(nil, 0, 1, Range{ReachM: 300}, Tweak{}), -40, 3, 0)
	}
	require.InEpsilon(t, 2, h(slow)/h(fast), 0.06)
}

func TestRotation(t *testing.T) {
	u := neutral.Speed(10)
	east := blowing(t, neutral, 2, 1).Puffs(nil, 0, 60, Range{ReachM: 300}, Tweak{})
	sin, cos := math.Sincos(0.7)
	turned := steady(t, neutral, u*cos, -u*sin, 2, 1).Puffs(nil, 0, 60, Range{ReachM: 300}, Tweak{})
	tweaked := blowing(t, neutral, 2, 1).Puffs(nil, 0, 60, Range{ReachM: 300}, Tweak{RotationRad: 0.7})
	for _, p := range [][2]float64{{-100, 5}, {-30, -4}, {-250, 0}} {
		want := At(east, p[0], p[1], 0)
		x, y := p[0]*cos+p[1]*sin, p[1]*cos-p[0]*sin
		require.InEpsilon(t, want, At(turned, x, y, 0), 1e-6)
		require.InEpsilon(t, want, At(tweaked, x, y, 0), 1e-6, "a positive turn is clockwise")
	}
}

func TestImageIsTheSingleEvaluation(t *testing.T) {
	im := NewImage(5, 60)
	for _, s := range []air.State{neutral, stable, unstable} {
		puffs := blowing(t, s, 2.4, 1).Puffs(nil, 0, 60, Range{ReachM: 400, WidthM: 2.5}, Tweak{})
		im.Clear()
		im.Add(puffs, 1)
		peak := At(puffs, -20, 0, 0)
		for _, p := range [][2]float64{{-20, 0}, {-100, 10}, {-250, -20}, {-150, 60}, {0, 0}} {
			require.InDelta(t, At(puffs, p[0], p[1], 0), im.At(p[0], p[1]), 2e-4*peak)
		}
		require.Zero(t, im.At(-301, 0))
		require.Zero(t, im.At(0, math.NaN()))
	}
}

func TestPathIsTheMeanOfItsPoints(t *testing.T) {
	puffs := blowing(t, neutral, 2, 1).Puffs(nil, 0, 60, Range{ReachM: 300, WidthM: 1}, Tweak{})
	ax, ay, bx, by := 80.0, -60.0, 120.0, 70.0 // seen from the source
	sum, n := 0.0, 4000
	for i := range n {
		f := (float64(i) + 0.5) / float64(n)
		sum += At(puffs, -(ax+f*(bx-ax)), -(ay+f*(by-ay)), 9) / float64(n)
	}
	require.InEpsilon(t, sum, Path(puffs, ax, ay, bx, by, 9), 5e-3)
	require.Equal(t, At(puffs, -ax, -ay, 0), Path(puffs, ax, ay, ax, ay, 0))
}

// A receptor 100 m away in a slow wind sees air that left minutes ago, under another wind.
func TestPuffsRememberTheWind(t *testing.T) {
	s := air.State{UStar: 0.1, Z0: 0.05, MixingM: 200, SigmaV: 0.1}
	n := 20
	w := Series{StepS: 60, U: make([]float64, n), V: make([]float64, n), Air: make([]air.State, n)}
	for i := range n {
		w.Air[i] = s
		if i < 10 {
			w.V[i] = 1.5
		} else {
			w.U[i] = 1.5
		}
	}
	m, err := New(w, NewTables(2, 2))
	require.NoError(t, err)
	puffs := m.Puffs(nil, 660, 661, Range{ReachM: 500}, Tweak{})
	straight, bent := At(puffs, -150, 0, 0), At(puffs, -70, -80, 0)
	require.Greater(t, bent, 5*straight, "a minute back the air came from the south")
}

func TestCalmIsFiniteAndRound(t *testing.T) {
	puffs := steady(t, air.State{UStar: 0.03, InvL: 0.1, Z0: 0.05, MixingM: 50}, 0, 0, 2, 2).Puffs(nil, 0, 600, Range{ReachM: 300}, Tweak{})
	h := At(puffs, 10, 0, 0)
	require.Positive(t, h)
	require.False(t, math.IsInf(h, 0) || math.IsNaN(h))
	require.InEpsilon(t, h, At(puffs, 0, -10, 0), 1e-9)
	require.Less(t, len(puffs), maxArrival*maxPuffs)
}

func TestTablesDoNotDependOnTheOrderOfAsking(t *testing.T) {
	ask := []air.State{neutral, stable, unstable, {UStar: 0.1, InvL: 0.2, Z0: 0.01, MixingM: 60}}
	want := make([]float64, len(ask))
	for i, s := range ask {
		want[i] = NewTables(2, 5).Crosswind(s, 200)
	}
	shared := NewTables(5, 2)
	var group sync.WaitGroup
	for r := range 8 {
		group.Go(func() {
			for i := range ask {
				j := (i + r) % len(ask)
				if got := shared.Crosswind(ask[j], 200); got != want[j] {
					t.Errorf("state %d: %v, want %v", j, got, want[j])
				}
			}
		})
	}
	group.Wait()
}

// An elevated source is felt at the ground only after a while, a low one at once; far away they are alike.
func TestElevatedSources(t *testing.T) {
	high, low := NewTables(1.5, 30), NewTables(1.5, 0.5)
	require.Less(t, high.Crosswind(neutral, 60), 0.02*low.Crosswind(neutral, 60))
	require.InEpsilon(t, low.Crosswind(neutral, 15000), high.Crosswind(neutral, 15000), 0.1)
	over := NewTables(1.5, 150)
	require.Less(t, over.Crosswind(stable, 2000), 1e-3*NewTables(1.5, 10).Crosswind(stable, 2000), "a stack above a shallow layer")
}

func TestRefusesUnusableWind(t *testing.T) {
	for _, w := range []Series{
		{}, {StepS: 60, U: []float64{1}, V: []float64{1}}, {U: []float64{1}, V: []float64{0}, Air: []air.State{neutral}},
		{StepS: 60, U: []float64{math.NaN()}, V: []float64{0}, Air: []air.State{neutral}},
		{StepS: 60, U: []float64{1}, V: []float64{0}, Air: []air.State{{}}},
	} {
		_, err := New(w, NewTables(2, 2))
		require.Error(t, err)
	}
}

func TestOddQuestionsDoNotPanic(t *testing.T) {
	m := blowing(t, neutral, math.NaN(), -3)
	for _, at := range []float64{math.NaN(), math.Inf(1), -1e300} {
		for _, r := range []Range{{ReachM: math.NaN()}, {ReachM: math.Inf(1)}, {ReachM: 10, WidthM: math.Inf(1)}} {
			puffs := m.Puffs(nil, at, at+60, r, Tweak{RotationRad: math.NaN()})
			NewImage(5, 3).Add(puffs, 1)
			At(puffs, math.NaN(), 0, 0)
		}
	}
}

func ExampleAt() {
	layer := air.State{UStar: 0.4, Z0: 0.05, MixingM: 1000, SigmaV: 0.5}
	wind := Series{StepS: 60, U: []float64{5}, V: []float64{0}, Air: []air.State{layer}} // from the west
	m, err := New(wind, NewTables(2.4, 1))
	if err != nil {
		panic(err)
	}
	puffs := m.Puffs(nil, 0, 60, Range{ReachM: 200}, Tweak{})
	fmt.Printf("a gram a second 100 m to the west is %.1f mg/m3, to the east %.1f\n", 1e3*At(puffs, -100, 0, 0), 1e3*At(puffs, 100, 0, 0))
	// Output: a gram a second 100 m to the west is 1.1 mg/m3, to the east 0.0
}

// An event: 8 sensors, 240 one-minute means, 12 members, sources on 60 x 60 cells of 5 m. All sensors of a height
// share the images.
func BenchmarkEvent(b *testing.B) {
	const minutes, members, side = 240, 12, 60
	w := Series{StepS: 60, U: make([]float64, minutes), V: make([]float64, minutes), Air: make([]air.State, minutes)}
	for i := range minutes {
		toward := float64(i)/200 + 0.15*math.Sin(1.3*float64(i))
		w.U[i], w.V[i] = 3*math.Cos(toward), 3*math.Sin(toward)
		w.Air[i] = air.State{UStar: 0.3, InvL: -0.02 * math.Abs(math.Sin(float64(i)/40)), Z0: 0.05, MixingM: 800, SigmaV: 0.3}
	}
	for b.Loop() {
		m, err := New(w, NewTables(2.4, 1))
		require.NoError(b, err)
		im := NewImage(5, side)
		var puffs []Puff
		h := make([]float64, side*side)
		for k := range members {
			for i := range minutes {
				from := float64(i) * 60
				puffs = m.Puffs(puffs[:0], from, from+60, Range{ReachM: 5 * side, WidthM: 2.25}, Tweak{RotationRad: 0.02 * float64(k)})
				im.Clear()
				im.Add(puffs, 1)
				for sensor := range 8 {
					for c := range h {
						row := im.H[(c/side+sensor*5)*(2*side+1):]
						h[c] += row[c%side+sensor*5]
					}
				}
			}
		}
	}
}

func BenchmarkKernel(b *testing.B) {
	for b.Loop() {
		newKernel(neutral, 2.4, 1, 0)
	}
}
