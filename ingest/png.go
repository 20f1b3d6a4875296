package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"upwind/ingest/photo"
)

var pngMagic = []byte("\x89PNG\r\n\x1a\n")

// maxChunks bounds the walk over a PNG; writers cut the picture into chunks of 8 KiB and more.
const maxChunks = 1 << 20

// checkPNG walks the chunks (ISO/IEC 15948): a header with a size, picture data, and the end.
func checkPNG(r io.ReaderAt, size int64, name string) error {
	if err := walkPNG(r, size); err != nil {
		return broken(name, "PNG", err)
	}
	return nil
}

func walkPNG(r io.ReaderAt, size int64) error {
	var b [33]byte
	if n, _ := r.ReadAt(b[:], 0); n < len(b) {
		return fmt.Errorf("%w: %d bytes", photo.ErrTruncated, size)
	}
	if string(b[12:16]) != "IHDR" || crc32.ChecksumIEEE(b[12:29]) != binary.BigEndian.Uint32(b[29:]) {
		return errors.New("its header is damaged")
	}
	w, h := uint64(binary.BigEndian.Uint32(b[16:])), uint64(binary.BigEndian.Uint32(b[20:]))
	if w == 0 || h == 0 || w > maxSide || h > maxSide || w*h > uint64(size)*maxPNGExpansion {
		return fmt.Errorf("%d x %d pixels in %d bytes", w, h, size)
	}
	data := false
	at := int64(33)
	for range maxChunks {
		var c [8]byte
		if n, _ := r.ReadAt(c[:], at); n < len(c) {
			return fmt.Errorf("%w: no end chunk in %d bytes", photo.ErrTruncated, size)
		}
		n := int64(binary.BigEndian.Uint32(c[:]))
		if at+12+n > size {
			return fmt.Errorf("%w: the chunk at byte %d should be %d bytes, the file has %d", photo.ErrTruncated, at, n, size)
		}
		switch string(c[4:]) {
		case "IDAT":
			data = true
		case "IEND":
			if !data {
				return errors.New("it has no picture data")
			}
			return nil
		}
		at += 12 + n
	}
	return fmt.Errorf("more than %d chunks", maxChunks)
}

// maxPNGExpansion: deflate turns one byte into at most 1,032, and a pixel can be a single bit.
const maxPNGExpansion = 1032 * 8
