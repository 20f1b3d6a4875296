package weather

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/scan/format"
	"upwind/tracing/wind"
)

// era5 is two hours on 4 x 3 points about 0 E, north first, as the Climate Data Store writes them. u counts the
// cells from the file's first on, v is minus that.
func era5() format.MemoryNetCDF {
	u, v := make([]float64, 24), make([]float64, 24)
	for i := range u {
		u[i], v[i] = float64(i), -float64(i)
	}
	units := func(s string) map[string]string { return map[string]string{"units": s} }
	field := []string{"valid_time", "latitude", "longitude"}
	return format.MemoryNetCDF{Vars: []format.MemoryVariable{
		{Name: "valid_time", Dims: []string{"valid_time"}, Shape: []int{2}, Values: []float64{1774998000, 1775001600}, Attributes: map[string]string{"units": "seconds since 1970-01-01", "calendar": "proleptic_gregorian"}},
		{Name: "latitude", Dims: []string{"latitude"}, Shape: []int{3}, Values: []float64{52, 51, 50}, Attributes: units("degrees_north")},
		{Name: "longitude", Dims: []string{"longitude"}, Shape: []int{4}, Values: []float64{358, 359, 0, 1}, Attributes: units("degrees_east")},
		{Name: "u10", Dims: field, Shape: []int{2, 3, 4}, Values: u, Attributes: units("m s**-1")},
		{Name: "v10", Dims: field, Shape: []int{2, 3, 4}, Values: v, Attributes: units("m s**-1")},
	}}
}

func netCDFFile(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "era5.nc")
	require.NoError(t, os.WriteFile(path, []byte("CDF\x01 stands in"), 0o644))
	return path
}

func TestNetCDFWind(t *testing.T) {
	g, notes, err := Fields{NetCDF: era5()}.Read(context.Background(), netCDFFile(t), 0, 0, 0, 0)
	require.NoError(t, err)
	require.Empty(t, notes)
	require.Equal(t, []float64{358, 50, 1, 1}, []float64{g.Lon0, g.Lat0, g.DLon, g.DLat})
	require.Equal(t, []time.Time{time.Date(2026, 3, 31, 23, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)}, g.Times)
	require.Equal(t, float32(8), g.U[0][0], "the southern row is the file's last")
	require.Equal(t, float32(0), g.U[0][2*4])
	require.Equal(t, float32(-23), g.V[1][3])

	part, _, err := Fields{NetCDF: era5()}.Read(context.Background(), netCDFFile(t), 0.2, 50.2, 0.4, 50.4)
	require.NoError(t, err)
	require.Less(t, part.NX*part.NY, 12)
}

func TestNetCDFWindByStandardNameAndHeight(t *testing.T) {
	n := era5()
	n.Vars[3].Name, n.Vars[4].Name = "uas", "vas"
	n.Vars[3].Attributes = map[string]string{"units": "m s-1", "standard_name": "eastward_wind", "coordinates": "height"}
	n.Vars[4].Attributes = map[string]string{"units": "m s-1", "standard_name": "northward_wind", "coordinates": "height"}
	n.Vars = append(n.Vars, format.MemoryVariable{Name: "height", Values: []float64{10}})
	_, _, err := Fields{NetCDF: n}.Read(context.Background(), netCDFFile(t), 0, 0, 0, 0)
	require.NoError(t, err)
	n.Vars[5].Values = []float64{100}
	_, _, err = Fields{NetCDF: n}.Read(context.Background(), netCDFFile(t), 0, 0, 0, 0)
	require.ErrorContains(t, err, "no u of the wind at 10 m")
}

