package las_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/las"
)

// waveFormats are the formats that are another one with a wave packet of 29 bytes behind it, which the writer
// gives as extra bytes.
var waveFormats = map[uint8]uint8{4: 1, 5: 3, 9: 6, 10: 8}

// anyFormat is a file of n points of any format with three extra bytes.
func anyFormat(t testing.TB, format uint8, n int) []byte {
	pts, s := samplePoints(n), las.Spec{Format: format, ExtraBytes: 3, EPSG: 32650}
	base, wave := waveFormats[format]
	if wave {
		s.Format, s.ExtraBytes = base, 32
		for i := range pts {
			pts[i].Extra = append(bytes.Repeat([]byte{byte(i)}, 29), pts[i].Extra...)
		}
	}
	b := write(t, s, pts)
	b[104] = format
	return b
}

func rewritten(t testing.TB, r *las.Reader, edit func(int64, *las.Point)) (*las.Reader, []byte) {
	var m memory
	require.NoError(t, las.Rewrite(&m, r, edit))
	out, err := open(m.b)
	require.NoError(t, err)
	return out, m.b
}

// records are the stored records of a plain file.
func records(r *las.Reader, b []byte) []byte {
	h := r.Header()
	return b[h.PointOffset : int64(h.PointOffset)+r.Count()*int64(h.RecordLength)]
}

func TestRewriteCopies(t *testing.T) {
	for format := uint8(0); format <= 10; format++ {
		src := anyFormat(t, format, 2000)
		r, err := open(src)
		require.NoError(t, err)
		_, b := rewritten(t, r, nil)
		want := bytes.Clone(src)
		clear(want[58:90])
		copy(want[58:], "Upwind")
		require.True(t, bytes.Equal(want, b), "format %d: every byte but the software's", format)
	}
}

// TestRewriteEdits changes class and flags and looks at every bit.
func TestRewriteEdits(t *testing.T) {
	for format := uint8(0); format <= 10; format++ {
		t.Run(fmt.Sprint("format ", format), func(t *testing.T) {
			src := anyFormat(t, format, 5000)
			r, err := open(src)
			require.NoError(t, err)
			_, _ = r.Read(make([]las.Point, 7)) // wherever it stands
			classes := 32
			if format >= 6 {
				classes = 256
			}
			edit := func(n int64, p *las.Point) {
				p.Class = uint8(int(n) % classes)
				p.Synthetic, p.KeyPoint, p.Withheld = n%2 == 0, n%3 == 0, n%5 == 0
				p.Overlap = format >= 6 && n%7 == 0
			}
			out, b := rewritten(t, r, edit)
			before, after := records(r, src), records(out, b)
			require.Len(t, after, len(before))
			size, mask := int(out.Header().RecordLength), map[int]byte{15: 0xff}
			if format >= 6 {
				mask = map[int]byte{15: 0x0f, 16: 0xff}
			}
			for i := range before {
				if m := mask[i%size]; before[i]&^m != after[i]&^m {
					t.Fatalf("point %d, byte %d: %x became %x", i/size, i%size, before[i], after[i])
				}
			}
			n := int64(0)
			for p, err := range out.Points() {
				require.NoError(t, err)
				want := p
				edit(n, &want)
				require.Equal(t, want, p)
				n++
			}
		})
	}
}

func TestRewriteRefuses(t *testing.T) {
	set := func(f func(p *las.Point)) func(int64, *las.Point) {
		return func(n int64, p *las.Point) {
			if n == 3 {
				f(p)
			}
		}
	}
	for _, c := range []struct {
		name   string
		format uint8
		edit   func(p *las.Point)
		want   string
	}{
		{"class of 6 bits", 3, func(p *las.Point) { p.Class = 32 }, "class 32 does not fit point format 3"},
		{"overlap flag", 1, func(p *las.Point) { p.Overlap = true }, "no overlap flag"},
		{"extra byte", 7, func(p *las.Point) { p.Extra[0]++ }, "more than the class"},
		{"wave packet", 9, func(p *las.Point) { p.Wave[28]++ }, "more than the class"},
		{"extra bytes gone", 7, func(p *las.Point) { p.Extra = nil }, "more than the class"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := open(anyFormat(t, c.format, 10))
			require.NoError(t, err)
			err = las.Rewrite(&memory{}, r, set(c.edit))
			require.True(t, upwind.IsRefusal(err), "%v", err)
			require.Contains(t, err.Error(), c.want)
			require.Contains(t, err.Error(), "yard.las, point 3")
		})
	}
}

