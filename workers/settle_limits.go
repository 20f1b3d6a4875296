package workers

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/bus"
	"upwind/quality/limit"
)

const (
	limitDetector, limitVersion   = "limit", 1
	silentDetector, silentVersion = "silent-stack", 1
	// limitsBack is how far back exceedances are looked for: hours that a station sends after an outage count. Where one was under
	// way then, its begin is looked for further back, as far as hours are held, because it is known by its begin.
	limitsBack, limitsFurther = 4 * 24 * time.Hour, 32 * 24 * time.Hour
	// underWay is the longest time between two values of one exceedance, that of rivers.
	underWay = 8 * time.Hour
	// stationSigmaM is how far the registry's place of a station may lie from the outlet it watches, 1-sigma.
	stationSigmaM = 20.0
	// What a monitor's value may be off, 1-sigma: HJ 75-2017 lets the mean relative error of a stack's dust and gas monitors
	// be 15 %, HJ 915-2017 that of a river station 20 %; both are taken as two sigmas.
	stackErr, riverErr = 0.075, 0.10
	// silentShare of the plumes at stacks that measure normal are what they seem; the others are steam. A judgement: there
	// is no record of it.
	silentShare = 0.5
)

// watchLimits turns exceedances of stacks and rivers, and plumes at stacks whose monitors say normal, into detections.
func (s *Settler) watchLimits(ctx context.Context) (int, error) {
	stations := s.View.Stations()
	if len(stations) == 0 {
		return 0, nil
	}
	now := time.Now().UTC()
	from := now.Add(-limitsBack)
	stack := s.View.Readings(upwind.InStack, "", from, farFuture)
	byID := map[string]*upwind.Station{}
	for i := range stations {
		byID[stations[i].ID] = &stations[i]
	}
	total := 0
	events := s.exceeded(stations, from)
	if slices.ContainsFunc(events, func(e limit.Exceedance) bool { return e.Start.Before(from.Add(underWay)) }) {
		events = s.exceeded(stations, now.Add(-limitsFurther))
	}
	for i := range events {
		n, err := s.see(ctx, exceedanceSeen(&events[i], byID[events[i].Station]))
		if total += n; err != nil {
			return total, err
		}
	}
	var plumes []upwind.Detection
	seen := map[string]upwind.Detection{}
	for _, d := range s.View.Detections() {
		if (d.Kind == upwind.SmokePlume || d.Kind == upwind.LidarPlume) && d.ObservedAt.After(from) {
			plumes, seen[d.ID] = append(plumes, d), d
		}
	}
	alerts, _ := limit.Silent(plumes, stations, stack, s.View.Sites())
	for i := range alerts {
		n, err := s.see(ctx, silenceSeen(&alerts[i], seen[alerts[i].Plume], byID[alerts[i].Station]))
		if total += n; err != nil {
			return total, err
		}
	}
	return total, nil
}

// exceeded are the exceedances of stacks and rivers since a time.
func (s *Settler) exceeded(stations []upwind.Station, from time.Time) []limit.Exceedance {
	obs := append(s.View.Readings(upwind.InStack, "", from, farFuture), s.View.Readings(upwind.InWater, "", from, farFuture)...)
	events, _ := limit.Exceeded(stations, obs)
	return events
}

// see stores a detection that no job made, once.
func (s *Settler) see(ctx context.Context, d upwind.Detection) (int, error) {
	if _, known := s.View.Detection(d.ID); known || s.known(d.Provenance.JobID) {
		return 0, nil
	}
	if err := d.Validate(); err != nil {
		return 0, err
	}
	set := bus.DetectionSet{Version: upwind.SchemaVersion, JobID: d.Provenance.JobID, Detections: []upwind.Detection{d}}
	if err := createDoc(ctx, s.Bus.Detections(), set.JobID, set); err != nil {
		return 0, err
	}
	s.settled[set.JobID] = true
	return 1, nil
}

// exceedanceSeen is an exceedance as a detection: one when it begins, and one when it has ended and its worst is known. Both
// rest on one period, which is one look.
func exceedanceSeen(e *limit.Exceedance, st *upwind.Station) upwind.Detection {
	period := upwind.HashID("exceedance", e.Station, e.Species, e.Start)
	phase := "open"
	if !e.Open {
		phase = "ended"
	}
	kind, rel := upwind.StackExceedance, stackErr
	if e.Medium == upwind.InWater {
		kind, rel = upwind.RiverExceedance, riverErr
	}
	over := e.Over()
	d := stationDetection(st, upwind.HashID(limitDetector, period, phase), kind, e.PeakAt)
	d.Class = e.Species
	d.Probability = math.Min(0.99, normalCDF((over-1)/(rel*over)))
	d.Measures = map[string]upwind.Estimate{upwind.OverLimit: upwind.NonNegative(over, rel*over)}
	d.Reasons = e.Reasons
	d.Provenance = upwind.Provenance{JobID: d.Provenance.JobID, Detector: limitDetector, DetectorVersion: limitVersion, Inputs: []string{period}}
	return d
}

// silenceSeen is the contradiction between a plume and a monitor as a detection, at the stack.
func silenceSeen(c *limit.Contradiction, plume upwind.Detection, st *upwind.Station) upwind.Detection {
	d := stationDetection(st, upwind.HashID(silentDetector, c.Plume, c.Station), upwind.SilentStack, c.ObservedAt)
	d.Class = plume.Class
	d.Probability = silentShare * plume.Probability
	d.Reasons = c.Reasons
	d.Provenance = upwind.Provenance{JobID: d.Provenance.JobID, Detector: silentDetector, DetectorVersion: silentVersion, Inputs: []string{c.Plume}}
	return d
}

func stationDetection(st *upwind.Station, job string, kind upwind.DetectionKind, at time.Time) upwind.Detection {
	return upwind.Detection{ID: upwind.DetectionID(job, 0), Kind: kind, Geometry: geojson.NewGeometry(orb.Point{st.Lon, st.Lat}),
		PositionSigmaM: stationSigmaM, ObservedAt: at.UTC(), Provenance: upwind.Provenance{JobID: job}}
}

func normalCDF(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }
