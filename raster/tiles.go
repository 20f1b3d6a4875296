package raster

import (
	"context"
	"image"
)

// stripValues bounds what one strip of one band holds, so that six bands with their work stay below 100 MB
// at any size of scene.
const stripValues = 1 << 19

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

// strip is a read piece of a scene.
type strip struct {
	core, grown image.Rectangle
	px          [][]float32
	err         error
}

// intoReader is a Scene that can read into slices that are there already.
type intoReader interface {
	readInto(ctx context.Context, window image.Rectangle, dst [][]float32, roles []Role) error
}

// readStrips is strips with the pixels of the grown strip: the next strip is read while fn works on one, so
// that decoding and computing share two cores. fn must neither use the scene nor keep px, which is used
// again: a job's memory is bounded, and garbage of the size of a scene would count.
func readStrips(ctx context.Context, s Scene, halo int, progress func(done, total int), fn func(core, grown image.Rectangle, px [][]float32) error, roles ...Role) error {
	ctx, cancel := context.WithCancel(ctx)
	read, free := make(chan strip), make(chan [][]float32, 2)
	free <- make([][]float32, len(roles))
	free <- make([][]float32, len(roles))
	defer func() {
		cancel()
		for range read { // the reader has left the scene when it closes the channel
			continue
		}
	}()
	go func() {
		defer close(read)
		err := strips(ctx, s, halo, nil, func(core, grown image.Rectangle) error {
			px, err := readAgain(ctx, s, grown, <-free, roles)
			if err != nil {
				return err
			}
			select {
			case read <- strip{core: core, grown: grown, px: px}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		if err != nil {
			select {
			case read <- strip{err: err}:
			case <-ctx.Done():
			}
		}
	}()
	for st := range read {
		if st.err != nil {
			return st.err
		}
		if err := fn(st.core, st.grown, append([][]float32(nil), st.px...)); err != nil {
			return err
		}
		free <- st.px
		if progress != nil {
			progress(st.core.Max.Y, s.Info().Height)
		}
	}
	return ctx.Err()
}

// readAgain reads a window into slices used before, where the scene can.
func readAgain(ctx context.Context, s Scene, win image.Rectangle, dst [][]float32, roles []Role) ([][]float32, error) {
	r, ok := s.(intoReader)
	if !ok {
		return s.Read(ctx, win, roles...)
	}
	for i := range dst {
		dst[i] = resized(dst[i], win.Dx()*win.Dy())
	}
	return dst, r.readInto(ctx, win, dst, roles)
}

// resized is a slice of n values, v itself where it is large enough. Its values are not those of v.
func resized(v []float32, n int) []float32 {
	if cap(v) < n {
		return make([]float32, n)
	}
	return v[:n]
}

// BoxMean is the mean over a (2k+1)-square window by running sums, counting only finite values; cells of a
// window without any are NaN.
func BoxMean(v []float32, w, h, k int) []float32 {
	if !hasNaN(v) {
		out := make([]float32, len(v))
		boxMeanWhole(out, v, w, h, k)
		return out
	}
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

func hasNaN(v []float32) bool {
	for _, f := range v {
		if f != f {
			return true
		}
	}
	return false
}

// boxMeanWhole is BoxMean into a slice where every value counts: the counts follow from the place.
func boxMeanWhole(out, v []float32, w, h, k int) {
	sum := make([]float64, w)
	add := func(y int, sign float64) {
		for x, f := range v[y*w : (y+1)*w] {
			sum[x] += sign * float64(f)
		}
	}
	for y := 0; y < min(k, h); y++ {
		add(y, 1)
	}
	for y := range h {
		switch in, gone := y+k < h, y-k-1 >= 0; {
		case in && gone:
			old := v[(y-k-1)*w : (y-k)*w]
			for x, f := range v[(y+k)*w : (y+k+1)*w] {
				sum[x] += float64(f) - float64(old[x])
			}
		case in:
			add(y+k, 1)
		case gone:
			add(y-k-1, -1)
		}
		rows := float64(min(h-1, y+k) - max(0, y-k) + 1)
		boxRow(out[y*w:(y+1)*w], sum, k, rows)
	}
}

// boxRow averages the column sums of so many rows over 2k+1 columns.
func boxRow(out []float32, sum []float64, k int, rows float64) {
	w, s := len(out), 0.0
	for x := 0; x < min(k, w); x++ {
		s += sum[x]
	}
	share := 1 / (rows * float64(2*k+1))
	for x := range out {
		if x+k < w {
			s += sum[x+k]
		}
		if x-k-1 >= 0 {
			s -= sum[x-k-1]
		}
		if x >= k && x+k < w {
			out[x] = float32(s * share)
		} else {
			out[x] = float32(s / (rows * float64(min(w-1, x+k)-max(0, x-k)+1)))
		}
	}
}
