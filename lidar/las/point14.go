package las

import "encoding/binary"

// The layers of item POINT14. Each keeps a context for every scanner channel; a channel that is new in the
// chunk starts from the last point of the one before it.

// channels are the contexts of a layer, made when a channel is first met.
type channels[C any] struct {
	c   [4]*C
	cur uint8
}

// at is the context of a channel.
func (x *channels[C]) at(channel uint8) *C {
	if x.c[channel] == nil {
		x.c[channel] = new(C)
	}
	return x.c[channel]
}

// xyContext predicts X, Y and the return numbers of a channel.
type xyContext struct {
	ready      bool
	changed    [8]model
	channel    model
	returns    [16]model // by the last number of returns
	number     [16]model // by the last return number
	sameTime   model
	dx, dy     *integer
	mx, my     [12]median
	x, y       int32
	r, n, time uint8 // time is 1 when the last point had another GPS time than the one before
}

func (c *xyContext) begin(x, y int32, r, n uint8) {
	if !c.ready {
		c.ready = true
		copy(c.changed[:], newModels(8, 128))
		copy(c.returns[:], newModels(16, 16))
		copy(c.number[:], newModels(16, 16))
		c.channel, c.sameTime = newModel(3), newModel(13)
		c.dx, c.dy = newInteger(32, 2), newInteger(32, 22)
	}
	c.mx, c.my = [12]median{}, [12]median{}
	c.x, c.y, c.r, c.n, c.time = x, y, r, n, 0
}

type xyLayer struct {
	channels[xyContext]
	v4          bool
	used, items uint8 // bit sets of the contexts that the chunk has met
}

func (l *xyLayer) begin(raw []byte, channel uint8) {
	le := binary.LittleEndian
	l.cur, l.used, l.items = channel, 1<<channel, 1<<channel
	l.at(channel).begin(int32(le.Uint32(raw)), int32(le.Uint32(raw[4:])), raw[14]&15, raw[14]>>4)
}

func (l *xyLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	c := l.at(l.cur)
	for i := range sides {
		s := &sides[i]
		which := c.time << 2
		if c.r == 1 {
			which |= 1
		}
		if c.r >= c.n {
			which |= 2
		}
		changed := uint8(d.symbol(&c.changed[which]))
		*s = side{changed: changed}
		if changed&changedChannel != 0 {
			c = l.turn(d, c, s)
		}
		s.channel = l.cur
		if l.v4 || changed&changedChannel != 0 {
			s.item = l.cur
		}
		if l.items>>s.item&1 == 0 {
			l.items |= 1 << s.item
			s.fresh |= freshItem
		}
		c.decode(d, s)
		b := dst[:16:16]
		binary.LittleEndian.PutUint32(b, uint32(c.x))
		binary.LittleEndian.PutUint32(b[4:], uint32(c.y))
		b[14] = c.r | c.n<<4
		b[15] = b[15]&^0x30 | l.cur<<4
		if !d.ok() {
			return i
		}
		if len(dst) > stride {
			dst = dst[stride:]
		}
	}
	return len(sides)
}

// turn changes to the context of another channel.
func (l *xyLayer) turn(d *decoder, c *xyContext, s *side) *xyContext {
	l.cur = uint8(uint32(l.cur)+d.symbol(&c.channel)+1) & 3
	next := l.at(l.cur)
	if l.used>>l.cur&1 == 0 {
		l.used |= 1 << l.cur
		s.fresh = freshChannel
		next.begin(c.x, c.y, c.r, c.n)
	}
	return next
}

