package las

import "encoding/binary"

// The layers of the items beside POINT14. Their context is chosen by the scanner channel, but in version 3
// by a rule of its own that is an old slip of LASzip and part of the format since: a point that does not
// change the channel goes to context 0, whatever its channel, and on a change of context the predecessor
// stays in the slot of the old one.

// values are the last values of an item in the four contexts.
type values[V any] struct {
	v   [4]V
	cur uint8
	v4  bool
}

func (x *values[V]) begin(first V, channel uint8) {
	x.cur = channel
	x.v[channel] = first
}

// step gives the context of a point and the slot that holds its predecessor and takes its value.
func (x *values[V]) step(s *side) (context uint8, slot *V) {
	context = s.item & 3
	slot = &x.v[context]
	if context != x.cur&3 {
		old := &x.v[x.cur&3]
		if s.fresh&freshItem != 0 {
			*slot = *old
		} else if !x.v4 {
			slot = old
		}
		x.cur = context
	}
	return context, slot
}

type rgbLayer struct {
	values[color]
	at     int
	models [4]*colorModels
}

func (l *rgbLayer) begin(raw []byte, channel uint8) { l.values.begin(loadColor(raw[l.at:]), channel) }

func (l *rgbLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	for i := range sides {
		context, last := l.step(&sides[i])
		m := l.models[context]
		if m == nil {
			m = newColorModels()
			l.models[context] = m
		}
		*last = m.decode(d, *last)
		last.store(dst[i*stride+l.at:])
		if !d.ok() {
			return i
		}
	}
	return len(sides)
}

type nirModels struct{ used, low, high model }

type nirLayer struct {
	values[uint16]
	at     int
	models [4]*nirModels
}

func (l *nirLayer) begin(raw []byte, channel uint8) {
	l.values.begin(binary.LittleEndian.Uint16(raw[l.at:]), channel)
}

func (l *nirLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	for i := range sides {
		context, last := l.step(&sides[i])
		m := l.models[context]
		if m == nil {
			m = &nirModels{used: newModel(4), low: newModel(256), high: newModel(256)}
			l.models[context] = m
		}
		low, high := uint8(*last), uint8(*last>>8)
		used := d.symbol(&m.used)
		if used&1 != 0 {
			low += uint8(d.symbol(&m.low))
		}
		if used&2 != 0 {
			high += uint8(d.symbol(&m.high))
		}
		*last = uint16(high)<<8 | uint16(low)
		binary.LittleEndian.PutUint16(dst[i*stride+l.at:], *last)
		if !d.ok() {
			return i
		}
	}
	return len(sides)
}

type waveLayer struct {
	values[wavePacket]
	at     int
	models [4]*waveModels
}

func (l *waveLayer) begin(raw []byte, channel uint8) {
	var first wavePacket
	first.load(raw[l.at:])
	l.values.begin(first, channel)
	for i := range l.models {
		if l.models[i] == nil {
			l.models[i] = newWaveModels()
		}
		l.models[i].start()
	}
}

func (l *waveLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	for i := range sides {
		context, last := l.step(&sides[i])
		l.models[context].decode(d, last)
		last.store(dst[i*stride+l.at:])
		if !d.ok() {
			return i
		}
	}
	return len(sides)
}

// byteLayer is one extra byte.
type byteLayer struct {
	values[uint8]
	at     int
	models [4]model
}

func (l *byteLayer) begin(raw []byte, channel uint8) {
	l.values.begin(raw[l.at], channel)
	for i := range l.models {
		l.models[i].last = 255
	}
}

func (l *byteLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	for i := range sides {
		context, last := l.step(&sides[i])
		*last += uint8(d.symbol(&l.models[context]))
		dst[i*stride+l.at] = *last
		if !d.ok() {
			return i
		}
	}
	return len(sides)
}
