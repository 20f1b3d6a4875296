package sequence

import (
	"math"
	"slices"
)

// What a window is called. Correlations of a static window stay above 0.8 in still air, of unrelated structure below 0.2 (32 x 32 pixels hold some
// 15 independent values after JPEG and the local mean); the thresholds lie between.
const (
	staticCorr   = 0.6
	changedCorr  = 0.35
	structureSig = 3.0  // structure, in standard deviations of the quietest windows
	structureMin = 3.0  // and at least, of 255
	veilKept     = 0.65 // share of the structure of clear windows that a veil leaves, at most
	veilBrighter = 4.0  // and how much brighter it is than clear windows became, of 255
	veilSigma    = 3.0  // both beyond so many standard deviations of clear windows: while the sun rises they change much, and nothing thin is told
	glareShare   = 0.05 // of a window
)

type state uint8

const (
	quiet state = iota
	static
	changed
	veiled
	dazzled // too bright to tell
)

// window is what a cell's window says.
type window struct {
	state      state
	kept       float64 // structure of the background that is left, over what clear windows keep
	corr, b, f float64 // correlation, and structure of background and frame
	slope      float64
	mb, mf     float64 // means
}

// compare looks at every cell of a frame against the background.
func compare(f, back *frame) (cells []window, across, down int, l light) {
	across, down = f.w/cell, f.h/cell
	cells = make([]window, across*down)
	for j := range down {
		for i := range across {
			cells[j*across+i] = look(f, back, i*cell+cell/2, j*cell+cell/2)
		}
	}
	floor := structureSig * quietest(cells)
	l = lightOf(cells, floor)
	for k := range cells {
		cells[k].judge(floor, l)
	}
	return cells, across, down, l
}

// look measures the window about a place.
func look(f, back *frame, cx, cy int) window {
	var sbb, sff, sbf, mb, mf, bright, n float64
	for y := max(0, cy-winHalf); y < min(f.h, cy+winHalf); y++ {
		for x := max(0, cx-winHalf); x < min(f.w, cx+winHalf); x++ {
			i := y*f.w + x
			b, v := float64(back.fine[i]), float64(f.fine[i])
			sbb, sff, sbf = sbb+b*b, sff+v*v, sbf+b*v
			mb, mf, n = mb+float64(back.light[i]), mf+float64(f.light[i]), n+1
			if f.light[i] >= glare || back.light[i] >= glare {
				bright++
			}
		}
	}
	w := window{b: math.Sqrt(sbb / n), f: math.Sqrt(sff / n), mb: mb / n, mf: mf / n}
	if sbb > 0 && sff > 0 {
		w.corr, w.slope = sbf/math.Sqrt(sbb*sff), sbf/sbb
	}
	if bright > glareShare*n {
		w.state = dazzled
	}
	return w
}

// quietest is the structure of the quietest windows, which is the noise of the pictures.
func quietest(cells []window) float64 {
	var all []float64
	for _, c := range cells {
		if c.state != dazzled {
			all = append(all, math.Min(c.b, c.f))
		}
	}
	if len(all) == 0 {
		return structureMin
	}
	slices.Sort(all)
	return math.Max(structureMin/structureSig, all[len(all)/20])
}

// light is how clear windows changed from the background to a frame.
type light struct {
	gain, gainSigma float64 // factor of their structure; standard deviation of its logarithm
	step, stepSigma float64 // of their mean
}

// lightOf is the light of the windows that correlate: medians, and spreads by the median deviation.
func lightOf(cells []window, floor float64) light {
	var slopes, steps []float64
	for _, c := range cells {
		if c.state != dazzled && c.b > floor && c.corr > staticCorr {
			slopes, steps = append(slopes, math.Log(c.slope)), append(steps, c.mf-c.mb)
		}
	}
	if len(slopes) == 0 {
		return light{gain: 1, gainSigma: math.Inf(1), stepSigma: math.Inf(1)}
	}
	g, gs := spread(slopes)
	s, ss := spread(steps)
	return light{math.Exp(g), gs, s, ss}
}

// judge names the state of a window.
func (w *window) judge(floor float64, l light) {
	if w.state == dazzled {
		return
	}
	w.kept = w.slope / l.gain
	brighter := w.mf - w.mb - l.step
	structured, was := w.f > floor, w.b > floor
	switch {
	case !structured && !was:
		w.state = quiet
	case was && w.kept < math.Min(veilKept, math.Exp(-veilSigma*l.gainSigma)) && brighter > math.Max(veilBrighter, veilSigma*l.stepSigma):
		w.state = veiled
	case structured && w.corr < changedCorr:
		w.state = changed
	default:
		w.state = static
	}
}
