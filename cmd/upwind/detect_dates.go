package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"upwind"
	"upwind/raster"
)

// dated is a scene with its date.
type dated struct {
	sceneFile
	at time.Time
}

// lookAtDates finds bare soil on the latest of several scenes and tells from the others how long it has been bare.
func (f *detectFlags) lookAtDates(ctx context.Context, scenes []sceneFile, opt upwind.AssetOptions, doc *detectDocument, notes *[]string) error {
	var dates []dated
	for _, s := range scenes {
		if s.frames {
			return upwind.Refuse(s.path, "", "it is a folder, and no satellite product", "name scenes of one place")
		}
		o, err := f.open(ctx, s, opt)
		if err != nil {
			return err
		}
		info := o.Scene.Info()
		o.Close()
		switch {
		case !info.Georeferenced:
			return upwind.Refuse(s.path, "", "it has no place on the ground: it cannot be compared with other dates", "hand in a map")
		case info.Acquired.IsZero():
			return upwind.Refuse(s.path, "", "it does not say when the sensor looked", "hand in the product with its metadata")
		}
		dates = append(dates, dated{s, info.Acquired})
	}
	slices.SortStableFunc(dates, func(a, b dated) int { return a.at.Compare(b.at) })
	last := dates[len(dates)-1]
	f.kinds = []string{"bare-soil"}
	if err := f.lookAt(ctx, last.sceneFile, opt, doc, notes); err != nil {
		return err
	}
	looks := make([]*raster.Looks, len(doc.Detections))
	for i, d := range doc.Detections {
		looks[i] = raster.NewLooks(d.Geometry)
	}
	old := 0
	for _, s := range dates {
		if last.at.Sub(s.at) > raster.PersistWindow {
			old++
			continue
		}
		switch err := f.countLooks(ctx, s, opt, looks); {
		case upwind.IsRefusal(err): // a date that shows nothing costs itself
			*notes = append(*notes, err.Error())
		case err != nil:
			return err
		}
	}
	if f.chips != "" {
		if err := f.writeChips(ctx, dates[0], last, opt, doc.Detections, notes); err != nil {
			return err
		}
	}
	if old > 0 {
		*notes = append(*notes, fmt.Sprintf("%d scene(s) are more than 90 days older than the latest and were left out", old))
	}
	for i, l := range looks {
		if l != nil {
			l.Tell(&doc.Detections[i])
		}
	}
	return nil
}

// chipPx is the longer side of a picture of an object.
const chipPx = 600

// writeChips writes what the place of each object looked like on the first and on the latest date.
func (f *detectFlags) writeChips(ctx context.Context, first, last dated, opt upwind.AssetOptions, found []upwind.Detection, notes *[]string) error {
	for _, s := range []struct {
		when string
		dated
	}{{"before", first}, {"after", last}} {
		o, err := f.open(ctx, s.sceneFile, opt)
		if err != nil {
			return err
		}
		defer o.Close()
		for _, d := range found {
			poly, ok := d.Geometry.Geometry().(orb.Polygon)
			if !ok {
				continue
			}
			c, err := raster.Chip(ctx, o.Scene, poly, chipPx)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil { // that scene does not reach so far
				*notes = append(*notes, fmt.Sprintf("no picture of %.12s %s: %v", d.ID, s.when, err))
				continue
			}
			name := fmt.Sprintf("%.12s_%s_%s.jpg", d.ID, s.when, s.at.Format("2006-01-02"))
			if err := os.WriteFile(filepath.Join(f.chips, name), c.Bytes, 0o644); err != nil {
				return upwind.Refuse(f.chips, "", "a picture cannot be written: "+err.Error(), "make the folder, or name another")
			}
		}
	}
	return nil
}

// countLooks looks at the objects in one scene.
func (f *detectFlags) countLooks(ctx context.Context, s dated, opt upwind.AssetOptions, looks []*raster.Looks) error {
	o, err := f.open(ctx, s.sceneFile, opt)
	if err != nil {
		return err
	}
	defer o.Close()
	grid, ok := o.Scene.(raster.Grid)
	if !ok {
		return upwind.Refuse(s.path, "", "its pixels cannot be found from places on the ground", "hand in a map")
	}
	g := *f
	g.into = raster.NewMask(o.Scene.Info().Width, o.Scene.Info().Height)
	var unread []string
	if err := g.lookIn(ctx, o, &detectDocument{}, &unread); err != nil {
		return err
	}
	for _, l := range looks {
		if l != nil {
			l.Add(g.into, grid, s.at)
		}
	}
	return nil
}
