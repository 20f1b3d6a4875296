package las_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/las"
)

const usFoot = 1200.0 / 3937

// TestRealReferenceSystemsOfAll is every real file that states a system in a way of its own.
func TestRealReferenceSystemsOfAll(t *testing.T) {
	root := sharedData(t, "pointcloud")
	for _, c := range []struct {
		file           string
		epsg, vertical int
		unit, zUnit    float64
		geo, wkt       bool
		why            string
	}{
		{"formats/lasR/Example.las", 26917, 0, 1, 1, false, false, "keys"},
		{"formats/lasR/nocrs.las", 0, 0, 0, 0, false, false, "nothing stated"},
		{"formats/lasR/extra_byte.las", 0, 0, 1, 1, false, true, "a UTM zone spelled out in keys"},
		{"formats/lasR/las14_pdrf6.laz", 0, 0, 1, 1, false, true, "a compound system without codes, blanks before brackets"},
		{"formats/lasR/example.copc.laz", 26917, 0, 1, 0, false, true, "text"},
		{"formats/laspy/autzen.las", 2994, 0, 0.3048, 0, false, false, "keys and the same as libLAS text, in feet"},
		{"formats/laspy/append-bug.laz", 2154, 0, 1, 0, false, true, "text of version 2 beside a single key"},
		{"formats/laspy/fullwave.laz", 32723, 0, 1, 0, false, true, "text of version 2 with an ensemble"},
		{"formats/laspy/plane.laz", 0, 0, 1, 0, false, true, "a conic spelled out in keys"},
		{"formats/laspy/simple1_3.las", 0, 0, 0, 1, false, false, "a code in the place of a unit"},
		{"formats/laspy/simple.copc.laz", 2991, 6360, 1, 0.304800609601219, false, true, "metres across, feet up"},
		{"formats/pdal/test1_4.las", 2903, 5703, usFoot, 0, false, true, "a vertical system inside the horizontal, its foot of 1 m"},
		{"formats/pdal/autzen-bmx-2010.las", 2991, 6360, 1, 0.304800609601219, false, true, "without a closing zero"},
		{"formats/pdal/epsg_4326.las", 4326, 0, 0, 0, true, false, "degrees"},
		{"formats/pdal/no-points.las", 4269, 0, 0, 0, true, false, "degrees, NAD83"},
		{"formats/pdal/interesting.las", 0, 0, 0.3048, 0, false, true, "keys without a code, text of libLAS"},
		{"formats/pdal/lots_of_vlr.las", 0, 0, usFoot, 0, false, false, "a unit and no system"},
		{"formats/pdal/mvk-thin.las", 26995, 0, usFoot, usFoot, false, false, "feet under the code of a metric system"},
		{"formats/pdal/warsaw_small.las", 0, 0, 0, 0, false, false, "a text of two quotes"},
		{"formats/pdal/wontcompress3.las", 26919, 0, 1, 0, false, true, "text"},
		{"formats/laz-perf/1815.las", 6580, 5703, 1, 1, false, false, "keys with a vertical code"},
		{"formats/laz-perf/1815.laz", 6580, 5703, 0, 1, false, false, "codes only"},
		{"formats/laz-perf/point-time-1.4.las.laz", 26910, 0, 1, 0, false, true, "text in an old format"},
		{"formats/laz-rs/point-version-1-point-wise.las", 32128, 0, usFoot, 0, false, false, "feet under the code of a metric system"},
		{"formats/lidR/Megaplot.laz", 26917, 0, 1, 1, false, false, "keys"},
		{"scenes/Topography.laz", 2949, 0, 0, 0, false, false, "a single key"},
		{"scenes/autzen_trim.laz", 0, 0, 0.3048, 0, false, true, "keys without a code, text with a unit"},
		{"scenes/autzen_trim_pdrf7.laz", 0, 0, 0.3048, 0, false, true, "text with a unit, no code"},
		{"scenes/bcts_2.laz", 3005, 5713, 1, 1, false, false, "keys with a vertical code"},
		{"scenes/las_with_several_extra_byte_bloc.laz", 2154, 0, 1, 0, false, true, "text of version 2"},
	} {
		t.Run(c.file, func(t *testing.T) {
			r, err := openFile(t, filepath.Join(root, c.file))
			require.NoError(t, err)
			s := r.CRS()
			require.Equal(t, []int{c.epsg, c.vertical}, []int{s.EPSG, s.VerticalEPSG}, c.why)
			require.InDelta(t, c.unit, s.UnitM, 1e-12, c.why)
			require.InDelta(t, c.zUnit, s.VerticalUnitM, 1e-12, c.why)
			require.Equal(t, []bool{c.geo, c.wkt}, []bool{s.Geographic, s.WKT != ""}, c.why)
			require.Equal(t, c.epsg != 0 || c.wkt, s.Stated())
			require.NotContains(t, strings.Join(r.Warnings(), "\n"), "two reference systems")
		})
	}
}

