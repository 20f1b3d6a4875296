package plume

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/simplify"

	"upwind"
	"upwind/lidar/scan"
)

// Names of measures beside those of the vocabulary, unit last.
const (
	MeanPerKM      = "extinction_per_km"    // mean inside the outline, air included
	PeakPerKM      = "excess_peak_per_km"   // over the air around
	ExcessPerKM    = "excess_per_km"        // mean inside the outline, over the air around
	OpticalDepth   = "excess_optical_depth" // greatest along a ray
	DustShare      = "dust_share"           // of backscatter, 0..1
	SpeedMS        = "speed_ms"             // of the plume between two scans
	TowardDeg      = "toward_deg"           // where it moves to, clockwise from true north
	MassUGM3       = "pm_excess_ug_m3"      // mean excess inside the outline as mass
	outlineSimpleM = 2.0                    // an outline's corners are kept to this
	perKM          = 1000.0
)

// Classes of a plume by what scatters.
const (
	ClassDust    = "dust"
	ClassSmoke   = "smoke"
	ClassMixed   = "mixed"
	ClassUnknown = "unknown"
	dustMore     = 0.6
	dustLess     = 0.25
)

// DetectionOptions say where a result comes from.
type DetectionOptions struct {
	JobID   string
	Inputs  []string
	RH      *float64 // relative humidity, 0..1, for a mass
	Motions []Motion // of [Track], by index of the plume
}

// Detections places the plumes of a result on the map, in its order. An instrument whose place is not known
// gives none: notes say so, and the plumes remain in the result.
func Detections(r *Result, o DetectionOptions) (out []upwind.Detection, notes []string) {
	site := r.field.Site
	if len(r.Plumes) == 0 {
		return nil, nil
	}
	if !site.Placed || !(math.Abs(site.Lon) <= 180 && math.Abs(site.Lat) <= 90) {
		return nil, []string{fmt.Sprintf("%d plumes are held off the map: where the instrument stands is not known; give lon and lat in its site file", len(r.Plumes))}
	}
	if site.HeadingDeg == 0 {
		notes = append(notes, "the instrument's azimuth zero is taken as true north: its site file states no heading")
	}
	motions := map[int]Motion{}
	for _, m := range o.Motions {
		motions[m.Plume] = m
	}
	for k := range r.Plumes {
		m, moved := motions[k]
		d := r.detection(&r.Plumes[k], o)
		if moved {
			d.move(m)
		}
		d.ID = upwind.DetectionID(o.JobID, k)
		out = append(out, d.Detection)
	}
	if _, why := Mass(upwind.Estimate{}, site, o.RH); why != "" {
		notes = append(notes, why)
	}
	return out, notes
}

// placed is a detection being made.
type placed struct{ upwind.Detection }

func (r *Result) detection(p *Plume, o DetectionOptions) placed {
	site := r.field.Site
	d := placed{upwind.Detection{
		Kind: upwind.LidarPlume, Class: p.class(), Geometry: geojson.NewGeometry(place(site, p)),
		PositionSigmaM: r.positionSigma(p), Probability: p.Probability, ObservedAt: p.Seen.UTC(),
		Measures: map[string]upwind.Estimate{
			MeanPerKM: scaled(p.Mean, perKM), PeakPerKM: scaled(p.Peak, perKM), ExcessPerKM: scaled(p.Excess, perKM),
			OpticalDepth: p.OpticalDepth, upwind.HeightM: p.Height,
		},
		Reasons:    append([]string(nil), p.Reasons...),
		Provenance: upwind.Provenance{JobID: o.JobID, Detector: Detector, DetectorVersion: Version, Inputs: o.Inputs},
	}}
	if !p.Upright {
		// How far the outline is known: half a cell along the ray and half a ray across, all around.
		d.Measures[upwind.AreaM2] = upwind.NonNegative(p.AreaM2, areaShare*p.AreaM2)
		d.Measures[upwind.LengthM] = upwind.NonNegative(p.LengthM, areaShare*p.LengthM)
	}
	d.Reasons = append(d.Reasons, fmt.Sprintf("%.0f to %.0f m above the ground, where the beam cuts it%s", p.LowM, p.HighM, r.groundWords()))
	if p.DustShare != nil {
		d.Measures[DustShare] = *p.DustShare
		d.Reasons = append(d.Reasons, fmt.Sprintf("%.0f +- %.0f %% of its backscatter is dust by depolarisation", 100*p.DustShare.Value, 100*p.DustShare.Sigma))
	}
	if mass, why := Mass(p.Excess, site, o.RH); why == "" {
		d.Measures[MassUGM3] = mass
	}
	if a := p.Axis; a != nil {
		lon, lat := Place(site, a.E, a.N, p.Height.Value)
		d.Axis = &upwind.PlumeAxis{Lon: lon, Lat: lat, SigmaM: math.Hypot(a.SigmaM, r.siteSigma(a.E, a.N)), TowardDeg: a.TowardDeg,
			SigmaDeg: math.Hypot(a.SigmaDeg, r.opt.HeadingSigmaDeg)}
		d.Reasons = append(d.Reasons, fmt.Sprintf("narrow and thick at one end: it goes towards %.0f deg", a.TowardDeg))
	}
	return d
}

