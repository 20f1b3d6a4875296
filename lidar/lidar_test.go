package lidar_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/lidar"
	"upwind/lidar/las"
)

type memory struct {
	b   []byte
	pos int
}

func (m *memory) Write(p []byte) (int, error) {
	if need := m.pos + len(p); need > len(m.b) {
		m.b = append(m.b, make([]byte, need-len(m.b))...)
	}
	copy(m.b[m.pos:], p)
	m.pos += len(p)
	return len(p), nil
}

func (m *memory) Seek(off int64, whence int) (int64, error) {
	m.pos = int(off)
	if whence == io.SeekEnd {
		m.pos += len(m.b)
	}
	return int64(m.pos), nil
}

const (
	yardX, yardY = 500000.0, 4036000.0
	repose       = 33 * math.Pi / 180
)

// yardCloud is 100 x 80 m with a bare cone of 10 m radius at (30, 40), a netted one of 6 m at (70, 40) and
// a house at (50, 65); coordinates are multiplied by unit.
func yardCloud(t testing.TB, density, unit float64, spec las.Spec, edit func([]las.Point) []las.Point) *las.Reader {
	rng := rand.New(rand.NewPCG(3, 4))
	pts := make([]las.Point, int(density*100*80))
	for i := range pts {
		x, y := 100*rng.Float64(), 80*rng.Float64()
		a := 10 - math.Hypot(x-30, y-40)
		b := 6 - math.Hypot(x-70, y-40)
		z, rgb := 0.0, [3]uint16{90 << 8, 90 << 8, 92 << 8}
		switch {
		case a > 0:
			z, rgb = a*math.Tan(repose), [3]uint16{180 << 8, 150 << 8, 110 << 8}
		case b > 0:
			z, rgb = b*math.Tan(repose), [3]uint16{60 << 8, 150 << 8, 70 << 8}
		case math.Abs(x-50) < 6 && math.Abs(y-65) < 5:
			z = 5
		}
		pts[i] = las.Point{X: (yardX + x) * unit, Y: (yardY + y) * unit, Z: (z + 31 + 0.02*rng.NormFloat64()) * unit, Return: 1, Returns: 1,
			GPSTime: 4.2e8 + float64(i)/1e4, R: rgb[0], G: rgb[1], B: rgb[2]}
	}
	if edit != nil {
		pts = edit(pts)
	}
	spec.Offset = [3]float64{math.Round(yardX * unit), math.Round(yardY * unit), 0}
	var m memory
	w, err := las.Create(&m, spec)
	require.NoError(t, err)
	require.NoError(t, w.Write(pts))
	require.NoError(t, w.Close())
	r, err := las.OpenNamed("yard.las", bytes.NewReader(m.b), int64(len(m.b)))
	require.NoError(t, err)
	return r
}

func coneVolume(r float64) float64 { return math.Pi * r * r * r * math.Tan(repose) / 3 }

