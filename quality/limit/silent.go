package limit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/paulmach/orb/project"

	"upwind"
)

// State is what a stack's monitor says at one time.
type State string

const (
	Normal    State = "normal"    // it measures, and within its limits
	Exceeding State = "exceeding" // beyond a limit
	Flagged   State = "flagged"   // in calibration, maintenance, at fault or at rest
	NoData    State = "no-data"   // it said nothing
)

// Value is one factor that a monitor gave.
type Value struct {
	Species   string    `json:"species"`
	Value     float64   `json:"value"` // mg/m3
	Limit     float64   `json:"limit"`
	Start     time.Time `json:"start_utc"`
	DurationS float64   `json:"duration_s"`
	Converted bool      `json:"converted,omitempty"`
}

// Contradiction is a plume that rises where a stack's monitor stands, and what the monitor said at that time.
type Contradiction struct {
	Plume      string    `json:"plume"` // id of the detection
	Station    string    `json:"station_id"`
	SiteID     string    `json:"site_id,omitempty"`
	ObservedAt time.Time `json:"observed_at"`
	State      State     `json:"state"` // normal or no-data
	Values     []Value   `json:"values,omitempty"`
	DistanceM  float64   `json:"distance_m"` // from the plume's origin to the station, or to its site where that is nearer
	ReachM     float64   `json:"reach_m"`    // within which the origin may lie
	Reasons    []string  `json:"reasons"`
}

const (
	// A plume's origin lies at a stack within two sigma of its place, and never closer than a works is wide.
	reachSigmas = 2
	minReachM   = 100.0
	// An instant speaks for the ten minutes about it: devices send one each 30 s to an hour.
	instantReach = 10 * time.Minute
	// soot is what a plume consists of: where a stack has a limit for it, it alone says whether the stack is normal.
	soot = "soot"
)

// Silent finds the plumes (smoke-plume, lidar-plume) whose origin lies at a stack or its site while the stack's monitor measured and was within
// its limits: alerts. A plume for which a monitor in reach exceeds is explained. Monitors in calibration, maintenance or at fault and sources
// at rest raise no alert. unknown are the plumes whose nearest monitor sent nothing: the hour's mean may still come. Each plume has one entry
// at most, of the nearest station; both lists are ordered by time and plume.
func Silent(plumes []upwind.Detection, stations []upwind.Station, obs []upwind.Observation, sites []upwind.Site) (alerts, unknown []Contradiction) {
	byStation := map[string][]upwind.Observation{}
	for _, o := range obs {
		if o.Medium == upwind.InStack {
			byStation[o.StationID] = append(byStation[o.StationID], o)
		}
	}
	bySite := map[string]*upwind.Site{}
	for i := range sites {
		bySite[sites[i].ID] = &sites[i]
	}
	for i := range plumes {
		p := &plumes[i]
		if p.Kind != upwind.SmokePlume && p.Kind != upwind.LidarPlume || p.Axis == nil || p.ObservedAt.IsZero() {
			continue
		}
		c, ok := judge(p, stations, byStation, bySite)
		switch {
		case ok && c.State == Normal:
			alerts = append(alerts, c)
		case ok && c.State == NoData:
			unknown = append(unknown, c)
		}
	}
	byTime := func(a, b Contradiction) int {
		return cmp.Or(a.ObservedAt.Compare(b.ObservedAt), cmp.Compare(a.Plume, b.Plume))
	}
	slices.SortFunc(alerts, byTime)
	slices.SortFunc(unknown, byTime)
	return alerts, unknown
}

// judge asks the monitors in reach of a plume; false where there is none, or one of them exceeds.
func judge(p *upwind.Detection, stations []upwind.Station, obs map[string][]upwind.Observation, sites map[string]*upwind.Site) (Contradiction, bool) {
	reach := max(minReachM, reachSigmas*p.Axis.SigmaM)
	var near []Contradiction
	names, toStack := map[string]string{}, map[string]float64{}
	for i := range stations {
		s := &stations[i]
		if s.Kind != upwind.StationStack {
			continue
		}
		d := distance(p.Axis, orb.Point{s.Lon, s.Lat})
		toStack[s.ID] = d
		if site := sites[s.SiteID]; site != nil && s.SiteID != "" && site.Geometry != nil {
			d = min(d, distance(p.Axis, site.Geometry.Geometry()))
		}
		if !(d <= reach) {
			continue
		}
		c := Contradiction{Plume: p.ID, Station: s.ID, SiteID: s.SiteID, ObservedAt: p.ObservedAt.UTC(), DistanceM: d, ReachM: reach}
		c.State, c.Values = stateAt(s, obs[s.ID], p.ObservedAt)
		if c.State == Exceeding {
			return c, false
		}
		if names[s.ID] = s.Name; s.Name == "" {
			names[s.ID] = s.ID
		}
		near = append(near, c)
	}
	if len(near) == 0 {
		return Contradiction{}, false
	}
	slices.SortFunc(near, func(a, b Contradiction) int {
		return cmp.Or(cmp.Compare(a.DistanceM, b.DistanceM), cmp.Compare(toStack[a.Station], toStack[b.Station]), cmp.Compare(a.Station, b.Station))
	})
	c := near[0]
	c.Reasons = append([]string{c.words(names[c.Station])}, others(near[1:], names)...)
	if c.State == Normal {
		c.Reasons = append(c.Reasons, "a plume of water droplets behind a wet scrubber looks alike: look at the stack, and at the monitor's sampling line and calibration")
	}
	return c, true
}

