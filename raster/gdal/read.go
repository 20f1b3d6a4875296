package gdal

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/airbusgeo/godal"

	"upwind"
)

// chunkValues bounds the buffer between GDAL and the caller's slices, and how long a read runs before it
// looks at its context.
const chunkValues = 4 << 20

// Read fills dst[i] with the window's pixels of bands[i] (1-based) as float32, row by row, with NaN for the
// band's nodata value, where the alpha band or the file's validity mask is 0, and where a sparse file stores nothing. Stored numbers are given
// as they are: scale and offset of a band are the caller's to apply. A fault names file and window; it is a
// Refusal, because the bytes will not change.
func (d *Dataset) Read(ctx context.Context, window image.Rectangle, bands []int, dst [][]float32) error {
	if d.ds == nil {
		return fmt.Errorf("gdal: %s is closed", d.info.Name)
	}
	if window.Empty() || !window.In(image.Rect(0, 0, d.info.Width, d.info.Height)) {
		return fmt.Errorf("gdal: %s: window %v is not inside %d x %d", d.info.Name, window, d.info.Width, d.info.Height)
	}
	if len(bands) == 0 || len(bands) != len(dst) {
		return fmt.Errorf("gdal: %s: %d bands into %d slices", d.info.Name, len(bands), len(dst))
	}
	n := window.Dx() * window.Dy()
	for i, b := range bands {
		if b < 1 || b > len(d.bands) {
			return fmt.Errorf("gdal: %s has no band %d", d.info.Name, b)
		}
		if dst[i] == nil {
			dst[i] = make([]float32, n)
		}
		if len(dst[i]) != n {
			return fmt.Errorf("gdal: %s: %d values for a window of %d pixels", d.info.Name, len(dst[i]), n)
		}
	}
	zero := make([]int, 0, len(bands)+1)
	for _, b := range bands {
		zero = append(zero, b-1)
	}
	withAlpha := d.alpha > 0 && !isOnly(bands, d.alpha)
	if withAlpha {
		zero = append(zero, d.alpha-1)
	}
	rows := max(1, chunkValues/(window.Dx()*len(zero)))
	need := min(rows, window.Dy()) * window.Dx() * len(zero)
	if cap(d.buf) < need {
		d.buf = make([]float32, need)
	}
	buf := d.buf[:need]
	for y := window.Min.Y; y < window.Max.Y; y += rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := image.Rect(window.Min.X, y, window.Max.X, min(y+rows, window.Max.Y))
		if err := d.readPart(part, bands, zero, withAlpha, buf, dst, (y-window.Min.Y)*window.Dx()); err != nil {
			return err
		}
	}
	return nil
}

func isOnly(bands []int, b int) bool { return len(bands) == 1 && bands[0] == b }

func (d *Dataset) readPart(part image.Rectangle, bands, zero []int, withAlpha bool, buf []float32, dst [][]float32, at int) error {
	w, h := part.Dx(), part.Dy()
	n := w * h
	buf = buf[:n*len(zero)]
	err := d.ds.Read(part.Min.X, part.Min.Y, buf, w, h, godal.Bands(zero...), godal.BandInterleaved(), godal.ErrLogger(d.faults.handle))
	if err != nil {
		return d.readFault(part, err)
	}
	for i, b := range bands {
		out := dst[i][at : at+n]
		copy(out, buf[i*n:(i+1)*n])
		if nd := d.info.Bands[b-1].NoData; nd != nil && !math.IsNaN(*nd) {
			void(out, float32(*nd))
		}
	}
	if withAlpha {
		for j, a := range buf[len(bands)*n:] {
			if a == 0 {
				voidAt(dst, bands, d.alpha, at+j)
			}
		}
	}
	d.blocks.eachVoid(part, func(r image.Rectangle) bool {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				voidAt(dst, bands, 0, at+(y-part.Min.Y)*w+x-part.Min.X)
			}
		}
		return true
	})
	if !d.masked {
		return nil
	}
	mask := make([]uint8, n)
	if err := d.bands[0].MaskBand().Read(part.Min.X, part.Min.Y, mask, w, h, godal.ErrLogger(d.faults.handle)); err != nil {
		return d.readFault(part, err)
	}
	for j, m := range mask {
		if m == 0 {
			voidAt(dst, bands, 0, at+j)
		}
	}
	return nil
}

var nan = float32(math.NaN())

func void(v []float32, nodata float32) {
	for i := range v {
		if v[i] == nodata {
			v[i] = nan
		}
	}
}

// voidAt blanks one pixel of all bands but the one asked to stay (the alpha band itself).
func voidAt(dst [][]float32, bands []int, stay, at int) {
	for i := range dst {
		if bands[i] != stay {
			dst[i][at] = nan
		}
	}
}

func (d *Dataset) readFault(part image.Rectangle, err error) error {
	return &upwind.Refusal{
		File:  d.info.Name,
		Where: fmt.Sprintf("columns %d-%d, rows %d-%d", part.Min.X, part.Max.X-1, part.Min.Y, part.Max.Y-1),
		What:  "the pixels cannot be read", Do: "the file is cut short or damaged; hand it in again", Err: err,
	}
}
