package las_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
)

// TestSeedsDecode: made-up code is no less well formed than real code, until its end is checked.
func TestSeedsDecode(t *testing.T) {
	for i, b := range seeds() {
		r, err := open(b)
		require.NoError(t, err, "seed %d", i)
		pts, err := readSome(r, 1000)
		if r.Header().Format < 6 {
			require.NoError(t, err, "seed %d", i)
			require.Len(t, pts, 12)
			require.NotEmpty(t, r.Warnings(), "bytes are left over")
			continue
		}
		require.True(t, upwind.IsRefusal(err), "%v", err)
		require.Contains(t, err.Error(), "bytes more than its points take")
		require.Len(t, pts, 8)
	}
}

// TestChunkTables breaks the chunk table of real files: what can be read without it is read.
func TestChunkTables(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	le := binary.LittleEndian
	at := func(b []byte) (pointer, table int) {
		pointer = int(le.Uint32(b[96:]))
		table = int(int64(le.Uint64(b[pointer:])))
		if table < 0 {
			table = int(le.Uint64(b[len(b)-8:]))
		}
		return pointer, table
	}
	breaks := map[string]func(b []byte, pointer, table int) []byte{
		"none":           func(b []byte, p, _ int) []byte { le.PutUint64(b[p:], uint64(p)); return b },
		"outside":        func(b []byte, p, _ int) []byte { le.PutUint64(b[p:], 1<<50); return b },
		"into the code":  func(b []byte, p, _ int) []byte { le.PutUint64(b[p:], uint64(p+100)); return b },
		"zeroed":         func(b []byte, _, t int) []byte { clear(b[t:]); return b },
		"zeroed entries": func(b []byte, _, t int) []byte { clear(b[t+8:]); return b },
		"version":        func(b []byte, _, t int) []byte { b[t] = 1; return b },
		"4e9 chunks":     func(b []byte, _, t int) []byte { le.PutUint32(b[t+4:], 4e9); return b },
		"cut off":        func(b []byte, _, t int) []byte { return b[:t] },
		"cut inside":     func(b []byte, _, t int) []byte { return b[:t+9] },
		"0xFF":           func(b []byte, _, t int) []byte { copy(b[t+8:], "\xff\xff\xff\xff"); return b },
	}
	for path, b := range lazFiles(t, 25<<10) {
		info := bytes.Index(b, []byte("laszip encoded"))
		compressor, size := le.Uint16(b[info+52:]), le.Uint32(b[info+64:])
		want := readAll(t, b, nil)
		if compressor == 1 || len(want) == 0 {
			continue
		}
		variable := compressor == 2 && (size == 0 || size == 1<<32-1)
		for name, do := range breaks {
			pointer, table := at(b)
			broken := do(bytes.Clone(b), pointer, table)
			r, err := open(broken)
			if variable {
				require.True(t, upwind.IsRefusal(err), "%s, %s: %v", path, name, err)
				continue
			}
			require.NoError(t, err, "%s, %s", path, name)
			require.NotEmpty(t, r.Warnings(), "%s, %s", path, name)
			require.NoError(t, r.Threads(2))
			got, err := readSome(r, 1<<30)
			require.NoError(t, err, "%s, %s", path, name)
			requireSame(t, want, got, path+", "+name)
			// Chunks that were found can be entered.
			require.NoError(t, r.SeekPoint(int64(len(want)/2)))
			got, err = readSome(r, 1<<30)
			require.NoError(t, err)
			requireSame(t, want[len(want)/2:], got, path+", "+name)
		}
		if pointer, table := at(b); !variable {
			moved := le.AppendUint64(bytes.Clone(b), uint64(table))
			le.PutUint64(moved[pointer:], math.MaxUint64) // -1: the position is in the last 8 bytes
			requireSame(t, want, readAll(t, moved, nil), path)
		}
	}
}

