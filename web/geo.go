package web

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
)

// collection is a GeoJSON feature collection with the foreign members every document here has.
type collection struct {
	Type     string         `json:"type"`
	Version  int            `json:"version"`
	Meta     map[string]any `json:"meta,omitempty"`
	Features []feature      `json:"features"`
}

type feature struct {
	Type       string            `json:"type"`
	ID         string            `json:"id,omitempty"`
	Geometry   *geojson.Geometry `json:"geometry"`
	Properties any               `json:"properties"`
}

func newCollection(n int) collection {
	return collection{Type: "FeatureCollection", Version: upwind.SchemaVersion, Features: make([]feature, 0, n)}
}

func (c *collection) add(id string, g orb.Geometry, properties any) {
	c.Features = append(c.Features, feature{Type: "Feature", ID: id, Geometry: geojson.NewGeometry(g), Properties: properties})
}

// mapDecimals keeps 1e-6 degrees, about 0.1 m: finer than a screen shows, and half the bytes.
const mapDecimals = 1e6

// drawn is a geometry as the map needs it; nil when there is none.
func drawn(g *geojson.Geometry) orb.Geometry {
	if g == nil || g.Geometry() == nil {
		return nil
	}
	return orb.Round(orb.Clone(g.Geometry()), mapDecimals)
}

func round6(v float64) float64 { return math.Round(v*mapDecimals) / mapDecimals }

// parseBox reads west,south,east,north in degrees.
func parseBox(s string) (orb.Bound, error) {
	parts := strings.Split(s, ",")
	var v [4]float64
	if len(parts) != len(v) {
		return orb.Bound{}, badRequest("bbox is west,south,east,north in degrees, such as 115.8,36.2,116.3,36.7")
	}
	for i, p := range parts {
		f, err := strconv.ParseFloat(p, 64)
		if err != nil || math.IsNaN(f) || math.Abs(f) > 180 {
			return orb.Bound{}, badRequest("bbox: " + clip(p) + " is not a number of degrees")
		}
		v[i] = f
	}
	if v[0] > v[2] || v[1] > v[3] {
		return orb.Bound{}, badRequest("bbox: west must not exceed east, nor south north")
	}
	return orb.Bound{Min: orb.Point{v[0], v[1]}, Max: orb.Point{v[2], v[3]}}, nil
}

// parseCount reads a whole number in 0..most.
func parseCount(name, s string, most, otherwise int) (int, error) {
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most {
		return 0, badRequest(name + " must be a whole number from 0 to " + strconv.Itoa(most))
	}
	return n, nil
}

// parseHour reads the hour that is asked for; empty means the last hour that has data.
func parseHour(s string, cov Coverage) (time.Time, error) {
	if s == "" {
		if cov.To.IsZero() {
			return time.Time{}, nil
		}
		return cov.To.Add(-time.Nanosecond).UTC().Truncate(time.Hour), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, badRequest("at must be a time such as 2026-05-01T06:00:00Z; " + clip(s) + " is not")
	}
	return t.UTC().Truncate(time.Hour), nil
}
