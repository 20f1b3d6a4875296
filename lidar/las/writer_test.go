package las_test

import (
	"bytes"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/las"
)

// TestWriteExtraDims reads described dimensions back, each type at its ends.
func TestWriteExtraDims(t *testing.T) {
	var m memory
	w, err := las.Create(&m, las.Spec{Format: 6, ExtraBytes: 1, ExtraDims: []las.ExtraDim{
		{Name: "height", Type: las.ExtraInt16, Scale: [3]float64{0.01}, Offset: [3]float64{100}, Description: "above ground, m"},
		{Name: "id", Type: las.ExtraUint32}, {Name: "score", Type: las.ExtraFloat32}, {Name: "exact", Type: las.ExtraFloat64},
		{Name: "u8", Type: las.ExtraUint8}, {Name: "i64", Type: las.ExtraInt64},
	}})
	require.NoError(t, err)
	values := []float64{-12.34, math.MaxUint32, 0.25, math.Pi, 255, -1 << 62}
	var p las.Point
	for i, d := range w.ExtraDims() {
		require.NoError(t, d.Set(&p, values[i]))
	}
	require.NoError(t, w.Write([]las.Point{p}))
	require.NoError(t, w.Close())

	r, err := open(m.b)
	require.NoError(t, err)
	dims := r.ExtraDims()
	require.Equal(t, []string{"1 of the 28 extra bytes of a point are not described"}, r.Warnings())
	q := firstPoint(t, r)
	for i, d := range dims {
		v, ok := d.Value(q)
		require.True(t, ok)
		require.InDelta(t, values[i], v, 1e-9, d.Name)
	}
	require.Equal(t, "above ground, m", dims[0].Description)
}

func TestExtraDimSetRefuses(t *testing.T) {
	var m memory
	w, err := las.Create(&m, las.Spec{ExtraDims: []las.ExtraDim{{Name: "a", Type: las.ExtraUint8}, {Name: "b", Type: las.ExtraInt64}, {Name: "c", Type: las.ExtraUint64}}})
	require.NoError(t, err)
	dims := w.ExtraDims()
	for i, bad := range [][]float64{{-1, 256, math.NaN(), math.Inf(1)}, {1 << 63, -1 << 63 * 1.001, math.NaN()}, {-1, 1 << 64, math.NaN()}} {
		for _, v := range bad {
			require.Error(t, dims[i].Set(&las.Point{}, v), "%v in %v", v, dims[i].Type)
		}
	}
	for _, dims := range [][]las.ExtraDim{{{Name: "a"}}, {{Type: las.ExtraUint8}}, {{Name: strings.Repeat("x", 33), Type: las.ExtraUint8}},
		{{Name: "a", Type: 11}}, {{Name: "a", Type: las.ExtraInt8, Elements: 2}}, {{Name: "a", Type: las.ExtraInt8, Scale: [3]float64{math.NaN()}}},
		make([]las.ExtraDim, 400)} {
		for i := range dims {
			if len(dims) == 400 {
				dims[i] = las.ExtraDim{Name: fmt.Sprint(i), Type: las.ExtraUint8}
			}
		}
		_, err := las.Create(&memory{}, las.Spec{ExtraDims: dims})
		require.Error(t, err)
	}
}

// TestWriterKnowsChineseSystems: the text says code, unit and meridian.
func TestWriterKnowsChineseSystems(t *testing.T) {
	for epsg, want := range map[int]string{
		4548: `"CGCS2000 / 3-degree Gauss-Kruger CM 117E"`, 4527: `"CGCS2000 / 3-degree Gauss-Kruger zone 39"`,
		4508: `"CGCS2000 / Gauss-Kruger CM 111E"`, 4498: `"CGCS2000 / Gauss-Kruger zone 20"`, 4490: `"China Geodetic Coordinate System 2000"`,
		32650: `"WGS 84 / UTM zone 50N"`, 32719: `"WGS 84 / UTM zone 19S"`,
	} {
		r, err := open(write(t, las.Spec{Format: 7, EPSG: epsg}, samplePoints(1)))
		require.NoError(t, err)
		require.Equal(t, epsg, r.CRS().EPSG)
		require.Contains(t, r.CRS().WKT, want)
	}
}

// TestTextIsWhatGDALKnows asks GDAL for the parameters of the code and of our text.
func TestTextIsWhatGDALKnows(t *testing.T) {
	tool, err := exec.LookPath("gdalsrsinfo")
	if err != nil || testing.Short() {
		t.Skip("skipped: gdalsrsinfo is not here")
	}
	proj4 := func(what string) string {
		out, err := exec.Command(tool, "-o", "proj4", what).Output()
		require.NoError(t, err, what)
		return strings.TrimSpace(string(bytes.TrimSpace(out)))
	}
	for _, epsg := range []int{4548, 4498, 32719} {
		r, err := open(write(t, las.Spec{Format: 7, EPSG: epsg}, samplePoints(1)))
		require.NoError(t, err)
		text := strings.Replace(r.CRS().WKT, fmt.Sprintf(`,AUTHORITY["EPSG","%d"]]`, epsg), "]", 1) // not by its code
		require.NotContains(t, text, fmt.Sprint(epsg))
		require.Equal(t, proj4(fmt.Sprintf("EPSG:%d", epsg)), proj4(text))
	}
}
