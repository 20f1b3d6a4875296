package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/bus"
	"upwind/raster"
	"upwind/raster/gdal"
	"upwind/store"
)

// Timing is one speed, with a rival's in the same run where there is one.
type Timing struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Unit  string   `json:"unit"`
	Rival string   `json:"rival,omitempty"`
	Ratio *float64 `json:"ratio,omitempty"` // ours over the rival's time: below 1 is faster
	Note  string   `json:"note,omitempty"`
}

// benches is the registry: a speed measured is one line here. Each works in dir.
var benches = []struct {
	name string
	run  func(ctx context.Context, dir string) ([]Timing, error)
}{
	{"ledger", benchLedger},
	{"raster", benchRaster},
	{"clouds", benchClouds},
	{"scans", benchScans},
	{"transport", benchTransport},
	{"airshed", benchAirshed},
	{"hj212", benchHJ212},
}

func benchCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "bench [NAME...]",
		Short: "measure speed, beside a rival in the same run where one is installed; names pick single tables",
		RunE: func(cmd *cobra.Command, names []string) error {
			var all []Timing
			for _, b := range benches {
				if len(names) > 0 && !slices.Contains(names, b.name) {
					continue
				}
				dir, err := os.MkdirTemp("", "upwind-bench-*")
				if err != nil {
					return err
				}
				got, err := b.run(cmd.Context(), dir)
				os.RemoveAll(dir)
				if err != nil {
					return fmt.Errorf("bench of %s: %w", b.name, err)
				}
				all = append(all, got...)
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "timings": all})
			}
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 2, 4, 2, ' ', 0)
			fmt.Fprintln(t, "what\tvalue\tunit\tours / rival\trival\tnote")
			for _, b := range all {
				ratio := ""
				if b.Ratio != nil {
					ratio = fmt.Sprintf("%.2f", *b.Ratio)
				}
				fmt.Fprintf(t, "%s\t%.4g\t%s\t%s\t%s\t%s\n", b.Name, b.Value, b.Unit, ratio, b.Rival, b.Note)
			}
			return t.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document")
	return c
}

// benchLedger measures synced appends, one writer, each waiting for its answer.
func benchLedger(ctx context.Context, dir string) ([]Timing, error) {
	s, err := store.Open(filepath.Join(dir, "blobs"))
	if err != nil {
		return nil, err
	}
	b, err := bus.Connect(ctx, bus.Config{Dir: dir, Store: s})
	if err != nil {
		return nil, err
	}
	defer b.Close()
	const n = 500
	body := []byte(`{"version":1,"observations":[]}`)
	start := time.Now()
	for i := range n {
		if _, err := b.Assets().Create(ctx, fmt.Sprintf("bench-%d", i), body); err != nil {
			return nil, err
		}
	}
	return []Timing{{Name: "create-only documents, each synced to disk", Value: n / time.Since(start).Seconds(), Unit: "1/s", Note: "one writer, one at a time"}}, nil
}

// rounds is how often a pair is timed; the median counts, because these machines are noisy.
const rounds = 5

// benchRaster times the reduced picture of a scene, which reads every pixel, beside gdal_translate's.
func benchRaster(ctx context.Context, dir string) ([]Timing, error) {
	const size = 4000
	if err := gdal.Register(); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "scene.tif")
	bands := make([]any, 3)
	for b := range bands {
		px := make([]uint8, size*size)
		for i := range px {
			px[i] = uint8((i%size)*(b+1)/16 ^ (i/size)/8)
		}
		bands[b] = px
	}
	gt := [6]float64{400000, 1, 0, 4000000, 0, -1}
	err := gdal.WriteGeoTIFF(path, gdal.Raster{Width: size, Height: size, Bands: bands, Colours: []string{"Red", "Green", "Blue"}, GeoTransform: &gt, CRS: "EPSG:32650"})
	if err != nil {
		return nil, err
	}
	ours := func() (err error) {
		ds, err := gdal.Open(path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, ds.Close()) }()
		scene, err := raster.NewScene(ds, raster.SceneOptions{})
		if err != nil {
			return err
		}
		_, err = raster.Preview(ctx, scene, 1000)
		return err
	}
	t := Timing{Name: "4000 x 4000 x 3 picture to a 1000 px preview", Unit: "s", Rival: "gdal_translate -r average"}
	rival := func() error {
		_, err := runQuiet(ctx, "gdal_translate", "-q", "-of", "PNG", "-r", "average", "-outsize", "1000", "1000", path, filepath.Join(dir, "rival.png"))
		return err
	}
	if _, err := exec.LookPath("gdal_translate"); err != nil {
		rival, t.Rival = nil, ""
		t.Note = "gdal_translate is not installed: no rival"
	}
	mine, theirs, err := pairs(ours, rival)
	if err != nil {
		return nil, err
	}
	t.Value = mine.Seconds()
	if theirs > 0 {
		r := mine.Seconds() / theirs.Seconds()
		t.Ratio = &r
	}
	return []Timing{t}, nil
}

// pairs times two things in turn and returns the medians; b may be nil.
func pairs(a, b func() error) (ta, tb time.Duration, err error) {
	var as, bs []time.Duration
	timed := func(f func() error, out *[]time.Duration) error {
		start := time.Now()
		err := f()
		*out = append(*out, time.Since(start))
		return err
	}
	for range rounds {
		if err := timed(a, &as); err != nil {
			return 0, 0, err
		}
		if b == nil {
			continue
		}
		if err := timed(b, &bs); err != nil {
			return 0, 0, err
		}
	}
	slices.Sort(as)
	slices.Sort(bs)
	if b != nil {
		tb = bs[len(bs)/2]
	}
	return as[len(as)/2], tb, nil
}

// runQuiet runs a program and returns its output; its complaints are in the error.
func runQuiet(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", filepath.Base(name), err, strings.TrimSpace(complaints.String()))
	}
	return out.String(), nil
}
