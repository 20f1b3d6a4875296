package plume_test

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/fixtures/scanner"
	"upwind/lidar/scan"
	"upwind/lidar/scan/plume"
)

func TestGridKeepsWhatThereIs(t *testing.T) {
	f := turnOf(180, 200, 2, func(_, _, _ float64) float64 { return 0.3e-3 })
	for i := range f.Extinction {
		f.Extinction[i] = 0.3e-3
	}
	g, err := plume.ToGrid(f, 20)
	require.NoError(t, err)
	area, inside := 0.0, 0
	for i, a := range g.Extinction {
		area += g.Coverage[i] * g.CellM * g.CellM
		if a == a {
			require.InDelta(t, 0.3e-3, a, 1e-12)
			inside++
		}
	}
	require.InEpsilon(t, math.Pi*3000*3000*math.Pow(math.Cos(2*math.Pi/180), 2), area, 0.03) // coverage counts parts of polar cells, and is cut at 1
	require.InEpsilon(t, math.Pi*3000*3000*math.Pow(math.Cos(2*math.Pi/180), 2), planar.Area(g.Hull), 0.002)
	middle := (g.H/2-40)*g.W + g.W/2 // 800 m north: whole cells
	require.InDelta(t, 1, g.Coverage[middle], 0.15)

	// One cell alone keeps its integral.
	clear(f.Extinction)
	f.Extinction[f.At(17, 150)] = 0.01
	g, err = plume.ToGrid(f, 20)
	require.NoError(t, err)
	sum := 0.0
	for i, a := range g.Extinction {
		if a == a {
			sum += a * g.Coverage[i] * g.CellM * g.CellM
		}
	}
	r := f.RangeM(150) * math.Cos(2*math.Pi/180)
	require.InEpsilon(t, 0.01*r*2*math.Pi/180*15*math.Cos(2*math.Pi/180), sum, 0.04)
}

func TestGridSigmaIsThatOfAMean(t *testing.T) {
	f := turnOf(360, 200, 0, func(_, _, _ float64) float64 { return 0.3e-3 })
	for i := range f.ExtinctionSigma {
		f.ExtinctionSigma[i] = 1e-4
	}
	// Near the instrument a cell of the map holds many bins, far out part of one.
	g, err := plume.ToGrid(f, 30)
	require.NoError(t, err)
	at := func(e, n float64) float64 { return g.Sigma[int((g.NorthM-n)/30)*g.W+int((e-g.WestM)/30)] }
	bins := 30. * 30 / (15 * 315 * math.Pi / 180)
	require.InEpsilon(t, 1e-4/math.Sqrt(bins), at(15, 315), 0.35)
	require.InEpsilon(t, 1e-4/math.Sqrt2, at(15, 2985), 0.35)
}

func TestRender(t *testing.T) {
	g, err := plume.ToGrid(turnOf(180, 200, 2, puffAt(1200, 800, 120)), 0)
	require.NoError(t, err)
	img, lo, hi := g.Render(plume.RenderOptions{Plain: true})
	require.Equal(t, g.W, img.Bounds().Dx())
	require.Less(t, lo, hi)
	require.Equal(t, color.NRGBA{}, img.NRGBAAt(0, 0), "outside is transparent")
	light := func(e, n float64) int {
		c := img.NRGBAAt(int((e-g.WestM)/g.CellM), int((g.NorthM-n)/g.CellM))
		return int(c.R) + int(c.G) + int(c.B)
	}
	require.Greater(t, light(1200, 800), light(1200, -800), "north is up and thick air is bright")
	full, _, _ := g.Render(plume.RenderOptions{})
	require.NotEqual(t, img.Pix, full.Pix, "rings and a legend")
}

