package workers

import (
	"context"
	"errors"
	"os"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/ingest/photo"
	"upwind/ingest/tiff"
	"upwind/raster"
	"upwind/raster/gdal"
)

// picture is an asset opened for looking at it: a map, or one photograph.
type picture struct {
	scene  raster.Scene
	source raster.Source
	camera photo.Camera // of a photograph that has a place
	held   string       // why it has no place on the ground
	notes  []string
	close  []func()
}

func (p *picture) Close() {
	for i := len(p.close) - 1; i >= 0; i-- {
		p.close[i]()
	}
}

// Opened is a picture that lies on files, opened as jobs do. It is good until Close is called.
type Opened struct {
	Scene  raster.Scene
	Source raster.Source // its bands as they are stored
	Held   string        // why it has no place on the ground, if so
	Notes  []string
	Close  func()
}

// OpenScene opens a picture: its main member, with its surface model if it has one, or the satellite product that the main member describes.
func OpenScene(ctx context.Context, a upwind.Asset) (Opened, error) {
	p, err := openPicture(ctx, a)
	if err != nil {
		return Opened{}, err
	}
	return Opened{p.scene, p.source, p.held, p.notes, p.Close}, nil
}

// openPicture opens the members of a raster or photo asset in the current folder.
func openPicture(ctx context.Context, a upwind.Asset) (*picture, error) {
	if err := gdal.Register(); err != nil {
		return nil, upwind.Passing(err)
	}
	p := &picture{}
	if err := p.openAll(ctx, a); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *picture) openAll(ctx context.Context, a upwind.Asset) error {
	opt := raster.SceneOptions{Bands: a.Options.Bands}
	var warnings func() []string
	if _, ok := a.Member(upwind.RoleBand); ok {
		if err := p.openProduct(a, &opt); err != nil {
			return err
		}
	} else {
		ds, err := p.open(a.Main().Name)
		if err != nil {
			return err
		}
		p.source, warnings = ds, ds.Warnings
		if a.Kind == upwind.AssetPhoto {
			err = p.placePhoto(ctx, a, &opt)
		} else {
			err = p.placeMap(a, &opt)
		}
		if err != nil {
			return err
		}
		opt = withPhotometric(a.Main().Name, ds.Info(), opt)
	}
	if a.Options.Acquired != nil {
		opt.Acquired = *a.Options.Acquired
	}
	scene, err := raster.NewScene(p.source, opt)
	if err != nil {
		return err
	}
	scene, doubts, err := raster.Checked(ctx, scene)
	if err != nil {
		return err
	}
	p.scene = scene
	p.notes = append(append(p.notes, raster.Renamed(p.source.Info(), a.Options.Bands)...), doubts...)
	if warnings != nil {
		p.notes = append(p.notes, warnings()...)
	}
	return nil
}

// withPhotometric gives a TIFF of 8-bit colour that names no band the meaning its photometric tag states: RGB
// first, extra samples after (TIFF 6.0, section 4). GDAL says Gray of some such files.
func withPhotometric(name string, info raster.SourceInfo, opt raster.SceneOptions) raster.SceneOptions {
	if len(opt.Bands) > 0 || info.Format != "GTiff" || len(info.Bands) < 3 || info.Bands[0].Type != "uint8" {
		return opt
	}
	if found, err := raster.FindBands(info, nil); err == nil && len(found) > 0 {
		return opt
	}
	f, err := os.Open(name)
	if err != nil {
		return opt
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return opt
	}
	t, err := tiff.Open(f, st.Size())
	if err != nil {
		return opt
	}
	if dir, err := t.First(); err == nil {
		if photometric, ok := dir.Uint(tiff.Photometric, 0); ok && photometric == tiff.PhotometricRGB {
			opt.Bands = map[string]int{string(raster.Red): 1, string(raster.Green): 2, string(raster.Blue): 3}
		}
	}
	return opt
}

func (p *picture) open(name string) (*gdal.Dataset, error) {
	ds, err := gdal.Open(name)
	if err != nil {
		return nil, err
	}
	p.close = append(p.close, func() { _ = ds.Close() })
	return ds, nil
}

