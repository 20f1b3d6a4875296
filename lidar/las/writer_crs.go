package las

import (
	"encoding/binary"
	"fmt"
)

// vlrs are the records of the reference system: GeoTIFF keys for formats 0-3, text for 6-8.
func (s Spec) vlrs() (raw []byte, n uint32, err error) {
	if s.Format >= 6 || s.WKT != "" {
		wkt := s.WKT
		if wkt == "" {
			if s.EPSG == 0 {
				return nil, 0, nil
			}
			if wkt = wktOf(s.EPSG); wkt == "" {
				return nil, 0, fmt.Errorf("las: point format %d needs the text of EPSG:%d in Spec.WKT", s.Format, s.EPSG)
			}
		}
		if len(wkt) >= 1<<16-1 {
			return nil, 0, fmt.Errorf("las: reference system of %d bytes", len(wkt))
		}
		raw, n = appendVLR(raw, projectionUser, recordWKT, append([]byte(wkt), 0)), 1
	}
	if s.Format < 6 && s.EPSG != 0 {
		if s.EPSG < 0 || s.EPSG >= userDefined {
			return nil, 0, fmt.Errorf("las: EPSG:%d does not fit a GeoTIFF key", s.EPSG)
		}
		model, key := uint16(modelProjected), uint16(keyProjectedCRS)
		if s.Geographic {
			model, key = modelGeographic, keyGeodeticCRS
		}
		keys := []uint16{1, 1, 0, 2, keyModelType, 0, 1, model, key, 0, 1, uint16(s.EPSG)}
		if !s.Geographic {
			keys[3] = 3
			keys = append(keys, keyLinearUnit, 0, 1, 9001)
		}
		var body []byte
		for _, k := range keys {
			body = binary.LittleEndian.AppendUint16(body, k)
		}
		raw = appendVLR(raw, projectionUser, recordGeoKeys, body)
		n++
	}
	return raw, n, nil
}

func appendVLR(dst []byte, user string, id uint16, body []byte) []byte {
	var h [vlrHeaderSize]byte
	copy(h[2:18], user)
	binary.LittleEndian.PutUint16(h[18:], id)
	binary.LittleEndian.PutUint16(h[20:], uint16(len(body)))
	return append(append(dst, h[:]...), body...)
}

// geogcsWKT is the text of a geodetic system that is in the table of those of GeoTIFF keys.
func geogcsWKT(epsg int) string {
	return geoKeys{short: map[int]int{keyGeodeticCRS: epsg}}.geogcs()
}

// wktOf knows WGS 84 and its UTM zones (EPSG:326zz, 327zz), and CGCS2000 and its Gauss-Kruger zones
// (EPSG:4491 to 4554: 6 and 3 degrees wide, each with and without the zone before the easting).
func wktOf(epsg int) string {
	if _, known := geodetics[epsg]; known {
		return geogcsWKT(epsg)
	}
	zone := epsg % 100
	switch {
	case epsg/100 == 326 && zone >= 1 && zone <= 60:
		return mercatorWKT(epsg, fmt.Sprintf("WGS 84 / UTM zone %dN", zone), 4326, zone*6-183, 0.9996, 500000, 0)
	case epsg/100 == 327 && zone >= 1 && zone <= 60:
		return mercatorWKT(epsg, fmt.Sprintf("WGS 84 / UTM zone %dS", zone), 4326, zone*6-183, 0.9996, 500000, 10000000)
	}
	for _, g := range []struct {
		first, last, width int
		zones              int // number of the first; 0: the easting has none
		name               string
	}{
		{4491, 4501, 6, 13, "Gauss-Kruger"}, {4502, 4512, 6, 0, "Gauss-Kruger"},
		{4513, 4533, 3, 25, "3-degree Gauss-Kruger"}, {4534, 4554, 3, 0, "3-degree Gauss-Kruger"},
	} {
		if epsg < g.first || epsg > g.last {
			continue
		}
		meridian, zone := 75+g.width*(epsg-g.first), g.zones+epsg-g.first
		if g.zones == 0 {
			return mercatorWKT(epsg, fmt.Sprintf("CGCS2000 / %s CM %dE", g.name, meridian), 4490, meridian, 1, 500000, 0)
		}
		return mercatorWKT(epsg, fmt.Sprintf("CGCS2000 / %s zone %d", g.name, zone), 4490, meridian, 1, zone*1000000+500000, 0)
	}
	return ""
}

func mercatorWKT(epsg int, name string, geodetic, meridian int, scale float64, east, north int) string {
	return fmt.Sprintf(`PROJCS["%s",%s,PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],`+
		`PARAMETER["central_meridian",%d],PARAMETER["scale_factor",%v],PARAMETER["false_easting",%d],`+
		`PARAMETER["false_northing",%d],UNIT["metre",1],AUTHORITY["EPSG","%d"]]`, name, geogcsWKT(geodetic), meridian, scale, east, north, epsg)
}