func TestFieldsRefuseInWords(t *testing.T) {
	for want, spoil := range map[string]func(n *format.MemoryNetCDF){
		"its units are":          func(n *format.MemoryNetCDF) { n.Vars[3].Attributes["units"] = "knots" },
		"its calendar is":        func(n *format.MemoryNetCDF) { n.Vars[0].Attributes["calendar"] = "noleap" },
		"no u of the wind":       func(n *format.MemoryNetCDF) { n.Vars[3].Name = "u100" },
		"no even steps":          func(n *format.MemoryNetCDF) { n.Vars[1].Values[1] = 51.4 },
		"is no lat in degrees":   func(n *format.MemoryNetCDF) { n.Vars[3].Dims = []string{"valid_time", "longitude", "latitude"} },
		"has no time":            func(n *format.MemoryNetCDF) { n.Vars[0].Name = "t" },
		`are "fortnights`:        func(n *format.MemoryNetCDF) { n.Vars[0].Attributes["units"] = "fortnights since 1970-01-01" },
		"a wind of":              func(n *format.MemoryNetCDF) { n.Vars[3].Values[7] = 3000 },
		"more than one v of the": func(n *format.MemoryNetCDF) { n.Vars = append(n.Vars, n.Vars[4]); n.Vars[5].Name = "V10" },
		"this time twice":        func(n *format.MemoryNetCDF) { n.Vars[0].Values[1] = n.Vars[0].Values[0] },
	} {
		n := era5()
		spoil(&n)
		_, _, err := Fields{NetCDF: n}.Read(context.Background(), netCDFFile(t), 0, 0, 0, 0)
		require.True(t, upwind.IsRefusal(err), "%s: %v", want, err)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "era5.nc")
	}
	_, _, err := Fields{NetCDF: era5()}.Read(context.Background(), netCDFFile(t), 100, 30, 101, 31)
	require.ErrorContains(t, err, "does not cover")
	text := filepath.Join(t.TempDir(), "a.txt")
	require.NoError(t, os.WriteFile(text, []byte("wind"), 0o644))
	_, _, err = Fields{NetCDF: era5()}.Read(context.Background(), text, 0, 0, 0, 0)
	require.ErrorContains(t, err, "neither GRIB nor netCDF")
}

func TestSince(t *testing.T) {
	for s, want := range map[string]string{
		"hours since 1900-01-01 00:00:00.0":       "1900-01-01T00:00:00Z 1h0m0s",
		"Days since 2000-1-1":                     "2000-01-01T00:00:00Z 24h0m0s",
		"minutes since 2026-04-01T08:00:00+08:00": "2026-04-01T00:00:00Z 1m0s",
		"seconds since 1970-01-01 00:00:00 UTC":   "1970-01-01T00:00:00Z 1s",
		"hours since 2026-04-01 06:00:00":         "2026-04-01T06:00:00Z 1h0m0s",
		"weeks since 2026-04-01":                  "",
		"2026-04-01":                              "",
		"hours since the flood":                   "",
	} {
		at, unit, ok := since(s)
		got := ""
		if ok {
			got = at.Format(time.RFC3339) + " " + unit.String()
		}
		require.Equal(t, want, got, s)
	}
}

func FuzzSince(f *testing.F) {
	f.Add("hours since 1900-01-01 00:00:00.0")
	f.Fuzz(func(t *testing.T, s string) {
		if _, unit, ok := since(s); ok && unit <= 0 {
			t.Fatal(s)
		}
	})
}

var _ GRIB = onlyCounts{}

type onlyCounts struct{}

func (onlyCounts) Layers(context.Context, string, float64, float64, float64, float64) ([]wind.Layer, []string, error) {
	return nil, nil, nil
}

func TestGRIBWithoutWindIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.grib2")
	require.NoError(t, os.WriteFile(path, []byte("GRIB...."), 0o644))
	_, _, err := Fields{GRIB: onlyCounts{}}.Read(context.Background(), path, 0, 0, 0, 0)
	require.ErrorContains(t, err, "no wind at 10 m")
	require.True(t, IsField([]byte("GRIB")))
	require.False(t, IsField([]byte("start_utc,")))
}