func TestPlaceOnTheEllipsoid(t *testing.T) {
	site := scan.Site{Lon: 115.98, Lat: 36.45, AltitudeM: 40, Placed: true}
	lon, lat := plume.Place(site, 0, 0, 0)
	require.InDelta(t, 115.98, lon, 1e-12)
	require.InDelta(t, 36.45, lat, 1e-10)
	// A step north and a step east go by the radii of curvature M and N there.
	const a, e2 = 6378137.0, 0.0066943799901413165
	s := math.Sin(36.45 * math.Pi / 180)
	w := 1 - e2*s*s
	m, n := a*(1-e2)/(w*math.Sqrt(w))+40, a/math.Sqrt(w)+40
	_, lat = plume.Place(site, 0, 10, 0)
	require.InDelta(t, 36.45+10/m*180/math.Pi, lat, 1e-9)
	lon, _ = plume.Place(site, 10, 0, 0)
	require.InDelta(t, 115.98+10/(n*math.Cos(36.45*math.Pi/180))*180/math.Pi, lon, 1e-9)
	// Ten kilometres away the tangent plane and the ground differ by less than 0.1 m.
	_, lat = plume.Place(site, 0, 10000, 0)
	mid := math.Sin((36.45 + 0.045) * math.Pi / 180)
	wm := 1 - e2*mid*mid
	require.InDelta(t, 36.45+10000/(a*(1-e2)/(wm*math.Sqrt(wm))+40)*180/math.Pi, lat, 1e-6)
}

func TestMassNeedsACalibration(t *testing.T) {
	ext := upwind.NonNegative(0.4e-3, 0.02e-3)
	_, why := plume.Mass(ext, scan.Site{}, nil)
	require.Contains(t, why, "no mass calibration")
	site := scan.Site{MassM2G: 4}
	m, why := plume.Mass(ext, site, nil)
	require.Empty(t, why)
	require.InDelta(t, 100, m.Value, 1e-9)
	site.Gamma, site.RH0 = 0.5, 0.4
	_, why = plume.Mass(ext, site, nil)
	require.Contains(t, why, "relative humidity")
	rh := 0.85
	m, why = plume.Mass(ext, site, &rh)
	require.Empty(t, why)
	require.InDelta(t, 50, m.Value, 1e-9) // f = (0.15/0.6)^-0.5 = 2
}

func TestDetections(t *testing.T) {
	f, _ := scanner.New(scanner.City(5)).Field(0)
	f.Site.HeadingDeg = 12
	f.DustShare = make([]float64, len(f.Extinction))
	for i := range f.DustShare {
		f.DustShare[i] = 0.9
	}
	r := find(t, f)
	require.NotEmpty(t, r.Plumes)
	ds, notes := plume.Detections(r, plume.DetectionOptions{JobID: "job", Inputs: []string{"asset"}})
	require.Len(t, ds, len(r.Plumes))
	require.Len(t, notes, 1) // no mass
	for n, d := range ds {
		require.NoError(t, d.Validate())
		require.Equal(t, upwind.LidarPlume, d.Kind)
		require.Equal(t, upwind.DetectionID("job", n), d.ID)
		require.Equal(t, plume.ClassDust, d.Class)
		require.InDelta(t, 1000*r.Plumes[n].Mean.Value, d.Measures[plume.MeanPerKM].Value, 1e-9)
		require.Contains(t, d.Measures, upwind.HeightM)
		require.Greater(t, d.PositionSigmaM, 5.0)
		bound := d.Geometry.Geometry().Bound()
		require.True(t, bound.Pad(0.01).Contains(orb.Point{bound.Center()[0], bound.Center()[1]}))
		require.InDelta(t, f.Site.Lon, bound.Center()[0], 0.08)
		require.NotEmpty(t, d.Reasons)
	}

	f.Site.Placed = false
	ds, notes = plume.Detections(find(t, f), plume.DetectionOptions{JobID: "job"})
	require.Empty(t, ds)
	require.Contains(t, fmt.Sprint(notes), "held off the map")
}

func TestAnAxisStartsAtTheNarrowEnd(t *testing.T) {
	long(t)
	// A plume from (600, 1000) towards the east, after Gauss: sigma grows as 0.1 x, what it carries is kept.
	f := turnOf(180, 270, 2, func(e, n, _ float64) float64 {
		x := e - 600
		if x < 0 {
			return 0.2e-3
		}
		s := 25 + 0.1*x
		return 0.2e-3 + 2e-3*625/(s*s)*math.Exp(-(n-1000)*(n-1000)/(2*s*s))
	})
	r := find(t, f)
	require.NotEmpty(t, r.Plumes)
	a := r.Plumes[0].Axis
	require.NotNil(t, a)
	require.InDelta(t, 90, a.TowardDeg, 8)
	require.InDelta(t, 600, a.E, 60)
	require.InDelta(t, 1000, a.N, 40)
}
