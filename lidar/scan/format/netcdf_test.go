package format_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar/scan"
	"upwind/lidar/scan/format"
)

// onDisk is a netCDF file with a header of nothing; what is in it is the reader's to say.
func onDisk() []format.File {
	f := format.Bytes("x.nc", append([]byte("CDF\x01"), make([]byte, 28)...))
	f.Path = "/x.nc"
	return []format.File{f}
}

func readMemory(nc format.MemoryNetCDF) (*scan.Scan, error) {
	return format.Read(context.Background(), onDisk(), format.Options{NetCDF: nc})
}

// The samples are made from the published names and units: no real file of these layouts is at hand.
func TestNetCDFLayouts(t *testing.T) {
	for layout, nc := range format.SampleNetCDF() {
		s, err := readMemory(nc)
		require.NoError(t, err, layout)
		require.Equal(t, layout, s.Format)
		require.True(t, s.Site.Placed)
		wellFormed(t, s)
	}
}

func TestCL61(t *testing.T) {
	s, err := readMemory(format.SampleNetCDF()["cl61"])
	require.NoError(t, err)
	require.Equal(t, []string{"beta_att", "p_pol", "x_pol"}, ids(s))
	require.Equal(t, scan.Perpendicular, s.Channels[2].Polarization)
	require.InDelta(t, 2.4, s.Channels[0].FirstM, 1e-9)
	require.InDelta(t, 4.8, s.Channels[0].BinM, 1e-9)
	require.Equal(t, 87.0, s.Rays[0].ElevationDeg)
	require.Equal(t, "2021-09-08T00:00:10Z", s.Rays[1].Start.Format("2006-01-02T15:04:05Z07:00"))
	require.InDelta(t, 1e-6*(1+math.Mod(7*0.37, 1)), s.Rays[1].Values[0][1], 1e-18)
	require.True(t, math.IsNaN(s.Rays[1].Values[0][0]), "the missing value is that of the second profile's first bin")
	require.InDelta(t, 2e-7*1.37, s.Rays[0].Values[2][1], 1e-18)
}

func TestSCC(t *testing.T) {
	s, err := readMemory(format.SampleNetCDF()["scc"])
	require.NoError(t, err)
	require.Equal(t, []scan.Mode{scan.Analog, scan.Photon, scan.Photon}, []scan.Mode{s.Channels[0].Mode, s.Channels[1].Mode, s.Channels[2].Mode})
	require.Equal(t, []float64{355, 532, 0}, []float64{s.Channels[0].WavelengthNM, s.Channels[1].WavelengthNM, s.Channels[2].WavelengthNM})
	require.Equal(t, []int{1201, 1201, 601}, s.Rays[1].Shots)
	require.Equal(t, []float64{112, 10}, []float64{s.Rays[1].AzimuthDeg, s.Rays[1].ElevationDeg})
	require.Equal(t, "2018-10-18T05:49:17Z", s.Rays[1].Start.Format("2006-01-02T15:04:05Z07:00"))
	require.InDelta(t, 10*(1+math.Mod(0.37*16, 1)), s.Rays[1].Values[0][1], 1e-12)
	require.Contains(t, s.Notes[0], "does not state the wavelength of channel 503")
}

func TestCfRadial(t *testing.T) {
	s, err := readMemory(format.SampleNetCDF()["cfradial"])
	require.NoError(t, err)
	require.Equal(t, scan.PPI, s.Kind)
	require.Equal(t, []string{"attenuated_backscatter", "attenuated_backscatter_cross"}, ids(s), "a ratio is no return")
	require.InDelta(t, 532, s.Channels[0].WavelengthNM, 1e-9)
	require.Equal(t, []bool{true, false, false, false}, []bool{s.Rays[0].Parked, s.Rays[1].Parked, s.Rays[2].Parked, s.Rays[3].Parked})
	require.InDelta(t, 1e-6*(1+math.Mod(0.37*14, 1)), s.Rays[3].Values[0][0], 1e-18, "km-1 sr-1 and the ray's own start")
	require.True(t, math.IsNaN(s.Rays[2].Values[0][4]), "a shorter ray")
	require.Equal(t, "2026-03-01T04:00:04.5Z", s.Rays[3].Start.Format("2006-01-02T15:04:05.999Z07:00"))
}

func TestEProfileLevel1(t *testing.T) {
	s, err := readMemory(format.SampleNetCDF()["e-profile"])
	require.NoError(t, err)
	require.Equal(t, []any{scan.UnitRCS, 1064.0, 85.0}, []any{s.Channels[0].Unit, s.Channels[0].WavelengthNM, s.Rays[0].ElevationDeg})
	require.Equal(t, "2021-09-08T00:00:00Z", s.Rays[0].Stop.Format("2006-01-02T15:04:05Z07:00"))
}

func TestNetCDFRefusals(t *testing.T) {
	spoil := func(layout string, change func(v *format.MemoryVariable)) error {
		nc := format.SampleNetCDF()[layout]
		for i := range nc.Vars {
			change(&nc.Vars[i])
		}
		_, err := readMemory(nc)
		return err
	}
	for what, c := range map[string]struct {
		err  error
		want string
	}{
		"no reader": {func() error { _, err := format.Read(context.Background(), onDisk(), format.Options{}); return err }(), "no netCDF reader"},
		"strange":   {func() error { _, err := readMemory(format.MemoryNetCDF{}); return err }(), "no known lidar layout"},
		"uneven": {spoil("cl61", func(v *format.MemoryVariable) {
			if v.Name == "range" {
				v.Values[3]++
			}
		}), "variable range: bin 3 at 17.8 m is out of an even spacing of 4.8 m"},
		"units": {spoil("cl61", func(v *format.MemoryVariable) {
			if v.Name == "p_pol" {
				v.Attributes = map[string]string{"units": "dB"}
			}
		}), `variable p_pol: its units "dB"`},
		"time": {spoil("cfradial", func(v *format.MemoryVariable) {
			if v.Name == "time" {
				v.Attributes = map[string]string{"units": "fortnights"}
			}
		}), "no time since a date"},
		"ragged": {spoil("cfradial", func(v *format.MemoryVariable) {
			if v.Name == "ray_start_index" {
				v.Values[3] = 15
			}
		}), "ray 3: 5 gates from 15 are not in the 19 points"},
		"bomb": {spoil("cl61", func(v *format.MemoryVariable) {
			if v.Name == "beta_att" {
				v.Shape = []int{1 << 20, 1 << 20}
			}
		}), "would make more than"},
		"resolution": {spoil("scc", func(v *format.MemoryVariable) {
			if v.Name == "Raw_Data_Range_Resolution" {
				v.Values[1] = math.NaN()
			}
		}), "ranges are unknown"},
	} {
		require.True(t, upwind.IsRefusal(c.err), "%s: %v", what, c.err)
		require.ErrorContains(t, c.err, c.want, what)
		require.ErrorContains(t, c.err, "x.nc", what)
	}
}
