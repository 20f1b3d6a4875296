package las_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/las"
)

// descriptor is one 192-byte record of an extra dimension.
type descriptor struct {
	code, options                uint8
	name                         string
	noData, min, max             uint64
	scale, offset, scale1, offs1 float64
}

func (d descriptor) bytes() []byte {
	b := make([]byte, 192)
	b[2], b[3] = d.code, d.options
	copy(b[4:36], d.name)
	le := binary.LittleEndian
	le.PutUint64(b[40:], d.noData)
	le.PutUint64(b[64:], d.min)
	le.PutUint64(b[88:], d.max)
	for i, v := range []float64{d.scale, d.scale1} {
		le.PutUint64(b[112+8*i:], math.Float64bits(v))
	}
	for i, v := range []float64{d.offset, d.offs1} {
		le.PutUint64(b[136+8*i:], math.Float64bits(v))
	}
	copy(b[160:], "about "+d.name)
	return b
}

// withVLR puts a record between header and points of a file made by the writer.
func withVLR(b []byte, user string, id uint16, body []byte) []byte {
	le := binary.LittleEndian
	at := int(le.Uint16(b[94:]))
	head := make([]byte, 54)
	copy(head[2:], user)
	le.PutUint16(head[18:], id)
	le.PutUint16(head[20:], uint16(len(body)))
	out := append(bytes.Clone(b[:at]), head...)
	out = append(append(out, body...), b[at:]...)
	le.PutUint32(out[96:], le.Uint32(out[96:])+uint32(54+len(body)))
	le.PutUint32(out[100:], le.Uint32(out[100:])+1)
	return out
}

// described is a file of one point with these extra bytes and descriptors.
func described(t testing.TB, extra []byte, ds ...descriptor) *las.Reader {
	b := write(t, las.Spec{Format: 1, ExtraBytes: len(extra)}, []las.Point{{X: 500000, Y: 4000000, Extra: extra}})
	var body []byte
	for _, d := range ds {
		body = append(body, d.bytes()...)
	}
	r, err := open(withVLR(b, "LASF_Spec", 4, body))
	require.NoError(t, err)
	return r
}

func firstPoint(t testing.TB, r *las.Reader) *las.Point {
	p := make([]las.Point, 1)
	_, err := r.Read(p)
	require.NoError(t, err)
	return &p[0]
}

