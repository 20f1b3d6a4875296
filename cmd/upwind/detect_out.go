package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/raster/gdal"
)

// detectDocument is the answer of `upwind detect`.
type detectDocument struct {
	Version    int                `json:"version"`
	Inputs     []string           `json:"inputs"`
	Detectors  []string           `json:"detectors"`
	Detections []upwind.Detection `json:"detections"`
}

func (d *detectDocument) features(w io.Writer) error {
	fc := geojson.NewFeatureCollection()
	for _, x := range d.Detections {
		f := geojson.NewFeature(x.Geometry.Geometry())
		f.ID = x.ID
		f.Properties = geojson.Properties{"kind": x.Kind, "class": x.Class, "probability": x.Probability, "position_sigma_m": x.PositionSigmaM, "reasons": x.Reasons}
		for name, e := range x.Measures {
			f.Properties[name] = e
		}
		fc.Append(f)
	}
	return json.NewEncoder(w).Encode(fc)
}

// layer is the detections with a column for each value that any of them has.
func (d *detectDocument) layer() gdal.Vector {
	v := gdal.Vector{Name: "detections", CRS: "EPSG:4326", Fields: []gdal.Field{{Name: "id"}, {Name: "kind"}, {Name: "class"},
		{Name: "probability", Number: true}, {Name: "position_sigma_m", Number: true}, {Name: "observed_at"}, {Name: "reasons"}}}
	measures := map[string]bool{}
	for _, x := range d.Detections {
		for name := range x.Measures {
			measures[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(measures))
	for _, name := range names {
		for _, part := range []string{"", "_sigma", "_lo95", "_hi95"} {
			v.Fields = append(v.Fields, gdal.Field{Name: name + part, Number: true})
		}
	}
	for _, x := range d.Detections {
		var observed any
		if !x.ObservedAt.IsZero() {
			observed = x.ObservedAt.UTC().Format(time.RFC3339)
		}
		row := gdal.Feature{Values: []any{x.ID, string(x.Kind), x.Class, x.Probability, x.PositionSigmaM, observed, strings.Join(x.Reasons, "; ")}}
		switch g := x.Geometry.Geometry().(type) {
		case orb.Polygon:
			row.Area = orb.MultiPolygon{g}
		case orb.MultiPolygon:
			row.Area = g
		}
		for _, name := range names {
			if e, ok := x.Measures[name]; ok {
				row.Values = append(row.Values, e.Value, e.Sigma, e.Lo95, e.Hi95)
			} else {
				row.Values = append(row.Values, nil, nil, nil, nil)
			}
		}
		v.Features = append(v.Features, row)
	}
	return v
}

func (d *detectDocument) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, "kind\tclass\tprobability\tlon\tlat\tarea m2\tvolume m3")
	for _, x := range d.Detections {
		at := x.Geometry.Geometry().Bound().Center()
		fmt.Fprintf(t, "%s\t%s\t%.2f\t%.5f\t%.5f", x.Kind, x.Class, x.Probability, at.Lon(), at.Lat())
		for _, name := range []string{upwind.AreaM2, upwind.VolumeM3} {
			if e, ok := x.Measures[name]; ok {
				fmt.Fprintf(t, "\t%.0f (%.0f to %.0f)", e.Value, e.Lo95, e.Hi95)
			} else {
				fmt.Fprint(t, "\t-")
			}
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}
