package las

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"time"
)

// Spec says what a [Writer] writes.
type Spec struct {
	Format        uint8      // 0-3 give LAS 1.2, 6-8 give LAS 1.4
	Scale, Offset [3]float64 // zero scale means 0.001
	ExtraBytes    int        // a point, copied from Point.Extra
	ExtraDims     []ExtraDim // described ones before these: Name, Type, and if wanted Scale, Offset, Description

	// EPSG is the horizontal system in metres or degrees; 0 writes none. Formats 6-8 carry well-known
	// text, which is known here for EPSG:4326, 326zz, 327zz, 4490 and 4491 to 4554; others need WKT.
	EPSG       int
	Geographic bool // EPSG names a geographic system
	WKT        string

	Software string
	Created  time.Time // zero leaves the day empty
}

// Writer writes plain LAS. Counts and bounds go into the header on Close.
type Writer struct {
	dst    io.WriteSeeker
	w      *bufio.Writer
	h      Header
	extra  []ExtraDim
	head   []byte
	buf    []byte
	count  uint64
	byRet  [15]uint64
	lo, hi [3]float64
	err    error
}

// Create starts a file at the beginning of w.
func Create(w io.WriteSeeker, s Spec) (*Writer, error) {
	if s.Format > 8 || s.Format == 4 || s.Format == 5 {
		return nil, fmt.Errorf("las: point format %d is not written, only 0-3 and 6-8", s.Format)
	}
	if s.ExtraBytes < 0 || s.ExtraBytes > math.MaxUint16-100 {
		return nil, fmt.Errorf("las: %d extra bytes", s.ExtraBytes)
	}
	for i := range s.Scale {
		if s.Scale[i] == 0 {
			s.Scale[i] = 0.001
		}
		if !(s.Scale[i] > 0) || math.IsInf(s.Scale[i], 0) || math.IsNaN(s.Offset[i]) || math.IsInf(s.Offset[i], 0) {
			return nil, fmt.Errorf("las: scale %v and offset %v", s.Scale[i], s.Offset[i])
		}
	}
	vlrs, nvlr, err := s.vlrs()
	if err != nil {
		return nil, err
	}
	extra, descriptors, size, err := layExtra(s.ExtraDims)
	if err != nil {
		return nil, err
	}
	if s.ExtraBytes += size; s.ExtraBytes > math.MaxUint16-100 {
		return nil, fmt.Errorf("las: %d extra bytes", s.ExtraBytes)
	}
	if len(extra) > 0 {
		vlrs = appendVLR(vlrs, specUser, recordExtraBytes, descriptors)
		nvlr++
	}
	wr := &Writer{dst: w, w: bufio.NewWriterSize(w, 1<<18), extra: extra}
	wr.h = Header{Major: 1, Minor: 2, Format: s.Format, Scale: s.Scale, Offset: s.Offset, HeaderSize: headerSize12,
		RecordLength: uint16(baseLength[s.Format] + s.ExtraBytes), VLRCount: nvlr, GlobalEncoding: encodingGPSStandard,
		System: "OTHER", Software: s.Software}
	if s.Format >= 6 {
		wr.h.Minor, wr.h.HeaderSize = 4, headerSize14
		wr.h.GlobalEncoding |= encodingWKT
	}
	if !s.Created.IsZero() {
		wr.h.CreatedDay, wr.h.CreatedYear = uint16(s.Created.UTC().YearDay()), uint16(s.Created.UTC().Year())
	}
	wr.h.PointOffset = uint32(int(wr.h.HeaderSize) + len(vlrs))
	wr.head = make([]byte, wr.h.HeaderSize)
	wr.buf = make([]byte, wr.h.RecordLength)
	for i := range 3 {
		wr.lo[i], wr.hi[i] = math.Inf(1), math.Inf(-1)
	}
	if _, err := wr.w.Write(append(append([]byte(nil), wr.head...), vlrs...)); err != nil {
		return nil, fmt.Errorf("las: write header: %w", err)
	}
	return wr, nil
}

// ExtraDims are those of the Spec with the places where [ExtraDim.Set] puts their values.
func (w *Writer) ExtraDims() []ExtraDim { return w.extra }

// Write appends points. Their X, Y, Z are rounded to the scale; XI, YI, ZI are not looked at.
func (w *Writer) Write(pts []Point) error {
	for i := range pts {
		if w.err != nil {
			return w.err
		}
		p := pts[i]
		for k, v := range [3]float64{p.X, p.Y, p.Z} {
			n := math.Round((v - w.h.Offset[k]) / w.h.Scale[k])
			if !(math.Abs(n) <= math.MaxInt32) {
				return fmt.Errorf("las: coordinate %v does not fit scale %v and offset %v", v, w.h.Scale[k], w.h.Offset[k])
			}
			*[3]*int32{&p.XI, &p.YI, &p.ZI}[k] = int32(n)
			v = n*w.h.Scale[k] + w.h.Offset[k]
			w.lo[k], w.hi[k] = math.Min(w.lo[k], v), math.Max(w.hi[k], v)
		}
		clear(w.buf)
		w.h.encode(&p, w.buf)
		if _, w.err = w.w.Write(w.buf); w.err != nil {
			return fmt.Errorf("las: write point: %w", w.err)
		}
		w.count++
		if r := int(p.Return); r >= 1 && r <= len(w.byRet) {
			w.byRet[r-1]++
		}
	}
	return nil
}

// Close writes the header. It does not close the file underneath.
func (w *Writer) Close() error {
	if w.err == nil {
		w.err = w.w.Flush()
	}
	if w.err == nil && w.h.Minor < 4 && w.count > math.MaxUint32 {
		w.err = fmt.Errorf("%d points are too many for LAS 1.2", w.count)
	}
	if w.err == nil {
		w.fillHeader()
		_, w.err = w.dst.Seek(0, io.SeekStart)
	}
	if w.err == nil {
		_, w.err = w.dst.Write(w.head)
	}
	if w.err == nil {
		_, w.err = w.dst.Seek(0, io.SeekEnd)
	}
	if w.err != nil {
		return fmt.Errorf("las: close: %w", w.err)
	}
	return nil
}

func (w *Writer) fillHeader() {
	le, b, h := binary.LittleEndian, w.head, &w.h
	putF := func(i int, v float64) { le.PutUint64(b[i:], math.Float64bits(v)) }
	copy(b, "LASF")
	le.PutUint16(b[6:], h.GlobalEncoding)
	b[24], b[25] = h.Major, h.Minor
	copy(b[26:58], h.System)
	copy(b[58:90], h.Software)
	le.PutUint16(b[90:], h.CreatedDay)
	le.PutUint16(b[92:], h.CreatedYear)
	le.PutUint16(b[94:], h.HeaderSize)
	le.PutUint32(b[96:], h.PointOffset)
	le.PutUint32(b[100:], h.VLRCount)
	b[104] = h.Format
	le.PutUint16(b[105:], h.RecordLength)
	if h.Format < 6 { // the legacy counts stay 0 for the newer formats
		le.PutUint32(b[107:], uint32(w.count))
		for i := range 5 {
			le.PutUint32(b[111+4*i:], uint32(w.byRet[i]))
		}
	}
	for i := range 3 {
		putF(131+8*i, h.Scale[i])
		putF(155+8*i, h.Offset[i])
		if w.count > 0 {
			putF(179+16*i, w.hi[i])
			putF(187+16*i, w.lo[i])
		}
	}
	if h.Minor >= 4 {
		le.PutUint64(b[247:], w.count)
		for i, n := range w.byRet {
			le.PutUint64(b[255+8*i:], n)
		}
	}
}
