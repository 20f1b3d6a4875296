package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/ingest/hj212"
	"upwind/ingest/station"
)

// listenFlags are the flags of `upwind hj212 listen`.
type listenFlags struct {
	listen, stations, out string
	setClocks             bool
	perAddress            int
	asJSON                bool
}

// findingsEvery is how often the device doctor is heard.
const findingsEvery = time.Minute

func hj212Listen() *cobra.Command {
	var f listenFlags
	c := &cobra.Command{
		Use:   "listen --listen ADDR --stations F.csv -o F.jsonl",
		Short: "record what devices send, without the rest of the program: a JSON line a reading, and what is wrong with the devices",
		Long: "listen takes what the devices of a registry send, and answers when it is on the disk. Killed at any moment it loses nothing and doubles\n" +
			"nothing: a torn last line is cut away at the next start, and its device sends it again. Every minute, and at the end, it says what is wrong\n" +
			"with which device. Ctrl-C ends it.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case f.stations == "":
				return usageError{errors.New("--stations needs the registry of stations, CSV (docs/formats/hj212.md)")}
			case f.out == "":
				return usageError{errors.New("-o needs the file to write, F.jsonl")}
			case f.perAddress < 1:
				return usageError{errors.New("--per-address is 1 or more")}
			}
			return f.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	p := c.Flags()
	p.StringVar(&f.listen, "listen", ":9212", "address for the devices; port 0 picks a free one")
	p.StringVar(&f.stations, "stations", "", "registry: the devices that may send, where they stand, their units (docs/formats/hj212.md)")
	p.StringVarP(&f.out, "output", "o", "", "file to append to, a JSON line a reading")
	p.BoolVar(&f.setClocks, "set-clocks", false, "send the time to devices whose clock is off")
	p.IntVar(&f.perAddress, "per-address", hj212.DefaultLimits.PerAddress, "connections from one address")
	p.BoolVar(&f.asJSON, "json", false, "at the end one JSON document, and no text")
	return c
}

func (f *listenFlags) run(ctx context.Context, out io.Writer) error {
	list, err := stationsIn(f.stations)
	if err != nil {
		return err
	}
	devices := devicesOf(list)
	if len(devices) == 0 {
		return fmt.Errorf("%s has no station with a device number (column mn): nobody could send", f.stations)
	}
	registry := station.New(list)
	j, err := openJournal(f.out, registry)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return errors.Join(fmt.Errorf("devices cannot be listened to at %s: %w; choose another address with --listen", f.listen, err), j.close())
	}
	if j.cut > 0 {
		slog.Warn("a torn last line was cut away; its device sends it again", "file", f.out, "bytes", j.cut)
	}
	limits := hj212.DefaultLimits
	limits.PerAddress = f.perAddress
	s := &hj212.Server{Lookup: registry.Device, Publish: j.publish, Doctor: hj212.NewDoctor(), Limits: limits, Log: slog.Default(), SetClocks: f.setClocks}
	if !f.asJSON {
		fmt.Fprintf(out, "Listening to %d devices at %s, writing to %s (Ctrl-C ends)\n", len(devices), l.Addr(), f.out)
	}
	if err := f.serve(ctx, s, l, j, out); err != nil && ctx.Err() == nil {
		return errors.Join(err, j.close())
	}
	return errors.Join(f.report(s.Doctor, j, out, true), j.close())
}

// serve listens until ctx ends, and reports meanwhile.
func (f *listenFlags) serve(ctx context.Context, s *hj212.Server, l net.Listener, j *journal, out io.Writer) error {
	ctx, stop := context.WithCancel(ctx)
	var parts sync.WaitGroup
	defer parts.Wait()
	defer stop()
	if !f.asJSON {
		parts.Go(func() {
			t := time.NewTicker(findingsEvery)
			defer t.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-t.C:
					_ = f.report(s.Doctor, j, out, false)
				}
			}
		})
	}
	return s.Serve(ctx, l)
}

// report says what was recorded and what is wrong with the devices; at the end of each device, too.
func (f *listenFlags) report(d *hj212.Doctor, j *journal, out io.Writer, end bool) error {
	now := time.Now().UTC()
	written, repeated := j.counts()
	findings, charts := d.Findings(now), d.Charts()
	if f.asJSON {
		return json.NewEncoder(out).Encode(map[string]any{"version": upwind.SchemaVersion, "output": f.out, "recorded": written, "sent_again": repeated,
			"devices": append([]hj212.Chart{}, charts...), "findings": append([]hj212.Finding{}, findings...)})
	}
	fmt.Fprintf(out, "%s: %d readings recorded of %d devices, %d came again and were there already\n", now.Format(time.RFC3339), written, len(charts), repeated)
	t := tabwriter.NewWriter(out, 2, 4, 2, ' ', 0)
	for _, x := range findings {
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", x.MN, x.Ailment, x.Factor, x.Text)
	}
	if err := t.Flush(); err != nil || !end {
		return err
	}
	for _, c := range charts {
		fmt.Fprintf(t, "  %s\t%s\t%d frames\t%d readings\tlast %s\tfrom %s\n", c.MN, c.System, c.Frames, c.Readings, c.Last.Format(time.RFC3339), c.Address)
	}
	return t.Flush()
}
