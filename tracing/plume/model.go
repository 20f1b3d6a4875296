package plume

import (
	"fmt"
	"math"

	"upwind/tracing/air"
)

// Series is the wind at a site, mean by mean: U and V at 10 m towards east and north in m/s, and the state of the air.
// All three have one element a step. Between the middles of two steps the wind is linear in time, before the first and
// after the last constant.
type Series struct {
	Start, StepS float64 // Unix s, s
	U, V         []float64
	Air          []air.State
}

// Model holds a wind and the vertical kernels of its states for one receptor height and one source height. It is
// read-only once made.
type Model struct {
	wind    Series
	kernels []kernel  // one a run of equal states
	which   []int     // kernel of each step
	ratio   []float64 // 1 over u(10 m)/u*, of each step
	lateral []air.Lateral
}

const (
	minUStar     = 0.02 // m/s, keeps a puff rising when nothing moves
	minZ0, maxZ0 = 1e-6, 5.0
)

// New is the model of a wind for the heights of the tables. It refuses a series without steps, or of unequal lengths,
// or with values that are not
// finite, or a roughness length outside 1e-6 to 5 m.
func New(wind Series, tables *Tables) (*Model, error) {
	n := len(wind.U)
	if n == 0 || len(wind.V) != n || len(wind.Air) != n || !(wind.StepS > 0) {
		return nil, fmt.Errorf("plume: a wind of %d, %d and %d steps of %g s", n, len(wind.V), len(wind.Air), wind.StepS)
	}
	m := &Model{wind: wind, which: make([]int, n), ratio: make([]float64, n), lateral: make([]air.Lateral, n)}
	for i, s := range wind.Air {
		if sum := wind.U[i] + wind.V[i] + s.UStar + s.InvL + s.MixingM + s.SigmaV; math.IsNaN(sum) || math.IsInf(sum, 0) || !(s.Z0 >= minZ0 && s.Z0 <= maxZ0) {
			return nil, fmt.Errorf("plume: step %d of the wind is not usable: %v", i, s)
		}
		if i == 0 || s.InvL != wind.Air[i-1].InvL || s.MixingM != wind.Air[i-1].MixingM || s.Z0 != wind.Air[i-1].Z0 {
			m.kernels = append(m.kernels, kernel{})
			tables.blend(&m.kernels[len(m.kernels)-1], s)
		}
		m.which[i] = len(m.kernels) - 1
		one := s
		one.UStar = 1
		m.ratio[i] = 1 / max(one.Speed(air.ReferenceM), 1)
		m.lateral[i] = s.Lateral(wind.StepS)
	}
	return m, nil
}

// Tweak is what a member of an ensemble changes. Zero factors count as 1.
type Tweak struct {
	RotationRad float64 // the wind is turned by it, clockwise seen from above
	Speed       float64 // factor on the wind
	Lateral     float64 // factor on the lateral sd
	Vertical    float64 // factor on u*, which paces the vertical mixing
	ShiftS      float64 // the wind is read this much later
}

// Puff is a piece of air on its way to the receptor: where it was, seen from the receptor, how widely it is known, and
// how long it stayed times the vertical kernel.
type Puff struct{ X, Y, Var, Weight float64 } // m, m, m2, s/m

const (
	stepShare  = 1.7 // of a puff's width from one to the next: a row of Gaussians d apart ripples by 2 exp(-2 (pi s/d)^2), 0.2 %
	minStepS   = 0.1
	maxStepS   = 60.0
	maxPuffs   = 2000 // of one arrival
	calmMS     = 0.2
	arrivalS   = 20.0 // between the arrivals that make a mean
	maxArrival = 64
)

// Range bounds how far back the air is followed.
type Range struct {
	ReachM  float64 // straight distance from the receptor
	MaxAgeS float64 // 0: half an hour
	WidthM  float64 // least width of a puff: about half a cell of the image it goes on; 0: 0.5 m
}

const (
	defaultMaxAgeS = 1800.0
	defaultWidthM  = 0.5
	reachSigmas    = 3.2 // 0.6 % of a puff lies beyond
)

// Puffs appends the puffs of a mean over [from, to) in Unix seconds; none when an argument is not a number.
func (m *Model) Puffs(dst []Puff, from, to float64, r Range, tw Tweak) []Puff {
	sum := from + to + r.ReachM + r.MaxAgeS + r.WidthM + tw.RotationRad + tw.Speed + tw.Lateral + tw.Vertical + tw.ShiftS
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return dst
	}
	if r.MaxAgeS <= 0 {
		r.MaxAgeS = defaultMaxAgeS
	}
	if r.WidthM <= 0 {
		r.WidthM = defaultWidthM
	}
	n := min(max(int(math.Ceil((to-from)/arrivalS)), 1), maxArrival)
	for i := range n {
		at := from + (to-from)*(float64(i)+0.5)/float64(n)
		dst = m.track(dst, at, 1/float64(n), r, tw)
	}
	return dst
}

func factor(f float64) float64 {
	if f > 0 {
		return f
	}
	return 1
}

// track follows the air that arrives at one moment.
func (m *Model) track(dst []Puff, at, weight float64, r Range, tw Tweak) []Puff {
	sin, cos := math.Sincos(tw.RotationRad)
	fs, fl, fv := factor(tw.Speed), factor(tw.Lateral), factor(tw.Vertical)
	var x, y, age, tau, variance float64
	floor := r.WidthM * r.WidthM
	for range maxPuffs {
		i, u, v := m.windAt(at - age + tw.ShiftS)
		u, v = fs*(u*cos+v*sin), fs*(v*cos-u*sin)
		ustar := max(m.wind.Air[i].UStar*fv, minUStar)
		k := &m.kernels[m.which[i]]
		_, speed := k.at(tau)
		fast := speed * m.ratio[i] // material over the 10 m wind
		width := math.Sqrt(variance + floor)
		dt := stepShare * width / max(math.Sqrt(u*u+v*v)*fast, calmMS)
		dt = min(max(dt, minStepS), maxStepS, r.MaxAgeS-age+minStepS)
		vertical, speed := k.at(tau + ustar*dt/2)
		fast = speed * m.ratio[i]
		dx, dy := -u*fast*dt, -v*fast*dt
		l := m.lateral[i].At(k.height(tau + ustar*dt/2))
		l.SD *= fl
		grown := l.Variance(age+dt) - l.Variance(age)
		dst = append(dst, Puff{x + dx/2, y + dy/2, max(variance+grown/2, floor), weight * dt * vertical})
		x, y, age, tau, variance = x+dx, y+dy, age+dt, tau+ustar*dt, variance+grown
		if age >= r.MaxAgeS || math.Sqrt(x*x+y*y) > r.ReachM+reachSigmas*math.Sqrt(variance) {
			break
		}
	}
	return dst
}

// windAt is the step that holds a time and the wind there.
func (m *Model) windAt(t float64) (i int, u, v float64) {
	n := len(m.wind.U)
	x := (t - m.wind.Start) / m.wind.StepS
	i = min(max(int(math.Floor(x)), 0), n-1)
	x = min(max(x-0.5, 0), float64(n-1))
	a := min(max(int(x), 0), n-1)
	b := min(a+1, n-1)
	f := x - float64(a)
	return i, m.wind.U[a] + f*(m.wind.U[b]-m.wind.U[a]), m.wind.V[a] + f*(m.wind.V[b]-m.wind.V[a])
}
