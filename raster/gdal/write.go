package gdal

import (
	"fmt"
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
	Metadata      map[string]string
}

var colours = map[string]godal.ColorInterp{
	"Red": godal.CIRed, "Green": godal.CIGreen, "Blue": godal.CIBlue, "Alpha": godal.CIAlpha, "Gray": godal.CIGray, "": godal.CIUndefined,
}

// WriteGeoTIFF writes a tiled, deflate-compressed GeoTIFF. The file appears under its name only when it is
// whole.
func WriteGeoTIFF(path string, r Raster) (err error) {
	if err := Register(); err != nil {
		return err
	}
	dtype, err := r.check()
	if err != nil {
		return fmt.Errorf("gdal: writing %s: %w", filepath.Base(path), err)
	}
	tmp := path + ".part"
	defer func() {
		if err != nil {
			err = fmt.Errorf("gdal: writing %s: %w", filepath.Base(path), err)
			_ = os.Remove(tmp) // the first error is the one to tell
		}
	}()
	predictor := "PREDICTOR=2"
	if dtype == godal.Float32 {
		predictor = "PREDICTOR=3"
	}
	var f faults
	logger := godal.ErrLogger(f.handle)
	ds, err := godal.Create(godal.GTiff, tmp, len(r.Bands), dtype, r.Width, r.Height, logger,
		godal.CreationOption("TILED=YES", "BLOCKXSIZE=256", "BLOCKYSIZE=256", "COMPRESS=DEFLATE", predictor, "INTERLEAVE=PIXEL", "BIGTIFF=IF_SAFER"),
		godal.CreationOption(r.photometric()...))
	if err != nil {
		return err
	}
	if err := r.fill(ds, &f); err != nil {
		_ = ds.Close(logger)
		return err
	}
	if err := ds.Close(logger); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// WriteCOG writes a cloud optimized GeoTIFF: tiles, overviews and a layout that a map can read by ranges
// (OGC 21-026). The file appears under its name only when it is whole.
func WriteCOG(path string, r Raster) (err error) {
	plain := path + ".plain"
	if err := WriteGeoTIFF(plain, r); err != nil {
		return err
	}
	tmp := path + ".part"
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
	out, err := src.Translate(tmp, []string{"-of", "COG", "-co", "COMPRESS=DEFLATE", "-co", "PREDICTOR=YES", "-co", "BLOCKSIZE=256",
		"-co", "OVERVIEW_RESAMPLING=AVERAGE", "-co", "BIGTIFF=IF_SAFER"}, logger)
	if err != nil {
		return err
	}
	if err := out.Close(logger); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

func (r Raster) check() (godal.DataType, error) {
	if r.Width <= 0 || r.Height <= 0 || len(r.Bands) == 0 {
		return 0, fmt.Errorf("%d x %d pixels with %d bands", r.Width, r.Height, len(r.Bands))
	}
	first := godal.Unknown
	for i, b := range r.Bands {
		var t godal.DataType
		var n int
		switch v := b.(type) {
		case []uint8:
			t, n = godal.Byte, len(v)
		case []uint16:
			t, n = godal.UInt16, len(v)
		case []float32:
			t, n = godal.Float32, len(v)
		default:
			return 0, fmt.Errorf("band %d is a %T", i+1, b)
		}
		if n != r.Width*r.Height {
			return 0, fmt.Errorf("band %d has %d values for %d x %d pixels", i+1, n, r.Width, r.Height)
		}
		if i > 0 && t != first {
			return 0, fmt.Errorf("band %d is a %T, the first a %T", i+1, b, r.Bands[0])
		}
		first = t
	}
	return first, nil
}

// photometric says in TIFF's own tags which bands are colours and which is transparency.
func (r Raster) photometric() []string {
	if len(r.Colours) < 3 || len(r.Bands) < 3 || !slices.Equal(r.Colours[:3], []string{"Red", "Green", "Blue"}) {
		return []string{"PHOTOMETRIC=MINISBLACK"}
	}
	if len(r.Colours) > 3 && r.Colours[3] == "Alpha" {
		return []string{"PHOTOMETRIC=RGB", "ALPHA=YES"}
	}
	return []string{"PHOTOMETRIC=RGB"}
}

func (r Raster) fill(ds *godal.Dataset, f *faults) error {
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
		if err := b.Write(0, 0, r.Bands[i], r.Width, r.Height, logger); err != nil {
			return err
		}
	}
	return nil
}
