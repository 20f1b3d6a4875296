package las_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

func TestBrokenLASzipRecords(t *testing.T) {
	good := lazSpec{format: 3, minor: 2, extra: 2, compressor: 2, version: 2, chunkSize: 50000, points: 5}
	at := bytes.Index(lazHead(good), []byte("laszip encoded")) + 52
	le := binary.LittleEndian
	for _, c := range []struct {
		name, want string
		do         func(b []byte)
	}{
		{"compressor 4", "compressor 4", func(b []byte) { b[at] = 4 }},
		{"layered format 3", "compressor 3 does not hold point format 3", func(b []byte) { b[at] = 3 }},
		{"coder", "coder 1", func(b []byte) { b[at+2] = 1 }},
		{"no items", "too few for its 0 items", func(b []byte) { b[at+32] = 0 }},
		{"too many items", "60000 items", func(b []byte) { le.PutUint16(b[at+32:], 60000) }},
		{"an item less", "3 items", func(b []byte) { b[at+32] = 3 }},
		{"type", "item 2 (type 8", func(b []byte) { b[at+40] = 8 }},
		{"size", "item 4 (type 0, 3 bytes)", func(b []byte) { b[at+34+18+2] = 3 }},
		{"version 0", "item 1 (type 6) has version 0", func(b []byte) { b[at+34+4] = 0 }},
		{"version 3", "item 3 (type 8) has version 3", func(b []byte) { b[at+34+12+4] = 3 }},
		{"experimental", "experimental", func(b []byte) { b[104] |= 0x40 }},
		{"record elsewhere", "no LASzip record", func(b []byte) { b[at-52] = 'x' }},
		{"record length", "item 4", func(b []byte) { b[105]++ }},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := append(lazHead(good), make([]byte, 200)...)
			c.do(b)
			_, err := open(b)
			require.True(t, upwind.IsRefusal(err), "%v", err)
			require.Contains(t, err.Error(), c.want)
			require.Contains(t, err.Error(), "yard.las")
		})
	}
}

// TestMarkLost: a compressed file whose header does not say so is still read as what it is.
func TestMarkLost(t *testing.T) {
	for path, b := range lazFiles(t, 20<<10) {
		want := readAll(t, b, nil)
		if len(want) < 100 {
			continue
		}
		c := bytes.Clone(b)
		c[104] &= 0x3F
		requireSame(t, want, readAll(t, c, nil), path)
	}
}
