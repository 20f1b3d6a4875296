package gdal_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/scan"
	"upwind/lidar/scan/format"
	"upwind/raster/gdal"
)

// sharedPath is a file of the real data, or a skip.
func sharedPath(t *testing.T, parts ...string) string {
	t.Helper()
	root := os.Getenv("UPWIND_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("skipped: no real data at %s", path)
	}
	return path
}

func openNetCDF(path string) (*scan.Scan, error) {
	return format.Open(context.Background(), format.Options{NetCDF: gdal.NetCDF{}}, path)
}

// The E-PROFILE file against what a-profiles, another program, read of it.
func TestEProfileEqualsAProfiles(t *testing.T) {
	s, err := openNetCDF(sharedPath(t, "aerosol", "eprofile", "L2_0-20000-006735_A20210908.nc"))
	require.NoError(t, err)
	require.Equal(t, []any{"e-profile", scan.Stare, 288, 257}, []any{s.Format, s.Kind, len(s.Rays), s.Channels[0].Bins})
	require.Equal(t, []any{910.0, scan.UnitBeta, 1327.0, true}, []any{s.Channels[0].WavelengthNM, s.Channels[0].Unit, s.Site.AltitudeM, s.Site.Placed})
	require.Equal(t, "2021-09-07T23:45:00Z", s.Rays[0].Start.Format("2006-01-02T15:04:05Z07:00"))
	require.Equal(t, "2021-09-07T23:50:00Z", s.Rays[0].Stop.Format("2006-01-02T15:04:05Z07:00"))
	t.Log(s.Site.Lon, s.Site.Lat, s.Notes)

	f, err := os.Open(sharedPath(t, "aerosol", "reference", "aprofiles_adelboden_LR50_iref5000m.csv"))
	require.NoError(t, err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	compared, worst, worstM := 0, 0.0, 0.0
	bin, last := 0, ""
	for _, row := range rows[1:] { // time_index, z_agl_m, attbsc_1e-6
		if row[0] != last {
			bin, last = 0, row[0]
		}
		i, err := strconv.Atoi(row[0])
		require.NoError(t, err)
		z, err := strconv.ParseFloat(row[1], 64)
		require.NoError(t, err)
		worstM = math.Max(worstM, math.Abs(s.Channels[0].RangeM(bin)-z))
		if want, err := strconv.ParseFloat(row[2], 64); err == nil && !math.IsNaN(want) {
			got := s.Rays[i].Values[0][bin] * 1e6
			worst = math.Max(worst, math.Abs(got-want)/math.Max(1e-3, math.Abs(want)))
			compared++
		}
		bin++
	}
	t.Logf("%d values compared: largest relative difference %.2g, largest difference of range %.2g m", compared, worst, worstM)
	require.Greater(t, compared, 1000)
	require.Less(t, worst, 1e-6)
	require.Less(t, worstM, 0.01)
}

// The samples written as classic netCDF and read through GDAL give the same scan as from memory.
func TestNetCDFLayoutsThroughGDAL(t *testing.T) {
	for layout, nc := range format.SampleNetCDF() {
		path := filepath.Join(t.TempDir(), "sample.nc")
		require.NoError(t, os.WriteFile(path, classic(nc), 0o600))
		got, err := openNetCDF(path)
		require.NoError(t, err, layout)
		memory := format.Bytes("sample.nc", classic(nc))
		memory.Path = path
		want, err := format.Read(context.Background(), []format.File{memory}, format.Options{NetCDF: nc})
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got), layout)
	}
}

