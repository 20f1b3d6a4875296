package las

import (
	"encoding/binary"
	"fmt"
	"io"
)

// span is where a chunk lies and what it must hold.
type span struct {
	offset int64
	end    int64 // of the chunk when sized; else where it ends at the latest
	sized  bool
	points int64 // 0: the chunk itself tells
}

// chunkDecoder decodes one chunk at a time, from any place of a file, and is used for many.
type chunkDecoder interface {
	// start begins a chunk and gives the number of points it says it holds; the points of the span when it
	// does not say.
	start(src io.ReaderAt, s span, sel Layers) (int64, error)
	// read decodes the next records, a whole number of them, into dst and gives how many came out whole.
	read(dst []byte) (int, error)
	// finish gives where the chunk ends, once all its points are read.
	finish() (int64, error)
}

// newChunkDecoder is a decoder for chunks of the file.
func (r *Reader) newChunkDecoder() chunkDecoder {
	if r.laz.compressor == chunkedLayered {
		return newLayered(r.laz, int(r.h.RecordLength))
	}
	return newPointwise(r.laz, int(r.h.RecordLength))
}

// takeDecoder is newChunkDecoder, or one that was put back.
func (r *Reader) takeDecoder() chunkDecoder {
	if d, ok := r.decoders.Get().(chunkDecoder); ok {
		return d
	}
	return r.newChunkDecoder()
}

// decodeChunk decodes the chunk of size bytes at the absolute file offset into dst, which has room for
// points records of Header.RecordLength bytes. Calls may run at the same time.
func (r *Reader) decodeChunk(dst []byte, offset, size int64, points int, sel Layers) error {
	record := int(r.h.RecordLength)
	if points <= 0 || len(dst) < points*record || offset < 0 || size < 0 || offset > r.size-size {
		return r.chunkFault(fmt.Sprintf("chunk at byte %d", offset), fmt.Errorf("%d bytes for %d points do not lie in the file", size, points))
	}
	d := r.takeDecoder()
	n, err := decodeWhole(d, r.src, span{offset: offset, end: offset + size, sized: true, points: int64(points)}, sel, dst[:points*record])
	if err != nil {
		return r.chunkFault(fmt.Sprintf("chunk at byte %d, point %d of it", offset, n), err)
	}
	r.decoders.Put(d)
	return nil
}

// decodeWhole decodes a chunk that fills dst. When it fails it gives how many points came out whole.
func decodeWhole(d chunkDecoder, src io.ReaderAt, s span, sel Layers, dst []byte) (int, error) {
	own, err := d.start(src, s, sel)
	if err != nil {
		return 0, err
	}
	if own != s.points {
		return 0, countFault(own, s.points)
	}
	n, err := d.read(dst)
	if err != nil {
		return n, err
	}
	_, err = d.finish()
	return n, err
}

func countFault(own, want int64) error {
	return fmt.Errorf("it says that it holds %d points, and should hold %d", own, want)
}

// leftOver is the fault of a chunk, or a layer of one, that is longer than its points.
func leftOver(what string, end, used int64) error {
	return fmt.Errorf("%s holds %d bytes more than its points take", what, end-used)
}

// pointwise decodes chunks in which the items of a point follow each other in one code (compressors 1 and
// 2). Of each item that formats 0 to 5 have, one version is set.
type pointwise struct {
	decoder
	record int
	most   int // reach of a point
	window int
	raw    []byte
	span   span
	done   int64

	point1 *point10v1
	point2 *point10v2
	gps1   *gpsV1
	gps2   *sequences
	rgb1   *rgbV1
	rgb2   *rgbV2
	wave   *waveV1
	bytes1 *bytesV1
	bytes2 *bytesV2

	gpsAt, rgbAt, waveAt, bytesAt int
}

// pointwiseOps bounds the operations of a point without extra bytes, of which each takes two at most.
const pointwiseOps = 128

