package product_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/product"
	"upwind/raster"
)

// in are files held in memory; those without text are pictures.
func in(files map[string]string) product.Files {
	f := product.Files{Open: func(name string) (io.ReadCloser, error) {
		if _, ok := files[name]; !ok {
			return nil, os.ErrNotExist
		}
		return io.NopCloser(strings.NewReader(files[name])), nil
	}}
	for n := range files {
		f.Names = append(f.Names, n)
	}
	return f
}

// safe is a real SAFE tree's metadata with pictures of our own names; change edits the product's own.
func safe(t *testing.T, tree string, change func(text, granule string) (string, string)) map[string]string {
	t.Helper()
	dir := filepath.Join("../../../shared/data/raster/sentinel2_safe_metadata", tree)
	if _, err := os.Stat(dir); err != nil {
		t.Skip("../shared/data is not here: skipped the real SAFE trees")
	}
	out := map[string]string{}
	key := "MTD_MSIL1C.xml"
	if strings.Contains(tree, "MSIL2A") {
		key = "MTD_MSIL2A.xml"
	}
	text, err := os.ReadFile(filepath.Join(dir, key))
	require.NoError(t, err)
	granules, err := filepath.Glob(filepath.Join(dir, "GRANULE/*/MTD_TL.xml"))
	require.NoError(t, err)
	granule, err := os.ReadFile(granules[0])
	require.NoError(t, err)
	for _, l := range strings.Split(string(text), "\n") {
		if _, name, ok := strings.Cut(l, "<IMAGE_FILE>"); ok {
			out[filepath.Base(strings.TrimSuffix(strings.TrimSpace(name), "</IMAGE_FILE>"))+".jp2"] = ""
		}
	}
	out[key], out["MTD_TL.xml"] = string(text), string(granule)
	if change != nil {
		out[key], out["MTD_TL.xml"] = change(out[key], out["MTD_TL.xml"])
	}
	return out
}

const (
	l1c = "S2A_MSIL1C_20210908T042701_N0301_R133_T46RER_20210908T070248.SAFE"
	l2a = "S2A_MSIL2A_20230625T234621_N0509_R073_T01WCP_20230626T022157.SAFE"
)

func band(t *testing.T, p product.Product, r raster.Role) product.Band {
	t.Helper()
	for _, b := range p.Bands {
		if b.Role == r {
			return b
		}
	}
	t.Fatalf("%s has no %s", p.Name, r)
	return product.Band{}
}

func TestSentinel2(t *testing.T) {
	p, err := product.Read(in(safe(t, l1c, nil)), "MTD_MSIL1C.xml")
	require.NoError(t, err)
	require.Equal(t, "Sentinel-2A MSI", p.Sensor)
	require.Equal(t, time.Date(2021, 9, 8, 4, 27, 1, 24e6, time.UTC), p.Acquired)
	require.Len(t, p.Bands, 6)
	red := band(t, p, raster.Red)
	require.Equal(t, "T46RER_20210908T042701_B04.jp2", red.File)
	require.InDelta(t, 1e-4, red.Scale, 1e-12)
	require.Zero(t, red.Offset, "before baseline 04.00")
	require.Equal(t, []float64{0, 65535}, red.NoData)
	require.Nil(t, p.Mask)
	require.Contains(t, p.Notes[0], "no mask of clouds")
	require.InDelta(t, 90-26.4931642669439, p.Sun.Elevation, 1e-9)
	require.InDelta(t, 142.987598836457, p.Sun.Azimuth, 1e-9)
	require.InDelta(t, 90-10.58, p.View.Elevation, 0.02)

	p, err = product.Read(in(safe(t, l2a, nil)), "MTD_MSIL2A.xml")
	require.NoError(t, err)
	red = band(t, p, raster.Red)
	require.Equal(t, "T01WCP_20230625T234621_B04_10m.jp2", red.File, "the finest")
	require.InDelta(t, -0.1, red.Offset, 1e-12)
	require.Equal(t, "T01WCP_20230625T234621_B11_20m.jp2", band(t, p, raster.SWIR1).File)
	require.Equal(t, "T01WCP_20230625T234621_SCL_20m.jp2", p.Mask.File)
	var bad []uint32
	for v := range uint32(12) {
		if p.Mask.Bad[0].Bad(v) {
			bad = append(bad, v)
		}
	}
	require.Equal(t, []uint32{0, 1, 3, 8, 9, 10, 11}, bad)
	// Forest: numbers 1300 in red and 4300 in near infrared. Without the offset its NDVI would be 0.54.
	nir := band(t, p, raster.NIR)
	r, n := red.Scale*1300+red.Offset, nir.Scale*4300+nir.Offset
	require.InDelta(t, 0.833, (n-r)/(n+r), 1e-3)
	require.InDelta(t, 0.03, r, 1e-9)
}

