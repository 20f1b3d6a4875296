package raster

import (
	"fmt"
	"math"
	"slices"

	"upwind/raster/region"
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
	region                     region.Region
	headX, headY, tailX, tailY float64 // cells
	headWidth                  float64 // cells
	sigmaDeg, probability      float64
	class                      string
	reasons                    []string
}

// plume tests a region; why is empty when it passes, else the first test it failed.
func (v *veil) plume(r region.Region, lift float64) (p plume, why string) {
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
	veiled := v.veiled(r, s, in)
	if veiled < smokeVeiledShare {
		return p, "not a veil over what lies on both sides"
	}
	width, thick, cx, cy := v.profile(r, s)
	// The head is the thicker end: where a plume thins out below the threshold its tail is narrow too.
	head, tail, step := 0, widthBins-1, 1
	near, far, widest := 0.0, 0.0, slices.Max(width[:])
	for i := range endBins {
		near += thick[i]
		far += thick[tail-i]
	}
	if far > near {
		head, tail, step, near, far = tail, head, -1, far, near
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
	p = plume{region: r, tailX: cx[tail], tailY: cy[tail], headWidth: headWidth}
	// The first bin's centre lies half a bin downwind of the end: that half is the origin's offset.
	p.headX, p.headY = cx[head]+(cx[head]-cx[head+step])/2, cy[head]+(cy[head]-cy[head+step])/2
	p.sigmaDeg = math.Max(axisMinDeg, math.Atan2(s.minor, s.major)*180/math.Pi/2)
	p.class = opacityClass(near / endBins / math.Max(lift, smokeLight1-float64(v.medianDark)))
	p.probability = math.Min(smokeMaxProbR, smokePrior+0.05*math.Min(3, ratio-smokeMinRatio)+0.1*(1-sharp/smokeMaxSharp))
	p.reasons = []string{
		fmt.Sprintf("pale veil without edges: %.0f %% of its boundary is sharp, over %.0f %% of its length it is paler and cooler than both sides", 100*sharp, 100*veiled),
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
func (v *veil) boundary(r region.Region, in *Mask, lift float64) (sharp, cut float64) {
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

// veiled is the share of the stretches of a region, cut across its major axis, where it differs from both
// sides as a veil does: the dark channel is up, saturation is down, and it is cooler. Sky beside haze, haze
// beside cloud and a cloud's lit side differ on one side only, or the other way round.
func (v *veil) veiled(r region.Region, s shape, in *Mask) float64 {
	f := in.floats()
	near, far := BoxMean(f, v.w, v.h, smokeRingNear-1), BoxMean(f, v.w, v.h, smokeRingFar)
	lo, hi := s.extent(r)
	ux, uy := math.Cos(s.angle), math.Sin(s.angle)
	var sum [3][widthBins][4]float64 // inside and the two sides: dark, sat, cool, count
	for i, d := range v.dark {
		side := 0
		x, y := float64(i%v.w)+0.5-s.cx, float64(i/v.w)+0.5-s.cy
		t := x*ux + y*uy
		switch {
		case d != d || v.sat[i] != v.sat[i] || v.cool[i] != v.cool[i] || t < lo || t > hi:
			continue
		case f[i] > 0:
		case near[i] > 0 || far[i] == 0:
			continue
		case y*ux-x*uy > 0:
			side = 1
		default:
			side = 2
		}
		b := &sum[side][min(widthBins-1, int((t-lo)/(hi-lo)*widthBins))]
		b[0] += float64(d)
		b[1] += float64(v.sat[i])
		b[2] += float64(v.cool[i])
		b[3]++
	}
	passed, judged := 0.0, 0.0
	for b := range widthBins {
		if in, one, two := mean4(sum[0][b]), mean4(sum[1][b]), mean4(sum[2][b]); in[3]*one[3]*two[3] > 0 {
			judged++
			if in[0] > max(one[0], two[0]) && in[1] < min(one[1], two[1]) && in[2] > max(one[2], two[2]) {
				passed++
			}
		}
	}
	return passed / math.Max(judged, widthBins/2)
}

func mean4(a [4]float64) [4]float64 {
	n := math.Max(1, a[3])
	return [4]float64{a[0] / n, a[1] / n, a[2] / n, a[3]}
}

// extent is how far a region reaches along its major axis from its centre, at pixel centres.
func (s shape) extent(r region.Region) (lo, hi float64) {
	ux, uy := math.Cos(s.angle), math.Sin(s.angle)
	lo, hi = math.Inf(1), math.Inf(-1)
	r.Each(func(y, x0, x1 int) {
		for _, x := range [2]int{x0, x1 - 1} {
			t := (float64(x)+0.5-s.cx)*ux + (float64(y)+0.5-s.cy)*uy
			lo, hi = math.Min(lo, t), math.Max(hi, t)
		}
	})
	return lo, hi
}

// profile cuts a region across its major axis into bins: width in cells, the veil on its ridge
// over the scene's median, and the centre of each.
func (v *veil) profile(r region.Region, s shape) (width, thick, cx, cy [widthBins]float64) {
	ux, uy := math.Cos(s.angle), math.Sin(s.angle)
	lo, hi := s.extent(r)
	each := func(fn func(x, y, t float64, i int)) {
		r.Each(func(y, x0, x1 int) {
			for x := x0; x < x1; x++ {
				fx, fy := float64(x)+0.5, float64(y)+0.5
				fn(fx, fy, (fx-s.cx)*ux+(fy-s.cy)*uy, y*v.w+x)
			}
		})
	}
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