func TestExtraDimTypes(t *testing.T) {
	f32, f64 := math.Float32bits(-2.5), math.Float64bits(1e300)
	le := binary.LittleEndian
	for _, c := range []struct {
		d     descriptor
		bytes []byte
		want  float64
		ok    bool
	}{
		{descriptor{code: 1}, []byte{200}, 200, true},
		{descriptor{code: 2}, []byte{200}, -56, true},
		{descriptor{code: 3}, []byte{0xfe, 0xff}, 65534, true},
		{descriptor{code: 4}, []byte{0xfe, 0xff}, -2, true},
		{descriptor{code: 5}, []byte{0xff, 0xff, 0xff, 0xff}, 1<<32 - 1, true},
		{descriptor{code: 6}, []byte{0xff, 0xff, 0xff, 0xff}, -1, true},
		{descriptor{code: 7}, []byte{0, 0, 0, 0, 0, 0, 0, 0x80}, 1 << 63, true},
		{descriptor{code: 8}, []byte{0, 0, 0, 0, 0, 0, 0, 0x80}, -1 << 63, true},
		{descriptor{code: 9}, le.AppendUint32(nil, f32), -2.5, true},
		{descriptor{code: 10}, le.AppendUint64(nil, f64), 1e300, true},
		{descriptor{code: 4, options: 0x18, scale: 0.01, offset: 5}, []byte{0x9c, 0xff}, 4, true},
		{descriptor{code: 4, options: 0x08, scale: 0.01, offset: 5}, []byte{0x9c, 0xff}, -1, true},  // offset not in force
		{descriptor{code: 4, options: 0x10, scale: 0.01, offset: 5}, []byte{0x9c, 0xff}, -95, true}, // scale not in force
		{descriptor{code: 3, options: 1, noData: 65535}, []byte{0xff, 0xff}, 0, false},
		{descriptor{code: 3, options: 1, noData: math.MaxUint64}, []byte{0xff, 0xff}, 0, false}, // as RIEGL writes it
		{descriptor{code: 3, options: 0, noData: 65535}, []byte{0xff, 0xff}, 65535, true},       // not in force
		{descriptor{code: 3, options: 1, noData: 0x1ffff}, []byte{0xff, 0xff}, 65535, true},     // no uint16 is that
		{descriptor{code: 2, options: 1, noData: math.MaxUint64}, []byte{0xff}, 0, false},
		{descriptor{code: 2, options: 1, noData: 255}, []byte{0xff}, 0, false},
		{descriptor{code: 8, options: 1, noData: 7}, []byte{7, 0, 0, 0, 0, 0, 0, 0}, 0, false},
		{descriptor{code: 9, options: 1, noData: math.Float64bits(-2.5)}, le.AppendUint32(nil, f32), 0, false},
		{descriptor{code: 10, options: 1, noData: math.Float64bits(math.NaN())}, le.AppendUint64(nil, math.Float64bits(-math.NaN())), 0, false},
		{descriptor{code: 0, options: 3}, []byte{1, 2, 3}, 0, false},
	} {
		c.d.name = "v"
		t.Run(fmt.Sprintf("type %d options %d", c.d.code, c.d.options), func(t *testing.T) {
			r := described(t, c.bytes, c.d)
			dims := r.ExtraDims()
			require.Len(t, dims, 1)
			require.Empty(t, r.Warnings())
			require.Equal(t, "about v", dims[0].Description)
			p := firstPoint(t, r)
			v, ok := dims[0].Value(p)
			require.Equal(t, c.ok, ok)
			require.InDelta(t, c.want, v, math.Abs(c.want)*1e-12)
			require.Equal(t, c.bytes, dims[0].Bytes(p))
			_, ok = dims[0].At(p, 1)
			require.False(t, ok)
			p.Extra = p.Extra[:len(p.Extra)-1]
			_, ok = dims[0].Value(p)
			require.False(t, ok, "a point without the bytes")
		})
	}
}

func TestExtraDimArrays(t *testing.T) {
	// Type 14 is two int16, 29 three float32; each element has its own scale and offset.
	body := []byte{10, 0, 0xf6, 0xff, 9}
	r := described(t, body, descriptor{code: 14, options: 0x18, name: "pair", scale: 2, scale1: 3, offset: 1, offs1: -1},
		descriptor{code: 1, options: 6, name: "tail", min: 3, max: 250})
	dims := r.ExtraDims()
	require.Len(t, dims, 2)
	p := firstPoint(t, r)
	a, _ := dims[0].At(p, 0)
	b, _ := dims[0].At(p, 1)
	require.Equal(t, []float64{21, -31}, []float64{a, b})
	require.Equal(t, 2, dims[0].Elements)
	require.Equal(t, las.ExtraInt16, dims[0].Type)
	require.Equal(t, 4, dims[1].Start)
	require.Equal(t, []float64{3, 250}, []float64{dims[1].Min, dims[1].Max})
	require.True(t, math.IsNaN(dims[0].Min))
	d, ok := r.ExtraDim("TAIL")
	require.True(t, ok)
	require.Equal(t, "tail", d.Name)
	_, ok = r.ExtraDim("nothing")
	require.False(t, ok)
}

// TestExtraDimFaults: what does not fit is left out and told, once.
func TestExtraDimFaults(t *testing.T) {
	u16 := descriptor{code: 3, name: "a"}
	for _, c := range []struct {
		name  string
		extra []byte
		ds    []descriptor
		dims  int
		want  string
	}{
		{"record shorter than its descriptors", []byte{1, 2, 3}, []descriptor{u16, {code: 3, name: "b"}}, 1, "takes 2 bytes, the point record has 1 left"},
		{"record longer", []byte{1, 2, 3}, []descriptor{u16}, 1, "1 of the 3 extra bytes"},
		{"unknown type", []byte{1, 2}, []descriptor{{code: 31, name: "x"}, u16}, 0, "type 31"},
		{"opaque of no bytes", []byte{1, 2}, []descriptor{{code: 0, name: "x"}, u16}, 0, "no bytes"},
		{"scale zero", []byte{1, 2}, []descriptor{{code: 3, options: 8, name: "x"}}, 1, "as stored"},
		{"scale NaN", []byte{1, 2}, []descriptor{{code: 3, options: 8, name: "x", scale: math.NaN()}}, 1, "as stored"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := described(t, c.extra, c.ds...)
			require.Len(t, r.ExtraDims(), c.dims)
			require.Contains(t, strings.Join(r.Warnings(), "\n"), c.want)
			n := len(r.Warnings())
			r.ExtraDims()
			require.Len(t, r.Warnings(), n)
		})
	}
}