func TestWKT(t *testing.T) {
	const utm = `PROJCS["WGS 84 / UTM zone 50N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],` +
		`PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]],PROJECTION["Transverse_Mercator"],UNIT["metre",1],AUTHORITY["EPSG","32650"]]`
	for _, c := range []struct {
		name, wkt      string
		epsg, vertical int
		unit, zUnit    float64
		geo            bool
	}{
		{"version 1", utm, 32650, 0, 1, 0, false},
		{"round brackets", strings.NewReplacer("[", "(", "]", ")").Replace(utm), 32650, 0, 1, 0, false},
		{"compound", `COMPD_CS["both",` + utm + `,VERT_CS["h",VERT_DATUM["d",2005],UNIT["foot",0.3048],AUTHORITY["EPSG","8228"]]]`, 32650, 8228, 1, 0.3048, false},
		{"ESRI's vertical behind a comma", `PROJCS["WGS_1984_UTM_Zone_50N",UNIT["Meter",1.0]],VERTCS["EGM96_Geoid",VDATUM["EGM96_Geoid"],UNIT["Foot_US",0.3048006096012192]]`,
			0, 0, 1, usFoot, false},
		{"version 2, units on axes", `PROJCRS["x",BASEGEOGCRS["WGS 84",ID["EPSG",4326]],CS[Cartesian,2],AXIS["(E)",east,LENGTHUNIT["metre",1]],ID["EPSG",32650]]`, 32650, 0, 1, 0, false},
		{"three axes", `PROJCRS["x",CS[Cartesian,3],AXIS["(E)",east,ORDER[1],LENGTHUNIT["foot",0.3048]],AXIS["(h)",up,ORDER[3],LENGTHUNIT["metre",1]]]`, 0, 0, 0.3048, 1, false},
		{"three axes, one unit", `PROJCRS["x",CS[Cartesian,3],AXIS["(E)",east],AXIS["(N)",north],AXIS["(h)",up],LENGTHUNIT["US survey foot",0.304800609601219]]`,
			0, 0, 0.304800609601219, 0.304800609601219, false},
		{"degrees and an ellipsoidal height", `GEOGCRS["CGCS2000",DATUM["d"],CS[ellipsoidal,3],AXIS["lat",north,ANGLEUNIT["degree",0.0174532925199433]],` +
			`AXIS["h",up,LENGTHUNIT["metre",1]],ID["EPSG",4480]]`, 4480, 0, 0, 1, true},
		{"bound", `BOUNDCRS[SOURCECRS[` + utm + `],TARGETCRS[GEOGCRS["WGS 84",ID["EPSG",4326]]],ABRIDGEDTRANSFORMATION["t"]]`, 32650, 0, 1, 0, false},
		{"bound inside a compound", `COMPOUNDCRS["c",BOUNDCRS[SOURCECRS[` + utm + `],TARGETCRS[GEOGCRS["WGS 84",ID["EPSG",4326]]]],VERTCRS["h",CS[vertical,1],AXIS["up",up],LENGTHUNIT["metre",1],ID["EPSG",5737]]]`,
			32650, 5737, 1, 1, false},
		{"quotes in a name", `PROJCS["the ""old"" yard, [1]",UNIT["metre",1]]`, 0, 0, 1, 0, false},
		{"a foot of one metre", `PROJCS["x",UNIT["US survey foot",1]]`, 0, 0, 0, 0, false},
		{"a metre of a foot", `PROJCS["x",UNIT["metre",0.3048]]`, 0, 0, 0, 0, false},
		{"a code of others", `PROJCS["x",UNIT["metre",1],AUTHORITY["ESRI","102100"]]`, 0, 0, 1, 0, false},
		{"infinite unit", `PROJCS["x",UNIT["odd",1e999]]`, 0, 0, 0, 0, false},
		{"NaN", `PROJCS["x",UNIT["odd",NaN]]`, 0, 0, 0, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := las.ParseWKT(c.wkt)
			require.NoError(t, err)
			require.Equal(t, []int{c.epsg, c.vertical}, []int{s.EPSG, s.VerticalEPSG})
			require.InDelta(t, c.unit, s.UnitM, 1e-12)
			require.InDelta(t, c.zUnit, s.VerticalUnitM, 1e-12)
			require.Equal(t, c.geo, s.Geographic)
			require.Equal(t, c.wkt, s.WKT)
		})
	}
	for name, wkt := range map[string]string{
		"geocentric":            `GEOCCS["WGS 84",UNIT["metre",1]]`,
		"geocentric, version 2": `GEODCRS["WGS 84",CS[Cartesian,3],AXIS["x",geocentricX],LENGTHUNIT["metre",1]]`,
		"a site's own":          `LOCAL_CS["plant grid",UNIT["metre",1]]`,
		"heights only":          `VERT_CS["h",UNIT["metre",1]]`,
		"grads":                 `GEOGCS["NTF (Paris)",UNIT["grad",0.01570796326794897],AUTHORITY["EPSG","4807"]]`,
		"open quote":            `PROJCS["x`,
		"doubled at the end":    `PROJCS["x""`,
		"compound of nothing":   `COMPD_CS["x"]`,
		"deep":                  strings.Repeat(`BOUNDCRS[SOURCECRS[`, 40),
	} {
		_, err := las.ParseWKT(wkt)
		require.Error(t, err, name)
	}
}

