package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrNotPicture is returned for bytes that are neither JPEG nor TIFF.
var ErrNotPicture = errors.New("photo: neither a JPEG nor a TIFF")

// ErrTruncated is returned for a picture that ends before it should.
var ErrTruncated = errors.New("photo: cut off")

// maxSegments bounds the walk over a JPEG's header: R-JPEG keeps its heat picture in some 10-40 segments
// of 64 KiB, nothing real needs more.
const maxSegments = 2000

var (
	exifHead = []byte("Exif\x00\x00")
	xmpHead  = []byte("http://ns.adobe.com/xap/1.0/\x00")
)

// jpegHeader is what the segments before the first scan say.
type jpegHeader struct {
	width, height int
	exif, xmp     []byte
	scanAt        int64 // first byte after the SOS segment
}

// readJPEG walks the segments (ITU-T T.81, annex B) up to the first scan.
func readJPEG(r io.ReaderAt, size int64) (jpegHeader, error) {
	var h jpegHeader
	at := int64(2)
	for range maxSegments {
		var b [4]byte
		if _, err := r.ReadAt(b[:], at); err != nil {
			return h, fmt.Errorf("%w: its header ends at byte %d", ErrTruncated, size)
		}
		marker := b[1]
		switch {
		case b[0] != 0xff:
			return h, fmt.Errorf("photo: no JPEG marker at byte %d", at)
		case marker == 0xff: // fill byte
			at++
			continue
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd8:
			at += 2
			continue
		case marker == 0xd9:
			return h, errors.New("photo: a JPEG without a picture")
		}
		n := int64(binary.BigEndian.Uint16(b[2:]))
		if n < 2 || at+2+n > size {
			return h, fmt.Errorf("%w: the segment at byte %d should be %d bytes, the file has %d", ErrTruncated, at, n, size)
		}
		if marker == 0xda {
			h.scanAt = at + 2 + n
			if h.width == 0 || h.height == 0 {
				return h, errors.New("photo: a JPEG without a size")
			}
			return h, nil
		}
		if marker == 0xe1 || isFrame(marker) {
			body := make([]byte, n-2)
			if _, err := r.ReadAt(body, at+4); err != nil && !errors.Is(err, io.EOF) {
				return h, fmt.Errorf("photo: read at byte %d: %w", at, err)
			}
			h.segment(marker, body)
		}
		at += 2 + n
	}
	return h, fmt.Errorf("photo: more than %d segments before the picture", maxSegments)
}

// isFrame: SOF0..SOF15 without DHT, JPG and DAC.
func isFrame(m byte) bool { return m >= 0xc0 && m <= 0xcf && m != 0xc4 && m != 0xc8 && m != 0xcc }

func (h *jpegHeader) segment(marker byte, body []byte) {
	switch {
	case isFrame(marker) && len(body) >= 5 && h.width == 0:
		h.height = int(binary.BigEndian.Uint16(body[1:]))
		h.width = int(binary.BigEndian.Uint16(body[3:]))
	case h.exif == nil && bytes.HasPrefix(body, exifHead):
		h.exif = body[len(exifHead):]
	case h.xmp == nil && bytes.HasPrefix(body, xmpHead):
		h.xmp = body[len(xmpHead):]
	}
}

// maxExpansion is the most pixels a byte of a JPEG can stand for: every block of 64 costs at least a bit of
// its DC scan (T.81, F.1.2), 512 a byte; the rest is margin.
const maxExpansion = 4096

// CheckJPEG looks whether a JPEG has an end: a picture cut off in transfer lacks the end marker.
func CheckJPEG(r io.ReaderAt, size int64) error {
	h, err := readJPEG(r, size)
	if err != nil {
		return err
	}
	if int64(h.width)*int64(h.height) > size*maxExpansion {
		return fmt.Errorf("photo: a JPEG of %d x %d pixels in %d bytes", h.width, h.height, size)
	}
	buf := make([]byte, min(256<<10, size))
	last := byte(0)
	for at := h.scanAt; at < size; {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), size-at)], at)
		for _, b := range buf[:n] {
			if last == 0xff && b == 0xd9 {
				return nil
			}
			last = b
		}
		at += int64(n)
		if n == 0 {
			return fmt.Errorf("photo: read at byte %d: %w", at, err)
		}
	}
	return fmt.Errorf("%w: no end-of-image marker in its %d bytes", ErrTruncated, size)
}
