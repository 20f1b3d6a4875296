package las

import (
	"encoding/binary"
	"errors"
	"io"
)

// side is what the XY layer of a point tells the other layers.
type side struct {
	channel uint8 // scanner channel
	item    uint8 // context of the colours, wave packets and extra bytes
	fresh   uint8 // freshChannel, freshItem
	changed uint8 // bits of the changed-values symbol
	level   uint8 // distance from the last return
	kz      uint8 // mean interval of the X and Y differences
	place   uint8 // 2 for a first return, 1 for a last one, 3 for an only one
	only    uint8 // 1 for a pulse of one return
}

// Bits of side.fresh: the first point of its context in the chunk.
const (
	freshChannel = 1 << iota
	freshItem
)

// Bits of the changed-values symbol.
const (
	changedReturns = 1 << 2
	changedAngle   = 1 << 3
	changedTime    = 1 << 4
	changedSource  = 1 << 5
	changedChannel = 1 << 6
)

const (
	// sideBlock is how many points go through all layers together.
	sideBlock = 1024
	// layerOps bounds the operations of a point in one layer.
	layerOps = 48
)

// layer is one layer of a chunk: a code of its own. Those that are absent, or not selected, leave the
// value of the first point.
type layer interface {
	// begin starts a chunk from its first point.
	begin(raw []byte, channel uint8)
	// decode fills its field of the records, which lie stride bytes apart, and gives how many came out.
	decode(d *decoder, side []side, dst []byte, stride int) int
}

// slot is a layer and its place in the chunk.
type slot struct {
	layer
	name    string
	attr    Layers
	reach   int
	on      bool
	end     int64
	decoder decoder
}

// layered decodes chunks of compressor 3: after the first point every attribute is a code of its own.
type layered struct {
	record int
	xy     *xyLayer
	slots  []slot // in the order of the chunk, XY first
	window int    // of a layer
	head   []byte // raw point, point count, layer sizes
	side   [sideBlock]side
	span   span
	points int64
	done   int64
	end    int64
}

func newLayered(l *lazInfo, record int) *layered {
	c := &layered{record: record, xy: &xyLayer{v4: l.items[0].version == 4}, head: make([]byte, record+4+4*l.layers)}
	add := func(name string, attr Layers, y layer, ops int) {
		c.slots = append(c.slots, slot{layer: y, name: name, attr: attr, reach: reachOf(ops)})
	}
	c.window = max(l.window/l.layers, min(l.window, layerWindow))
	at := 0
	for _, item := range l.items {
		v4 := item.version == 4
		switch item.kind {
		case itemPoint4:
			add("XY", LayerXY, c.xy, layerOps)
			add("Z", LayerZ, &zLayer{}, layerOps)
			add("classification", LayerClass, &classLayer{}, layerOps)
			add("flags", LayerFlags, &flagsLayer{}, layerOps)
			add("intensity", LayerIntensity, &intensityLayer{}, layerOps)
			add("scan angle", LayerScanAngle, &angleLayer{}, layerOps)
			add("user data", LayerUserData, &userLayer{}, layerOps)
			add("point source", LayerSource, &sourceLayer{}, layerOps)
			add("GPS time", LayerTime, &timeLayer{}, layerOps)
		case itemRGB4, itemNIR4:
			add("RGB", LayerRGB, &rgbLayer{at: at, values: values[color]{v4: v4}}, layerOps)
			if item.kind == itemNIR4 {
				add("NIR", LayerNIR, &nirLayer{at: at + 6, values: values[uint16]{v4: v4}}, layerOps)
			}
		case itemWave4:
			add("wave packet", LayerWave, &waveLayer{at: at, values: values[wavePacket]{v4: v4}}, layerOps)
		case itemByte4:
			for i := range item.size {
				add("extra byte", LayerExtra, &byteLayer{at: at + i, values: values[uint8]{v4: v4}}, 1)
			}
		}
		at += item.size
	}
	return c
}

var (
	errEmptyXY   = errors.New("its XY layer is empty")
	errNoPoints  = errors.New("it says that it holds no points")
	errLayerSize = errors.New("the sizes of its layers do not add up to its own")
)

func (c *layered) start(src io.ReaderAt, s span, sel Layers) (int64, error) {
	c.span, c.done = s, 0
	if s.end-s.offset < int64(len(c.head)) {
		return 0, errOverrun
	}
	if err := readFull(src, c.head, s.offset); err != nil {
		return 0, err
	}
	le := binary.LittleEndian
	c.points = int64(le.Uint32(c.head[c.record:]))
	if c.points == 0 {
		return 0, errNoPoints
	}
	raw, sizes := c.head[:c.record], c.head[c.record+4:]
	channel := raw[15] >> 4 & 3
	at := s.offset + int64(len(c.head))
	for i := range c.slots {
		y := &c.slots[i]
		size := int64(le.Uint32(sizes[4*i:]))
		if size > s.end-at {
			return 0, errLayerSize
		}
		y.end = at + size
		y.on = size > 0 && (i == 0 || sel&y.attr != 0)
		at = y.end
	}
	if s.sized && at != s.end {
		return 0, errLayerSize
	}
	c.end = at
	if !c.slots[0].on && c.points > 1 {
		return 0, errEmptyXY
	}
	for i := range c.slots {
		y := &c.slots[i]
		if !y.on {
			continue
		}
		y.begin(raw, channel)
		size := int64(le.Uint32(sizes[4*i:]))
		if err := y.decoder.start(src, y.end-size, y.end, y.reach, c.window); err != nil {
			return 0, &layerFault{y.name, err}
		}
	}
	return c.points, nil
}

// layerFault names the layer in which a chunk is broken.
type layerFault struct {
	name string
	err  error
}

func (f *layerFault) Error() string { return "in its " + f.name + " layer, " + f.err.Error() }
func (f *layerFault) Unwrap() error { return f.err }

func (c *layered) read(dst []byte) (int, error) {
	n := int(min(int64(len(dst)/c.record), c.points-c.done))
	got := 0
	for got < n {
		k := min(n-got, sideBlock)
		b := dst[got*c.record : (got+k)*c.record]
		for i := 0; i < len(b); i += c.record {
			copy(b[i:], c.head[:c.record])
		}
		first := 0
		if c.done == 0 { // the raw point
			first = 1
		}
		m, err := c.block(b[first*c.record:], k-first)
		c.done += int64(first + m)
		got += first + m
		if err != nil {
			return got, err
		}
	}
	return got, nil
}

// block takes n points through all layers. It gives how many came out of every layer before one failed.
func (c *layered) block(b []byte, n int) (int, error) {
	var fault error
	for i := range c.slots {
		y := &c.slots[i]
		if !y.on {
			continue
		}
		if k := y.decode(&y.decoder, c.side[:n], b, c.record); k < n {
			n, fault = k, &layerFault{y.name, y.decoder.fault()}
		}
	}
	return n, fault
}

func (c *layered) finish() (int64, error) {
	if c.done < c.points {
		return c.end, nil
	}
	for i := range c.slots {
		if y := &c.slots[i]; y.on && y.decoder.offset() != y.end {
			return 0, leftOver("its "+y.name+" layer", y.end, y.decoder.offset())
		}
	}
	return c.end, nil
}