// keys writes a directory: key, value, key, value. A float64 goes into doubles, a string into ascii.
func keys(kv ...any) (dir, doubles, ascii []byte) {
	le := binary.LittleEndian
	for _, v := range []int{1, 1, 0, len(kv) / 2} {
		dir = le.AppendUint16(dir, uint16(v))
	}
	for i := 0; i < len(kv); i += 2 {
		entry := [4]uint16{uint16(kv[i].(int)), 0, 1}
		switch v := kv[i+1].(type) {
		case int:
			entry[3] = uint16(v)
		case float64:
			entry[1], entry[3] = 34736, uint16(len(doubles)/8)
			doubles = le.AppendUint64(doubles, math.Float64bits(v))
		case string:
			entry[1], entry[2], entry[3] = 34737, uint16(len(v)+1), uint16(len(ascii))
			ascii = append(append(ascii, v...), '|')
		}
		for _, e := range entry {
			dir = le.AppendUint16(dir, e)
		}
	}
	return dir, doubles, ascii
}

func withKeys(t testing.TB, dir, doubles, ascii []byte) *las.Reader {
	b := write(t, las.Spec{}, samplePoints(1))
	for id, body := range map[uint16][]byte{34735: dir, 34736: doubles, 34737: ascii} {
		b = withVLR(b, "LASF_Projection", id, body)
	}
	r, err := open(b)
	require.NoError(t, err)
	return r
}

