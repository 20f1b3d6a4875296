package gdal

import (
	"errors"
	"fmt"
	"image"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/airbusgeo/godal"
)

// Raster is a picture to be written.
type Raster struct {
	Width, Height int
	Bands         []any // each []uint8, []uint16 or []float32 of Width*Height, all of one type
	Descriptions  []string
	Colours       []string // Red, Green, Blue, Alpha, Gray or empty, a band
	NoData        *float64
	GeoTransform  *[6]float64
	CRS           string // EPSG:n or WKT; empty for none
	Classes       bool   // numbers are names of classes: overviews show the most frequent, not a mean
	Sparse        bool   // tiles that are not written, or are 0 or NoData all over, are not stored
	Metadata      map[string]string
}

var colours = map[string]godal.ColorInterp{
	"Red": godal.CIRed, "Green": godal.CIGreen, "Blue": godal.CIBlue, "Alpha": godal.CIAlpha, "Gray": godal.CIGray, "": godal.CIUndefined,
}

// WriteGeoTIFF writes a tiled, deflate-compressed GeoTIFF. The file appears under its name only when it is
// whole.
func WriteGeoTIFF(path string, r Raster) error {
	kind, err := r.check()
	if err != nil {
		return fmt.Errorf("gdal: writing %s: %w", filepath.Base(path), err)
	}
	w, err := Create(path, r, kind, len(r.Bands))
	if err != nil {
		return err
	}
	return errors.Join(w.Write(image.Rect(0, 0, r.Width, r.Height), r.Bands), w.Close())
}

// Writer writes a GeoTIFF window by window.
type Writer struct {
	path   string
	ds     *godal.Dataset
	faults faults
	failed bool
}

