package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/paulmach/orb/geojson"
	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar/scan/plume"
	"upwind/lidar/scan/retrieve"
)

// plumeSearch is the document of a search through scans.
type plumeSearch struct {
	inputs     []string
	detections []upwind.Detection
	local      []localPlume // of scans without a place
	wind       []upwind.Wind
	notes      map[string][]string
}

// localPlume is a plume of an instrument whose place is not known.
type localPlume struct {
	Scan        string          `json:"scan"`
	EastM       upwind.Estimate `json:"east_m"`
	NorthM      upwind.Estimate `json:"north_m"`
	HeightM     upwind.Estimate `json:"height_m"`
	ExcessPerKM float64         `json:"excess_peak_per_km"`
	AreaM2      float64         `json:"area_m2"`
	Probability float64         `json:"probability"`
	Reasons     []string        `json:"reasons"`
}

func scanPlumes(f *scanFlags) *cobra.Command {
	var (
		out, memory string
		asJSON      bool
	)
	c := &cobra.Command{
		Use:   "plumes PATH...",
		Short: "plumes in scans, and the wind that shows in their motion; several scans of one instrument are taken in order of time",
		Args:  needArgs(1, "the files or folders, a scan each"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := behindWalls(append(f.reads(paths), outputs(memory)...), outputs(out, memory), *f.memoryMB); err != nil {
				return err
			}
			if err := f.settle(); err != nil {
				return err
			}
			known, err := readTargets(memory)
			if err != nil {
				return err
			}
			doc := plumeSearch{detections: []upwind.Detection{}, wind: []upwind.Wind{}, notes: map[string][]string{}}
			err = doc.search(cmd, f, paths, known)
			if len(doc.inputs) == 0 {
				return err
			}
			if memory != "" {
				err = errors.Join(err, writeWhole(memory, func(file *os.File) error { return known.Write(file) }))
			}
			for _, p := range paths {
				for _, n := range doc.notes[p] {
					fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", p, n)
				}
			}
			return errors.Join(output(cmd, out, func(w io.Writer) error {
				switch {
				case strings.EqualFold(filepath.Ext(out), ".geojson"):
					return doc.writeFeatures(w)
				case asJSON || out != "":
					return doc.writeJSON(w)
				}
				return doc.table(w)
			}), err)
		},
	}
	f.inversionFlags(c)
	c.Flags().StringVarP(&out, "output", "o", "", "write to this file: JSON, or GeoJSON when it ends so")
	c.Flags().StringVar(&memory, "memory", "", "file of what stands around the instrument; read if it is there, and written with what these scans add")
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	return c
}

func readTargets(path string) (*plume.Memory, error) {
	if path == "" {
		return plume.NewMemory(""), nil
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return plume.NewMemory(""), nil
	}
	if err != nil {
		return nil, notOpened(path, err)
	}
	defer file.Close()
	return plume.ReadMemory(file, path)
}

func (d *plumeSearch) search(cmd *cobra.Command, f *scanFlags, paths []string, known *plume.Memory) error {
	type done struct {
		path string
		p    *retrieve.Product
	}
	var all []done
	err := eachFile(cmd, paths, func(path string) error {
		p, err := f.retrieve(cmd, path, known)
		if err != nil {
			return err
		}
		id, err := scanID(path)
		if err != nil {
			return err
		}
		d.inputs = append(d.inputs, id)
		d.notes[path] = p.Notes
		d.detections = append(d.detections, p.Detections...)
		d.wind = append(d.wind, p.Winds()...)
		if !p.Last().Field.Site.Placed {
			d.keepLocal(path, p)
		}
		all = append(all, done{path, p})
		return nil
	})
	slices.SortStableFunc(all, func(a, b done) int { return a.p.Turns[0].Field.Rays[0].Start.Compare(b.p.Turns[0].Field.Rays[0].Start) })
	for i := 1; i < len(all); i++ {
		d.wind = append(d.wind, retrieve.Between(all[i-1].p, all[i].p)...)
	}
	slices.SortStableFunc(d.wind, func(a, b upwind.Wind) int {
		return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.StationID, b.StationID))
	})
	return err
}

func (d *plumeSearch) keepLocal(path string, p *retrieve.Product) {
	for _, t := range p.Turns {
		for i := range t.Result.Plumes {
			x := &t.Result.Plumes[i]
			d.local = append(d.local, localPlume{path, x.CentreE, x.CentreN, x.Height, 1000 * x.Peak.Value, x.AreaM2, x.Probability, x.Reasons})
		}
	}
}

func (d *plumeSearch) writeJSON(w io.Writer) error {
	return json.NewEncoder(w).Encode(map[string]any{"version": upwind.SchemaVersion, "inputs": d.inputs, "plumes": d.detections, "plumes_without_place": d.local,
		"wind": d.wind, "notes": d.notes})
}

func (d *plumeSearch) writeFeatures(w io.Writer) error {
	fc := geojson.NewFeatureCollection()
	for _, x := range d.detections {
		f := geojson.NewFeature(x.Geometry.Geometry())
		f.ID = x.ID
		f.Properties = geojson.Properties{"kind": x.Kind, "class": x.Class, "probability": x.Probability, "position_sigma_m": x.PositionSigmaM, "observed_at": x.ObservedAt, "reasons": x.Reasons}
		for name, e := range x.Measures {
			f.Properties[name] = e
		}
		if x.Axis != nil {
			f.Properties["axis"] = x.Axis
		}
		fc.Append(f)
	}
	return json.NewEncoder(w).Encode(fc)
}

func (d *plumeSearch) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 2, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "probability\tclass\tpeak 1/km\theight m\tarea m2\tplace\tseen\t")
	for _, x := range d.detections {
		c := x.Geometry.Geometry().Bound().Center()
		fmt.Fprintf(t, "%.2f\t%s\t%.3g\t%.0f\t%.3g\t%.5f, %.5f\t%s\t\n", x.Probability, x.Class, x.Measures[plume.PeakPerKM].Value,
			x.Measures[upwind.HeightM].Value, x.Measures[upwind.AreaM2].Value, c[0], c[1], x.ObservedAt.Format("2006-01-02 15:04:05"))
	}
	for _, x := range d.local {
		fmt.Fprintf(t, "%.2f\t-\t%.3g\t%.0f\t%.3g\tE %.0f m, N %.0f m\t%s\t\n", x.Probability, x.ExcessPerKM, x.HeightM.Value, x.AreaM2, x.EastM.Value, x.NorthM.Value, filepath.Base(x.Scan))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, x := range d.wind {
		speed, from := upwind.SpeedFrom(x.U, x.V)
		fmt.Fprintf(w, "wind %.1f m/s from %.0f degrees at %.0f m, from the plumes' motion, %s\n", speed, from, x.HeightM, x.Start.Format("2006-01-02 15:04:05"))
	}
	return nil
}