func TestSentinel2ThatContradictsItself(t *testing.T) {
	for _, c := range []struct {
		name, old, new, says string
	}{
		{"no offsets", "BOA_ADD_OFFSET", "BOA_OTHER", "state an offset of their numbers, and it does not"},
		{"baseline", "<PROCESSING_BASELINE>05.09", "<PROCESSING_BASELINE>03.00", "it says 03.00, the product's name 05.09"},
		{"no scale", "BOA_QUANTIFICATION_VALUE", "BOA_QUANTITY", "it should be a number"},
		{"scale 0", `<BOA_QUANTIFICATION_VALUE unit="none">10000`, `<BOA_QUANTIFICATION_VALUE unit="none">0`, "0 is no scale"},
		{"time", "<DATATAKE_SENSING_START>2023", "<DATATAKE_SENSING_START>soon", "it says no time"},
		{"cut", "</n1:Level-2A_User_Product>", "", "no whole XML document"},
		{"entities", "<n1:General_Info>", "<n1:General_Info>&lol;", "no whole XML document"},
	} {
		files := safe(t, l2a, func(text, granule string) (string, string) {
			require.Contains(t, text, c.old, c.name)
			return strings.ReplaceAll(text, c.old, c.new), granule
		})
		_, err := product.Read(in(files), "MTD_MSIL2A.xml")
		require.True(t, upwind.IsRefusal(err), "%s: %v", c.name, err)
		require.ErrorContains(t, err, c.says, c.name)
		require.ErrorContains(t, err, "MTD_MSIL2A.xml", c.name)
	}
	files := safe(t, l2a, nil)
	for n := range files {
		if strings.Contains(n, "_B11_") {
			delete(files, n)
		}
	}
	p, err := product.Read(in(files), "MTD_MSIL2A.xml")
	require.NoError(t, err)
	require.Len(t, p.Bands, 5)
	require.Contains(t, p.Notes[0], "the files of B11 are not there")
	for n := range files {
		if strings.HasSuffix(n, ".jp2") {
			delete(files, n)
		}
	}
	_, err = product.Read(in(files), "MTD_MSIL2A.xml")
	require.ErrorContains(t, err, "none of the bands that it names lies beside it")
}

// mtl writes a list of metadata by groups.
func mtl(groups ...string) string {
	out := "GROUP = LANDSAT_METADATA_FILE\n"
	for i := 0; i < len(groups); i += 2 {
		out += fmt.Sprintf("  GROUP = %s\n", groups[i])
		for _, l := range strings.Split(strings.TrimSpace(groups[i+1]), "\n") {
			out += "    " + strings.TrimSpace(l) + "\n"
		}
		out += fmt.Sprintf("  END_GROUP = %s\n", groups[i])
	}
	return out + "END_GROUP = LANDSAT_METADATA_FILE\nEND\n"
}