// Create begins a GeoTIFF of r's size, place and description, with so many bands of one type, uint8, uint16 or float32; r's own Bands are not
// looked at.
func Create(path string, r Raster, kind string, bands int) (*Writer, error) {
	if err := Register(); err != nil {
		return nil, err
	}
	w := &Writer{path: path}
	logger := godal.ErrLogger(w.faults.handle)
	predictor := "PREDICTOR=2"
	if kind == "float32" {
		predictor = "PREDICTOR=3"
	}
	var err error
	w.ds, err = godal.Create(godal.GTiff, path+partSuffix, bands, written[kind], r.Width, r.Height, logger,
		godal.CreationOption("TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "COMPRESS=DEFLATE", predictor, "INTERLEAVE=PIXEL", "BIGTIFF=IF_SAFER"),
		godal.CreationOption(fmt.Sprintf("SPARSE_OK=%t", r.Sparse)), godal.CreationOption(r.photometric(bands)...))
	if err != nil {
		return nil, fmt.Errorf("gdal: writing %s: %w", filepath.Base(path), err)
	}
	if err := r.describe(w.ds, &w.faults); err != nil {
		w.failed = true
		return nil, errors.Join(fmt.Errorf("gdal: writing %s: %w", filepath.Base(path), err), w.Close())
	}
	return w, nil
}

// Write fills a window of all bands, each a slice of the type the file was created with.
func (w *Writer) Write(win image.Rectangle, bands []any) error {
	for i, b := range w.ds.Bands() {
		if err := b.Write(win.Min.X, win.Min.Y, bands[i], win.Dx(), win.Dy(), godal.ErrLogger(w.faults.handle)); err != nil {
			w.failed = true
			return fmt.Errorf("gdal: writing %s: %w", filepath.Base(w.path), err)
		}
	}
	return nil
}

// Close ends the file, which appears under its name if all was written.
func (w *Writer) Close() error {
	tmp := w.path + partSuffix
	if err := w.ds.Close(godal.ErrLogger(w.faults.handle)); err != nil {
		_ = os.Remove(tmp) // the first error is the one to tell
		return fmt.Errorf("gdal: writing %s: %w", filepath.Base(w.path), err)
	}
	if w.failed {
		return os.Remove(tmp)
	}
	return os.Rename(tmp, w.path)
}

// partSuffix is on the name of a file that is not whole yet.
const partSuffix = ".part"

// written are the types that are written.
var written = map[string]godal.DataType{"uint8": godal.Byte, "uint16": godal.UInt16, "float32": godal.Float32}

// WriteCOG writes a cloud optimized GeoTIFF: tiles, overviews and a layout that a map can read by ranges
// (OGC 21-026). The file appears under its name only when it is whole.
func WriteCOG(path string, r Raster) error {
	plain := path + ".plain"
	if err := WriteGeoTIFF(plain, r); err != nil {
		return err
	}
	return ToCOG(plain, path, r.Classes)
}

// ToCOG makes a cloud optimized GeoTIFF of a GeoTIFF, of classes or of quantities, and removes that.
func ToCOG(plain, path string, classes bool) (err error) {
	tmp := path + partSuffix
	defer func() {
		_ = os.Remove(plain) // the first error is the one to tell
		if err != nil {
			err = fmt.Errorf("gdal: writing %s: %w", filepath.Base(path), err)
			_ = os.Remove(tmp)
		}
	}()
	var f faults
	logger := godal.ErrLogger(f.handle)
	src, err := godal.Open(plain, godal.Drivers("GTiff"), logger)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close(logger) }() // read only
	overviews := "OVERVIEW_RESAMPLING=AVERAGE"
	if classes {
		overviews = "OVERVIEW_RESAMPLING=MODE"
	}
	out, err := src.Translate(tmp, []string{"-of", "COG", "-co", "COMPRESS=DEFLATE", "-co", "PREDICTOR=YES", "-co", "BLOCKSIZE=256",
		"-co", overviews, "-co", "BIGTIFF=IF_SAFER"}, logger)
	if err != nil {
		return err
	}
	if err := out.Close(logger); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// check returns the type of the bands.
func (r Raster) check() (string, error) {
	if r.Width <= 0 || r.Height <= 0 || len(r.Bands) == 0 {
		return "", fmt.Errorf("%d x %d pixels with %d bands", r.Width, r.Height, len(r.Bands))
	}
	first := ""
	for i, b := range r.Bands {
		var t string
		var n int
		switch v := b.(type) {
		case []uint8:
			t, n = "uint8", len(v)
		case []uint16:
			t, n = "uint16", len(v)
		case []float32:
			t, n = "float32", len(v)
		default:
			return "", fmt.Errorf("band %d is a %T", i+1, b)
		}
		if n != r.Width*r.Height {
			return "", fmt.Errorf("band %d has %d values for %d x %d pixels", i+1, n, r.Width, r.Height)
		}
		if i > 0 && t != first {
			return "", fmt.Errorf("band %d is a %T, the first a %T", i+1, b, r.Bands[0])
		}
		first = t
	}
	return first, nil
}

// photometric says in TIFF's own tags which bands are colours and which is transparency.
func (r Raster) photometric(bands int) []string {
	if len(r.Colours) < 3 || bands < 3 || !slices.Equal(r.Colours[:3], []string{"Red", "Green", "Blue"}) {
		return []string{"PHOTOMETRIC=MINISBLACK"}
	}
	if len(r.Colours) > 3 && r.Colours[3] == "Alpha" {
		return []string{"PHOTOMETRIC=RGB", "ALPHA=YES"}
	}
	return []string{"PHOTOMETRIC=RGB"}
}

// describe writes what the file says about itself.
func (r Raster) describe(ds *godal.Dataset, f *faults) error {
	logger := godal.ErrLogger(f.handle)
	if r.GeoTransform != nil {
		if err := ds.SetGeoTransform(*r.GeoTransform, logger); err != nil {
			return err
		}
	}
	if r.CRS != "" {
		sr, err := spatialRef(r.CRS)
		if err != nil {
			return err
		}
		defer sr.Close()
		if err := ds.SetSpatialRef(sr, logger); err != nil {
			return err
		}
	}
	for _, k := range slices.Sorted(maps.Keys(r.Metadata)) {
		if err := ds.SetMetadata(k, r.Metadata[k], logger); err != nil {
			return err
		}
	}
	if r.NoData != nil {
		if err := ds.SetNoData(*r.NoData, logger); err != nil {
			return err
		}
	}
	for i, b := range ds.Bands() {
		if i < len(r.Descriptions) && r.Descriptions[i] != "" {
			if err := b.SetDescription(r.Descriptions[i], logger); err != nil {
				return err
			}
		}
		if i < len(r.Colours) {
			if err := b.SetColorInterp(colours[r.Colours[i]], logger); err != nil {
				return err
			}
		}
	}
	return nil
}
