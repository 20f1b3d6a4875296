package las

import (
	"errors"
	"fmt"
	"io"

	"upwind"
)

// compressed is the record source of LAZ.
type compressed struct {
	r     *Reader
	chunk int   // number of the open chunk, or of the next one
	at    int64 // number of the next point
	left  int64 // points left in the open chunk
	skip  int64 // points to pass over once a chunk is open
	open  recordStream
	ahead *ahead // nil on one thread
}

// recordStream yields the records of one chunk, and where it ends.
type recordStream interface {
	read(dst []byte) (int, error)
	finish() (int64, error)
}

func (c *compressed) read(dst []byte) error {
	_, err := c.readSome(dst)
	return err
}

func (c *compressed) readSome(dst []byte) (int, error) {
	n, err := c.readOn(dst)
	if err != nil {
		c.quiet()
	}
	return n, err
}

func (c *compressed) readOn(dst []byte) (int, error) {
	record := int(c.r.h.RecordLength)
	got := 0
	for got < len(dst)/record {
		if c.left == 0 {
			if err := c.begin(); err != nil {
				return got, err
			}
		}
		if err := c.pass(dst[got*record:]); err != nil {
			return got, err
		}
		if c.left == 0 {
			continue
		}
		n := int(min(int64(len(dst)/record-got), c.left))
		n, err := c.take(dst[got*record : (got+n)*record])
		if got += n; err != nil {
			return got, err
		}
	}
	return got, nil
}

// take reads from the open chunk, and closes it behind its last point.
func (c *compressed) take(dst []byte) (int, error) {
	n, err := c.open.read(dst)
	c.at += int64(n)
	c.left -= int64(n)
	if err == nil && c.left == 0 {
		err = c.end()
	}
	if err != nil {
		return n, c.fault(err)
	}
	return n, nil
}

// pass reads the points to be passed over; scratch holds a record at least.
func (c *compressed) pass(scratch []byte) error {
	record := int64(c.r.h.RecordLength)
	for c.skip > 0 && c.left > 0 {
		n := min(c.skip, c.left, int64(len(scratch))/record)
		k, err := c.take(scratch[:n*record])
		if c.skip -= int64(k); err != nil {
			return err
		}
		if c.left == 0 && c.skip > 0 {
			if err := c.begin(); err != nil {
				return err
			}
		}
	}
	return nil
}

// spanOf is where chunk i lies, which is known, or follows from the chunk before it.
func (c *compressed) spanOf(i int) span {
	l := c.r.laz
	known := l.table.known
	s := span{offset: known[i].offset, end: l.dataEnd, points: l.chunkSize}
	if i+1 < len(known) {
		s.end, s.sized, s.points = known[i+1].offset, true, known[i+1].point-known[i].point
	}
	if rest := c.r.count - known[i].point; s.points > rest {
		s.points = rest
		s.sized = s.sized && l.chunkSize > 0 // the table knows of points that the header does not
	}
	return s
}

// begin opens the next chunk.
func (c *compressed) begin() error {
	if c.ahead != nil {
		if j := c.ahead.next(c); j != nil {
			return c.accept(j, j.span, j.own, j.early())
		}
	}
	d, ok := c.open.(chunkDecoder)
	if !ok {
		d = c.r.takeDecoder()
	}
	s := c.spanOf(c.chunk)
	own, err := d.start(c.r.src, s, c.r.sel)
	return c.accept(d, s, own, err)
}

// accept makes a chunk that was started the open one.
func (c *compressed) accept(stream recordStream, s span, own int64, err error) error {
	if c.open = stream; err == nil {
		c.left, err = c.agree(s, own)
	}
	if err != nil {
		return c.fault(err)
	}
	return nil
}

// agree is how many points to read of a chunk that should hold those of the span and says it holds own.
// The last chunk may hold more than the header knows of.
func (c *compressed) agree(s span, own int64) (int64, error) {
	last := c.r.laz.table.known[c.chunk].point+s.points == c.r.count
	switch {
	case s.points == 0:
		return min(own, c.r.count-c.r.laz.table.known[c.chunk].point), nil
	case own > s.points && last:
		c.r.warn("chunk %d holds %d points, the header tells of %d of them: the others are not read", c.chunk+1, own, s.points)
		return s.points, nil
	case own != s.points:
		return 0, countFault(own, s.points)
	}
	return own, nil
}

// end closes the open chunk and learns where the next one starts.
func (c *compressed) end() error {
	end, err := c.open.finish()
	if err != nil {
		return err
	}
	l := c.r.laz
	c.chunk++
	if c.chunk == len(l.table.known) {
		l.table.known = append(l.table.known, boundary{offset: end, point: c.at})
		if c.at == c.r.count && end < l.dataEnd {
			c.r.warn("%d bytes follow the last compressed point", l.dataEnd-end)
		}
	}
	return nil
}

// fault says where in the file the open chunk is broken.
func (c *compressed) fault(err error) error {
	var r *upwind.Refusal
	if errors.As(err, &r) || upwind.IsPassing(err) {
		return err
	}
	offset := c.r.laz.table.known[min(c.chunk, len(c.r.laz.table.known)-1)].offset
	return c.r.chunkFault(fmt.Sprintf("chunk %d at byte %d, point %d", c.chunk+1, offset, c.at), err)
}

// chunkFault is a fault of a chunk: of the disk, or of what is written there.
func (r *Reader) chunkFault(where string, err error) error {
	var disk diskFault
	if errors.As(err, &disk) {
		return r.passing(fmt.Errorf("%s: %w", where, disk.error))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errOverrun
	}
	return upwind.Refuse(r.name, where, "the chunk is corrupt: "+err.Error(),
		"fetch the file again from where it came, or compress it anew from its source")
}

func (c *compressed) seek(point int64) error {
	c.quiet()
	c.chunk = c.r.laz.table.find(point)
	c.at = c.r.laz.table.known[c.chunk].point
	c.skip = point - c.at
	c.left = 0
	return nil
}

// threads sets how many chunks are decoded at the same time.
func (c *compressed) threads(n int) {
	c.quiet()
	c.ahead = nil
	if n > 1 {
		c.ahead = &ahead{slots: make(chan struct{}, n)}
	}
}

// quiet waits until nothing runs in the background.
func (c *compressed) quiet() {
	if c.ahead != nil {
		c.ahead.stop()
	}
}
