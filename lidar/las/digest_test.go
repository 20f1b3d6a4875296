package las_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
)

// reference is a line of the table of what LASzip decodes.
type reference struct {
	points, sum string
}

// laszipReference reads the table: by path, the count of points (or what LASzip failed at) and the digest.
func laszipReference(t testing.TB) (root string, table map[string]reference) {
	root = sharedData(t, "pointcloud")
	f, err := os.Open(filepath.Join(root, "laszip_reference.tsv"))
	require.NoError(t, err)
	defer f.Close()
	table = map[string]reference{}
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if cols := strings.Split(sc.Text(), "\t"); len(cols) == 3 && !strings.HasPrefix(cols[0], "#") {
			n, _, _ := strings.Cut(cols[1], " ")
			table[cols[0]] = reference{n, cols[2]}
		}
	}
	require.Greater(t, len(table), 100)
	return root, table
}

// TestDigestIsThatOfLASzip decodes every file of the table.
func TestDigestIsThatOfLASzip(t *testing.T) {
	root, table := laszipReference(t)
	for path, want := range table {
		t.Run(path, func(t *testing.T) {
			r, err := openFile(t, filepath.Join(root, path))
			if want.points == "open" { // LASzip refuses it
				require.True(t, upwind.IsRefusal(err), "%v", err)
				return
			}
			require.NoError(t, err)
			sum, n, err := las.Digest(context.Background(), r)
			require.NoError(t, err)
			require.Equal(t, want.points, fmt.Sprint(n))
			require.Equal(t, want.sum, hex.EncodeToString(sum[:]))
		})
	}
}

// TestDigestOfTwins: plain files have the digest of their compressed twins.
func TestDigestOfTwins(t *testing.T) {
	root, table := laszipReference(t)
	for plain, packed := range map[string]string{
		"lasR/Example.las":                      "lasR/Example.laz",
		"laspy/1_4_w_evlr.las":                  "laspy/1_4_w_evlr.laz",
		"laspy/simple.las":                      "laspy/simple.laz",
		"laspy/extrabytes.las":                  "laspy/extra.laz",
		"laspy/simple1_3.las":                   "vectors/pdrf4_wave13.laz",
		"laz-perf/1815.las":                     "laz-perf/1815.laz",
		"laz-perf/no-points-1.3.las":            "laz-perf/no-points-1.3.laz",
		"laz-perf/point-color-time.las":         "laz-perf/point-color-time.las.laz",
		"laz-perf/point-color.las":              "laz-perf/point-color.las.laz",
		"laz-perf/point-time.las":               "laz-perf/point-time.las.laz",
		"laz-perf/point10.las":                  "laz-perf/point10.las.laz",
		"laz-rs/point-version-1-point-wise.las": "laz-rs/point-version-1-point-wise.laz",
		"pdal/simple.las":                       "pdal/simple.laz",
	} {
		t.Run(plain, func(t *testing.T) {
			r, err := openFile(t, filepath.Join(root, "formats", plain))
			require.NoError(t, err)
			sum, _, err := las.Digest(context.Background(), r)
			require.NoError(t, err)
			require.Equal(t, table["formats/"+packed].sum, hex.EncodeToString(sum[:]))
		})
	}
}

// digestOfPoints is the definition, spelled out on decoded points.
func digestOfPoints(t testing.TB, r *las.Reader) [32]byte {
	h, hd := sha256.New(), r.Header()
	for p, err := range r.Points() {
		require.NoError(t, err)
		put := func(v any) { require.NoError(t, binary.Write(h, binary.LittleEndian, v)) }
		put([]int32{p.XI, p.YI, p.ZI})
		put(p.Intensity)
		put([]uint8{p.Return, p.Returns, p.Class, p.UserData})
		put(p.SourceID)
		angle := float64(p.ScanAngleDeg)
		if hd.Format >= 6 {
			angle /= 0.006
		}
		put(int16(angle + 0.5 - float64(map[bool]int{true: 1}[angle < 0])))
		if hd.HasTime() {
			put(p.GPSTime)
		}
		if hd.HasColor() {
			put([]uint16{p.R, p.G, p.B})
		}
		if hd.HasNIR() {
			put(p.NIR)
		}
		put(p.Extra)
	}
	return [32]byte(h.Sum(nil))
}

func TestDigestDefinition(t *testing.T) {
	for format := uint8(0); format <= 10; format++ {
		r, err := open(anyFormat(t, format, 3000))
		require.NoError(t, err)
		want := digestOfPoints(t, r)
		sum, n, err := las.Digest(context.Background(), r) // from the first point, wherever the reader stands
		require.NoError(t, err)
		require.Equal(t, int64(3000), n)
		require.Equal(t, want, sum, "format %d", format)
	}
}

func TestDigestLeavesFlagsOut(t *testing.T) {
	sum := func(p las.Point) [32]byte {
		p.X, p.Y = 500000, 4000000
		r, err := open(write(t, las.Spec{Format: 6}, []las.Point{p}))
		require.NoError(t, err)
		s, _, err := las.Digest(context.Background(), r)
		require.NoError(t, err)
		return s
	}
	none := sum(las.Point{})
	require.Equal(t, none, sum(las.Point{Synthetic: true, KeyPoint: true, Withheld: true, Overlap: true, EdgeOfFlight: true, ScanForward: true, Channel: 3}))
	require.NotEqual(t, none, sum(las.Point{Class: 200}))
	require.NotEqual(t, none, sum(las.Point{ZI: 1, Z: 0.001}))
}

func TestDigestStops(t *testing.T) {
	r, err := open(write(t, las.Spec{}, samplePoints(10)))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err = las.Digest(ctx, r)
	require.ErrorIs(t, err, context.Canceled)
}

func BenchmarkDigest(b *testing.B) {
	r, err := open(write(b, las.Spec{Format: 7}, samplePoints(200_000)))
	require.NoError(b, err)
	for b.Loop() {
		_, _, err := las.Digest(context.Background(), r)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(r.Count())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpoints/s")
}