func TestLandsatSurfaceReflectance(t *testing.T) {
	const id = "LC08_L2SP_122035_20230418_20230429_02_T1"
	image := "SPACECRAFT_ID = \"LANDSAT_8\"\nSENSOR_ID = \"OLI_TIRS\"\nDATE_ACQUIRED = 2023-04-18\nSCENE_CENTER_TIME = \"02:54:11.1234560Z\"\nSUN_AZIMUTH = 138.5\nSUN_ELEVATION = 58.25"
	contents, sr, l1 := "PROCESSING_LEVEL = \"L2SP\"\nFILE_NAME_QUALITY_L1_PIXEL = \""+id+"_QA_PIXEL.TIF\"\n", "", ""
	files := map[string]string{id + "_QA_PIXEL.TIF": "", id + "_MTL.txt": ""}
	for b := 1; b <= 7; b++ {
		contents += fmt.Sprintf("FILE_NAME_BAND_%d = \"%s_SR_B%d.TIF\"\n", b, id, b)
		sr += fmt.Sprintf("REFLECTANCE_MULT_BAND_%d = 2.75e-05\nREFLECTANCE_ADD_BAND_%d = -0.2\n", b, b)
		l1 += fmt.Sprintf("REFLECTANCE_MULT_BAND_%d = 2.0000E-05\nREFLECTANCE_ADD_BAND_%d = -0.100000\n", b, b)
		files[fmt.Sprintf("%s_SR_B%d.TIF", id, b)] = ""
	}
	files[id+"_MTL.txt"] = mtl("PRODUCT_CONTENTS", contents, "IMAGE_ATTRIBUTES", image, "LEVEL1_RADIOMETRIC_RESCALING", l1, "LEVEL2_SURFACE_REFLECTANCE_PARAMETERS", sr)
	p, err := product.Read(in(files), id+"_MTL.txt")
	require.NoError(t, err)
	require.Equal(t, "Landsat 8 OLI TIRS", p.Sensor)
	require.Equal(t, time.Date(2023, 4, 18, 2, 54, 11, 123456000, time.UTC), p.Acquired)
	red := band(t, p, raster.Red)
	require.Equal(t, id+"_SR_B4.TIF", red.File)
	require.InDelta(t, 2.75e-5, red.Scale, 1e-12)
	require.InDelta(t, -0.2, red.Offset, 1e-12)
	require.Equal(t, id+"_SR_B6.TIF", band(t, p, raster.SWIR1).File)
	bad := p.Mask.Bad[0].Bad
	require.False(t, bad(21824), "clear land, as the archive writes it")
	require.False(t, bad(21952), "clear water")
	for _, v := range []uint32{1, 22280, 23888, 54596, 30048} { // fill, cloud, shadow, cirrus, snow
		require.True(t, bad(v), "%d", v)
	}
	files[id+"_MTL.txt"] = files[id+"_MTL.txt"][:300]
	_, err = product.Read(in(files), id+"_MTL.txt")
	require.ErrorContains(t, err, "it is cut short")
}

// TestLandsatNumbers checks reflectance at the top of the atmosphere: from the list's own factors, and from radiance where it has no others.
func TestLandsatNumbers(t *testing.T) {
	const id = "LT05_L1TP_122035_19990806_20161217_01_T1"
	image := "SPACECRAFT_ID = \"LANDSAT_5\"\nSENSOR_ID = \"TM\"\nDATE_ACQUIRED = 1999-08-06\nSCENE_CENTER_TIME = \"02:20:00.0000000Z\"\nSUN_AZIMUTH = 117.5\nSUN_ELEVATION = 30"
	names := "DATA_TYPE = \"L1TP\"\nFILE_NAME_BAND_QUALITY = \"q.TIF\"\n"
	files := map[string]string{"q.TIF": ""}
	factors, radiance := "", ""
	for _, b := range []int{1, 2, 3, 4, 5, 7} {
		names += fmt.Sprintf("FILE_NAME_BAND_%d = \"B%d.TIF\"\n", b, b)
		factors += fmt.Sprintf("REFLECTANCE_MULT_BAND_%d = 2.5E-03\nREFLECTANCE_ADD_BAND_%d = -0.004\n", b, b)
		radiance += fmt.Sprintf("RADIANCE_MULT_BAND_%d = 1.044\nRADIANCE_ADD_BAND_%d = -2.21\n", b, b)
		files[fmt.Sprintf("B%d.TIF", b)] = ""
	}
	files[id+"_MTL.txt"] = mtl("PRODUCT_METADATA", names+image, "RADIOMETRIC_RESCALING", factors+radiance)
	p, err := product.Read(in(files), id+"_MTL.txt")
	require.NoError(t, err)
	red := band(t, p, raster.Red)
	require.Equal(t, "B3.TIF", red.File)
	require.InDelta(t, 5e-3, red.Scale, 1e-12, "over the sine of 30 degrees")
	require.InDelta(t, -0.008, red.Offset, 1e-12)
	require.Equal(t, "B7.TIF", band(t, p, raster.SWIR2).File)
	require.True(t, p.Mask.Bad[0].Bad(1<<4))
	require.False(t, p.Mask.Bad[0].Bad(672), "clear")

	files[id+"_MTL.txt"] = mtl("PRODUCT_METADATA", names+image, "RADIOMETRIC_RESCALING", radiance)
	p, err = product.Read(in(files), id+"_MTL.txt")
	require.NoError(t, err)
	// pi L d^2 / (E sin h), d = 1.0144 on 6 August, E = 1536 in red, L = 1.044 x 60 - 2.21.
	red = band(t, p, raster.Red)
	require.InDelta(t, 3.14159265*(1.044*60-2.21)*1.0144*1.0144/(1536*0.5), red.Scale*60+red.Offset, 1e-4)

	files[id+"_MTL.txt"] = mtl("PRODUCT_METADATA", names+image)
	_, err = product.Read(in(files), id+"_MTL.txt")
	require.ErrorContains(t, err, "it states neither reflectance nor radiance")
}

