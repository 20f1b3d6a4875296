package las

import (
	"fmt"
	"math"
	"strings"
)

// Records of user LASF_Projection. libLAS, which older PDAL and LAStools files come from, keeps a copy of the
// text under its own name.
const (
	projectionUser   = "LASF_Projection"
	libLASUser       = "liblas"
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
	WKT            string  // as written, or put together from GeoTIFF keys that define a projection of their own
	Geographic     bool    // x and y are degrees
	UnitM          float64 // metres a unit of x and y; 0 when not stated, or degrees
	VerticalUnitM  float64 // metres a unit of z; 0 when not stated
	FromGeoTIFFKey bool    // the horizontal system is that of the GeoTIFF keys
}

// Stated reports whether the file says anything that places it.
func (c CRS) Stated() bool { return c.EPSG != 0 || c.WKT != "" }

// unitTolerance is how far two statements of one unit may differ: well below the 2e-6 between the US survey
// and the international foot, above the rounding of printed factors.
const unitTolerance = 1e-7

// sameUnit reports whether two units agree, or one is not stated.
func sameUnit(a, b float64) bool { return a == 0 || b == 0 || math.Abs(a/b-1) < unitTolerance }

// statements are the records of one file that may tell its reference system; the first of each kind counts.
type statements struct{ wkt, libLAS, dir, doubles, ascii []byte }

func (r *Reader) statements() (s statements) {
	places := map[uint16]*[]byte{recordWKT: &s.wkt, recordGeoKeys: &s.dir, recordGeoDoubles: &s.doubles, recordGeoASCII: &s.ascii}
	for _, v := range r.VLRs() {
		into := places[v.RecordID]
		switch {
		case strings.EqualFold(v.UserID, libLASUser) && v.RecordID == recordWKT:
			into = &s.libLAS
		case !strings.EqualFold(v.UserID, projectionUser):
			into = nil
		}
		if into != nil && *into == nil {
			*into = v.Data
		}
	}
	return s
}

// findCRS takes the form that the global encoding announces, the other where that one is missing, not
// readable or without a code, and fills from the other what the first leaves open.
func (r *Reader) findCRS() CRS {
	s := r.statements()
	keys, haveKeys := parseGeoKeys(s.dir, s.doubles, s.ascii)
	text, haveText := r.readWKT(s.wkt)
	if !haveText {
		text, haveText = r.readWKT(s.libLAS)
	}
	switch {
	case haveText && haveKeys:
		return r.reconcile(text, keys)
	case haveText:
		return text
	case haveKeys:
		if strings.Contains(keys.WKT, unknownDatum) {
			r.warn("the reference system's datum has no name; it is taken as that of WGS 84, which can be metres off")
		}
		return keys
	}
	return CRS{}
}

// readWKT reads a record of text; an empty one, also one of empty quotes, states nothing.
func (r *Reader) readWKT(b []byte) (CRS, bool) {
	wkt := strings.TrimRight(string(b), "\x00 \n\r\t")
	if strings.Trim(wkt, `'"`) == "" {
		return CRS{}, false
	}
	c, err := ParseWKT(wkt)
	if err != nil {
		r.warn("the reference system's text is not used: %v", err)
	}
	return c, err == nil
}

// reconcile joins two statements and says where they contradict.
func (r *Reader) reconcile(text, keys CRS) CRS {
	c, other, form := keys, text, "GeoTIFF keys are"
	if r.h.GlobalEncoding&encodingWKT != 0 || keys.EPSG == 0 { // what the writer put into words is better than what keys spell
		c, other, form = text, keys, "text is"
	}
	switch {
	case c.EPSG != 0 && other.EPSG != 0 && c.EPSG != other.EPSG:
		r.warn("the file states two reference systems, EPSG:%d as text and EPSG:%d as GeoTIFF keys; the %s used", text.EPSG, keys.EPSG, form)
		return c
	case c.Geographic != other.Geographic, !sameUnit(c.UnitM, other.UnitM):
		r.warn("the file states two reference systems, %s as text and %s as GeoTIFF keys; the %s used", text.kind(), keys.kind(), form)
		return c
	case !sameUnit(c.VerticalUnitM, other.VerticalUnitM):
		r.warn("the file states two units of z, %v m as text and %v m as GeoTIFF keys; the %s used", text.VerticalUnitM, keys.VerticalUnitM, form)
		return c
	}
	if c.EPSG == 0 && other.EPSG != 0 {
		c.EPSG = other.EPSG
	}
	if c.UnitM == 0 {
		c.UnitM = other.UnitM
	}
	if c.VerticalEPSG == 0 {
		c.VerticalEPSG = other.VerticalEPSG
	}
	if c.VerticalUnitM == 0 {
		c.VerticalUnitM = other.VerticalUnitM
	}
	return c
}

func (c CRS) kind() string {
	if c.Geographic {
		return "degrees"
	}
	if c.UnitM == 0 {
		return "a projection"
	}
	return fmt.Sprintf("a projection in units of %v m", c.UnitM)
}
