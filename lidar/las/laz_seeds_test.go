package las_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// lazSpec describes a compressed file whose code is made up: any bytes decode to some points.
type lazSpec struct {
	format, minor byte
	extra         int
	compressor    uint16
	version       uint16 // of items
	chunkSize     uint32
	points        uint64
	body          []byte // from the offset to point data on
}

// lazHead makes the header and the LASzip record.
func lazHead(s lazSpec) []byte {
	le := binary.LittleEndian
	type item struct{ kind, size, version uint16 }
	base := []int{20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67}[s.format]
	var items []item
	if s.format < 6 {
		items = append(items, item{6, 20, s.version})
		if strings.ContainsRune("\x01\x03\x04\x05", rune(s.format)) {
			items = append(items, item{7, 8, s.version})
		}
		if strings.ContainsRune("\x02\x03\x05", rune(s.format)) {
			items = append(items, item{8, 6, s.version})
		}
		if s.format >= 4 {
			items = append(items, item{9, 29, 1})
		}
	} else {
		items = append(items, item{10, 30, s.version})
		switch s.format {
		case 7:
			items = append(items, item{11, 6, s.version})
		case 8, 10:
			items = append(items, item{12, 8, s.version})
		}
		if s.format >= 9 {
			items = append(items, item{13, 29, s.version})
		}
	}
	if s.extra > 0 {
		kind := uint16(0)
		if s.format >= 6 {
			kind = 14
		}
		items = append(items, item{kind, uint16(s.extra), s.version})
	}
	vlr := make([]byte, 54+34+6*len(items))
	copy(vlr[2:], "laszip encoded")
	le.PutUint16(vlr[18:], 22204)
	le.PutUint16(vlr[20:], uint16(len(vlr)-54))
	le.PutUint16(vlr[54:], s.compressor)
	le.PutUint32(vlr[54+12:], s.chunkSize)
	le.PutUint16(vlr[54+32:], uint16(len(items)))
	for i, it := range items {
		le.PutUint16(vlr[54+34+6*i:], it.kind)
		le.PutUint16(vlr[54+36+6*i:], it.size)
		le.PutUint16(vlr[54+38+6*i:], it.version)
	}
	size := 227
	if s.format >= 6 || s.minor >= 4 {
		size, s.minor = 375, 4
	}
	b := make([]byte, size)
	copy(b, "LASF")
	b[24], b[25] = 1, s.minor
	le.PutUint16(b[94:], uint16(size))
	le.PutUint32(b[96:], uint32(size+len(vlr)))
	le.PutUint32(b[100:], 1)
	b[104] = s.format | 0x80
	le.PutUint16(b[105:], uint16(base+s.extra))
	if s.points <= math.MaxUint32 {
		le.PutUint32(b[107:], uint32(s.points))
	}
	if size == 375 {
		le.PutUint64(b[247:], s.points)
	}
	for i := range 3 {
		le.PutUint64(b[131+8*i:], math.Float64bits(0.01))
	}
	return append(b, vlr...)
}

func lazFile(s lazSpec) []byte { return append(lazHead(s), s.body...) }

// noise is code that decodes to points of any kind.
func noise(seed uint64, n int) []byte {
	rng := rand.New(rand.NewPCG(seed, 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	if n > 0 {
		b[0] &= 0x7F // four bytes of 0xFF start no code
	}
	return b
}

// layeredChunk makes a chunk with layers of the sizes.
func layeredChunk(seed uint64, record int, points uint32, layers []int) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(make([]byte, record), points)
	for _, n := range layers {
		b = le.AppendUint32(b, uint32(n))
	}
	for i, n := range layers {
		b = append(b, noise(seed<<16+uint64(i), n)...)
	}
	return b
}

// noTable stands where the position of the chunk table does: there is none.
func noTable(s lazSpec, chunks ...[]byte) []byte {
	s.body = binary.LittleEndian.AppendUint64(nil, 0)
	return lazFile(lazSpec{s.format, s.minor, s.extra, s.compressor, s.version, s.chunkSize, s.points, append(s.body, bytes.Join(chunks, nil)...)})
}

// seeds are small compressed files of every kind.
func seeds() [][]byte {
	var out [][]byte
	for format := byte(0); format < 6; format++ {
		for version := uint16(1); version <= 2; version++ {
			record := []int{20, 28, 26, 34, 57, 63}[format] + 2
			out = append(out, wellFormed(func(seed uint64) []byte {
				return lazFile(lazSpec{format: format, minor: 2, extra: 2, compressor: 1, version: version, points: 12,
					body: append(make([]byte, record), noise(seed, 900)...)})
			}))
		}
	}
	for format := byte(6); format <= 10; format++ {
		for version := uint16(3); version <= 4; version++ {
			layers := make([]int, 9+[]int{0, 1, 2, 1, 3}[format-6]+1)
			for i := range layers {
				layers[i] = 300
			}
			record := []int{30, 36, 38, 59, 67}[format-6] + 1
			out = append(out, wellFormed(func(seed uint64) []byte {
				return noTable(lazSpec{format: format, extra: 1, compressor: 3, version: version, points: 8}, layeredChunk(seed, record, 8, layers))
			}))
		}
	}
	return out
}

// wellFormed is the first of the files whose code does not come upon something that cannot be.
func wellFormed(file func(seed uint64) []byte) []byte {
	for seed := uint64(0); ; seed++ {
		r, err := open(file(seed))
		if err != nil {
			panic(err)
		}
		if _, err := readSome(r, 1000); err == nil || strings.Contains(err.Error(), "bytes more than its points take") {
			return file(seed)
		}
	}
}

// smallVectors are real compressed files of a few thousand bytes; none where the shared data is not.
func smallVectors() [][]byte {
	dir := os.Getenv("UPWIND_DATA")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	var out [][]byte
	for _, pattern := range []string{"vectors/pdrf?_*chunk7_*.laz", "vectors/pdrf*_las14_mode1_extra5*.laz", "formats/laz*/point10-1.?.laz"} {
		names, _ := filepath.Glob(filepath.Join(dir, "pointcloud", pattern))
		for _, name := range names {
			if b, err := os.ReadFile(name); err == nil {
				out = append(out, b)
			}
		}
	}
	return out
}