func TestGeoKeys(t *testing.T) {
	tm := []any{1024, 1, 1026, "yard", 2048, 4490, 2054, 9102, 3072, 32767, 3075, 1, 3076, 9001, 3080, 117.0, 3081, 0.0, 3082, 5e5, 3083, 0.0, 3092, 1.0}
	with := func(kv ...any) []any { return append(kv, tm...) } // the first of a key counts
	for _, c := range []struct {
		name           string
		kv             []any
		epsg, vertical int
		unit, zUnit    float64
		geo            bool
		wkt            string // a part of it
	}{
		{"UTM", []any{1024, 1, 3072, 32650, 3076, 9001}, 32650, 0, 1, 0, false, ""},
		{"only the code", []any{3072, 4548}, 4548, 0, 0, 0, false, ""},
		{"only the geodetic code", []any{2048, 4490}, 4490, 0, 0, 0, true, ""},
		{"geographic, in grads", []any{1024, 2, 2048, 4807, 2054, 9105}, 0, 0, 0, 0, false, ""},
		{"geocentric", []any{1024, 3, 2048, 4978}, 0, 0, 0, 0, false, ""},
		{"a unit of its own", []any{1024, 1, 3072, 32767, 3076, 32767, 3077, 0.5}, 0, 0, 0.5, 0, false, ""},
		{"that unit is no number", []any{1024, 1, 3072, 32767, 3076, 32767, 3077, math.NaN()}, 0, 0, 0, 0, false, ""},
		{"vertical feet", []any{1024, 1, 3072, 32650, 3076, 9001, 4096, 6360, 4099, 9003}, 32650, 6360, 1, usFoot, false, ""},
		{"vertical code only", []any{1024, 1, 3072, 32650, 3076, 9001, 4096, 5737}, 32650, 5737, 1, 1, false, ""},
		{"vertical code of GeoTIFF 1.0", []any{1024, 1, 3072, 32650, 4096, 5103}, 32650, 5703, 0, 1, false, ""},
		{"above the ellipsoid", []any{1024, 1, 3072, 32650, 4096, 5030, 4099, 9001}, 32650, 0, 0, 1, false, ""},
		{"a projection spelled out", tm, 0, 0, 1, 0, false, `PROJCS["yard",GEOGCS["China Geodetic Coordinate System 2000"`},
		{"its meridian", tm, 0, 0, 1, 0, false, `PARAMETER["central_meridian",117]`},
		{"by its ellipsoid", with(2048, 32767, 2057, 6378137.0, 2059, 298.257222101), 0, 0, 1, 0, false, `DATUM["unknown",SPHEROID["user-defined",6.378137e+06,298.257222101]]`},
		{"with no ellipsoid", with(2048, 32767), 0, 0, 1, 0, false, ""},
		{"on another datum", with(2048, 4214), 0, 0, 1, 0, false, ""},
		{"in feet", with(3076, 9002), 0, 0, 0.3048, 0, false, ""},
		{"by a method not known", with(3075, 26), 0, 0, 1, 0, false, ""},
		{"with a part missing", tm[:len(tm)-2], 0, 0, 1, 0, false, ""},
		{"with a part infinite", with(3092, math.Inf(1)), 0, 0, 1, 0, false, ""},
		{"from Paris", with(2061, 2.337), 0, 0, 1, 0, false, ""},
		{"nothing", nil, 0, 0, 0, 0, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := withKeys(t, first(keys(c.kv...)), second(keys(c.kv...)), third(keys(c.kv...))).CRS()
			require.Equal(t, []int{c.epsg, c.vertical}, []int{s.EPSG, s.VerticalEPSG})
			require.InDelta(t, c.unit, s.UnitM, 1e-12)
			require.InDelta(t, c.zUnit, s.VerticalUnitM, 1e-12)
			require.Equal(t, c.geo, s.Geographic)
			require.Contains(t, s.WKT, c.wkt)
			require.Equal(t, c.wkt == "", s.WKT == "")
			if s.WKT != "" {
				again, err := las.ParseWKT(s.WKT)
				require.NoError(t, err)
				require.Equal(t, 1.0, again.UnitM)
			}
		})
	}
}

func first(a, _, _ []byte) []byte  { return a }
func second(_, b, _ []byte) []byte { return b }
func third(_, _, c []byte) []byte  { return c }

