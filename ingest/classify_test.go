package ingest

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

func classifyFile(t testing.TB, path string) (Kind, error) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	st, err := f.Stat()
	require.NoError(t, err)
	return Classify(f, st.Size(), filepath.Base(path))
}

// TestClassifyHostile: every hostile file gets an answer, a kind or a refusal, in no time.
func TestClassifyHostile(t *testing.T) {
	kinds := map[Kind]int{}
	files, slowest := 0, time.Duration(0)
	err := filepath.WalkDir(sharedData(t, "hostile"), func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.IsDir() {
			return nil
		}
		files++
		start := time.Now()
		kind, err := classifyFile(t, path)
		if took := time.Since(start); took > slowest {
			slowest = took
		}
		if err != nil {
			require.True(t, upwind.IsRefusal(err), "%s: %v", path, err)
			require.Empty(t, kind)
		}
		kinds[kind]++
		return nil
	})
	require.NoError(t, err)
	t.Logf("%d files, slowest %v, kinds %v", files, slowest, kinds)
	require.Greater(t, files, 300)
	require.Less(t, slowest, 10*100*time.Millisecond) // 100 ms on a quiet machine
}

func TestClassifyHostileNames(t *testing.T) {
	dir := sharedData(t, "hostile")
	for name, want := range map[string]string{
		"synthetic/vrt_disguised_as.tif":                    "VRT",
		"synthetic/wms_ssrf.xml":                            "map service",
		"synthetic/billion_laughs.kml":                      "KML",
		"synthetic/deep.geojson":                            "nested deeper",
		"synthetic/huge_tile_32768_3band_deflate_trunc.tif": "pixels in 151 bytes",
		"synthetic/bomb_interlaced_30000sq_hdr.png":         "PNG",
		"synthetic/huge_baseline_65500.jpg":                 "JPEG",
		"raster/gdal__byte_truncated.tif":                   "cut off",
		"raster/gdal__huge4GB.tif":                          "TIFF",
		"lidar/PDAL__no-points.las":                         "no points",
	} {
		_, err := classifyFile(t, filepath.Join(dir, filepath.FromSlash(name)))
		require.Error(t, err, name)
		require.True(t, upwind.IsRefusal(err), name)
		require.Contains(t, err.Error(), want, name)
	}
}

func TestClassifyReal(t *testing.T) {
	dir := sharedData(t)
	for name, want := range map[string]Kind{
		"raster/drone_oblique/images/100_0005_0018.tif":            KindPhotoTIF,
		"raster/drone_oblique/odm_dem/dsm.tif":                     KindGeoTIFF,
		"raster/aerial_rgbnir/naip_m_4709963_se_14_1_20200831.tif": KindGeoTIFF,
		"raster/landsat5_clearing/lt5_dn_7band.tif":                KindGeoTIFF,
		"raster/drone_nadir/DJI_0024.JPG":                          KindPhoto,
		"raster/drone_thermal/DJI_H20T.jpg":                        KindPhoto,
		"raster/camera_sequence/img1.jpeg":                         KindPhoto,
		"raster/drone_earthworks/caliterra_ortho.png":              KindPNG,
		"pointcloud/isprs/samp51.las":                              KindLAS,
		"pointcloud/scenes/autzen_trim.laz":                        KindLAS,
		"pointcloud/formats/laspy/simple.copc.laz":                 KindLAS,
		"aerosol/licel/RM1120200.012":                              KindScan,
		"aerosol/halo/warsaw-2021-10-01-Stare_213_20211001_18.hpl": KindScan,
		"aerosol/savant/global_info_scann.ini":                     KindBeside,
		"city/liaocheng_counties_wgs84.geojson":                    KindGrid,
		"tracing/grib/template5_0.grib2":                           KindFields,
	} {
		kind, err := classifyFile(t, filepath.Join(dir, filepath.FromSlash(name)))
		require.NoError(t, err, name)
		require.Equal(t, want, kind, name)
	}
	for name, want := range map[string]string{
		"tracing/metec/releases.csv":                         "none of wind, readings or stations",
		"raster/sentinel2_series/LULC.gpkg":                  "GeoPackage",
		"tracing/openair/mydata.csv.gz":                      "gzip",
		"raster/spectral_indices/spectral-indices-dict.json": "no GeoJSON FeatureCollection",
	} {
		_, err := classifyFile(t, filepath.Join(dir, filepath.FromSlash(name)))
		require.True(t, upwind.IsRefusal(err), name)
		require.Contains(t, err.Error(), want, name)
	}
}

func TestClassifyTables(t *testing.T) {
	for text, want := range map[string]Kind{
		windHead + "\n":                      KindWind,
		"\xef\xbb\xbf" + windHead + "\r\n":   KindWind,
		"start_utc,id,speed_ms\n":            KindWind,
		readHead + "\n":                      KindReadings,
		"species,unit,value\n":               KindReadings,
		"id,name,kind,lon,lat,height_m,mn\n": KindStations,
		"date,hour,type,1001A,1002A\n":       KindCNEMC,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":1,"name":"a","kind":"stack"}}]}`: KindSites,
		`{"features":[{"properties":{"code":"371502","level":"county","name":"a"}}],"type":"FeatureCollection"}`:       KindGrid,
	} {
		kind, err := Classify(strings.NewReader(text), int64(len(text)), "x.dat")
		require.NoError(t, err, text)
		require.Equal(t, want, kind, text)
	}
	for text, want := range map[string]string{
		"":                   "empty",
		"   \n":              "blank",
		"hello world\n":      "plain text",
		"a,b,c\n1,2,3\n":     "none of wind, readings or stations",
		"\xff\xfes\x00t\x00": "UTF-16",
		"{}":                 "FeatureCollection",
		"[1,2]":              "FeatureCollection",
		`{"type":"FeatureCollection","features":[]}`:      "without features",
		`{"type":"Topology","features":[{}]}`:             "FeatureCollection",
		`{"type":"FeatureCollection","features":[{"a":1}`: "broken JSON",
		`{"a":` + strings.Repeat("[", 100):                "nested deeper",
		"\x00\x01\x02\x03":                                "no format",
		"<html><body>404</body></html>":                   "web page",
	} {
		_, err := Classify(strings.NewReader(text), int64(len(text)), "x.dat")
		require.True(t, upwind.IsRefusal(err), text)
		require.Contains(t, err.Error(), want, text)
	}
}

func FuzzClassify(f *testing.F) {
	f.Add([]byte(windHead))
	f.Add(tinyTIFF(true))
	f.Add(tinyPNG())
	f.Add([]byte("LASF"))
	f.Add([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 8})
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"properties":{"kind":1}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, err := Classify(bytes.NewReader(b), int64(len(b)), "fuzz")
		if (kind == "") == (err == nil) {
			t.Fatalf("kind %q with error %v", kind, err)
		}
		if err != nil && !upwind.IsRefusal(err) {
			t.Fatal(err)
		}
	})
}
