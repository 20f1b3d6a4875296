package tiff

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// classic is a TIFF of one directory in either byte order, values inline.
func classic(order binary.AppendByteOrder, mark string, entries ...[4]uint32) []byte {
	b := []byte(mark)
	b = order.AppendUint16(b, 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, uint16(len(entries)))
	for _, e := range entries {
		b = order.AppendUint16(b, uint16(e[0]))
		b = order.AppendUint16(b, uint16(e[1]))
		b = order.AppendUint32(b, e[2])
		if e[1] == 3 && e[2] == 1 {
			b = order.AppendUint16(b, uint16(e[3]))
			b = order.AppendUint16(b, 0)
		} else {
			b = order.AppendUint32(b, e[3])
		}
	}
	return order.AppendUint32(b, 0)
}

func first(t testing.TB, b []byte) *Directory {
	t.Helper()
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	d, err := f.First()
	require.NoError(t, err)
	return d
}

func TestByteOrders(t *testing.T) {
	for mark, order := range map[string]binary.AppendByteOrder{"II": binary.LittleEndian, "MM": binary.BigEndian} {
		d := first(t, classic(order, mark, [4]uint32{ImageWidth, 3, 1, 640}, [4]uint32{ImageLength, 4, 1, 70000}))
		w, h, ok := d.Size()
		require.True(t, ok)
		require.Equal(t, []uint64{640, 70000}, []uint64{w, h}, mark)
	}
}

func TestBigTIFF(t *testing.T) {
	le := binary.LittleEndian
	b := []byte("II+\x00\x08\x00\x00\x00")
	b = le.AppendUint64(b, 16)
	b = le.AppendUint64(b, 1)
	b = le.AppendUint16(b, ImageWidth)
	b = le.AppendUint16(b, 16)
	b = le.AppendUint64(b, 1)
	b = le.AppendUint64(b, 123456789012)
	b = le.AppendUint64(b, 0)
	w, ok := first(t, b).Uint(ImageWidth, 0)
	require.True(t, ok)
	require.Equal(t, uint64(123456789012), w)
}

func TestValues(t *testing.T) {
	b := classic(binary.LittleEndian, "II", [4]uint32{2, 5, 2, 50}, [4]uint32{271, 2, 4, 0x00494a44}, [4]uint32{5, 5, 1, 4000})
	for len(b) < 50 {
		b = append(b, 0)
	}
	for _, v := range []uint32{49, 2, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	d := first(t, b)
	v := d.Floats(2, 3)
	require.Equal(t, 24.5, v[0])
	require.True(t, math.IsNaN(v[1]))
	require.Equal(t, "DJI", d.Text(271))
	require.False(t, d.Has(5), "a value outside the file is absent")
}

func TestCheckBlocks(t *testing.T) {
	le := binary.LittleEndian
	block := func(off, n uint32) []byte {
		return classic(le, "II", [4]uint32{StripOffsets, 4, 1, off}, [4]uint32{StripByteCounts, 4, 1, n})
	}
	require.NoError(t, first(t, block(8, 10)).CheckBlocks())
	require.NoError(t, first(t, block(0, 0)).CheckBlocks(), "a hole of a sparse file")
	require.ErrorIs(t, first(t, block(30, 100)).CheckBlocks(), ErrTruncated)
	require.ErrorIs(t, first(t, block(math.MaxUint32, math.MaxUint32)).CheckBlocks(), ErrTruncated)
	require.ErrorIs(t, first(t, classic(le, "II")).CheckBlocks(), ErrTruncated)
}

func TestBroken(t *testing.T) {
	for _, s := range []string{"", "II", "II*\x00", "II*\x00\xff\xff\xff\xff", "II+\x00\x08\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", "II*\x00\x08\x00\x00\x00\xff\xff"} {
		f, err := Open(bytes.NewReader([]byte(s)), int64(len(s)))
		if err == nil {
			_, err = f.First()
		}
		require.Error(t, err, "%q", s)
	}
}

func FuzzTIFF(f *testing.F) {
	f.Add(classic(binary.LittleEndian, "II", [4]uint32{StripOffsets, 4, 1, 8}, [4]uint32{StripByteCounts, 4, 1, 4}, [4]uint32{ExifIFD, 4, 1, 8}))
	f.Add(classic(binary.BigEndian, "MM", [4]uint32{XMP, 1, 100, 8}))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		d, err := file.First()
		if err != nil {
			return
		}
		_ = d.CheckBlocks()
		for tag := range d.entries {
			_, _ = d.Bytes(tag), d.Floats(tag, 10)
			_, _ = d.Uint(tag, d.Count(tag)-1)
		}
		_, _ = d.Sub(ExifIFD)
	})
}
