package workers

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"runtime"

	"github.com/disintegration/imaging"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/las"
	"upwind/raster/gdal"
)

// cloud is an opened point cloud with its place on the ground.
type cloud struct {
	reader *las.Reader
	to     *gdal.Transform // to WGS84; nil when the cloud is held
	held   string
	file   *os.File
}

func (c *cloud) Close() {
	if c.to != nil {
		c.to.Close()
	}
	_ = c.reader.Close() // what was decoded ahead is not needed
	c.file.Close()
}

func (c *cloud) locate(x, y float64) (lon, lat float64) {
	lon, lat, _ = c.to.Apply(x, y)
	return lon, lat
}

func openCloud(a upwind.Asset) (*cloud, error) {
	if err := gdal.Register(); err != nil {
		return nil, upwind.Passing(err)
	}
	name := a.Main().Name
	f, err := os.Open(name)
	if err != nil {
		return nil, upwind.Passing(err)
	}
	c := &cloud{file: f}
	info, err := f.Stat()
	if err == nil {
		c.reader, err = las.OpenNamed(name, f, info.Size())
	}
	if err == nil {
		err = c.reader.Threads(runtime.GOMAXPROCS(0))
	}
	if err == nil {
		err = c.place(a)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return c, nil
}

func (c *cloud) place(a upwind.Asset) error {
	stated := c.reader.CRS()
	crs := a.Options.CRS
	switch {
	case crs != "":
	case stated.EPSG != 0:
		crs = fmt.Sprintf("EPSG:%d", stated.EPSG)
	case stated.WKT != "":
		crs = stated.WKT
	default:
		c.held = a.Name + ": it names no coordinate system; hand it in again with --crs EPSG:n"
		return nil
	}
	to, err := gdal.NewTransform(crs, gdal.WGS84)
	if err != nil {
		return upwind.Refuse(a.Name, "", "its coordinate system cannot be used: "+err.Error(), "give --crs EPSG:n")
	}
	c.to = to
	return nil
}

func inspectCloud(ctx context.Context, a upwind.Asset, in *upwind.Inspection, progress func(Progress)) error {
	c, err := openCloud(a)
	if err != nil {
		return err
	}
	defer c.Close()
	h := c.reader.Header()
	in.Points, in.Notes, in.Held = c.reader.Count(), c.reader.Warnings(), c.held
	if a.Options.Acquired != nil {
		in.AcquiredAt = *a.Options.Acquired
	} else {
		in.AcquiredAt = h.Created()
	}
	if c.to == nil {
		return nil
	}
	in.Georeferenced = true
	corners := [][2]float64{{h.Min[0], h.Min[1]}, {h.Max[0], h.Min[1]}, {h.Max[0], h.Max[1]}, {h.Min[0], h.Max[1]}}
	var ring orb.Ring
	for _, p := range corners {
		lon, lat, ok := c.to.Apply(p[0], p[1])
		if !ok {
			return upwind.Refuse(a.Name, "", "its corners lie outside its coordinate system", "give the right one with --crs EPSG:n")
		}
		ring = append(ring, orb.Point{lon, lat})
	}
	in.Footprint = geojson.NewGeometry(orb.Polygon{append(ring, ring[0])})
	img, at, rep, err := lidar.Preview(ctx, c.reader, c.locate, lidar.Options{Acquired: a.Options.Acquired}, steps(progress, "preview"))
	if err != nil {
		return err
	}
	in.GSDM = rep.CellM
	in.Notes = append(in.Notes, rep.Notes...)
	in.Skipped = map[string]string{}
	for _, d := range lidar.Detectors {
		if err := d.Suits(rep); err != nil {
			in.Skipped[d.Name] = err.Error()
			continue
		}
		in.Detectors = append(in.Detectors, d.Name)
	}
	if img == nil {
		return nil
	}
	if !rep.Acquired.IsZero() {
		in.AcquiredAt = rep.Acquired
	}
	var b bytes.Buffer
	if err := png.Encode(&b, imaging.Fit(img, previewPx, previewPx, imaging.Box)); err != nil {
		return fmt.Errorf("workers: preview of %s: %w", a.Name, err)
	}
	blob, err := leaveBlob(b.Bytes(), "preview", "image/png")
	if err != nil {
		return err
	}
	in.Preview = &upwind.Overlay{Blob: blob, Corners: at}
	return nil
}

func detectCloud(ctx context.Context, job Job, progress func(Progress)) (Result, error) {
	d, ok := lidar.Find(job.Detector)
	if !ok || d.Version != job.DetectorV {
		return Result{}, errNoDetector(job.Detector)
	}
	a := *job.Asset
	c, err := openCloud(a)
	if err != nil {
		return Result{}, err
	}
	defer c.Close()
	if c.to == nil {
		return Result{}, upwind.Refuse(a.Name, "", c.held, "")
	}
	opt := lidar.Options{Acquired: a.Options.Acquired}
	grid, err := lidar.Grid(ctx, c.reader, c.locate, opt, steps(progress, "reading"))
	if err != nil {
		return Result{}, err
	}
	found, err := d.Run(ctx, grid, opt, steps(progress, d.Name))
	if err != nil {
		return Result{}, err
	}
	err = eachChip(found.Detections, func(d *upwind.Detection) error {
		img, _, err := lidar.Chip(ctx, grid, *d, chipPx)
		if err != nil {
			return err
		}
		return leaveChip(d, img)
	})
	return Result{Detections: found.Detections}, err
}
