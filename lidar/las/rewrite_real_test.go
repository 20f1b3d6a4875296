package las_test

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
)

// TestRewriteReal writes every real file anew: the same points, records and reference system.
func TestRewriteReal(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	root := sharedData(t, "pointcloud")
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		ext := filepath.Ext(path)
		if err != nil || d.IsDir() || ext != ".las" && ext != ".laz" || strings.HasPrefix(d.Name(), "broken_") {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		t.Run(rel, func(t *testing.T) { rewriteReal(t, path) })
		return nil
	}))
}

func rewriteReal(t *testing.T, path string) {
	r, err := openFile(t, path)
	require.NoError(t, err)
	before, after := newEverything(), newEverything()
	out, _ := rewritten(t, r, func(_ int64, p *las.Point) { before.add(p) })
	for p, err := range out.Points() {
		require.NoError(t, err)
		after.add(&p)
	}
	require.Equal(t, before.sum(), after.sum())

	a, b := r.Header(), out.Header()
	require.Equal(t, r.Count(), int64(b.StatedPoints))
	require.Equal(t, "Upwind", b.Software)
	require.Equal(t, []any{a.SourceID, a.Major, a.Minor, a.System, a.CreatedDay, a.CreatedYear, a.HeaderSize, a.Format, a.RecordLength, a.Scale, a.Offset},
		[]any{b.SourceID, b.Major, b.Minor, b.System, b.CreatedDay, b.CreatedYear, b.HeaderSize, b.Format, b.RecordLength, b.Scale, b.Offset})
	require.Equal(t, fmt.Sprint(a.Min, a.Max), fmt.Sprint(b.Min, b.Max))
	require.Equal(t, r.CRS(), out.CRS())
	var kept []las.VLR
	for _, v := range r.VLRs() {
		if v.UserID != "laszip encoded" && v.UserID != "copc" {
			kept = append(kept, v)
		}
	}
	require.Equal(t, kept, append([]las.VLR(nil), out.VLRs()...))
}

// everything hashes all that points have, flags and waveforms too.
type everything struct {
	h hash.Hash
	b []byte
}

func newEverything() *everything { return &everything{h: sha256.New()} }

func (e *everything) add(p *las.Point) {
	le, b := binary.LittleEndian, e.b[:0]
	for _, v := range []float64{p.X, p.Y, p.Z, p.GPSTime, float64(p.ScanAngleDeg), float64(p.XI), float64(p.YI), float64(p.ZI)} {
		b = le.AppendUint64(b, math.Float64bits(v))
	}
	for _, v := range []uint16{p.Intensity, p.SourceID, p.R, p.G, p.B, p.NIR} {
		b = le.AppendUint16(b, v)
	}
	for _, v := range []bool{p.Synthetic, p.KeyPoint, p.Withheld, p.Overlap, p.ScanForward, p.EdgeOfFlight} {
		b = strconv.AppendBool(b, v)
	}
	b = append(b, p.Return, p.Returns, p.Class, p.Channel, p.UserData)
	e.b = append(append(b, p.Wave...), p.Extra...)
	e.h.Write(e.b)
}

func (e *everything) sum() string { return fmt.Sprintf("%x", e.h.Sum(nil)) }

// short is a file that takes so many bytes and then fails.
type short struct {
	memory
	room int
}

func (s *short) Write(b []byte) (int, error) {
	if s.room -= len(b); s.room < 0 {
		return 0, errors.New("disk full")
	}
	return s.memory.Write(b)
}

// FuzzRewrite: whatever can be read can be written, and then holds the same points.
func FuzzRewrite(f *testing.F) {
	for _, format := range []uint8{0, 3, 4, 7, 10} {
		f.Add(anyFormat(f, format, 5))
	}
	f.Add(smallOctree())
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := open(b)
		if err != nil {
			return
		}
		before, after := newEverything(), newEverything()
		out := &short{room: 8 << 20}
		if err := las.Rewrite(out, r, func(_ int64, p *las.Point) { before.add(p) }); err != nil {
			if !upwind.IsRefusal(err) && out.room >= 0 {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		again, err := open(out.b)
		require.NoError(t, err)
		require.Equal(t, r.Count(), again.Count())
		for p, err := range again.Points() {
			require.NoError(t, err)
			after.add(&p)
		}
		require.Equal(t, before.sum(), after.sum())
	})
}
