package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/raster/gdal"
)

// safeMeta is the metadata of a level 2A product of baseline 05.09, reduced to what says something about pixels.
const safeMeta = `<?xml version="1.0" encoding="UTF-8"?>
<n1:Level-2A_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/User_Product_Level-2A.xsd"><n1:General_Info><Product_Info>
<PRODUCT_URI>S2A_MSIL2A_20230506T025541_N0509_R032_T50SMF_20230506T070000.SAFE</PRODUCT_URI><PROCESSING_BASELINE>05.09</PROCESSING_BASELINE>
<Datatake datatakeIdentifier="x"><SPACECRAFT_NAME>Sentinel-2A</SPACECRAFT_NAME><DATATAKE_SENSING_START>2023-05-06T02:55:41.024Z</DATATAKE_SENSING_START></Datatake>
<Product_Organisation><Granule_List><Granule>%s</Granule></Granule_List></Product_Organisation></Product_Info>
<Product_Image_Characteristics><Special_Values><SPECIAL_VALUE_TEXT>NODATA</SPECIAL_VALUE_TEXT><SPECIAL_VALUE_INDEX>0</SPECIAL_VALUE_INDEX></Special_Values>
<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE></QUANTIFICATION_VALUES_LIST>
<BOA_ADD_OFFSET_VALUES_LIST>%s</BOA_ADD_OFFSET_VALUES_LIST></Product_Image_Characteristics></n1:General_Info></n1:Level-2A_User_Product>`

// writeSAFE writes a product of 6 x 6 km: fields with a parcel of bare soil of 60 ha at (1, 1) km, another under a cloud at (4, 4) km.
func writeSAFE(t *testing.T, dir string) string {
	t.Helper()
	root := filepath.Join(dir, "S2A_MSIL2A_20230506T025541_N0509_R032_T50SMF_20230506T070000.SAFE")
	soil, field := map[string]float64{"B02": 0.12, "B03": 0.16, "B04": 0.21, "B08": 0.28, "B11": 0.35}, map[string]float64{"B02": 0.04, "B03": 0.08, "B04": 0.05, "B08": 0.40, "B11": 0.20}
	rng := rand.New(rand.NewPCG(2, 2))
	images, offsets := "", ""
	for _, band := range []string{"B02", "B03", "B04", "B08", "B11", "SCL"} {
		gsd := 10
		if band == "B11" || band == "SCL" {
			gsd = 20
		}
		n := 6000 / gsd
		px := make([]uint16, n*n)
		for i := range px {
			x, y := i%n*gsd, i/n*gsd
			bare := x >= 1000 && x < 2000 && y >= 1000 && y < 1600 || x >= 4000 && x < 5000 && y >= 4000 && y < 4600
			cloud := x >= 3500 && y >= 3500
			v := field[band]
			switch {
			case cloud && band == "SCL":
				px[i] = 9
			case band == "SCL":
				px[i] = 4
			default:
				if bare {
					v = soil[band]
				}
				px[i] = uint16(1000 + 10000*v*(1+0.012*rng.NormFloat64()))
			}
		}
		rel := fmt.Sprintf("GRANULE/L2A_T50SMF/IMG_DATA/R%dm/T50SMF_20230506T025541_%s_%dm", gsd, band, gsd)
		images += "<IMAGE_FILE>" + rel + "</IMAGE_FILE>"
		require.NoError(t, os.MkdirAll(filepath.Join(root, filepath.Dir(rel)), 0o755))
		gt := [6]float64{400000, float64(gsd), 0, 4050000, 0, -float64(gsd)}
		require.NoError(t, gdal.WriteGeoTIFF(filepath.Join(root, rel+".tif"), gdal.Raster{Width: n, Height: n, Bands: []any{px}, GeoTransform: &gt, CRS: "EPSG:32650"}))
	}
	for id := range 13 {
		offsets += fmt.Sprintf(`<BOA_ADD_OFFSET band_id="%d">-1000</BOA_ADD_OFFSET>`, id)
	}
	require.NoError(t, os.WriteFile(filepath.Join(root, "MTD_MSIL2A.xml"), fmt.Appendf(nil, safeMeta, images, offsets), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(root, "manifest.safe"), []byte("<xfdu/>"), 0o644))
	return root
}

