package gdal

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/airbusgeo/godal"

	"upwind"
	"upwind/tracing/wind"
)

// Limits on a GRIB file.
const (
	maxGRIBBands = 20000
	maxGRIBCells = 1 << 24 // of a field; 0.1 degrees around the world are 6.5 million
)

// GRIB reads wind from GRIB1 and GRIB2 files. Its driver is registered when the first file is opened, and [Open]
// never uses it.
type GRIB struct{}

var (
	gribOnce sync.Once
	gribErr  error
)

func registerGRIB() error {
	gribOnce.Do(func() {
		if gribErr = Register(); gribErr != nil {
			return
		}
		if err := godal.RegisterRaster("GRIB"); err != nil {
			gribErr = fmt.Errorf("gdal: registering GRIB: %w", err)
		}
	})
	return gribErr
}

// Layers reads u and v at 10 m above ground, at their valid times, about a rectangle of longitudes and latitudes
// (west == east: all of the grid), turned to true east and north where the file gives them along its grid. Layers
// on a map projection are laid on even longitudes and latitudes of the same fineness. Averages over time are not
// wind at a time; what was passed over is said in the notes.
func (GRIB) Layers(ctx context.Context, path string, west, south, east, north float64) (layers []wind.Layer, notes []string, err error) {
	name := filepath.Base(path)
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, fmt.Errorf("gdal: %s: %w", path, err)
	}
	if strings.HasPrefix(abs, "/vsi") || strings.ContainsAny(abs, "\x00") {
		return nil, nil, upwind.Refuse(name, "", "this is not a path of a file", "move the file out of a folder whose name starts with /vsi")
	}
	heads, err := scanGRIB(abs, name)
	if err != nil {
		return nil, nil, err
	}
	if err := registerGRIB(); err != nil {
		return nil, nil, err
	}
	f := &gribFile{name: name, heads: heads, faults: faults{path: abs, name: name}, within: [4]float64{west, south, east, north}}
	f.ds, err = godal.Open(abs, godal.Drivers("GRIB"), godal.DriverOpenOption("USE_IDX=NO"), godal.ErrLogger(f.faults.handle))
	if err != nil {
		return nil, nil, &upwind.Refusal{File: name, What: "GDAL cannot open it as GRIB", Do: doNotCompacted, Err: err}
	}
	defer func() {
		if cerr := f.ds.Close(godal.ErrLogger(f.faults.handle)); cerr != nil && err == nil {
			err = fmt.Errorf("gdal: closing %s: %w", name, cerr)
		}
	}()
	return f.layers(ctx)
}

// gribFile is an opened file.
type gribFile struct {
	name   string
	ds     *godal.Dataset
	heads  []gribHead
	faults faults
	within [4]float64 // west, south, east, north
}

func (f *gribFile) layers(ctx context.Context) (out []wind.Layer, notes []string, err error) {
	bands := f.ds.Bands()
	s := f.ds.Structure()
	switch {
	case len(bands) == 0 || len(bands) > maxGRIBBands:
		return nil, nil, upwind.Refuse(f.name, "", fmt.Sprintf("it holds %d fields", len(bands)), "cut the wind at 10 m out of it (wgrib2 -match ':(UGRD|VGRD):10 m above ground:')")
	case s.SizeX < 2 || s.SizeY < 2 || s.SizeX > maxGRIBCells/s.SizeY:
		return nil, nil, upwind.Refuse(f.name, "", fmt.Sprintf("its grid has %d x %d points", s.SizeX, s.SizeY), "cut the region out of it")
	case len(bands) != len(f.heads):
		return nil, nil, upwind.Refuse(f.name, "", fmt.Sprintf("it holds %d fields, of which GDAL understands %d", len(f.heads), len(bands)), doNotCompacted)
	}
	g, err := f.grid()
	if err != nil {
		return nil, nil, err
	}
	defer g.close()
	means := 0
	for i, b := range bands {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		north, ok := tenMetreWind(b)
		if !ok {
			continue
		}
		if t := b.Metadata("GRIB_PDS_PDTN"); t != "" && t != "0" {
			means++ // averages, members of an ensemble, probabilities: code table 4.0
			continue
		}
		l := wind.Layer{North: north}
		if l.Valid, l.Reference, err = f.times(b, i); err != nil {
			return nil, nil, err
		}
		values := make([]float32, s.SizeX*s.SizeY)
		if err := b.Read(0, 0, values, s.SizeX, s.SizeY, godal.ErrLogger(f.faults.handle)); err != nil {
			return nil, nil, &upwind.Refusal{File: f.name, Where: fmt.Sprintf("field %d", i+1), What: "its values cannot be read", Do: "the file is cut short or damaged; hand it in again", Err: err}
		}
		if nd, ok := b.NoData(); ok {
			void(values, float32(nd))
		}
		if f.heads[i].grid != f.heads[0].grid {
			return nil, nil, upwind.Refuse(f.name, fmt.Sprintf("field %d", i+1), "it lies on another grid than the first field", "hand in one file a grid")
		}
		if err := g.lay(&l, values); err != nil {
			return nil, nil, err
		}
		out = append(out, l)
	}
	if means > 0 {
		notes = append(notes, fmt.Sprintf("%s: %d fields of wind at 10 m are averages or members of an ensemble and were passed over", f.name, means))
	}
	out, err = g.finish(out)
	return out, notes, err
}

// tenMetreWind tells u and v at 10 m above ground from other fields: by element and level of the WMO's tables, or
// by the names that ECMWF's local table gives to the whole (10U, 10V).
func tenMetreWind(b godal.Band) (north, ok bool) {
	element := strings.ToUpper(b.Metadata("GRIB_ELEMENT"))
	if unit := b.Metadata("GRIB_UNIT"); unit != "" && unit != "[m/s]" {
		return false, false
	}
	switch element {
	case "UGRD", "VGRD":
		return element == "VGRD", b.Metadata("GRIB_SHORT_NAME") == "10-HTGL"
	case "10U", "10V":
		return element == "10V", true
	}
	return false, false
}

func (f *gribFile) times(b godal.Band, i int) (valid, ref time.Time, err error) {
	read := func(key string) time.Time {
		// GDAL writes "1546797600" or "  1546797600 sec UTC".
		fields := strings.Fields(b.Metadata(key))
		if len(fields) == 0 {
			return time.Time{}
		}
		s, perr := strconv.ParseInt(fields[0], 10, 64)
		if perr != nil || s < 0 || s > 1<<33 {
			return time.Time{}
		}
		return time.Unix(s, 0).UTC()
	}
	if valid, ref = read("GRIB_VALID_TIME"), read("GRIB_REF_TIME"); valid.IsZero() {
		return valid, ref, upwind.Refuse(f.name, fmt.Sprintf("field %d", i+1), "it has no valid time", doNotCompacted)
	}
	return valid, ref, nil
}
