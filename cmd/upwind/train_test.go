package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures"
	"upwind/raster/forest"
	"upwind/raster/gdal"
)

// fieldScene is a picture of 60 x 60 pixels of 10 m, bare in the west, and labels of it in its own coordinates.
func fieldScene(t *testing.T) (scene, labels string) {
	t.Helper()
	dir := t.TempDir()
	const n = 60
	bands := []any{make([]uint16, n*n), make([]uint16, n*n), make([]uint16, n*n)}
	for i := range n * n {
		noise := uint16(i * 2654435761 >> 7 & 127)
		for b, base := range []uint16{800, 1000, 3000} {
			if i%n < n/2 {
				base = []uint16{1500, 2000, 2400}[b]
			}
			bands[b].([]uint16)[i] = base + noise
		}
	}
	scene = filepath.Join(dir, "scene.tif")
	require.NoError(t, gdal.WriteGeoTIFF(scene, gdal.Raster{Width: n, Height: n, Bands: bands, Descriptions: []string{"green", "red", "nir"},
		GeoTransform: &[6]float64{500000, 10, 0, 4035000, 0, -10}, CRS: "EPSG:32650"}))
	feature := func(class string, col, row int) string {
		x, y := 500000+10*col, 4035000-10*row
		return fmt.Sprintf(`{"type":"Feature","properties":{"class":%q},"geometry":{"type":"Polygon","coordinates":[[[%d,%d],[%d,%d],[%d,%d],[%d,%d],[%d,%d]]]}}`,
			class, x, y, x+80, y, x+80, y-80, x, y-80, x, y)
	}
	text := `{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32650"}},"features":[`
	for i := range 5 {
		if i > 0 {
			text += ","
		}
		text += feature("bare", 4, 2+11*i) + "," + feature("crop", 44, 2+11*i)
	}
	labels = filepath.Join(dir, "labels.geojson")
	require.NoError(t, os.WriteFile(labels, []byte(text+"]}"), 0o644))
	return scene, labels
}

func TestTrain(t *testing.T) {
	scene, labels := fieldScene(t)
	model := filepath.Join(t.TempDir(), "field.model")
	o := must(t, "train", "--labels", labels, scene, "-o", model, "--json")
	var doc struct {
		About     forest.About
		Confusion [][]int
	}
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &doc))
	require.Equal(t, []string{"bare", "crop"}, doc.About.Classes)
	require.Equal(t, []string{"green", "red", "nir"}, doc.About.Features)
	require.Equal(t, [][]int{{320, 0}, {0, 320}}, doc.Confusion)
	f, err := os.Open(model)
	require.NoError(t, err)
	defer f.Close()
	m, err := forest.Read(model, f)
	require.NoError(t, err)
	require.Equal(t, doc.About, m.About)
	p := make([]float64, 2)
	m.Predict(p, []float32{1500, 2000, 2400})
	require.Greater(t, p[0], 0.95)
	o = must(t, "detect", scene, "--model", model, "--json")
	var found struct{ Detections []upwind.Detection }
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &found))
	require.Len(t, found.Detections, 1)
	require.InEpsilon(t, 30*60*100, found.Detections[0].Measures[upwind.AreaM2].Value, 0.05)
	require.Contains(t, upwindDo(t, "detect", scene, "--model", model, "--class", "sand").stderr, "the model knows bare, crop")
	require.Contains(t, upwindDo(t, "detect", patchPicture(t, true), "--model", model).stderr, `its band 1 is called "band 1", the model learnt "green" there`)

	more := filepath.Join(t.TempDir(), "more.model")
	must(t, "train", "--labels", labels, scene, "--features", "indices,texture", "-o", more)
	o = must(t, "detect", scene, "--model", more, "--json")
	require.NoError(t, json.Unmarshal([]byte(o.stdout), &found))
	require.Len(t, found.Detections, 1)
	require.InEpsilon(t, 30*60*100, found.Detections[0].Measures[upwind.AreaM2].Value, 0.1)
	require.Contains(t, upwindDo(t, "train", "--labels", labels, scene, "--features", "smell").stderr, `"smell" is no group of features`)

	again := filepath.Join(t.TempDir(), "again.model")
	require.Contains(t, must(t, "train", "--labels", labels, scene, "-o", again).stdout, "640 pixels of 10 polygons")
	a, err := os.ReadFile(model)
	require.NoError(t, err)
	b, err := os.ReadFile(again)
	require.NoError(t, err)
	require.Equal(t, a, b, "the same input gives the same bytes")
}

func TestTrainComplainsInWords(t *testing.T) {
	scene, labels := fieldScene(t)
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "l.geojson")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	one := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}`
	for _, c := range []struct {
		want string
		code int
		args []string
	}{
		{"--labels needs", exitUsage, []string{"train", scene}},
		{"name the scenes", exitUsage, []string{"train", "--labels", labels}},
		{"it is no GeoJSON", exitFailed, []string{"train", "--labels", write("no json"), scene}},
		{"feature 1: it has no property class", exitFailed, []string{"train", "--labels", write(fmt.Sprintf(one, "")), scene}},
		{"no pixel of the scenes lies in a polygon of class far", exitFailed, []string{"train", "--labels", write(fmt.Sprintf(one, `"class":"far"`)), scene}},
		{"it has no polygons", exitFailed, []string{"train", "--labels", write(`{"type":"FeatureCollection","features":[]}`), scene}},
	} {
		o := upwindDo(t, c.args...)
		require.Equal(t, c.code, o.code, "%v: %s", c.args, o.stderr)
		require.Contains(t, o.stderr, c.want, "%v", c.args)
	}
}

func TestTrainOnTheLandsatClearing(t *testing.T) {
	shared, ok := fixtures.SharedData()
	if !ok {
		t.Skip("skipped: the Landsat clearing, because ../shared/data is not here")
	}
	dir := filepath.Join(shared, "raster/landsat5_clearing")
	require.NoError(t, gdal.Register())
	set, err := readTrainingSet(t.Context(), filepath.Join(dir, "labels.geojson"), []string{filepath.Join(dir, "lt5_dn_7band.tif")}, nil, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"cleared", "fallen_dry", "forest", "water"}, set.about.Classes)
	require.Equal(t, []int{1124, 220, 2271, 795}, set.about.Samples, "by the centre rule")
	held, err := forest.CrossValidate(t.Context(), set.samples, set.group, set.groupClass, 4, 1, forest.Options{Trees: 20, Seed: 1})
	require.NoError(t, err)
	require.Greater(t, held.Tally.F1(0, 1), 0.99)
}