// TestSatelliteProduct looks at a product by its folder and by its key, and hands it in as a zip: the offset is taken off, the grid is that of 10 m, and what
// lies under the cloud is not seen.
func TestSatelliteProduct(t *testing.T) {
	dir := t.TempDir()
	root := writeSAFE(t, dir)
	parcel := func(file string) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var doc detectDocument
		require.NoError(t, json.Unmarshal(text, &doc))
		require.Len(t, doc.Detections, 1)
		require.InEpsilon(t, 6e5, doc.Detections[0].Measures[upwind.AreaM2].Value, 0.02)
		require.Equal(t, "2023-05-06T02:55:41Z", doc.Detections[0].ObservedAt.Format("2006-01-02T15:04:05Z"))
	}
	out, mask := filepath.Join(dir, "soil.json"), filepath.Join(dir, "mask.tif")
	o := must(t, "detect", "--kind", "bare-soil", "--mask", mask, "-o", out, root)
	require.Contains(t, o.stderr, "Sentinel-2A MSI L2A, blue is B02, green is B03, red is B04, nir is B08, swir1 is B11")
	require.Contains(t, o.stderr, "the files of B12 are not there")
	parcel(out)
	m, err := gdal.Open(mask)
	require.NoError(t, err)
	require.Equal(t, 600, m.Info().Width)
	require.InDelta(t, 10, m.Info().GSDM, 0.1)
	require.NoError(t, m.Close())
	must(t, "detect", "--kind", "bare-soil", "-o", out, filepath.Join(root, "MTD_MSIL2A.xml"))
	parcel(out)

	packed := filepath.Join(dir, "product.zip")
	f, err := os.Create(packed)
	require.NoError(t, err)
	z := zip.NewWriter(f)
	require.NoError(t, filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		w, err := z.Create(filepath.ToSlash(rel))
		if err != nil {
			return err
		}
		in, err := os.Open(p)
		if err != nil {
			return err
		}
		defer in.Close()
		_, err = io.Copy(w, in)
		return err
	}))
	require.NoError(t, z.Close())
	require.NoError(t, f.Close())
	data := filepath.Join(dir, "data")
	o = must(t, "ingest", "--data", data, packed)
	require.Contains(t, o.stdout+o.stderr, "1 accepted")
	o = must(t, "ingest", "--data", data, root)
	require.Contains(t, o.stdout+o.stderr, "duplicate", "the same product from its folder")
	must(t, "run", "--once", "--data", data)
	found := candidatesOf(t, data)
	require.Len(t, found, 1)
	require.Equal(t, upwind.TargetBareSoil, found[0].Kind)

	// Without its metadata nobody knows the offset.
	require.NoError(t, os.Remove(filepath.Join(root, "MTD_MSIL2A.xml")))
	o = upwindDo(t, "detect", "--kind", "bare-soil", root)
	require.NotZero(t, o.code)
	// Bands of another grid.
	root = writeSAFE(t, filepath.Join(dir, "second"))
	b11 := strings.Replace(filepath.Join(root, "GRANULE/L2A_T50SMF/IMG_DATA/R20m/T50SMF_20230506T025541_B11_20m.tif"), "\\", "/", -1)
	gt := [6]float64{400007, 20, 0, 4050000, 0, -20}
	require.NoError(t, gdal.WriteGeoTIFF(b11, gdal.Raster{Width: 300, Height: 300, Bands: []any{make([]uint16, 300*300)}, GeoTransform: &gt, CRS: "EPSG:32650"}))
	o = upwindDo(t, "detect", "--kind", "bare-soil", root)
	require.NotZero(t, o.code)
	require.Contains(t, o.stderr, "B11_20m.tif: its upper left corner is not that of")
}
