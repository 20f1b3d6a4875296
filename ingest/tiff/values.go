package tiff

import (
	"fmt"
	"math"
	"strings"
)

// Has reports whether the directory has a tag whose value lies inside the file.
func (d *Directory) Has(tag uint16) bool { _, ok := d.entries[tag]; return ok }

// Count is the number of values of a tag, 0 if it is absent.
func (d *Directory) Count(tag uint16) uint64 { return d.entries[tag].Count }

// Bytes is the raw value of a tag; nil if it is absent or larger than [MaxValueBytes].
func (d *Directory) Bytes(tag uint16) []byte {
	e, ok := d.entries[tag]
	if !ok {
		return nil
	}
	n := d.f.valueBytes(e)
	if n > MaxValueBytes {
		return nil
	}
	b, err := d.f.bytes(e.at, n)
	if err != nil {
		return nil
	}
	return b
}

// Text is the value of an ASCII tag without its closing zeros and surrounding space.
func (d *Directory) Text(tag uint16) string {
	s, _, _ := strings.Cut(string(d.Bytes(tag)), "\x00")
	return strings.TrimSpace(s)
}

// ASCII is [Directory.Text] of a tag that has the ASCII type; false for any other.
func (d *Directory) ASCII(tag uint16) (string, bool) {
	if e, ok := d.entries[tag]; !ok || e.Type != 2 {
		return "", false
	}
	return d.Text(tag), true
}

// Uint is the i-th value of an unsigned integer tag.
func (d *Directory) Uint(tag uint16, i uint64) (uint64, bool) {
	e, ok := d.entries[tag]
	if !ok || i >= e.Count {
		return 0, false
	}
	w := typeSize[e.Type]
	b, err := d.f.bytes(e.at+int64(i)*w, w)
	if err != nil {
		return 0, false
	}
	return d.f.uint(e.Type, b)
}

func (f *File) uint(typ uint16, b []byte) (uint64, bool) {
	switch typ {
	case 1, 7:
		return uint64(b[0]), true
	case 3:
		return uint64(f.order.Uint16(b)), true
	case 4, 13:
		return uint64(f.order.Uint32(b)), true
	case 16, 18:
		return f.order.Uint64(b), true
	}
	return 0, false
}

// Floats are the values of a number tag as float64 (rationals divided; 0/0 is NaN), at most limit.
func (d *Directory) Floats(tag uint16, limit int) []float64 {
	e, ok := d.entries[tag]
	if !ok {
		return nil
	}
	n := int64(min(e.Count, uint64(max(limit, 0))))
	w := typeSize[e.Type]
	b, err := d.f.bytes(e.at, n*w)
	if err != nil {
		return nil
	}
	out := make([]float64, 0, n)
	for i := range n {
		out = append(out, d.f.float(e.Type, b[i*w:(i+1)*w]))
	}
	return out
}

func (f *File) float(typ uint16, b []byte) float64 {
	switch typ {
	case 5:
		return float64(f.order.Uint32(b)) / float64(f.order.Uint32(b[4:]))
	case 10:
		return float64(int32(f.order.Uint32(b))) / float64(int32(f.order.Uint32(b[4:])))
	case 6:
		return float64(int8(b[0]))
	case 8:
		return float64(int16(f.order.Uint16(b)))
	case 9:
		return float64(int32(f.order.Uint32(b)))
	case 11:
		return float64(math.Float32frombits(f.order.Uint32(b)))
	case 12:
		return math.Float64frombits(f.order.Uint64(b))
	case 17:
		return float64(int64(f.order.Uint64(b)))
	}
	if u, ok := f.uint(typ, b); ok {
		return float64(u)
	}
	return math.NaN()
}

// Sub reads the directory a tag points to (EXIF, GPS).
func (d *Directory) Sub(tag uint16) (*Directory, bool) {
	at, ok := d.Uint(tag, 0)
	if !ok || at > math.MaxInt64 {
		return nil, false
	}
	sub, err := d.f.Directory(int64(at))
	return sub, err == nil
}

// Size is the width and height in pixels; false if the directory does not state both.
func (d *Directory) Size() (width, height uint64, ok bool) {
	w, okW := d.Uint(ImageWidth, 0)
	h, okH := d.Uint(ImageLength, 0)
	return w, h, okW && okH && w > 0 && h > 0
}

// checkBlock is how many offsets CheckBlocks reads at a time.
const checkBlock = 4096

// CheckBlocks looks whether every strip or tile the directory lists lies inside the file: a transfer
// that was cut off, seen now and not hours later. A block with offset and length zero is a hole of a
// sparse file and is fine.
func (d *Directory) CheckBlocks() error {
	name, offTag, lenTag := "tile", uint16(TileOffsets), uint16(TileByteCounts)
	if !d.Has(offTag) {
		name, offTag, lenTag = "strip", StripOffsets, StripByteCounts
	}
	off, okO := d.entries[offTag]
	cnt, okC := d.entries[lenTag]
	if !okO || !okC {
		return fmt.Errorf("%w: it lists no strips or tiles that lie inside the file", ErrTruncated)
	}
	n := int64(min(off.Count, cnt.Count))
	ow, cw := typeSize[off.Type], typeSize[cnt.Type]
	for i := int64(0); i < n; i += checkBlock {
		m := min(checkBlock, n-i)
		ob, err := d.f.bytes(off.at+i*ow, m*ow)
		if err != nil {
			return err
		}
		cb, err := d.f.bytes(cnt.at+i*cw, m*cw)
		if err != nil {
			return err
		}
		for j := range m {
			o, okO := d.f.uint(off.Type, ob[j*ow:])
			c, okC := d.f.uint(cnt.Type, cb[j*cw:])
			if !okO || !okC {
				return fmt.Errorf("tiff: %s %d has an offset that is no whole number", name, i+j)
			}
			if size := uint64(d.f.size); o > size || c > size-o {
				return fmt.Errorf("%w: %s %d should be %d bytes at %d, the file has %d", ErrTruncated, name, i+j, c, o, size)
			}
		}
	}
	return nil
}
