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
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/las"
)

// lazFiles are the compressed files that LASzip reads, by path; those above the size are left out.
func lazFiles(t testing.TB, maxBytes int64) map[string][]byte {
	root, table := laszipReference(t)
	out := map[string][]byte{}
	for path, want := range table {
		if want.points == "open" {
			continue
		}
		st, err := os.Stat(filepath.Join(root, path))
		require.NoError(t, err)
		if st.Size() > maxBytes {
			continue
		}
		out[path], err = os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
	}
	require.Greater(t, len(out), 15)
	return out
}

// row is everything of a point, in bits, so that times that are no numbers compare too.
func row(p las.Point) string {
	le := binary.LittleEndian
	var b []byte
	for _, v := range []float64{p.X, p.Y, p.Z, p.GPSTime, float64(p.ScanAngleDeg)} {
		b = le.AppendUint64(b, math.Float64bits(v))
	}
	for _, v := range []int32{p.XI, p.YI, p.ZI} {
		b = le.AppendUint32(b, uint32(v))
	}
	for _, v := range []uint16{p.Intensity, p.SourceID, p.R, p.G, p.B, p.NIR} {
		b = le.AppendUint16(b, v)
	}
	b = append(b, p.Return, p.Returns, p.Class, p.Channel, p.UserData)
	for i, v := range []bool{p.Synthetic, p.KeyPoint, p.Withheld, p.Overlap, p.ScanForward, p.EdgeOfFlight} {
		if v {
			b = append(b, byte(i))
		}
	}
	return string(b) + string(p.Wave) + "|" + string(p.Extra)
}

// readSome reads up to limit points, in pieces, and the error that ended them; nil at the end.
func readSome(r *las.Reader, limit int) ([]string, error) {
	var all []string
	buf := make([]las.Point, 777)
	for len(all) < limit {
		n, err := r.Read(buf[:min(len(buf), limit-len(all))])
		for _, p := range buf[:n] {
			all = append(all, row(p))
		}
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

func requireSame(t testing.TB, want, got []string, what string) {
	t.Helper()
	require.Len(t, got, len(want), what)
	for i := range want {
		if want[i] != got[i] {
			t.Fatalf("%s: point %d is\n%x, not\n%x", what, i, got[i], want[i])
		}
	}
}

func readAll(t testing.TB, b []byte, set func(*las.Reader)) []string {
	r, err := open(b)
	require.NoError(t, err)
	if set != nil {
		set(r)
	}
	pts, err := readSome(r, 1<<30)
	require.NoError(t, err)
	require.Equal(t, r.Count(), int64(len(pts)))
	return pts
}

// TestCompressedTwins compares whole points, flags and wave packets with them, to those of the plain twin.
func TestCompressedTwins(t *testing.T) {
	root := sharedData(t, "pointcloud/formats")
	pairs := map[string]string{"laspy/extrabytes.las": "laspy/extra.laz", "laspy/simple1_3.las": "vectors/pdrf4_wave13.laz"}
	require.NoError(t, filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if plain, ok := strings.CutSuffix(path, ".las"); ok {
			for _, packed := range []string{plain + ".laz", path + ".laz"} {
				if _, err := os.Stat(packed); err == nil {
					a, _ := filepath.Rel(root, path)
					b, _ := filepath.Rel(root, packed)
					pairs[a] = b
				}
			}
		}
		return err
	}))
	require.Greater(t, len(pairs), 10)
	for plain, packed := range pairs {
		t.Run(packed, func(t *testing.T) {
			var got [2][]string
			for i, name := range []string{plain, packed} {
				b, err := os.ReadFile(filepath.Join(root, name))
				require.NoError(t, err)
				got[i] = readAll(t, b, nil)
			}
			requireSame(t, got[0], got[1], packed)
		})
	}
}

// TestThreadsChangeNothing reads with several threads, also against a reader that starts anywhere.
func TestThreadsChangeNothing(t *testing.T) {
	for path, b := range lazFiles(t, 25<<10) {
		want := readAll(t, b, nil)
		for _, n := range []int{2, 5} {
			r, err := open(b)
			require.NoError(t, err)
			require.NoError(t, r.Threads(n))
			for range 2 {
				got, err := readSome(r, 1<<30)
				require.NoError(t, err)
				requireSame(t, want, got, path)
				require.NoError(t, r.Rewind())
			}
			require.NoError(t, r.Close())
		}
	}
}

