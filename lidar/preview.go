package lidar

import (
	"context"
	"image"
	"image/color"
	"math"

	"upwind"
	"upwind/lidar/las"
)

// Hillshade after Horn, "Hill shading and the reflectance map", 1981: light from the north-west, 45 deg up.
const (
	sunAzimuthDeg   = 315
	sunElevationDeg = 45
	ambient         = 0.25
	maxPreview      = 2048 // pixels a side
)

// Preview is a hillshade of the cloud for the map. Corners are longitude and latitude of the image's
// north-west, north-east, south-east and south-west corners. The image is nil when there is nothing to
// show; the report says why.
func Preview(ctx context.Context, r *las.Reader, locate Locate, o Options, progress func(done, total int)) (image.Image, [4][2]float64, Report, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	c, err := Grid(ctx, r, locate, o, progress)
	if err != nil {
		return nil, [4][2]float64{}, Report{}, err
	}
	if c.z == nil {
		return nil, [4][2]float64{}, c.Report, nil
	}
	step := (max(c.w, c.h) + maxPreview - 1) / maxPreview
	img, err := c.hillshade(ctx, step)
	if err != nil {
		return nil, [4][2]float64{}, c.Report, err
	}
	var corners [4][2]float64
	wide, tall := float64(img.Bounds().Dx()*step)*c.cell/c.ux, float64(img.Bounds().Dy()*step)*c.cell/c.uy
	for i, p := range [4][2]float64{{0, 0}, {1, 0}, {1, 1}, {0, 1}} {
		lon, lat := locate(c.originX+p[0]*wide, c.originY-p[1]*tall)
		if !(math.Abs(lon) <= 180 && math.Abs(lat) <= 90) {
			return nil, corners, c.Report, upwind.Refuse(r.Name(), "", "a corner of the cloud lies outside its reference system", "check --crs")
		}
		corners[i] = [2]float64{lon, lat}
	}
	progress(progressTotal, progressTotal)
	return img, corners, c.Report, nil
}

// hillshade shades the means of step x step cells; voids are transparent.
func (c *Cloud) hillshade(ctx context.Context, step int) (*image.NRGBA, error) {
	w, h := (c.w+step-1)/step, (c.h+step-1)/step
	z := make([]float64, w*h)
	n := make([]int, w*h)
	for i, v := range c.z {
		if !math.IsNaN(v) {
			k := i/c.w/step*w + i%c.w/step
			z[k] += v
			n[k]++
		}
	}
	for i := range z {
		z[i] /= float64(n[i]) // 0/0 is the NaN of a void
	}
	z = closeGaps(z, w, h)
	sinE, cosE := math.Sincos(sunElevationDeg * math.Pi / 180)
	sinA, cosA := math.Sincos(sunAzimuthDeg * math.Pi / 180)
	cell := c.cell * float64(step)
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for x := range w {
			zc := z[y*w+x]
			if math.IsNaN(zc) {
				continue
			}
			at := func(xx, yy int) float64 {
				if v := z[min(max(yy, 0), h-1)*w+min(max(xx, 0), w-1)]; v == v {
					return v
				}
				return zc
			}
			east := (at(x+1, y) - at(x-1, y)) / (2 * cell)
			north := (at(x, y-1) - at(x, y+1)) / (2 * cell)
			light := (sinE - cosE*(east*sinA+north*cosA)) / math.Sqrt(1+east*east+north*north)
			g := uint8(255 * (ambient + (1-ambient)*math.Max(0, math.Min(1, light))))
			img.SetNRGBA(x, y, color.NRGBA{g, g, g, 255})
		}
	}
	return img, nil
}

// closeGaps gives single empty pixels the mean of their neighbours, when most of those are known.
func closeGaps(z []float64, w, h int) []float64 {
	const enough = 4
	out := append([]float64(nil), z...)
	for i, v := range z {
		if !math.IsNaN(v) {
			continue
		}
		sum, n := 0.0, 0
		for y := max(i/w-1, 0); y <= min(i/w+1, h-1); y++ {
			for x := max(i%w-1, 0); x <= min(i%w+1, w-1); x++ {
				if q := z[y*w+x]; !math.IsNaN(q) {
					sum, n = sum+q, n+1
				}
			}
		}
		if n >= enough {
			out[i] = sum / float64(n)
		}
	}
	return out
}
