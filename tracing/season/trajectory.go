package season

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"upwind"
	"upwind/tracing/plane"
	"upwind/tracing/wind"
)

// Trajectory is one path of the air back in time, the receptor first.
type Trajectory struct {
	Arrival time.Time
	Points  []Point
}

// Point is an end point of a back trajectory.
type Point struct {
	AgeS     float64 // before the arrival, s
	Lon, Lat float64
	HeightM  float64
}

// PathOptions steer [Paths]. The zero value of each field means its default.
type PathOptions struct {
	MaxAgeS float64 // how far back, default 6 h: further than station wind carries
	StepS   float64 // between end points, default 5 minutes
	ReachM  float64 // where a path ends, default 100 km from the receptor
}

const (
	defaultMaxAgeS = 6 * 3600.0
	defaultStepS   = 300.0
	defaultReachM  = 100e3
	spanS          = 20 * 86400.0 // of one wind field
	maxPathPoints  = 2000
	receptorM      = 10.0 // height that the wind field is for
)

// Paths follows the air of each sample back from the station through the wind of stations, by midpoint steps in the
// wind at 10 m, from the middle of its time. Samples at whose time there is no wind within 3 h give no path.
func Paths(ctx context.Context, samples []Sample, readings []upwind.Wind, lon, lat float64, opt PathOptions) ([]Trajectory, []Sample, error) {
	set := func(p *float64, d float64) {
		if !(*p > 0) || math.IsInf(*p, 0) {
			*p = d
		}
	}
	set(&opt.MaxAgeS, defaultMaxAgeS)
	set(&opt.StepS, defaultStepS)
	set(&opt.ReachM, defaultReachM)
	opt.StepS = max(opt.StepS, opt.MaxAgeS/maxPathPoints)
	pl := plane.New(lon, lat)
	box := plane.Box{X0: -opt.ReachM, Y0: -opt.ReachM, X1: opt.ReachM, Y1: opt.ReachM}
	var out []Trajectory
	var kept []Sample
	var field *wind.Field
	until := math.Inf(-1)
	for _, s := range samples {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if !s.Wind {
			continue
		}
		if s.Unix >= until || field == nil {
			until = s.Unix + spanS
			from, to := stamp(s.Unix-opt.MaxAgeS), stamp(until+s.DurationS)
			f, err := wind.New(readings, pl, box, from, to, wind.Options{})
			if err != nil {
				return nil, nil, err
			}
			field = f
		}
		out = append(out, follow(field, pl, box, s.Unix+s.DurationS/2, opt))
		kept = append(kept, s)
	}
	if len(out) == 0 {
		return nil, nil, upwind.Refuse("season", "", "no reading has wind at its time", "hand in wind of the same time; are both in UTC?")
	}
	return out, kept, nil
}

// follow is one path, by midpoint steps.
func follow(f *wind.Field, pl plane.Plane, box plane.Box, arrival float64, opt PathOptions) Trajectory {
	tr := Trajectory{Arrival: stamp(arrival)}
	var p plane.Point
	for age := 0.0; age <= opt.MaxAgeS && box.Has(p); age += opt.StepS {
		lon, lat := pl.LonLat(p)
		tr.Points = append(tr.Points, Point{age, lon, lat, receptorM})
		t := arrival - age
		u, v := f.At(p, t)
		half := plane.Point{X: p.X - u*opt.StepS/2, Y: p.Y - v*opt.StepS/2}
		u, v = f.At(half, t-opt.StepS/2)
		p = plane.Point{X: p.X - u*opt.StepS, Y: p.Y - v*opt.StepS}
	}
	return tr
}

func stamp(unix float64) time.Time {
	s := math.Floor(unix)
	return time.Unix(int64(s), int64((unix-s)*1e9)).UTC()
}

// Match gives each trajectory the reading in whose time it arrived; trajectories without one are left out and counted
// in the note.
func Match(trajectories []Trajectory, readings []upwind.Observation) (out []Trajectory, samples []Sample, note string) {
	sorted := slices.Clone(readings)
	slices.SortStableFunc(sorted, func(a, b upwind.Observation) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Value, b.Value))
	})
	for _, tr := range trajectories {
		// The last reading that began before or at the arrival.
		i := sort.Search(len(sorted), func(i int) bool { return sorted[i].Start.After(tr.Arrival) }) - 1
		if i < 0 || !finite(sorted[i].Value) || tr.Arrival.Sub(sorted[i].Start).Seconds() >= sorted[i].DurationS {
			continue
		}
		out = append(out, tr)
		samples = append(samples, Sample{Unix: float64(sorted[i].Start.Unix()), DurationS: sorted[i].DurationS, Value: sorted[i].Value})
	}
	if n := len(trajectories) - len(out); n > 0 {
		note = fmt.Sprintf("%d of %d trajectories arrived when nothing was read", n, len(trajectories))
	}
	return out, samples, note
}
