package photo

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// gdalFields reads the EXIF items of TIFF tag 42112 (GDAL_METADATA), where GDAL keeps the EXIF of a JPEG
// it turned into a TIFF: <Item name="EXIF_GPSLatitude">(24) (40) (49.0009)</Item>.
func gdalFields(doc []byte) map[string]string {
	fields := map[string]string{}
	dec := xml.NewDecoder(bytes.NewReader(bytes.TrimRight(doc, "\x00")))
	name := ""
	var text strings.Builder
	for range maxXMPTokens {
		tok, err := dec.RawToken()
		if err != nil {
			return fields
		}
		switch t := tok.(type) {
		case xml.StartElement:
			name = ""
			text.Reset()
			for _, a := range t.Attr {
				if n, ok := strings.CutPrefix(a.Value, "EXIF_"); ok && a.Name.Local == "name" {
					name = n
				}
			}
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if name != "" {
				keep(fields, name, text.String())
			}
			name = ""
		}
	}
	return fields
}