// TestRewriteGuardsEveryField changes the fields of a point one by one, also those that are added some day.
func TestRewriteGuardsEveryField(t *testing.T) {
	src := anyFormat(t, 10, 4)
	allowed := map[string]bool{"Class": true, "Synthetic": true, "KeyPoint": true, "Withheld": true, "Overlap": true}
	for i := range reflect.TypeFor[las.Point]().NumField() {
		name := reflect.TypeFor[las.Point]().Field(i).Name
		r, err := open(src)
		require.NoError(t, err)
		err = las.Rewrite(&memory{}, r, func(_ int64, p *las.Point) {
			switch f := reflect.ValueOf(p).Elem().Field(i); f.Kind() {
			case reflect.Bool:
				f.SetBool(!f.Bool())
			case reflect.Float32, reflect.Float64:
				f.SetFloat(f.Float() + 1)
			case reflect.Int32:
				f.SetInt(f.Int() + 1)
			case reflect.Uint8, reflect.Uint16:
				f.SetUint(f.Uint() ^ 1)
			case reflect.Slice:
				f.SetBytes([]byte{1})
			default:
				t.Fatalf("a field of kind %v", f.Kind())
			}
		})
		require.Equal(t, !allowed[name], upwind.IsRefusal(err), "%s: %v", name, err)
	}
}

func TestRewriteCounts(t *testing.T) {
	le := binary.LittleEndian
	for _, c := range []struct {
		format, minor uint8
		legacy, wide  bool
	}{{1, 2, true, false}, {3, 4, true, true}, {7, 4, false, true}} {
		src := anyFormat(t, c.format, 3001)
		if c.minor == 4 && c.format < 6 { // 1.4 with an old format, its header made longer
			src = slicesInsert(src, 227, make([]byte, 375-227))
			src[25] = 4
			le.PutUint16(src[94:], 375)
			le.PutUint32(src[96:], le.Uint32(src[96:])+375-227)
		}
		le.PutUint32(src[107:], 3001)     // a count where none belongs, or the right one
		clear(src[111:131])               // and wrong ones
		le.PutUint32(src[111:], 42424242) // by return
		r, err := open(src)
		require.NoError(t, err)
		_, b := rewritten(t, r, nil)
		want := []uint32{0, 0, 0, 0, 0, 0}
		if c.legacy {
			want = []uint32{3001, 1001, 1000, 1000, 0, 0}
		}
		for i, n := range want {
			require.Equal(t, n, le.Uint32(b[107+4*i:]), "format %d, legacy count %d", c.format, i)
		}
		if c.wide {
			for i, n := range []uint64{3001, 1001, 1000, 1000, 0} {
				require.Equal(t, n, le.Uint64(b[247+8*i:]), "format %d, count %d", c.format, i)
			}
		}
	}
}

func slicesInsert(b []byte, at int, ins []byte) []byte {
	return append(append(bytes.Clone(b[:at]), ins...), b[at:]...)
}

// TestRewriteCutShort: the header of the copy counts what is there.
func TestRewriteCutShort(t *testing.T) {
	src := anyFormat(t, 6, 100)
	r, err := open(src[:len(src)-100])
	require.NoError(t, err)
	require.NotEmpty(t, r.Warnings())
	out, _ := rewritten(t, r, nil)
	require.Empty(t, out.Warnings())
	require.Equal(t, r.Count(), out.Count())
	require.Equal(t, uint64(r.Count()), out.Header().StatedPoints)
}

// waveRecord is a record of waveform packets.
func waveRecord(user string, id uint16, stated uint64, packets []byte) []byte {
	b := make([]byte, 60)
	copy(b[2:], user)
	binary.LittleEndian.PutUint16(b[18:], id)
	binary.LittleEndian.PutUint64(b[20:], stated)
	return append(b, packets...)
}

