package wind

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

func TestLayRunsWhateverWayTheFileDoes(t *testing.T) {
	// Values say 10 lat + lon.
	for _, lons := range [][]float64{{1, 2, 3}, {3, 2, 1}} {
		for _, lats := range [][]float64{{50, 51}, {51, 50}} {
			var v []float32
			for _, lat := range lats {
				for _, lon := range lons {
					v = append(v, float32(10*lat+lon))
				}
			}
			var l Layer
			require.NoError(t, l.Lay("f", slices.Clone(lons), slices.Clone(lats), v))
			require.Equal(t, []float32{501, 502, 503, 511, 512, 513}, l.Values)
			require.Equal(t, []float64{1, 50, 1, 1}, []float64{l.Lon0, l.Lat0, l.DLon, l.DLat})
		}
	}
	var l Layer
	require.NoError(t, l.Lay("f", []float64{359, 0, 1}, []float64{50, 51}, make([]float32, 6)), "across the meridian")
	require.Equal(t, 359.0, l.Lon0)
	for name, c := range map[string][2][]float64{"uneven": {{1, 2, 4}, {50, 51}}, "one": {{1}, {50, 51}}, "still": {{1, 1, 1}, {50, 51}}, "beyond": {{1, 2, 3}, {90, 95}}} {
		require.True(t, upwind.IsRefusal(l.Lay("f", c[0], c[1], make([]float32, len(c[0])*2))), name)
	}
}

func TestAssemble(t *testing.T) {
	layer := func(north bool, hour, ref int, v float32) Layer {
		return Layer{North: north, Valid: day.Add(time.Duration(hour) * time.Hour), Reference: day.Add(time.Duration(ref) * time.Hour), DLon: 1, DLat: 1, NX: 2, NY: 2, Values: []float32{v, v, v, v}}
	}
	g, err := Assemble("f", []Layer{layer(true, 3, 0, 4), layer(false, 3, 0, 3), layer(false, 0, 0, 1), layer(true, 0, 0, 2), layer(false, 3, -6, 8), layer(true, 3, -6, 9)})
	require.NoError(t, err)
	require.Equal(t, []time.Time{day, day.Add(3 * time.Hour)}, g.Times)
	require.Equal(t, []float32{1, 3}, []float32{g.U[0][0], g.U[1][0]}, "the older forecast does not count")
	require.Equal(t, []float32{2, 4}, []float32{g.V[0][0], g.V[1][0]})
	other := layer(true, 0, 0, 2)
	other.DLon = 2
	for want, layers := range map[string][]Layer{
		"no wind at 10 m":    nil,
		"in pairs":           {layer(false, 0, 0, 1)},
		"this time twice":    {layer(false, 0, 0, 1), layer(false, 0, 0, 1), layer(true, 0, 0, 2)},
		"more than one grid": {layer(false, 0, 0, 1), other},
	} {
		_, err := Assemble("f", layers)
		require.True(t, upwind.IsRefusal(err), want)
		require.ErrorContains(t, err, want)
	}
}

func TestMergeOneFileAnHour(t *testing.T) {
	whole := forecast()
	var parts []Grid
	for _, k := range []int{2, 0, 1} {
		p := whole
		p.Times, p.U, p.V = whole.Times[k:k+1], whole.U[k:k+1], whole.V[k:k+1]
		parts = append(parts, p)
	}
	got, err := Merge(parts)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, whole, got[0])
	coarse := whole
	coarse.DLon = 0.7
	got, err = Merge(append(parts, coarse))
	require.NoError(t, err)
	require.Len(t, got, 2)
	_, err = Merge([]Grid{whole, parts[0]})
	require.ErrorContains(t, err, "f.grib2 too")
}