func newPointwise(l *lazInfo, record int) *pointwise {
	p := &pointwise{record: record, raw: make([]byte, record), window: l.window}
	at, ops := 0, pointwiseOps
	for _, item := range l.items {
		old := item.version == 1
		switch item.kind {
		case itemPoint:
			if old {
				p.point1 = newPoint10v1()
			} else {
				p.point2 = newPoint10v2()
			}
		case itemGPS:
			if p.gpsAt = at; old {
				p.gps1 = newGPSv1()
			} else {
				p.gps2 = newSequences(true)
			}
		case itemRGB:
			if p.rgbAt = at; old {
				p.rgb1 = newRGBv1()
			} else {
				p.rgb2 = newRGBv2()
			}
		case itemWave:
			p.waveAt, p.wave = at, newWaveV1()
		case itemByte:
			if p.bytesAt = at; old {
				p.bytes1 = newBytesV1(item.size)
			} else {
				p.bytes2 = newBytesV2(item.size)
			}
			ops += 2 * item.size
		}
		at += item.size
	}
	p.most = reachOf(ops)
	return p
}

func (p *pointwise) start(src io.ReaderAt, s span, _ Layers) (int64, error) {
	p.span, p.done = s, 0
	if s.end-s.offset < int64(p.record)+4 {
		return 0, errOverrun
	}
	if err := readFull(src, p.raw, s.offset); err != nil {
		return 0, err
	}
	raw := p.raw
	if p.point1 != nil {
		p.point1.start(raw)
	} else {
		p.point2.start(raw)
	}
	if p.gps1 != nil {
		p.gps1.start(raw[p.gpsAt:])
	} else if p.gps2 != nil {
		p.gps2.start(binary.LittleEndian.Uint64(raw[p.gpsAt:]))
	}
	if p.rgb1 != nil {
		p.rgb1.start(raw[p.rgbAt:])
	} else if p.rgb2 != nil {
		p.rgb2.start(raw[p.rgbAt:])
	}
	if p.wave != nil {
		p.wave.start(raw[p.waveAt:])
	}
	if p.bytes1 != nil {
		p.bytes1.start(raw[p.bytesAt:])
	} else if p.bytes2 != nil {
		p.bytes2.start(raw[p.bytesAt:])
	}
	return s.points, p.decoder.start(src, s.offset+int64(p.record), s.end, p.most, p.window)
}

func (p *pointwise) read(dst []byte) (int, error) {
	n := 0
	for ; len(dst) >= p.record && p.done < p.span.points; n++ {
		b := dst[:p.record:p.record]
		dst = dst[p.record:]
		if p.done == 0 {
			copy(b, p.raw)
		} else if p.point(b); !p.ok() {
			return n, p.fault()
		}
		p.done++
	}
	return n, nil
}

// point decodes the items of one point.
func (p *pointwise) point(b []byte) {
	d := &p.decoder
	if p.point2 != nil {
		p.point2.decode(d, b)
	} else {
		p.point1.decode(d, b)
	}
	if p.gps2 != nil {
		binary.LittleEndian.PutUint64(b[p.gpsAt:], p.gps2.decode(d))
	} else if p.gps1 != nil {
		p.gps1.decode(d, b[p.gpsAt:])
	}
	if p.rgb2 != nil {
		p.rgb2.decode(d, b[p.rgbAt:])
	} else if p.rgb1 != nil {
		p.rgb1.decode(d, b[p.rgbAt:])
	}
	if p.wave != nil {
		p.wave.decode(d, b[p.waveAt:])
	}
	if p.bytes2 != nil {
		p.bytes2.decode(d, b[p.bytesAt:])
	} else if p.bytes1 != nil {
		p.bytes1.decode(d, b[p.bytesAt:])
	}
}

func (p *pointwise) finish() (int64, error) {
	if p.span.sized && p.offset() != p.span.end {
		return 0, leftOver("it", p.span.end, p.offset())
	}
	return p.offset(), nil
}
