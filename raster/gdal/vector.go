package gdal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
)

// Vector is a layer of areas with attributes, to be written.
type Vector struct {
	Name     string
	CRS      string // EPSG:n or WKT; coordinates are x, y or longitude, latitude
	Fields   []Field
	Features []Feature
}

// Field is an attribute: text, or a number.
type Field struct {
	Name   string
	Number bool
}

// Feature is an area with a value a field: a string, a float64, or nil where it has none.
type Feature struct {
	Area   orb.MultiPolygon
	Values []any
}

var registerVector = sync.OnceValue(func() error { return godal.RegisterVector(godal.GeoPackage, godal.Memory) })

// WriteGeoPackage writes layers as a GeoPackage (OGC 12-128). The file appears under its name only when it is whole, and the same
// layers give the same bytes on any day (settings).
func WriteGeoPackage(path string, layers ...Vector) error {
	if err := Register(); err != nil {
		return err
	}
	if err := registerVector(); err != nil {
		return fmt.Errorf("gdal: registering drivers: %w", err)
	}
	tmp := filepath.Join(filepath.Dir(path), ".part-"+filepath.Base(path)) // GDAL warns of any other ending than .gpkg
	_ = os.Remove(tmp)                                                     // of a process that was killed
	f := faults{path: tmp, name: filepath.Base(path)}
	if err := writeLayers(tmp, layers, godal.ErrLogger(f.handle)); err != nil {
		_ = os.Remove(tmp) // the first error is the one to tell
		return fmt.Errorf("gdal: writing %s: %w", filepath.Base(path), err)
	}
	return os.Rename(tmp, path)
}

// writeLayers gathers the layers in memory first: a GeoPackage of GDAL 3.6 loses track of rows that are made and then changed, which is
// the one way godal has of giving them values.
func writeLayers(path string, layers []Vector, logger errLogger) (err error) {
	held, err := godal.CreateVector(godal.Memory, "", logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, held.Close(logger)) }()
	for _, l := range layers {
		if err := l.fill(held, logger); err != nil {
			return fmt.Errorf("layer %s: %w", l.Name, err)
		}
	}
	out, err := held.VectorTranslate(path, []string{"-f", "GPKG"}, logger)
	if err != nil {
		return err
	}
	return out.Close(logger)
}

// errLogger takes the messages of every call below.
type errLogger interface {
	godal.CreateLayerOption
	godal.NewGeometryOption
	godal.NewFeatureOption
	godal.SetFieldValueOption
	godal.UpdateFeatureOption
	godal.DatasetCreateOption
	godal.DatasetVectorTranslateOption
	godal.CloseOption
}

func (v Vector) fill(ds *godal.Dataset, logger errLogger) error {
	sr, err := spatialRef(v.CRS)
	if err != nil {
		return err
	}
	defer sr.Close()
	opts := []godal.CreateLayerOption{logger}
	for _, f := range v.Fields {
		t := godal.FTString
		if f.Number {
			t = godal.FTReal
		}
		opts = append(opts, godal.NewFieldDefinition(f.Name, t))
	}
	layer, err := ds.CreateLayer(v.Name, sr, godal.GTMultiPolygon, opts...)
	if err != nil {
		return err
	}
	for i, f := range v.Features {
		if err := v.add(layer, sr, f, logger); err != nil {
			return fmt.Errorf("feature %d: %w", i+1, err)
		}
	}
	return nil
}

func (v Vector) add(layer godal.Layer, sr *godal.SpatialRef, f Feature, logger errLogger) error {
	if len(f.Values) != len(v.Fields) {
		return fmt.Errorf("%d values for %d fields", len(f.Values), len(v.Fields))
	}
	raw, err := wkb.Marshal(f.Area)
	if err != nil {
		return err
	}
	g, err := godal.NewGeometryFromWKB(raw, sr, logger)
	if err != nil {
		return err
	}
	defer g.Close()
	row, err := layer.NewFeature(g, logger)
	if err != nil {
		return err
	}
	defer row.Close()
	fields := row.Fields()
	for k, value := range f.Values {
		if value == nil {
			continue
		}
		if err := row.SetFieldValue(fields[v.Fields[k].Name], value, logger); err != nil {
			return fmt.Errorf("%s: %w", v.Fields[k].Name, err)
		}
	}
	return layer.UpdateFeature(row, logger)
}
