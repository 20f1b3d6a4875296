package wind

import (
	"math"
	"slices"
	"sort"

	"upwind"
)

// Surface is what the stations say of the surface layer; NaN where they do not.
type Surface struct {
	UStar       float64 // m/s
	InvL        float64 // 1/m, inverse Obukhov length
	PressurePa  float64
	TempC       float64
	DirectionSD float64 // radians, spread of the direction inside a mean
}

// Surface is the surface layer at a Unix time: the median over stations, linear in time, held for 3 h.
func (f *Field) Surface(unix float64) Surface {
	s := f.surface
	return Surface{s.ustar.at(unix), s.invL.at(unix), s.pressure.at(unix), s.temp.at(unix), s.sd.at(unix)}
}

// MedianSurface is its median over time.
func (f *Field) MedianSurface() Surface { return f.surface.medians() }

// minObukhovM bounds |L| from below: a metre is stability beyond any profile.
const minObukhovM = 1.0

type surfaces struct{ ustar, invL, pressure, temp, sd track }

func newSurfaces(wind []upwind.Wind) surfaces {
	pick := func(value func(w upwind.Wind) (float64, bool)) track {
		at := map[float64][]float64{}
		for _, w := range wind {
			if x, ok := value(w); ok && finite(x) {
				t := unix(w.Start) + w.DurationS/2
				at[t] = append(at[t], x)
			}
		}
		tr := track{}
		for t := range at {
			tr.t = append(tr.t, t)
		}
		slices.Sort(tr.t)
		for _, t := range tr.t {
			tr.x = append(tr.x, median(at[t]))
		}
		return tr
	}
	of := func(p *float64, scale float64, ok func(x float64) bool) (float64, bool) {
		if p == nil || !ok(*p) {
			return 0, false
		}
		return *p * scale, true
	}
	positive := func(x float64) bool { return x > 0 }
	return surfaces{
		ustar: pick(func(w upwind.Wind) (float64, bool) { return of(w.UStarMS, 1, positive) }),
		invL: pick(func(w upwind.Wind) (float64, bool) {
			if w.ObukhovM == nil || math.Abs(*w.ObukhovM) < minObukhovM {
				return 0, false
			}
			return 1 / *w.ObukhovM, true
		}),
		pressure: pick(func(w upwind.Wind) (float64, bool) { return of(w.PressPa, 1, positive) }),
		temp:     pick(func(w upwind.Wind) (float64, bool) { return of(w.TempC, 1, func(float64) bool { return true }) }),
		sd:       pick(func(w upwind.Wind) (float64, bool) { return of(w.SDDeg, radiansADegree, positive) }),
	}
}

func (s surfaces) medians() Surface {
	return Surface{s.ustar.median(), s.invL.median(), s.pressure.median(), s.temp.median(), s.sd.median()}
}

// track is a quantity by time.
type track struct{ t, x []float64 }

func (s track) median() float64 {
	if len(s.x) == 0 {
		return math.NaN()
	}
	return median(s.x)
}

func (s track) at(t float64) float64 {
	j := sort.SearchFloat64s(s.t, t)
	switch {
	case len(s.t) == 0:
		return math.NaN()
	case j == 0 || j == len(s.t):
		i := min(j, len(s.t)-1)
		if math.Abs(s.t[i]-t) > holdS {
			return math.NaN()
		}
		return s.x[i]
	}
	a, b := s.t[j-1], s.t[j]
	if b-a > 2*holdS && t-a > holdS && b-t > holdS {
		return math.NaN()
	}
	return s.x[j-1] + (s.x[j]-s.x[j-1])*(t-a)/(b-a)
}
