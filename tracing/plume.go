package tracing

import (
	"context"
	"fmt"
	"math"

	"upwind"
	"upwind/tracing/plane"
	"upwind/tracing/wind"
)

const (
	originShare   = 0.8   // the narrow end of a plume is its source; else it comes into sight only further down
	plumeReachM   = 300.0 // mean distance it comes into sight at, if so
	minOriginM    = 15.0  // a site's own place and extent are not known better
	minAxisDeg    = 5.0
	windAxisDeg   = 15.0 // wind at the ground against a plume aloft: 10-20 deg
	conflictSigma = 3.0
	plumeBoxM     = 3000.0
	unlistedPerM2 = 0.5e-6 // unlisted sources, against one for a listed site: one in 2 km2
	calmAxisMS    = 0.5    // below, the wind has no direction to speak of
	plumeHeightM  = 10.0   // of its middle where it is seen
	leastWeight   = 0.01   // of a source worth a line
)

// plumeView is what a plume says of a place: Gaussian about the origin, or back along the axis.
type plumeView struct {
	sigma float64 // m
	back  float64 // deg, bearing from the origin against the way the plume goes
	kappa float64 // von Mises concentration of back
}

// density is the probability density (1/m2) of seeing this origin and axis when the source is at dx, dy
// from the origin with the spread of its area.
func (v plumeView) density(dx, dy, variance float64) float64 {
	d := math.Hypot(dx, dy)
	s2 := v.sigma*v.sigma + variance
	near := math.Exp(-d*d/(2*s2)) / (2 * math.Pi * s2)
	bearing := plane.Point{}.Bearing(plane.Point{X: dx, Y: dy})
	turned := plane.Turn(v.back, bearing) * math.Pi / 180
	far := math.Exp(-d/plumeReachM) / plumeReachM / math.Max(d, math.Sqrt(s2)) * vonMises(turned, v.kappa)
	return originShare*near + (1-originShare)*far
}

// vonMises is the density of an angle in rad about 0.
func vonMises(a, kappa float64) float64 {
	if kappa > 50 {
		return math.Sqrt(kappa/(2*math.Pi)) * math.Exp(kappa*(math.Cos(a)-1))
	}
	return math.Exp(kappa*(math.Cos(a)-1)) / (2 * math.Pi * besselI0Scaled(kappa))
}

// besselI0Scaled is e^-x I0(x) by its power series, for 0 <= x <= 50.
func besselI0Scaled(x float64) float64 {
	term := math.Exp(-x)
	sum := term
	for k := 1.0; k < 200; k++ {
		term *= (x / 2) * (x / 2) / (k * k)
		sum += term
		if term < 1e-17*sum {
			break
		}
	}
	return sum
}

func runPlume(ctx context.Context, in Input, tr *upwind.Trace, progress Progress) error {
	a := *in.Trigger.Axis
	pl := plane.New(a.Lon, a.Lat)
	box := plane.Box{}.Grow(plumeBoxM)
	v, sd := newPlumeView(a), math.Hypot(a.SigmaDeg, minAxisDeg)
	if field := plumeWind(in, pl, box, tr); field != nil {
		tr.WindStations = field.Stations()
		v.back, sd = meetWind(field, in, v.back, sd, tr)
		k := newFollower(field, box, in.Trigger.Start, in.Options, a.Lon, a.Lat)
		tj, rim := k.trajectory(pl, plane.Point{}, in.Trigger.Start, plumeHeightM)
		tr.Trajectories = append(tr.Trajectories, tj)
		tr.Cone = hullOf(rim, pl)
	} else {
		tr.Cone = hullOf(axisRim(v, sd), pl)
	}
	v.kappa = kappaOf(sd)

	spots, outside, unusable := spotsOf(in.Sites, pl, box)
	weights, total := make([]float64, len(spots)), unlistedPerM2
	for i, s := range spots {
		weights[i] = s.odds * v.density(s.at.X, s.at.Y, s.variance)
		total += weights[i]
	}
	for i, s := range spots {
		p := weights[i] / total
		if p < leastWeight {
			continue
		}
		site := in.Sites[s.index]
		tr.Sources = append(tr.Sources, seenFrom(pl, in.Trigger, s.at, upwind.RankedSource{SiteID: site.ID, SiteName: site.Name, HeightM: s.heightM, Probability: p,
			Reason: plumeReason(v, s)}))
	}
	tr.UnknownProbability = unlistedPerM2 / total
	tr.Sources = append(tr.Sources, seenFrom(pl, in.Trigger, plane.Point{}, upwind.RankedSource{Probability: originShare * unlistedPerM2 / total,
		Reason: fmt.Sprintf("unlisted place: the narrow end of the plume, 1-sigma %.0f m", v.sigma)}))
	tr.Sources = rank(tr.Sources, in.Options.MaxSources)
	tr.Reasons = append(tr.Reasons, "no rate: a picture of a plume has no concentration")
	tr.Reasons = append(tr.Reasons, siteNotes(len(spots), outside, unusable)...)
	progress(1, 1)
	return ctx.Err()
}

