package main

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/ingest/flight"
	"upwind/ingest/photo"
)

// flightEndings are those of drone pictures.
var flightEndings = []string{".jpg", ".jpeg", ".tif", ".tiff", ".dng"}

// flightPicturesShown are named for a finding; --json names all.
const flightPicturesShown = 8

func flightCommand() *cobra.Command {
	var asJSON bool
	var memoryMB int
	n := &odmFlags{}
	c := &cobra.Command{
		Use:   "flight FOLDER...",
		Short: "check the pictures of a drone's flight before they are processed: order, strips, overlap, what is missing",
		Long: "flight looks at the metadata of the pictures in a folder as one flight, and says in words which have no position, are doubled or missing, where the clock\n" +
			"or the position jumps, and whether they overlap enough for an orthophoto. Nothing is changed. With --nodeodm the pictures of one folder then go to a NodeODM\n" +
			"server; its orthophoto and surface model come back into the folder of -o, ready for upwind ingest or detect. An interrupted upload goes on where it was.",
		Args: needArgs(1, "the folder of the pictures"),
		RunE: func(cmd *cobra.Command, folders []string) error {
			if n.url != "" {
				return n.run(cmd, folders)
			}
			if err := behindWalls(folders, nil, memoryMB); err != nil {
				return err
			}
			shots, unread, err := readFlight(folders)
			if err != nil {
				return err
			}
			r := flight.Check(shots)
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(flightDocument(r, unread))
			}
			return writeFlight(cmd.OutOrStdout(), r, unread)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON document, all pictures named")
	c.Flags().IntVar(&memoryMB, "memory-mb", walledMemoryMB, "memory the command may use")
	n.add(c.Flags())
	return c
}

// readFlight reads the metadata of all pictures in the folders; unread says of each that could not be read why.
func readFlight(folders []string) (shots []flight.Shot, unread []string, err error) {
	var paths []string
	sizes := map[string]int64{}
	alike := map[int64]int{} // files of a size: only these can be the same file twice, and are read whole
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !e.Type().IsRegular() || !slices.Contains(flightEndings, strings.ToLower(filepath.Ext(path))) {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			paths, sizes[path] = append(paths, path), info.Size()
			alike[info.Size()]++
			return nil
		})
		if err != nil {
			return nil, nil, notOpened(folder, err)
		}
	}
	if len(paths) == 0 {
		return nil, nil, upwind.Refuse(strings.Join(folders, ", "), "", "it holds no pictures ("+strings.Join(flightEndings, ", ")+")", "name the folder that the drone wrote")
	}
	bar := newBar("reading pictures")
	for i, path := range paths {
		s, err := readShot(path, alike[sizes[path]] > 1)
		if err != nil {
			unread = append(unread, err.Error())
		} else {
			shots = append(shots, s)
		}
		bar.set(int64(i+1), int64(len(paths)))
	}
	bar.finish()
	return shots, unread, nil
}

// readShot reads a picture's metadata and, where asked for, all of it for its hash.
func readShot(path string, hash bool) (s flight.Shot, err error) {
	f, size, err := openSized(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	if s.Picture, err = photo.Parse(f, size, filepath.Base(path)); err == nil && hash {
		s.SHA256, err = inputID(path)
	}
	return s, err
}

// flightNumbers are the numbers of a report that are known.
func flightNumbers(r flight.Report) (names []string, values map[string]float64) {
	values = map[string]float64{}
	for _, v := range []struct {
		name  string
		value float64
	}{{"gsd_m", r.GSD}, {"step_m", r.Step}, {"strip_spacing_m", r.Spacing}, {"forward_overlap", r.Forward}, {"side_overlap", r.Side}} {
		if !math.IsNaN(v.value) {
			names, values[v.name] = append(names, v.name), v.value
		}
	}
	return names, values
}

func flightDocument(r flight.Report, unread []string) map[string]any {
	_, numbers := flightNumbers(r)
	doc := map[string]any{"version": upwind.SchemaVersion, "pictures": r.Pictures, "placed": r.Placed, "strips": r.Strips, "numbers": numbers,
		"findings": append([]flight.Finding{}, r.Findings...), "unread": append([]string{}, unread...)}
	if !r.Start.IsZero() {
		doc["start"], doc["end"] = r.Start, r.End
	}
	return doc
}

func writeFlight(out io.Writer, r flight.Report, unread []string) error {
	w := tabwriter.NewWriter(out, 2, 4, 2, ' ', 0)
	fmt.Fprintf(w, "pictures\t%d, %d with a position, %d strips\n", r.Pictures, r.Placed, r.Strips)
	if !r.Start.IsZero() {
		fmt.Fprintf(w, "taken\t%s to %s\n", r.Start.Format(time.RFC3339), r.End.Format(time.RFC3339))
	}
	names, numbers := flightNumbers(r)
	for _, n := range names {
		fmt.Fprintf(w, "%s\t%.3g\n", n, numbers[n])
	}
	err := w.Flush()
	for _, u := range unread {
		fmt.Fprintln(out, "\ncould not be read: "+u)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(out, "\n%s: %s\n  %s\n", f.Code, f.Text, shortList(f.Pictures))
	}
	if len(r.Findings)+len(unread) == 0 {
		fmt.Fprintln(out, "\nnothing is wrong that can be seen before processing")
	}
	return err
}

// shortList names the first pictures and counts the rest.
func shortList(names []string) string {
	if more := len(names) - flightPicturesShown; more > 0 {
		return strings.Join(names[:flightPicturesShown], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}
