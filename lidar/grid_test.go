package lidar

import (
	"bytes"
	"context"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/las"
)

// file is a LAS file in memory.
type file struct {
	bytes.Buffer
	at int64
}

func (f *file) Write(p []byte) (int, error) {
	b := f.Bytes()
	n := copy(b[min(int(f.at), len(b)):], p)
	f.Buffer.Write(p[n:])
	f.at += int64(len(p))
	return len(p), nil
}

func (f *file) Seek(off int64, whence int) (int64, error) {
	f.at = off
	if whence == io.SeekEnd {
		f.at += int64(f.Len())
	}
	return f.at, nil
}

func fileOf(t testing.TB, spec las.Spec, pts []las.Point) *las.Reader {
	var f file
	w, err := las.Create(&f, spec)
	require.NoError(t, err)
	require.NoError(t, w.Write(pts))
	require.NoError(t, w.Close())
	r, err := las.OpenNamed("made.las", bytes.NewReader(f.Bytes()), int64(f.Len()))
	require.NoError(t, err)
	return r
}

func somePoints(n int) []las.Point {
	rng := rand.New(rand.NewPCG(1, 1))
	pts := make([]las.Point, n)
	for i := range pts {
		x, y := 150*rng.Float64(), 200*rng.Float64()
		pts[i] = las.Point{X: x, Y: y, Z: 5 + math.Sin(x/9) + rng.NormFloat64()*0.05, Return: 1, Returns: uint8(1 + i%7/6), Class: uint8(1 + i%9),
			R: uint16(rng.IntN(65536)), G: uint16(rng.IntN(65536)), B: uint16(rng.IntN(65536)), NIR: uint16(rng.IntN(65536))}
		if i%50 == 49 {
			pts[i] = pts[i-20] // written twice
		}
	}
	return pts
}

func metres(x, y float64) (float64, float64) { return 116 + x/90000, 36 + y/111000 }

// comparable makes NaN equal to itself.
func comparable(v []float64) []uint64 {
	out := make([]uint64, len(v))
	for i := range v {
		out[i] = math.Float64bits(v[i])
	}
	return out
}

// TestSameGridForAnyNumberOfThreads also reads the points again instead of keeping them.
func TestSameGridForAnyNumberOfThreads(t *testing.T) {
	pts := somePoints(150_000)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var want *Cloud
	for _, c := range []struct{ threads, limit int }{{1, keptPoints}, {2, keptPoints}, {5, keptPoints}, {2, 70_000}, {1, 0}} {
		runtime.GOMAXPROCS(c.threads)
		ctx, r := context.Background(), fileOf(t, las.Spec{Format: 8}, pts)
		s, err := newStream(r)
		require.NoError(t, err)
		s.limit = c.limit
		got := &Cloud{locate: metres}
		e, err := survey(ctx, s, func(int64) {})
		require.NoError(t, err)
		require.Equal(t, c.limit == keptPoints, s.whole)
		got.Report.Colour, got.Report.NIR, got.Report.ColourBits = e.colours.seen()
		require.NoError(t, got.measureUnits(r, e))
		require.True(t, got.layOut(e, Options{}))
		require.NoError(t, got.fill(ctx, s, e, func(int64) {}))
		require.Greater(t, got.Report.Duplicates, int64(2000), "one in fifty, less those that are not usable")
		if want == nil {
			want = got
			continue
		}
		require.Equal(t, comparable(want.z), comparable(got.z))
		require.Equal(t, want.n, got.n)
		require.Equal(t, want.flags, got.flags)
		require.Equal(t, want.colour, got.colour)
		require.Equal(t, want.Report, got.Report)
		for i := range want.within {
			require.Equal(t, math.Float32bits(want.within[i]), math.Float32bits(got.within[i]))
			require.Equal(t, math.Float32bits(want.spread[i]), math.Float32bits(got.spread[i]))
		}
	}
}

func TestDepth(t *testing.T) {
	for _, c := range []struct {
		name   string
		colour [][4]uint16
		bits   int
		nir    bool
	}{
		{"none", nil, 0, false},
		{"black", [][4]uint16{{}, {}}, 0, false},
		{"8 bits", [][4]uint16{{255, 1, 3, 0}}, 8, false},
		{"10 bits", [][4]uint16{{256, 1, 3, 7}}, 10, true},
		{"12 bits", [][4]uint16{{4095, 0, 0, 0}}, 12, false},
		{"16 bits", [][4]uint16{{0, 4096, 0, 0}}, 16, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var d depth
			d.add(c.colour)
			colour, nir, n := d.seen()
			require.Equal(t, c.bits > 0, colour)
			require.Equal(t, c.nir, nir)
			require.Equal(t, c.bits, n)
		})
	}
	var d depth
	many := make([][4]uint16, 5000)
	for i := range many {
		many[i] = [4]uint16{200, 180, 160}
	}
	many[7][0] = 65535 // one fault among them
	d.add(many)
	_, _, n := d.seen()
	require.Equal(t, 8, n)
}

func TestSplit(t *testing.T) {
	low, high := []float64{3, 5, 2, 0, 0, 0, 0, 0, 0, 0}, []float64{0, 0, 0, 0, 0, 0, 4, 4, 2, 0}
	at, wrong := split(low, high, 10, 10)
	require.InDelta(t, -0.1, at, 1e-12, "the middle of the gap from bin 3 to 6 of ten over -1..1")
	require.Zero(t, wrong)
	_, wrong = split(low, low, 10, 10)
	require.InDelta(t, 0.5, wrong, 1e-12)
}

// TestPlanes fits known ground.
func TestPlanes(t *testing.T) {
	const noise = 0.03
	rng := rand.New(rand.NewPCG(2, 2))
	var pts []las.Point
	for range 120_000 {
		x, y := 100*rng.Float64(), 100*rng.Float64()
		pts = append(pts, las.Point{X: x, Y: y, Z: 7 + 0.1*x - 0.2*y + noise*rng.NormFloat64(), Return: 1, Returns: 1})
	}
	c, err := Grid(context.Background(), fileOf(t, las.Spec{Format: 0}, pts), metres, Options{}, nil)
	require.NoError(t, err)
	half, step := c.window()
	var rough, gx, gy float64
	n := 0.0
	for y := 10; y < c.h-10; y += 5 {
		for x := 10; x < c.w-10; x += 5 {
			l, ok := c.ground(x, y, half, step)
			require.True(t, ok)
			rough, gx, gy, n = rough+l.rough*l.rough, gx+l.gx, gy+l.gy, n+1
		}
	}
	require.InEpsilon(t, noise, math.Sqrt(rough/n), 0.05)
	require.InDelta(t, 0.1, gx/n*c.ux, 0.002)
	require.InDelta(t, 0.2, gy/n*c.uy, 0.002, "rows run south")
	_, ok := c.ground(-50, -50, half, step)
	require.False(t, ok)
}

func TestUnplace(t *testing.T) {
	c := &Cloud{w: 300, h: 200, cell: 0.5, ux: 1, uy: 1, originX: 10, originY: 500, locate: func(x, y float64) (float64, float64) {
		return 116 + (x+0.02*y)/90000, 36 + (y-0.03*x)/111000 // a grid turned against north
	}}
	for _, q := range [][2]float64{{0, 0}, {299, 3}, {-40, 260}} {
		x, y, ok := c.unplace(c.place(q[0], q[1]), 150, 100)
		require.True(t, ok)
		require.InDelta(t, q[0], x, 0.02)
		require.InDelta(t, q[1], y, 0.02)
	}
}
