package raster

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/raster/region"
)

// maskClose marks, while a detector works, pixels with data that are too close to call: unlike pixels without data they may be filled as holes. In a
// mask that is handed out they are MaskAbstain.
const maskClose uint8 = 254

// maskCloud marks pixels too bright for ground: nobody knows what lies below. In a mask that is handed out they are MaskAbstain.
const maskCloud uint8 = 253

// shape is what the second moments of a region say, in pixels.
type shape struct {
	cx, cy       float64 // centre
	major, minor float64 // standard deviations along the principal axes
	angle        float64 // of the major axis, radians from +x towards +y (down)
}

// moments computes a region's shape; a pixel counts as a unit square (hence the 1/12).
func moments(r region.Region) shape {
	var n, sx, sy, sxx, syy, sxy float64
	r.Each(func(y, x0, x1 int) {
		fy := float64(y) + 0.5
		for x := x0; x < x1; x++ {
			fx := float64(x) + 0.5
			n++
			sx += fx
			sy += fy
			sxx += fx * fx
			syy += fy * fy
			sxy += fx * fy
		}
	})
	cx, cy := sx/n, sy/n
	vxx, vyy, vxy := sxx/n-cx*cx+1./12, syy/n-cy*cy+1./12, sxy/n-cx*cy
	mean, half := (vxx+vyy)/2, math.Hypot((vxx-vyy)/2, vxy)
	return shape{cx: cx, cy: cy, major: math.Sqrt(mean + half), minor: math.Sqrt(math.Max(mean-half, 1./12)), angle: 0.5 * math.Atan2(2*vxy, vxx-vyy)}
}

// perimeter is the length of a region's boundary in pixel edges.
func perimeter(p orb.Polygon) float64 {
	l := 0.0
	for _, r := range p {
		for i := 1; i < len(r); i++ {
			l += math.Abs(r[i][0]-r[i-1][0]) + math.Abs(r[i][1]-r[i-1][1])
		}
	}
	return l
}

// boundaryPixelSigma is how far, in pixels, a drawn boundary strays from the true one, and boundaryRun over
// how many pixels of boundary it strays to the same side. A boundary of n independent stretches each off by
// s pixels changes the area by s sqrt(n) stretches. The figures follow Crapper (1984), An estimate of the
// number of boundary cells in a mapped landscape, Photogrammetric Engineering and Remote Sensing 50, for a
// classifier that mixes about a pixel on either side.
const (
	boundaryPixelSigma = 0.5
	boundaryRun        = 10
)

// areaClassSigma is the relative error of an area by what the rules take and leave as a whole: on two
// hand-drawn drone pictures the area found was 5 % below and 9 % above the drawn one.
const areaClassSigma = 0.07

// areaSigma is the 1-sigma error of an area of so many pixels: of its boundary, and of the class itself.
func areaSigma(pixels, perimeterPx, pixelM2 float64) float64 {
	return math.Hypot(boundaryPixelSigma*math.Sqrt(perimeterPx*boundaryRun), areaClassSigma*pixels) * pixelM2
}

// object places a region on the ground as a detection with geometry, area and position; ok is false where
// the region has no place.
func object(s Scene, r region.Region, kind upwind.DetectionKind) (d upwind.Detection, ok bool) {
	outline := r.Outline()
	exact, _, ok := ToGround(s, outline)
	if !ok {
		return d, false
	}
	shown, sigmaM, ok := ToGround(s, region.Simplify(outline))
	if !ok {
		return d, false
	}
	area := PolygonAreaM2(exact)
	d = upwind.Detection{Kind: kind, Geometry: geojson.NewGeometry(shown), PositionSigmaM: sigmaM, ObservedAt: s.Info().Acquired}
	d.Measures = map[string]upwind.Estimate{upwind.AreaM2: upwind.NonNegative(area, areaSigma(float64(r.Pixels), perimeter(outline), area/float64(r.Pixels)))}
	return d, true
}
