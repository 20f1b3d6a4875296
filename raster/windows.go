package raster

import (
	"context"
	"image"
	"slices"
)

// stripValues bounds what one window of one band holds, so that six bands with their work stay below 100 MB
// at any size of scene.
const stripValues = 1 << 19

// Tiles of 256 or 512 pixels, the usual ones, are decoded once by windows of this shape.
const (
	wideCols = 2048
	wideRows = stripValues / wideCols
	// Rows of taller tiles do not fit into GDAL's cache.
	tallTile = 512
	// So many classes of pixels are held, a byte each, until their rows are whole.
	maxRowsOfClasses = 32 << 20
)

// pixels is what is read window by window: the roles of a scene, or the bands of a picture as they are.
type pixels struct {
	bounds image.Rectangle
	planes int
	block  image.Point // columns and rows stored together; 0 when unknown
	read   func(ctx context.Context, win image.Rectangle, dst [][]float32) error
	empty  func(win image.Rectangle) bool // nothing is stored there
}

// rolesOf are the pixels of roles of a scene.
func rolesOf(s Scene, roles ...Role) pixels {
	p := pixels{bounds: s.Info().Bounds(), planes: len(roles), empty: func(image.Rectangle) bool { return false }}
	if sc, ok := s.(*scene); ok {
		p.block, p.empty = blockOf(sc.src.Info()), emptyIn(sc.src)
		p.read = func(ctx context.Context, win image.Rectangle, dst [][]float32) error {
			return sc.readInto(ctx, win, dst, roles)
		}
		return p
	}
	p.read = func(ctx context.Context, win image.Rectangle, dst [][]float32) error {
		px, err := s.Read(ctx, win, roles...)
		copy(dst, px)
		return err
	}
	return p
}

// bandsOf are the pixels of all bands of a picture.
func bandsOf(src Source) pixels {
	si := src.Info()
	bands := make([]int, len(si.Bands))
	for i := range bands {
		bands[i] = i + 1
	}
	return pixels{bounds: image.Rect(0, 0, si.Width, si.Height), planes: len(bands), block: blockOf(si), empty: emptyIn(src),
		read: func(ctx context.Context, win image.Rectangle, dst [][]float32) error {
			return src.Read(ctx, win, bands, dst)
		}}
}

func blockOf(si SourceInfo) image.Point { return image.Pt(si.BlockWidth, si.BlockHeight) }

func emptyIn(src Source) func(image.Rectangle) bool {
	if s, ok := src.(Sparse); ok {
		return s.Empty
	}
	return func(image.Rectangle) bool { return false }
}

// window is the shape in which pixels are looked at: whole rows, a multiple of 64 of them so that block rows of tiled files are decoded once.
// Where 64 whole rows are too many values, or tiles are large, as those of JPEG 2000, it is narrower than the picture.
func (p pixels) window() (cols, rows int) {
	w := p.bounds.Dx()
	switch {
	case p.large():
		return max(64, stripValues/p.block.Y), p.block.Y
	case w <= stripValues/64:
		return w, stripValues / w / 64 * 64
	case p.block.X >= w:
		return w, max(16, stripValues/w/16*16)
	}
	return wideCols, wideRows
}

// large reports whether windows are as high as the file's tiles, which are expensive: a halo would have their neighbours decoded again.
func (p pixels) large() bool {
	w := p.bounds.Dx()
	return p.block.X < w && p.block.Y > tallTile && p.block.Y <= stripValues/64 && p.block.Y*w <= maxRowsOfClasses
}

// windows cuts pixels into windows, row by row of windows, and calls fn with each and the window grown by halo pixels. The cut depends on the
// size and the layout of the file only: the same input gives the same bytes.
func (p pixels) windows(ctx context.Context, halo int, fn func(core, grown image.Rectangle) error) error {
	cols, rows := p.window()
	b := p.bounds
	for y := 0; y < b.Dy(); y += rows {
		for x := 0; x < b.Dx(); x += cols {
			if err := ctx.Err(); err != nil {
				return err
			}
			core := image.Rect(x, y, x+cols, y+rows).Intersect(b)
			if err := fn(core, core.Inset(-halo).Intersect(b)); err != nil {
				return err
			}
		}
	}
	return nil
}

// readWindow is a window that was read.
type readWindow struct {
	core, grown image.Rectangle
	px          [][]float32
	err         error
}

// each calls fn with every window and the pixels of the grown window, nil where nothing is stored. The next one is read while fn works on one, so
// that decoding and computing share two cores. fn must neither read nor keep px, which is used again: a job's memory is bounded, and garbage of
// the size of a scene would count.
func (p pixels) each(ctx context.Context, halo int, progress func(done, total int), fn func(core, grown image.Rectangle, px [][]float32) error) error {
	ctx, cancel := context.WithCancel(ctx)
	read, free := make(chan readWindow), make(chan [][]float32, 2)
	free <- make([][]float32, p.planes)
	free <- make([][]float32, p.planes)
	defer func() {
		cancel()
		for range read { // the reader has left the picture when it closes the channel
			continue
		}
	}()
	go func() {
		defer close(read)
		err := p.windows(ctx, halo, func(core, grown image.Rectangle) error {
			var px [][]float32
			if !p.empty(grown) {
				px = <-free
				for i := range px {
					px[i] = resized(px[i], grown.Dx()*grown.Dy())
				}
				if err := p.read(ctx, grown, px); err != nil {
					return err
				}
			}
			select {
			case read <- readWindow{core: core, grown: grown, px: px}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			select {
			case read <- readWindow{err: err}:
			case <-ctx.Done():
			}
		}
	}()
	for w := range read {
		if w.err != nil {
			return w.err
		}
		if err := fn(w.core, w.grown, slices.Clone(w.px)); err != nil {
			return err
		}
		if w.px != nil {
			free <- w.px
		}
		if progress != nil && w.core.Max.X == p.bounds.Max.X {
			progress(w.core.Max.Y, p.bounds.Dy())
		}
	}
	return ctx.Err()
}

// classes gives whole rows of classes to add. smooth, unless nil, changes the pixels of a grown window first; of writes the classes of a stretch of
// a row. What is not stored abstains.
func (p pixels) classes(ctx context.Context, halo int, progress func(done, total int), smooth func(px [][]float32, w, h int), of func(out []uint8, px [][]float32), add func(rows []uint8) error) error {
	width := p.bounds.Dx()
	var rows []uint8
	stretch := make([][]float32, p.planes)
	return p.each(ctx, halo, progress, func(core, grown image.Rectangle, px [][]float32) error {
		rows = slices.Grow(rows[:0], width*core.Dy())[:width*core.Dy()] // what other windows of these rows wrote stays
		if px != nil && smooth != nil {
			smooth(px, grown.Dx(), grown.Dy())
		}
		for y := core.Min.Y; y < core.Max.Y; y++ {
			out := rows[(y-core.Min.Y)*width+core.Min.X:][:core.Dx()]
			if px == nil {
				for i := range out {
					out[i] = MaskAbstain
				}
				continue
			}
			at := (y-grown.Min.Y)*grown.Dx() + core.Min.X - grown.Min.X
			for b := range px {
				stretch[b] = px[b][at : at+len(out)]
			}
			of(out, stretch)
		}
		if core.Max.X < width {
			return nil
		}
		return add(rows)
	})
}

// resized is a slice of n values, v itself where it is large enough. Its values are not those of v.
func resized(v []float32, n int) []float32 {
	if cap(v) < n {
		return make([]float32, n)
	}
	return v[:n]
}
