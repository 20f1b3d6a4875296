package las

import "encoding/binary"

// rgbV1 is item RGB12, version 1: each byte by itself.
type rgbV1 struct {
	last  [6]byte
	used  model
	bytes *integer
}

func newRGBv1() *rgbV1 { return &rgbV1{used: newModel(64), bytes: newInteger(8, 6)} }

func (c *rgbV1) start(raw []byte) { copy(c.last[:], raw) }

func (c *rgbV1) decode(d *decoder, b []byte) {
	used := d.symbol(&c.used)
	for i := range c.last {
		if used>>i&1 != 0 {
			c.last[i] = byte(c.bytes.decode(d, int32(c.last[i]), uint32(i)))
		}
	}
	copy(b, c.last[:])
}

// color is red, green, blue.
type color [3]uint16

func loadColor(b []byte) color {
	le := binary.LittleEndian
	return color{le.Uint16(b), le.Uint16(b[2:]), le.Uint16(b[4:])}
}

func (c color) store(b []byte) {
	le := binary.LittleEndian
	_ = b[5]
	le.PutUint16(b, c[0])
	le.PutUint16(b[2:], c[1])
	le.PutUint16(b[4:], c[2])
}

// colorModels are those of RGB12 version 2 and of RGB14: green and blue follow the change of red.
type colorModels struct {
	used model
	d    [6]model // red low, red high, green low, green high, blue low, blue high
}

func newColorModels() *colorModels {
	m := &colorModels{used: newModel(128)}
	copy(m.d[:], newModels(6, 256))
	return m
}

func (m *colorModels) decode(d *decoder, last color) color {
	used := d.symbol(&m.used)
	if used == 0 { // grey as before, or turned grey
		return color{last[0], last[0], last[0]}
	}
	rl, rh := int32(last[0]&255), int32(last[0]>>8)
	red, redHigh := rl, rh
	if used&1 != 0 {
		red = int32(uint8(uint32(rl) + d.symbol(&m.d[0])))
	}
	if used&2 != 0 {
		redHigh = int32(uint8(uint32(rh) + d.symbol(&m.d[1])))
	}
	r := uint16(redHigh<<8 | red)
	if used&64 == 0 {
		return color{r, r, r}
	}
	gl, gh, bl, bh := int32(last[1]&255), int32(last[1]>>8), int32(last[2]&255), int32(last[2]>>8)
	green, greenHigh, blue, blueHigh := gl, gh, bl, bh
	e := red - rl
	if used&4 != 0 {
		green = follow(d, &m.d[2], gl+e)
	}
	if used&16 != 0 {
		blue = follow(d, &m.d[4], bl+(e+green-gl)/2)
	}
	e = redHigh - rh
	if used&8 != 0 {
		greenHigh = follow(d, &m.d[3], gh+e)
	}
	if used&32 != 0 {
		blueHigh = follow(d, &m.d[5], bh+(e+greenHigh-gh)/2)
	}
	return color{r, uint16(greenHigh<<8 | green), uint16(blueHigh<<8 | blue)}
}

// follow decodes a byte near what is predicted.
func follow(d *decoder, m *model, predicted int32) int32 {
	return int32(uint8(min(max(predicted, 0), 255) + int32(d.symbol(m))))
}

// rgbV2 is item RGB12, version 2.
type rgbV2 struct {
	last color
	*colorModels
}

func newRGBv2() *rgbV2 { return &rgbV2{colorModels: newColorModels()} }

func (c *rgbV2) start(raw []byte) { c.last = loadColor(raw) }

func (c *rgbV2) decode(d *decoder, b []byte) {
	c.last = c.colorModels.decode(d, c.last)
	c.last.store(b)
}
