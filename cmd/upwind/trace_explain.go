package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/tracing"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// traceAnswer is what the engine says of a job.
type traceAnswer struct {
	invert.Answer
	Sites      []upwind.Site // what the sources' Site counts in
	Start, End time.Time     // of the event
	Receptor   plane.Point   // where the air was worst
	Version    int
	Notes      []string
}

// explain asks the engine.
func explain(ctx context.Context, j *traceJob, progress traceProgress) (*traceAnswer, error) {
	wind := append(slices.Clone(j.Wind), sampled(j)...)
	a := &traceAnswer{Sites: append(slices.Clone(j.Sites), evidenceSites(j.Evidence)...), Version: tracing.Version}
	a.Background = quantile(values(j.Readings), 0.2) * 1e-3
	t, others, ok := worst(tracing.Exceedances(j.Readings, tracing.ExceedanceOptions{}), j.From, j.To)
	if !ok {
		a.None = 1
		a.Notes = append(a.Notes, "nothing in these readings stands out of the air around it and of its own history: there is nothing to explain")
		return a, nil
	}
	if others > 0 {
		a.Notes = append(a.Notes, fmt.Sprintf("%d more events lie in this time; the one with the greatest dose, %s to %s, is explained: pick others with --from and --to",
			others, t.Start.Format(time.RFC3339), t.End.Format(time.RFC3339)))
	}
	tr, err := tracing.Run(ctx, tracing.Input{Trigger: t, Wind: wind, Readings: j.Readings, Sites: a.Sites, Options: tracing.Options{Seed: j.Seed}}, tracing.Progress(progress))
	if err != nil {
		return nil, err
	}
	a.Start, a.End, a.None = t.Start, t.End, tr.UnknownProbability
	a.Receptor = j.Plane.XY(t.Lon, t.Lat)
	a.Notes = append(a.Notes, tr.Reasons...)
	for _, s := range tr.Sources {
		x := invert.Source{Site: slices.IndexFunc(a.Sites, func(site upwind.Site) bool { return s.SiteID != "" && site.ID == s.SiteID }),
			At: invert.Spot{Point: j.Plane.XY(s.Lon, s.Lat), HeightM: s.HeightM}, Probability: s.Probability, Start: float64(t.Start.Unix()), End: float64(t.End.Unix())}
		if s.Rate != nil {
			x.Rate = invert.Rate{Median: s.Rate.Median, Lo90: s.Rate.Lo90, Hi90: s.Rate.Hi90}
		}
		a.Sources = append(a.Sources, x)
	}
	return a, nil
}

// worst is the event with the greatest dose, cut to the time asked for.
func worst(all []upwind.Trigger, from, to time.Time) (best upwind.Trigger, others int, ok bool) {
	if to.IsZero() {
		to = time.Unix(1<<40, 0)
	}
	top := 0.0
	for _, t := range all {
		cut, some := tracing.Clip(t, from, to)
		if !some {
			continue
		}
		others++
		dose := 0.0
		for _, r := range cut.Receptors {
			dose += r.Excess * r.DurationS
		}
		if dose > top {
			best, top, ok = cut, dose, true
		}
	}
	return best, others - 1, ok
}

// evidenceSites are detections as places that may emit, with odds that follow from their probability.
func evidenceSites(all []upwind.Detection) []upwind.Site {
	var out []upwind.Site
	for _, d := range all {
		p := min(max(d.Probability, 0.05), 0.95)
		g := d.Geometry
		if d.Axis != nil {
			g = geojson.NewGeometry(orb.Point{d.Axis.Lon, d.Axis.Lat})
		}
		out = append(out, upwind.Site{ID: d.ID, Name: strings.TrimSpace(d.Class + " " + string(d.Kind)), Kind: string(d.Kind), Geometry: g,
			HeightM: max(0, d.Measures[upwind.HeightM].Value), PriorOdds: p / (1 - p)})
	}
	return out
}

// sampled are gridded fields as readings about the stations.
func sampled(j *traceJob) (out []upwind.Wind) {
	for _, g := range j.Grids {
		for k, at := range g.Times {
			step := time.Hour
			if len(g.Times) > 1 {
				step = g.Times[1].Sub(g.Times[0])
			}
			for i := range g.U[k] {
				u, v := float64(g.U[k][i]), float64(g.V[k][i])
				if math.IsNaN(u + v) {
					continue
				}
				out = append(out, upwind.Wind{StationID: fmt.Sprintf("%s#%d", g.Name, i), Start: at.Add(-step / 2), DurationS: step.Seconds(),
					Lon: math.Mod(g.Lon0+float64(i%g.NX)*g.DLon+540, 360) - 180, Lat: g.Lat0 + float64(i/g.NX)*g.DLat, HeightM: 10, U: u, V: v})
			}
		}
	}
	return out
}

func values(all []upwind.Observation) (v []float64) {
	for _, o := range all {
		v = append(v, o.Value)
	}
	return v
}

func quantile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[int(p*float64(len(v)-1))]
}