func TestRealExtraDims(t *testing.T) {
	root := sharedData(t, "pointcloud/formats")
	for _, c := range []struct {
		file string
		dims string // name:type*elements@start
		warn string
	}{
		{"lasR/extra_byte.las", "Amplitude:uint16*1@0 Pulse width:uint16*1@2", ""},
		{"laspy/extrabytes.las", "Colors:uint16*3@0 Reserved:opaque*1@6 Flags:int8*2@13 Intensity:uint32*1@15 Time:uint64*1@19", ""},
		{"laszip/5points_14.las", "height above ground:int16*1@0 coverage count:uint8*1@2", ""},
		{"lasR/malformed_extrabytes.las", "", "takes 2 bytes, the point record has 0"},
		{"laspy/unregistered_extra_bytes.las", "", "4 of the 4 extra bytes"},
		{"pdal/simple.las", "", ""},
	} {
		t.Run(c.file, func(t *testing.T) {
			r, err := openFile(t, filepath.Join(root, c.file))
			require.NoError(t, err)
			var got []string
			for _, d := range r.ExtraDims() {
				got = append(got, fmt.Sprintf("%s:%v*%d@%d", d.Name, d.Type, d.Elements, d.Start))
			}
			require.Equal(t, c.dims, strings.Join(got, " "))
			if c.warn == "" {
				require.NotContains(t, strings.Join(r.Warnings(), "\n"), "extra")
			} else {
				require.Contains(t, strings.Join(r.Warnings(), "\n"), c.warn)
			}
		})
	}
}

// TestRealExtraValues: the stated extremes bound the values, which they only do when scale, sign and place
// are right.
func TestRealExtraValues(t *testing.T) {
	r, err := openFile(t, filepath.Join(sharedData(t, "pointcloud/formats"), "lasR/extra_byte.las"))
	require.NoError(t, err)
	for _, d := range r.ExtraDims() {
		require.NoError(t, r.Rewind())
		lo, hi := math.Inf(1), math.Inf(-1)
		for p, err := range r.Points() {
			require.NoError(t, err)
			v, ok := d.Value(&p)
			require.True(t, ok)
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
		require.GreaterOrEqual(t, lo, d.Min, d.Name)
		require.LessOrEqual(t, hi, d.Max, d.Name)
		require.Greater(t, hi, lo, d.Name)
	}
}

func FuzzExtra(f *testing.F) {
	f.Add(descriptor{code: 14, options: 0x1f, name: "pair", scale: 2, scale1: 3}.bytes(), []byte{1, 2, 3, 4, 5})
	f.Add(append(descriptor{code: 9, name: "a"}.bytes(), descriptor{code: 0, options: 200}.bytes()...), bytes.Repeat([]byte{255}, 204))
	f.Fuzz(func(t *testing.T, body, extra []byte) {
		if len(extra) > 1000 || len(body) > 60000 {
			return
		}
		b := write(t, las.Spec{ExtraBytes: len(extra)}, []las.Point{{X: 500000, Y: 4000000, Extra: extra}})
		r, err := open(withVLR(b, "LASF_Spec", 4, body))
		require.NoError(t, err)
		p, next := firstPoint(t, r), 0
		for _, d := range r.ExtraDims() {
			if d.Start != next || d.Size < 1 || d.Elements < 1 {
				t.Fatalf("%+v starts at %d", d, next)
			}
			next += d.Size
			for i := range d.Elements {
				d.At(p, i)
			}
			require.Len(t, d.Bytes(p), d.Size)
		}
		if next > len(extra) {
			t.Fatalf("dimensions of %d bytes in %d", next, len(extra))
		}
	})
}
