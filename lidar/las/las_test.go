package las_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
)

// memory is a file in memory.
type memory struct {
	b   []byte
	pos int
}

func (m *memory) Write(p []byte) (int, error) {
	if need := m.pos + len(p); need > len(m.b) {
		m.b = append(m.b, make([]byte, need-len(m.b))...)
	}
	copy(m.b[m.pos:], p)
	m.pos += len(p)
	return len(p), nil
}

func (m *memory) Seek(off int64, whence int) (int64, error) {
	m.pos = int(off)
	if whence == io.SeekEnd {
		m.pos += len(m.b)
	}
	return int64(m.pos), nil
}

func samplePoints(n int) []las.Point {
	out := make([]las.Point, n)
	for i := range out {
		v := float64(i)
		out[i] = las.Point{X: 500000 + v/8, Y: 4036000 - v/4, Z: 31 + math.Sin(v), Intensity: uint16(i * 7),
			Return: uint8(i%3 + 1), Returns: 3, Class: uint8(i % 20), Withheld: i%5 == 0, KeyPoint: i%7 == 0, Synthetic: i%11 == 0,
			ScanForward: i%2 == 0, EdgeOfFlight: i%13 == 0, UserData: uint8(i), ScanAngleDeg: float32(i%40 - 20), SourceID: uint16(i),
			GPSTime: 2.5e8 + v, R: uint16(i), G: uint16(2 * i), B: uint16(3 * i), NIR: uint16(4 * i), Extra: []byte{byte(i), 1, 2}}
	}
	return out
}

func write(t testing.TB, s las.Spec, pts []las.Point) []byte {
	var m memory
	s.Offset = [3]float64{500000, 4000000, 0}
	w, err := las.Create(&m, s)
	require.NoError(t, err)
	require.NoError(t, w.Write(pts))
	require.NoError(t, w.Close())
	return m.b
}

func open(b []byte) (*las.Reader, error) {
	return las.OpenNamed("yard.las", bytes.NewReader(b), int64(len(b)))
}

func TestWriteThenRead(t *testing.T) {
	for _, format := range []uint8{0, 1, 2, 3, 6, 7, 8} {
		t.Run(fmt.Sprint("format ", format), func(t *testing.T) {
			pts := samplePoints(10000)
			b := write(t, las.Spec{Format: format, EPSG: 32650, ExtraBytes: 3,
				Created: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}, pts)
			r, err := open(b)
			require.NoError(t, err)
			require.Empty(t, r.Warnings())
			require.Equal(t, int64(len(pts)), r.Count())
			require.Equal(t, 32650, r.CRS().EPSG)
			require.Equal(t, 1.0, r.CRS().UnitM)
			h := r.Header()
			require.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), h.Created())
			require.InDelta(t, 500000, h.Min[0], 1e-3)
			for range 2 {
				i := 0
				for p, err := range r.Points() {
					require.NoError(t, err)
					q := pts[i]
					for _, d := range []float64{p.X - q.X, p.Y - q.Y, p.Z - q.Z} {
						if math.Abs(d) > 0.0005001 {
							t.Fatalf("point %d off by %v", i, d)
						}
					}
					if format < 6 {
						q.Class &= 31
					}
					if !h.HasTime() {
						q.GPSTime = 0
					}
					if !h.HasColor() {
						q.R, q.G, q.B = 0, 0, 0
					}
					if !h.HasNIR() {
						q.NIR = 0
					}
					require.InDelta(t, q.ScanAngleDeg, p.ScanAngleDeg, 0.004)
					p.X, p.Y, p.Z, p.XI, p.YI, p.ZI, p.ScanAngleDeg = q.X, q.Y, q.Z, 0, 0, 0, q.ScanAngleDeg
					if i%997 == 0 {
						require.Equal(t, q, p)
					}
					i++
				}
				require.Equal(t, len(pts), i)
				require.NoError(t, r.Rewind())
			}
		})
	}
}

func TestWriterRefuses(t *testing.T) {
	for _, s := range []las.Spec{{Format: 4}, {Format: 9}, {ExtraBytes: -1}, {Format: 6, EPSG: 2994}, {EPSG: 1 << 20}, {Scale: [3]float64{-1, 1, 1}}} {
		_, err := las.Create(&memory{}, s)
		require.Error(t, err, "%+v", s)
	}
	w, err := las.Create(&memory{}, las.Spec{})
	require.NoError(t, err)
	require.Error(t, w.Write([]las.Point{{X: 1e9}}), "out of range")
	require.Error(t, w.Write([]las.Point{{X: math.NaN()}}))
}

