package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"upwind"
	"upwind/ingest/photo"
	"upwind/ingest/product"
	"upwind/ingest/tiff"
	"upwind/ingest/weather"
)

// Kind is what a file's bytes are.
type Kind string

const (
	KindGeoTIFF  Kind = "geotiff"    // TIFF or BigTIFF that says where it lies
	KindTIFF     Kind = "tiff"       // TIFF without place
	KindPhoto    Kind = "photo"      // JPEG
	KindPhotoTIF Kind = "photo-tiff" // drone picture stored as TIFF
	KindPNG      Kind = "png"
	KindLAS      Kind = "las"        // compressed (LAZ) or not
	KindScan     Kind = "scan"       // of a scanning lidar; some formats write a file a ray
	KindBeside   Kind = "beside"     // what a lidar leaves beside its scans
	KindLidar    Kind = "lidar-site" // where a lidar stands
	KindWind     Kind = "wind-csv"
	KindFields   Kind = "wind-fields" // GRIB or netCDF
	KindReadings Kind = "readings-csv"
	KindGrid     Kind = "grid-geojson"
	KindSites    Kind = "sites-geojson"
	KindStations Kind = "stations-csv"
	KindCNEMC    Kind = "cnemc-csv"        // hourly readings in the layout of the national network
	KindJP2      Kind = "jpeg-2000"        // band of a satellite product
	KindMeta     Kind = "product-metadata" // what describes one
	KindZip      Kind = "zip"
)

// Accepted says in words what can be handed in.
const Accepted = "accepted are GeoTIFF, satellite products (Sentinel-2, Landsat, PlanetScope, Gaofen), drone pictures (JPEG or TIFF), PNG, point clouds (LAS, LAZ), lidar scans, gridded wind (GRIB, netCDF), wind, readings and stations CSV, grid and sites GeoJSON, and a zip of these"

var jp2Magic = []byte("\x00\x00\x00\x0cjP  ")

// headBytes is how much of a file is looked at for its magic.
const headBytes = 1024

// Classify says what a file is from its magic and structure, never from its name, which serves messages
// only. Structure is checked as far as it can be without decoding: a file that was cut off is refused here
// and not hours later. The error is an [*upwind.Refusal] that says what the file seems to be, or the
// reader's own.
func Classify(r io.ReaderAt, size int64, name string) (Kind, error) {
	if size <= 0 {
		return "", upwind.Refuse(name, "", "the file is empty", "hand in the file again; "+Accepted)
	}
	head := make([]byte, min(size, headBytes))
	if n, err := r.ReadAt(head, 0); n < len(head) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return "", fmt.Errorf("ingest: read %s: %w", name, err)
	}
	switch {
	case tiff.Is(head):
		return classifyTIFF(r, size, name)
	case bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}):
		if err := photo.CheckJPEG(r, size); err != nil {
			return "", broken(name, "JPEG", err)
		}
		return KindPhoto, nil
	case bytes.HasPrefix(head, pngMagic):
		if err := checkPNG(r, size, name); err != nil {
			return "", err
		}
		return KindPNG, nil
	case bytes.HasPrefix(head, []byte("LASF")):
		return classifyLAS(r, size, name)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return KindZip, nil
	}
	switch {
	case bytes.HasPrefix(head, jp2Magic):
		return KindJP2, nil
	case product.IsMetadata(head):
		return KindMeta, nil
	}
	if kind, err := classifyScan(r, size, name); kind != "" || err != nil {
		return kind, err
	}
	if weather.IsField(head) {
		return KindFields, nil
	}
	if what := foreign(head); what != "" {
		return "", refuseForeign(name, what)
	}
	return classifyText(r, size, name, head)
}

func refuseForeign(name, what string) error {
	return upwind.Refuse(name, "", "this seems to be "+what+", which is not accepted", Accepted)
}

// broken refuses a file whose format is known and whose structure is not whole.
func broken(name, format string, err error) error {
	r := upwind.Refuse(name, "", "this is a broken "+format, "hand in the file again, or make it anew")
	if errors.Is(err, photo.ErrTruncated) || errors.Is(err, tiff.ErrTruncated) {
		r.What = "this " + format + " is cut off"
	}
	r.Err = err
	return r
}

// maxSide bounds a picture's side: more than any sensor or mosaic has, and less than
// what a header may claim for nothing.
const (
	maxSide = 1 << 20
	// maxExpansion is the most a stored byte may stand for: deflate reaches 1,032, a constant tile more, and
	// a sparse one has no bytes; beyond it a header claims a picture the file cannot hold.
	maxExpansion = 1 << 20
)

func classifyTIFF(r io.ReaderAt, size int64, name string) (Kind, error) {
	f, err := tiff.Open(r, size)
	if err != nil {
		return "", broken(name, "TIFF", err)
	}
	d, err := f.First()
	if err != nil {
		return "", broken(name, "TIFF", err)
	}
	if d.Has(tiff.DNGVersion) {
		return "", refuseForeign(name, "a raw picture (DNG)")
	}
	w, h, ok := d.Size()
	if !ok {
		return "", broken(name, "TIFF", errors.New("it does not state its size"))
	}
	if w > maxSide || h > maxSide || w*h > uint64(size)*maxExpansion {
		return "", broken(name, "TIFF", fmt.Errorf("%d x %d pixels in %d bytes", w, h, size))
	}
	if err := d.CheckBlocks(); err != nil {
		return "", broken(name, "TIFF", err)
	}
	switch {
	case placed(d):
		return KindGeoTIFF, nil
	case d.Has(tiff.XMP) || d.Has(tiff.GDALMetadata) || d.Has(tiff.GPSIFD):
		if p, err := photo.Parse(r, size, name); err == nil && p.HasCameraPosition() {
			return KindPhotoTIF, nil
		}
	}
	return KindTIFF, nil
}

// placed: GeoTIFF 1.1 (OGC 19-008) places a raster by scale and tie point, by a matrix, or by several tie
// points; rational polynomials place a satellite scene.
func placed(d *tiff.Directory) bool {
	return d.Has(tiff.ModelPixelScale) && d.Has(tiff.ModelTiepoint) || d.Has(tiff.ModelTransform) ||
		d.Count(tiff.ModelTiepoint) >= 18 || d.Has(tiff.RPCCoefficient)
}

// hasCRS reports whether a TIFF names its reference system: model type 1 or 2 with a code, or user-defined
// keys, of the GeoKey directory. Rational polynomials are in WGS84.
func hasCRS(r io.ReaderAt, size int64) bool {
	f, err := tiff.Open(r, size)
	if err != nil {
		return false
	}
	d, err := f.First()
	if err != nil {
		return false
	}
	const geographic, projected = 2048, 3072 // GeographicTypeGeoKey, ProjectedCRSGeoKey
	keys := d.Floats(tiff.GeoKeyDirectory, 4*256)
	for i := 4; i+3 < len(keys); i += 4 {
		if id := keys[i]; (id == geographic || id == projected) && keys[i+3] > 0 {
			return true
		}
	}
	return d.Has(tiff.RPCCoefficient)
}
