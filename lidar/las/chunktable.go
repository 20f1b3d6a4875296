package las

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
)

// chunkTable tells where chunks start. Behind the last known boundary chunks follow each other unseen, and
// are found by decoding.
type chunkTable struct {
	known []boundary // ascending in both; the first is the start of the first chunk
}

// boundary is the start of a chunk.
type boundary struct {
	offset int64 // in the file
	point  int64 // number of its first point
}

// find gives the last known chunk that starts at or before the point.
func (t *chunkTable) find(point int64) int {
	return sort.Search(len(t.known), func(i int) bool { return t.known[i].point > point }) - 1
}

var errNoTable = errors.New("the file has none")

// readTable finds the chunks. A file whose table cannot be used is read on from chunk to chunk, where that
// is possible, and a warning says why.
func (r *Reader) readTable() error {
	l := r.laz
	first, end := int64(r.h.PointOffset), r.size
	if o := r.h.EVLROffset; r.h.EVLRCount > 0 && o >= uint64(first) && o < uint64(end) {
		end = int64(o)
	}
	if l.compressor != onePointwise {
		first += 8
	}
	l.dataEnd = end
	l.table.known = []boundary{{offset: first}}
	if r.h.StatedPoints == 0 || l.compressor == onePointwise {
		return nil
	}
	if first > r.size {
		return r.refuse(fmt.Sprintf("byte %d", r.h.PointOffset), "the file ends before its compressed points")
	}
	err := r.parseTable(first)
	if err == nil {
		return nil
	}
	var disk diskFault
	if errors.As(err, &disk) {
		return r.passing(disk.error)
	}
	l.table.known, l.dataEnd = l.table.known[:1], end
	if l.chunkSize == 0 && l.compressor != chunkedLayered {
		return r.refuse("chunk table", fmt.Sprintf("it cannot be used (%v), and without it chunks of unequal size cannot be told apart", err))
	}
	r.warn("the chunk table cannot be used (%v): chunks are found by decoding one after another", err)
	return nil
}

// readFull reads b at the offset; io.ErrUnexpectedEOF where the file ends before.
func readFull(src io.ReaderAt, b []byte, offset int64) error {
	n, err := src.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return diskFault{err}
}

func (r *Reader) parseTable(first int64) error {
	l, le := r.laz, binary.LittleEndian
	var head [8]byte
	if err := readFull(r.src, head[:], first-8); err != nil {
		return err
	}
	at := int64(le.Uint64(head[:]))
	if at == -1 { // the writer could not go back
		if err := readFull(r.src, head[:], r.size-8); err != nil {
			return err
		}
		at = int64(le.Uint64(head[:]))
	}
	if at < first {
		return errNoTable
	}
	if at > r.size-8 {
		return fmt.Errorf("it is said to stand at byte %d of %d", at, r.size)
	}
	l.dataEnd = min(l.dataEnd, at)
	if err := readFull(r.src, head[:], at); err != nil {
		return err
	}
	if v := le.Uint32(head[:]); v != 0 {
		return fmt.Errorf("its version %d is not known", v)
	}
	n := int64(le.Uint32(head[4:]))
	if most := (at - first) / l.smallestChunk(int(r.h.RecordLength)); n > most {
		return fmt.Errorf("it states %d chunks, %d bytes hold %d at most", n, at-first, most)
	}
	if n == 0 {
		return errors.New("it is empty")
	}
	return r.decodeTable(at+8, at, n)
}

// tableOps is how many operations an entry of the table takes at most: two integers.
const tableOps = 10

func (r *Reader) decodeTable(code, end, n int64) error {
	l := r.laz
	var d decoder
	if err := d.start(r.src, code, r.size, reachOf(tableOps), l.window); err != nil {
		return fmt.Errorf("its code is broken: %w", err)
	}
	sizes := newInteger(32, 2)
	known := append(make([]boundary, 0, n+1), l.table.known[0])
	var count, size int32
	for i := range n {
		b := known[i]
		points := l.chunkSize
		if points == 0 {
			count = sizes.decode(&d, count, 0)
			points = int64(uint32(count))
		}
		size = sizes.decode(&d, size, 1)
		if !d.ok() {
			return fmt.Errorf("its code is broken: %w", d.fault())
		}
		b.offset += int64(size)
		b.point += points
		switch {
		case size <= 0 || b.offset > end:
			return fmt.Errorf("it gives chunk %d %d bytes, %d are left", i+1, size, end-known[i].offset)
		case points == 0:
			return fmt.Errorf("it gives chunk %d no points", i+1)
		}
		known = append(known, b)
	}
	l.table.known = known
	return nil
}

// boundCompressed finds how many points there are to read.
func (r *Reader) boundCompressed() {
	l := r.laz
	r.count = int64(min(r.h.StatedPoints, 1<<62))
	known := l.table.known
	n := known[len(known)-1]
	if len(known) == 1 {
		return
	}
	switch {
	case l.chunkSize == 0 && n.point < r.count:
		r.warn("the header states %d points, the chunks hold %d", r.h.StatedPoints, n.point)
		r.count = n.point
	case l.chunkSize == 0 && n.point > r.count:
		r.warn("the header states %d points, the chunks hold %d: the last %d are not read", r.h.StatedPoints, n.point, n.point-r.count)
	case l.chunkSize > 0 && n.point-r.count >= l.chunkSize:
		r.warn("the header states %d points, which take fewer than the %d chunks there are", r.h.StatedPoints, len(known)-1)
	case l.chunkSize > 0 && n.point < r.count:
		r.warn("the header states %d points, which take more than the %d chunks of the chunk table", r.h.StatedPoints, len(known)-1)
	}
}
