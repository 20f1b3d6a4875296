package sequence

import (
	"image"
	"slices"

	"upwind/raster"
)

// Pictures are looked at reduced, so that the longer side has at most workSide pixels: structure of a few pixels is what JPEG leaves intact.
const (
	workSide = 720
	fineHalf = 8   // half the window whose mean is taken off, reduced pixels
	cell     = 16  // side of a cell
	winHalf  = 16  // half the window about a cell's centre
	glare    = 250 // of 255: nothing can be told from brighter pixels
)

// frame is a picture reduced to what is compared.
type frame struct {
	w, h, factor int
	light        []float32 // mean of red, green and blue, 0..255
	fine         []float32 // light less its local mean
}

func newFrame(img image.Image) *frame {
	b := img.Bounds()
	f := &frame{factor: (max(b.Dx(), b.Dy()) + workSide - 1) / workSide}
	f.w, f.h = b.Dx()/f.factor, b.Dy()/f.factor
	f.light = make([]float32, f.w*f.h)
	share := 1 / float32(3*257*f.factor*f.factor)
	for y := range f.h {
		for x := range f.w {
			sum := uint32(0)
			for v := range f.factor {
				for u := range f.factor {
					r, g, b, _ := img.At(b.Min.X+x*f.factor+u, b.Min.Y+y*f.factor+v).RGBA()
					sum += r + g + b
				}
			}
			f.light[y*f.w+x] = float32(sum) * share
		}
	}
	f.takeMean()
	return f
}

func (f *frame) takeMean() {
	f.fine = raster.BoxMean(f.light, f.w, f.h, fineHalf)
	for i, m := range f.fine {
		f.fine[i] = f.light[i] - m
	}
}

// median is the frame of the medians of frames.
func median(frames []*frame) *frame {
	first := frames[0]
	if len(frames) == 1 {
		return first
	}
	out := &frame{w: first.w, h: first.h, factor: first.factor, light: make([]float32, len(first.light))}
	v := make([]float32, len(frames))
	for i := range out.light {
		for k, f := range frames {
			v[k] = f.light[i]
		}
		slices.Sort(v)
		out.light[i] = (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	}
	out.takeMean()
	return out
}

// shake is how far a camera on a mast sways, reduced pixels.
const shake = 3

// shift finds by how many pixels a frame is displaced against a background.
func (f *frame) shift(back *frame) (dx, dy int) {
	best := float64(-1)
	for v := -shake; v <= shake; v++ {
		for u := -shake; u <= shake; u++ {
			sum := 0.0
			for y := shake; y < f.h-shake; y += 2 {
				for x := shake; x < f.w-shake; x += 2 {
					a, b := clip(back.fine[y*f.w+x]), clip(f.fine[(y+v)*f.w+x+u])
					sum += float64(a * b)
				}
			}
			if sum > best {
				best, dx, dy = sum, u, v
			}
		}
	}
	return dx, dy
}

// clip keeps single strong edges from deciding alone.
func clip(v float32) float32 { return max(-20, min(20, v)) }

// moved is the frame displaced back; what comes in from outside repeats the edge.
func (f *frame) moved(dx, dy int) *frame {
	if dx == 0 && dy == 0 {
		return f
	}
	out := &frame{w: f.w, h: f.h, factor: f.factor, light: make([]float32, len(f.light))}
	for y := range f.h {
		for x := range f.w {
			sx, sy := max(0, min(f.w-1, x+dx)), max(0, min(f.h-1, y+dy))
			out.light[y*f.w+x] = f.light[sy*f.w+sx]
		}
	}
	out.takeMean()
	return out
}

// without is the frame with the background, in the frame's light, in place of what hides it.
func (f *frame) without(hidden []bool, back *frame, l light, across int) *frame {
	out := &frame{w: f.w, h: f.h, factor: f.factor, light: slices.Clone(f.light)}
	any := false
	for k, h := range hidden {
		if !h {
			continue
		}
		any = true
		x0, y0 := k%across*cell, k/across*cell
		for y := y0; y < y0+cell; y++ {
			for x := x0; x < x0+cell; x++ {
				i := y*f.w + x
				out.light[i] = back.light[i] - back.fine[i] + float32(l.step) + float32(l.gain)*back.fine[i]
			}
		}
	}
	if !any {
		return f
	}
	out.takeMean()
	return out
}
