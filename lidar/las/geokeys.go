package las

import (
	"encoding/binary"
	"math"
	"strings"
)

// GeoTIFF keys (OGC 19-008r4, annex B).
const (
	keyModelType     = 1024 // 1 projected, 2 geographic, 3 geocentric
	keyCitation      = 1026
	keyGeodeticCRS   = 2048
	keyGeodeticCite  = 2049
	keySemiMajor     = 2057
	keyInvFlattening = 2059
	keyAngularUnit   = 2054
	keyMeridian      = 2061
	keyProjectedCRS  = 3072
	keyProjectedCite = 3073
	keyMethod        = 3075
	keyLinearUnit    = 3076
	keyLinearSize    = 3077
	keyVerticalCRS   = 4096
	keyVerticalUnit  = 4099

	modelProjected  = 1
	modelGeographic = 2
	unitMetre       = 9001
	unitDegree      = 9102
	userDefined     = 32767
)

// US survey and international foot, m.
const (
	usFootM   = 1200.0 / 3937.0
	intlFootM = 0.3048
)

// linearUnits maps EPSG unit codes to metres.
var linearUnits = map[int]float64{unitMetre: 1, 9002: intlFootM, 9003: usFootM, 9036: 1000}

// verticalUnits are the units of heights of vertical systems (EPSG), for files that state only the code:
// NGVD29, NAVD88 in three units, CGVD28 and CGVD2013, Yellow Sea 1956 and 1985, mean sea level, EGM96,
// EGM2008, and the national heights of Great Britain, France, Germany and the Netherlands.
var verticalUnits = map[int]float64{5702: usFootM, 5703: 1, 6360: usFootM, 8228: intlFootM, 5713: 1, 6647: 1, 5736: 1, 5737: 1, 5714: 1,
	5773: 1, 3855: 1, 5701: 1, 5720: 1, 5783: 1, 7837: 1, 5709: 1}

// geoKeys are the keys of one directory by the form of their value.
type geoKeys struct {
	short  map[int]int
	double map[int]float64
	text   map[int]string
}

// readGeoKeys reads the three records. Keys that point outside them are skipped: real files have them. Of a
// key that occurs twice the first counts.
func readGeoKeys(dir, doubles, ascii []byte) geoKeys {
	le := binary.LittleEndian
	k := geoKeys{map[int]int{}, map[int]float64{}, map[int]string{}}
	if len(dir) < 8 {
		return k
	}
	seen := map[int]bool{0: true} // padding
	for i := range min(int(le.Uint16(dir[6:])), (len(dir)-8)/8) {
		e := dir[8+8*i:]
		key, where, count, val := int(le.Uint16(e)), le.Uint16(e[2:]), int(le.Uint16(e[4:])), int(le.Uint16(e[6:]))
		if seen[key] {
			continue
		}
		seen[key] = true
		switch where {
		case 0:
			k.short[key] = val
		case recordGeoDoubles:
			if 8*val+8 <= len(doubles) {
				k.double[key] = math.Float64frombits(le.Uint64(doubles[8*val:]))
			}
		case recordGeoASCII:
			if val <= len(ascii) && count <= len(ascii)-val {
				k.text[key] = strings.TrimRight(cString(ascii[val:val+count]), "|")
			}
		}
	}
	return k
}

// code is a key's EPSG code; 0 when it has none.
func (k geoKeys) code(key int) int {
	if v := k.short[key]; v > 0 && v != userDefined {
		return v
	}
	return 0
}

// unit is the length of a unit of x and y, m; 0 when not stated.
func (k geoKeys) unit() float64 {
	if s := k.double[keyLinearSize]; k.short[keyLinearUnit] == userDefined && s > 0 && s < 1e6 {
		return s
	}
	return linearUnits[k.short[keyLinearUnit]]
}

// parseGeoKeys reads the key directory; ok is false when it says nothing about a reference system of degrees
// or of a map.
func parseGeoKeys(dir, doubles, ascii []byte) (c CRS, ok bool) {
	k := readGeoKeys(dir, doubles, ascii)
	c = CRS{FromGeoTIFFKey: true, VerticalEPSG: verticalEPSG(k.code(keyVerticalCRS)), VerticalUnitM: linearUnits[k.short[keyVerticalUnit]]}
	if _, stated := k.short[keyVerticalUnit]; !stated {
		c.VerticalUnitM = verticalUnits[c.VerticalEPSG]
	}
	for _, cite := range []int{keyProjectedCite, keyCitation, keyGeodeticCite} {
		if c.Name == "" {
			c.Name = k.text[cite]
		}
	}
	_, projected := k.short[keyProjectedCRS]
	model := k.short[keyModelType]
	if model == modelGeographic || model == 0 && !projected && k.code(keyGeodeticCRS) != 0 {
		if a := k.short[keyAngularUnit]; a != 0 && a != unitDegree && a != 9122 { // the same, named for any supplier
			return CRS{}, false
		}
		c.Geographic, c.EPSG = true, k.code(keyGeodeticCRS)
		return c, true
	}
	if model != modelProjected && !projected {
		return CRS{}, false
	}
	c.EPSG, c.UnitM = k.code(keyProjectedCRS), k.unit()
	if c.EPSG == 0 {
		c.WKT = k.wkt(c.Name)
	}
	return c, true
}

// verticalEPSG turns a vertical code of GeoTIFF 1.0 (its section 6.3.4.1) into one of EPSG: 5101 to 5106 are
// datums, which became systems 600 higher; 5001 to 5033 mean heights above an ellipsoid and have none.
func verticalEPSG(code int) int {
	switch {
	case code >= 5101 && code <= 5106:
		return code + 600
	case code >= 5001 && code <= 5033:
		return 0
	}
	return code
}
