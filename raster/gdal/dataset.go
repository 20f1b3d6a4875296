package gdal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/airbusgeo/godal"

	"upwind"
	"upwind/raster"
)

// Dataset is an opened picture. It serves one goroutine at a time, and nothing after Close.
type Dataset struct {
	path   string
	ds     *godal.Dataset
	bands  []godal.Band
	info   raster.SourceInfo
	faults faults
	buf    []float32 // between GDAL and the callers' slices; kept, because strips of a scene are alike
	alpha  int       // 1-based alpha band; 0 when there is none
	masked bool      // one validity mask for all bands, stored in the file
	blocks blocks
}

var _ raster.Sparse = (*Dataset)(nil)

// Open opens a GeoTIFF, JPEG, JPEG 2000 or PNG. It returns a Refusal for anything else, and for a header that promises
// more than a job may spend. A truncated file may open: its missing part shows in [Dataset.Read].
func Open(path string) (*Dataset, error) {
	if err := Register(); err != nil {
		return nil, err
	}
	name := filepath.Base(path)
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("gdal: %s: %w", path, err)
	}
	if strings.HasPrefix(abs, "/vsi") { // GDAL would take it for a virtual file system
		return nil, upwind.Refuse(path, "", "this is not a path of a file", "move the file out of a folder whose name starts with /vsi")
	}
	h, size, err := sniffFile(abs, name)
	if err != nil {
		return nil, err
	}
	d := &Dataset{path: abs, faults: faults{path: abs, name: name}}
	d.ds, err = godal.Open(abs, godal.Drivers(h.format), godal.ErrLogger(d.faults.handle))
	if err != nil {
		return nil, &upwind.Refusal{File: name, What: "GDAL cannot open it as " + h.format, Do: doNotCompacted, Err: err}
	}
	if err := d.check(name, size); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.describe(name, h.format)
	return d, nil
}

func sniffFile(abs, name string) (header, int64, error) {
	f, err := os.Open(abs)
	if err != nil {
		return header{}, 0, fmt.Errorf("gdal: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return header{}, 0, fmt.Errorf("gdal: %w", err)
	}
	if !st.Mode().IsRegular() {
		return header{}, 0, upwind.Refuse(name, "", "this is not a plain file", "")
	}
	h, err := sniff(f, st.Size(), name)
	return h, st.Size(), err
}

// check weighs what GDAL understood of the header.
func (d *Dataset) check(name string, size int64) error {
	d.bands = d.ds.Bands()
	if len(d.bands) == 0 {
		return upwind.Refuse(name, "", "it holds no picture", doRightFormat)
	}
	if len(d.bands) > maxBands {
		return upwind.Refuse(name, "", fmt.Sprintf("%d bands are more than %d", len(d.bands), maxBands), "pick the bands that are needed")
	}
	s := d.ds.Structure()
	bytesPerPixel := int64(0)
	for i, b := range d.bands {
		bs := b.Structure()
		if _, ok := typeNames[bs.DataType]; !ok {
			return upwind.Refuse(name, fmt.Sprintf("band %d", i+1), fmt.Sprintf("numbers of GDAL type %d are not read", int(bs.DataType)), "convert it to 8-bit, 16-bit or float")
		}
		bytesPerPixel += int64(bs.DataType.Size())
	}
	bw, bh := int64(s.BlockSizeX), int64(s.BlockSizeY)
	if err := weigh(name, int64(s.SizeX), int64(s.SizeY), 0, size); err != nil {
		return err
	}
	d.blocks = blocksOf(d.ds, d.bands)
	raw := int64(s.SizeX) * int64(s.SizeY) * bytesPerPixel
	if d.blocks.void > 0 {
		raw = int64(len(d.blocks.stored)-d.blocks.void) * bw * bh * bytesPerPixel
	}
	if err := weigh(name, int64(s.SizeX), int64(s.SizeY), raw, size); err != nil {
		return err
	}
	if bw <= 0 || bh <= 0 || bw > maxBlockBytes/bh/bytesPerPixel {
		return upwind.Refuse(name, "", fmt.Sprintf("its blocks of %d x %d pixels with %d band(s) need more than %d MiB each", bw, bh, len(d.bands), maxBlockBytes>>20), doTiled)
	}
	return nil
}

// Info describes the file.
func (d *Dataset) Info() raster.SourceInfo { return d.info }

// Warnings are GDAL's own words about the file so far, at most 20.
func (d *Dataset) Warnings() []string { return d.faults.list() }

// Close releases the file. Closing twice is no error.
func (d *Dataset) Close() error {
	if d.ds == nil {
		return nil
	}
	ds := d.ds
	d.ds, d.bands = nil, nil
	if err := ds.Close(godal.ErrLogger(d.faults.handle)); err != nil {
		return fmt.Errorf("gdal: closing %s: %w", filepath.Base(d.path), err)
	}
	return nil
}
