package gdal

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/airbusgeo/godal"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/require"

	"upwind/raster"
	"upwind/raster/region"
)

// sides are the unit stretches of a polygon's boundary, each from its upper or left end, in order: two polygons of pixels with the same sides
// cover the same pixels, however their rings are cut where they touch.
func sides(p orb.Polygon) [][3]int {
	var out [][3]int
	for _, r := range p {
		for i := 1; i < len(r); i++ {
			x0, x1 := int(math.Min(r[i-1][0], r[i][0])), int(math.Max(r[i-1][0], r[i][0]))
			y0, y1 := int(math.Min(r[i-1][1], r[i][1])), int(math.Max(r[i-1][1], r[i][1]))
			for x := x0; x < x1; x++ {
				out = append(out, [3]int{y0, x, 0})
			}
			for y := y0; y < y1; y++ {
				out = append(out, [3]int{y, x0, 1})
			}
		}
	}
	slices.SortFunc(out, byPlace)
	return out
}

func byPlace(a, b [3]int) int { return slices.Compare(a[:], b[:]) }

func inOrder(ps [][][3]int) {
	slices.SortFunc(ps, func(a, b [][3]int) int { return slices.CompareFunc(a, b, byPlace) })
}

// TestOutlinesAreThoseOfGDAL draws masks from specks to blocks and asks GDAL's polygonize for the same regions, with 4 and with 8 neighbours.
func TestOutlinesAreThoseOfGDAL(t *testing.T) {
	require.NoError(t, Register())
	require.NoError(t, godal.RegisterRaster(godal.Memory))
	require.NoError(t, godal.RegisterVector(godal.Memory))
	rng := rand.New(rand.NewPCG(3, 6))
	total := 0
	for k, size := range [][2]int{{1, 1}, {1, 40}, {40, 1}, {17, 23}, {64, 64}, {200, 150}} {
		for _, dense := range []float64{0.05, 0.4, 0.6, 0.95} {
			for _, eight := range []bool{false, true} {
				w, h, block := size[0], size[1], 1+k%3
				m := raster.NewMask(w, h)
				drawn := map[[2]int]uint8{}
				for y := range h {
					for x := range w {
						at := [2]int{x / block, y / block}
						if _, ok := drawn[at]; !ok && rng.Float64() < dense {
							drawn[at] = raster.MaskYes
						} else if !ok {
							drawn[at] = raster.MaskNo
						}
						m.Row(y)[x] = drawn[at]
					}
				}
				var ours [][][3]int
				for _, r := range raster.LabelMask(m, eight, raster.MaskYes) {
					p := r.Outline()
					ours = append(ours, sides(p))
					require.Equal(t, float64(r.Pixels), planar.Area(p))
				}
				theirs := polygonized(t, m, eight)
				inOrder(ours)
				inOrder(theirs)
				require.Equal(t, theirs, ours, fmt.Sprintf("%d x %d, %.2f, eight %v", w, h, dense, eight))
				total += len(ours)
			}
		}
	}
	t.Logf("%d regions, each with the boundary that GDAL gives it", total)
	require.Greater(t, total, 1000)
}

// polygonized are the boundaries of the regions of MaskYes by GDAL.
func polygonized(t *testing.T, m *raster.Mask, eight bool) (out [][][3]int) {
	t.Helper()
	src, err := godal.Create(godal.Memory, "", 1, godal.Byte, m.Width, m.Height)
	require.NoError(t, err)
	defer func() { require.NoError(t, src.Close()) }()
	require.NoError(t, src.Write(0, 0, m.Pix, m.Width, m.Height))
	dst, err := godal.CreateVector(godal.Memory, "")
	require.NoError(t, err)
	defer func() { require.NoError(t, dst.Close()) }()
	layer, err := dst.CreateLayer("p", nil, godal.GTPolygon, godal.NewFieldDefinition("class", godal.FTInt))
	require.NoError(t, err)
	opts := []godal.PolygonizeOption{godal.PixelValueFieldIndex(0)}
	if eight {
		opts = append(opts, godal.EightConnected())
	}
	require.NoError(t, src.Bands()[0].Polygonize(layer, opts...))
	layer.ResetReading()
	for f := layer.NextFeature(); f != nil; f = layer.NextFeature() {
		if f.Fields()["class"].Int() == int64(raster.MaskYes) {
			text, err := f.Geometry().GeoJSON()
			require.NoError(t, err)
			var g struct{ Coordinates orb.Polygon }
			require.NoError(t, json.Unmarshal([]byte(text), &g))
			out = append(out, sides(g.Coordinates))
		}
		f.Close()
	}
	return out
}

// TestSieveIsThatOfGDAL sieves masks from specks to blocks, some with ground that has no data, and asks GDAL for the same.
func TestSieveIsThatOfGDAL(t *testing.T) {
	require.NoError(t, Register())
	require.NoError(t, godal.RegisterRaster(godal.Memory))
	rng := rand.New(rand.NewPCG(4, 2))
	changed := 0
	for trial := range 400 {
		w, h, least := 1+rng.IntN(70), 1+rng.IntN(70), 1+rng.IntN(30)
		dense, void := rng.Float64(), 0.1*float64(trial%3)
		m := raster.NewMask(w, h)
		for i := range m.Pix {
			switch u := rng.Float64(); {
			case u < void:
				m.Pix[i] = raster.MaskAbstain
			case rng.Float64() < dense:
				m.Pix[i] = raster.MaskYes
			}
		}
		var ours []uint8
		s := region.Sieve{Min: least, NoData: raster.MaskAbstain, Row: func(runs []region.Run) {
			for _, r := range runs {
				for range r.X1 - r.X0 {
					ours = append(ours, r.Class)
				}
			}
		}}
		for y := range h {
			s.Add(region.Runs(nil, m.Row(y)))
		}
		s.Flush()
		theirs := sieved(t, m, least)
		require.Equal(t, theirs, ours, "%d x %d, at least %d pixels, trial %d", w, h, least, trial)
		if !slices.Equal(m.Pix, ours) {
			changed++
		}
	}
	require.Greater(t, changed, 200)
}

// sieved is GDAL's sieve of a mask.
func sieved(t *testing.T, m *raster.Mask, least int) []uint8 {
	t.Helper()
	src, err := godal.Create(godal.Memory, "", 1, godal.Byte, m.Width, m.Height)
	require.NoError(t, err)
	defer func() { require.NoError(t, src.Close()) }()
	require.NoError(t, src.SetNoData(float64(raster.MaskAbstain)))
	require.NoError(t, src.Write(0, 0, m.Pix, m.Width, m.Height))
	require.NoError(t, src.Bands()[0].SieveFilter(least))
	out := make([]uint8, len(m.Pix))
	require.NoError(t, src.Read(0, 0, out, m.Width, m.Height))
	return out
}
