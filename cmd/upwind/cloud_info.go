package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar/las"
)

// cloudSummary is the answer of `cloud info` for one file.
type cloudSummary struct {
	Name         string        `json:"name"`
	ID           string        `json:"id"` // hash of the file
	Version      string        `json:"las_version"`
	PointFormat  int           `json:"point_format"`
	RecordLength int           `json:"record_length"`
	Compression  string        `json:"compression"`
	COPC         *copcSummary  `json:"copc,omitempty"`
	Points       int64         `json:"points"`
	Created      string        `json:"created,omitempty"`
	Software     string        `json:"software,omitempty"`
	CRS          *crsSummary   `json:"crs"`
	Scale        [3]float64    `json:"scale"`
	Offset       [3]float64    `json:"offset"`
	Min          [3]float64    `json:"min"` // as the header states, in the file's units
	Max          [3]float64    `json:"max"`
	ExtraDims    []extraDim    `json:"extra_dimensions,omitempty"`
	Records      []string      `json:"records,omitempty"`
	Counted      *cloudCounted `json:"counted,omitempty"`
	Warnings     []string      `json:"warnings,omitempty"`
}

type copcSummary struct {
	Nodes   int     `json:"nodes"`
	Levels  int     `json:"levels"`
	Spacing float64 `json:"spacing"`
}

type crsSummary struct {
	EPSG          int     `json:"epsg,omitempty"`
	VerticalEPSG  int     `json:"vertical_epsg,omitempty"`
	Name          string  `json:"name,omitempty"`
	Geographic    bool    `json:"geographic,omitempty"`
	UnitM         float64 `json:"unit_m,omitempty"`
	VerticalUnitM float64 `json:"vertical_unit_m,omitempty"`
}

type extraDim struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// cloudCounted is what reading every point tells.
type cloudCounted struct {
	Min     [3]float64    `json:"min"`
	Max     [3]float64    `json:"max"`
	Classes map[int]int64 `json:"classes"`
	Returns map[int]int64 `json:"returns"`
}

// classNames are those of LAS 1.4 R15, table 17.
var classNames = map[int]string{0: "never classified", 1: "unclassified", 2: "ground", 3: "low vegetation", 4: "medium vegetation", 5: "high vegetation",
	6: "building", 7: "low noise", 8: "key point or reserved", 9: "water", 10: "rail", 11: "road", 12: "overlap or reserved", 13: "wire guard", 14: "conductor", 15: "tower",
	16: "connector", 17: "bridge deck", 18: "high noise", 19: "overhead structure", 20: "ignored ground", 21: "snow", 22: "temporal exclusion"}

func cloudInfo(mb *int) *cobra.Command {
	var asJSON, count bool
	c := &cobra.Command{
		Use:   "info FILE...",
		Short: "what a file is: version, format, compression, reference system, extent, classes",
		Args:  needArgs(1, "the files"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := behindWalls(paths, nil, *mb); err != nil {
				return err
			}
			all := []cloudSummary{}
			err := eachFile(cmd, paths, func(path string) error {
				s, err := summarize(path, count)
				if err == nil {
					all = append(all, s)
				}
				return err
			})
			if asJSON {
				if jerr := json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "files": all}); jerr != nil {
					return jerr
				}
				return err
			}
			for i, s := range all {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				s.print(cmd.OutOrStdout())
			}
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	c.Flags().BoolVar(&count, "count", false, "read every point: classes, returns, true extent")
	return c
}