// areaShare is the relative error of area and length: they depend on where the outline is drawn, and moving
// it from 5 to 8 % of a Gaussian's peak takes 15 % of the area.
const areaShare = 0.2

// motionAxisDeg is by how much an axis and a motion may differ before the motion is said to disagree.
const motionAxisDeg = 45.0

// move adds what two scans say.
func (d *placed) move(m Motion) {
	d.Measures[SpeedMS], d.Measures[TowardDeg] = m.Speed, m.Toward
	d.Reasons = append(d.Reasons, fmt.Sprintf("between two scans it went %.1f +- %.1f m/s towards %.0f +- %.0f deg", m.Speed.Value, m.Speed.Sigma, m.Toward.Value, m.Toward.Sigma))
	d.Reasons = append(d.Reasons, m.Reasons...)
	if d.Axis != nil && math.Abs(turn(d.Axis.TowardDeg, m.Toward.Value)) > math.Max(motionAxisDeg, 3*math.Hypot(d.Axis.SigmaDeg, m.Toward.Sigma)) {
		d.Reasons = append(d.Reasons, "its axis and its motion disagree: the axis is left out")
		d.Axis = nil
	}
}

func (r *Result) groundWords() string {
	if r.opt.GroundM != nil {
		return ""
	}
	return " (the ground is taken as level with the instrument's foot)"
}

// siteSigma is what the instrument's place and heading leave open at a place, m.
func (r *Result) siteSigma(e, n float64) float64 {
	return math.Hypot(siteSigmaM, math.Hypot(e, n)*r.opt.HeadingSigmaDeg*math.Pi/180)
}

func (r *Result) positionSigma(p *Plume) float64 {
	own := math.Sqrt((p.CentreE.Sigma*p.CentreE.Sigma + p.CentreN.Sigma*p.CentreN.Sigma) / 2)
	return math.Hypot(own, r.siteSigma(p.CentreE.Value, p.CentreN.Value))
}

// class tells dust from smoke where depolarisation does by more than its sigma.
func (p *Plume) class() string {
	switch s := p.DustShare; {
	case s == nil:
		return ClassUnknown
	case s.Value-s.Sigma > dustMore:
		return ClassDust
	case s.Value+s.Sigma < dustLess:
		return ClassSmoke
	case s.Sigma < (dustMore-dustLess)/2:
		return ClassMixed
	}
	return ClassUnknown
}

func scaled(e upwind.Estimate, k float64) upwind.Estimate {
	return upwind.Estimate{Value: k * e.Value, Sigma: k * e.Sigma, Lo95: k * e.Lo95, Hi95: k * e.Hi95}
}

// place is a plume's outline in WGS84: a polygon when it is of one piece.
func place(site scan.Site, p *Plume) orb.Geometry {
	var out orb.MultiPolygon
	for _, piece := range p.Outline {
		ring := piece[0].Clone()
		if s := simplify.DouglasPeucker(outlineSimpleM).Ring(ring.Clone()); len(s) >= 4 {
			ring = s
		}
		for i, q := range ring {
			lon, lat := Place(site, q[0], q[1], 0)
			ring[i] = orb.Point{lon, lat}
		}
		out = append(out, orb.Polygon{ring})
	}
	if len(out) == 1 {
		return out[0]
	}
	return out
}
