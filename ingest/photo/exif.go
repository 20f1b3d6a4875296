package photo

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"upwind/ingest/tiff"
)

// Tags of the EXIF and GPS directories (CIPA DC-008, EXIF 2.32) this program reads, by the names GDAL
// gives them in its metadata, so that one reader serves both.
var (
	exifTags = map[uint16]string{
		0x9003: "DateTimeOriginal", 0x9011: "OffsetTimeOriginal", 0x9010: "OffsetTime",
		0x920a: "FocalLength", 0xa002: "PixelXDimension", 0xa003: "PixelYDimension",
		0xa405: "FocalLengthIn35mmFilm",
	}
	gpsTags = map[uint16]string{
		1: "GPSLatitudeRef", 2: "GPSLatitude", 3: "GPSLongitudeRef", 4: "GPSLongitude",
		5: "GPSAltitudeRef", 6: "GPSAltitude", 7: "GPSTimeStamp", 29: "GPSDateStamp",
	}
	mainTags = map[uint16]string{
		tiff.Make: "Make", tiff.Model: "Model", tiff.DateTime: "DateTime", tiff.Orientation: "Orientation",
	}
)

// tiffFields reads the main, EXIF and GPS directories of a TIFF block. Numbers are written as GDAL writes
// them: "(24) (40) (49.0009)".
func tiffFields(d *tiff.Directory) map[string]string {
	fields := map[string]string{}
	take := func(d *tiff.Directory, names map[uint16]string) {
		for tag, name := range names {
			if v := tiffText(d, tag); v != "" {
				fields[name] = v
			}
		}
	}
	take(d, mainTags)
	if exif, ok := d.Sub(tiff.ExifIFD); ok {
		take(exif, exifTags)
	}
	if gps, ok := d.Sub(tiff.GPSIFD); ok {
		take(gps, gpsTags)
	}
	return fields
}

func tiffText(d *tiff.Directory, tag uint16) string {
	if !d.Has(tag) {
		return ""
	}
	if s, ok := d.ASCII(tag); ok {
		return s
	}
	var b strings.Builder
	for _, v := range d.Floats(tag, 3) {
		fmt.Fprintf(&b, "(%s) ", strconv.FormatFloat(v, 'g', -1, 64))
	}
	return strings.TrimSpace(b.String())
}

// numbers reads "(24) (40) (49.0009)", "+99.96", "0x00" or "24" as numbers.
func numbers(s string) ([]float64, bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == '(' || r == ')' || r == ' ' || r == ',' })
	out := make([]float64, 0, 3)
	for _, p := range parts {
		v, err := strconv.ParseFloat(p, 64)
		if err != nil {
			u, err := strconv.ParseUint(p, 0, 32)
			if err != nil {
				return nil, false
			}
			v = float64(u)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, false
		}
		out = append(out, v)
	}
	return out, len(out) > 0
}

// number is the first number of a field.
func number(fields map[string]string, names ...string) (float64, bool) {
	for _, n := range names {
		if s, ok := fields[n]; ok {
			if v, ok := numbers(s); ok {
				return v[0], true
			}
		}
	}
	return 0, false
}

// degrees reads an EXIF angle of degrees, minutes and seconds with its reference letter.
func degrees(fields map[string]string, name string, limit float64) (float64, bool) {
	v, ok := numbers(fields[name])
	if !ok {
		return 0, false
	}
	deg := 0.0
	for i, scale := range []float64{1, 60, 3600} {
		if i < len(v) {
			deg += v[i] / scale
		}
	}
	if ref := fields[name+"Ref"]; ref == "S" || ref == "W" {
		deg = -deg
	}
	return deg, math.Abs(deg) <= limit
}
