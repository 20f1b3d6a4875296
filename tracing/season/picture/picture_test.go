package picture

import (
	"image"
	"image/color"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/tracing/season"
)

func samplesFrom(fromDeg float64) []season.Sample {
	var out []season.Sample
	for h := range 4000 {
		from, speed, value := float64(h%36)*10, 0.5+float64(h/36%6), 20.0
		if from == fromDeg {
			value = 90
		}
		u, v := upwind.UV(speed, from)
		out = append(out, season.Sample{Unix: 3600 * float64(h), DurationS: 3600, Value: value, U: u, V: v, Wind: true})
	}
	return out
}

// north and east are where a compass has them: the peak's wedge is on its side.
func TestTheRoseIsTheRightWayRound(t *testing.T) {
	for from, side := range map[float64][2]float64{0: {0, -1}, 90: {1, 0}} {
		c, err := season.NewCPF(samplesFrom(from), season.CPFOptions{Threshold: 50})
		require.NoError(t, err)
		img := CPF(c, "pm10")
		for _, x := range []float64{leftX, rightX} {
			want := mark
			if x == rightX {
				want = shade(1)
			}
			at := img.RGBAAt(int(x+side[0]*roseR*0.6-4*side[1]), int(roseY+side[1]*roseR*0.6+4*side[0]))
			require.Equal(t, want, at, "from %g", from)
		}
		if from == 0 {
			require.Equal(t, img.Pix, CPF(c, "pm10").Pix, "the same pixels")
		}
	}
}

func TestTheMapIsTheRightWayRound(t *testing.T) {
	var paths []season.Trajectory
	var samples []season.Sample
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for k := range 40 {
		tr := season.Trajectory{Arrival: start.Add(time.Duration(k) * 24 * time.Hour)}
		side := float64(k%2)*2 - 1 // from the east when 1
		for i := range 20 {
			tr.Points = append(tr.Points, season.Point{AgeS: 300 * float64(i), Lon: 116 + side*0.02*float64(i), Lat: 36.5 + 0.01*float64(i)})
		}
		paths = append(paths, tr)
		samples = append(samples, season.Sample{Unix: float64(tr.Arrival.Unix()), Value: 50 + 40*side})
	}
	m, err := season.NewMap(season.PSCF, paths, samples, season.MapOptions{Threshold: 80, CellDeg: 0.02})
	require.NoError(t, err)
	img := Map(m, 116, 36.5, "pm10", "")
	dark := func(r image.Rectangle) (n int) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if img.RGBAAt(x, y) == shade(1) {
					n++
				}
			}
		}
		return n
	}
	mid := mapX + mapSide/2
	require.Greater(t, dark(image.Rect(mid+20, mapY, mapX+mapSide, mapH)), 100)
	require.Zero(t, dark(image.Rect(mapX, mapY, mid-20, mapH)))
}

func TestShadesGrowDarker(t *testing.T) {
	light := func(c color.RGBA) float64 { return 0.3*float64(c.R) + 0.59*float64(c.G) + 0.11*float64(c.B) }
	last := math.Inf(1)
	for x := 0.0; x <= 1; x += 0.01 {
		l := light(shade(x))
		require.Less(t, l, last)
		last = l
	}
}

func TestGlyphsAreWhole(t *testing.T) {
	for r, g := range glyphs {
		require.Len(t, g, 7*5+6, "%c", r)
	}
	img := image.NewRGBA(image.Rect(0, 0, 20, 10))
	write(img, -3, -3, 2, ink, "é漢") // unknown letters and beyond the border
}
