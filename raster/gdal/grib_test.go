package gdal

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/airbusgeo/godal"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/wind"
)

func gribData(t *testing.T, name string) string {
	t.Helper()
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(root, "tracing", "grib", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: no real data at %s", path)
	}
	return path
}

// reference reads a column of numbers: 360 a row from 0 E, 181 rows from the north pole.
func reference(t *testing.T, name string) []float64 {
	f, err := os.Open(gribData(t, name))
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	raw, err := io.ReadAll(z)
	require.NoError(t, err)
	var out []float64
	for _, s := range strings.Fields(string(raw)) {
		v, err := strconv.ParseFloat(s, 64)
		require.NoError(t, err)
		out = append(out, v)
	}
	require.Len(t, out, 360*181)
	return out
}

func TestGRIBTemplatesEqualTheirReference(t *testing.T) {
	u, v := reference(t, "template_ugrd.csv.gz"), reference(t, "template_vgrd.csv.gz")
	for _, name := range []string{"template5_0.grib2", "template5_2.grib2", "template5_3.grib2"} {
		layers, notes, err := GRIB{}.Layers(context.Background(), gribData(t, name), 0, 0, 0, 0)
		require.NoError(t, err, name)
		require.Empty(t, notes)
		require.Len(t, layers, 2)
		require.False(t, layers[0].North)
		for i, want := range [][]float64{u, v} {
			l := layers[i]
			require.Equal(t, time.Date(2019, 1, 6, 18, 0, 0, 0, time.UTC), l.Valid, "12 UTC and six hours")
			require.Equal(t, []float64{-90, 1, 1}, []float64{l.Lat0, l.DLon, l.DLat})
			worst := 0.0
			for j := range l.NY {
				for k := range l.NX {
					lon, lat := l.Lon0+float64(k), l.Lat0+float64(j)
					ref := want[int(90-lat)*360+int(math.Mod(lon+360, 360))]
					worst = math.Max(worst, math.Abs(ref-float64(l.Values[j*l.NX+k])))
				}
			}
			require.Less(t, worst, 1e-4, "%s: m/s, the reference has five decimals", name)
		}
	}
}

func TestGRIBOfTheWorldCropped(t *testing.T) {
	path := gribData(t, "gfs.t00z.pgrb2.2p50.f000")
	whole, _, err := GRIB{}.Layers(context.Background(), path, 0, 0, 0, 0)
	require.NoError(t, err)
	require.Len(t, whole, 2, "of some 350 fields")
	at := func(l wind.Layer, lon, lat float64) float32 {
		i, j := math.Mod(lon-l.Lon0+720, 360)/l.DLon, (lat-l.Lat0)/l.DLat
		require.Less(t, i, float64(l.NX))
		return l.Values[int(j+0.5)*l.NX+int(i+0.5)]
	}
	for _, c := range [][4]float64{{115, 35, 118, 38}, {-1, 50, 1, 52}, {179, -11, -179, -9}, {-119, 33, -117, 35}} {
		part, _, err := GRIB{}.Layers(context.Background(), path, c[0], c[1], c[2], c[3])
		require.NoError(t, err, c)
		require.Less(t, part[0].NX*part[0].NY, 60)
		for _, p := range [][2]float64{{math.Floor(c[0]/2.5) * 2.5, math.Floor(c[1]/2.5) * 2.5}, {math.Ceil(c[2]/2.5) * 2.5, math.Ceil(c[3]/2.5) * 2.5}} {
			require.Equal(t, at(whole[0], p[0], p[1]), at(part[0], p[0], p[1]), "%v", p)
		}
		g, err := wind.Assemble("gfs", part)
		require.NoError(t, err)
		require.Len(t, g.Times, 1)
	}
}

// lambert writes u and v on a Lambert map with a GRIB writer, and marks them as along the grid when asked.
func lambert(t *testing.T, u, v []float32, n int, along bool) string {
	require.NoError(t, registerGRIB())
	const crs = "+proj=lcc +lat_1=30 +lat_2=60 +lat_0=38 +lon_0=110 +R=6371229 +units=m"
	sr, err := godal.NewSpatialRefFromProj4(crs)
	require.NoError(t, err)
	wkt, err := sr.WKT()
	require.NoError(t, err)
	dir := t.TempDir()
	var file []byte
	for i, f := range [][]float32{u, v} {
		tif, grb := filepath.Join(dir, "a.tif"), filepath.Join(dir, "a.grb2")
		gt := [6]float64{400e3, 10e3, 0, -100e3 + float64(n)*10e3, 0, -10e3}
		require.NoError(t, WriteGeoTIFF(tif, Raster{Width: n, Height: n, Bands: []any{f}, GeoTransform: &gt, CRS: wkt}))
		src, err := godal.Open(tif)
		require.NoError(t, err)
		// Momentum, u or v, 10 m above ground, six hours after 2026-04-01T00.
		number := strconv.Itoa(2 + i)
		out, err := src.Translate(grb, []string{"-of", "GRIB", "-co", "DISCIPLINE=0", "-co", "IDS_REF_TIME=2026-04-01T00:00:00Z", "-co", "PDS_PDTN=0",
			"-co", "PDS_TEMPLATE_ASSEMBLED_VALUES=2 " + number + " 2 0 96 0 0 1 6 103 0 10 255 0 0", "-co", "DATA_ENCODING=IEEE_FLOATING_POINT"})
		require.NoError(t, err)
		require.NoError(t, out.Close())
		require.NoError(t, src.Close())
		raw, err := os.ReadFile(grb)
		require.NoError(t, err)
		if along {
			for at := 16; at+4 < len(raw); at += int(binary.BigEndian.Uint32(raw[at:])) {
				if raw[at+4] == 3 {
					raw[at+46] |= alongGrid
					break
				}
			}
		}
		file = append(file, raw...)
	}
	path := filepath.Join(dir, "lambert.grib2")
	require.NoError(t, os.WriteFile(path, file, 0o644))
	return path
}

