package gdal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"upwind"
)

// Limits on what a header may promise. A child process has 512 MiB; GDAL's block cache takes 64 of them.
const (
	maxPixels      = 1 << 34   // 17 Gpixel: a 20 GB four-band 16-bit mosaic has 2.5, a province at 1 m in one sparse file 10
	maxBlocks      = 1 << 20   // tiles of all bands that are asked whether they are stored
	maxBands       = 256       // hyperspectral sensors have about 220
	maxBlockBytes  = 128 << 20 // one decoded block with all its interleaved bands
	maxWholeBytes  = 256 << 20 // formats that decode as a whole: progressive JPEG, interlaced PNG
	freeBytes      = 256 << 20 // below this no ratio is asked
	maxRatio       = 500       // decoded bytes a file byte; deflate cannot pass 1032, real pictures stay below 50
	headerScanMax  = 16 << 20  // how far into a JPEG its frame header may stand (EXIF, XMP and ICC come first)
	doSmaller      = "hand in the original file, or cut it into smaller pictures"
	doTiled        = "rewrite it as a tiled GeoTIFF (gdal_translate -co TILED=YES)"
	doRightFormat  = "hand in a GeoTIFF, JPEG, JPEG 2000 or PNG"
	doNotCompacted = "the file is damaged or made to harm; export it again"
)

// header is what the first bytes of a file promise.
type header struct {
	format        string // driver name
	width, height int64  // 0 where GDAL is asked (TIFF)
	components    int64
	bytesPer      int64 // bytes a sample
	whole         bool  // decodes only as a whole
}

