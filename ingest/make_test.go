package ingest

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	windHead = "start_utc,duration_s,id,lon,lat,height_m,speed_ms,from_deg"
	readHead = "start_utc,duration_s,id,lon,lat,height_m,value,unit,species"
	windRow  = "2026-04-01T00:00:00Z,3600,s1,115.98,36.45,10,2.5,270"
	readRow  = "2026-04-01T00:00:00Z,3600,s1,115.98,36.45,3,120,ug/m3,PM10"
	oneSite  = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"k1","name":"kiln","kind":"stack","height_m":30},"geometry":{"type":"Point","coordinates":[115.98,36.45]}}]}`
	oneGrid  = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"371502","level":"county","name":"Dongchangfu"},"geometry":{"type":"Polygon","coordinates":[[[115,36],[116,36],[116,37],[115,37],[115,36]]]}}]}`
)

// tinyTIFF is a grey TIFF of 2 x 2 pixels, with the tags and keys of EPSG:32650 or without.
func tinyTIFF(placed bool, pixels ...byte) []byte {
	if len(pixels) == 0 {
		pixels = []byte{1, 2, 3, 4}
	}
	type entry struct {
		tag, typ uint16
		count    uint32
		data     []byte
	}
	short := func(v ...uint16) []byte { b, _ := binary.Append(nil, binary.LittleEndian, v); return b }
	doubles := func(v ...float64) []byte { b, _ := binary.Append(nil, binary.LittleEndian, v); return b }
	long := func(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }
	entries := []entry{
		{256, 3, 1, short(2)}, {257, 3, 1, short(2)}, {258, 3, 1, short(8)}, {259, 3, 1, short(1)},
		{262, 3, 1, short(1)}, {273, 4, 1, long(8)}, {277, 3, 1, short(1)}, {278, 3, 1, short(2)},
		{279, 4, 1, long(uint32(len(pixels)))},
	}
	if placed {
		entries = append(entries,
			entry{33550, 12, 3, doubles(0.1, 0.1, 0)},
			entry{33922, 12, 6, doubles(0, 0, 0, 500000, 4000000, 0)},
			entry{34735, 3, 8, short(1, 1, 0, 1, 3072, 0, 1, 32650)})
	}
	for len(pixels)%2 != 0 {
		pixels = append(pixels, 0)
	}
	out := append([]byte("II*\x00"), long(uint32(8+len(pixels)))...)
	out = append(out, pixels...)
	out = append(out, short(uint16(len(entries)))...)
	at := len(out) + 12*len(entries) + 4
	var tail []byte
	for _, e := range entries {
		out = append(out, short(e.tag, e.typ)...)
		out = append(out, long(e.count)...)
		if len(e.data) <= 4 {
			out = append(out, append(e.data, make([]byte, 4-len(e.data))...)...)
			continue
		}
		out = append(out, long(uint32(at+len(tail)))...)
		tail = append(tail, e.data...)
	}
	return append(append(out, 0, 0, 0, 0), tail...)
}

func tinyPNG() []byte {
	m := image.NewRGBA(image.Rect(0, 0, 4, 4))
	m.Set(1, 1, color.RGBA{200, 150, 100, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func tinyJPEG(t testing.TB) []byte {
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	return b.Bytes()
}

func write(t testing.TB, dir, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, content, 0o644))
	return path
}

func zipOf(t testing.TB, files map[string][]byte, order ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range order {
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write(files[name])
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}
