package las

import "encoding/binary"

// symbolContext predicts a byte by its last value.
type symbolContext struct {
	models [64]model
	last   uint8
	ready  bool
}

func (c *symbolContext) begin(symbols int, last uint8) {
	if !c.ready {
		c.ready = true
		copy(c.models[:], newModels(len(c.models), symbols))
	}
	c.last = last
}

// symbolLayer is what the layers of one symbol a point have in common.
type symbolLayer struct{ channels[symbolContext] }

// turn is the context of the point's channel.
func (l *symbolLayer) turn(c *symbolContext, s *side, symbols int) *symbolContext {
	last := c.last
	l.cur = s.channel
	if c = l.at(l.cur); s.fresh&freshChannel != 0 {
		c.begin(symbols, last)
	}
	return c
}

type classLayer struct{ symbolLayer }

func (l *classLayer) begin(raw []byte, channel uint8) {
	l.cur = channel
	l.at(channel).begin(256, raw[16])
}

func (l *classLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	c := l.at(l.cur)
	for i := range sides {
		s := &sides[i]
		if s.channel != l.cur {
			c = l.turn(c, s, 256)
		}
		which := c.last & 31 << 1
		if s.place == 3 {
			which |= 1
		}
		c.last = uint8(d.symbol(&c.models[which]))
		dst[i*stride+16] = c.last
		if !d.ok() {
			return i
		}
	}
	return len(sides)
}

// flagsLayer holds the classification flags (bits 0-3), scan direction (4) and edge of flight line (5).
type flagsLayer struct{ symbolLayer }

func (l *flagsLayer) begin(raw []byte, channel uint8) {
	l.cur = channel
	l.at(channel).begin(64, raw[15]&15|raw[15]>>6<<4)
}

func (l *flagsLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	c := l.at(l.cur)
	for i := range sides {
		s := &sides[i]
		if s.channel != l.cur {
			c = l.turn(c, s, 64)
		}
		c.last = uint8(d.symbol(&c.models[c.last&63]))
		dst[i*stride+15] = c.last&15 | s.channel<<4 | c.last>>4<<6
		if !d.ok() {
			return i
		}
	}
	return len(sides)
}

type userLayer struct{ symbolLayer }

func (l *userLayer) begin(raw []byte, channel uint8) {
	l.cur = channel
	l.at(channel).begin(256, raw[17])
}

func (l *userLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	c := l.at(l.cur)
	for i := range sides {
		s := &sides[i]
		if s.channel != l.cur {
			c = l.turn(c, s, 256)
		}
		c.last = uint8(d.symbol(&c.models[c.last>>2]))
		dst[i*stride+17] = c.last
		if !d.ok() {
			return i
		}
	}
	return len(sides)
}

// shortContext predicts 16 bits by their last value.
type shortContext struct {
	diff *integer
	last uint16
}

func (c *shortContext) begin(contexts int, last uint16) {
	if c.diff == nil {
		c.diff = newInteger(16, contexts)
	}
	c.last = last
}

// shortLayer is what the layers of 16 bits that are told only when they change have in common.
type shortLayer struct{ channels[shortContext] }

func (l *shortLayer) turn(c *shortContext, s *side, contexts int) *shortContext {
	last := c.last
	l.cur = s.channel
	if c = l.at(l.cur); s.fresh&freshChannel != 0 {
		c.begin(contexts, last)
	}
	return c
}

type angleLayer struct{ shortLayer }

func (l *angleLayer) begin(raw []byte, channel uint8) {
	l.cur = channel
	l.at(channel).begin(2, binary.LittleEndian.Uint16(raw[18:]))
}

func (l *angleLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	c := l.at(l.cur)
	for i := range sides {
		s := &sides[i]
		if s.channel != l.cur {
			c = l.turn(c, s, 2)
		}
		if s.changed&changedAngle != 0 {
			c.last = uint16(c.diff.decode(d, int32(int16(c.last)), uint32(s.changed>>4&1)))
			if !d.ok() {
				return i
			}
		}
		binary.LittleEndian.PutUint16(dst[i*stride+18:], c.last)
	}
	return len(sides)
}

type sourceLayer struct{ shortLayer }

func (l *sourceLayer) begin(raw []byte, channel uint8) {
	l.cur = channel
	l.at(channel).begin(1, binary.LittleEndian.Uint16(raw[20:]))
}

func (l *sourceLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	c := l.at(l.cur)
	for i := range sides {
		s := &sides[i]
		if s.channel != l.cur {
			c = l.turn(c, s, 1)
		}
		if s.changed&changedSource != 0 {
			c.last = uint16(c.diff.decode(d, int32(c.last), 0))
			if !d.ok() {
				return i
			}
		}
		binary.LittleEndian.PutUint16(dst[i*stride+20:], c.last)
	}
	return len(sides)
}

type timeLayer struct{ channels[sequences] }

func (l *timeLayer) context(channel uint8, first uint64) {
	c := l.at(channel)
	if c.dt == nil {
		*c = *newSequences(false)
	}
	c.start(first)
}

func (l *timeLayer) begin(raw []byte, channel uint8) {
	l.cur = channel
	l.context(channel, binary.LittleEndian.Uint64(raw[22:]))
}

func (l *timeLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	c := l.at(l.cur)
	for i := range sides {
		s := &sides[i]
		if s.channel != l.cur {
			last := c.last[c.cur&3]
			if l.cur = s.channel; s.fresh&freshChannel != 0 {
				l.context(l.cur, last)
			}
			c = l.at(l.cur)
		}
		now := c.last[c.cur&3]
		if s.changed&changedTime != 0 {
			if now = c.decode(d); !d.ok() {
				return i
			}
		}
		binary.LittleEndian.PutUint64(dst[i*stride+22:], now)
	}
	return len(sides)
}