func TestRewriteWaveforms(t *testing.T) {
	le := binary.LittleEndian
	packets := []byte("packets of samples")
	for _, c := range []struct {
		name   string
		record []byte
		offset int // added to where the record stands
		warn   string
		kept   int
	}{
		{"LAS 1.3", waveRecord("LASF_Spec", 65535, 18, packets), 0, "", 78},
		{"as Leica names it", waveRecord("LAS_Spec", 65535, 18, packets), 0, "", 78},
		{"cut short", waveRecord("LASF_Spec", 65535, 1000, packets), 0, "the 18 that the file has left are carried over", 78},
		{"another record", waveRecord("LASF_Spec", 1, 18, packets), 0, "not carried over", 0},
		{"behind the end", nil, 1 << 40, "not carried over", 0},
		{"in the header", nil, -100000, "not carried over", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := anyFormat(t, 4, 50)
			src = slicesInsert(src, 227, make([]byte, 8))
			src[25] = 3
			le.PutUint16(src[6:], 2)
			le.PutUint16(src[94:], 235)
			le.PutUint32(src[96:], le.Uint32(src[96:])+8)
			le.PutUint64(src[227:], uint64(len(src)+c.offset))
			src = append(src, c.record...)
			r, err := open(src)
			require.NoError(t, err)
			out, b := rewritten(t, r, nil)
			require.Equal(t, int64(50), out.Count())
			end := int(le.Uint32(b[96:])) + 50*int(out.Header().RecordLength)
			require.Len(t, b, end+c.kept)
			if c.kept > 0 {
				require.Equal(t, uint64(end), le.Uint64(b[227:]))
				require.Equal(t, c.record, b[end:])
				require.Equal(t, uint16(2), le.Uint16(b[6:]))
			} else {
				require.Zero(t, le.Uint64(b[227:]))
				require.Zero(t, le.Uint16(b[6:]), "no packets inside")
			}
			if c.warn == "" {
				require.Empty(t, r.Warnings())
			} else {
				require.Contains(t, strings.Join(r.Warnings(), "\n"), c.warn)
			}
		})
	}
}

// TestRewriteExtended moves the records behind the points and leaves those of COPC out.
func TestRewriteExtended(t *testing.T) {
	le := binary.LittleEndian
	src := anyFormat(t, 9, 50)
	src = withVLR(src, "laszip encoded", 22204, make([]byte, 40))
	src = withVLR(src, "copc", 1, make([]byte, 160))
	src = withVLR(src, "mine", 7, []byte("kept"))
	le.PutUint64(src[235:], uint64(len(src)))
	le.PutUint32(src[243:], 3)
	src = append(src, waveRecord("copc", 1000, 32, make([]byte, 32))...)
	src = append(src, waveRecord("notes", 5, 5, []byte("hello"))...)
	le.PutUint64(src[227:], uint64(len(src)))
	src = append(src, waveRecord("LASF_Spec", 65535, 7, []byte("packets"))...)
	r, err := open(src)
	require.NoError(t, err)
	out, b := rewritten(t, r, nil)
	var names []string
	for _, v := range out.VLRs() {
		names = append(names, fmt.Sprint(v.UserID, " ", v.RecordID, " ", string(v.Data)))
	}
	require.Equal(t, []string{"mine 7 kept"}, names[:1])
	require.Equal(t, []string{"notes 5 hello", "LASF_Spec 65535 packets"}, names[len(names)-2:])
	require.NotContains(t, strings.Join(names, " "), "copc")
	require.NotContains(t, strings.Join(names, " "), "laszip")
	require.Equal(t, "packets", string(b[le.Uint64(b[227:])+60:]))
	require.Empty(t, out.Warnings())
}

// sink is a file that keeps nothing.
type sink struct{ fail error }

func (s sink) Write(b []byte) (int, error)    { return len(b), s.fail }
func (s sink) Seek(int64, int) (int64, error) { return 0, nil }

func TestRewriteMemoryIsFlat(t *testing.T) {
	took := func(n int) uint64 {
		r, err := open(anyFormat(t, 8, n))
		require.NoError(t, err)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		require.NoError(t, las.Rewrite(sink{}, r, func(_ int64, p *las.Point) { p.Class = 2 }))
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	few, many := took(20_000), took(200_000)
	require.Less(t, many, few+1<<20)
}

func TestRewriteDiskFault(t *testing.T) {
	r, err := open(anyFormat(t, 3, 100_000))
	require.NoError(t, err)
	err = las.Rewrite(sink{errors.New("disk full")}, r, nil)
	require.True(t, upwind.IsPassing(err), "%v", err)
}

func BenchmarkRewrite(b *testing.B) {
	r, err := open(write(b, las.Spec{Format: 7}, samplePoints(200_000)))
	require.NoError(b, err)
	for b.Loop() {
		require.NoError(b, las.Rewrite(sink{}, r, func(_ int64, p *las.Point) { p.Class = las.ClassGround }))
	}
	b.ReportMetric(float64(r.Count())*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mpoints/s")
}
