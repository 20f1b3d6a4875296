package las

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"

	"upwind"
)

// rewriteSoftware stands in the header of what [Rewrite] writes.
const rewriteSoftware = "Upwind"

// maxClass5 is the highest class of point formats 0-5, which give it 5 bits.
const maxClass5 = 31

// Rewrite writes the points of r to w, an empty file, as plain LAS of the same version and point format,
// with the classes and flags that edit gives them. It is how a classification is handed back: every other
// bit of every point record, the header and the records (VLR and EVLR, waveform packets with them) are
// those of r.
//
// Exceptions: the records of LASzip and COPC, which describe a layout that is no longer there, are left
// out; the counts in the header are those of the points written; the software field says Upwind.
//
// edit is called with the number of each point, from 0 in file order, and may change Class, Synthetic,
// KeyPoint, Withheld and, in formats 6-10, Overlap; nil changes nothing. A class above 31 in formats 0-5 and
// any other change is a [upwind.Refusal] that names the point. What could not be carried over is told by
// [Reader.Warnings]. Memory does not grow with the file.
func Rewrite(w io.WriteSeeker, r *Reader, edit func(n int64, p *Point)) error {
	rw := &rewriter{r: r, edit: edit}
	rw.out = counter{w: bufio.NewWriterSize(w, 1<<18)}
	if err := rw.front(); err != nil {
		return err
	}
	if err := r.eachBlock(context.Background(), rw.points); err != nil {
		return err
	}
	if err := rw.back(); err != nil {
		return err
	}
	if err := rw.out.w.Flush(); err != nil {
		return rw.passing(err)
	}
	rw.counts()
	if _, err := w.Seek(0, io.SeekStart); err != nil {
		return rw.passing(err)
	}
	if _, err := w.Write(rw.head); err != nil {
		return rw.passing(err)
	}
	_, err := w.Seek(0, io.SeekEnd)
	return rw.passing(err)
}

type rewriter struct {
	r    *Reader
	edit func(n int64, p *Point)
	out  counter
	head []byte // the header block, as long as in the source

	count   uint64
	byRet   [15]uint64
	scratch []byte
	now     Point
}

// counter knows how many bytes went through it.
type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

func (rw *rewriter) passing(err error) error {
	if err == nil {
		return nil
	}
	return upwind.Passing(fmt.Errorf("las: rewrite %s: %w", rw.r.name, err))
}

// copyRange carries n bytes of the source from offset at.
func (rw *rewriter) copyRange(at, n int64) error {
	k, err := io.Copy(&rw.out, io.NewSectionReader(rw.r.src, at, n))
	if err == nil && k < n {
		err = io.ErrUnexpectedEOF
	}
	return rw.passing(err)
}

// ofCompression tells the records that describe a compressed layout.
func ofCompression(v VLR) bool {
	return v.UserID == "laszip encoded" && v.RecordID == lazRecordID || strings.EqualFold(v.UserID, copcUser)
}

// front writes header and records up to the first point. What lies between the last record and the points
// stays: LAS 1.0 keeps a signature there.
func (rw *rewriter) front() error {
	h := rw.r.h
	rw.head = make([]byte, h.HeaderSize)
	if _, err := io.ReadFull(io.NewSectionReader(rw.r.src, 0, int64(h.HeaderSize)), rw.head); err != nil {
		return rw.passing(err)
	}
	if _, err := rw.out.Write(rw.head); err != nil {
		return rw.passing(err)
	}
	kept, at := uint32(0), int64(h.HeaderSize)
	for _, v := range rw.r.vlrs {
		n := vlrHeaderSize + int64(v.Length)
		if !ofCompression(v) {
			if err := rw.copyRange(at, n); err != nil {
				return err
			}
			kept++
		}
		at += n
	}
	if err := rw.copyRange(at, int64(h.PointOffset)-at); err != nil {
		return err
	}
	le := binary.LittleEndian
	clear(rw.head[58:90])
	copy(rw.head[58:90], rewriteSoftware)
	le.PutUint32(rw.head[96:], uint32(rw.out.n))
	le.PutUint32(rw.head[100:], kept)
	rw.head[104] = h.Format
	return nil
}

