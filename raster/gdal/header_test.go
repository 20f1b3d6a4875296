package gdal

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
)

// FuzzSniff: any bytes give a header within the limits or a refusal.
func FuzzSniff(f *testing.F) {
	f.Add([]byte("II*\x00"))
	f.Add([]byte("\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x0b\x08\x00\x10\x00\x10\x03"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x02\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := sniff(bytes.NewReader(b), int64(len(b)), "f")
		if err != nil {
			require.True(t, upwind.IsRefusal(err), "%v", err)
			return
		}
		if h.format != "GTiff" {
			require.Positive(t, h.width*h.height)
			require.LessOrEqual(t, h.width*h.height*h.components*h.bytesPer, max(int64(freeBytes), maxRatio*int64(len(b))))
		}
	})
}

func TestJPEGHeader(t *testing.T) {
	b := []byte("\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x0b\x08\x00\x20\x00\x10\x03\x00\x00\x00")
	h, err := sniff(bytes.NewReader(b), int64(len(b)), "p.jpg")
	require.NoError(t, err)
	require.Equal(t, header{format: "JPEG", width: 16, height: 32, components: 3, bytesPer: 1, whole: true}, h)
}
