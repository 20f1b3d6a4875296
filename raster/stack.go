package raster

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"upwind"
)

// Layer is a band of a Stack.
type Layer struct {
	Source        Source
	Band          int // 1-based
	Role          Role
	Scale, Offset float64   // reflectance = Scale x number + Offset; Scale 0: unscaled
	NoData        []float64 // numbers without meaning
}

// Screen tells which pixels show no ground, by the numbers of bands of a mask.
type Screen struct {
	Source Source
	Bands  []int // 1-based
	Bad    []func(v uint32) bool
}

// Stack is a Source of bands from several files on the grid of the finest. Coarser bands must share its upper left corner, with pixels a whole
// number of times as large; they are interpolated linearly between pixel centres, the screen is not.
type Stack struct {
	info   SourceInfo
	layers []Layer
	times  []int // pixel size of each layer, in pixels of the grid
	screen *Screen
	coarse int // pixel size of the screen
}

var _ Source = (*Stack)(nil)

// NewStack lays layers over each other; screen may be nil. Files that do not fit are refused by name.
func NewStack(name string, layers []Layer, screen *Screen) (*Stack, error) {
	fine := layers[0].Source.Info()
	for _, l := range layers[1:] {
		if si := l.Source.Info(); si.Width > fine.Width {
			fine = si
		}
	}
	s := &Stack{info: fine, layers: layers, screen: screen}
	s.info.Name, s.info.Bands, s.info.Metadata = name, nil, nil
	for _, l := range layers {
		k, err := timesOf(l.Source.Info(), fine)
		if err != nil {
			return nil, err
		}
		b := Band{Type: l.Source.Info().Bands[l.Band-1].Type, Description: string(l.Role), Scale: 1}
		if l.Scale != 0 {
			b.Scale, b.Offset = l.Scale, l.Offset
		}
		s.times, s.info.Bands = append(s.times, k), append(s.info.Bands, b)
	}
	if screen != nil {
		var err error
		if s.coarse, err = timesOf(screen.Source.Info(), fine); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// maxTimes bounds how many times coarser one band may be than another: Sentinel-2 has 6.
const maxTimes = 64

// timesOf is how many pixels of a grid a file's pixels are wide.
func timesOf(si, fine SourceInfo) (int, error) {
	misfit := func(what string) error {
		return upwind.Refuse(si.Name, "", fmt.Sprintf("%s %s", what, fine.Name), "hand in files of one product")
	}
	if si.GeoTransform == nil || fine.GeoTransform == nil {
		if si.Width != fine.Width || si.Height != fine.Height || (si.GeoTransform == nil) != (fine.GeoTransform == nil) {
			return 0, misfit("it has other pixels than")
		}
		return 1, nil
	}
	a, b := si.GeoTransform, fine.GeoTransform
	k := int(math.Round(a[1] / b[1]))
	switch {
	case si.CRS != fine.CRS && (si.EPSG == 0 || si.EPSG != fine.EPSG):
		return 0, misfit("it lies in another coordinate system than")
	case a[2] != 0 || a[4] != 0 || b[2] != 0 || b[4] != 0:
		return 0, misfit("one is rotated:")
	case k < 1 || k > maxTimes || math.Abs(a[1]-float64(k)*b[1]) > 1e-3*math.Abs(b[1]) || math.Abs(a[5]-float64(k)*b[5]) > 1e-3*math.Abs(b[5]):
		return 0, misfit("its pixels are no whole multiple of those of")
	case math.Abs(a[0]-b[0]) > 0.01*math.Abs(b[1]) || math.Abs(a[3]-b[3]) > 0.01*math.Abs(b[5]):
		return 0, misfit("its upper left corner is not that of")
	case si.Width*k < fine.Width || si.Height*k < fine.Height:
		return 0, misfit("it does not reach over all of")
	}
	return k, nil
}

// Info describes the stack: the grid of the finest file, a band a layer, named after its role.
func (s *Stack) Info() SourceInfo { return s.info }

// Read is [Source.Read].
func (s *Stack) Read(ctx context.Context, win image.Rectangle, bands []int, dst [][]float32) error {
	for i, b := range bands {
		if dst[i] == nil {
			dst[i] = make([]float32, win.Dx()*win.Dy())
		}
		if err := s.readLayer(ctx, win, b-1, dst[i]); err != nil {
			return err
		}
	}
	if s.screen == nil {
		return nil
	}
	part := coarser(win, s.coarse, s.screen.Source.Info())
	w := part.Dx()
	px := make([][]float32, len(s.screen.Bands))
	if err := s.screen.Source.Read(ctx, part, s.screen.Bands, px); err != nil {
		return err
	}
	for y := win.Min.Y; y < win.Max.Y; y++ {
		for x := win.Min.X; x < win.Max.X; x++ {
			i := (y/s.coarse-part.Min.Y)*w + x/s.coarse - part.Min.X
			for k, bad := range s.screen.Bad {
				if v := px[k][i]; v != v || bad(uint32(v)) {
					for _, d := range dst {
						d[(y-win.Min.Y)*win.Dx()+x-win.Min.X] = nan32
					}
					break
				}
			}
		}
	}
	return nil
}

// coarser is the window of a file of coarser pixels that holds a window and the pixels about it.
func coarser(win image.Rectangle, k int, si SourceInfo) image.Rectangle {
	if k == 1 {
		return win
	}
	r := image.Rect(win.Min.X/k-1, win.Min.Y/k-1, (win.Max.X-1)/k+2, (win.Max.Y-1)/k+2)
	return r.Intersect(image.Rect(0, 0, si.Width, si.Height))
}

// readLayer reads a layer on the grid, NaN where its numbers mean nothing.
func (s *Stack) readLayer(ctx context.Context, win image.Rectangle, n int, out []float32) error {
	l, k := s.layers[n], s.times[n]
	part := coarser(win, k, l.Source.Info())
	px := [][]float32{out}
	if k > 1 {
		px[0] = make([]float32, part.Dx()*part.Dy())
	}
	if err := l.Source.Read(ctx, part, []int{l.Band}, px); err != nil {
		return err
	}
	for i, v := range px[0] {
		if slices.Contains(l.NoData, float64(v)) {
			px[0][i] = nan32
		}
	}
	if k > 1 {
		interpolate(out, win, px[0], part, k)
	}
	return nil
}

// interpolate is linear between the centres of coarse pixels; beside one without data the nearest counts.
func interpolate(out []float32, win image.Rectangle, px []float32, part image.Rectangle, k int) {
	at := func(x, y int) float32 {
		x, y = max(part.Min.X, min(part.Max.X-1, x)), max(part.Min.Y, min(part.Max.Y-1, y))
		return px[(y-part.Min.Y)*part.Dx()+x-part.Min.X]
	}
	for y := win.Min.Y; y < win.Max.Y; y++ {
		v := (float64(y)+0.5)/float64(k) - 0.5
		y0 := int(math.Floor(v))
		fv := float32(v - float64(y0))
		for x := win.Min.X; x < win.Max.X; x++ {
			u := (float64(x)+0.5)/float64(k) - 0.5
			x0 := int(math.Floor(u))
			fu := float32(u - float64(x0))
			m := (1-fv)*((1-fu)*at(x0, y0)+fu*at(x0+1, y0)) + fv*((1-fu)*at(x0, y0+1)+fu*at(x0+1, y0+1))
			if m != m {
				m = at(x/k, y/k)
			}
			out[(y-win.Min.Y)*win.Dx()+x-win.Min.X] = m
		}
	}
}
