package las

import "encoding/binary"

// point10 is the last point of a chunk of formats 0 to 5.
type point10 struct {
	x, y, z                    int32
	intensity                  uint16
	flags, class, angle, user  uint8
	source                     uint16
	flagsBy, classBy, userBy   []model // of 256 symbols, by the old value
	changed                    model
	dx, dy, dz, light, sources *integer
}

func newPoint10() point10 {
	return point10{flagsBy: newModels(256, 256), classBy: newModels(256, 256), userBy: newModels(256, 256), changed: newModel(64)}
}

func (p *point10) load(b []byte) {
	le := binary.LittleEndian
	p.x, p.y, p.z = int32(le.Uint32(b)), int32(le.Uint32(b[4:])), int32(le.Uint32(b[8:]))
	p.intensity = le.Uint16(b[12:])
	p.flags, p.class, p.angle, p.user = b[14], b[15], b[16], b[17]
	p.source = le.Uint16(b[18:])
}

func (p *point10) store(b []byte) {
	le := binary.LittleEndian
	_ = b[19]
	le.PutUint32(b, uint32(p.x))
	le.PutUint32(b[4:], uint32(p.y))
	le.PutUint32(b[8:], uint32(p.z))
	le.PutUint16(b[12:], p.intensity)
	b[14], b[15], b[16], b[17] = p.flags, p.class, p.angle, p.user
	le.PutUint16(b[18:], p.source)
}

// point10v1 is item POINT10, version 1.
type point10v1 struct {
	point10
	angles *integer
	xd, yd [3]int32 // the last three differences, oldest first
}

func newPoint10v1() *point10v1 {
	p := &point10v1{point10: newPoint10(), angles: newInteger(8, 2)}
	p.dx, p.dy, p.dz = newInteger(32, 1), newInteger(32, 20), newInteger(32, 20)
	p.light, p.sources = newInteger(16, 1), newInteger(16, 1)
	return p
}

func (p *point10v1) start(raw []byte) {
	p.load(raw)
	p.xd, p.yd = [3]int32{}, [3]int32{}
}

// middle is the median of three.
func middle(v *[3]int32) int32 {
	return max(min(v[0], v[1]), min(max(v[0], v[1]), v[2]))
}

func (p *point10v1) decode(d *decoder, b []byte) {
	xd := p.dx.decode(d, middle(&p.xd), 0)
	p.x += xd
	kx := p.dx.k
	yd := p.dy.decode(d, middle(&p.yd), min(kx, 19))
	p.y += yd
	kz := (kx + p.dy.k) / 2
	p.z = p.dz.decode(d, p.z, min(kz, 19))
	p.xd = [3]int32{p.xd[1], p.xd[2], xd}
	p.yd = [3]int32{p.yd[1], p.yd[2], yd}

	if changed := d.symbol(&p.changed); changed != 0 {
		if changed&32 != 0 {
			p.intensity = uint16(p.light.decode(d, int32(p.intensity), 0))
		}
		if changed&16 != 0 {
			p.flags = uint8(d.symbol(&p.flagsBy[p.flags]))
		}
		if changed&8 != 0 {
			p.class = uint8(d.symbol(&p.classBy[p.class]))
		}
		if changed&4 != 0 {
			near := uint32(0)
			if kz < 3 {
				near = 1
			}
			p.angle = uint8(p.angles.decode(d, int32(p.angle), near))
		}
		if changed&2 != 0 {
			p.user = uint8(d.symbol(&p.userBy[p.user]))
		}
		if changed&1 != 0 {
			p.source = uint16(p.sources.decode(d, int32(p.source), 0))
		}
	}
	p.store(b)
}

// point10v2 is item POINT10, version 2: the position of a return among those of its pulse chooses the
// predictor.
type point10v2 struct {
	point10
	angles []model // by scan direction
	mx, my [16]median
	lights [16]uint16
	height [8]int32
}

func newPoint10v2() *point10v2 {
	p := &point10v2{point10: newPoint10(), angles: newModels(2, 256)}
	p.dx, p.dy, p.dz = newInteger(32, 2), newInteger(32, 22), newInteger(32, 20)
	p.light, p.sources = newInteger(16, 4), newInteger(16, 1)
	return p
}

func (p *point10v2) start(raw []byte) {
	p.load(raw)
	p.intensity = 0
	p.mx, p.my = [16]median{}, [16]median{}
	p.lights, p.height = [16]uint16{}, [8]int32{}
}

func (p *point10v2) decode(d *decoder, b []byte) {
	changed := d.symbol(&p.changed)
	if changed&32 != 0 {
		p.flags = uint8(d.symbol(&p.flagsBy[p.flags]))
	}
	r, n := p.flags&7, p.flags>>3&7
	pulse := pulse10[n][r]
	only := uint32(0)
	if n == 1 {
		only = 1
	}
	if changed&16 != 0 {
		p.lights[pulse] = uint16(p.light.decode(d, int32(p.lights[pulse]), uint32(min(pulse, 3))))
	}
	p.intensity = p.lights[pulse]
	if changed&15 != 0 {
		if changed&8 != 0 {
			p.class = uint8(d.symbol(&p.classBy[p.class]))
		}
		if changed&4 != 0 {
			p.angle += uint8(d.symbol(&p.angles[p.flags>>6&1]))
		}
		if changed&2 != 0 {
			p.user = uint8(d.symbol(&p.userBy[p.user]))
		}
		if changed&1 != 0 {
			p.source = uint16(p.sources.decode(d, int32(p.source), 0))
		}
	}
	mx, my := &p.mx[pulse], &p.my[pulse]
	xd := p.dx.decode(d, mx.v[2], only)
	p.x += xd
	mx.add(xd)
	kx := p.dx.k
	yd := p.dy.decode(d, my.v[2], only+min(kx, 20)&^1)
	p.y += yd
	my.add(yd)
	kz := (kx + p.dy.k) / 2
	height := &p.height[level(n, r)]
	p.z = p.dz.decode(d, *height, only+min(kz, 18)&^1)
	*height = p.z
	p.store(b)
}

// level is how far a return is from the last of its pulse, at most 7.
func level(n, r uint8) uint8 {
	if n < r {
		n, r = r, n
	}
	return min(n-r, 7)
}

// pulse10 numbers the pairs of number of returns and return number.
var pulse10 = [8][8]uint8{
	{15, 14, 13, 12, 11, 10, 9, 8},
	{14, 0, 1, 3, 6, 10, 10, 9},
	{13, 1, 2, 4, 7, 11, 11, 10},
	{12, 3, 4, 5, 8, 12, 12, 11},
	{11, 6, 7, 8, 9, 13, 13, 12},
	{10, 10, 11, 12, 13, 14, 14, 13},
	{9, 10, 11, 12, 13, 14, 15, 14},
	{8, 9, 10, 11, 12, 13, 14, 15},
}
