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

// widthBins cut a plume across its axis; endBins of them are its head, and as many its tail.
const (
	widthBins = 10
	endBins   = 3
)

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
	if r.Pixels < max(smokeMinCells, int(smokeMinShare*float64(v.w*v.h))) {
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
	in := NewMask(v.w, v.h)
	in.paint(r, MaskYes)
	sharp, cut := v.boundary(r, in, lift)
	if cut > smokeMaxCut {
		return p, "cut by the picture's edge"
	}
	if sharp > smokeMaxSharp {
		return p, "has edges"
	}
	if !v.standsOut(in) {
		return p, "its surroundings are as pale or as plain"
	}
	width, thick, cx, cy := v.profile(r, s)
	// The head is the thicker end: where a plume thins out below the threshold its tail is narrow too.
	head, tail, step := 0, widthBins-1, 1
	near, far, widest := 0.0, 0.0, 0.0
	for i := range endBins {
		near += thick[i]
		far += thick[tail-i]
	}
	if far > near {
		head, tail, step, near, far = tail, head, -1, far, near
	}
	for _, w := range width {
		widest = math.Max(widest, w)
	}
	headWidth := (width[head] + width[head+step]) / 2
	if headWidth > smokeMaxHead*widest {
		return p, "no narrow head"
	}
	if near < smokeMinFade*far {
		return p, "not thickest at its head"
	}
	if v.touchesBorder(cx[head], cy[head]) {
		return p, "its head lies outside the picture"
	}
	p = plume{tailX: cx[tail], tailY: cy[tail], headWidth: headWidth}
	// The first bin's centre lies half a bin downwind of the end: that half is the origin's offset.
	p.headX, p.headY = cx[head]+(cx[head]-cx[head+step])/2, cy[head]+(cy[head]-cy[head+step])/2
	p.sigmaDeg = math.Max(axisMinDeg, math.Atan2(s.minor, s.major)*180/math.Pi/2)
	opacity := near / endBins / math.Max(lift, smokeLight1-float64(v.medianDark))
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

// boundary returns the share of a region's boundary where the dark channel or the luminance jumps within one
// cell, and the share that lies on the picture's edge or beside cells without data.
func (v *veil) boundary(r Region, in *Mask, lift float64) (sharp, cut float64) {
	amplitude := math.Max(lift, v.meanLift(in, MaskYes))
	all := 0.0
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			for _, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
				xo, yo := x+d[0], y+d[1]
				if xo < 0 || yo < 0 || xo >= v.w || yo >= v.h {
					all++
					cut++
					continue
				}
				i, o := y*v.w+x, yo*v.w+xo
				if in.Pix[o] == MaskYes {
					continue
				}
				all++
				jump := math.Max(math.Abs(float64(v.dark[i]-v.dark[o])), math.Abs(float64(v.lum[i]-v.lum[o])))
				switch {
				case jump != jump:
					cut++
				case jump >= smokeSharpJump*amplitude:
					sharp++
				}
			}
		}
	})
	return sharp / math.Max(1, all), cut / math.Max(1, all)
}

// meanLift is the mean of the dark channel over the scene's median in the cells of a class.
func (v *veil) meanLift(m *Mask, class uint8) float64 {
	sum, n := 0.0, 0.0
	for i, c := range m.Pix {
		if d := float64(v.dark[i] - v.medianDark); c == class && d == d {
			sum, n = sum+d, n+1
		}
	}
	return sum / math.Max(1, n)
}

// standsOut compares a region with the ring of cells around it: a plume is paler than the ground it drifts
// over and hides its grain; sky, haze and a pale field are like their surroundings or as plain.
func (v *veil) standsOut(in *Mask) bool {
	f := make([]float32, len(in.Pix))
	for i, c := range in.Pix {
		f[i] = float32(c)
	}
	near := BoxMean(f, v.w, v.h, smokeRingNear-1)
	far := BoxMean(f, v.w, v.h, smokeRingFar)
	ring := NewMask(v.w, v.h)
	var grainIn, grainOut, nIn, nOut float64
	for i := range f {
		g := float64(v.grain[i])
		switch {
		case g != g:
		case f[i] > 0:
			grainIn, nIn = grainIn+g, nIn+1
		case far[i] > 0 && near[i] == 0:
			ring.Pix[i] = MaskYes
			grainOut, nOut = grainOut+g, nOut+1
		}
	}
	if nIn == 0 || nOut == 0 {
		return false
	}
	return v.meanLift(ring, MaskYes) < smokeRingLift*v.meanLift(in, MaskYes) && grainOut/nOut > smokeRingGrain*grainIn/nIn
}

// profile cuts a region across its major axis into bins: width in cells, the veil on its ridge
// over the scene's median, and the centre of each.
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
		if d := float64(v.smooth[i] - v.medianDark); d > thick[b] {
			thick[b] = d
		}
	})
	for b := range n {
		width[b] = n[b] / step
		if n[b] == 0 { // a bent region may leave a bin empty: the axis stands in
			t := lo + (float64(b)+0.5)*step
			cx[b], cy[b] = s.cx+t*ux, s.cy+t*uy
			continue
		}
		cx[b], cy[b] = cx[b]/n[b], cy[b]/n[b]
	}
	return width, thick, cx, cy
}

// borderCells is how near the picture's edge an origin may not lie: it may be outside.
const borderCells = 2

func (v *veil) touchesBorder(x, y float64) bool {
	return x < borderCells || y < borderCells || x > float64(v.w-borderCells) || y > float64(v.h-borderCells)
}