// points edits and writes a block of records.
func (rw *rewriter) points(b []byte) error {
	size := int(rw.r.h.RecordLength)
	for rest := b; len(rest) >= size; rest = rest[size:] {
		if rw.edit != nil {
			if err := rw.editRecord(rest[:size]); err != nil {
				return err
			}
		}
		ret := int(rest[14] & 15)
		if rw.r.h.Format < 6 {
			ret &= 7
		}
		if ret >= 1 {
			rw.byRet[ret-1]++
		}
		rw.count++
	}
	_, err := rw.out.Write(b)
	return rw.passing(err)
}

// editRecord lets edit see a copy, so that nothing but class and flags can reach the record.
func (rw *rewriter) editRecord(rec []byte) error {
	h := &rw.r.h
	rw.scratch = append(rw.scratch[:0], rec...)
	var was Point
	h.decode(rw.scratch, &was)
	rw.now = was
	rw.edit(int64(rw.count), &rw.now)
	now := &rw.now
	refuse := func(what, do string) error {
		return upwind.Refuse(rw.r.name, fmt.Sprintf("point %d", rw.count), what, do)
	}
	if !sameButClass(&was, now) || !bytes.Equal(rec, rw.scratch) {
		return refuse("the edit changes more than the class and the flags", "write such changes with a Writer")
	}
	flags := flagBit(now.Synthetic, 0) | flagBit(now.KeyPoint, 1) | flagBit(now.Withheld, 2)
	if h.Format >= 6 {
		rec[15] = rec[15]&^15 | flags | flagBit(now.Overlap, 3)
		rec[16] = now.Class
		return nil
	}
	if now.Class > maxClass5 {
		return refuse(fmt.Sprintf("class %d does not fit point format %d, which holds 0 to %d", now.Class, h.Format, maxClass5),
			"give a class that fits, or convert the file to a format from 6 on first")
	}
	if now.Overlap {
		return refuse(fmt.Sprintf("point format %d has no overlap flag", h.Format), fmt.Sprintf("give class %d", ClassOverlap))
	}
	rec[15] = now.Class | flags<<5
	return nil
}

func flagBit(v bool, n uint) uint8 {
	if v {
		return 1 << n
	}
	return 0
}

// sameButClass compares everything that an edit may not change.
func sameButClass(a, b *Point) bool {
	return sameFloat(a.X, b.X) && sameFloat(a.Y, b.Y) && sameFloat(a.Z, b.Z) && sameFloat(a.GPSTime, b.GPSTime) &&
		a.XI == b.XI && a.YI == b.YI && a.ZI == b.ZI && a.Intensity == b.Intensity && a.Return == b.Return && a.Returns == b.Returns &&
		a.Channel == b.Channel && a.ScanForward == b.ScanForward && a.EdgeOfFlight == b.EdgeOfFlight && a.UserData == b.UserData &&
		a.ScanAngleDeg == b.ScanAngleDeg && a.SourceID == b.SourceID && a.R == b.R && a.G == b.G && a.B == b.B && a.NIR == b.NIR &&
		bytes.Equal(a.Wave, b.Wave) && bytes.Equal(a.Extra, b.Extra)
}

func sameFloat(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

// counts fills the point counts: those of LAS 1.0-1.3 for formats 0-5 as long as they fit, zero for the
// newer formats (LAS 1.4 R15, section 2.4), and the 64-bit ones of LAS 1.4.
func (rw *rewriter) counts() {
	le, b := binary.LittleEndian, rw.head
	clear(b[107:131])
	// Formats 6-10 count in the longer header of 1.4, where there is one.
	long := rw.r.h.Minor >= 4 && len(b) >= headerSize14
	if (rw.r.h.Format < 6 || !long) && rw.count <= math.MaxUint32 {
		le.PutUint32(b[107:], uint32(rw.count))
		for i := range 5 {
			le.PutUint32(b[111+4*i:], uint32(rw.byRet[i]))
		}
	}
	if long {
		le.PutUint64(b[247:], rw.count)
		for i, n := range rw.byRet {
			le.PutUint64(b[255+8*i:], n)
		}
	}
}
