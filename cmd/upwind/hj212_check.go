package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/ingest/hj212"
)

// checkFlags are the flags of `upwind hj212 check`.
type checkFlags struct {
	stations string
	brief    bool
	asJSON   bool
}

func hj212Check() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check FILE...|-",
		Short: "say of captured frames whether they are sound, what is wrong with those that are not, and what they measure",
		Long: "check reads what was captured on the line, raw or with a frame a line, and says of each frame: sound, or what is wrong, where, and\n" +
			"what the CRC should be; where it departs from the standard; and its readings with names and units. It ends with 1 if a frame is broken.",
		Args: needArgs(1, "the files, or - for standard input"),
		RunE: func(cmd *cobra.Command, paths []string) error {
			inputs := slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return p == "-" })
			if f.stations != "" {
				inputs = append(inputs, f.stations)
			}
			if err := behindWalls(inputs, nil, checkMemoryMB); err != nil {
				return err
			}
			return f.check(cmd, paths)
		},
	}
	c.Flags().StringVar(&f.stations, "stations", "", "registry of stations, CSV (docs/formats/hj212.md): the units and clocks of their devices")
	c.Flags().BoolVar(&f.brief, "brief", false, "one line a frame, no readings")
	c.Flags().BoolVar(&f.asJSON, "json", false, "one JSON document")
	return c
}

// checkMemoryMB is what check may use: a frame has 10 KB, a document of a day's frames some hundred MB.
const checkMemoryMB = 2048

// checkInput is one file in the document.
type checkInput struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

func (f *checkFlags) check(cmd *cobra.Command, paths []string) error {
	devices := map[string]*upwind.Device{}
	if f.stations != "" {
		list, err := stationsIn(f.stations)
		if err != nil {
			return err
		}
		for _, s := range devicesOf(list) {
			devices[s.Device.MN] = s.Device
		}
	}
	frames, inputs := []frameReport{}, []checkInput{}
	total, broken, noted := 0, 0, 0
	for _, path := range paths {
		id, err := eachFrame(path, devices, func(r frameReport) error {
			total++
			if !r.Sound {
				broken++
			}
			if len(r.Notes) > 0 {
				noted++
			}
			if f.asJSON {
				frames = append(frames, r)
				return nil
			}
			return r.write(cmd.OutOrStdout(), f.brief)
		})
		if err != nil {
			return err
		}
		inputs = append(inputs, checkInput{path, id})
	}
	if total == 0 {
		return fmt.Errorf("there is no frame in %v: a frame begins with ## and four digits", paths)
	}
	var err error
	if f.asJSON {
		err = json.NewEncoder(cmd.OutOrStdout()).Encode(map[string]any{"version": upwind.SchemaVersion, "inputs": inputs, "broken": broken, "frames": frames})
	} else {
		_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d frames, %d broken, %d with notes\n", total, broken, noted)
	}
	if err == nil && broken > 0 {
		return exitError(exitFailed)
	}
	return err
}

// eachFrame reads a file's frames, broken ones and bytes between them included, and returns the file's hash.
func eachFrame(path string, devices map[string]*upwind.Device, do func(frameReport) error) (id string, err error) {
	src := io.Reader(os.Stdin)
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer file.Close()
		src = file
	}
	c := newCapture(src)
	for {
		p, err := c.next()
		if errors.Is(err, io.EOF) {
			return c.id(), nil
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		r := reportOf(p, devices)
		r.File = path
		if err := do(r); err != nil {
			return "", err
		}
	}
}

// reportOf judges one piece of a capture.
func reportOf(p piece, devices map[string]*upwind.Device) frameReport {
	r := frameReport{Offset: p.offset, Line: p.line, Bytes: len(p.raw)}
	if p.fault != nil {
		r.diagnose(p)
		return r
	}
	r.CRC = &crcReport{Given: string(p.raw[len(p.raw)-4:]), Expected: fmt.Sprintf("%04X", hj212.Checksum(p.segment))}
	packet, err := hj212.Parse(p.segment)
	if err != nil {
		r.Fault = sentence(err)
		return r
	}
	r.describe(&packet)
	d := devices[packet.MN]
	if d == nil {
		d = &upwind.Device{MN: packet.MN}
	}
	if measures(packet.CN) {
		readings, notes, err := packet.Readings(d)
		if err != nil {
			r.Fault = sentence(err)
			return r
		}
		r.Notes = append(r.Notes, notes...)
		r.measure(d, readings)
	}
	r.Notes = append(r.Notes, departures(&packet, p)...)
	r.Sound = true
	return r
}

// measures reports whether a command brings readings.
func measures(cn int) bool {
	return cn == hj212.CNRealTime || cn == hj212.CNMinute || cn == hj212.CNHour || cn == hj212.CNDay
}
