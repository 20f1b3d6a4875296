package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/scan/plume"
)

// maxEvidence bounds the detections of one file, and maxEvidenceBytes the file.
const (
	maxEvidence      = 100_000
	maxEvidenceBytes = 256 << 20
)

// readDetections reads detections as `scan plumes`, `cloud piles` and the map write them: a FeatureCollection with the
// properties class or kind, probability, observed_at, axis, reasons, and measures by their names. The error is an
// [*upwind.Refusal] that names the feature, or the reader's own.
func readDetections(name string, r io.Reader) ([]upwind.Detection, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxEvidenceBytes+1))
	if err != nil {
		return nil, upwind.Passing(fmt.Errorf("reading %s: %w", name, err))
	}
	if len(raw) > maxEvidenceBytes {
		return nil, upwind.Refuse(name, "", fmt.Sprintf("it is larger than %d MiB", maxEvidenceBytes>>20), "cut it into the detections about the place")
	}
	var doc struct {
		Type     string
		Features []evidenceFeature
	}
	if err := json.Unmarshal(raw, &doc); err != nil || doc.Type != "FeatureCollection" {
		return nil, &upwind.Refusal{File: name, What: "this is no GeoJSON FeatureCollection", Do: "hand in one feature a detection", Err: err}
	}
	if len(doc.Features) > maxEvidence {
		return nil, upwind.Refuse(name, "", fmt.Sprintf("%d detections", len(doc.Features)), "cut it into the detections about the place")
	}
	out := make([]upwind.Detection, 0, len(doc.Features))
	for i, f := range doc.Features {
		d, err := f.detection(name, i+1)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

type evidenceFeature struct {
	ID         any
	Geometry   json.RawMessage
	Properties map[string]json.RawMessage
}

// detection reads the n-th feature.
func (f evidenceFeature) detection(name string, n int) (upwind.Detection, error) {
	d := upwind.Detection{ID: fmt.Sprintf("%s#%d", name, n), Probability: 1, Measures: map[string]upwind.Estimate{}, Reasons: []string{}}
	bad := func(property string, err error) (upwind.Detection, error) {
		return d, &upwind.Refusal{File: name, Where: fmt.Sprintf("feature %d, %s", n, property), What: "it cannot be read", Do: "hand in detections as this program writes them", Err: err}
	}
	if id, ok := f.ID.(string); ok && id != "" {
		d.ID = id
	}
	g, err := geojson.UnmarshalGeometry(f.Geometry)
	if err != nil || g.Geometry() == nil {
		return bad("geometry", err)
	}
	d.Geometry = g
	for _, p := range []struct {
		property string
		to       any
	}{{"kind", &d.Kind}, {"class", &d.Class}, {"probability", &d.Probability}, {"reasons", &d.Reasons}, {"axis", &d.Axis},
		{"position_sigma_m", &d.PositionSigmaM}, {"observed_at", &d.ObservedAt}} {
		if v, ok := f.Properties[p.property]; ok {
			if err := json.Unmarshal(v, p.to); err != nil {
				return bad(p.property, err)
			}
		}
	}
	d.ObservedAt = d.ObservedAt.UTC()
	for key, v := range f.Properties {
		var e upwind.Estimate
		if json.Unmarshal(v, &e) == nil && e != (upwind.Estimate{}) {
			d.Measures[key] = e
		}
	}
	if err := settleKind(&d); err != nil {
		return d, upwind.Refuse(name, fmt.Sprintf("feature %d, kind", n), err.Error(), "write bare-soil, sand-pile, smoke-plume or lidar-plume")
	}
	if err := d.Validate(); err != nil {
		return bad("geometry", err)
	}
	return d, nil
}

// settleKind finds the kind where a writer leaves it to the measures: only plumes of a lidar have a peak of
// extinction, only piles a volume, only soil a roughness.
func settleKind(d *upwind.Detection) error {
	switch d.Kind {
	case upwind.BareSoil, upwind.SandPile, upwind.SmokePlume, upwind.LidarPlume:
		return nil
	case "":
	default:
		return fmt.Errorf("%.40q is no kind of detection", d.Kind)
	}
	if _, ok := d.Measures[plume.PeakPerKM]; ok {
		d.Kind = upwind.LidarPlume
		return nil
	}
	if _, ok := d.Measures[upwind.VolumeM3]; ok {
		d.Kind = upwind.SandPile
		return nil
	}
	if _, ok := d.Measures[lidar.RoughnessM]; ok {
		d.Kind = upwind.BareSoil
		return nil
	}
	return fmt.Errorf("it is missing")
}