// sniff reads the header of a file of size bytes and refuses what is no picture or promises too much.
func sniff(r io.ReaderAt, size int64, name string) (header, error) {
	var magic [8]byte
	n, err := r.ReadAt(magic[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return header{}, fmt.Errorf("gdal: reading %s: %w", name, err)
	}
	h := header{}
	switch m := magic[:n]; {
	case bytes.HasPrefix(m, []byte("II*\x00")), bytes.HasPrefix(m, []byte("MM\x00*")), bytes.HasPrefix(m, []byte("II+\x00")), bytes.HasPrefix(m, []byte("MM\x00+")):
		return header{format: "GTiff"}, nil
	case bytes.HasPrefix(m, []byte("\xff\xd8\xff")):
		h, err = jpegHeader(r, size)
	case bytes.Equal(m, []byte("\x89PNG\r\n\x1a\n")):
		h, err = pngHeader(r)
	case bytes.Equal(m, []byte("\x00\x00\x00\x0cjP  ")):
		h, err = jp2Header(r, size)
	default:
		return header{}, upwind.Refuse(name, "", "the content is not that of a GeoTIFF, JPEG, JPEG 2000 or PNG", doRightFormat)
	}
	if err != nil {
		return header{}, &upwind.Refusal{File: name, What: "the header is damaged", Do: doNotCompacted, Err: err}
	}
	if h.whole && h.width*h.height*h.components*max(2, h.bytesPer) > maxWholeBytes {
		return header{}, upwind.Refuse(name, "", fmt.Sprintf("%d x %d pixels in a progressive or interlaced file can only be decoded as a whole", h.width, h.height), doTiled)
	}
	return h, weigh(name, h.width, h.height, h.width*h.height*h.components*h.bytesPer, size)
}

// weigh refuses a picture whose pixels are too many, or whose stored ones, raw bytes, are too many for the bytes that hold them.
func weigh(name string, w, h, raw, size int64) error {
	if w <= 0 || h <= 0 {
		return upwind.Refuse(name, "", fmt.Sprintf("the header says %d x %d pixels", w, h), doNotCompacted)
	}
	if w > maxPixels/h {
		return upwind.Refuse(name, "", fmt.Sprintf("%d x %d pixels are more than %d million", w, h, maxPixels/1000000), doSmaller)
	}
	if raw > freeBytes && raw > maxRatio*size {
		return upwind.Refuse(name, "", fmt.Sprintf("%d bytes promise %d x %d pixels (%d bytes), %d for each byte", size, w, h, raw, raw/max(1, size)), doNotCompacted)
	}
	return nil
}

// pngHeader reads IHDR (PNG 1.2, section 11.2.2).
func pngHeader(r io.ReaderAt) (header, error) {
	var b [29]byte
	if _, err := r.ReadAt(b[:], 0); err != nil {
		return header{}, errors.New("the file ends inside IHDR")
	}
	if string(b[12:16]) != "IHDR" {
		return header{}, errors.New("IHDR is missing")
	}
	comps := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[b[25]]
	if comps == 0 {
		return header{}, fmt.Errorf("colour type %d does not exist", b[25])
	}
	depth := int64(1)
	if b[24] == 16 {
		depth = 2
	}
	return header{format: "PNG", width: int64(binary.BigEndian.Uint32(b[16:])), height: int64(binary.BigEndian.Uint32(b[20:])),
		components: comps, bytesPer: depth, whole: b[28] != 0}, nil
}

// jp2Header walks the boxes to the image header, the first in the JP2 header box, and to the codestream, which must be whole (ISO/IEC 15444-1, annex I
// and A.4.4): the decoder shows what is missing as zeros.
func jp2Header(r io.ReaderAt, size int64) (header, error) {
	h := header{format: "JP2OpenJPEG"}
	var b [30]byte
	for pos := int64(0); pos+8 <= size; {
		n, err := r.ReadAt(b[:], pos)
		if n < 16 {
			return h, fmt.Errorf("the file ends at byte %d before its pixels: %w", pos, err)
		}
		length, kind := int64(binary.BigEndian.Uint32(b[:])), string(b[4:8])
		switch length {
		case 0:
			length = size - pos // to the end of the file
		case 1:
			length = int64(binary.BigEndian.Uint64(b[8:]))
		}
		if length < 8 || length > size-pos {
			return h, fmt.Errorf("the box %q at byte %d should have %d bytes, the file ends after %d", kind, pos, length, size-pos)
		}
		switch {
		case kind == "jp2h" && n == len(b) && string(b[12:16]) == "ihdr":
			h.height, h.width = int64(binary.BigEndian.Uint32(b[16:])), int64(binary.BigEndian.Uint32(b[20:]))
			h.components, h.bytesPer = int64(binary.BigEndian.Uint16(b[24:])), int64(b[26]&0x7f)/8+1
		case kind == "jp2c" && h.width == 0:
			return h, errors.New("no image header before the pixels")
		case kind == "jp2c":
			var end [2]byte
			if _, err := r.ReadAt(end[:], pos+length-2); err != nil || end != [2]byte{0xff, 0xd9} {
				return h, errors.New("the pixels do not end as they should: the file is cut short")
			}
			return h, nil
		}
		pos += length
	}
	return h, errors.New("no pixels")
}

// jpegHeader walks the marker segments to the frame header (ITU-T T.81, B.1 and B.2.2).
func jpegHeader(r io.ReaderAt, size int64) (header, error) {
	limit := min(size, headerScanMax)
	for pos := int64(2); pos+4 <= limit; {
		var b [10]byte
		n, err := r.ReadAt(b[:], pos)
		if n < 4 {
			return header{}, fmt.Errorf("the file ends at byte %d before a frame header: %w", pos, err)
		}
		if b[0] != 0xff {
			return header{}, fmt.Errorf("no marker at byte %d", pos)
		}
		marker := b[1]
		if marker == 0xff { // fill byte
			pos++
			continue
		}
		if marker == 0x01 || marker >= 0xd0 && marker <= 0xd8 { // stand alone
			pos += 2
			continue
		}
		if marker == 0xda || marker == 0xd9 {
			return header{}, errors.New("pixels start before a frame header")
		}
		length := int64(binary.BigEndian.Uint16(b[2:]))
		if length < 2 {
			return header{}, fmt.Errorf("segment of %d bytes at byte %d", length, pos)
		}
		if isFrame(marker) {
			if n < 10 {
				return header{}, errors.New("the file ends inside the frame header")
			}
			return header{format: "JPEG", width: int64(binary.BigEndian.Uint16(b[7:])), height: int64(binary.BigEndian.Uint16(b[5:])),
				components: max(1, int64(b[9])), bytesPer: 1, whole: marker != 0xc0 && marker != 0xc1}, nil
		}
		pos += 2 + length
	}
	return header{}, fmt.Errorf("no frame header in the first %d bytes", limit)
}

func isFrame(m byte) bool {
	return m >= 0xc0 && m <= 0xcf && m != 0xc4 && m != 0xc8 && m != 0xcc
}