func plumeReason(v plumeView, s spot) string {
	d := plane.Point{}.To(s.at)
	if spread := math.Sqrt(v.sigma*v.sigma + s.variance); d <= 2*spread {
		return fmt.Sprintf("listed site, %.0f m from the narrow end of the plume (1-sigma %.0f m)", d, spread)
	}
	return fmt.Sprintf("listed site, %.0f m from the narrow end of the plume, %.0f degrees off its reversed axis", d,
		math.Abs(plane.Turn(v.back, plane.Point{}.Bearing(s.at))))
}

// plumeWind is the wind about the plume, nil with a reason when there is none.
func plumeWind(in Input, pl plane.Plane, box plane.Box, tr *upwind.Trace) *wind.Field {
	t := in.Trigger.Start
	if t.IsZero() {
		tr.Reasons = append(tr.Reasons, "the time of the picture is not known: only the plume's own axis is used")
		return nil
	}
	field, err := wind.New(in.Wind, pl, box, t.Add(-seconds(in.Options.MaxAgeS)), t, wind.Options{RoughnessM: in.Options.RoughnessM})
	if err == nil {
		return field
	}
	tr.Reasons = append(tr.Reasons, "no wind reading near the time of the picture: only the plume's own axis is used")
	return nil
}

// meetWind combines the reversed axis with where the wind comes from, or says that they disagree and
// keeps the axis, which is seen.
func meetWind(f *wind.Field, in Input, back, sd float64, tr *upwind.Trace) (float64, float64) {
	u, v := f.At(plane.Point{}, unix(in.Trigger.Start))
	speed, from := upwind.SpeedFrom(u, v)
	if speed < calmAxisMS {
		tr.Reasons = append(tr.Reasons, fmt.Sprintf("the wind is calm (%.1f m/s): only the plume's own axis is used", speed))
		return back, sd
	}
	off := plane.Turn(back, from)
	if math.Abs(off) > conflictSigma*math.Hypot(sd, windAxisDeg) {
		tr.Reasons = append(tr.Reasons, fmt.Sprintf("warning: the plume comes from %.0f degrees but the wind from %.0f: the plume is believed; check the wind's convention and clock", back, from))
		return back, sd
	}
	wa, ww := 1/(sd*sd), 1/(windAxisDeg*windAxisDeg)
	tr.Reasons = append(tr.Reasons, fmt.Sprintf("the plume comes from %.0f degrees and the wind from %.0f", back, from))
	return math.Mod(back+off*ww/(wa+ww)+360, 360), 1 / math.Sqrt(wa+ww)
}

// axisRim is the outline of a plume's own cone: circles along the reversed axis.
func axisRim(v plumeView, sd float64) []plane.Point {
	sin, cos := math.Sincos(v.back * math.Pi / 180)
	var rim []plane.Point
	for d := 0.0; d <= 3*plumeReachM; d += plumeReachM / 4 {
		r := coneSigmas * math.Hypot(v.sigma, d*math.Tan(min(sd, 60)*math.Pi/180))
		rim = append(rim, circle(plane.Point{X: d * sin, Y: d * cos}, r)...)
	}
	return rim
}

// seenFrom completes a source with its place, and its distance and bearing from the trigger.
func seenFrom(pl plane.Plane, t upwind.Trigger, at plane.Point, s upwind.RankedSource) upwind.RankedSource {
	o := pl.XY(t.Lon, t.Lat)
	s.Lon, s.Lat = pl.LonLat(at)
	s.DistanceM, s.BearingDeg = o.To(at), o.Bearing(at)
	return s
}

func siteNotes(inside, outside, unusable int) (notes []string) {
	if inside == 0 {
		notes = append(notes, "no listed site lies in the searched box: every place is an unlisted one")
	}
	if outside > 0 {
		notes = append(notes, fmt.Sprintf("%d listed sites lie outside the searched box", outside))
	}
	if unusable > 0 {
		notes = append(notes, fmt.Sprintf("%d listed sites have no usable place", unusable))
	}
	return notes
}
