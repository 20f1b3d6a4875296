package las_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
)

// octree makes files of one-point chunks, whose layers are all empty.
type octree struct {
	header []byte // and records
	body   []byte // chunks, then pages
	points int
}

const (
	octreeHead  = 375 + 54 + 160 + 54 + 40 // header, COPC record, LASzip record
	octreeChunk = 30 + 4 + 9*4
)

func newOctree() *octree {
	le := binary.LittleEndian
	b := make([]byte, octreeHead)
	copy(b, "LASF")
	b[24], b[25], b[104] = 1, 4, 6|0x80
	le.PutUint16(b[94:], 375)
	le.PutUint32(b[96:], octreeHead)
	le.PutUint32(b[100:], 2)
	le.PutUint16(b[105:], 30)
	for i := range 3 {
		le.PutUint64(b[131+8*i:], math.Float64bits(0.001))
	}
	copy(b[375+2:], "copc")
	le.PutUint16(b[375+18:], 1)
	le.PutUint16(b[375+20:], 160)
	info := b[429:]
	for i, v := range []float64{8, 8, 8, 8, 1} { // a cube of 16 from the origin, spacing 1
		le.PutUint64(info[8*i:], math.Float64bits(v))
	}
	laszip := b[589:]
	copy(laszip[2:], "laszip encoded")
	le.PutUint16(laszip[18:], 22204)
	le.PutUint16(laszip[20:], 40)
	for i, v := range map[int]uint16{54: 3, 54 + 12: 0xffff, 54 + 14: 0xffff, 54 + 32: 1, 54 + 34: 10, 54 + 36: 30, 54 + 38: 3} {
		le.PutUint16(laszip[i:], v)
	}
	return &octree{header: b, body: le.AppendUint64(nil, octreeHead)} // no chunk table
}

// chunk adds a chunk of one point and returns its place.
func (o *octree) chunk(x, y, z float64) (offset uint64) {
	offset = uint64(octreeHead + len(o.body))
	rec := make([]byte, octreeChunk)
	for i, v := range []float64{x, y, z} {
		binary.LittleEndian.PutUint32(rec[4*i:], uint32(int32(math.Round(v*1000))))
	}
	rec[14] = 0x11
	rec[30] = 1 // points
	o.body = append(o.body, rec...)
	o.points++
	return offset
}

// entry is an entry of a page.
func entry(level, x, y, z int32, offset uint64, size, points int32) []byte {
	var b []byte
	le := binary.LittleEndian
	for _, v := range []int32{level, x, y, z} {
		b = le.AppendUint32(b, uint32(v))
	}
	b = le.AppendUint64(b, offset)
	return le.AppendUint32(le.AppendUint32(b, uint32(size)), uint32(points))
}

// page adds a page and returns its place.
func (o *octree) page(entries ...[]byte) (offset uint64, size int32) {
	offset = uint64(octreeHead + len(o.body))
	o.body = append(o.body, bytes.Join(entries, nil)...)
	return offset, int32(32 * len(entries))
}

// file closes the file with its root page.
func (o *octree) file(root uint64, size int32) []byte {
	le := binary.LittleEndian
	b := append(bytes.Clone(o.header), o.body...)
	le.PutUint64(b[429+40:], root)
	le.PutUint64(b[429+48:], uint64(size))
	le.PutUint64(b[247:], uint64(o.points))
	return b
}

// smallOctree has a root, two children, one of them in a page of its own with an empty node and a
// grandchild.
func smallOctree() []byte {
	o := newOctree()
	a, b, c, d := o.chunk(8, 8, 8), o.chunk(1, 1, 1), o.chunk(15, 15, 15), o.chunk(13, 13, 9)
	sub, size := o.page(entry(1, 1, 1, 1, c, octreeChunk, 1), entry(2, 3, 3, 2, 0, 0, 0), entry(3, 6, 6, 4, d, octreeChunk, 1))
	return o.file(o.page(entry(0, 0, 0, 0, a, octreeChunk, 1), entry(1, 0, 0, 0, b, octreeChunk, 1), entry(1, 1, 1, 1, sub, size, -1)))
}

