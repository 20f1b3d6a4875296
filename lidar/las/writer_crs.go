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
		raw, n = appendVLR(raw, recordWKT, append([]byte(wkt), 0)), 1
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
		raw = appendVLR(raw, recordGeoKeys, body)
		n++
	}
	return raw, n, nil
}

func appendVLR(dst []byte, id uint16, body []byte) []byte {
	var h [vlrHeaderSize]byte
	copy(h[2:18], projectionUser)
	binary.LittleEndian.PutUint16(h[18:], id)
	binary.LittleEndian.PutUint16(h[20:], uint16(len(body)))
	return append(append(dst, h[:]...), body...)
}

const wgs84WKT = `GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]`

// wktOf knows WGS 84 and its UTM zones.
func wktOf(epsg int) string {
	zone, hemisphere, north := epsg%100, "N", 0
	switch epsg / 100 {
	case 326:
	case 327:
		hemisphere, north = "S", 10000000
	default:
		if epsg == 4326 {
			return wgs84WKT
		}
		return ""
	}
	if zone < 1 || zone > 60 {
		return ""
	}
	return fmt.Sprintf(`PROJCS["WGS 84 / UTM zone %d%s",%s,PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],`+
		`PARAMETER["central_meridian",%d],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],`+
		`PARAMETER["false_northing",%d],UNIT["metre",1],AUTHORITY["EPSG","%d"]]`, zone, hemisphere, wgs84WKT, zone*6-183, north, epsg)
}
