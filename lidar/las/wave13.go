package las

import "encoding/binary"

// waveBytes is the size of a wave packet: descriptor index, offset and size of the waveform, location of
// the return in it, and a direction of three.
const waveBytes = 29

type wavePacket struct {
	index  uint8
	offset uint64
	size   uint32
	place  [4]int32 // bits of float32: return point location, x(t), y(t), z(t)
}

func (p *wavePacket) load(b []byte) {
	le := binary.LittleEndian
	p.index, p.offset, p.size = b[0], le.Uint64(b[1:]), le.Uint32(b[9:])
	for i := range p.place {
		p.place[i] = int32(le.Uint32(b[13+4*i:]))
	}
}

func (p *wavePacket) store(b []byte) {
	le := binary.LittleEndian
	b[0] = p.index
	le.PutUint64(b[1:], p.offset)
	le.PutUint32(b[9:], p.size)
	for i, v := range p.place {
		le.PutUint32(b[13+4*i:], uint32(v))
	}
}

// waveModels are those of WAVEPACKET13 and 14.
type waveModels struct {
	index                  model
	move                   []model // of the offset, by how it moved last
	step, size, place, dir *integer
	moved                  uint32
	diff                   int32
}

func newWaveModels() *waveModels {
	return &waveModels{index: newModel(256), move: newModels(4, 4), step: newInteger(32, 1), size: newInteger(32, 1),
		place: newInteger(32, 1), dir: newInteger(32, 3)}
}

func (m *waveModels) start() { m.moved, m.diff = 0, 0 }

func (m *waveModels) decode(d *decoder, p *wavePacket) {
	p.index = uint8(d.symbol(&m.index))
	m.moved = d.symbol(&m.move[m.moved])
	switch m.moved {
	case 1:
		p.offset += uint64(p.size)
	case 2:
		m.diff = m.step.decode(d, m.diff, 0)
		p.offset += uint64(int64(m.diff))
	case 3:
		p.offset = d.raw64()
	}
	p.size = uint32(m.size.decode(d, int32(p.size), 0))
	p.place[0] = m.place.decode(d, p.place[0], 0)
	for i := range uint32(3) {
		p.place[i+1] = m.dir.decode(d, p.place[i+1], i)
	}
}

// waveV1 is item WAVEPACKET13.
type waveV1 struct {
	last wavePacket
	*waveModels
}

func newWaveV1() *waveV1 { return &waveV1{waveModels: newWaveModels()} }

func (w *waveV1) start(raw []byte) {
	w.last.load(raw)
	w.waveModels.start()
}

func (w *waveV1) decode(d *decoder, b []byte) {
	w.waveModels.decode(d, &w.last)
	w.last.store(b)
}
