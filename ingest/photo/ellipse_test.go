package photo

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// hills are slopes of up to one in five, lifted by what a surface model may be wrong.
type hills struct{ lon, lat, lift float64 }

func (h hills) Height(lon, lat float64) (float64, bool) {
	x, y := (lon-h.lon)*111320*math.Cos(h.lat*deg), (lat-h.lat)*110950
	return 40 + 8*math.Sin(2*math.Pi*x/300) + 4*math.Sin(2*math.Pi*(x+2*y)/220) + h.lift, true
}

// TestEllipseHoldsWhatItSays draws 500 pictures whose metadata are off by what is stated of them, looks at a pixel of each with the true
// camera on the true hills, and asks whether the published ellipse of 95 % holds the place.
func TestEllipseHoldsWhatItSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(500, 95))
	const poses = 500
	held, looked := 0, 0
	shallow := [2]int{}
	for looked < poses {
		p := synthetic(360*rng.Float64(), -30-60*rng.Float64(), 3*rng.NormFloat64())
		p.Position.RTKFixed = looked%2 == 0
		agl := 50 + 100*rng.Float64()
		*p.Position.AbsoluteM = 40 + agl
		c, err := p.Camera(Options{DSM: hills{p.Position.Lon, p.Position.Lat, 0}})
		require.NoError(t, err)
		px, py := c.width*rng.Float64(), c.height*rng.Float64()
		lon, lat, cov, ok := c.Point(px, py)
		if !ok {
			continue
		}
		s, truth := c.sigma, c
		for _, q := range s.parameters()[1:] { // heights follow
			q.move(&truth, q.sigma*rng.NormFloat64())
		}
		truth.dsm = hills{p.Position.Lon, p.Position.Lat, s.ground * rng.NormFloat64()}
		north, east := s.north*rng.NormFloat64(), s.east*rng.NormFloat64()
		truth.at = tangent(p.Position.Lon+east/(111320*math.Cos(p.Position.Lat*deg)), p.Position.Lat+north/110950, c.hgt+s.up*rng.NormFloat64())
		tlon, tlat, _, ok := truth.Point(px, py)
		if !ok {
			continue
		}
		looked++
		in := cov.Distance((tlon-lon)*111320*math.Cos(lat*deg), (tlat-lat)*110950) <= 2.448
		if in {
			held++
		}
		if d, _ := c.ray(px, py); math.Asin(-d[2]) < 30*deg {
			shallow[1]++
			if in {
				shallow[0]++
			}
		}
	}
	t.Logf("the 95 %% ellipse holds %.1f %% of %d simulated pictures; %d of %d that look less than 30 degrees down", 100*float64(held)/poses, poses, shallow[0], shallow[1])
	require.InDelta(t, 0.95, float64(held)/poses, 0.03)
}
