package las

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"path/filepath"
	"sync"

	"upwind"
)

// Reader reads one file. It is not safe for concurrent use.
type Reader struct {
	name     string
	src      io.ReaderAt
	size     int64
	h        Header
	vlrs     []VLR
	evlrs    []VLR
	crs      CRS
	warnings []string
	count    int64
	laz      *lazInfo // nil for plain files

	rec      recordSource
	next     int64 // number of the next point
	failed   error // what the next Read gives
	buf      []byte
	sel      Layers
	threads  int
	decoders sync.Pool // of chunkDecoder
}

// recordSource yields point records in file order, each of Header.RecordLength bytes and laid out as in
// plain LAS. A decompressor is one more of these.
type recordSource interface {
	// read fills dst, a whole number of records, from where it stands.
	read(dst []byte) error
	// readSome is read that gives how many records came out before a fault.
	readSome(dst []byte) (int, error)
	// seek goes to a record before the end.
	seek(point int64) error
}

// Open reads the header and the records of a LAS file. When r has a Name method, as *os.File has, errors
// carry the base name.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	name := "LAS file"
	if n, ok := r.(interface{ Name() string }); ok {
		name = filepath.Base(n.Name())
	}
	return OpenNamed(name, r, size)
}

// OpenNamed is [Open] with the name errors shall carry.
//
// A file that cannot be read is a [upwind.Refusal]; a fault of the disk is a [upwind.PassingError].
func OpenNamed(name string, r io.ReaderAt, size int64) (*Reader, error) {
	rd := &Reader{name: name, src: r, size: size, sel: AllLayers, threads: 1}
	if err := rd.readHeader(); err != nil {
		return nil, err
	}
	if err := rd.readVLRs(); err != nil {
		return nil, err
	}
	if err := rd.recognise(); err != nil {
		return nil, err
	}
	if err := rd.readEVLRs(); err != nil {
		return nil, err
	}
	if err := rd.bound(); err != nil {
		return nil, err
	}
	rd.crs = rd.findCRS()
	if rd.laz != nil {
		rd.rec = &compressed{r: rd}
	} else {
		rd.rec = &plain{r: rd}
	}
	return rd, nil
}

func (r *Reader) readHeader() error {
	b := make([]byte, min(int64(headerSize14), r.size))
	if n, err := r.src.ReadAt(b, 0); err != nil && err != io.EOF {
		return r.passing(err)
	} else if n < len(b) {
		b = b[:n]
	}
	if len(b) < 4 || !bytes.Equal(b[:4], []byte("LASF")) {
		return upwind.Refuse(r.name, "byte 0", "this is not a LAS file: it does not start with LASF", "hand in LAS 1.0 to 1.4")
	}
	if len(b) < headerSize12 {
		return r.refuse("byte 0", fmt.Sprintf("the file ends inside its header, after %d bytes", r.size))
	}
	h, err := parseHeader(b)
	if err == nil && int64(h.HeaderSize) < int64(len(b)) && int(h.HeaderSize) >= headerSize12 {
		// What lies behind the stated header is not header.
		h, err = parseHeader(b[:h.HeaderSize])
	}
	if err != nil {
		return r.refuse("header", err.Error())
	}
	r.h = h
	switch {
	case h.HeaderSize < headerSize12:
		return r.refuse("byte 94", fmt.Sprintf("the header is said to be %d bytes long; LAS has at least %d", h.HeaderSize, headerSize12))
	case int64(h.PointOffset) > r.size:
		return r.refuse("byte 96", fmt.Sprintf("points are said to start at byte %d of %d", h.PointOffset, r.size))
	case h.PointOffset < uint32(h.HeaderSize):
		return r.refuse("byte 96", fmt.Sprintf("points are said to start at byte %d, inside the header of %d bytes", h.PointOffset, h.HeaderSize))
	case int(h.RecordLength) < baseLength[h.Format]:
		return r.refuse("byte 105", fmt.Sprintf("a point record of %d bytes is too short for format %d, which takes %d", h.RecordLength, h.Format, baseLength[h.Format]))
	}
	return nil
}

// bound finds how many points the bytes hold and checks the numbers that place them.
func (r *Reader) bound() error {
	if r.laz == nil {
		r.boundPlain()
	} else if err := r.readTable(); err != nil {
		return err
	} else {
		r.boundCompressed()
	}
	if r.count == 0 {
		return nil
	}
	for i, axis := range []string{"x", "y", "z"} {
		s, o := r.h.Scale[i], r.h.Offset[i]
		if math.IsNaN(s*math.MaxInt32+o) || math.IsInf(s*math.MaxInt32+o, 0) {
			return r.refuse("byte 131", fmt.Sprintf("scale %v and offset %v of %s place no point", s, o, axis))
		}
		if s == 0 {
			r.warn("the scale of %s is 0: all points have %s %v, and only their stored integers differ", axis, axis, o)
		}
	}
	return nil
}

