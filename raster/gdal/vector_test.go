package gdal

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"
)

func TestGeoPackageHoldsWhatWasWritten(t *testing.T) {
	area := orb.MultiPolygon{{{{116, 36}, {116.01, 36}, {116.01, 36.01}, {116, 36.01}, {116, 36}}, {{116.004, 36.004}, {116.004, 36.006}, {116.006, 36.006}, {116.006, 36.004}, {116.004, 36.004}}}}
	v := Vector{Name: "detections", CRS: "EPSG:4326", Fields: []Field{{"kind", false}, {"area_m2", true}},
		Features: []Feature{{area, []any{"裸土", 12.5}}, {area, []any{"x'; drop table detections", nil}}}}
	dir := t.TempDir()
	path, again := filepath.Join(dir, "a.gpkg"), filepath.Join(dir, "b.gpkg")
	require.NoError(t, WriteGeoPackage(path, v))
	require.NoError(t, WriteGeoPackage(again, v))
	first, err := os.ReadFile(path)
	require.NoError(t, err)
	second, err := os.ReadFile(again)
	require.NoError(t, err)
	require.Equal(t, first, second, "the same layers give the same bytes")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing is left beside the files")

	ds, err := godal.Open(path, godal.VectorOnly(), godal.Drivers("GPKG"))
	require.NoError(t, err)
	defer func() { require.NoError(t, ds.Close()) }()
	layers := ds.Layers()
	require.Len(t, layers, 1)
	require.Equal(t, "detections", layers[0].Name())
	require.Equal(t, godal.GTMultiPolygon, layers[0].Type())
	var kinds []string
	for f := layers[0].NextFeature(); f != nil; f = layers[0].NextFeature() {
		fields := f.Fields()
		kinds = append(kinds, fields["kind"].String())
		if len(kinds) == 1 {
			require.Equal(t, 12.5, fields["area_m2"].Float())
			text, err := f.Geometry().GeoJSON()
			require.NoError(t, err)
			var g struct{ Coordinates orb.MultiPolygon }
			require.NoError(t, json.Unmarshal([]byte(text), &g))
			require.Equal(t, area, g.Coordinates)
		}
		f.Close()
	}
	require.Equal(t, []string{"裸土", "x'; drop table detections"}, kinds)
	if tool, err := exec.LookPath("ogrinfo"); err == nil {
		out, err := exec.Command(tool, path, "detections").CombinedOutput()
		require.NoError(t, err, string(out))
		require.Contains(t, string(out), "Feature Count: 2")
		require.Contains(t, string(out), "area_m2 (Real) = (null)")
	}

	v.Features[0].Values = v.Features[0].Values[:1]
	require.ErrorContains(t, WriteGeoPackage(path, v), "layer detections: feature 1: 1 values for 2 fields")
	third, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, first, third, "a failure leaves what was there")
}