// TestHeaderCounts: what the header states against what the chunks hold.
func TestHeaderCounts(t *testing.T) {
	le := binary.LittleEndian
	for path, b := range lazFiles(t, 20<<10) {
		want := readAll(t, b, nil)
		if len(want) < 2 {
			continue
		}
		for _, stated := range []int{1, len(want) - 1, len(want) + 1, 1 << 31} {
			c := bytes.Clone(b)
			if c[25] >= 4 {
				le.PutUint64(c[247:], uint64(stated))
			}
			le.PutUint32(c[107:], uint32(stated))
			r, err := open(c)
			require.NoError(t, err)
			got, err := readSome(r, len(want)+100)
			told := err != nil || len(r.Warnings()) > 0
			if told = told || stated < len(want); !told {
				t.Fatalf("%s: %d points stated, nothing is told", path, stated)
			}
			require.True(t, err == nil || upwind.IsRefusal(err), "%v", err)
			n := min(len(got), len(want), stated)
			requireSame(t, want[:n], got[:n], path)
		}
	}
}

// brokenRead reads a damaged file to its end and checks what must hold of any.
func brokenRead(t testing.TB, b []byte, limit int) {
	r, err := open(b)
	if err != nil {
		if !upwind.IsRefusal(err) || !strings.Contains(err.Error(), "yard.las") {
			t.Fatalf("not a refusal that names the file: %v", err)
		}
		return
	}
	got, err := readSome(r, limit)
	if err != nil && (!upwind.IsRefusal(err) && !upwind.IsPassing(err) || !strings.Contains(err.Error(), "yard.las")) {
		t.Fatalf("not a refusal that names the file: %v", err)
	}
	if err == nil && len(got) < limit && int64(len(got)) != r.Count() {
		t.Fatalf("%d points of %d without a word", len(got), r.Count())
	}
	r2, err2 := open(b)
	require.NoError(t, err2)
	require.NoError(t, r2.Threads(3))
	again, err2 := readSome(r2, limit)
	require.NoError(t, r2.Close())
	requireSame(t, got, again, "three threads")
	require.Equal(t, fmt.Sprint(err), fmt.Sprint(err2), "three threads")
}

func TestTruncated(t *testing.T) {
	for path, b := range lazFiles(t, 13<<10) {
		want := readAll(t, b, nil)
		for cut := 227; cut < len(b); cut += 1 + len(b)/11 {
			brokenRead(t, b[:cut], 3000)
			r, err := open(b[:cut])
			if err != nil {
				continue
			}
			got, err := readSome(r, 1<<20)
			if err == nil && len(r.Warnings()) == 0 && len(got) < len(want) {
				t.Fatalf("%s cut at byte %d: %d of %d points without a word", path, cut, len(got), len(want))
			}
			requireSame(t, want[:len(got)], got, path)
		}
	}
}

func TestFlippedBits(t *testing.T) {
	if testing.Short() {
		t.Skip("left out of the short run under the race detector; make test runs it without")
	}
	silent, flips := 0, 0
	for _, b := range lazFiles(t, 13<<10) {
		want := readAll(t, b, nil)
		rng := rand.New(rand.NewPCG(3, uint64(len(b))))
		for range 8 {
			c := bytes.Clone(b)
			from := int(binary.LittleEndian.Uint32(b[96:]))
			bit := from*8 + rng.IntN((len(b)-from)*8)
			c[bit/8] ^= 1 << (bit % 8)
			brokenRead(t, c, 3000)
			if r, err := open(c); err == nil {
				got, err := readSome(r, 1<<20)
				if flips++; err == nil && len(r.Warnings()) == 0 && !bytes.Equal([]byte(strings.Join(want, "")), []byte(strings.Join(got, ""))) {
					silent++
				}
			}
		}
	}
	// Values that nothing checks, such as raw bits and first points, change unseen.
	t.Logf("%d of %d flips changed points without a word", silent, flips)
	require.Less(t, silent, flips/3)
}

// growing is a file of any size that takes no memory: a head, then zeros, which decode to the likeliest symbols.
type growing struct {
	head []byte
	size int64
}