func TestDetect(t *testing.T) {
	feet := 1 / 0.3048
	far := func(p []las.Point) []las.Point {
		p[5].X += 40000
		p[9].Z = 900
		for i := range 300 {
			q := p[i*20]
			q.Z, q.Class = 12, las.ClassLowNoise
			p = append(p, q)
		}
		return append(p, p[:5000]...) // written twice
	}
	for _, c := range []struct {
		name    string
		density float64
		unit    float64
		format  uint8
		edit    func([]las.Point) []las.Point
		tol     float64
	}{
		{"8 points a square metre", 8, 1, 3, nil, 0.015},
		{"format 7", 4, 1, 7, nil, 0.015},
		{"dense", 16, 1, 3, nil, 0.01},
		{"1 point a square metre", 1, 1, 3, nil, 0.05},
		{"feet", 4, feet, 3, nil, 0.015},
		{"strays, noise, repeats", 6, 1, 3, far, 0.015},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := las.Spec{Format: c.format, EPSG: 32650}
			if c.unit != 1 {
				spec.EPSG, spec.WKT = 0, `PROJCS["yard (ft)",GEOGCS["WGS 84"],UNIT["foot",0.3048]]`
			}
			r := yardCloud(t, c.density, c.unit, spec, c.edit)
			metres := flat(yardX, yardY)
			locate := func(x, y float64) (float64, float64) { return metres(x/c.unit, y/c.unit) }
			last := 0
			ds, rep, err := lidar.Survey(context.Background(), r, locate, lidar.Options{JobID: "job", Inputs: []string{"asset"}}, func(done, total int) {
				require.GreaterOrEqual(t, done, last)
				require.LessOrEqual(t, done, total)
				last = done
			})
			require.NoError(t, err)
			require.Equal(t, 1000, last)
			require.Len(t, ds, 2, "%+v", rep)
			for n, d := range ds {
				require.NoError(t, d.Validate())
				require.Equal(t, upwind.DetectionID("job", n), d.ID)
				require.Equal(t, upwind.SandPile, d.Kind)
				require.Equal(t, 2025, d.ObservedAt.Year(), "from the points' GPS time")
				ring := d.Geometry.Geometry().(orb.Polygon)[0]
				require.Equal(t, orb.CCW, ring.Orientation())
				big, class := 10.0, upwind.PileUncovered
				lon, lat := metres(yardX+30, yardY+40)
				if !planar.RingContains(ring, orb.Point{lon, lat}) {
					big, class = 6, upwind.PileCovered
					lon, lat = metres(yardX+70, yardY+40)
					require.True(t, planar.RingContains(ring, orb.Point{lon, lat}))
				}
				require.Equal(t, class, d.Class)
				v := d.Measures[upwind.VolumeM3]
				t.Logf("R %v: %+v, error %+.2f %%, cell %.2f", big, v, 100*(v.Value/coneVolume(big)-1), rep.CellM)
				require.InEpsilon(t, coneVolume(big), v.Value, c.tol)
			}
		})
	}
}

// The same bytes give the same answer.
func TestDeterminism(t *testing.T) {
	var want []byte
	for range 2 {
		ds, err := lidar.Detect(context.Background(), yardCloud(t, 4, 1, las.Spec{Format: 3}, nil), flat(yardX, yardY), lidar.Options{}, nil)
		require.NoError(t, err)
		got, err := json.Marshal(ds)
		require.NoError(t, err)
		if want != nil {
			require.Equal(t, string(want), string(got))
		}
		want = got
	}
}

func TestNothingFoundSaysWhy(t *testing.T) {
	keep := func(fn func(i int, p las.Point) bool) func([]las.Point) []las.Point {
		return func(in []las.Point) (out []las.Point) {
			for i, p := range in {
				if fn(i, p) {
					out = append(out, p)
				}
			}
			return out
		}
	}
	for _, c := range []struct {
		name string
		edit func([]las.Point) []las.Point
		want string
	}{
		{"no points", keep(func(int, las.Point) bool { return false }), "no points"},
		{"one point", keep(func(i int, _ las.Point) bool { return i == 0 }), "none has the shape"},
		{"too thin", keep(func(i int, _ las.Point) bool { return i%200 == 0 }), "too coarse"},
		{"flat", keep(func(_ int, p las.Point) bool { return p.Z < 31.2 }), "none has the shape"},
		{"withheld", func(in []las.Point) []las.Point {
			for i := range in {
				in[i].Withheld = true
			}
			return in
		}, "none is usable"},
		{"water", func(in []las.Point) []las.Point {
			for i := range in {
				in[i].Class, in[i].Z = las.ClassWater, 30+0.05*in[i].Z/31
			}
			return in
		}, "every point is water"},
		{"one point over and over", func(in []las.Point) []las.Point {
			for i := range in {
				in[i] = in[0]
			}
			return in
		}, "none has the shape"},
		{"a line", func(in []las.Point) []las.Point {
			for i := range in {
				in[i].X = yardX
			}
			return in
		}, "none has the shape"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ds, rep, err := lidar.Survey(context.Background(), yardCloud(t, 4, 1, las.Spec{Format: 1}, c.edit), flat(yardX, yardY), lidar.Options{}, nil)
			require.NoError(t, err)
			require.Empty(t, ds)
			require.Contains(t, fmt.Sprint(rep.Notes), c.want)
			cloud, err := lidar.Grid(context.Background(), yardCloud(t, 4, 1, las.Spec{Format: 3}, c.edit), flat(yardX, yardY), lidar.Options{}, nil)
			require.NoError(t, err)
			for _, d := range lidar.Detectors {
				res, err := d.Run(context.Background(), cloud, lidar.Options{}, nil)
				require.NoError(t, err)
				require.Empty(t, res.Detections)
				require.NotEmpty(t, res.Notes)
			}
			_, _, err = cloud.Preview(context.Background())
			require.NoError(t, err)
		})
	}
}

