package las

import "encoding/binary"

// GPS times are coded as differences of the bit patterns of their float64, as multiples of the last
// difference.

// maxExtreme is how many differences in a row that are no small multiple make a new one.
const maxExtreme = 3

// gpsV1 is item GPSTIME11, version 1.
type gpsV1 struct {
	last        uint64
	diff        int32
	extreme     int32
	zero, multi model
	dt          *integer
}

func newGPSv1() *gpsV1 {
	return &gpsV1{zero: newModel(3), multi: newModel(512), dt: newInteger(32, 6)}
}

func (g *gpsV1) start(raw []byte) {
	g.last, g.diff, g.extreme = binary.LittleEndian.Uint64(raw), 0, 0
}

func (g *gpsV1) decode(d *decoder, b []byte) {
	if g.diff == 0 {
		switch d.symbol(&g.zero) {
		case 1:
			g.diff = g.dt.decode(d, 0, 0)
			g.last += uint64(int64(g.diff))
		case 2:
			g.last = d.raw64()
		}
	} else if s := d.symbol(&g.multi); s == 510 {
		g.last = d.raw64()
	} else if s < 510 {
		g.last += uint64(int64(g.multiple(d, int32(s))))
	}
	binary.LittleEndian.PutUint64(b, g.last)
}

func (g *gpsV1) multiple(d *decoder, s int32) int32 {
	switch {
	case s == 0:
		return g.bump(g.dt.decode(d, g.diff/4, 2))
	case s == 1:
		g.diff, g.extreme = g.dt.decode(d, g.diff, 1), 0
		return g.diff
	case s < 10:
		return g.dt.decode(d, s*g.diff, 3)
	case s < 50:
		return g.dt.decode(d, s*g.diff, 4)
	case s < 509:
		return g.dt.decode(d, s*g.diff, 5)
	}
	return g.bump(g.dt.decode(d, s*g.diff, 5))
}

func (g *gpsV1) bump(diff int32) int32 {
	if g.extreme++; g.extreme > maxExtreme {
		g.diff, g.extreme = diff, 0
	}
	return diff
}

// sequences are the four interleaved runs of GPS times that GPSTIME11 version 2 and POINT14 follow.
// They differ in one symbol only, "unchanged", which POINT14 tells elsewhere.
type sequences struct {
	last      [4]uint64
	diff      [4]int32
	extreme   [4]int32
	cur, used uint32
	unchanged bool // there is a symbol for it

	zero, multi model
	dt          *integer
}

func newSequences(unchanged bool) *sequences {
	if unchanged {
		return &sequences{unchanged: true, zero: newModel(6), multi: newModel(516), dt: newInteger(32, 9)}
	}
	return &sequences{zero: newModel(5), multi: newModel(515), dt: newInteger(32, 9)}
}

func (g *sequences) start(first uint64) {
	g.last, g.diff, g.extreme = [4]uint64{first}, [4]int32{}, [4]int32{}
	g.cur, g.used = 0, 0
}

// decode gives the bits of the next time.
func (g *sequences) decode(d *decoder) uint64 {
	for range len(g.last) {
		if g.diff[g.cur&3] == 0 {
			s := d.symbol(&g.zero)
			if g.unchanged {
				if s == 0 {
					return g.last[g.cur&3]
				}
				s--
			}
			switch s {
			case 0:
				g.diff[g.cur&3] = g.dt.decode(d, 0, 0)
				g.extreme[g.cur&3] = 0
				return g.advance(g.diff[g.cur&3])
			case 1:
				return g.begin(d)
			}
			g.cur = (g.cur + s - 1) & 3
			continue
		}
		s := d.symbol(&g.multi)
		if s <= 510 {
			return g.advance(g.multiple(d, int32(s)))
		}
		if g.unchanged {
			if s == 511 {
				return g.last[g.cur&3]
			}
			s--
		}
		if s == 511 {
			return g.begin(d)
		}
		g.cur = (g.cur + s - 511) & 3
	}
	d.err = errSwitches
	return 0
}

func (g *sequences) advance(diff int32) uint64 {
	g.last[g.cur&3] += uint64(int64(diff))
	return g.last[g.cur&3]
}

// begin starts another sequence with a time in full.
func (g *sequences) begin(d *decoder) uint64 {
	high := g.dt.decode(d, int32(g.last[g.cur&3]>>32), 8)
	g.used = (g.used + 1) & 3
	g.cur = g.used
	g.last[g.cur] = uint64(uint32(high))<<32 | uint64(d.raw(32))
	g.diff[g.cur], g.extreme[g.cur] = 0, 0
	return g.last[g.cur]
}

// multiple decodes a difference near a multiple of the last: s 0 to 500 stand for themselves, 501 to 510
// for -1 to -10.
func (g *sequences) multiple(d *decoder, s int32) int32 {
	diff := g.diff[g.cur&3]
	switch {
	case s == 1:
		g.extreme[g.cur&3] = 0
		return g.dt.decode(d, diff, 1)
	case s == 0:
		return g.bump(g.dt.decode(d, 0, 7))
	case s < 10:
		return g.dt.decode(d, s*diff, 2)
	case s < 500:
		return g.dt.decode(d, s*diff, 3)
	case s == 500:
		return g.bump(g.dt.decode(d, s*diff, 4))
	case s < 510:
		return g.dt.decode(d, (500-s)*diff, 5)
	}
	return g.bump(g.dt.decode(d, -10*diff, 6))
}

func (g *sequences) bump(diff int32) int32 {
	if g.extreme[g.cur&3]++; g.extreme[g.cur&3] > maxExtreme {
		g.diff[g.cur&3], g.extreme[g.cur&3] = diff, 0
	}
	return diff
}
