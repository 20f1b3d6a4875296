package main

import (
	"bytes"
	"context"
	"encoding/json"
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