// decode decodes the return numbers, X and Y.
func (c *xyContext) decode(d *decoder, s *side) {
	c.time = s.changed >> 4 & 1
	n, r := c.n, c.r
	if s.changed&changedReturns != 0 {
		n = uint8(d.symbol(&c.returns[n&15]))
	}
	switch s.changed & 3 {
	case 1:
		r = (r + 1) & 15
	case 2:
		r = (r + 15) & 15
	case 3:
		if c.time != 0 {
			r = uint8(d.symbol(&c.number[r&15]))
		} else {
			r = (r + uint8(d.symbol(&c.sameTime)) + 2) & 15
		}
	}
	c.n, c.r = n, r
	if n == 1 {
		s.only = 1
	}
	if r == 1 {
		s.place = 2
	}
	if r >= n {
		s.place |= 1
	}
	s.level = level(n, r)
	pulse := pulse14[n&15][r&15]<<1 | c.time
	only := uint32(s.only)
	mx, my := &c.mx[pulse], &c.my[pulse]
	xd := c.dx.decode(d, mx.v[2], only)
	c.x += xd
	mx.add(xd)
	kx := c.dx.k
	yd := c.dy.decode(d, my.v[2], only+min(kx, 20)&^1)
	c.y += yd
	my.add(yd)
	s.kz = uint8((kx + c.dy.k) / 2)
}

// pulse14 numbers the pairs of number of returns and return number.
var pulse14 = func() (t [16][16]uint8) {
	for n, row := range [16]string{
		"0123453445555555",
		"1013333333333333",
		"2124444444433333",
		"3345444444444444",
		"4344544444444444",
		"5344454444444444",
		"3344445444444444",
		"4344444544444444",
		"4344444454444444",
		"5344444445444444",
		"5344444444544444",
		"5334444444455444",
		"5334444444455544",
		"5334444444445554",
		"5334444444444555",
		"5334444444444455",
	} {
		for r := range t[n] {
			t[n][r] = row[r] - '0'
		}
	}
	return t
}()

type zContext struct {
	dz     *integer
	height [8]int32 // by level
	z      int32
}

func (c *zContext) begin(z int32) {
	if c.dz == nil {
		c.dz = newInteger(32, 20)
	}
	c.z = z
	for i := range c.height {
		c.height[i] = z
	}
}

type zLayer struct{ channels[zContext] }

func (l *zLayer) begin(raw []byte, channel uint8) {
	l.cur = channel
	l.at(channel).begin(int32(binary.LittleEndian.Uint32(raw[8:])))
}

func (l *zLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	c := l.at(l.cur)
	for i := range sides {
		s := &sides[i]
		if s.channel != l.cur {
			last := c.z
			l.cur = s.channel
			if c = l.at(l.cur); s.fresh&freshChannel != 0 {
				c.begin(last)
			}
		}
		height := &c.height[s.level&7]
		c.z = c.dz.decode(d, *height, uint32(s.only)+min(uint32(s.kz), 18)&^1)
		*height = c.z
		binary.LittleEndian.PutUint32(dst[i*stride+8:], uint32(c.z))
		if !d.ok() {
			return i
		}
	}
	return len(sides)
}

type intensityContext struct {
	di   *integer
	last [8]uint16
	now  uint16
}

func (c *intensityContext) begin(v uint16) {
	if c.di == nil {
		c.di = newInteger(16, 4)
	}
	c.now = v
	for i := range c.last {
		c.last[i] = v
	}
}

type intensityLayer struct{ channels[intensityContext] }

func (l *intensityLayer) begin(raw []byte, channel uint8) {
	l.cur = channel
	l.at(channel).begin(binary.LittleEndian.Uint16(raw[12:]))
}

func (l *intensityLayer) decode(d *decoder, sides []side, dst []byte, stride int) int {
	c := l.at(l.cur)
	for i := range sides {
		s := &sides[i]
		if s.channel != l.cur {
			last := c.now
			l.cur = s.channel
			if c = l.at(l.cur); s.fresh&freshChannel != 0 {
				c.begin(last)
			}
		}
		last := &c.last[s.place<<1&6|s.changed>>4&1]
		c.now = uint16(c.di.decode(d, int32(*last), uint32(s.place)))
		*last = c.now
		binary.LittleEndian.PutUint16(dst[i*stride+12:], c.now)
		if !d.ok() {
			return i
		}
	}
	return len(sides)
}
