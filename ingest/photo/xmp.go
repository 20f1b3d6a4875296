package photo

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// Bounds of an XMP packet: a JPEG segment holds 64 KiB, and no drone writes more than a few hundred
// properties. A packet beyond them is read as far as they reach.
const (
	maxXMPBytes  = 4 << 20
	maxXMPTokens = 20000
	maxXMPDepth  = 16
)

// xmpFields reads an XMP packet into property name -> value, names without their prefix. A property may
// be an attribute of rdf:Description or an element in it; both forms occur among drones. Where a name
// comes twice the first one holds. Entities are not expanded: encoding/xml knows the five of XML and
// fails on any other.
func xmpFields(packet []byte) map[string]string {
	fields := map[string]string{}
	if len(packet) > maxXMPBytes {
		packet = packet[:maxXMPBytes]
	}
	dec := xml.NewDecoder(bytes.NewReader(packet))
	var path []string
	var text strings.Builder
	for range maxXMPTokens {
		tok, err := dec.RawToken()
		if err != nil {
			return fields
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) > maxXMPDepth {
				return fields
			}
			text.Reset()
			if t.Name.Local == "Description" {
				for _, a := range t.Attr {
					if a.Name.Space != "xmlns" && a.Name.Space != "rdf" {
						keep(fields, a.Name.Local, a.Value)
					}
				}
			}
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if n := len(path); n > 0 {
				if property := propertyOf(path); property != "" {
					keep(fields, property, text.String())
				}
				path = path[:n-1]
			}
			text.Reset()
		}
	}
	return fields
}

// propertyOf names the property that the element at the end of path gives a value: itself, or for a list
// item (rdf:Seq/rdf:li) the element around the list.
func propertyOf(path []string) string {
	n := len(path)
	switch {
	case n >= 2 && path[n-2] == "Description":
		return path[n-1]
	case n >= 4 && path[n-1] == "li" && path[n-4] == "Description":
		return path[n-3]
	}
	return ""
}

func keep(fields map[string]string, name, value string) {
	value = strings.TrimSpace(value)
	if _, twice := fields[name]; !twice && value != "" {
		fields[name] = value
	}
}
