package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar"
)

// cloudFinding is one thing found in a cloud, as its document states it.
type cloudFinding struct {
	ID          string            `json:"id"`
	File        string            `json:"file"`
	Class       string            `json:"class,omitempty"`
	Probability float64           `json:"probability"`
	Geometry    *geojson.Geometry `json:"geometry"`             // WGS84; null in a cloud without a place
	OutlineXY   orb.Polygon       `json:"outline_xy,omitempty"` // in the file's coordinates, for a cloud without a place
	ObservedAt  *time.Time        `json:"observed_at,omitempty"`
	Reasons     []string          `json:"reasons"`

	measures map[string]upwind.Estimate
}

// MarshalJSON puts the measures beside the other fields, under their own names.
func (f cloudFinding) MarshalJSON() ([]byte, error) {
	type plain cloudFinding
	a, err := json.Marshal(plain(f))
	if err != nil || len(f.measures) == 0 {
		return a, err
	}
	b, err := json.Marshal(f.measures)
	if err != nil {
		return nil, err
	}
	return append(append(a[:len(a)-1], ','), b[1:]...), nil
}

// cloudSearch is the document of a search through clouds.
type cloudSearch struct {
	inputs  []string
	reports map[string]lidar.Report
	found   []cloudFinding
}

func cloudPiles(mb *int) *cobra.Command {
	return cloudSearchCommand(mb, lidar.Detector, "piles", "piles of sand and other loose material: volume, height and area with intervals, covered or not")
}

func cloudSoil(mb *int) *cobra.Command {
	return cloudSearchCommand(mb, lidar.SoilDetector, "soil", "bare soil in clouds with colour: area with interval, roughness")
}