func summarize(path string, count bool) (cloudSummary, error) {
	r, err := openCloudFile(path)
	if err != nil {
		return cloudSummary{}, err
	}
	defer r.Close()
	h, crs := r.Header(), r.CRS()
	s := cloudSummary{Name: path, Version: fmt.Sprintf("%d.%d", h.Major, h.Minor), PointFormat: int(h.Format), RecordLength: int(h.RecordLength),
		Compression: r.Compression(), Points: r.Count(), Software: h.Software, Scale: h.Scale, Offset: h.Offset, Min: h.Min, Max: h.Max}
	if s.ID, err = inputID(path); err != nil {
		return s, err
	}
	if t := h.Created(); !t.IsZero() {
		s.Created = t.Format("2006-01-02")
	}
	if crs.Stated() {
		s.CRS = &crsSummary{crs.EPSG, crs.VerticalEPSG, crs.Name, crs.Geographic, crs.UnitM, crs.VerticalUnitM}
	}
	for _, d := range r.ExtraDims() {
		s.ExtraDims = append(s.ExtraDims, extraDim{d.Name, d.Type.String()})
	}
	for _, v := range r.VLRs() {
		s.Records = append(s.Records, fmt.Sprintf("%s %d, %d bytes", v.UserID, v.RecordID, v.Length))
	}
	switch octree, err := r.COPC(); {
	case err == nil:
		nodes, err := octree.Nodes(las.Everywhere())
		if err != nil {
			return s, err
		}
		s.COPC = &copcSummary{Nodes: len(nodes), Spacing: octree.Spacing}
		for _, n := range nodes {
			s.COPC.Levels = max(s.COPC.Levels, int(n.Level)+1)
		}
	case !errors.Is(err, las.ErrNotCOPC):
		return s, err
	}
	if count {
		if s.Counted, err = countPoints(r); err != nil {
			return s, err
		}
	}
	s.Warnings = r.Warnings()
	return s, nil
}

func countPoints(r *cloudFile) (*cloudCounted, error) {
	if err := r.Select(las.LayerZ | las.LayerClass); err != nil {
		return nil, err
	}
	b := newBar("counting points")
	defer b.finish()
	c := &cloudCounted{Classes: map[int]int64{}, Returns: map[int]int64{}}
	var classes, returns [256]int64
	n := int64(0)
	for p, err := range r.Points() {
		if err != nil {
			return nil, err
		}
		for i, v := range [3]float64{p.X, p.Y, p.Z} {
			if n == 0 {
				c.Min[i], c.Max[i] = v, v
			}
			c.Min[i], c.Max[i] = min(c.Min[i], v), max(c.Max[i], v)
		}
		classes[p.Class]++
		returns[p.Return]++
		if n++; n%(1<<18) == 0 {
			b.set(n, r.Count())
		}
	}
	for i := range classes {
		if classes[i] > 0 {
			c.Classes[i] = classes[i]
		}
		if returns[i] > 0 {
			c.Returns[i] = returns[i]
		}
	}
	return c, nil
}

func (s cloudSummary) print(w io.Writer) {
	row := func(name, format string, a ...any) { fmt.Fprintf(w, "  %-11s %s\n", name, fmt.Sprintf(format, a...)) }
	fmt.Fprintln(w, s.Name)
	row("format", "LAS %s, point format %d, %d bytes a point", s.Version, s.PointFormat, s.RecordLength)
	row("stored", "%s", s.Compression)
	if s.COPC != nil {
		row("octree", "COPC, %d nodes on %d levels, %g apart at the root", s.COPC.Nodes, s.COPC.Levels, s.COPC.Spacing)
	}
	row("points", "%d", s.Points)
	switch c := s.CRS; {
	case c == nil:
		row("system", "none stated")
	case c.EPSG != 0:
		row("system", "EPSG:%d %s", c.EPSG, c.Name)
	default:
		row("system", "%s", c.Name)
	}
	axes := [3]string{"x", "y", "z"}
	for i, a := range axes {
		row(a, "%.3f to %.3f", s.Min[i], s.Max[i])
	}
	if s.Created != "" || s.Software != "" {
		row("made", "%s", strings.TrimSpace(s.Created+" "+s.Software))
	}
	for _, d := range s.ExtraDims {
		row("extra", "%s (%s)", d.Name, d.Type)
	}
	if s.Counted != nil {
		for _, k := range slices.Sorted(maps.Keys(s.Counted.Classes)) {
			name := classNames[k]
			if name == "" {
				name = "of the maker's own"
			}
			row("class", "%3d %-20s %d", k, name, s.Counted.Classes[k])
		}
		for _, k := range slices.Sorted(maps.Keys(s.Counted.Returns)) {
			row("return", "%3d %-20s %d", k, "", s.Counted.Returns[k])
		}
	}
	for _, x := range s.Warnings {
		row("warning", "%s", x)
	}
}
