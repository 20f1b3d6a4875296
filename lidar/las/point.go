package las

import (
	"encoding/binary"
	"math"
)

// Classes of the ASPRS standard that callers ask for (LAS 1.4 R15, table 17).
const (
	ClassUnclassified = 1
	ClassGround       = 2
	ClassLowVeg       = 3
	ClassMediumVeg    = 4
	ClassHighVeg      = 5
	ClassBuilding     = 6
	ClassLowNoise     = 7
	ClassWater        = 9
	ClassOverlap      = 12 // formats 0-5
	ClassHighNoise    = 18
)

// Point is one return.
type Point struct {
	X, Y, Z    float64 // in the file's reference system: integer * scale + offset
	XI, YI, ZI int32   // as stored

	Intensity    uint16
	Return       uint8 // 1-based
	Returns      uint8 // of the pulse
	Class        uint8
	Synthetic    bool
	KeyPoint     bool
	Withheld     bool
	Overlap      bool  // formats 6-10
	Channel      uint8 // scanner channel, formats 6-10
	ScanForward  bool
	EdgeOfFlight bool
	UserData     uint8
	ScanAngleDeg float32
	SourceID     uint16
	GPSTime      float64
	R, G, B, NIR uint16

	Wave  []byte // 29 bytes of formats 4, 5, 9, 10; valid until the next Read
	Extra []byte // extra bytes as stored; valid until the next Read
}

// layout tells where the optional fields of a format start; 0 means absent.
type layout struct{ gps, rgb, nir, wave int }

var layouts = [maxFormat + 1]layout{
	0: {}, 1: {gps: 20}, 2: {rgb: 20}, 3: {gps: 20, rgb: 28},
	4: {gps: 20, wave: 28}, 5: {gps: 20, rgb: 28, wave: 34},
	6: {gps: 22}, 7: {gps: 22, rgb: 30}, 8: {gps: 22, rgb: 30, nir: 36},
	9: {gps: 22, wave: 30}, 10: {gps: 22, rgb: 30, nir: 36, wave: 38},
}

// scanAngleUnitDeg is the step of the 16-bit scan angle of formats 6-10.
const scanAngleUnitDeg = 0.006

// decodeAll fills dst from as many records.
func (h *Header) decodeAll(b []byte, dst []Point) {
	size := int(h.RecordLength)
	for i := range dst {
		h.decode(b[i*size:(i+1)*size:(i+1)*size], &dst[i])
	}
}

// decode fills p from one record; b has at least the format's base length.
func (h *Header) decode(b []byte, p *Point) {
	le := binary.LittleEndian
	_ = b[19]
	p.XI, p.YI, p.ZI = int32(le.Uint32(b)), int32(le.Uint32(b[4:])), int32(le.Uint32(b[8:]))
	p.X = float64(p.XI)*h.Scale[0] + h.Offset[0]
	p.Y = float64(p.YI)*h.Scale[1] + h.Offset[1]
	p.Z = float64(p.ZI)*h.Scale[2] + h.Offset[2]
	p.Intensity = le.Uint16(b[12:])
	var flags, track uint8
	if h.Format < 6 {
		track, flags = b[14], b[15]>>5
		p.Return, p.Returns = track&7, track>>3&7
		p.Class, p.Channel = b[15]&31, 0
		p.ScanAngleDeg, p.UserData = float32(int8(b[16])), b[17]
		p.SourceID = le.Uint16(b[18:])
	} else {
		_ = b[29]
		track, flags = b[15], b[15]&15
		p.Return, p.Returns = b[14]&15, b[14]>>4
		p.Class, p.Channel = b[16], track>>4&3
		p.ScanAngleDeg, p.UserData = float32(int16(le.Uint16(b[18:])))*scanAngleUnitDeg, b[17]
		p.SourceID = le.Uint16(b[20:])
	}
	p.ScanForward, p.EdgeOfFlight = track&0x40 != 0, track&0x80 != 0
	p.Synthetic, p.KeyPoint, p.Withheld, p.Overlap = flags&1 != 0, flags&2 != 0, flags&4 != 0, flags&8 != 0
	l := &layouts[h.Format]
	if p.GPSTime = 0; l.gps > 0 {
		p.GPSTime = math.Float64frombits(le.Uint64(b[l.gps:]))
	}
	if p.R, p.G, p.B = 0, 0, 0; l.rgb > 0 {
		c := b[l.rgb : l.rgb+6]
		p.R, p.G, p.B = le.Uint16(c), le.Uint16(c[2:]), le.Uint16(c[4:])
	}
	if p.NIR = 0; l.nir > 0 {
		p.NIR = le.Uint16(b[l.nir:])
	}
	if p.Wave = nil; l.wave > 0 {
		p.Wave = b[l.wave : l.wave+waveBytes : l.wave+waveBytes]
	}
	if p.Extra = nil; len(b) > baseLength[h.Format] {
		p.Extra = b[baseLength[h.Format]:]
	}
}

// encode is the inverse of decode for formats without waveforms; b is zeroed and as long as the record.
func (h *Header) encode(p *Point, b []byte) {
	le := binary.LittleEndian
	le.PutUint32(b, uint32(p.XI))
	le.PutUint32(b[4:], uint32(p.YI))
	le.PutUint32(b[8:], uint32(p.ZI))
	le.PutUint16(b[12:], p.Intensity)
	bit := func(v bool, n uint) uint8 {
		if v {
			return 1 << n
		}
		return 0
	}
	flags := bit(p.Synthetic, 0) | bit(p.KeyPoint, 1) | bit(p.Withheld, 2)
	track := bit(p.ScanForward, 6) | bit(p.EdgeOfFlight, 7)
	if h.Format < 6 {
		b[14] = p.Return&7 | p.Returns&7<<3 | track
		b[15] = p.Class&31 | flags<<5
		b[16] = uint8(int8(math.Max(-128, math.Min(127, math.Round(float64(p.ScanAngleDeg))))))
		b[17] = p.UserData
		le.PutUint16(b[18:], p.SourceID)
	} else {
		b[14] = p.Return&15 | p.Returns<<4
		b[15] = flags | bit(p.Overlap, 3) | p.Channel&3<<4 | track
		b[16], b[17] = p.Class, p.UserData
		a := math.Round(float64(p.ScanAngleDeg) / scanAngleUnitDeg)
		le.PutUint16(b[18:], uint16(int16(math.Max(math.MinInt16, math.Min(math.MaxInt16, a)))))
		le.PutUint16(b[20:], p.SourceID)
	}
	l := layouts[h.Format]
	if l.gps > 0 {
		le.PutUint64(b[l.gps:], math.Float64bits(p.GPSTime))
	}
	if l.rgb > 0 {
		le.PutUint16(b[l.rgb:], p.R)
		le.PutUint16(b[l.rgb+2:], p.G)
		le.PutUint16(b[l.rgb+4:], p.B)
	}
	if l.nir > 0 {
		le.PutUint16(b[l.nir:], p.NIR)
	}
	copy(b[baseLength[h.Format]:], p.Extra)
}
