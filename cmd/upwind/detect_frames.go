package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // frames of cameras
	_ "image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/raster/sequence"
)

// framesDocument is the answer of `upwind detect` on the frames of one camera.
type framesDocument struct {
	Version int         `json:"version"`
	Inputs  []string    `json:"inputs"`
	First   string      `json:"first_with_smoke,omitempty"`
	Frames  []frameSeen `json:"frames"`
}

type frameSeen struct {
	Name   string      `json:"name"`
	Judged bool        `json:"judged"`
	Why    string      `json:"not_judged_because,omitempty"`
	Plumes []plumeSeen `json:"plumes"`
}

// plumeSeen is a plume in pixels of the frame, from its upper left corner, y down.
type plumeSeen struct {
	Class         string          `json:"class"`
	Opacity       upwind.Estimate `json:"opacity"`
	Share         float64         `json:"share_of_frame"`
	Origin        [2]float64      `json:"origin_px"`
	OriginSigmaPx float64         `json:"origin_sigma_px"`
	Outline       [][][2]float64  `json:"outline_px"`
}

// runFrames looks for smoke in the frames of one camera, in the order of the numbers in their names.
func (f *detectFlags) runFrames(cmd *cobra.Command, dir string) error {
	if len(f.kinds) > 1 || len(f.kinds) == 1 && f.kinds[0] != "smoke" || f.learnt() || f.mask != "" || f.dsm != "" {
		return usageError{errors.New("a folder is taken for the frames of one camera: only smoke is looked for in them, and only -o, --json and --memory-mb apply")}
	}
	if err := behindWalls([]string{dir}, outputs(f.out), f.memoryMB); err != nil {
		return err
	}
	paths, err := framesOf(dir)
	if err != nil {
		return err
	}
	ids, err := inputIDs(paths)
	if err != nil {
		return err
	}
	doc := framesDocument{Version: upwind.SchemaVersion, Inputs: ids}
	var w sequence.Watcher
	bar := newBar("frames")
	for i, p := range paths {
		img, err := decoded(p)
		if err == nil {
			var found sequence.Finding
			if found, err = w.Add(filepath.Base(p), img); err == nil {
				doc.add(filepath.Base(p), found)
			}
		}
		if err != nil { // one spoilt frame costs itself
			fmt.Fprintln(cmd.ErrOrStderr(), "upwind: "+err.Error()+"; it is passed over")
			doc.Frames = append(doc.Frames, frameSeen{Name: filepath.Base(p), Why: err.Error(), Plumes: []plumeSeen{}})
		}
		bar.set(int64(i+1), int64(len(paths)))
	}
	bar.finish()
	return output(cmd, f.out, func(out io.Writer) error {
		if f.asJSON || f.out != "" {
			return json.NewEncoder(out).Encode(doc)
		}
		return doc.table(out)
	})
}

// framesOf are the pictures of a folder by the numbers in their names, which need not have leading zeros.
func framesOf(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, notOpened(dir, err)
	}
	var out []string
	for _, e := range entries {
		switch strings.ToLower(filepath.Ext(e.Name())) {
		case ".jpg", ".jpeg", ".png":
			out = append(out, filepath.Join(dir, e.Name()))
		}
	}
	if len(out) < 2 {
		return nil, upwind.Refuse(dir, "", fmt.Sprintf("it holds %d JPEG or PNG: smoke is told by what changes from frame to frame", len(out)), "name a folder with the frames of one camera")
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(slices.CompareFunc(parts(a), parts(b), byNumber), cmp.Compare(a, b))
	})
	return out, nil
}

// parts cuts a name into digits and what lies between.
func parts(name string) (out []string) {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	for i := 0; i < len(name); {
		j := i + 1
		for j < len(name) && digit(name[j]) == digit(name[i]) {
			j++
		}
		out, i = append(out, name[i:j]), j
	}
	return out
}

func byNumber(a, b string) int {
	m, errA := strconv.ParseUint(a, 10, 64)
	n, errB := strconv.ParseUint(b, 10, 64)
	if errA == nil && errB == nil {
		return cmp.Compare(m, n)
	}
	return cmp.Compare(a, b)
}

// maxFramePixels bounds what one frame may promise.
const maxFramePixels = 64 << 20

func decoded(path string) (image.Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, notOpened(path, err)
	}
	defer file.Close()
	head, _, err := image.DecodeConfig(file)
	if err == nil && head.Width*head.Height > maxFramePixels {
		return nil, upwind.Refuse(path, "", fmt.Sprintf("%d x %d pixels are too many for a frame", head.Width, head.Height), "hand in the camera's own pictures")
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	var img image.Image
	if err == nil {
		img, _, err = image.Decode(file)
	}
	if err != nil {
		return nil, &upwind.Refusal{File: path, What: "it cannot be read as a JPEG or PNG", Do: "take it from the camera again", Err: err}
	}
	return img, nil
}

func (d *framesDocument) add(name string, found sequence.Finding) {
	s := frameSeen{Name: name, Judged: found.Judged, Why: found.Why, Plumes: []plumeSeen{}}
	for _, p := range found.Plumes {
		seen := plumeSeen{Class: p.Class, Opacity: p.Opacity, Share: p.Share, Origin: p.Origin, OriginSigmaPx: p.OriginSigmaPx}
		for _, r := range p.Outline {
			ring := make([][2]float64, len(r))
			for i := range r {
				ring[i] = r[i]
			}
			seen.Outline = append(seen.Outline, ring)
		}
		s.Plumes = append(s.Plumes, seen)
	}
	if d.First == "" && len(s.Plumes) > 0 {
		d.First = name
	}
	d.Frames = append(d.Frames, s)
}

func (d *framesDocument) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	fmt.Fprintln(t, "frame\tsmoke\topacity\tshare of frame\torigin px\tsigma px")
	for _, s := range d.Frames {
		switch {
		case !s.Judged:
			fmt.Fprintf(t, "%s\tnot judged: %s\n", s.Name, s.Why)
		case len(s.Plumes) == 0:
			fmt.Fprintf(t, "%s\tnone\n", s.Name)
		}
		for _, p := range s.Plumes {
			fmt.Fprintf(t, "%s\t%s\t%.2f\t%.1f %%\t%.0f, %.0f\t%.0f\n", s.Name, p.Class, p.Opacity.Value, 100*p.Share, p.Origin[0], p.Origin[1], p.OriginSigmaPx)
		}
	}
	if err := t.Flush(); err != nil || d.First == "" {
		return err
	}
	_, err := fmt.Fprintf(w, "\nfirst smoke in %s\n", d.First)
	return err
}
