package las

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Extra bytes are described by records of this user and id, an array of 192-byte descriptors (LAS 1.4 R15,
// table 24).
const (
	specUser         = "LASF_Spec"
	recordExtraBytes = 4
	descriptorSize   = 192
)

// Places in a descriptor. The first five arrays hold three values of 8 bytes, of which the types with one
// element use the first.
const (
	atType, atOptions, atName           = 2, 3, 4
	atNoData, atMin, atMax              = 40, 64, 88
	atScale, atOffset, atDescription    = 112, 136, 160
	hasNoData, hasMin, hasMax, hasScale = 1 << 0, 1 << 1, 1 << 2, 1 << 3
	hasOffset                           = 1 << 4
)

// ExtraType is how one element of an extra dimension is stored.
type ExtraType uint8

// Types of extra bytes (LAS 1.4 R15, table 25). The codes 11-20 and 21-30 of earlier revisions are the same
// types with two and three elements.
const (
	ExtraOpaque ExtraType = iota // bytes without a stated meaning
	ExtraUint8
	ExtraInt8
	ExtraUint16
	ExtraInt16
	ExtraUint32
	ExtraInt32
	ExtraUint64
	ExtraInt64
	ExtraFloat32
	ExtraFloat64
)

var extraSizes = [...]int{0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8}

func (t ExtraType) String() string {
	return [...]string{"opaque", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"}[t]
}

// ExtraDim is one described dimension of the extra bytes.
type ExtraDim struct {
	Name        string
	Description string
	Type        ExtraType
	Elements    int // 1, or 2 and 3 of the array types of earlier revisions
	Start       int // of the first byte in Point.Extra
	Size        int // bytes of all elements

	// Min and Max are what the file states of the first element, in the units of [ExtraDim.Value]; NaN
	// when it states none. Nobody keeps them honest.
	Min, Max float64

	// Scale and Offset turn what is stored of each element into its value; 1 and 0 when the file states
	// none.
	Scale, Offset [3]float64

	noData  [3]uint64 // in the 8 bytes of the descriptor
	options uint8
}

// Bytes are the stored bytes of the dimension; nil when the point has none.
func (d *ExtraDim) Bytes(p *Point) []byte {
	if d.Start+d.Size > len(p.Extra) {
		return nil
	}
	return p.Extra[d.Start : d.Start+d.Size : d.Start+d.Size]
}

// Value is the first element: stored*scale + offset. It is false for opaque dimensions, for the stated
// no-data value and for a point without these bytes. Integers beyond 2^53 lose their last bits.
func (d *ExtraDim) Value(p *Point) (float64, bool) { return d.At(p, 0) }

// At is [ExtraDim.Value] for element i, 0 <= i < Elements.
func (d *ExtraDim) At(p *Point, i int) (float64, bool) {
	b := d.Bytes(p)
	if b == nil || d.Type == ExtraOpaque || i < 0 || i >= d.Elements {
		return 0, false
	}
	size := extraSizes[d.Type]
	b = b[i*size:]
	if d.options&hasNoData != 0 && d.isNoData(b[:size], d.noData[i]) {
		return 0, false
	}
	var wide [8]byte
	return d.scaled(d.Type.widen(copyInto(&wide, b[:size])), i), true
}

func copyInto(wide *[8]byte, b []byte) uint64 {
	copy(wide[:], b)
	return binary.LittleEndian.Uint64(wide[:])
}

func (d *ExtraDim) scaled(v float64, i int) float64 { return v*d.Scale[i] + d.Offset[i] }

// widen reads a value of type t from the low bytes of v.
func (t ExtraType) widen(v uint64) float64 {
	switch t {
	case ExtraInt8:
		return float64(int8(v))
	case ExtraInt16:
		return float64(int16(v))
	case ExtraInt32:
		return float64(int32(v))
	case ExtraInt64:
		return float64(int64(v))
	case ExtraFloat32:
		return float64(math.Float32frombits(uint32(v)))
	case ExtraFloat64:
		return math.Float64frombits(v)
	}
	return float64(v)
}

// isNoData compares stored bytes with the 8 bytes of the descriptor, which hold the value widened to
// uint64, int64 or float64. Writers widen a short integer with zeros or with its sign, whatever its type,
// so both are taken.
func (d *ExtraDim) isNoData(b []byte, stated uint64) bool {
	var wide [8]byte
	v := copyInto(&wide, b)
	if d.Type >= ExtraFloat32 {
		f, want := d.Type.widen(v), math.Float64frombits(stated)
		return f == want || math.IsNaN(f) && math.IsNaN(want)
	}
	shift := uint(64 - 8*len(b))
	return stated == v || int64(stated) == int64(v<<shift)>>shift
}

// ExtraDims are the described dimensions of the extra bytes in the order they are stored. Bytes that no
// descriptor covers have no dimension; [Reader.Warnings] then says so, as it does of descriptors that do
// not fit the record and are left out.
func (r *Reader) ExtraDims() []ExtraDim {
	var described []byte
	for _, v := range r.VLRs() {
		if v.RecordID == recordExtraBytes && strings.EqualFold(v.UserID, specUser) {
			if len(v.Data)%descriptorSize != 0 {
				r.warnOnce("the record of extra bytes has %d bytes, not a multiple of %d", len(v.Data), descriptorSize)
			}
			described = append(described, v.Data[:len(v.Data)/descriptorSize*descriptorSize]...)
		}
	}
	room := int(r.h.RecordLength) - baseLength[r.h.Format]
	dims, notes := parseExtraDims(described, room)
	for _, n := range notes {
		r.warnOnce("%s", n)
	}
	return dims
}

// ExtraDim finds a dimension by its name, without regard to case.
func (r *Reader) ExtraDim(name string) (ExtraDim, bool) {
	dims := r.ExtraDims()
	i := slices.IndexFunc(dims, func(d ExtraDim) bool { return strings.EqualFold(d.Name, name) })
	if i < 0 {
		return ExtraDim{}, false
	}
	return dims[i], true
}

// warnOnce is warn for what is looked at more than once.
func (r *Reader) warnOnce(format string, a ...any) {
	if !slices.Contains(r.warnings, fmt.Sprintf(format, a...)) {
		r.warn(format, a...)
	}
}

// parseExtraDims lays descriptors, each of descriptorSize bytes, into room extra bytes.
func parseExtraDims(b []byte, room int) (dims []ExtraDim, notes []string) {
	start := 0
	for i := 0; len(b) >= descriptorSize; i, b = i+1, b[descriptorSize:] {
		d, note := parseExtraDim(b[:descriptorSize])
		if note != "" {
			notes = append(notes, fmt.Sprintf("extra dimension %d (%s) %s", i+1, d.Name, note))
		}
		if d.Size == 0 {
			break // where the next one starts is not known
		}
		if d.Size > room-start {
			notes = append(notes, fmt.Sprintf("extra dimension %d (%s) takes %d bytes, the point record has %d left for it; it and what follows is left out",
				i+1, d.Name, d.Size, room-start))
			break
		}
		d.Start = start
		start += d.Size
		dims = append(dims, d)
	}
	if start < room {
		notes = append(notes, fmt.Sprintf("%d of the %d extra bytes of a point are not described", room-start, room))
	}
	return dims, notes
}

// parseExtraDim reads one descriptor. A Size of 0 means that the type is not known.
func parseExtraDim(b []byte) (d ExtraDim, note string) {
	le := binary.LittleEndian
	f := func(at int) float64 { return math.Float64frombits(le.Uint64(b[at:])) }
	d = ExtraDim{Name: cString(b[atName : atName+32]), Description: cString(b[atDescription:]),
		Elements: 1, Min: math.NaN(), Max: math.NaN(), Scale: [3]float64{1, 1, 1}, options: b[atOptions]}
	code := int(b[atType])
	switch {
	case code == 0: // the options are the number of bytes
		d.Size, d.options = int(b[atOptions]), 0
		if d.Size == 0 {
			note = "is opaque and of no bytes; it and what follows is left out"
		}
		return d, note
	case code > 30:
		return d, fmt.Sprintf("is of type %d, which is not known; it and what follows is left out", code)
	}
	d.Type, d.Elements = ExtraType((code-1)%10+1), (code-1)/10+1
	d.Size = d.Elements * extraSizes[d.Type]
	for i := range d.Elements {
		d.noData[i] = le.Uint64(b[atNoData+8*i:])
		if d.options&hasScale != 0 {
			d.Scale[i] = f(atScale + 8*i)
		}
		if d.options&hasOffset != 0 {
			d.Offset[i] = f(atOffset + 8*i)
		}
		if s, o := d.Scale[i], d.Offset[i]; s == 0 || math.IsNaN(s+o) || math.IsInf(s+o, 0) {
			note = fmt.Sprintf("has scale %v and offset %v; its values are given as stored", s, o)
			d.Scale[i], d.Offset[i] = 1, 0
		}
	}
	// The extremes are stored as the values are, widened to 8 bytes.
	wide := ExtraUint64 + (d.Type+1)%2
	if d.Type >= ExtraFloat32 {
		wide = ExtraFloat64
	}
	if d.options&hasMin != 0 {
		d.Min = d.scaled(wide.widen(le.Uint64(b[atMin:])), 0)
	}
	if d.options&hasMax != 0 {
		d.Max = d.scaled(wide.widen(le.Uint64(b[atMax:])), 0)
	}
	return d, note
}