func TestGRIBOnALambertMap(t *testing.T) {
	const n = 60
	u, v := make([]float32, n*n), make([]float32, n*n)
	for i := range u {
		u[i], v[i] = 5, 0
	}
	// The convergence of the meridians: along the grid's x axis is turned by n (lon - lon0) from east.
	cone := math.Log(math.Cos(30*math.Pi/180)/math.Cos(60*math.Pi/180)) /
		math.Log(math.Tan(math.Pi/4+60*math.Pi/360)/math.Tan(math.Pi/4+30*math.Pi/360))
	for _, along := range []bool{false, true} {
		layers, _, err := GRIB{}.Layers(context.Background(), lambert(t, u, v, n, along), 116, 38.5, 117, 39.5)
		require.NoError(t, err)
		g, err := wind.Assemble("lambert", layers)
		require.NoError(t, err)
		require.Equal(t, time.Date(2026, 4, 1, 6, 0, 0, 0, time.UTC), g.Times[0])
		require.InDelta(t, 0.1, g.DLat, 0.03, "10 km")
		i, j := g.NX/2, g.NY/2
		a, b := float64(g.U[0][j*g.NX+i]), float64(g.V[0][j*g.NX+i])
		turn := 0.0
		if along {
			turn = cone * (g.Lon0 + float64(i)*g.DLon - 110) * math.Pi / 180
			require.Greater(t, math.Abs(turn), 0.05)
		}
		require.InDelta(t, 5*math.Cos(turn), a, 1e-2)
		require.InDelta(t, -5*math.Sin(turn), b, 2e-2, "east of the central meridian north leans to the west of the map's")
	}
	_, _, err := GRIB{}.Layers(context.Background(), lambert(t, u, v, n, true), 10, 50, 11, 51)
	require.True(t, upwind.IsRefusal(err), "%v", err)
	_, _, err = GRIB{}.Layers(context.Background(), lambert(t, u, v[:n*n], n, true), 0, 0, 0, 0)
	require.True(t, upwind.IsRefusal(err), "%v", err)
}

func TestGRIBRefusesInWords(t *testing.T) {
	whole, err := os.ReadFile(gribData(t, "template5_0.grib2"))
	require.NoError(t, err)
	long := bytes.Clone(whole)
	binary.BigEndian.PutUint32(long[16:], 1<<30)
	for name, raw := range map[string][]byte{
		"empty": {}, "text": []byte("no grib at all"), "edition": []byte("GRIB\x00\x00\x00\x09aaaaaaaaaaaaaaaaaaaaa"), "cut": whole[:len(whole)/3], "section": long,
	} {
		path := filepath.Join(t.TempDir(), name+".grib2")
		require.NoError(t, os.WriteFile(path, raw, 0o644))
		_, _, err := GRIB{}.Layers(context.Background(), path, 0, 0, 0, 0)
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.Contains(t, err.Error(), name+".grib2")
	}
	_, _, err = GRIB{}.Layers(context.Background(), "/vsicurl/http://localhost/x.grib2", 0, 0, 0, 0)
	require.True(t, upwind.IsRefusal(err))
	_, _, err = GRIB{}.Layers(context.Background(), t.TempDir(), 0, 0, 0, 0)
	require.True(t, upwind.IsRefusal(err))
}

func FuzzGRIBHeads(f *testing.F) {
	f.Add([]byte("GRIB\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x30\x00\x00\x00\x0e\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x05\x077777"))
	f.Add([]byte("GRIB\x00\x00\x40\x01\x00\x00\x1c\x00\x00\x00\x00\x80"))
	f.Fuzz(func(t *testing.T, b []byte) {
		heads, err := readGRIBHeads(bytes.NewReader(b), int64(len(b)), "fuzz")
		if err != nil && !upwind.IsRefusal(err) {
			t.Fatal(err)
		}
		if len(heads) > len(b) {
			t.Fatal("more fields than bytes")
		}
	})
}
