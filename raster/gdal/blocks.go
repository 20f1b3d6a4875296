package gdal

import (
	"fmt"
	"image"

	"github.com/airbusgeo/godal"
)

// blocks says which tiles of a file are stored: in a sparse one (GDAL's SPARSE_OK) those without pixels are not. Strips are not asked about, because
// GDAL shows one long strip as many short ones.
type blocks struct {
	w, h, across int    // pixels of one, and how many lie side by side
	stored       []bool // row by row; nil where the file does not say, and all are
	void         int    // blocks not stored
}

// blocksOf asks where each block lies in the file; a block counts as stored where it is in any band.
func blocksOf(ds *godal.Dataset, bands []godal.Band) blocks {
	s := ds.Structure()
	b := blocks{w: s.BlockSizeX, h: s.BlockSizeY}
	if b.w <= 0 || b.h <= 0 {
		return blocks{}
	}
	b.across = (s.SizeX + b.w - 1) / b.w
	down := (s.SizeY + b.h - 1) / b.h
	if ds.Metadata("INTERLEAVE", godal.Domain("IMAGE_STRUCTURE")) != "BAND" {
		bands = bands[:1]
	}
	if b.across == 1 || b.across > maxBlocks/down/len(bands) || ds.Driver().ShortName() != "GTiff" {
		return blocks{}
	}
	b.stored = make([]bool, b.across*down)
	for y := range down {
		for x := range b.across {
			key := fmt.Sprintf("BLOCK_OFFSET_%d_%d", x, y)
			for _, band := range bands {
				if band.Metadata(key, godal.Domain("TIFF")) != "" {
					b.stored[y*b.across+x] = true
					break
				}
			}
			if !b.stored[y*b.across+x] {
				b.void++
			}
		}
	}
	return b
}

// eachVoid calls fn with the parts of a window that are not stored, until it returns false.
func (b blocks) eachVoid(win image.Rectangle, fn func(image.Rectangle) bool) {
	if b.void == 0 {
		return
	}
	for y := win.Min.Y / b.h; y*b.h < win.Max.Y; y++ {
		for x := win.Min.X / b.w; x*b.w < win.Max.X; x++ {
			if !b.stored[y*b.across+x] && !fn(image.Rect(x*b.w, y*b.h, (x+1)*b.w, (y+1)*b.h).Intersect(win)) {
				return
			}
		}
	}
}

// Empty reports whether nothing of a window is stored: reading it would give no data.
func (d *Dataset) Empty(win image.Rectangle) bool {
	void := 0
	d.blocks.eachVoid(win, func(r image.Rectangle) bool {
		void += r.Dx() * r.Dy()
		return true
	})
	return void > 0 && void == win.Dx()*win.Dy()
}
