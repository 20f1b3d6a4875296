package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"upwind"
	"upwind/ingest/photo"
)

// Offsets in the public header block of LAS 1.0-1.4 (ASPRS, R15).
const (
	lasMajor, lasMinor = 24, 25
	lasHeaderSize      = 94
	lasPointOffset     = 96
	lasRecordCount     = 100
	lasFormat          = 104
	lasPointLength     = 105
	lasLegacyPoints    = 107
	lasPoints14        = 247
	lasMinHeader       = 227
	lasCompressed      = 0xc0 // bits a LAZ writer sets in the point format
)

// lasPointSize is the least record length of point formats 0-10.
var lasPointSize = [...]int{20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67}

type lasHeader struct {
	minor       byte
	headerSize  int64
	recordCount uint32
	pointOffset int64
}

func classifyLAS(r io.ReaderAt, size int64, name string) (Kind, error) {
	_, err := readLAS(r, size)
	switch {
	case errors.Is(err, errLAZ):
		return "", upwind.Refuse(name, "", "this is a compressed point cloud (LAZ), which cannot be read yet", "hand it in as LAS")
	case err != nil:
		return "", broken(name, "LAS", err)
	}
	return KindLAS, nil
}

var errLAZ = errors.New("compressed")

func readLAS(r io.ReaderAt, size int64) (lasHeader, error) {
	var h lasHeader
	b := make([]byte, 375)
	n, _ := r.ReadAt(b, 0)
	if n < lasMinHeader {
		return h, fmt.Errorf("%w: %d bytes", photo.ErrTruncated, size)
	}
	le := binary.LittleEndian
	if b[lasMajor] != 1 || b[lasMinor] > 5 {
		return h, fmt.Errorf("version %d.%d", b[lasMajor], b[lasMinor])
	}
	h.minor = b[lasMinor]
	h.headerSize, h.pointOffset = int64(le.Uint16(b[lasHeaderSize:])), int64(le.Uint32(b[lasPointOffset:]))
	h.recordCount = le.Uint32(b[lasRecordCount:])
	if b[lasFormat]&lasCompressed != 0 {
		return h, errLAZ
	}
	format, length := int(b[lasFormat]), int64(le.Uint16(b[lasPointLength:]))
	if format >= len(lasPointSize) || length < int64(lasPointSize[format]) {
		return h, fmt.Errorf("point format %d with records of %d bytes", format, length)
	}
	points := uint64(le.Uint32(b[lasLegacyPoints:]))
	if h.minor >= 4 && n >= lasPoints14+8 {
		if p := le.Uint64(b[lasPoints14:]); p > 0 {
			points = p
		}
	}
	if h.headerSize < lasMinHeader || h.pointOffset < h.headerSize || h.pointOffset > size {
		return h, fmt.Errorf("%w: points should begin at byte %d, the file has %d", photo.ErrTruncated, h.pointOffset, size)
	}
	if room := uint64(size-h.pointOffset) / uint64(length); points > room {
		return h, fmt.Errorf("%w: %d points of %d bytes should follow byte %d, the file has room for %d", photo.ErrTruncated, points, length, h.pointOffset, room)
	}
	if points == 0 {
		return h, errors.New("it has no points")
	}
	return h, nil
}

// maxVLRs bounds the records looked at for a reference system.
const maxVLRs = 10000

// lasHasCRS reports whether a variable length record names the reference system.
func lasHasCRS(r io.ReaderAt, size int64) bool {
	h, err := readLAS(r, size)
	if err != nil {
		return false
	}
	at := h.headerSize
	for range min(h.recordCount, maxVLRs) {
		var b [54]byte
		if n, _ := r.ReadAt(b[:], at); n < len(b) || at+54 > h.pointOffset {
			return false
		}
		user, _, _ := strings.Cut(string(b[2:18]), "\x00")
		id, length := binary.LittleEndian.Uint16(b[18:]), int64(binary.LittleEndian.Uint16(b[20:]))
		if user == "LASF_Projection" && length > 8 && (id == 34735 || id == 2112) {
			return true
		}
		at += 54 + length
	}
	return false
}