// stateAt is what a stack's monitor says at a time.
func stateAt(s *upwind.Station, obs []upwind.Observation, at time.Time) (State, []Value) {
	worst := map[string]Value{}
	flagged, exceeding := map[string]bool{}, false
	for i := range obs {
		o := &obs[i]
		limit, has := s.Limits[o.Species]
		if !has || !covers(o, at) || o.Stat != upwind.StatMean && o.Stat != upwind.StatConverted {
			continue
		}
		if !o.Flag.Usable() {
			flagged[o.Species] = true
			continue
		}
		c, fits := mgPerM3(o.Value, o.Unit)
		if !fits {
			continue
		}
		v := Value{Species: o.Species, Value: c, Limit: limit, Start: o.Start.UTC(), DurationS: o.DurationS, Converted: o.Stat == upwind.StatConverted}
		old, twice := worst[o.Species]
		if !twice || v.Converted && !old.Converted || v.Converted == old.Converted && v.Value > old.Value {
			worst[o.Species] = v
		}
	}
	var values []Value
	for _, v := range worst {
		values = append(values, v)
		exceeding = exceeding || v.Value > v.Limit
	}
	slices.SortFunc(values, func(a, b Value) int { return cmp.Compare(a.Species, b.Species) })
	_, dust := s.Limits[soot]
	_, measured := worst[soot]
	switch {
	case exceeding:
		return Exceeding, values
	case dust && !measured && flagged[soot], !dust && len(values) == 0 && len(flagged) > 0:
		return Flagged, values
	case dust && !measured, len(values) == 0:
		return NoData, values
	case flagged[soot]:
		return Flagged, values
	}
	return Normal, values
}

// covers reports whether an observation speaks for a time.
func covers(o *upwind.Observation, at time.Time) bool {
	if o.DurationS == 0 {
		return at.Sub(o.Start).Abs() <= instantReach
	}
	return !at.Before(o.Start) && at.Before(o.Start.Add(time.Duration(o.DurationS*float64(time.Second))))
}

// metresPerDegree of latitude, on the sphere; within a few hundred metres the ellipsoid's 0.5 % is nothing.
const metresPerDegree = 111195.0

// distance is that of a plume's origin to a place, m; 0 inside an area.
func distance(a *upwind.PlumeAxis, g orb.Geometry) float64 {
	if g == nil {
		return math.Inf(1)
	}
	k := math.Cos(a.Lat * math.Pi / 180)
	local := project.Geometry(orb.Clone(g), func(p orb.Point) orb.Point {
		return orb.Point{(p[0] - a.Lon) * k * metresPerDegree, (p[1] - a.Lat) * metresPerDegree}
	})
	var origin orb.Point
	switch area := local.(type) {
	case orb.Polygon:
		if planar.PolygonContains(area, origin) {
			return 0
		}
	case orb.MultiPolygon:
		if planar.MultiPolygonContains(area, origin) {
			return 0
		}
	}
	return planar.DistanceFrom(local, origin)
}

func (c *Contradiction) words(name string) string {
	where := fmt.Sprintf("the plume seen at %s (Beijing time) begins %.0f m from the stack %s", clock(c.ObservedAt), c.DistanceM, name)
	if c.State == NoData {
		return where + ", of which there is no value for that time"
	}
	parts := make([]string, len(c.Values))
	for i, v := range c.Values {
		parts[i] = fmt.Sprintf("%s %s of %s mg/m3", v.Species, number(v.Value), number(v.Limit))
	}
	return where + ", whose monitor says normal: " + strings.Join(parts, ", ")
}

// others are the further stacks in reach.
func others(near []Contradiction, names map[string]string) (out []string) {
	for _, c := range near {
		out = append(out, fmt.Sprintf("the stack %s, %.0f m from the origin: %s", names[c.Station], c.DistanceM, c.State))
	}
	return out
}