// classic writes a file in the classic format (NetCDF Users Guide, appendix B): doubles and text attributes.
func classic(nc format.MemoryNetCDF) []byte {
	var dims []string
	sizes := map[string]int{}
	for _, v := range nc.Vars {
		for i, d := range v.Dims {
			if _, ok := sizes[d]; !ok {
				dims, sizes[d] = append(dims, d), v.Shape[i]
			}
		}
	}
	const tagDimension, tagVariable, tagAttribute, typeChar, typeDouble = 10, 11, 12, 2, 6
	var b bytes.Buffer
	u32 := func(v ...int) {
		for _, x := range v {
			_ = binary.Write(&b, binary.BigEndian, uint32(x))
		}
	}
	text := func(s string) {
		u32(len(s))
		b.WriteString(s + strings.Repeat("\x00", (4-len(s)%4)%4))
	}
	attributes := func(a map[string]string, fill bool) {
		var names []string
		for k := range a {
			names = append(names, k)
		}
		slices.Sort(names)
		if n := len(names); fill {
			u32(tagAttribute, n+1)
			text("_FillValue")
			u32(typeDouble, 1)
			_ = binary.Write(&b, binary.BigEndian, -999.0)
		} else if n == 0 {
			u32(0, 0)
		} else {
			u32(tagAttribute, n)
		}
		for _, k := range names {
			text(k)
			u32(typeChar)
			text(a[k])
		}
	}
	header := func(begin []int) {
		b.Reset()
		b.WriteString("CDF\x01")
		u32(0, tagDimension, len(dims))
		for _, d := range dims {
			text(d)
			u32(sizes[d])
		}
		attributes(nc.Attributes, false)
		u32(tagVariable, len(nc.Vars))
		for i, v := range nc.Vars {
			text(v.Name)
			u32(len(v.Dims))
			for _, d := range v.Dims {
				u32(slices.Index(dims, d))
			}
			attributes(v.Attributes, true)
			u32(typeDouble, 8*len(v.Values), begin[i])
		}
	}
	begin := make([]int, len(nc.Vars))
	header(begin)
	at := b.Len()
	for i, v := range nc.Vars {
		begin[i], at = at, at+8*len(v.Values)
	}
	header(begin)
	for _, v := range nc.Vars {
		for _, x := range v.Values {
			if math.IsNaN(x) {
				x = -999
			}
			_ = binary.Write(&b, binary.BigEndian, x)
		}
	}
	return b.Bytes()
}

func TestNetCDFRefusesInWords(t *testing.T) {
	dir := t.TempDir()
	sample := classic(format.SampleNetCDF()["cl61"])
	for name, body := range map[string]string{
		"a.nc": "CDF\x01", "b.nc": "\x89HDF\r\n\x1a\n", "c.nc": "not netCDF", "d.nc": "", "e.nc": string(sample[:300]), "f.nc": string(sample[:len(sample)-40]),
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(body), 0o600))
		_, err := openNetCDF(path)
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.ErrorContains(t, err, name)
		require.NotContains(t, err.Error(), dir, "people know the file by its name")
		t.Log(err)
	}
	_, err := gdal.NetCDF{}.OpenNetCDF(dir)
	require.True(t, upwind.IsRefusal(err))
	_, err = gdal.NetCDF{}.OpenNetCDF("/vsicurl/http://localhost/x.nc")
	require.True(t, upwind.IsRefusal(err))
	_, err = gdal.NetCDF{}.OpenNetCDF(filepath.Join(dir, "absent.nc"))
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = gdal.Open(filepath.Join(dir, "a.nc"))
	require.True(t, upwind.IsRefusal(err), "pictures are not read with it")
}

func TestHostileNetCDFIsRefused(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sharedPath(t, "hostile", "netcdf"), "*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, path := range files {
		_, err := openNetCDF(path)
		require.True(t, upwind.IsRefusal(err), "%s: %v", path, err)
		require.ErrorContains(t, err, filepath.Base(path))
		t.Log(err)
	}
}

func TestNetCDFFileAfterClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.nc")
	require.NoError(t, os.WriteFile(path, classic(format.SampleNetCDF()["cl61"]), 0o600))
	f, err := gdal.NetCDF{}.OpenNetCDF(path)
	require.NoError(t, err)
	v, err := f.Floats("range")
	require.NoError(t, err)
	require.Len(t, v, 6)
	units, ok := f.Attribute("range", "units")
	require.True(t, ok)
	require.Equal(t, "m", units)
	_, ok = f.Attribute("", "nothing")
	require.False(t, ok)
	_, err = f.Strings("range")
	require.True(t, upwind.IsRefusal(err))
	require.NoError(t, f.Close())
	require.NoError(t, f.Close())
	_, err = f.Floats("range")
	require.True(t, upwind.IsRefusal(err))
	_, ok = f.Attribute("range", "units")
	require.False(t, ok)
}

// The files of testdata are netCDF-4 whose variables lie elsewhere (raw data in /etc/passwd, external
// links, a virtual dataset) or promise far more than they hold; made with h5py 3.7.
func TestNetCDFStaysInItsFile(t *testing.T) {
	for _, name := range []string{"external.nc", "link.nc", "deep.nc", "virtual.nc"} {
		_, err := gdal.NetCDF{}.OpenNetCDF(filepath.Join("testdata", name))
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.ErrorContains(t, err, name+": some of its variables lie in other files")
	}
	f, err := gdal.NetCDF{}.OpenNetCDF(filepath.Join("testdata", "bomb.nc"))
	require.NoError(t, err)
	defer f.Close()
	_, err = f.Floats("z")
	require.ErrorContains(t, err, "promise 30000000 values")
	_, err = f.Floats("block")
	require.ErrorContains(t, err, "its blocks need more than 128 MiB each")
}