const planetMeta = `<?xml version="1.0" encoding="UTF-8"?>
<ps:EarthObservation xmlns:ps="http://schemas.planet.com/ps/v1" xmlns:eop="e" xmlns:opt="o">
 <eop:acquisitionDateTime>2023-05-06T10:40:12.5+08:00</eop:acquisitionDateTime>
 <opt:illuminationElevationAngle uom="deg">61.5</opt:illuminationElevationAngle>
 <opt:illuminationAzimuthAngle uom="deg">122.25</opt:illuminationAzimuthAngle>
 %s
</ps:EarthObservation>`

func TestPlanet(t *testing.T) {
	coefficients := ""
	for b := 1; b <= 4; b++ {
		coefficients += fmt.Sprintf("<ps:bandSpecificMetadata><ps:bandNumber>%d</ps:bandNumber><ps:reflectanceCoefficient>%de-05</ps:reflectanceCoefficient></ps:bandSpecificMetadata>", b, b)
	}
	files := map[string]string{"20230506_024012_1_2403_3B_AnalyticMS.tif": "", "20230506_024012_1_2403_3B_udm2.tif": "",
		"20230506_024012_1_2403_3B_AnalyticMS_metadata.xml": fmt.Sprintf(planetMeta, coefficients)}
	p, err := product.Read(in(files), "20230506_024012_1_2403_3B_AnalyticMS_metadata.xml")
	require.NoError(t, err)
	require.Equal(t, time.Date(2023, 5, 6, 2, 40, 12, 5e8, time.UTC), p.Acquired)
	require.InDelta(t, 3e-5, band(t, p, raster.Red).Scale, 1e-15)
	require.Equal(t, 4, band(t, p, raster.NIR).Index)
	require.True(t, p.Mask.Bad[0].Bad(0))
	require.False(t, p.Mask.Bad[0].Bad(1))

	files = map[string]string{"20230506_024012_1_2403_3B_AnalyticMS_SR_8b.tif": "", "20230506_024012_1_2403_3B_AnalyticMS_8b_metadata.xml": fmt.Sprintf(planetMeta, "")}
	p, err = product.Read(in(files), "20230506_024012_1_2403_3B_AnalyticMS_8b_metadata.xml")
	require.NoError(t, err)
	require.Equal(t, 6, band(t, p, raster.Red).Index)
	require.Equal(t, 8, band(t, p, raster.NIR).Index)
	require.InDelta(t, 1e-4, band(t, p, raster.NIR).Scale, 1e-15)
	require.Contains(t, p.Notes[0], "no usable data mask")
}