func cloudSearchCommand(mb *int, detector, name, short string) *cobra.Command {
	var (
		out, crs string
		asJSON   bool
		cell     float64
	)
	c := &cobra.Command{
		Use:   name + " FILE...",
		Short: short,
		Args:  needArgs(1, "the files"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := behindWalls(paths, outputs(out), *mb); err != nil {
				return err
			}
			ids, err := inputIDs(paths)
			if err != nil {
				return err
			}
			doc := cloudSearch{inputs: ids, reports: map[string]lidar.Report{}, found: []cloudFinding{}}
			err = eachFile(cmd, paths, func(path string) error {
				return doc.search(cmd.Context(), path, crs, detector, lidar.Options{CellM: cell})
			})
			if err != nil && len(doc.reports) == 0 {
				return err
			}
			for _, p := range paths {
				for _, n := range doc.reports[p].Notes {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", p, n)
				}
			}
			werr := output(cmd, out, func(w io.Writer) error {
				switch {
				case strings.EqualFold(filepath.Ext(out), ".geojson"):
					return doc.writeFeatures(w)
				case asJSON || out != "":
					return json.NewEncoder(w).Encode(map[string]any{"version": upwind.SchemaVersion, "inputs": doc.inputs, "reports": doc.reports, name: doc.found})
				}
				return doc.table(w)
			})
			return errors.Join(werr, err)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "write to this file: JSON, or GeoJSON when it ends so")
	c.Flags().StringVar(&crs, "crs", "", "reference system of the clouds (EPSG:n), where the files state none or a wrong one")
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	c.Flags().Float64Var(&cell, "cell", 0, "side of a grid cell in metres; by default as small as the density allows")
	return c
}

func (s *cloudSearch) search(ctx context.Context, path, crs, detector string, o lidar.Options) error {
	r, err := openCloudFile(path)
	if err != nil {
		return err
	}
	defer r.Close()
	at, err := placeCloud(r.Reader, crs)
	if err != nil {
		return err
	}
	defer at.Close()
	b := newBar(filepath.Base(path))
	defer b.finish()
	o.JobID = upwind.HashID("cloud", detector, s.inputs)
	c, err := lidar.Grid(ctx, r.Reader, at.locate, o, func(done, total int) { b.set(int64(done), int64(total)) })
	if err != nil {
		return err
	}
	d, ok := lidar.Find(detector)
	if !ok {
		return fmt.Errorf("there is no detector %s", detector)
	}
	res, err := d.Run(ctx, c, o, func(done, total int) { b.set(int64(done), int64(total)) })
	if err != nil {
		return err
	}
	rep := c.Report
	rep.Notes = append(rep.Notes, res.Notes...)
	if at.crs == "" {
		rep.Notes = append(rep.Notes, "it names no reference system: its units are taken as metres and nothing in it has a place on the map; state --crs EPSG:n")
	}
	s.reports[path] = rep
	for _, x := range res.Detections {
		f := cloudFinding{ID: upwind.DetectionID(o.JobID, len(s.found)), File: path, Class: x.Class, Probability: x.Probability, Geometry: x.Geometry,
			Reasons: x.Reasons, measures: x.Measures}
		if !x.ObservedAt.IsZero() {
			f.ObservedAt = &x.ObservedAt
		}
		if at.crs == "" {
			f.Geometry, f.OutlineXY = nil, frameAbout(r.Header()).outline(x.Geometry.Geometry())
		}
		s.found = append(s.found, f)
	}
	return nil
}

// outline brings a polygon, or the largest of several, back into the file's coordinates.
func (f frame) outline(g orb.Geometry) orb.Polygon {
	p, ok := g.(orb.Polygon)
	if mp, many := g.(orb.MultiPolygon); many && len(mp) > 0 {
		p, ok = mp[0], true
	}
	if !ok {
		return nil
	}
	out := make(orb.Polygon, len(p))
	for i, ring := range p {
		for _, q := range ring {
			x, y := f.xy(q[0], q[1])
			out[i] = append(out[i], orb.Point{x, y})
		}
	}
	return out
}

func (s *cloudSearch) writeFeatures(w io.Writer) error {
	fc := geojson.NewFeatureCollection()
	for _, f := range s.found {
		if f.Geometry == nil {
			return upwind.Refuse(f.File, "", "it has no place on the map, so nothing in it can be GeoJSON", "state --crs EPSG:n, or write JSON")
		}
		feature := geojson.NewFeature(f.Geometry.Geometry())
		feature.ID = f.ID
		feature.Properties = geojson.Properties{"file": f.File, "class": f.Class, "probability": f.Probability, "reasons": f.Reasons}
		for name, e := range f.measures {
			feature.Properties[name] = e
		}
		fc.Append(feature)
	}
	return json.NewEncoder(w).Encode(fc)
}

// findingColumns are the measures a table shows, those that the findings have.
var findingColumns = []struct{ title, measure string }{
	{"volume m3", upwind.VolumeM3}, {"height m", upwind.HeightM}, {"area m2", upwind.AreaM2}, {"roughness m", lidar.RoughnessM},
}

func (s *cloudSearch) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 2, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "probability\tclass\t")
	shown := findingColumns[:0:0]
	for _, c := range findingColumns {
		for _, f := range s.found {
			if _, has := f.measures[c.measure]; has {
				shown = append(shown, c)
				fmt.Fprintf(t, "%s\t95 %% interval\t", c.title)
				break
			}
		}
	}
	fmt.Fprintln(t, "place\tfile\t")
	for _, f := range s.found {
		fmt.Fprintf(t, "%.2f\t%s\t", f.Probability, cmp.Or(f.Class, "-"))
		for _, c := range shown {
			e := f.measures[c.measure]
			fmt.Fprintf(t, "%.4g\t%.4g - %.4g\t", e.Value, e.Lo95, e.Hi95)
		}
		fmt.Fprintf(t, "%s\t%s\t\n", f.where(), filepath.Base(f.File))
	}
	return t.Flush()
}

// where is the middle of a finding, for people.
func (f cloudFinding) where() string {
	if f.Geometry != nil {
		c := f.Geometry.Geometry().Bound().Center()
		return fmt.Sprintf("%.5f, %.5f", c[0], c[1])
	}
	c := f.OutlineXY.Bound().Center()
	return fmt.Sprintf("x %.1f, y %.1f", c[0], c[1])
}
