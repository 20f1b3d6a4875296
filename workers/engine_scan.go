package workers

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"

	"github.com/disintegration/imaging"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/lidar/scan"
	"upwind/lidar/scan/format"
	"upwind/lidar/scan/plume"
	"upwind/lidar/scan/retrieve"
	"upwind/raster/gdal"
)

// readScan reads the members of a scan asset in the current folder, with the site file among them.
func readScan(ctx context.Context, a upwind.Asset) (*scan.Scan, error) {
	opt := format.Options{NetCDF: gdal.NetCDF{}}
	if a.Options.Acquired != nil {
		opt.Start = *a.Options.Acquired
	}
	if m, ok := a.Member(upwind.RoleSite); ok {
		f, err := os.Open(m.Name)
		if err != nil {
			return nil, upwind.Passing(err)
		}
		defer f.Close()
		if opt.Site, err = scan.ParseSite(m.Name, f); err != nil {
			return nil, err
		}
	}
	var paths []string
	for _, m := range a.Members {
		if m.Role != upwind.RoleSite {
			paths = append(paths, filepath.Join(".", m.Name))
		}
	}
	return format.Open(ctx, opt, paths...)
}

func inspectScan(ctx context.Context, a upwind.Asset, in *upwind.Inspection, progress func(Progress)) error {
	s, err := readScan(ctx, a)
	if err != nil {
		return err
	}
	in.Notes = s.Notes
	if len(s.Rays) > 0 {
		in.AcquiredAt = s.Rays[0].Start.UTC()
	}
	p, err := retrieve.Run(ctx, s, retrieve.Options{}, steps(progress, "preview"))
	if upwind.IsRefusal(err) {
		// It is read and kept; there is nothing in it that a detector could look at.
		in.Skipped = map[string]string{plume.Detector: err.Error()}
		return nil
	}
	if err != nil {
		return err
	}
	in.Notes = p.Notes
	if site := p.Last().Field.Site; !site.Placed {
		in.Held = a.Name + ": where the instrument stands is not known; hand it in together with a site file (docs/formats/lidar-site.md)"
		return nil
	}
	site := p.Last().Field.Site
	in.Georeferenced, in.Instrument = true, instrumentOf(site.ID, site.Lon, site.Lat)
	in.Detectors = append(in.Detectors, plume.Detector)
	return previewScan(p.Last().Field, in)
}

// previewScan leaves the picture of a turn's extinction on the map; a scan that is none has only the place of
// the instrument.
func previewScan(f *scan.Field, in *upwind.Inspection) error {
	in.Footprint = geojson.NewGeometry(orb.Point{f.Site.Lon, f.Site.Lat})
	g, err := plume.ToGrid(f, 0)
	if err != nil {
		in.Notes = append(in.Notes, "it is no turn in azimuth, so there is no picture of it on the map")
		return nil
	}
	in.Footprint, in.GSDM = geojson.NewGeometry(scanHull(g)), g.CellM
	img, _, _ := g.Render(plume.RenderOptions{Plain: true})
	var b bytes.Buffer
	if err := png.Encode(&b, imaging.Fit(img, previewPx, previewPx, imaging.Box)); err != nil {
		return fmt.Errorf("workers: preview of a scan: %w", err)
	}
	blob, err := leaveBlob(b.Bytes(), "preview", "image/png")
	if err != nil {
		return err
	}
	in.Preview = &upwind.Overlay{Blob: blob, Corners: gridCorners(g)}
	return nil
}

// gridCorners are those of the whole map: north-west, north-east, south-east, south-west.
func gridCorners(g *plume.Grid) (at [4][2]float64) {
	wide, tall := float64(g.W)*g.CellM, float64(g.H)*g.CellM
	for i, p := range [4][2]float64{{0, 0}, {wide, 0}, {wide, -tall}, {0, -tall}} {
		lon, lat := plume.Place(g.Site, g.WestM+p[0], g.NorthM+p[1], 0)
		at[i] = [2]float64{lon, lat}
	}
	return at
}

func scanHull(g *plume.Grid) orb.MultiPolygon {
	out := g.Hull.Clone()
	for _, poly := range out {
		for _, ring := range poly {
			for i, q := range ring {
				lon, lat := plume.Place(g.Site, q[0], q[1], 0)
				ring[i] = orb.Point{lon, lat}
			}
		}
	}
	return out
}

func detectScan(ctx context.Context, job Job, progress func(Progress)) (Result, error) {
	if job.Detector != plume.Detector || job.DetectorV != plume.Version {
		return Result{}, errNoDetector(job.Detector)
	}
	s, err := readScan(ctx, *job.Asset)
	if err != nil {
		return Result{}, err
	}
	p, err := retrieve.Run(ctx, s, retrieve.Options{}, steps(progress, plume.Detector))
	if err != nil {
		return Result{}, err
	}
	if err := addScanChips(p); err != nil {
		return Result{}, err
	}
	return Result{Detections: p.Detections, Wind: p.Winds()}, nil
}

// addScanChips cuts a picture of each plume out of the map of its turn.
func addScanChips(p *retrieve.Product) error {
	maps := map[int64]*image.NRGBA{}
	grids := map[int64]*plume.Grid{}
	for i := range p.Turns {
		t := &p.Turns[i]
		g, err := plume.ToGrid(t.Field, 0)
		if err != nil {
			continue // a vertical cut has no map
		}
		for k := range t.Result.Plumes {
			at := t.Result.Plumes[k].Seen.UnixNano()
			if maps[at] == nil {
				grids[at] = g
				maps[at], _, _ = g.Render(plume.RenderOptions{})
			}
		}
	}
	return eachChip(p.Detections, func(d *upwind.Detection) error {
		g := grids[d.ObservedAt.UnixNano()]
		if g == nil {
			return nil
		}
		return leaveChip(d, cutScan(maps[d.ObservedAt.UnixNano()], g, d.Geometry.Geometry().Bound()))
	})
}

// scanChipM is how much of the map a chip shows at least, m.
const scanChipM = 2000

// cutScan is the part of a scan's map around a place, as large as a chip.
func cutScan(img *image.NRGBA, g *plume.Grid, around orb.Bound) image.Image {
	corners := gridCorners(g)
	px := func(p orb.Point) (x, y float64) {
		x = (p[0] - corners[0][0]) / (corners[1][0] - corners[0][0]) * float64(g.W)
		y = (p[1] - corners[0][1]) / (corners[3][1] - corners[0][1]) * float64(g.H)
		return x, y
	}
	x0, y1 := px(around.Min)
	x1, y0 := px(around.Max)
	half := math.Max(scanChipM/g.CellM/2, math.Max(x1-x0, y1-y0))
	cx, cy := (x0+x1)/2, (y0+y1)/2
	win := image.Rect(int(cx-half), int(cy-half), int(cx+half)+1, int(cy+half)+1).Intersect(img.Bounds())
	k := float64(chipPx) / float64(max(win.Dx(), win.Dy(), 1))
	return imaging.Resize(imaging.Crop(img, win), max(1, int(k*float64(win.Dx()))), max(1, int(k*float64(win.Dy()))), imaging.NearestNeighbor)
}
