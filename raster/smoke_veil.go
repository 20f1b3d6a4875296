package raster

import (
	"context"
	"image"
	"math"
	"slices"
)

// veil is the scene in cells of size pixels.
type veil struct {
	w, h, size           int
	dark, sat, lum, cool []float32 // dark channel and luminance as a share of full scale; NaN where void
	smooth               []float32 // dark over 3 x 3 cells
	medianDark           float32
}

func veilOf(ctx context.Context, s Scene, progress func(done, total int)) (*veil, error) {
	info := s.Info()
	size := max(2, (max(info.Width, info.Height)+smokeCells-1)/smokeCells)
	v := &veil{w: (info.Width + size - 1) / size, h: (info.Height + size - 1) / size, size: size}
	full := 1.0
	if info.Radiometry == Colour {
		full = 255
	}
	n := v.w * v.h
	sums := make([][]float64, 4) // r, g, b, dark
	for i := range sums {
		sums[i] = make([]float64, n)
	}
	count := make([]float64, n)
	err := rolesOf(s, Red, Green, Blue).each(ctx, 0, progress, func(core, _ image.Rectangle, px [][]float32) error {
		if px == nil {
			return nil
		}
		for y := core.Min.Y; y < core.Max.Y; y++ {
			v.addRow(sums, count, px, (y-core.Min.Y)*core.Dx(), core.Min.X, core.Max.X, y/size*v.w)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(count, func(n float64) bool { return n > 0 }) {
		return nil, noData(info.Name)
	}
	v.finish(sums, count, full)
	return v, nil
}

// addRow adds the columns [left, right) of a row, which stand at a place in px, to the cells of the row that starts at o.
func (v *veil) addRow(sums [][]float64, count []float64, px [][]float32, at, left, right, o int) {
	w := right - left
	rs, gs, bs := px[0][at:at+w], px[1][at:at+w], px[2][at:at+w]
	for x0 := left; x0 < right; {
		cell, x1 := o+x0/v.size, min(right, (x0/v.size+1)*v.size)
		var r, g, b, dark, n float32
		for x := x0 - left; x < x1-left; x++ {
			pr, pg, pb := rs[x], gs[x], bs[x]
			if s := pr + pg + pb; s-s != 0 {
				continue
			}
			r, g, b, dark, n = r+pr, g+pg, b+pb, dark+min(pr, pg, pb), n+1
		}
		sums[0][cell] += float64(r)
		sums[1][cell] += float64(g)
		sums[2][cell] += float64(b)
		sums[3][cell] += float64(dark)
		count[cell] += float64(n)
		x0 = x1
	}
}

func (v *veil) finish(sums [][]float64, count []float64, full float64) {
	n := len(count)
	v.dark, v.sat, v.lum, v.cool = make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i, c := range count {
		if 2*c < float64(v.size*v.size) {
			v.dark[i], v.sat[i], v.lum[i], v.cool[i] = nan32, nan32, nan32, nan32
			continue
		}
		c *= full
		p := Spectrum{R: sums[0][i] / c, G: sums[1][i] / c, B: sums[2][i] / c}
		v.dark[i] = float32(sums[3][i] / c)
		v.sat[i] = float32(p.Saturation())
		v.cool[i] = float32(ratio(p.B, p.R))
		v.lum[i] = float32((p.R + p.G + p.B) / 3)
	}
	_, v.medianDark = percentiles([][]float32{v.dark}, 0, 0.5)
}

// candidates are cells that a veil may lie over: those of a thick one, and of a thin one near them. The
// second mask is the first with gaps bridged.
func (v *veil) candidates(lift float64) [2]*Mask {
	v.smooth = BoxMean(v.dark, v.w, v.h, 1)
	sat, cool := BoxMean(v.sat, v.w, v.h, 1), BoxMean(v.cool, v.w, v.h, 1)
	thick, thin := NewMask(v.w, v.h), NewMask(v.w, v.h)
	for i, d := range v.smooth {
		up := float64(d - v.medianDark)
		if up > lift && v.sat[i] < smokeMaxSat && v.cool[i] >= smokeMinCool {
			thick.Pix[i] = MaskYes
		}
		if up > smokeThinLift*lift && sat[i] < smokeThinSat && cool[i] >= smokeThinCool {
			thin.Pix[i] = MaskYes
		}
	}
	plain := v.follow(thick, thin, smokeThinReach, smokeSharpJump*lift)
	out := [2]*Mask{majority(plain, smokeMajority), majority(v.bridged(plain, lift), smokeMajority)}
	for _, m := range out {
		for _, h := range LabelMask(m, true, MaskNo) {
			if h.Pixels <= smokeMaxHole && h.X0 > 0 && h.Y0 > 0 && h.X1 < m.Width && h.Y1 < m.Height {
				m.paint(h, MaskYes)
			}
		}
	}
	return out
}

// follow spreads a thick veil by 4-neighbours into a thin one, so many steps, but not over a sharp edge:
// behind it lies a roof.
func (v *veil) follow(thick, thin *Mask, steps int, maxJump float64) *Mask {
	now := thick
	for range steps {
		next := &Mask{Width: v.w, Height: v.h, Pix: append([]uint8(nil), now.Pix...)}
		for i, c := range thin.Pix {
			x, y := i%v.w, i/v.w
			from := func(ok bool, j int) bool {
				return ok && now.Pix[j] == MaskYes && math.Abs(float64(v.smooth[i]-v.smooth[j])) < maxJump
			}
			if c == MaskYes && (from(x > 0, i-1) || from(x+1 < v.w, i+1) || from(y > 0, i-v.w) || from(y+1 < v.h, i+v.w)) {
				next.Pix[i] = MaskYes
			}
		}
		now = next
	}
	return now
}

// bridged closes gaps over cells that are pale enough, whatever their colour: a strip of bare field shows
// warm through the veil.
func (v *veil) bridged(m *Mask, lift float64) *Mask {
	joined := &Mask{Width: v.w, Height: v.h, Pix: append([]uint8(nil), m.Pix...)}
	in := BoxMean(m.floats(), v.w, v.h, smokeBridge)
	for i, f := range in {
		in[i] = 0
		if f == 0 {
			in[i] = 1
		}
	}
	for i, out := range BoxMean(in, v.w, v.h, smokeBridge) { // what no window without smoke reaches
		if out == 0 && float64(v.smooth[i]-v.medianDark) > smokeThinLift*lift && v.smoothRange(i) < smokeBridgeJump*lift {
			joined.Pix[i] = MaskYes
		}
	}
	return joined
}

// smoothRange is the range of the smoothed dark channel over the 3 x 3 cells about one; NaN beside a void.
func (v *veil) smoothRange(i int) float64 {
	x, y := i%v.w, i/v.w
	lo, hi := v.smooth[i], v.smooth[i]
	for yy := max(0, y-1); yy <= min(v.h-1, y+1); yy++ {
		for xx := max(0, x-1); xx <= min(v.w-1, x+1); xx++ {
			d := v.smooth[yy*v.w+xx]
			lo, hi = min(lo, d), max(hi, d)
		}
	}
	return float64(hi - lo)
}

// majority gives each cell the class that most cells of the (2k+1)-square about it have.
func majority(m *Mask, k int) *Mask {
	out := NewMask(m.Width, m.Height)
	for i, f := range BoxMean(m.floats(), m.Width, m.Height, k) {
		if f > 0.5 {
			out.Pix[i] = MaskYes
		}
	}
	return out
}

// floats is 1 where the mask is MaskYes.
func (m *Mask) floats() []float32 {
	f := make([]float32, len(m.Pix))
	for i, c := range m.Pix {
		if c == MaskYes {
			f[i] = 1
		}
	}
	return f
}
