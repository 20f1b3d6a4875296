package raster_test

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/raster"
)

// failing is a source that breaks at a row, and counts reads under way.
type failing struct {
	raster.MemorySource
	row    int
	cancel func()
}

var errBroken = errors.New("broken")

func (f *failing) Read(ctx context.Context, win image.Rectangle, bands []int, dst [][]float32) error {
	if win.Max.Y > f.row {
		if f.cancel == nil {
			return errBroken
		}
		f.cancel()
	}
	return f.MemorySource.Read(ctx, win, bands, dst)
}

func TestReadingAheadGivesFaultsAndStops(t *testing.T) {
	const w, h = 16384, 256 // four strips
	for _, row := range []int{0, 64, 200} {
		src := &failing{MemorySource: *memory("uint8", w, h, "red"), row: row}
		s, err := raster.NewScene(src, raster.SceneOptions{})
		require.NoError(t, err)
		_, err = raster.Preview(context.Background(), s, 100)
		require.ErrorIs(t, err, errBroken)
		ctx, cancel := context.WithCancel(context.Background())
		src.cancel = cancel
		_, err = raster.Preview(ctx, s, 100)
		require.ErrorIs(t, err, context.Canceled)
	}
}

func TestPreviewAveragesWholePixels(t *testing.T) {
	src := memory("uint8", 300, 200, "red", "green", "blue")
	for i := range 300 * 200 {
		v := float32(i%300) / 2
		src.Pix[0][i], src.Pix[1][i], src.Pix[2][i] = v, v, v
	}
	s, err := raster.NewScene(src, raster.SceneOptions{})
	require.NoError(t, err)
	a, err := raster.Preview(context.Background(), s, 100)
	require.NoError(t, err)
	b, err := raster.Preview(context.Background(), s, 100)
	require.NoError(t, err)
	require.Equal(t, a, b, "the same input gives the same bytes")
	require.Equal(t, [2]int{100, 67}, [2]int{a.Width, a.Height})
}

func TestBoxMeanWithAndWithoutGaps(t *testing.T) {
	const w, h = 23, 17
	whole := make([]float32, w*h)
	for i := range whole {
		whole[i] = float32((i*7919)%101) / 10
	}
	for _, k := range []int{0, 1, 3, 9, 30} {
		got := raster.BoxMean(whole, w, h, k)
		gap := append([]float32(nil), whole...)
		for y := range h {
			for x := range w {
				sum, n := 0.0, 0.0
				for yy := max(0, y-k); yy <= min(h-1, y+k); yy++ {
					for xx := max(0, x-k); xx <= min(w-1, x+k); xx++ {
						sum, n = sum+float64(gap[yy*w+xx]), n+1
					}
				}
				require.InDelta(t, sum/n, got[y*w+x], 1e-5)
			}
		}
	}
}

// TestNarrowWindowsSeeWhatWholeRowsSee lays parcels and a village across the edges of the windows in which a wide tiled file is read.
func TestNarrowWindowsSeeWhatWholeRowsSee(t *testing.T) {
	const w, h = 8300, 600
	src := memory("float32", w, h, kinds5...)
	put(src, 0, 0, w, h, grass)
	rng := rand.New(rand.NewPCG(4, 4))
	put(src, 2000, 100, 2100, 300, soil)
	village(src, 4050, 220, 4150, 300, rng)
	put(src, 4096, 400, 4200, 520, soil)
	put(src, 6139, 500, 6144, 600, soil)
	put(src, 6144, 505, 6149, 600, soil)
	put(src, 8290, 0, 8300, 40, soil)
	for i := range src.Pix[0] {
		g := float32(1 + 0.012*rng.NormFloat64())
		for b := range src.Pix {
			src.Pix[b][i] *= g
		}
	}
	look := func(blockWidth int) (raster.Result, *raster.Mask) {
		src.SourceInfo.BlockWidth = blockWidth
		s, err := raster.NewScene(src, raster.SceneOptions{Locator: ground})
		require.NoError(t, err)
		d, _ := raster.Find("bare-soil-spectral")
		mask := newMask(s)
		r, err := d.Detect(context.Background(), s, raster.Options{Mask: mask}, nil)
		require.NoError(t, err)
		return r, mask
	}
	narrow, mask := look(256)
	whole, wholeMask := look(w)
	require.Equal(t, whole, narrow)
	require.Equal(t, wholeMask, mask)
	require.Len(t, narrow.Detections, 4, "%v", narrow.Notes)
}
