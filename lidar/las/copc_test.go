package las_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
)

// realCOPC are all real octrees, one of them with a page below the root page.
var realCOPC = []string{"lasR/example.copc.laz", "laspy/simple.copc.laz", "laspy/simple_with_page.copc.laz", "pdal/1.2-with-color.copc.laz"}

func openCOPC(t testing.TB, b []byte) (*las.COPC, *las.Reader) {
	r, err := open(b)
	require.NoError(t, err)
	c, err := r.COPC()
	require.NoError(t, err)
	return c, r
}

func collect(t testing.TB, c *las.COPC, q las.Query) (out []las.Point) {
	for p, err := range c.Points(q) {
		require.NoError(t, err)
		p.Extra = bytes.Clone(p.Extra)
		out = append(out, p)
	}
	return out
}

func inside(p las.Point, q las.Query) bool {
	for i, v := range [3]float64{p.X, p.Y, p.Z} {
		if v < q.Min[i] || v > q.Max[i] {
			return false
		}
	}
	return true
}

// TestCOPCIsTheFilteredFile: a query has the points, and their order, of a whole read that is filtered.
func TestCOPCIsTheFilteredFile(t *testing.T) {
	root := sharedData(t, "pointcloud/formats")
	for _, name := range realCOPC {
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(root, name))
			require.NoError(t, err)
			c, r := openCOPC(t, b)
			var all []las.Point
			for p, err := range r.Points() {
				require.NoError(t, err)
				p.Extra = bytes.Clone(p.Extra)
				all = append(all, p)
			}
			require.Equal(t, all, collect(t, c, las.Everywhere()))
			h, rng := r.Header(), rand.New(rand.NewPCG(1, 2))
			hits := 0
			for range 25 {
				q := las.Everywhere()
				for i := range 3 {
					if i == 2 && rng.IntN(2) == 0 {
						continue // an upright column
					}
					a, b := h.Min[i]+rng.Float64()*(h.Max[i]-h.Min[i]), h.Min[i]+rng.Float64()*(h.Max[i]-h.Min[i])
					q.Min[i], q.Max[i] = min(a, b), max(a, b)
				}
				var want []las.Point
				for _, p := range all {
					if inside(p, q) {
						want = append(want, p)
					}
				}
				hits += len(want)
				for _, threads := range []int{1, 3} {
					require.NoError(t, r.Threads(threads))
					require.Equal(t, want, collect(t, c, q))
				}
				nodes, err := c.Nodes(q)
				require.NoError(t, err)
				held := 0
				for _, n := range nodes {
					held += n.Points
				}
				require.GreaterOrEqual(t, held, len(want))
			}
			require.Positive(t, hits)
			require.NoError(t, r.Close())
		})
	}
}

// TestCOPCResolution: each level halves the spacing, and coarse queries are the first levels.
func TestCOPCResolution(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(sharedData(t, "pointcloud/formats"), "laspy/simple.copc.laz"))
	require.NoError(t, err)
	c, _ := openCOPC(t, b)
	deepest := func(resolution float64) (level int32, points int) {
		q := las.Everywhere()
		q.Resolution = resolution
		nodes, err := c.Nodes(q)
		require.NoError(t, err)
		for _, n := range nodes {
			level = max(level, n.Level)
		}
		points = len(collect(t, c, q))
		return level, points
	}
	bottom, all := deepest(0)
	require.Equal(t, 1065, all)
	require.Greater(t, bottom, int32(1))
	last := 0
	for d := range bottom + 1 {
		for _, res := range []float64{1, 1.99} { // up to just below the next coarser spacing
			level, points := deepest(math.Ldexp(c.Spacing, -int(d)) * res)
			require.Equal(t, d, level)
			require.GreaterOrEqual(t, points, last)
			last = points
		}
	}
	level, _ := deepest(math.Inf(1))
	require.Zero(t, level)
}

// spy remembers what is read.
type spy struct {
	*bytes.Reader
	ranges [][2]int64
}

func (s *spy) ReadAt(b []byte, off int64) (int, error) {
	s.ranges = append(s.ranges, [2]int64{off, off + int64(len(b))})
	return s.Reader.ReadAt(b, off)
}

// TestCOPCReadsOnlyWhatItNeeds: pages when they are needed, and then the chunks of the nodes met.
func TestCOPCReadsOnlyWhatItNeeds(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(sharedData(t, "pointcloud/formats"), "laspy/simple_with_page.copc.laz"))
	require.NoError(t, err)
	src := &spy{Reader: bytes.NewReader(b)}
	r, err := las.OpenNamed("spied.laz", src, int64(len(b)))
	require.NoError(t, err)
	src.ranges = nil
	c, err := r.COPC()
	require.NoError(t, err)
	require.Empty(t, src.ranges, "opening the octree reads nothing more")

	h := r.Header()
	q := las.Within(h.Min[0], h.Min[1], h.Min[0]+(h.Max[0]-h.Min[0])/8, h.Min[1]+(h.Max[1]-h.Min[1])/8)
	nodes, err := c.Nodes(q)
	require.NoError(t, err)
	pages := len(src.ranges)
	require.LessOrEqual(t, pages, 2)
	src.ranges = nil
	require.NotEmpty(t, collect(t, c, q))
	var read, wanted int64
	for _, n := range nodes {
		wanted += n.Bytes
	}
	for _, s := range src.ranges {
		read += s[1] - s[0]
	}
	require.LessOrEqual(t, read, wanted)
	require.Less(t, wanted, int64(len(b))/3, "the query is a small part of the file")
}

func TestCOPCLayers(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(sharedData(t, "pointcloud/formats"), "laspy/simple.copc.laz"))
	require.NoError(t, err)
	c, r := openCOPC(t, b)
	h := r.Header()
	q := las.Within(h.Min[0], h.Min[1], (h.Min[0]+h.Max[0])/2, h.Max[1])
	q.Max[2] = (h.Min[2] + h.Max[2]) / 2 // Z is decoded for the box though it is not asked for
	all := collect(t, c, q)
	q.Layers = las.LayerClass
	some := collect(t, c, q)
	require.Len(t, some, len(all))
	differs := false
	for i, p := range some {
		require.Equal(t, []any{all[i].XI, all[i].YI, all[i].ZI, all[i].Class}, []any{p.XI, p.YI, p.ZI, p.Class})
		differs = differs || p.R != all[i].R
	}
	require.True(t, differs, "colours are not decoded")
}

func TestCOPCOfOtherFiles(t *testing.T) {
	r, err := open(write(t, las.Spec{Format: 6}, samplePoints(3)))
	require.NoError(t, err)
	_, err = r.COPC()
	require.ErrorIs(t, err, las.ErrNotCOPC)

	r, err = open(withVLR(write(t, las.Spec{Format: 6}, samplePoints(3)), "copc", 1, make([]byte, 160)))
	require.NoError(t, err)
	_, err = r.COPC()
	require.True(t, upwind.IsRefusal(err), "%v", err)
}

func BenchmarkCOPC(b *testing.B) {
	raw, err := os.ReadFile(filepath.Join(sharedData(b, "pointcloud/formats"), "laspy/simple.copc.laz"))
	require.NoError(b, err)
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint(threads, " threads"), func(b *testing.B) {
			c, r := openCOPC(b, raw)
			require.NoError(b, r.Threads(threads))
			for b.Loop() {
				_, err := walk(c, las.Everywhere())
				require.NoError(b, err)
			}
			b.ReportMetric(float64(r.Count())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpoints/s")
		})
	}
}