// placePhoto puts a photograph on the ground by its own metadata; one without them is held.
func (p *picture) placePhoto(ctx context.Context, a upwind.Asset, opt *raster.SceneOptions) error {
	name := a.Main().Name
	f, err := os.Open(name)
	if err != nil {
		return upwind.Passing(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return upwind.Passing(err)
	}
	pic, err := photo.Parse(f, info.Size(), name)
	if err != nil {
		return err
	}
	opt.Acquired = pic.Time
	on := photo.Options{GroundHeightM: a.Options.GroundHeightM}
	if dsm, ok := a.Member(upwind.RoleDSM); ok {
		surface, err := p.openSurface(dsm.Name, a.Options.CRS)
		if err != nil {
			return err
		}
		if on.DSM, err = ReadTerrain(ctx, surface); err != nil {
			return err
		}
	}
	cam, err := pic.Camera(on)
	var nowhere *photo.NotPlacedError
	if errors.As(err, &nowhere) {
		p.held = err.Error()
		return nil
	}
	if err != nil {
		return err
	}
	p.camera, opt.Locator = cam, cam
	return nil
}

// placeMap puts a map on the ground by its georeference and joins its surface model.
func (p *picture) placeMap(a upwind.Asset, opt *raster.SceneOptions) error {
	info := p.source.Info()
	if info.GeoTransform == nil || info.CRS == "" && a.Options.CRS == "" {
		p.held = a.Name + ": it does not say where on the ground it lies"
		if info.GeoTransform != nil {
			p.held += "; hand it in again with --crs EPSG:n"
		}
		return nil
	}
	crs := info.CRS
	if a.Options.CRS != "" {
		crs = a.Options.CRS
	}
	georef, err := gdal.NewGeoref(*info.GeoTransform, crs)
	if err != nil {
		return err
	}
	p.close = append(p.close, georef.Close)
	opt.Locator = georef
	dsm, ok := a.Member(upwind.RoleDSM)
	if !ok {
		return nil
	}
	surface, err := p.openSurface(dsm.Name, a.Options.CRS)
	if err != nil {
		return err
	}
	opt.DSM = &surface
	return nil
}

// openSurface opens a surface model; crs is that of a file that states none.
func (p *picture) openSurface(name, crs string) (raster.Surface, error) {
	ds, err := p.open(name)
	if err != nil {
		return raster.Surface{}, err
	}
	georef, err := ds.Georef(crs)
	if err != nil {
		return raster.Surface{}, err
	}
	p.close = append(p.close, georef.Close)
	return raster.Surface{Source: ds, Band: 1, Grid: georef}, nil
}

func inspectPicture(ctx context.Context, a upwind.Asset, in *upwind.Inspection, progress func(Progress)) error {
	p, err := openPicture(ctx, a)
	if err != nil {
		return err
	}
	defer p.Close()
	info := p.scene.Info()
	in.Width, in.Height, in.GSDM, in.AcquiredAt = info.Width, info.Height, info.GSDM, info.Acquired
	in.Georeferenced, in.Held, in.Notes = info.Georeferenced, p.held, p.notes
	in.Bands = map[string]int{}
	for role, band := range info.Bands {
		in.Bands[string(role)] = band
	}
	progress(Progress{Stage: "preview", Done: 0, Total: 1})
	// The preview reads every pixel: a file that is cut short is found here, not hours later.
	pv, err := raster.Preview(ctx, p.scene, previewPx)
	if err != nil {
		return err
	}
	if !info.Georeferenced {
		if in.Held == "" {
			in.Held = a.Name + ": none of it lies on the ground in view"
		}
		return nil
	}
	if ring := footprint(p.scene, info.Width, info.Height); ring != nil {
		in.Footprint = geojson.NewGeometry(ring)
	}
	if pv.Placed {
		blob, err := leaveBlob(pv.Bytes, "preview", pv.Type)
		if err != nil {
			return err
		}
		in.Preview = &upwind.Overlay{Blob: blob, Corners: pv.Corners}
	}
	in.Skipped = map[string]string{}
	for _, d := range raster.Detectors {
		if err := d.Suits(info); err != nil {
			in.Skipped[d.Name] = err.Error()
			continue
		}
		in.Detectors = append(in.Detectors, d.Name)
	}
	return nil
}

func detectPicture(ctx context.Context, job Job, progress func(Progress)) (Result, error) {
	d, ok := raster.Find(job.Detector)
	if !ok || d.Version != job.DetectorV {
		return Result{}, errNoDetector(job.Detector)
	}
	p, err := openPicture(ctx, *job.Asset)
	if err != nil {
		return Result{}, err
	}
	defer p.Close()
	res, err := d.Detect(ctx, p.scene, raster.Options{}, steps(progress, d.Name))
	if err != nil {
		return Result{}, err
	}
	if err := addChips(ctx, p.scene, res.Detections); err != nil {
		return Result{}, err
	}
	return Result{Detections: res.Detections}, nil
}

// addChips cuts a picture of each of the most probable detections.
func addChips(ctx context.Context, s raster.Scene, found []upwind.Detection) error {
	err := eachChip(found, func(d *upwind.Detection) error {
		poly, ok := d.Geometry.Geometry().(orb.Polygon)
		if !ok {
			return nil
		}
		chip, err := raster.Chip(ctx, s, poly, chipPx)
		if err != nil {
			return err
		}
		blob, err := leaveBlob(chip.Bytes, "chip", chip.Type)
		if err == nil {
			d.Chips = append(d.Chips, blob)
		}
		return err
	})
	if errors.Is(err, raster.ErrNoInverse) {
		return nil
	}
	return err
}
