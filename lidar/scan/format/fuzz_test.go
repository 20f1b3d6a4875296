package format_test

import (
	"context"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/scan/format"
)

// fuzz hands bytes to all formats: a well-formed scan or a refusal that names the file, alone and salvaged.
func fuzz(f *testing.F, name string, seeds ...[]byte) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, salvage := range []bool{false, true} {
			s, err := format.Read(context.Background(), []format.File{format.Bytes(name, b)}, format.Options{Salvage: salvage})
			if err != nil {
				require.True(t, upwind.IsRefusal(err), "%v", err)
				require.ErrorContains(t, err, name)
				continue
			}
			wellFormed(t, s)
			values := 0
			for _, r := range s.Rays {
				for _, v := range r.Values {
					values += len(v)
				}
			}
			require.LessOrEqual(t, values, len(b)+1, "more values than bytes")
		}
	})
}

func FuzzLicel(f *testing.F) {
	b := licelFile(licelSpec{})
	fuzz(f, "RM1.1", b, b[:len(b)-7], licelFile(licelSpec{plan: "22.0 162.0 30.0  00.0 -10.0 00.2  00.0"}))
}

func FuzzPolarCSV(f *testing.F) { fuzz(f, "t.csv", polarBytes(f, turn(), format.PolarCSV)) }

func FuzzPolarJSON(f *testing.F) { fuzz(f, "t.jsonl", polarBytes(f, turn(), format.PolarJSONLines)) }

func FuzzHalo(f *testing.F) { fuzz(f, "Stare.hpl", haloFile(2, 3, "Stare", ".")) }

func FuzzMPL(f *testing.F) {
	fuzz(f, "x.mpl", mplFile(mplSpec{channels: 2, bins: 6, first: 1, data: 5}), mplFile(mplSpec{channels: 1, bins: 4, data: 4}))
}

func FuzzCL(f *testing.F) { fuzz(f, "cl.dat", clMessage("10 0003", 3), clMessage("05 0002", 2)) }

func FuzzINI(f *testing.F) {
	f.Add([]byte("[global_info_scann]\nLongitude = 1.5\nLatitude = 2\nLocation = \"x\"\n"))
	ray := licelFile(licelSpec{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := format.Read(context.Background(), []format.File{format.Bytes("g.ini", append([]byte("[global_info_scann]\n"), b...)), format.Bytes("RM1.1", ray)}, format.Options{})
		require.NoError(t, err)
		require.Len(t, s.Rays, 1)
	})
}

// The bytes are the header of a classic netCDF file; whatever it says, the file is refused or opened.
func FuzzNetCDFClassic(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x02\x00\x00\x00\x0a\x00\x00\x00\x01\x00\x00\x00\x01x\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0b\x00\x00\x00\x01\x00\x00\x00\x01v\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x00\x10\x00\x00\x00\x54"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file := format.Bytes("x.nc", append([]byte("CDF"), b...))
		file.Path = "/x.nc"
		_, err := format.Read(context.Background(), []format.File{file}, format.Options{NetCDF: format.MemoryNetCDF{}})
		require.True(t, upwind.IsRefusal(err), "%v", err)
	})
}

func BenchmarkLicel(b *testing.B) {
	raw, err := os.ReadFile(data(b, "licel", "ipen_RM1291010.162"))
	require.NoError(b, err)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		_, err := format.Read(context.Background(), []format.File{format.Bytes("x", raw)}, format.Options{})
		require.NoError(b, err)
	}
}
