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
	keyProjectedCRS  = 3072
	keyProjectedCite = 3073
	keyLinearUnit    = 3076
	keyLinearSize    = 3077
	keyVerticalCRS   = 4096
	keyVerticalUnit  = 4099

	modelProjected  = 1
	modelGeographic = 2
	userDefined     = 32767
)

// US survey and international foot, m.
const (
	usFootM   = 1200.0 / 3937.0
	intlFootM = 0.3048
)

// linearUnits maps EPSG unit codes to metres.
var linearUnits = map[int]float64{9001: 1, 9002: intlFootM, 9003: usFootM, 9036: 1000}

// parseGeoKeys reads the key directory; ok is false when it says nothing about a reference system. Keys
// that point outside their records are skipped: real files have them.
func parseGeoKeys(dir, doubles, ascii []byte) (c CRS, ok bool) {
	le := binary.LittleEndian
	if len(dir) < 8 {
		return CRS{}, false
	}
	n := min(int(le.Uint16(dir[6:])), (len(dir)-8)/8)
	short := map[int]int{}
	text := map[int]string{}
	var linearSize float64
	for i := range n {
		e := dir[8+8*i:]
		key, where, count, val := int(le.Uint16(e)), le.Uint16(e[2:]), int(le.Uint16(e[4:])), int(le.Uint16(e[6:]))
		switch where {
		case 0:
			short[key] = val
		case recordGeoDoubles:
			if key == keyLinearSize && 8*val+8 <= len(doubles) {
				linearSize = math.Float64frombits(le.Uint64(doubles[8*val:]))
			}
		case recordGeoASCII:
			if val <= len(ascii) && count <= len(ascii)-val {
				text[key] = strings.TrimRight(cString(ascii[val:val+count]), "|")
			}
		}
	}
	code := func(key int) int {
		if v := short[key]; v > 0 && v != userDefined {
			return v
		}
		return 0
	}
	c = CRS{FromGeoTIFFKey: true, VerticalEPSG: code(keyVerticalCRS), VerticalUnitM: linearUnits[short[keyVerticalUnit]]}
	for _, k := range []int{keyProjectedCite, keyCitation, keyGeodeticCite} {
		if c.Name == "" {
			c.Name = text[k]
		}
	}
	_, projected := short[keyProjectedCRS]
	if short[keyModelType] == modelGeographic || short[keyModelType] == 0 && !projected && code(keyGeodeticCRS) != 0 {
		c.Geographic, c.EPSG = true, code(keyGeodeticCRS)
		return c, true
	}
	if short[keyModelType] != modelProjected && !projected {
		return CRS{}, false
	}
	c.EPSG, c.UnitM = code(keyProjectedCRS), linearUnits[short[keyLinearUnit]]
	if short[keyLinearUnit] == userDefined && linearSize > 0 && linearSize < 1e6 {
		c.UnitM = linearSize
	}
	return c, true
}
