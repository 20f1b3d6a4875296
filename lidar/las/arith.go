package las

import (
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
)

// The arithmetic coder of LASzip is FastAC (Said 2004, "Introduction to arithmetic coding"): an interval
// of 32 bits, renormalised a byte at a time so that its length is 2^24 at least before every operation.
const (
	opBytes   = 3 // an operation moves the interval by three bytes at most
	lookBytes = 4 // and looks at four
)

var (
	errOverrun  = errors.New("its compressed bytes end before its points do")
	errCode     = errors.New("its compressed bits are out of range")
	errSwitches = errors.New("its GPS times change sequence without end")
)

// decoder is an arithmetic decoder over a part of a file, which it reads through a window.
//
// The window holds at least reach bytes behind pos at the start of every point (zeros stand behind the
// end of the part), so that the operations need not look for its end: ok is asked once after each point.
type decoder struct {
	value, length uint32
	pos           int // next byte of buf
	limit         int // pos > limit: the window must move on, or the part is overrun
	buf           []byte
	epoch         uint64 // models of another epoch are fresh
	err           error

	store    []byte
	stop     int // end of the bytes of the part in buf
	reach    int
	src      io.ReaderAt
	at       int64 // file offset of buf[0]
	next     int64 // first byte of the part that is not in buf
	end      int64 // end of the part
	readFrom error // fault of src
}

// reachOf is the reach for points of at most n operations.
func reachOf(n int) int { return n*opBytes + lookBytes }

// start begins the code at bytes from..end of src, with fresh models. About window bytes are held at a time.
func (d *decoder) start(src io.ReaderAt, from, end int64, reach, window int) error {
	d.src, d.at, d.next, d.end, d.reach = src, from, from, end, reach
	d.epoch++
	d.err, d.readFrom = nil, nil
	if n := int(min(int64(max(window, 2*reach)), end-from)) + reach; cap(d.store) < n {
		d.store = make([]byte, n)
	}
	d.pos, d.stop, d.buf = 0, 0, nil
	d.fill()
	d.value, d.length = binary.BigEndian.Uint32(d.buf), 1<<32-1
	d.pos = 4
	if d.value == d.length {
		d.err = errCode
	}
	d.ok()
	return d.fault()
}

// fill moves the window to pos.
func (d *decoder) fill() {
	kept := 0
	if d.buf != nil {
		kept = copy(d.store, d.buf[d.pos:d.stop])
	}
	d.at += int64(d.pos)
	store := d.store[:cap(d.store)]
	want := int(min(d.end-d.next, int64(len(store)-d.reach-kept)))
	got, err := d.src.ReadAt(store[kept:kept+want], d.next)
	if got < want {
		if err != nil && !errors.Is(err, io.EOF) {
			d.readFrom = err
		}
		d.end = d.next + int64(got)
	}
	d.next += int64(got)
	d.pos, d.stop = 0, kept+got
	if d.next == d.end {
		clear(store[d.stop : d.stop+d.reach])
		d.buf, d.limit = store[:d.stop+d.reach], d.stop
		return
	}
	d.buf, d.limit = store[:d.stop], d.stop-d.reach
}

// ok makes ready for one more point; false is a fault in what was decoded since the last call.
func (d *decoder) ok() bool {
	if d.pos <= d.limit && d.err == nil {
		return true
	}
	return d.slide()
}

func (d *decoder) slide() bool {
	if d.err == nil && d.next < d.end {
		d.fill()
	}
	if d.err == nil && d.pos > d.limit {
		d.err = errOverrun
	}
	return d.err == nil
}

// fault is why ok was false; a fault of the disk hides what follows from it.
func (d *decoder) fault() error {
	if d.readFrom != nil {
		return diskFault{d.readFrom}
	}
	return d.err
}

// diskFault is a fault of reading, not of what was read.
type diskFault struct{ error }

// offset is the file position of the next unread byte.
func (d *decoder) offset() int64 { return d.at + int64(d.pos) }

// renorm takes the interval up to a length of 2^24 or more.
func (d *decoder) renorm(value, length uint32) {
	n := uint(bits.LeadingZeros32(length)) &^ 7
	next := binary.BigEndian.Uint32(d.buf[d.pos : d.pos+4 : d.pos+4])
	d.value = value<<(n&31) | uint32(uint64(next)>>((32-n)&63))
	d.length = length << (n & 31)
	d.pos += int(n >> 3)
}

// raw reads n bits, 1 to 32, that no model describes.
func (d *decoder) raw(n uint32) uint32 {
	if n > 19 {
		low := d.raw(16)
		return d.raw(n-16)<<16 | low
	}
	length := d.length >> (n & 31)
	s := d.value / length
	value := d.value - s*length
	if s>>(n&31) != 0 {
		d.err = errCode
		s = 0
	}
	d.renorm(value, length)
	return s
}

// raw64 reads 64 bits, the low half first.
func (d *decoder) raw64() uint64 {
	low := d.raw(32)
	return uint64(d.raw(32))<<32 | uint64(low)
}

// bit reads one bit.
func (d *decoder) bit(m *bitModel) uint32 {
	if m.epoch != d.epoch {
		*m = freshBit
		m.epoch = d.epoch
	}
	x := m.p0 * (d.length >> 13)
	value, length, b := d.value, x, uint32(0)
	if value < x {
		m.c0++
	} else {
		value, length, b = value-x, d.length-x, 1
	}
	d.renorm(value, length)
	if m.left--; m.left == 0 {
		m.update()
	}
	return b
}

// symbol reads one symbol of the model.
func (d *decoder) symbol(m *model) uint32 {
	if m.epoch != d.epoch {
		m.fresh(d.epoch)
	}
	old := d.length
	r := old >> 15
	q := d.value / r
	s := uint32(m.table[q>>(m.shift&31)])
	next := uint32(m.symbols[s+1].dist)
	for next <= q {
		s++
		next = uint32(m.symbols[s+1].dist)
	}
	at := &m.symbols[s]
	low, high := uint32(at.dist)*r, next*r
	if next > 1<<distBits { // the guard: the last symbol takes what the division left
		high = old
	}
	at.count++
	d.renorm(d.value-low, high-low)
	if m.left--; m.left == 0 {
		m.update()
	}
	return s
}
