package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"upwind/ingest/hj212"
)

// capture reads frames out of captured bytes and knows where each stood: a raw stream, or a text with a frame a line.
type capture struct {
	src io.Reader
	r   *hj212.Reader
	sum hash.Hash

	window []byte // bytes read and not yet passed
	base   int64  // of window[0]
	lines  int    // line ends before base
}

func newCapture(src io.Reader) *capture {
	c := &capture{src: src, sum: sha256.New()}
	c.r = hj212.NewReader(c)
	return c
}

// Read hands bytes on and remembers them.
func (c *capture) Read(b []byte) (int, error) {
	n, err := c.src.Read(b)
	c.window = append(c.window, b[:n]...)
	c.sum.Write(b[:n])
	return n, err
}

// id is the SHA-256 of what was read.
func (c *capture) id() string { return hex.EncodeToString(c.sum.Sum(nil)) }

// piece is a stretch of a capture: a frame, or bytes that are none.
type piece struct {
	offset  int64
	line    int
	raw     []byte // the frame with its ## and CRC, or the faulty bytes
	rest    []byte // of a faulty one: from its beginning to the end of its line
	segment []byte
	fault   *hj212.FrameError
}

// next returns the next piece, valid until the call after. At the end it returns io.EOF.
func (c *capture) next() (piece, error) {
	segment, err := c.r.Next()
	p := piece{segment: segment}
	switch {
	case errors.As(err, &p.fault):
		p.offset = p.fault.Offset
		c.pass(p.offset)
		p.raw = c.window[:p.fault.Len]
		if p.fault.Fault == hj212.FaultJunk { // the line ends before it are the last frame's
			said := bytes.TrimLeft(p.raw, "\r\n")
			p.offset += int64(len(p.raw) - len(said))
			c.pass(p.offset)
			p.raw = said
		}
		p.rest = c.window
		if i := bytes.IndexAny(c.window, "\r\n"); i > 0 {
			p.rest = c.window[:i]
		}
	case err != nil:
		return p, err
	default:
		end := c.base + int64(len(c.window)-c.r.Buffered())
		p.offset = end - int64(len(segment)+frameOverhead)
		c.pass(p.offset)
		p.raw = c.window[:len(segment)+frameOverhead]
	}
	p.line = c.lines + 1
	return p, nil
}

// frameOverhead is what a frame has beside its segment: ##, the length, the CRC.
const frameOverhead = 2 + 4 + 4

// pass forgets what lies before an offset.
func (c *capture) pass(to int64) {
	n := int(to - c.base)
	c.lines += bytes.Count(c.window[:n], []byte("\n"))
	c.window, c.base = c.window[n:], to
}
