package grid

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/paulmach/orb"

	"upwind"
)

// seen is a sighting with its geometry read.
type seen struct {
	Sighting
	geometry orb.Geometry
}

var families = map[upwind.DetectionKind]upwind.CandidateKind{
	upwind.BareSoil:   upwind.TargetBareSoil,
	upwind.SandPile:   upwind.TargetSandPile,
	upwind.SmokePlume: upwind.TargetEmission,
	upwind.LidarPlume: upwind.TargetEmission,

	upwind.StackExceedance: upwind.TargetEmission,
	upwind.SilentStack:     upwind.TargetEmission,
	upwind.RiverExceedance: upwind.TargetWater,
}

// sightDetection turns a detection into a sighting. Smoke is placed at its origin: that is where somebody must go.
func sightDetection(d upwind.Detection, t *Tree) (seen, upwind.CandidateKind, error) {
	kind, ok := families[d.Kind]
	if !ok {
		return seen{}, "", fmt.Errorf("no class family for %q", d.Kind)
	}
	if err := d.Validate(); err != nil {
		return seen{}, "", err
	}
	g := d.Geometry.Geometry()
	if g.Bound().IsEmpty() {
		return seen{}, "", errors.New("its geometry holds no position")
	}
	if _, err := json.Marshal(d.Geometry); err != nil { // a NaN among the vertices
		return seen{}, "", fmt.Errorf("its geometry has no JSON form: %w", err)
	}
	rs := rings(g)
	at, sigma := g.Bound().Center(), d.PositionSigmaM
	if len(rs) > 0 {
		at = pointIn(rs)
	}
	if kind == upwind.TargetEmission {
		if a := d.Axis; a != nil {
			at, sigma = orb.Point{a.Lon, a.Lat}, a.SigmaM
		} else { // anywhere in the plume
			sigma = math.Hypot(sigma, distM(g.Bound().Min, g.Bound().Max)/4)
		}
		g = at
	}
	if !onEarth(at[0], at[1]) || math.IsNaN(sigma) || math.IsInf(sigma, 0) || sigma < 0 {
		return seen{}, "", fmt.Errorf("its place %v with sigma %v m is no place", at, sigma)
	}
	s := Sighting{
		Evidence: upwind.Evidence{
			ID: d.ID, Type: EvidenceDetection, Kind: string(d.Kind), ObservedAt: d.ObservedAt.UTC(), Probability: d.Probability,
			PositionSigmaM: sigma, Inputs: d.Provenance.Inputs, Reason: strings.Join(d.Reasons, "; "),
		},
		Job: d.Provenance.JobID, Detector: d.Provenance.Detector, Shares: d.Provenance.Inputs,
		Class: d.Class, Measures: d.Measures, Place: placeAt(t, at, sigma, g),
	}
	if s.Job == "" {
		s.Job = d.ID
	}
	return seen{s, g}, kind, nil
}

func placeAt(t *Tree, at orb.Point, sigmaM float64, g orb.Geometry) Place {
	p := Place{Lon: at[0], Lat: at[1], SigmaM: sigmaM, GridCode: t.Code(at[0], at[1]).String(), Geometry: rawGeometry(g)}
	if c, ok := t.Cell(at[0], at[1]); ok {
		p.OfficerID = c.Officer.ID
	}
	return p
}
