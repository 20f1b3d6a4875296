package gdal

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/airbusgeo/godal"

	"upwind"
	"upwind/raster"
)

// WGS84 is the CRS of all places that leave this program.
const WGS84 = "EPSG:4326"

// Transform turns coordinates of one CRS into another's, easting or longitude first.
type Transform struct {
	t   *godal.Transform
	x   [1]float64
	y   [1]float64
	ok  [1]bool
	src string
}

// NewTransform makes a transform between two CRS, each "EPSG:n" or WKT.
func NewTransform(src, dst string) (*Transform, error) {
	if err := Register(); err != nil {
		return nil, err
	}
	a, err := spatialRef(src)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	b, err := spatialRef(dst)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	var f faults
	t, err := godal.NewTransform(a, b, godal.ErrLogger(f.handle))
	if err != nil {
		return nil, fmt.Errorf("gdal: no transform from %.40q to %.40q: %w", src, dst, err)
	}
	return &Transform{t: t, src: src}, nil
}

func spatialRef(crs string) (*godal.SpatialRef, error) {
	var f faults
	if code, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(crs)), "EPSG:"); ok {
		n, err := strconv.Atoi(code)
		if err != nil {
			return nil, upwind.Refuse(crs, "", "this is no EPSG code", "write EPSG: and a number, such as EPSG:4326")
		}
		sr, err := godal.NewSpatialRefFromEPSG(n, godal.ErrLogger(f.handle))
		if err != nil {
			return nil, &upwind.Refusal{File: crs, What: "no coordinate system has this code", Do: "look it up in the EPSG register", Err: err}
		}
		return sr, nil
	}
	sr, err := godal.NewSpatialRefFromWKT(crs, godal.ErrLogger(f.handle))
	if err != nil {
		return nil, &upwind.Refusal{File: fmt.Sprintf("%.40q", crs), What: "this is no coordinate system", Do: "write EPSG: and a number", Err: err}
	}
	return sr, nil
}

// Apply transforms one point; ok is false where the projection has no answer.
func (t *Transform) Apply(x, y float64) (x2, y2 float64, ok bool) {
	t.x[0], t.y[0] = x, y
	err := t.t.TransformEx(t.x[:], t.y[:], nil, t.ok[:])
	x2, y2 = t.x[0], t.y[0]
	return x2, y2, err == nil && t.ok[0] && !math.IsInf(x2+y2, 0) && !math.IsNaN(x2+y2)
}

// ApplyAll transforms points in place and returns how many have no answer; these become NaN.
func (t *Transform) ApplyAll(x, y []float64) (failed int) {
	if len(x) == 0 {
		return 0
	}
	ok := make([]bool, len(x))
	_ = t.t.TransformEx(x, y, nil, ok) // the flags tell each point's fate
	for i := range x {
		if !ok[i] || math.IsInf(x[i]+y[i], 0) {
			x[i], y[i] = math.NaN(), math.NaN()
			failed++
		}
	}
	return failed
}

// Close releases the transform.
func (t *Transform) Close() { t.t.Close() }

// Georef places the pixels of a map on the ground: an affine transform, then a CRS.
type Georef struct {
	gt, inv  [6]float64
	fwd, bwd *Transform
	sigmaM   float64
}

var _ raster.Grid = (*Georef)(nil)

// Position error of a map whose maker states none: hovering accuracy of a drone without RTK is 1.5 m
// horizontally (DJI Phantom 4 specifications), in two axes 2 m; a satellite's grid is good to about half a
// pixel (Sentinel-2 data quality reports).
const (
	orthoSigmaM     = 2.0
	orthoSigmaPixel = 0.5
)

// Georef returns the file's place on the ground; crs, when not empty, overrides the CRS in the file.
func (d *Dataset) Georef(crs string) (*Georef, error) {
	if crs == "" {
		crs = d.info.CRS
	}
	if d.info.GeoTransform == nil || crs == "" {
		return nil, upwind.Refuse(d.info.Name, "", "it does not say where on the ground it lies", "give --crs EPSG:n where only the coordinate system is missing, or a footprint")
	}
	return NewGeoref(*d.info.GeoTransform, crs)
}

// NewGeoref is the place of a grid with GDAL's six coefficients on a CRS.
func NewGeoref(gt [6]float64, crs string) (*Georef, error) {
	if !usable(gt) {
		return nil, fmt.Errorf("gdal: geotransform %v places nothing", gt)
	}
	fwd, err := NewTransform(crs, WGS84)
	if err != nil {
		return nil, err
	}
	bwd, err := NewTransform(WGS84, crs)
	if err != nil {
		fwd.Close()
		return nil, err
	}
	g := &Georef{gt: gt, fwd: fwd, bwd: bwd, sigmaM: orthoSigmaM}
	det := gt[1]*gt[5] - gt[2]*gt[4]
	g.inv = [6]float64{0, gt[5] / det, -gt[2] / det, 0, -gt[4] / det, gt[1] / det}
	if gx, gy, ok := raster.PixelSizeM(g, 0, 0); ok {
		g.sigmaM = math.Hypot(orthoSigmaM, orthoSigmaPixel*math.Max(gx, gy))
	}
	return g, nil
}

// Locate places a pixel.
func (g *Georef) Locate(x, y float64) (lon, lat, sigmaM float64, ok bool) {
	lon, lat, ok = g.fwd.Apply(g.gt[0]+x*g.gt[1]+y*g.gt[2], g.gt[3]+x*g.gt[4]+y*g.gt[5])
	if !ok || math.Abs(lon) > 180 || math.Abs(lat) > 90 {
		return 0, 0, 0, false
	}
	return lon, lat, g.sigmaM, true
}

// Pixel is the inverse of Locate.
func (g *Georef) Pixel(lon, lat float64) (x, y float64, ok bool) {
	e, n, ok := g.bwd.Apply(lon, lat)
	if !ok {
		return 0, 0, false
	}
	e, n = e-g.gt[0], n-g.gt[3]
	return g.inv[1]*e + g.inv[2]*n, g.inv[4]*e + g.inv[5]*n, true
}

// Close releases the projections.
func (g *Georef) Close() {
	g.fwd.Close()
	g.bwd.Close()
}
