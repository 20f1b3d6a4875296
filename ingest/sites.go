package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
)

// Bounds of a site's fields.
const (
	maxSiteText   = 256
	maxSiteHeight = 500.0 // m; the tallest chimney is 420 m (Ekibastuz)
	maxPriorOdds  = 1e6
)

// ReadSites reads a registry of sites: a GeoJSON FeatureCollection of points and polygons with the properties
// id, name and kind, and optional prior_odds (> 0) and height_m. The error is an [*upwind.Refusal] that names
// the feature, or the reader's own.
func ReadSites(name string, r io.Reader) ([]upwind.Site, error) {
	depth := &depthReader{r: r}
	var sites []upwind.Site
	seen := map[string]int{}
	_, err := eachFeature(depth, func(i int, raw json.RawMessage) error {
		s, err := readSite(name, i, raw)
		if err != nil {
			return err
		}
		if first, twice := seen[s.ID]; twice {
			return upwind.Refuse(name, feature(i), fmt.Sprintf("its id %.40q is that of feature %d", s.ID, first+1), "give every site its own id")
		}
		seen[s.ID] = i
		sites = append(sites, s)
		return nil
	})
	var read *readError
	switch {
	case upwind.IsRefusal(err):
		return nil, err
	case errors.Is(err, errDepth):
		return nil, upwind.Refuse(name, "", errDepth.Error(), "hand in a GeoJSON FeatureCollection")
	case errors.As(err, &read):
		return nil, fmt.Errorf("ingest: read %s: %w", name, read.err)
	case err != nil:
		return nil, &upwind.Refusal{File: name, What: "this is no GeoJSON FeatureCollection", Do: "hand in one feature a site", Err: err}
	case len(sites) == 0:
		return nil, upwind.Refuse(name, "", "the registry holds no sites", "hand in one feature a site")
	}
	return sites, nil
}

func feature(i int) string { return fmt.Sprintf("feature %d", i+1) }

func readSite(name string, i int, raw json.RawMessage) (upwind.Site, error) {
	bad := func(property, what, do string) (upwind.Site, error) {
		where := feature(i)
		if property != "" {
			where += ", " + property
		}
		return upwind.Site{}, upwind.Refuse(name, where, what, do)
	}
	var f struct {
		Geometry   json.RawMessage            `json:"geometry"`
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return bad("", "it is no GeoJSON feature", "give it a geometry and properties")
	}
	s := upwind.Site{}
	for _, t := range []struct {
		property string
		to       *string
	}{{"id", &s.ID}, {"name", &s.Name}, {"kind", &s.Kind}} {
		v, ok := siteText(f.Properties[t.property])
		if !ok {
			return bad(t.property, "it is missing or no text", "every site has an id, a name and a kind")
		}
		*t.to = v
	}
	for _, t := range []struct {
		property string
		most     float64
		to       *float64
	}{{"prior_odds", maxPriorOdds, &s.PriorOdds}, {"height_m", maxSiteHeight, &s.HeightM}} {
		v, present := f.Properties[t.property]
		if !present || string(v) == "null" {
			continue
		}
		if err := json.Unmarshal(v, t.to); err != nil || *t.to < 0 || *t.to > t.most || t.property == "prior_odds" && *t.to == 0 {
			return bad(t.property, fmt.Sprintf("%.40s is not a number in 0..%g", v, t.most), "leave it out if it is not known; odds are above 0")
		}
	}
	g, what := siteGeometry(f.Geometry)
	if what != "" {
		return bad("geometry", what, "sites are points or polygons in WGS84, longitude before latitude")
	}
	s.Geometry = g
	return s, nil
}

// siteText is a property as text; ids are often numbers.
func siteText(raw json.RawMessage) (string, bool) {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		var n json.Number
		if json.Unmarshal(raw, &n) != nil {
			return "", false
		}
		s = n.String()
	}
	s = strings.TrimSpace(s)
	control := func(r rune) bool { return r < ' ' || r == 0x7f }
	return s, s != "" && len(s) <= maxSiteText && utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}

func siteGeometry(raw json.RawMessage) (g *geojson.Geometry, fault string) {
	g, err := geojson.UnmarshalGeometry(raw)
	if err != nil || g.Geometry() == nil {
		return nil, "it is no GeoJSON geometry"
	}
	var polygons orb.MultiPolygon
	switch v := g.Geometry().(type) {
	case orb.Point:
		if !onEarth(v) {
			return nil, fmt.Sprintf("%v is no place in WGS84", v)
		}
		return g, ""
	case orb.Polygon:
		polygons = orb.MultiPolygon{v}
	case orb.MultiPolygon:
		polygons = v
	default:
		return nil, "it is a " + g.Geometry().GeoJSONType()
	}
	if len(polygons) == 0 {
		return nil, "it is empty"
	}
	for _, p := range polygons {
		if len(p) == 0 {
			return nil, "it is empty"
		}
		for _, ring := range p {
			if len(ring) < 4 || !ring.Closed() {
				return nil, "a ring is not closed, or has fewer than four points"
			}
			for _, pt := range ring {
				if !onEarth(pt) {
					return nil, fmt.Sprintf("%v is no place in WGS84", pt)
				}
			}
		}
	}
	return g, ""
}

func onEarth(p orb.Point) bool { return math.Abs(p[0]) <= 180 && math.Abs(p[1]) <= 90 }