func TestCOPCSmall(t *testing.T) {
	c, r := openCOPC(t, smallOctree())
	require.Equal(t, [3]float64{8, 8, 8}, c.Centre)
	corner, edge := c.Cube(las.Voxel{Level: 2, X: 3, Y: 0, Z: 1})
	require.Equal(t, []float64{12, 0, 4, 4}, append(corner[:], edge))
	xs := func(q las.Query) (xs []float64) {
		for _, p := range collect(t, c, q) {
			xs = append(xs, p.X)
		}
		return xs
	}
	require.Equal(t, []float64{8, 1, 15, 13}, xs(las.Everywhere()))
	require.Equal(t, []float64{13}, xs(las.Within(12, 12, 14, 14)))
	require.Equal(t, []float64{8, 1}, xs(las.Within(1, 1, 8, 8)), "points on the faces belong to the box")
	require.Equal(t, []float64{8}, xs(las.Query{Min: [3]float64{8, 8, 8}, Max: [3]float64{8, 8, 8}}))
	q := las.Everywhere()
	q.Resolution = 0.5
	require.Equal(t, []float64{8, 1, 15}, xs(q))
	require.NotContains(t, strings.Join(r.Warnings(), "\n"), "hierarchy")
	for _, bad := range []las.Query{las.Within(1, 0, 0, 1), las.Within(math.NaN(), 0, 1, 1), {Resolution: -1}, {Resolution: math.NaN()}} {
		_, err := c.Nodes(bad)
		require.Error(t, err)
	}
}

// TestCOPCHostile breaks the hierarchy in one way at a time.
func TestCOPCHostile(t *testing.T) {
	one := func(mutate func(o *octree, at uint64) (uint64, int32)) []byte {
		o := newOctree()
		return o.file(mutate(o, o.chunk(8, 8, 8)))
	}
	root := func(at uint64) []byte { return entry(0, 0, 0, 0, at, octreeChunk, 1) }
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"page leads to itself", "that of another node", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(root(at), entry(1, 0, 0, 0, uint64(octreeHead+len(o.body)), 64, -1))
		})},
		{"pages lead in a circle", "that of another node", one(func(o *octree, at uint64) (uint64, int32) {
			first := uint64(octreeHead + len(o.body))
			second, size := o.page(root(at), entry(1, 0, 0, 0, first+64, 64, -1))
			o.page(entry(1, 0, 0, 0, 0, 0, 0), entry(2, 0, 0, 0, first, 64, -1))
			return second, size
		})},
		{"pages overlap", "overlap", one(func(o *octree, at uint64) (uint64, int32) {
			size := int32(octreeHead+len(o.body)+64) / 32 * 32
			return o.page(root(at), entry(1, 0, 0, 0, 0, size, -1))
		})},
		{"page outside the file", "outside the file", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(root(at), entry(1, 0, 0, 0, 1<<40, 32, -1))
		})},
		{"offset that wraps", "outside the file", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(root(at), entry(1, 0, 0, 0, math.MaxUint64-15, 32, -1))
		})},
		{"page of 33 bytes", "no multiple of 32", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(root(at), entry(1, 0, 0, 0, 700, 33, -1))
		})},
		{"page of a negative size", "-32 bytes", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(root(at), entry(1, 0, 0, 0, 700, -32, -1))
		})},
		{"chunk outside the file", "outside the points", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(entry(0, 0, 0, 0, at+1000, octreeChunk, 1))
		})},
		{"chunk in the header", "outside the points", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(entry(0, 0, 0, 0, 100, octreeChunk, 1))
		})},
		{"chunk of no bytes", "outside the points", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(entry(0, 0, 0, 0, at, 0, 1))
		})},
		{"chunk of two nodes", "that of another node", one(func(o *octree, at uint64) (uint64, int32) {
			o.points = 2
			return o.page(root(at), entry(1, 0, 0, 0, at, octreeChunk, 1))
		})},
		{"chunks overlap", "they overlap", one(func(o *octree, at uint64) (uint64, int32) {
			o.points = 1 << 20
			var entries [][]byte
			for i := range int32(60) {
				entries = append(entries, entry(6, i, 0, 0, at+uint64(i), octreeChunk, 1))
			}
			return o.page(entries...)
		})},
		{"node twice", "occurs twice", one(func(o *octree, at uint64) (uint64, int32) {
			o.points = 2
			return o.page(root(at), entry(0, 0, 0, 0, o.chunk(1, 1, 1), octreeChunk, 1))
		})},
		{"level below zero", "no such node", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(root(at), entry(-1, 0, 0, 0, 0, 0, 0))
		})},
		{"level 32", "no such node", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(root(at), entry(32, 0, 0, 0, 0, 0, 0))
		})},
		{"beside the root", "no such node", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(root(at), entry(1, 2, 0, 0, 0, 0, 0))
		})},
		{"in the wrong page", "not below that", one(func(o *octree, at uint64) (uint64, int32) {
			sub, size := o.page(entry(1, 0, 0, 0, 0, 0, 0))
			return o.page(root(at), entry(1, 1, 0, 0, sub, size, -1))
		})},
		{"-2 points", "-2 points", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(entry(0, 0, 0, 0, at, octreeChunk, -2))
		})},
		{"more points than the header", "the header states 1", one(func(o *octree, at uint64) (uint64, int32) {
			return o.page(entry(0, 0, 0, 0, at, octreeChunk, 2))
		})},
		{"other count than the chunk", "corrupt", one(func(o *octree, at uint64) (uint64, int32) {
			o.points = 5
			return o.page(entry(0, 0, 0, 0, at, octreeChunk, 5))
		})},
		{"a chunk that fills memory", "is said to hold 2000000000 points", one(func(o *octree, at uint64) (uint64, int32) {
			o.points = 2e9
			return o.page(entry(0, 0, 0, 0, at, octreeChunk, 2e9))
		})},
		{"root page behind the end", "outside the file", one(func(o *octree, at uint64) (uint64, int32) { return 1 << 50, 32 })},
		{"root page of an odd size", "no multiple", one(func(o *octree, at uint64) (uint64, int32) { return 700, 31 })},
	} {
		t.Run(c.name, func(t *testing.T) {
			tree, _ := openCOPC(t, c.file)
			for range 2 { // asked again it says the same
				_, err := walk(tree, las.Everywhere())
				require.True(t, upwind.IsRefusal(err), "%v", err)
				require.Contains(t, err.Error(), c.want)
				require.Contains(t, err.Error(), "yard.las, ")
			}
		})
	}
}