// TestTwoStatements: a file with text and keys.
func TestTwoStatements(t *testing.T) {
	text := func(epsg int, unit string) string {
		return fmt.Sprintf(`PROJCS["text",UNIT[%s],AUTHORITY["EPSG","%d"]]`, unit, epsg)
	}
	metre, foot := `"metre",1`, `"foot",0.3048`
	for _, c := range []struct {
		name, user, wkt string
		announced       bool // the header says text
		kv              []any
		epsg            int
		unit, zUnit     float64
		warn            string
	}{
		{"agreeing", "LASF_Projection", text(32650, metre), false, []any{1024, 1, 3072, 32650, 3076, 9001}, 32650, 1, 0, ""},
		{"two codes", "LASF_Projection", text(32650, metre), false, []any{1024, 1, 3072, 32651}, 32651, 0, 0, "EPSG:32650 as text and EPSG:32651 as GeoTIFF keys; the GeoTIFF keys are used"},
		{"two codes, text announced", "LASF_Projection", text(32650, metre), true, []any{1024, 1, 3072, 32651}, 32650, 1, 0, "the text is used"},
		{"two units", "LASF_Projection", text(0, foot), false, []any{1024, 1, 3072, 32650, 3076, 9001}, 32650, 1, 0, "two reference systems"},
		{"US and international foot", "LASF_Projection", text(0, foot), false, []any{1024, 1, 3072, 2903, 3076, 9003}, 2903, usFoot, 0, "two reference systems"},
		{"the unit is filled in", "LASF_Projection", text(32650, metre), false, []any{3072, 32650}, 32650, 1, 0, ""},
		{"the vertical unit is filled in", "LASF_Projection", text(32650, metre), true, []any{1024, 1, 3072, 32650, 4099, 9003}, 32650, 1, usFoot, ""},
		{"keys without a code", "LASF_Projection", text(32650, metre), false, []any{1024, 1, 3072, 32767, 3076, 9001}, 32650, 1, 0, ""},
		{"text not readable", "LASF_Projection", `PROJCS["x"`, true, []any{1024, 1, 3072, 32650, 3076, 9001}, 32650, 1, 0, "text is not used"},
		{"text of libLAS", "liblas", text(32650, metre), false, nil, 32650, 1, 0, ""},
		{"degrees against metres", "LASF_Projection", text(0, metre), false, []any{1024, 2, 2048, 4326}, 4326, 0, 0, "two reference systems"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := write(t, las.Spec{}, samplePoints(1))
			if c.announced {
				b[6] |= 1 << 4
			}
			b = withVLR(b, c.user, 2112, []byte(c.wkt+"\x00"))
			dir, doubles, ascii := keys(c.kv...)
			for id, body := range map[uint16][]byte{34735: dir, 34736: doubles, 34737: ascii} {
				b = withVLR(b, "LASF_Projection", id, body)
			}
			r, err := open(b)
			require.NoError(t, err)
			s := r.CRS()
			require.Equal(t, c.epsg, s.EPSG)
			require.InDelta(t, c.unit, s.UnitM, 1e-12)
			require.InDelta(t, c.zUnit, s.VerticalUnitM, 1e-12)
			if c.warn == "" {
				require.Empty(t, r.Warnings())
			} else {
				require.Contains(t, strings.Join(r.Warnings(), "\n"), c.warn)
			}
		})
	}
}

// sound reports what may never come out of a parser.
func sound(t *testing.T, c las.CRS) {
	for _, u := range []float64{c.UnitM, c.VerticalUnitM} {
		if !(u >= 0 && u < 1e6) {
			t.Fatalf("a unit of %v m", u)
		}
	}
	if c.EPSG < 0 || c.VerticalEPSG < 0 || c.EPSG >= 1<<20 || c.Geographic && c.UnitM != 0 {
		t.Fatalf("%+v", c)
	}
}

func FuzzWKT(f *testing.F) {
	f.Add(`PROJCS["a",GEOGCS["b",UNIT["degree",0.01745]],UNIT["metre",1],AUTHORITY["EPSG","32650"]],VERTCS["v",UNIT["Foot_US",0.3048]]`)
	f.Add(`COMPOUNDCRS["c",BOUNDCRS[SOURCECRS[PROJCRS["x",CS[Cartesian,3],AXIS["h",up,LENGTHUNIT["metre",1]]]]],VERTCRS["h ""q""",LENGTHUNIT["metre",1]]]`)
	f.Add(`GEOGCRS["g",ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",4326]]`)
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := las.ParseWKT(s); err == nil {
			sound(t, c)
		}
	})
}

func FuzzGeoKeys(f *testing.F) {
	for _, kv := range [][]any{
		{1024, 1, 1026, "yard", 2048, 32767, 2057, 6378137.0, 2059, 298.25, 3072, 32767, 3075, 1, 3076, 9001, 3080, 117.0, 3081, 0.0, 3082, 5e5, 3083, 0.0, 3092, 1.0},
		{1024, 2, 2048, 4326, 2054, 9102, 4096, 5703},
	} {
		dir, doubles, ascii := keys(kv...)
		f.Add(dir, doubles, ascii)
	}
	f.Fuzz(func(t *testing.T, dir, doubles, ascii []byte) {
		if len(dir)+len(doubles)+len(ascii) > 1<<16 {
			return
		}
		c := withKeys(t, dir, doubles, ascii).CRS()
		sound(t, c)
		if c.WKT != "" {
			again, err := las.ParseWKT(c.WKT)
			if err != nil || again.UnitM != 1 || !bytes.Contains([]byte(c.WKT), []byte("PROJECTION")) {
				t.Fatalf("%v of %s", err, c.WKT)
			}
		}
	})
}
