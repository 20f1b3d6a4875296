package las

import "strings"

// Record ids of user LASF_Projection.
const (
	projectionUser   = "LASF_Projection"
	recordWKT        = 2112
	recordGeoKeys    = 34735
	recordGeoDoubles = 34736
	recordGeoASCII   = 34737
)

// CRS is the reference system a file states. The zero value means that it states none.
type CRS struct {
	EPSG           int     // horizontal system; 0 when no code is stated
	VerticalEPSG   int     // 0 when not stated
	Name           string  // as written
	WKT            string  // as written; empty when the file has GeoTIFF keys only
	Geographic     bool    // x and y are degrees
	UnitM          float64 // metres a unit of x and y; 0 when not stated, or degrees
	VerticalUnitM  float64 // metres a unit of z; 0 when not stated
	FromGeoTIFFKey bool
}

// Stated reports whether the file says anything that places it.
func (c CRS) Stated() bool { return c.EPSG != 0 || c.WKT != "" }

// findCRS prefers what the global encoding announces and falls back on the other form.
func (r *Reader) findCRS() CRS {
	var wkt string
	var dir, doubles, ascii []byte
	for _, v := range append(append([]VLR(nil), r.vlrs...), r.evlrs...) {
		if !strings.EqualFold(v.UserID, projectionUser) {
			continue
		}
		switch v.RecordID {
		case recordWKT:
			if s := strings.TrimRight(string(v.Data), "\x00 \n\r\t"); wkt == "" {
				wkt = s
			}
		case recordGeoKeys:
			dir = v.Data
		case recordGeoDoubles:
			doubles = v.Data
		case recordGeoASCII:
			ascii = v.Data
		}
	}
	keys, haveKeys := parseGeoKeys(dir, doubles, ascii)
	if wkt != "" && (r.h.GlobalEncoding&encodingWKT != 0 || !haveKeys) {
		c, err := ParseWKT(wkt)
		if err == nil {
			return c
		}
		r.warn("the reference system's text is not well formed: %v", err)
	}
	if haveKeys {
		return keys
	}
	return CRS{}
}