// TestSmallWindows reads files a few hundred bytes at a time.
func TestSmallWindows(t *testing.T) {
	for path, b := range lazFiles(t, 100<<10) {
		r, err := open(b)
		require.NoError(t, err)
		r.SetWindow(1)
		got, err := readSome(r, 1<<30)
		require.NoError(t, err)
		requireSame(t, readAll(t, b, nil), got, path)
	}
}

func TestSeekPoint(t *testing.T) {
	for path, b := range lazFiles(t, 25<<10) {
		want := readAll(t, b, nil)
		r, err := open(b)
		require.NoError(t, err)
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range 6 {
			require.NoError(t, r.Threads(1+i%3))
			at := rng.IntN(len(want) + 1)
			require.NoError(t, r.SeekPoint(int64(at)))
			n := min(rng.IntN(800), len(want)-at)
			got, err := readSome(r, n)
			require.NoError(t, err)
			requireSame(t, want[at:at+n], got, path)
		}
		require.Error(t, r.SeekPoint(-1))
		require.Error(t, r.SeekPoint(int64(len(want))+1))
	}
}

// TestSelect compares what is selected with the whole, and what is not with the first point of the chunk.
func TestSelect(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	all := []las.Layers{las.LayerXY, las.LayerZ, las.LayerClass, las.LayerFlags, las.LayerIntensity, las.LayerScanAngle, las.LayerUserData,
		las.LayerSource, las.LayerTime, las.LayerRGB, las.LayerNIR, las.LayerWave, las.LayerExtra}
	// keep takes from a point what is not selected.
	keep := func(p las.Point, l las.Layers) las.Point {
		q := las.Point{X: p.X, Y: p.Y, XI: p.XI, YI: p.YI, Return: p.Return, Returns: p.Returns, Channel: p.Channel}
		for i, copyField := range []func(){nil,
			func() { q.Z, q.ZI = p.Z, p.ZI }, func() { q.Class = p.Class },
			func() {
				q.Synthetic, q.KeyPoint, q.Withheld, q.Overlap = p.Synthetic, p.KeyPoint, p.Withheld, p.Overlap
				q.ScanForward, q.EdgeOfFlight = p.ScanForward, p.EdgeOfFlight
			},
			func() { q.Intensity = p.Intensity }, func() { q.ScanAngleDeg = p.ScanAngleDeg }, func() { q.UserData = p.UserData },
			func() { q.SourceID = p.SourceID }, func() { q.GPSTime = p.GPSTime }, func() { q.R, q.G, q.B = p.R, p.G, p.B },
			func() { q.NIR = p.NIR }, func() { q.Wave = p.Wave }, func() { q.Extra = p.Extra },
		} {
			if copyField != nil && l&all[i] != 0 {
				copyField()
			}
		}
		return q
	}
	for path, b := range lazFiles(t, 20<<10) {
		r, err := open(b)
		require.NoError(t, err)
		for _, sel := range append(all, 0, las.LayerZ|las.LayerClass, las.AllLayers&^las.LayerTime) {
			whole, part := make([]las.Point, 500), make([]las.Point, 500)
			require.NoError(t, r.Select(las.AllLayers))
			require.NoError(t, r.Rewind())
			n, err := r.Read(whole)
			if errors.Is(err, io.EOF) {
				continue
			}
			require.NoError(t, err)
			want, full := make([]string, n), make([]string, n)
			for i, p := range whole[:n] {
				want[i], full[i] = row(keep(p, sel)), row(p)
			}
			require.NoError(t, r.Rewind())
			require.NoError(t, r.Select(sel))
			m, err := r.Read(part)
			require.NoError(t, err)
			require.Equal(t, n, m)
			for i, p := range part[:n] {
				if row(keep(p, sel)) != want[i] {
					t.Fatalf("%s, layers %b: point %d", path, sel, i)
				}
				if r.Header().Format < 6 && row(p) != full[i] {
					t.Fatalf("%s: point %d of a file that is not layered", path, i)
				}
			}
		}
	}
}

// selective counts the bytes that are read.
type selective struct {
	*bytes.Reader
	read int64
}

func (s *selective) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.Reader.ReadAt(p, off)
	s.read += int64(n)
	return n, err
}

func TestUnselectedLayersAreNotRead(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(sharedData(t, "pointcloud/scenes"), "las_with_several_extra_byte_bloc.laz"))
	require.NoError(t, err)
	src := &selective{Reader: bytes.NewReader(b)}
	r, err := las.Open(src, int64(len(b)))
	require.NoError(t, err)
	require.NoError(t, r.Select(las.LayerZ))
	_, _, _, err = drain(r)
	require.NoError(t, err)
	require.Less(t, src.read, int64(len(b))/2)
}