func (g growing) ReadAt(p []byte, off int64) (int, error) {
	n := int(min(int64(len(p)), max(0, g.size-off)))
	clear(p[:n])
	if off < int64(len(g.head)) {
		copy(p[:n], g.head[off:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestMemoryOfOneChunk: a file of gigabytes in one chunk takes no more than a small one. The extra bytes see
// to it that the windows move.
func TestMemoryOfOneChunk(t *testing.T) {
	const extra = 2000
	one := lazHead(lazSpec{format: 0, minor: 2, extra: extra, compressor: 1, version: 2, points: math.MaxUint32})
	table := lazSpec{format: 0, minor: 4, extra: extra, compressor: 2, version: 2, chunkSize: math.MaxUint32 - 1, points: 1 << 40}
	layered := lazSpec{format: 8, extra: extra, compressor: 3, version: 3, points: math.MaxUint32}
	for name, head := range map[string][]byte{
		"compressor 1": one,
		"compressor 2": noTable(table),
		"compressor 3": append(append(append(noTable(layered), make([]byte, 38+extra)...), 0xFF, 0xFF, 0xFF, 0xFF),
			bytes.Repeat([]byte{0, 0, 16, 0}, 11+extra)...), // layers of 1 MiB
	} {
		t.Run(name, func(t *testing.T) {
			src := growing{head, 8 << 30}
			used := allocated(func() {
				r, err := las.Open(src, src.size)
				require.NoError(t, err)
				require.NoError(t, r.Threads(4))
				buf := make([]las.Point, 50)
				for n := 0; n < 2000; {
					k, err := r.Read(buf)
					require.NoError(t, err)
					n += k
				}
				require.NoError(t, r.Close())
			})
			require.Less(t, used, uint64(40<<20))
		})
	}
}

// TestMemoryOfEmptyPromises: counts that a few bytes cannot hold.
func TestMemoryOfEmptyPromises(t *testing.T) {
	for _, b := range [][]byte{
		noTable(lazSpec{format: 8, compressor: 3, version: 3, points: math.MaxUint32}, layeredChunk(0, 38, math.MaxUint32, make([]int, 11))),
		noTable(lazSpec{format: 8, compressor: 3, version: 3, points: math.MaxUint32}, layeredChunk(0, 38, math.MaxUint32, []int{4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})),
		noTable(lazSpec{format: 1, minor: 2, compressor: 2, version: 2, chunkSize: math.MaxUint32 - 1, points: math.MaxUint32}, make([]byte, 28+8)),
		lazFile(lazSpec{format: 1, minor: 2, compressor: 1, version: 1, points: math.MaxUint32, body: make([]byte, 28+8)}),
	} {
		used := allocated(func() { brokenRead(t, b, 1<<20) })
		require.Less(t, used, uint64(32<<20))
	}
}

// TestPassingFaultInChunk: a disk that fails behind byte 1000 is told from a file that is broken there.
func TestPassingFaultInChunk(t *testing.T) {
	for path, b := range lazFiles(t, 16<<10) {
		if binary.LittleEndian.Uint32(b[96:]) > 900 || len(b) < 2000 {
			continue
		}
		r, err := las.OpenNamed("disk.laz", failing{bytes.NewReader(b)}, int64(len(b)))
		if err != nil { // the chunk table could not be read
			require.True(t, upwind.IsPassing(err), "%s: %v", path, err)
			continue
		}
		r.SetWindow(1)
		_, _, _, err = drain(r)
		require.True(t, upwind.IsPassing(err), "%v", err)
		require.Contains(t, err.Error(), "disk.laz")
	}
}

func TestHostileFolder(t *testing.T) {
	root := sharedData(t, "hostile/lidar")
	names, err := filepath.Glob(filepath.Join(root, "*.laz"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		r, err := openFile(t, name)
		if strings.Contains(name, "broken") {
			require.True(t, upwind.IsRefusal(err), "%v", err)
			continue
		}
		require.NoError(t, err)
		_, _, _, err = drain(r)
		require.NoError(t, err)
	}
}

func FuzzLAZ(f *testing.F) {
	for _, b := range append(seeds(), smallVectors()...) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 20000
		if used := allocated(func() { brokenRead(t, b, limit) }); used > 64<<20+4096*uint64(len(b))+1000*limit {
			t.Fatalf("%d bytes allocated for %d", used, len(b))
		}
	})
}
