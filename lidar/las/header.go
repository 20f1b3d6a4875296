package las

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"
)

// Sizes of the public header block by version (LAS 1.4 R15, table 3, and its predecessors).
const (
	headerSize12 = 227
	headerSize13 = 235
	headerSize14 = 375
)

// Bits of Header.GlobalEncoding.
const (
	encodingGPSStandard = 1 << 0 // times are GPS seconds less 1e9, not seconds of the week
	encodingWKT         = 1 << 4
)

// maxFormat is the highest point data record format (PDRF).
const maxFormat = 10

// baseLength is the length in bytes of a point record of each format without extra bytes.
var baseLength = [maxFormat + 1]int{20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67}

// Header is the public header block.
type Header struct {
	SourceID       uint16
	GlobalEncoding uint16
	Major, Minor   uint8
	System         string
	Software       string
	CreatedDay     uint16 // day of the year
	CreatedYear    uint16
	HeaderSize     uint16
	PointOffset    uint32
	VLRCount       uint32
	Format         uint8 // PDRF 0..10, compression bits taken off
	RecordLength   uint16
	StatedPoints   uint64 // as written; see Reader.Count for what the file holds
	Scale, Offset  [3]float64
	Min, Max       [3]float64 // as written
	EVLROffset     uint64
	EVLRCount      uint32

	compressed  bool
	waveOffset  uint64
	formatField uint8
}

// Created is the day the file was made, in UTC; the zero time when the header does not say.
func (h Header) Created() time.Time {
	if h.CreatedYear < 1970 || h.CreatedDay == 0 || h.CreatedDay > 366 {
		return time.Time{}
	}
	return time.Date(int(h.CreatedYear), 1, int(h.CreatedDay), 0, 0, 0, 0, time.UTC)
}

// HasTime, HasColor and HasNIR say what the point format carries.
func (h Header) HasTime() bool  { return h.Format != 0 && h.Format != 2 }
func (h Header) HasColor() bool { return layouts[h.Format].rgb > 0 }
func (h Header) HasNIR() bool   { return layouts[h.Format].nir > 0 }

// TimeIsGPS reports whether GPS times count from 1980 (less 1e9 s) rather than from the start of the week.
func (h Header) TimeIsGPS() bool { return h.GlobalEncoding&encodingGPSStandard != 0 }

// parseHeader reads the block b, at least headerSize12 bytes; fields behind its end stay zero.
func parseHeader(b []byte) (Header, error) {
	le := binary.LittleEndian
	f := func(i int) float64 { return math.Float64frombits(le.Uint64(b[i:])) }
	h := Header{
		SourceID: le.Uint16(b[4:]), GlobalEncoding: le.Uint16(b[6:]),
		Major: b[24], Minor: b[25],
		System: cString(b[26:58]), Software: cString(b[58:90]),
		CreatedDay: le.Uint16(b[90:]), CreatedYear: le.Uint16(b[92:]),
		HeaderSize: le.Uint16(b[94:]), PointOffset: le.Uint32(b[96:]), VLRCount: le.Uint32(b[100:]),
		formatField: b[104], RecordLength: le.Uint16(b[105:]), StatedPoints: uint64(le.Uint32(b[107:])),
	}
	for i := range 3 {
		h.Scale[i], h.Offset[i] = f(131+8*i), f(155+8*i)
		h.Max[i], h.Min[i] = f(179+16*i), f(187+16*i)
	}
	// LASzip marks compressed points in the two upper bits of the format.
	h.compressed = h.formatField&0xC0 != 0
	h.Format = h.formatField &^ 0xC0
	if h.Minor >= 3 && len(b) >= headerSize13 {
		h.waveOffset = le.Uint64(b[227:])
	}
	if h.Minor >= 4 && len(b) >= headerSize14 {
		h.EVLROffset, h.EVLRCount = le.Uint64(b[235:]), le.Uint32(b[243:])
		if n := le.Uint64(b[247:]); n > 0 {
			h.StatedPoints = n
		}
	}
	switch {
	case h.Major != 1 || h.Minor > 5:
		return h, fmt.Errorf("LAS version %d.%d is not known", h.Major, h.Minor)
	case h.Format > maxFormat:
		return h, fmt.Errorf("point format %d is not known", h.Format)
	}
	return h, nil
}

// cString is the text before the first NUL, without bytes that are not printable ASCII.
func cString(b []byte) string {
	if i := strings.IndexByte(string(b), 0); i >= 0 {
		b = b[:i]
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, string(b)))
}
