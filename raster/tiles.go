package raster

import (
	"context"
	"image"
)

// stripValues bounds what one strip of one band holds, so that six bands with their work stay below 100 MB
// at any size of scene.
const stripValues = 1 << 20

// strips cuts a scene into full-width strips of a fixed height that is a multiple of 64 rows, so that block
// rows of tiled files are decoded once, and calls fn with each and the strip grown by halo rows.
// The cut depends on the size of the scene only: the same input gives the same bytes.
func strips(ctx context.Context, s Scene, halo int, progress func(done, total int), fn func(core, grown image.Rectangle) error) error {
	b := s.Info().Bounds()
	rows := max(64, stripValues/b.Dx()/64*64)
	for y := 0; y < b.Dy(); y += rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		core := image.Rect(0, y, b.Dx(), min(y+rows, b.Dy()))
		grown := image.Rect(0, y-halo, b.Dx(), core.Max.Y+halo).Intersect(b)
		if err := fn(core, grown); err != nil {
			return err
		}
		if progress != nil {
			progress(core.Max.Y, b.Dy())
		}
	}
	return nil
}

// BoxMean is the mean over a (2k+1)-square window by running sums, counting only finite values; cells of a
// window without any are NaN.
func BoxMean(v []float32, w, h, k int) []float32 {
	sum, cnt := make([]float64, w), make([]float64, w)
	out := make([]float32, len(v))
	add := func(y int, sign float64) {
		for x, f := range v[y*w : (y+1)*w] {
			if f == f {
				sum[x] += sign * float64(f)
				cnt[x] += sign
			}
		}
	}
	for y := 0; y < min(k, h); y++ {
		add(y, 1)
	}
	for y := range h {
		if y+k < h {
			add(y+k, 1)
		}
		if y-k-1 >= 0 {
			add(y-k-1, -1)
		}
		s, n := 0.0, 0.0
		for x := 0; x < min(k, w); x++ {
			s, n = s+sum[x], n+cnt[x]
		}
		for x := range w {
			if x+k < w {
				s, n = s+sum[x+k], n+cnt[x+k]
			}
			if x-k-1 >= 0 {
				s, n = s-sum[x-k-1], n-cnt[x-k-1]
			}
			if n > 0.5 {
				out[y*w+x] = float32(s / n)
			} else {
				out[y*w+x] = nan32
			}
		}
	}
	return out
}
