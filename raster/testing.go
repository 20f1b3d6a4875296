package raster

import (
	"context"
	"fmt"
	"image"
	"math"
)

// MemorySource is a Source held in memory, for tests.
type MemorySource struct {
	SourceInfo SourceInfo
	Pix        [][]float32 // a slice a band, row by row
}

// Info describes the source.
func (m *MemorySource) Info() SourceInfo { return m.SourceInfo }

// Read copies a window.
func (m *MemorySource) Read(ctx context.Context, win image.Rectangle, bands []int, dst [][]float32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !win.In(image.Rect(0, 0, m.SourceInfo.Width, m.SourceInfo.Height)) {
		return fmt.Errorf("raster: window %v is outside", win)
	}
	for i, b := range bands {
		if dst[i] == nil {
			dst[i] = make([]float32, win.Dx()*win.Dy())
		}
		for y := win.Min.Y; y < win.Max.Y; y++ {
			at := y * m.SourceInfo.Width
			copy(dst[i][(y-win.Min.Y)*win.Dx():], m.Pix[b-1][at+win.Min.X:at+win.Max.X])
		}
	}
	return nil
}

// FlatGrid is a north-up map of square pixels about a place, for tests: a local plane on the ellipsoid.
type FlatGrid struct {
	Lon, Lat    float64 // of pixel (0, 0)
	GSDM, Sigma float64 // metres
}

// Locate places a pixel.
func (f FlatGrid) Locate(x, y float64) (lon, lat, sigmaM float64, ok bool) {
	kx, ky := metresPerDegree(f.Lat)
	return f.Lon + x*f.GSDM/kx, f.Lat - y*f.GSDM/ky, f.Sigma, !math.IsNaN(x + y)
}

// Pixel is the inverse of Locate.
func (f FlatGrid) Pixel(lon, lat float64) (x, y float64, ok bool) {
	kx, ky := metresPerDegree(f.Lat)
	return (lon - f.Lon) * kx / f.GSDM, (f.Lat - lat) * ky / f.GSDM, true
}
