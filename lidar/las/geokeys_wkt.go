package las

import (
	"fmt"
	"math"
	"strings"
)

// Methods of projection that keys define in full (OGC 19-008r4, annex C; code lists of GeoTIFF 1.0, section
// 6.3.3.3), with the keys of their parameters; a writer may use any key of a list.
var geoMethods = map[int]struct {
	name   string
	params []geoParam
}{
	1: {"Transverse_Mercator", []geoParam{{"latitude_of_origin", originLat}, {"central_meridian", originLong},
		{"scale_factor", []int{3092}}, {"false_easting", falseEasting}, {"false_northing", falseNorthing}}},
	8: {"Lambert_Conformal_Conic_2SP", []geoParam{{"standard_parallel_1", []int{3078}}, {"standard_parallel_2", []int{3079}},
		{"latitude_of_origin", originLat}, {"central_meridian", originLong}, {"false_easting", falseEasting}, {"false_northing", falseNorthing}}},
	11: {"Albers_Conic_Equal_Area", []geoParam{{"standard_parallel_1", []int{3078}}, {"standard_parallel_2", []int{3079}},
		{"latitude_of_center", originLat}, {"longitude_of_center", originLong}, {"false_easting", falseEasting}, {"false_northing", falseNorthing}}},
}

type geoParam struct {
	name string
	keys []int
}

// Natural origin, false origin and centre are used for one another.
var (
	originLong    = []int{3080, 3084, 3088}
	originLat     = []int{3081, 3085, 3089}
	falseEasting  = []int{3082, 3086, 3090}
	falseNorthing = []int{3083, 3087, 3091}
)

// geodetics are the systems that user-defined projections stand on most, with their ellipsoid.
var geodetics = map[int]struct {
	name, datum, ellipsoid string
	a, invF                float64
}{
	4326: {"WGS 84", "WGS_1984", "WGS 84", 6378137, 298.257223563},
	4490: {"China Geodetic Coordinate System 2000", "China_2000", "CGCS2000", 6378137, 298.257222101},
	4269: {"NAD83", "North_American_Datum_1983", "GRS 1980", 6378137, 298.257222101},
	4258: {"ETRS89", "European_Terrestrial_Reference_System_1989", "GRS 1980", 6378137, 298.257222101},
	4171: {"RGF93", "Reseau_Geodesique_Francais_1993", "GRS 1980", 6378137, 298.257222101},
}

// wkt is the text of a projection that the keys define themselves, as surveyors' own strips and cuts are. It
// is empty when the keys leave anything open, and where the unit is not the metre: writers disagree whether
// false eastings are then in metres.
func (k geoKeys) wkt(name string) string {
	m, known := geoMethods[k.short[keyMethod]]
	geog := k.geogcs()
	if a := k.short[keyAngularUnit]; !known || geog == "" || k.unit() != 1 || a != 0 && a != unitDegree || k.double[keyMeridian] != 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `PROJCS["%s",%s,PROJECTION["%s"]`, wktName(name), geog, m.name)
	for _, p := range m.params {
		v, stated := k.first(p.keys)
		if !stated || math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
		fmt.Fprintf(&b, `,PARAMETER["%s",%v]`, p.name, v)
	}
	b.WriteString(`,UNIT["metre",1]]`)
	return b.String()
}

func (k geoKeys) first(keys []int) (float64, bool) {
	for _, key := range keys {
		if v, ok := k.double[key]; ok {
			return v, true
		}
	}
	return 0, false
}

// unknownDatum marks a geodetic system that is only known by its ellipsoid.
const unknownDatum = `DATUM["unknown"`

// geogcs is the text of the geodetic system: a known one, or a user-defined one by its ellipsoid.
func (k geoKeys) geogcs() string {
	code := k.code(keyGeodeticCRS)
	g, known := geodetics[code]
	authority := fmt.Sprintf(`,AUTHORITY["EPSG","%d"]`, code)
	if !known {
		if code != 0 {
			return ""
		}
		authority = ""
		g.name, g.datum, g.ellipsoid = "user-defined", "unknown", "user-defined"
		g.a, g.invF = k.double[keySemiMajor], k.double[keyInvFlattening]
		if !(g.a > 6.3e6 && g.a < 6.4e6 && g.invF > 290 && g.invF < 310) { // an ellipsoid of the Earth, in metres
			return ""
		}
	}
	return fmt.Sprintf(`GEOGCS["%s",DATUM["%s",SPHEROID["%s",%v,%v]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]%s]`,
		g.name, g.datum, g.ellipsoid, g.a, g.invF, authority)
}

// wktName is a name that can stand in quotes.
func wktName(s string) string {
	if s = strings.ReplaceAll(s, `"`, `'`); s == "" {
		return "user-defined"
	}
	return s
}