func walk(c *las.COPC, q las.Query) (n int64, err error) {
	for _, err := range c.Points(q) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func TestCOPCBadInfo(t *testing.T) {
	for name, do := range map[string]func(info []byte){
		"half size zero":  func(b []byte) { clear(b[24:32]) },
		"half size NaN":   func(b []byte) { binary.LittleEndian.PutUint64(b[24:], math.Float64bits(math.NaN())) },
		"centre infinite": func(b []byte) { binary.LittleEndian.PutUint64(b, math.Float64bits(math.Inf(1))) },
		"spacing below 0": func(b []byte) { binary.LittleEndian.PutUint64(b[32:], math.Float64bits(-1)) },
	} {
		b := smallOctree()
		do(b[429:])
		r, err := open(b)
		require.NoError(t, err, name)
		_, err = r.COPC()
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
	}
}

// TestCOPCTellsMissingPoints: fewer points in the hierarchy than in the header are read and told, once.
func TestCOPCTellsMissingPoints(t *testing.T) {
	b := smallOctree()
	b[247] = 9
	c, r := openCOPC(t, b)
	for range 2 {
		n, err := walk(c, las.Everywhere())
		require.NoError(t, err)
		require.Equal(t, int64(4), n)
	}
	require.Equal(t, 1, strings.Count(strings.Join(r.Warnings(), "\n"), "the COPC hierarchy has 4 points, the header states 9"))
}

// breaking fails once its switch is on.
type breaking struct {
	io.ReaderAt
	on bool
}

func (b *breaking) ReadAt(p []byte, off int64) (int, error) {
	if b.on {
		return 0, errors.New("disk gone")
	}
	return b.ReaderAt.ReadAt(p, off)
}

// TestCOPCDiskFault: a fault of the disk is passing, and passes.
func TestCOPCDiskFault(t *testing.T) {
	b := smallOctree()
	src := &breaking{ReaderAt: bytes.NewReader(b)}
	r, err := las.OpenNamed("yard.laz", src, int64(len(b)))
	require.NoError(t, err)
	c, err := r.COPC()
	require.NoError(t, err)
	src.on = true
	_, err = walk(c, las.Everywhere())
	require.True(t, upwind.IsPassing(err), "%v", err)
	src.on = false
	n, err := walk(c, las.Everywhere())
	require.NoError(t, err)
	require.Equal(t, int64(4), n)
	src.on = true
	_, err = walk(c, las.Everywhere())
	require.True(t, upwind.IsPassing(err), "%v", err)
}

// TestCOPCStopsEarly leaves the loop while chunks are decoded ahead.
func TestCOPCStopsEarly(t *testing.T) {
	o := newOctree()
	var entries [][]byte
	for i := range int32(64) {
		entries = append(entries, entry(6, i, 0, 0, o.chunk(float64(i)/4, 0, 0), octreeChunk, 1))
	}
	c, r := openCOPC(t, o.file(o.page(entries...)))
	require.NoError(t, r.Threads(4))
	for want := range 64 {
		n := 0
		for p, err := range c.Points(las.Everywhere()) {
			require.NoError(t, err)
			require.InDelta(t, float64(n)/4, p.X, 1e-9)
			if n++; n > want {
				break
			}
		}
	}
}

// TestCOPCMutated changes a few bytes of octrees, most of them in header and records: points or a refusal.
func TestCOPCMutated(t *testing.T) {
	seeds := [][]byte{smallOctree()}
	if dir := os.Getenv("UPWIND_DATA"); dir != "" {
		b, err := os.ReadFile(filepath.Join(dir, "pointcloud/formats", realCOPC[0]))
		require.NoError(t, err)
		seeds = append(seeds, b)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	refused, read := 0, 0
	for i := range 1500 {
		b := bytes.Clone(seeds[i%len(seeds)])
		for range 1 + rng.IntN(4) {
			at := rng.IntN(len(b))
			if rng.IntN(2) == 0 {
				at = rng.IntN(octreeHead)
			}
			b[at] ^= 1 << rng.IntN(8)
		}
		r, err := open(b)
		if err != nil {
			continue
		}
		c, err := r.COPC()
		if err != nil {
			continue
		}
		require.NoError(t, r.Threads(1+i%3))
		if _, err := walk(c, las.Everywhere()); err != nil {
			require.True(t, upwind.IsRefusal(err), "%v", err)
			refused++
		} else {
			read++
		}
	}
	require.Greater(t, refused, 100)
	require.Greater(t, read, 100)
}

func FuzzCOPC(f *testing.F) {
	f.Add(smallOctree(), uint8(1))
	o := newOctree()
	at := o.chunk(8, 8, 8)
	f.Add(o.file(o.page(entry(0, 0, 0, 0, at, octreeChunk, 1), entry(1, 0, 0, 0, at, 64, -1))), uint8(3))
	if root := os.Getenv("UPWIND_DATA"); root != "" {
		for _, name := range realCOPC[:1] {
			if b, err := os.ReadFile(filepath.Join(root, "pointcloud/formats", name)); err == nil {
				f.Add(b, uint8(2))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, threads uint8) {
		r, err := open(b)
		if err != nil {
			return
		}
		c, err := r.COPC()
		if err != nil {
			if !errors.Is(err, las.ErrNotCOPC) && !upwind.IsRefusal(err) {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		_ = r.Threads(int(threads%4) + 1)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		n, err := walk(c, las.Everywhere())
		runtime.ReadMemStats(&after)
		if err != nil && !upwind.IsRefusal(err) {
			t.Fatalf("not a refusal: %v", err)
		}
		if uint64(n) > r.Header().StatedPoints {
			t.Fatalf("%d points, the header states %d", n, r.Header().StatedPoints)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 96<<20+4096*uint64(len(b)) {
			t.Fatalf("%d bytes allocated for %d", got, len(b))
		}
	})
}
