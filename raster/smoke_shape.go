package raster

import (
	"fmt"
	"math"
)

// Optical thickness classes by mean opacity 1 - t: the thirds of Ringelmann-type opacity scales.
const (
	smokeLight  = 0.33
	smokeMedium = 0.66
	smokeLight1 = 0.95 // brightness of an opaque plume as a share of full scale, where A is not seen
)

// axisMinDeg is the least error of a plume's axis: a plume meanders even in steady wind.
const axisMinDeg = 5.0

// widthBins cut a plume across its axis.
const widthBins = 10

// plume is the shape of a region of cells.
type plume struct {
	headX, headY, tailX, tailY float64 // cells
	headWidth                  float64 // cells
	sigmaDeg, probability      float64
	class                      string
	reasons                    []string
}

// plume tests a region; why is empty when it passes, else the first test it failed.
func (v *veil) plume(r Region, lift float64) (p plume, why string) {
	if r.Pixels < smokeMinCells {
		return p, "small"
	}
	if float64(r.Pixels) > smokeMaxShare*float64(v.w*v.h) {
		return p, "covers the scene"
	}
	s := moments(r)
	ratio := s.major / s.minor
	if ratio < smokeMinRatio {
		return p, "not elongated"
	}
	sharp := v.sharpShare(r, lift)
	if sharp > smokeMaxSharp {
		return p, "has edges"
	}
	width, thick, cx, cy := v.profile(r, s)
	head, tail := 0, widthBins-1
	if width[0]+width[1] > width[tail]+width[tail-1] {
		head, tail = tail, head
	}
	widest := 0.0
	for _, w := range width {
		widest = math.Max(widest, w)
	}
	step := 1
	if head > tail {
		step = -1
	}
	headWidth := (width[head] + width[head+step]) / 2
	near, far := 0.0, 0.0
	for i := range widthBins / 2 {
		near += thick[head+step*i]
		far += thick[tail-step*i]
	}
	if headWidth > smokeMaxHead*widest {
		return p, "no narrow head"
	}
	if near < smokeMinFade*far {
		return p, "not thickest at its head"
	}
	if v.touchesBorder(cx[head], cy[head]) {
		return p, "its head lies outside the picture"
	}
	p = plume{headX: cx[head], headY: cy[head], tailX: cx[tail], tailY: cy[tail], headWidth: headWidth}
	p.sigmaDeg = math.Max(axisMinDeg, math.Atan2(s.minor, s.major)*180/math.Pi/2)
	opacity := near / (widthBins / 2) / math.Max(lift, smokeLight1-float64(v.medianDark))
	p.class = opacityClass(opacity)
	p.probability = math.Min(smokeMaxProbR, smokePrior+0.05*math.Min(3, ratio-smokeMinRatio)+0.1*(1-sharp/smokeMaxSharp))
	p.reasons = []string{
		fmt.Sprintf("pale veil without edges: %.0f %% of its boundary is sharp", 100*sharp),
		fmt.Sprintf("%.1f times as long as wide, head %.0f %% of its greatest width and %.2f times as thick as its tail", ratio, 100*headWidth/widest, near/math.Max(far, 1e-9)),
	}
	return p, ""
}

func opacityClass(opacity float64) string {
	switch {
	case opacity < smokeLight:
		return "light"
	case opacity < smokeMedium:
		return "medium"
	}
	return "heavy"
}

// sharpShare is the share of the boundary where the dark channel or the luminance jumps within one cell.
func (v *veil) sharpShare(r Region, lift float64) float64 {
	in := NewMask(v.w, v.h)
	in.paint(r, MaskYes)
	sum, n := 0.0, 0.0
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			if d := float64(v.dark[y*v.w+x] - v.medianDark); d == d {
				sum, n = sum+d, n+1
			}
		}
	})
	amplitude := math.Max(lift, sum/math.Max(1, n))
	sharp, all := 0, 0
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			for _, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
				xo, yo := x+d[0], y+d[1]
				if xo < 0 || yo < 0 || xo >= v.w || yo >= v.h || in.Pix[yo*v.w+xo] == MaskYes {
					continue
				}
				i, o := y*v.w+x, yo*v.w+xo
				all++
				if jump := math.Max(math.Abs(float64(v.dark[i]-v.dark[o])), math.Abs(float64(v.lum[i]-v.lum[o]))); !(jump < smokeSharpJump*amplitude) {
					sharp++
				}
			}
		}
	})
	return float64(sharp) / math.Max(1, float64(all))
}

// profile cuts a region across its major axis into bins: width in cells, mean veil over the scene's median,
// and the centre of each.
func (v *veil) profile(r Region, s shape) (width, thick, cx, cy [widthBins]float64) {
	ux, uy := math.Cos(s.angle), math.Sin(s.angle)
	lo, hi := math.Inf(1), math.Inf(-1)
	each := func(fn func(x, y, t float64, i int)) {
		r.Each(func(y, x0, x1 int) {
			for x := x0; x < x1; x++ {
				fx, fy := float64(x)+0.5, float64(y)+0.5
				fn(fx, fy, (fx-s.cx)*ux+(fy-s.cy)*uy, y*v.w+x)
			}
		})
	}
	each(func(_, _, t float64, _ int) { lo, hi = math.Min(lo, t), math.Max(hi, t) })
	step := (hi - lo) / widthBins
	var n [widthBins]float64
	each(func(x, y, t float64, i int) {
		b := min(widthBins-1, int((t-lo)/step))
		n[b]++
		cx[b] += x
		cy[b] += y
		if d := float64(v.dark[i] - v.medianDark); d == d {
			thick[b] += d
		}
	})
	for b := range n {
		width[b] = n[b] / step
		if n[b] == 0 { // a bent region may leave a bin empty: the axis stands in
			t := lo + (float64(b)+0.5)*step
			cx[b], cy[b] = s.cx+t*ux, s.cy+t*uy
			continue
		}
		cx[b], cy[b], thick[b] = cx[b]/n[b], cy[b]/n[b], thick[b]/n[b]
	}
	return width, thick, cx, cy
}

// borderCells is how near the picture's edge an origin may not lie: it may be outside.
const borderCells = 2

func (v *veil) touchesBorder(x, y float64) bool {
	return x < borderCells || y < borderCells || x > float64(v.w-borderCells) || y > float64(v.h-borderCells)
}