func (r *Reader) boundPlain() {
	end := r.size
	// EVLRs and inner waveforms lie behind the points.
	if o := r.h.EVLROffset; r.h.EVLRCount > 0 && o >= uint64(r.h.PointOffset) && o < uint64(end) {
		end = int64(o)
	}
	if o := r.h.waveOffset; o >= uint64(r.h.PointOffset) && o > 0 && o < uint64(end) && r.h.Format >= 4 {
		end = int64(o)
	}
	fit := (end - int64(r.h.PointOffset)) / int64(r.h.RecordLength)
	r.count = fit
	if r.h.StatedPoints <= uint64(fit) {
		r.count = int64(r.h.StatedPoints)
	} else {
		r.warn("the header states %d points, the file holds %d: it is cut short", r.h.StatedPoints, fit)
	}
}

func (r *Reader) refuse(where, what string) error {
	return upwind.Refuse(r.name, where, what, "write the file anew from its source")
}

func (r *Reader) passing(err error) error {
	return upwind.Passing(fmt.Errorf("las: read %s: %w", r.name, err))
}

// Name is what errors call the file.
func (r *Reader) Name() string { return r.name }

// Header is the public header block.
func (r *Reader) Header() Header { return r.h }

// VLRs are the records before the points, then the extended ones behind them.
func (r *Reader) VLRs() []VLR { return append(append([]VLR(nil), r.vlrs...), r.evlrs...) }

// CRS is the reference system the file states.
func (r *Reader) CRS() CRS { return r.crs }

// Count is how many points can be read: what the header states, or what fits when that is less.
func (r *Reader) Count() int64 { return r.count }

// Warnings are the faults of the file that did not keep it from being read.
func (r *Reader) Warnings() []string { return append([]string(nil), r.warnings...) }

// readBlock is how many bytes of records are decoded at a time.
const readBlock = 256 << 10

// Read decodes up to len(dst) points in file order and returns how many; at the end 0 and io.EOF. The
// slices in the points stay valid until the next Read. Points before a fault are given first.
func (r *Reader) Read(dst []Point) (int, error) {
	if len(dst) == 0 {
		return 0, nil
	}
	if r.failed != nil {
		return 0, r.failed
	}
	if r.next >= r.count {
		return 0, io.EOF
	}
	size := int(r.h.RecordLength)
	n := int(min(int64(len(dst)), r.count-r.next, int64(max(1, readBlock/size))))
	if cap(r.buf) < n*size {
		r.buf = make([]byte, n*size)
	}
	b := r.buf[:n*size]
	n, err := r.rec.readSome(b)
	r.failed = err
	r.h.decodeAll(b[:n*size], dst[:n])
	r.next += int64(n)
	if n == 0 {
		return 0, err
	}
	return n, nil
}

// Rewind goes back to the first point.
func (r *Reader) Rewind() error { return r.SeekPoint(0) }

// SeekPoint makes the point of that number, counted from 0, the next one. Points in between are not read: plain
// files are entered at the record, compressed ones at the chunk it lies in. Only where the chunk table is
// missing, or all points are one chunk (compressor 1), what lies before has to be decoded.
func (r *Reader) SeekPoint(point int64) error {
	if point < 0 || point > r.count {
		return fmt.Errorf("las: seek to point %d of %d in %s", point, r.count, r.name)
	}
	r.next, r.failed = point, nil
	return r.rec.seek(point)
}

// Select says which attributes are wanted, from the next point on; at first all are. X, Y, the return
// numbers and the scanner channel always are.
//
// Layered LAZ (formats 6 to 10) is read without the others, which is faster: each then has, throughout a
// chunk, the value of the chunk's first point. All other files store the attributes of a point together,
// and every one is given whatever is selected.
func (r *Reader) Select(l Layers) error {
	r.sel = l | LayerXY
	return r.SeekPoint(r.next)
}

// Threads lets n chunks of a compressed file be decoded at the same time, ahead of Read; the default is 1.
// The points and their order are the same for any n. The memory grows by 2n chunks of at most 8 MiB.
//
// The file must stay open until Read has given an error or io.EOF, or [Reader.Close] was called.
func (r *Reader) Threads(n int) error {
	r.threads = min(max(n, 1), maxThreads)
	if c, ok := r.rec.(*compressed); ok {
		c.threads(r.threads)
		return r.SeekPoint(r.next)
	}
	return nil
}

// Close waits until nothing is decoded ahead any more. It does not close the file.
func (r *Reader) Close() error {
	if c, ok := r.rec.(*compressed); ok {
		c.quiet()
	}
	return nil
}

// Points yields every point from where the reader stands; the pair after a fault carries the error.
func (r *Reader) Points() iter.Seq2[Point, error] {
	return func(yield func(Point, error) bool) {
		block := make([]Point, min(r.count, 4096)+1)
		for {
			n, err := r.Read(block)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Point{}, err)
				return
			}
			for _, p := range block[:n] {
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}