func TestGaofen(t *testing.T) {
	const id = "GF1_PMS1_E116.0_N36.5_20230506_L1A0007265812-MSS1"
	meta := `<?xml version="1.0" encoding="utf-8"?><ProductMetaData><SatelliteID>GF1</SatelliteID><SensorID>PMS1</SensorID><CenterTime>2023-05-06 11:22:33</CenterTime>
<ProductLevel>LEVEL1A</ProductLevel><SolarAzimuth>150.1</SolarAzimuth><SolarZenith>25.5</SolarZenith><SatelliteZenith>87.5</SatelliteZenith></ProductMetaData>`
	files := map[string]string{id + ".xml": meta, id + ".tiff": "", id + ".rpb": "satId = \"GF1\";"}
	p, err := product.Read(in(files), id+".xml")
	require.NoError(t, err)
	require.Equal(t, "GF1 PMS1", p.Sensor)
	require.Equal(t, time.Date(2023, 5, 6, 3, 22, 33, 0, time.UTC), p.Acquired, "Beijing time in the file")
	require.Zero(t, band(t, p, raster.Red).Scale, "unscaled")
	require.Equal(t, 3, band(t, p, raster.Red).Index)
	require.Equal(t, id+".rpb", p.RPC)
	require.InDelta(t, 64.5, p.Sun.Elevation, 1e-9)
	require.Contains(t, p.Notes[0], "its numbers are raw")
}

func TestFind(t *testing.T) {
	rels := []string{"a/S2.SAFE/MTD_MSIL2A.xml", "a/S2.SAFE/GRANULE/L2A/MTD_TL.xml", "a/S2.SAFE/GRANULE/L2A/IMG_DATA/R10m/T50SMF_20230101T025111_B04_10m.jp2",
		"a/LC08_X_MTL.txt", "a/LC08_X_MTL.xml", "a/LC08_X_B4.TIF", "a/LC09_Y_B4.TIF", "readme.txt", "GF2_PMS1_E1_N1_1_L1A1-MSS1.xml", "GF2_PMS1_E1_N1_1_L1A1-MSS1.tiff", "GF2_PMS1_E1_N1_1_L1A1-PAN1.xml"}
	groups := product.Find(rels)
	require.Equal(t, []product.Group{{Key: 0, Members: []int{0, 1, 2}}, {Key: 3, Members: []int{3, 4, 5}}, {Key: 8, Members: []int{8, 9}}}, groups)
	require.True(t, product.IsMetadata([]byte("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><n1:Level-2A_User_Product xmlns:n1=\"x\">")))
	require.True(t, product.IsMetadata([]byte("GROUP = L1_METADATA_FILE\n")))
	require.False(t, product.IsMetadata([]byte("<?xml version=\"1.0\"?><html>")))
}

func TestRationalPolynomialsOfAFile(t *testing.T) {
	list := func(from float64) string {
		out := ""
		for i := range 20 {
			out += fmt.Sprintf("\t\t\t%.6e", from+float64(i))
			if i < 19 {
				out += ",\n"
			}
		}
		return out
	}
	text := "satId = \"GF1\";\nbandId = \"PAN\";\nSpecId = \"RPC00B\";\nBEGIN_GROUP = IMAGE\n\terrBias = 1.0;\n\terrRand = 0.0;\n\tlineOffset = 2280;\n\tsampOffset = 2288.5;\n\tlatOffset = 36.5;\n\tlongOffset = 116.0;\n\theightOffset = 35;\n" +
		"\tlineScale = 2281;\n\tsampScale = 2289;\n\tlatScale = 0.16;\n\tlongScale = 0.2;\n\theightScale = 500;\n" +
		"\tlineNumCoef = (\n" + list(0) + ");\n\tlineDenCoef = (\n" + list(100) + ");\n\tsampNumCoef = (\n" + list(200) + ");\n\tsampDenCoef = (\n" + list(300) + ");\nEND_GROUP = IMAGE\nEND;\n"
	r, err := product.Rational(in(map[string]string{"a.rpb": text}), "a.rpb")
	require.NoError(t, err)
	require.Equal(t, 2288.5, r.SampOff)
	require.Equal(t, 319.0, r.SampDen[19])
	require.Equal(t, 100.0, r.LineDen[0])
	_, err = product.Rational(in(map[string]string{"a.rpb": strings.Replace(text, "1.900000e+01", "", 1)}), "a.rpb")
	require.ErrorContains(t, err, "a.rpb, lineNumCoef: it should have 20 numbers, and has 19")
	_, err = product.Rational(in(map[string]string{"a.rpb": strings.Replace(text, "latScale = 0.16", "latScale = 0", 1)}), "a.rpb")
	require.ErrorContains(t, err, "latScale: it should be above 0")
}
