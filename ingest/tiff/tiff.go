package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Errors of a file that is no TIFF, or a broken one.
var (
	ErrNotTIFF   = errors.New("tiff: not a TIFF")
	ErrTruncated = errors.New("tiff: cut off")
)

// maxEntries bounds one directory: TIFF 6.0 and its extensions name a few hundred tags, real files
// carry below 100.
const maxEntries = 4096

// MaxValueBytes bounds one value that is read into memory (XMP, GDAL_METADATA, GeoKeys).
const MaxValueBytes = 16 << 20

// Tags this program looks at.
const (
	NewSubfileType   = 254
	ImageWidth       = 256
	ImageLength      = 257
	BitsPerSample    = 258
	Compression      = 259
	Photometric      = 262
	Make             = 271
	Model            = 272
	StripOffsets     = 273
	Orientation      = 274
	SamplesPerPixel  = 277
	StripByteCounts  = 279
	DateTime         = 306
	TileWidth        = 322
	TileLength       = 323
	TileOffsets      = 324
	TileByteCounts   = 325
	XMP              = 700
	ModelPixelScale  = 33550
	ModelTiepoint    = 33922
	ModelTransform   = 34264
	ExifIFD          = 34665
	GeoKeyDirectory  = 34735
	GPSIFD           = 34853
	GDALMetadata     = 42112
	RPCCoefficient   = 50844
	DNGVersion       = 50706
	DateTimeOriginal = 36867
)

// PhotometricRGB is the value of Photometric for colour pictures.
const PhotometricRGB = 2

// width in bytes of a value of each TIFF type; 0 is an unknown type.
var typeSize = [...]int64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}

// File is an open TIFF.
type File struct {
	r     io.ReaderAt
	size  int64
	order binary.ByteOrder
	big   bool
	first int64
}

// Entry is one directory entry; its value is read on demand.
type Entry struct {
	Tag   uint16
	Type  uint16
	Count uint64
	at    int64 // where the value lies
}

// Directory is one image file directory.
type Directory struct {
	f       *File
	entries map[uint16]Entry
	Next    int64 // offset of the next directory, 0 at the end
}

// Is reports whether the first bytes of a file are a TIFF header.
func Is(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch string(head[:4]) {
	case "II*\x00", "MM\x00*", "II+\x00", "MM\x00+":
		return true
	}
	return false
}

// Open reads the header.
func Open(r io.ReaderAt, size int64) (*File, error) {
	head := make([]byte, min(16, max(size, 0)))
	if _, err := io.ReadFull(io.NewSectionReader(r, 0, size), head); err != nil {
		return nil, fmt.Errorf("tiff: header: %w", err)
	}
	if !Is(head) {
		return nil, ErrNotTIFF
	}
	f := &File{r: r, size: size, order: binary.LittleEndian}
	if head[0] == 'M' {
		f.order = binary.BigEndian
	}
	f.big = f.order.Uint16(head[2:]) == 43
	switch {
	case f.big && len(head) < 16, len(head) < 8:
		return nil, ErrTruncated
	case f.big:
		if f.order.Uint16(head[4:]) != 8 {
			return nil, ErrNotTIFF
		}
		v := f.order.Uint64(head[8:])
		if v > math.MaxInt64 {
			return nil, ErrTruncated
		}
		f.first = int64(v)
	default:
		f.first = int64(f.order.Uint32(head[4:]))
	}
	return f, nil
}

// First reads the first directory.
func (f *File) First() (*Directory, error) { return f.Directory(f.first) }

// Directory reads the directory at an offset. Entries whose value would lie outside the file are kept
// out of it: to a reader they are absent.
func (f *File) Directory(at int64) (*Directory, error) {
	countLen, entryLen, nextLen := int64(2), int64(12), int64(4)
	if f.big {
		countLen, entryLen, nextLen = 8, 20, 8
	}
	if at < 8 || at > f.size-countLen {
		return nil, fmt.Errorf("%w: a directory at byte %d of a file of %d", ErrTruncated, at, f.size)
	}
	b, err := f.bytes(at, countLen)
	if err != nil {
		return nil, err
	}
	n := int64(f.order.Uint16(b))
	if f.big {
		if u := f.order.Uint64(b); u <= maxEntries {
			n = int64(u)
		} else {
			n = maxEntries + 1
		}
	}
	if n > maxEntries {
		return nil, fmt.Errorf("tiff: a directory of more than %d entries", maxEntries)
	}
	if at+countLen+n*entryLen > f.size {
		return nil, fmt.Errorf("%w: %d directory entries at byte %d of a file of %d", ErrTruncated, n, at, f.size)
	}
	if b, err = f.bytes(at+countLen, n*entryLen); err != nil {
		return nil, err
	}
	d := &Directory{f: f, entries: make(map[uint16]Entry, n)}
	for i := range n {
		e := f.entry(b[i*entryLen:(i+1)*entryLen], at+countLen+i*entryLen)
		size := f.valueBytes(e)
		if size < 0 || e.at < 0 || e.at > f.size-size {
			continue
		}
		if _, twice := d.entries[e.Tag]; !twice {
			d.entries[e.Tag] = e
		}
	}
	if b, err = f.bytes(at+countLen+n*entryLen, nextLen); err == nil {
		d.Next = f.offset(b)
	}
	return d, nil
}

func (f *File) entry(b []byte, at int64) Entry {
	e := Entry{Tag: f.order.Uint16(b), Type: f.order.Uint16(b[2:])}
	inline, value := int64(4), int64(8)
	if f.big {
		e.Count = f.order.Uint64(b[4:])
		inline, value = 8, 12
	} else {
		e.Count = uint64(f.order.Uint32(b[4:]))
	}
	e.at = at + value
	if f.valueBytes(e) > inline {
		e.at = f.offset(b[value:])
	}
	return e
}

func (f *File) offset(b []byte) int64 {
	if !f.big {
		return int64(f.order.Uint32(b))
	}
	if v := f.order.Uint64(b); v <= math.MaxInt64 {
		return int64(v)
	}
	return -1
}

// valueBytes is the size of a value, or -1 if it cannot lie in the file.
func (f *File) valueBytes(e Entry) int64 {
	if int(e.Type) >= len(typeSize) || typeSize[e.Type] == 0 || e.Count > uint64(f.size) {
		return -1
	}
	n := int64(e.Count) * typeSize[e.Type]
	if n > f.size {
		return -1
	}
	return n
}

func (f *File) bytes(at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || at > f.size-n {
		return nil, fmt.Errorf("%w: %d bytes at %d of a file of %d", ErrTruncated, n, at, f.size)
	}
	b := make([]byte, n)
	if _, err := f.r.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("tiff: read at byte %d: %w", at, err)
	}
	return b, nil
}
