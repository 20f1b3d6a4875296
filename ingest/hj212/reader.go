package hj212

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// MaxSegment is the longest segment of the standard.
	MaxSegment = 1024
	// maxAccepted is the longest that a [Reader] takes: devices send more than the standard allows, and there are only four
	// digits.
	maxAccepted = 9999

	headLen  = 6 // ## and the length
	crcLen   = 4
	maxFrame = headLen + maxAccepted + crcLen
	// emptyReads in a row without an error end a source, as in bufio.
	emptyReads = 100
	clipped    = 48 // bytes of a faulty frame that an error quotes
)

// Fault is what is wrong with bytes that should be a frame.
type Fault int

const (
	FaultJunk   Fault = iota + 1 // bytes between frames that are no line end
	FaultLength                  // the length is not four digits
	FaultCRC                     // the CRC is not that of the segment: damaged, or the length is wrong
	FaultModbus                  // the CRC is that of Modbus
	FaultCut                     // the stream ended inside a frame
)

func (f Fault) String() string {
	return [...]string{"", "bytes between frames", "no length of four digits after ##", "wrong CRC", "the CRC is that of Modbus", "cut short"}[f]
}

// FrameError is a fault in a stream of frames. The [Reader] goes on behind it.
type FrameError struct {
	Fault  Fault
	Offset int64  // in the stream, of the faulty bytes
	Len    int    // how many they are
	Text   string // their beginning
	Want   uint16 // of a wrong CRC: what it should be
}

func (e *FrameError) Error() string {
	s := fmt.Sprintf("hj212: byte %d: %s", e.Offset, e.Fault)
	if e.Fault == FaultCRC || e.Fault == FaultModbus {
		s += fmt.Sprintf(", should be %04X", e.Want)
	}
	return fmt.Sprintf("%s: %q", s, e.Text)
}

// Reader finds frames in a stream. It holds one buffer of about two frames and never grows.
type Reader struct {
	src      io.Reader
	buf      []byte
	from, to int   // unread part of buf
	offset   int64 // of buf[0] in the stream
	err      error
}

// NewReader reads frames from src.
func NewReader(src io.Reader) *Reader { return &Reader{src: src, buf: make([]byte, 2*maxFrame)} }

// Next returns the segment of the next frame, valid until the next call. A *[FrameError] says what was wrong with
// bytes that were skipped; the next call goes on behind them. After the last frame it returns io.EOF, or the error of the source.
func (r *Reader) Next() ([]byte, error) {
	if err := r.seek(); err != nil {
		return nil, err
	}
	for r.want(headLen) && r.buf[r.from+2] == '#' { // ###0101: the last two count
		r.from++
	}
	if !r.want(headLen) {
		return nil, r.cut()
	}
	n, ok := digits4(r.buf[r.from+2 : r.from+headLen])
	if !ok {
		return nil, r.skip(FaultLength, 2, 0)
	}
	whole := headLen + n + crcLen
	if !r.want(whole) {
		return nil, r.cut()
	}
	segment := r.buf[r.from+headLen : r.from+headLen+n]
	sum := Checksum(segment)
	if got, ok := hex4(r.buf[r.from+headLen+n : r.from+whole]); !ok || got != sum {
		fault := FaultCRC
		if ok && got == modbus(segment) {
			fault = FaultModbus
		}
		return nil, r.skip(fault, whole, sum)
	}
	r.from += whole
	return segment, nil
}

// seek moves to the next ##. Line ends, and the blanks and zeros that some devices keep a line alive with, are no fault, unless
// there is no end of them. What cannot begin a frame is not kept: [Reader.Buffered] is 0 between frames.
func (r *Reader) seek() error {
	start := r.offset + int64(r.from)
	junk, loud := 0, false
	var text []byte
	pass := func(n int) {
		part := r.buf[r.from : r.from+n]
		junk += n
		loud = loud || !quiet(part)
		text = quote(text, part)
		r.from += n
	}
	fault := func() error {
		return &FrameError{Fault: FaultJunk, Offset: start, Len: junk, Text: string(text)}
	}
	for {
		part := r.buf[r.from:r.to]
		i := bytes.Index(part, []byte("##"))
		n := i
		if i < 0 {
			n = len(part)
			if bytes.HasSuffix(part, []byte("#")) { // it may be the first of two
				n--
			}
		}
		pass(n)
		switch {
		case loud && i >= 0, junk >= maxFrame:
			return fault()
		case i >= 0:
			return nil
		}
		if !r.want(r.to - r.from + 1) {
			pass(r.to - r.from) // a last #
			if loud {
				return fault()
			}
			return r.err
		}
	}
}

// quiet reports whether bytes between frames say nothing.
func quiet(b []byte) bool {
	for _, c := range b {
		if c != '\r' && c != '\n' && c != ' ' && c != 0 && c != '#' {
			return false
		}
	}
	return true
}

// skip passes over a faulty frame, but no further than to the next ##, where a whole one may begin.
func (r *Reader) skip(f Fault, n int, want uint16) error {
	bad := r.buf[r.from:min(r.from+n, r.to)]
	if i := bytes.Index(bad[1:], []byte("##")); i > 0 { // not the ## it began with
		bad = bad[:i+1]
	}
	e := &FrameError{Fault: f, Offset: r.offset + int64(r.from), Len: len(bad), Text: string(quote(nil, bad)), Want: want}
	r.from += len(bad)
	return e
}

// cut is the end of the stream inside a frame; another frame may hide in what is left.
func (r *Reader) cut() error {
	if !errors.Is(r.err, io.EOF) {
		return r.err
	}
	return r.skip(FaultCut, r.to-r.from, 0)
}

// want makes n unread bytes available, unless the source ends before.
func (r *Reader) want(n int) bool {
	for empty := 0; r.to-r.from < n; {
		if r.err != nil {
			return false
		}
		if r.from > 0 && len(r.buf)-r.from < n {
			copy(r.buf, r.buf[r.from:r.to])
			r.offset += int64(r.from)
			r.from, r.to = 0, r.to-r.from
		}
		k, err := r.src.Read(r.buf[r.to:])
		r.to += k
		r.err = err
		if empty++; k > 0 {
			empty = 0
		} else if err == nil && empty >= emptyReads {
			r.err = io.ErrNoProgress
		}
	}
	return true
}

// Buffered is how many bytes were read from the source and not yet used: the beginning of a frame, if any.
func (r *Reader) Buffered() int { return r.to - r.from }

func quote(text, more []byte) []byte {
	return append(text, more[:min(len(more), max(0, clipped-len(text)))]...)
}

func digits4(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, true
}

func hex4(b []byte) (v uint16, ok bool) {
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		default:
			return 0, false
		}
		v = v<<4 | uint16(c)
	}
	return v, true
}
