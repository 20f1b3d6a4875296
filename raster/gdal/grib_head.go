package gdal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"

	"upwind"
)

// gribHead is what GDAL does not tell of a field: how its grid is laid and which way its components point.
type gribHead struct {
	grid      uint64 // hash of the grid's definition
	even      bool   // even longitudes and latitudes
	projected bool   // Mercator, polar stereographic or Lambert conformal
	along     bool   // components are along the grid: resolution and component flags, bit 5
}

// along is bit 5 of the resolution and component flags (WMO manual on codes, flag table 3.3, and table 7 of GRIB1).
const alongGrid = 0x08

const maxGRIBSection = 1 << 16 // bytes of a grid's definition that are looked at

// scanGRIB walks over the messages of a file and gives a head a field, in the order in which GDAL numbers bands.
func scanGRIB(abs, name string) ([]gribHead, error) {
	st, err := os.Stat(abs)
	if err != nil {
		return nil, fmt.Errorf("gdal: %w", err)
	}
	if !st.Mode().IsRegular() {
		return nil, upwind.Refuse(name, "", "this is not a plain file", "")
	}
	f, err := os.Open(abs)
	if err != nil {
		return nil, fmt.Errorf("gdal: %w", err)
	}
	defer f.Close()
	return readGRIBHeads(f, st.Size(), name)
}

func readGRIBHeads(r io.ReaderAt, size int64, name string) ([]gribHead, error) {
	var out []gribHead
	for at := int64(0); at < size; {
		var b [16]byte
		if n, err := r.ReadAt(b[:], at); err != nil && !errors.Is(err, io.EOF) {
			return nil, upwind.Passing(fmt.Errorf("gdal: reading %s: %w", name, err))
		} else if n < 8 || string(b[:4]) != "GRIB" {
			if at == 0 {
				return nil, upwind.Refuse(name, "", "the content is not that of a GRIB file", "hand in GRIB1 or GRIB2")
			}
			// Padding between or after the messages.
			next, ok := nextGRIB(r, at, size)
			if !ok {
				break
			}
			at = next
			continue
		}
		var heads []gribHead
		var length int64
		var err error
		switch b[7] {
		case 1:
			length = int64(b[4])<<16 | int64(b[5])<<8 | int64(b[6])
			heads, err = grib1Head(r, at, length, name)
		case 2:
			length = int64(binary.BigEndian.Uint64(b[8:]))
			heads, err = grib2Heads(r, at, length, name)
		default:
			return nil, upwind.Refuse(name, fmt.Sprintf("byte %d", at), fmt.Sprintf("GRIB edition %d is not known", b[7]), "hand in GRIB1 or GRIB2")
		}
		if err != nil {
			return nil, err
		}
		if length < 16 || length > size-at {
			return nil, upwind.Refuse(name, fmt.Sprintf("byte %d", at), fmt.Sprintf("a message of %d bytes does not fit", length), "the file is cut short or damaged; hand it in again")
		}
		if out = append(out, heads...); len(out) > maxGRIBBands {
			return nil, upwind.Refuse(name, "", fmt.Sprintf("it holds more than %d fields", maxGRIBBands), "cut the wind at 10 m out of it")
		}
		at += length
	}
	return out, nil
}

// nextGRIB looks for the next message within a little padding.
func nextGRIB(r io.ReaderAt, at, size int64) (int64, bool) {
	const most = 1 << 16
	b := make([]byte, min(most, size-at))
	n, _ := r.ReadAt(b, at) // what could be read is looked at
	for i := 1; i+4 <= n; i++ {
		if string(b[i:i+4]) == "GRIB" {
			return at + int64(i), true
		}
	}
	return 0, false
}

func damaged(name string, at int64) error {
	return upwind.Refuse(name, fmt.Sprintf("byte %d", at), "the sections of a message do not fit into it", "the file is cut short or damaged; hand it in again")
}

// grib2Heads walks over the sections of a message: 3 defines a grid, and each 7 ends a field.
func grib2Heads(r io.ReaderAt, start, length int64, name string) (out []gribHead, err error) {
	var head gribHead
	end := start + length - 4 // the closing 7777
	for at := start + 16; at < end; {
		var b [5]byte
		if _, err := r.ReadAt(b[:], at); err != nil {
			return nil, damaged(name, at)
		}
		n := int64(binary.BigEndian.Uint32(b[:]))
		if n < 5 || n > end-at {
			return nil, damaged(name, at)
		}
		switch b[4] {
		case 3:
			s := make([]byte, min(n, maxGRIBSection))
			if _, err := r.ReadAt(s, at); err != nil {
				return nil, damaged(name, at)
			}
			head = grib2Grid(s)
		case 7:
			if out = append(out, head); len(out) > maxGRIBBands {
				return out, nil
			}
		}
		at += n
	}
	return out, nil
}

// grib2Grid reads a section 3: the number of its template in octets 13-14, and the flags where the template has
// them (3.0 octet 55; 3.10, 3.20 and 3.30 octet 47).
func grib2Grid(s []byte) gribHead {
	h := gribHead{grid: hashOf(s)}
	if len(s) < 14 {
		return h
	}
	octet := 0
	switch binary.BigEndian.Uint16(s[12:]) {
	case 0:
		h.even, octet = true, 55
	case 10, 20, 30:
		h.projected, octet = true, 47
	}
	if octet > 0 && len(s) >= octet {
		h.along = s[octet-1]&alongGrid != 0
	}
	return h
}

// grib1Head reads the grid description section of a GRIB1 message: type in octet 6, flags in octet 17.
func grib1Head(r io.ReaderAt, start, length int64, name string) ([]gribHead, error) {
	pds := make([]byte, 8)
	if _, err := r.ReadAt(pds, start+8); err != nil {
		return nil, damaged(name, start)
	}
	n := int64(pds[0])<<16 | int64(pds[1])<<8 | int64(pds[2])
	if pds[7]&0x80 == 0 { // no grid description: a catalogued grid
		return []gribHead{{}}, nil
	}
	gds := make([]byte, 32)
	if n < 8 || n+40 > length {
		return nil, damaged(name, start)
	}
	if _, err := r.ReadAt(gds, start+8+n); err != nil {
		return nil, damaged(name, start)
	}
	h := gribHead{grid: hashOf(gds), along: gds[16]&alongGrid != 0}
	switch gds[5] {
	case 0:
		h.even = true
	case 1, 3, 5:
		h.projected = true
	}
	return []gribHead{h}, nil
}

func hashOf(b []byte) uint64 {
	h := fnv.New64a()
	h.Write(b)
	return h.Sum64()
}