// TestBrokenHeaders changes one field at a time.
func TestBrokenHeaders(t *testing.T) {
	good := write(t, las.Spec{Format: 6, EPSG: 32650}, samplePoints(100))
	le := binary.LittleEndian
	for _, c := range []struct {
		name string
		do   func(b []byte) []byte
		want string // in the refusal; empty: it is read
		n    int64
	}{
		{"empty", func(b []byte) []byte { return nil }, "LASF", 0},
		{"four bytes", func(b []byte) []byte { return b[:4] }, "ends inside its header", 0},
		{"another format", func(b []byte) []byte { copy(b, "II*\x00"); return b }, "LASF", 0},
		{"version 2", func(b []byte) []byte { b[24] = 2; return b }, "version 2.4", 0},
		{"format 11", func(b []byte) []byte { b[104] = 11; return b }, "format 11", 0},
		{"compressed", func(b []byte) []byte { b[104] |= 0x80; return b }, "LAZ", 0},
		{"record too short", func(b []byte) []byte { le.PutUint16(b[105:], 29); return b }, "too short", 0},
		{"record of no bytes", func(b []byte) []byte { le.PutUint16(b[105:], 0); return b }, "too short", 0},
		{"header of 10 bytes", func(b []byte) []byte { le.PutUint16(b[94:], 10); return b }, "byte 94", 0},
		{"points in the header", func(b []byte) []byte { le.PutUint32(b[96:], 100); return b }, "inside the header", 0},
		{"points behind the end", func(b []byte) []byte { le.PutUint32(b[96:], 1<<31); return b }, "byte 96", 0},
		{"scale NaN", func(b []byte) []byte { le.PutUint64(b[131:], math.Float64bits(math.NaN())); return b }, "place no point", 0},
		{"4e9 records", func(b []byte) []byte { le.PutUint32(b[100:], 4e9); return b }, "", 100},
		{"1e18 points", func(b []byte) []byte { le.PutUint64(b[247:], 1e18); return b }, "", 100},
		{"cut short", func(b []byte) []byte { return b[:len(b)-45] }, "", 98},
		{"1e9 extended records", func(b []byte) []byte {
			le.PutUint64(b[235:], uint64(len(b)))
			le.PutUint32(b[243:], 1e9)
			return b
		}, "", 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := open(c.do(bytes.Clone(good)))
			if c.want != "" {
				require.True(t, upwind.IsRefusal(err), "%v", err)
				require.Contains(t, err.Error(), c.want)
				require.Contains(t, err.Error(), "yard.las")
				return
			}
			require.NoError(t, err)
			n, _, _, err := drain(r)
			require.NoError(t, err)
			require.Equal(t, c.n, n)
			require.NotEmpty(t, r.Warnings())
		})
	}
}

type failing struct{ io.ReaderAt }

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off > 1000 {
		return 0, errors.New("disk gone")
	}
	return f.ReaderAt.ReadAt(p, off)
}

func TestPassingFault(t *testing.T) {
	b := write(t, las.Spec{}, samplePoints(50000))
	r, err := las.Open(failing{bytes.NewReader(b)}, int64(len(b)))
	require.NoError(t, err)
	_, _, _, err = drain(r)
	require.True(t, upwind.IsPassing(err), "%v", err)
	require.False(t, upwind.IsRefusal(err))
}

func FuzzOpen(f *testing.F) {
	for _, format := range []uint8{0, 3, 6, 8} {
		f.Add(write(f, las.Spec{Format: format, EPSG: 32650, ExtraBytes: 2}, samplePoints(20)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := open(b)
		if err != nil {
			if !upwind.IsRefusal(err) {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		n, _, _, err := drain(r)
		if err != nil || n != r.Count() || n > int64(len(b)) {
			t.Fatalf("%d points of %d bytes, %v", n, len(b), err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20+64*uint64(len(b)) {
			t.Fatalf("%d bytes allocated for %d", got, len(b))
		}
	})
}