func TestRefusals(t *testing.T) {
	nan := math.NaN()
	metres := flat(yardX, yardY)
	for _, c := range []struct {
		name   string
		locate lidar.Locate
		spec   las.Spec
		want   string
	}{
		{"no system", nil, las.Spec{}, "--crs"},
		{"outside", func(x, y float64) (float64, float64) { return nan, nan }, las.Spec{}, "outside"},
		{"constant", func(x, y float64) (float64, float64) { return 1, 2 }, las.Spec{}, "does not place"},
		{"feet placed as metres", metres, las.Spec{WKT: `PROJCS["ft",UNIT["foot",0.3048]]`}, "unit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := lidar.Detect(context.Background(), yardCloud(t, 1, 1, c.spec, nil), c.locate, lidar.Options{}, nil)
			require.True(t, upwind.IsRefusal(err), "%v", err)
			require.Contains(t, err.Error(), c.want)
			require.Contains(t, err.Error(), "yard.las")
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := lidar.Detect(ctx, yardCloud(t, 1, 1, las.Spec{}, nil), metres, lidar.Options{}, nil)
	require.ErrorIs(t, err, context.Canceled)
}

func TestPreview(t *testing.T) {
	locate := flat(yardX, yardY)
	img, corners, rep, err := lidar.Preview(context.Background(), yardCloud(t, 8, 1, las.Spec{Format: 3}, nil), locate, lidar.Options{}, nil)
	require.NoError(t, err)
	b := img.Bounds()
	require.Equal(t, rep.Columns, b.Dx())
	lon0, lat0 := locate(yardX, yardY)
	lon1, lat1 := locate(yardX+100, yardY+80)
	for i, want := range [4][2]float64{{lon0, lat1}, {lon1, lat1}, {lon1, lat0}, {lon0, lat0}} {
		require.InDelta(t, want[0], corners[i][0], 1e-5)
		require.InDelta(t, want[1], corners[i][1], 1e-5)
	}
	// The cone's north-west flank faces the light, its south-east flank does not.
	at := func(x, y float64) uint32 {
		cx, cy, sum := int(x/100*float64(b.Dx())), int((80-y)/80*float64(b.Dy())), uint32(0)
		for i := range 25 {
			r, _, _, _ := img.At(cx+i%5-2, cy+i/5-2).RGBA()
			sum += r >> 8
		}
		return sum / 25
	}
	require.Greater(t, at(26, 44), at(90, 10))
	require.Less(t, at(34, 36), at(90, 10))
}

func TestDegrees(t *testing.T) {
	metres := flat(yardX, yardY)
	toDegrees := func(in []las.Point) []las.Point {
		for i := range in {
			in[i].X, in[i].Y = metres(in[i].X, in[i].Y)
		}
		return in
	}
	var m memory
	w, err := las.Create(&m, las.Spec{Scale: [3]float64{1e-8, 1e-8, 1e-3}, Offset: [3]float64{115.98, 36.45, 0}, EPSG: 4326, Geographic: true})
	require.NoError(t, err)
	for p, err := range yardCloud(t, 8, 1, las.Spec{}, nil).Points() {
		require.NoError(t, err)
		require.NoError(t, w.Write(toDegrees([]las.Point{p})))
	}
	require.NoError(t, w.Close())
	r, err := las.OpenNamed("degrees.las", bytes.NewReader(m.b), int64(len(m.b)))
	require.NoError(t, err)
	ds, err := lidar.Detect(context.Background(), r, func(x, y float64) (float64, float64) { return x, y }, lidar.Options{}, nil)
	require.NoError(t, err)
	require.Len(t, ds, 2)
	require.InEpsilon(t, coneVolume(10)+coneVolume(6), ds[0].Measures[upwind.VolumeM3].Value+ds[1].Measures[upwind.VolumeM3].Value, 0.02)
}
