package lidar

import (
	"context"
	"math"
)

// Bare earth by colour: warm (red above green above blue) where asphalt, concrete and most roofs are grey,
// and without the green of plants. ExG < 0.05, redness > 0.02 and saturation > 0.08 separate hand-labelled
// drone pictures; averaged over half a metre and more, redness may go down to 0.01. Margins are how far
// beyond its threshold a value may lie before the cell counts as not bare: between, the rule abstains.
const (
	soilMaxExG     = 0.05
	soilMinRedness = 0.01
	soilMinSat     = 0.08
	soilMinBright  = 0.12 // of full scale; below, hue is noise and shade
	marginExG      = 0.010
	marginRedness  = 0.005
	marginSat      = 0.020
	marginBright   = 0.03
	soilMaxNDVI    = 0.20 // bare soil lies below (Sobrino, Jimenez-Munoz et al., 2008), where bands are calibrated
	marginNDVI     = 0.05
	colourHalfM    = 0.5 // colours are averaged this far, at least over 3 x 3 cells: one in seven is empty
	enoughColour   = 0.5 // share of that window that must have a colour
)

// Bare earth by shape. Random roughness of tilled soil is 6 to 35 mm, of ploughed up to 50 (Zobeck and
// Onstad, "Tillage and rainfall effects on random roughness", 1987), and points scatter by 3 to 10 cm (ASPRS
// Positional Accuracy Standards, vertical classes); crops, shrubs and crowns spread them further. Steeper
// ground than the flattest heap is left to those who look for heaps.
const (
	soilMaxRoughM   = 0.15
	marginRoughM    = 0.15
	soilMaxSlopeDeg = 22
	marginSlopeDeg  = 4
)

// soilRules are the thresholds of one cloud.
type soilRules struct {
	useNIR  bool
	maxNDVI float64
	full    float64
}

// colour applies the rules of colour to a cell's mean.
func (r soilRules) colour(t tint) uint8 {
	bright := t.brightness(r.full)
	if !(bright > soilMinBright-marginBright) {
		return classNo
	}
	worst := limit(-bright, -soilMinBright, marginBright)
	worst = max(worst, limit(t.excessGreen(), soilMaxExG, marginExG))
	worst = max(worst, limit(-t.redness(), -soilMinRedness, marginRedness))
	worst = max(worst, limit(-t.saturation(), -soilMinSat, marginSat))
	if r.useNIR {
		worst = max(worst, limit(t.ndvi(), r.maxNDVI, marginNDVI))
	}
	return worst.class()
}

// shape applies the rules of shape to the ground around a cell.
func (r soilRules) shape(l local) uint8 {
	worst := limit(l.rough, soilMaxRoughM, marginRoughM)
	return max(worst, limit(math.Atan(l.slope())*180/math.Pi, soilMaxSlopeDeg, marginSlopeDeg)).class()
}

// verdict is how a rule ends; the worst of several decides.
type verdict uint8

const (
	holds verdict = iota
	nearly
	never
)

// limit is the rule v <= most with an abstain band above it; NaN is never.
func limit(v, most, margin float64) verdict {
	switch {
	case v <= most:
		return holds
	case v < most+margin:
		return nearly
	}
	return never
}

func (v verdict) class() uint8 { return [...]uint8{classYes, classClose, classNo}[v] }

// both is the class of a cell about which two rules speak.
func both(a, b uint8) uint8 {
	switch {
	case a == classNo || b == classNo:
		return classNo
	case a == classYes && b == classYes:
		return classYes
	}
	return classClose
}

// soilMask applies the rules to every cell. rough is the spread about local planes where the colour may be
// soil's, NaN elsewhere.
func (c *Cloud) soilMask(ctx context.Context, rules soilRules) (m *mask, rough []float32, err error) {
	m = &mask{w: c.w, h: c.h, v: make([]uint8, len(c.z))}
	rough = make([]float32, len(c.z))
	half, step := c.window()
	err = strips(ctx, c.h, func(y0, y1 int) {
		c.meanColours(y0, y1, func(x, y int, t tint, ok bool) {
			i := y*c.w + x
			rough[i] = float32(math.NaN())
			switch {
			case c.flags[i]&(echoWater|echoObject) != 0: // water, a building or a plant, says the file
				m.v[i] = classNo
				return
			case !ok:
				m.v[i] = classVoid
				return
			}
			if m.v[i] = rules.colour(t); m.v[i] == classNo {
				return
			}
			l, ok := c.steady(x, y, half, step, soilMaxRoughM)
			if !ok {
				m.v[i] = classVoid
				return
			}
			rough[i] = float32(l.rough)
			m.v[i] = both(m.v[i], rules.shape(l))
		})
	})
	return m, rough, err
}

// regrow gives a mask back the rim that averaging colours took: where soil borders something greener, windows
// across the border show neither. Cells beside classYes are asked by their own colour and ground; empty ones
// follow their neighbours.
func (c *Cloud) regrow(m *mask, rules soilRules) {
	half, step := c.window()
	for range c.colourHalf() {
		var next []int
		for i, v := range m.v {
			if v == classYes || c.flags[i]&(echoWater|echoObject) != 0 || c.colour[i].n > 0 && rules.colour(c.colour[i]) != classYes {
				continue
			}
			beside := false
			m.around4(i, func(j int) { beside = beside || m.v[j] == classYes })
			if !beside {
				continue
			}
			if l, ok := c.steady(i%c.w, i/c.w, half, step, soilMaxRoughM); ok && rules.shape(l) == classYes {
				next = append(next, i)
			}
		}
		for _, i := range next {
			m.v[i] = classYes
		}
	}
}

// colourHalf is half the window over which colours are averaged, in cells.
func (c *Cloud) colourHalf() int { return max(1, int(math.Round(colourHalfM/c.cell))) }

// meanColours calls fn for the cells of rows [y0, y1) with the mean colour of the window around each; ok is
// false where too few have one. Sums slide down the columns and along the row.
func (c *Cloud) meanColours(y0, y1 int, fn func(x, y int, t tint, ok bool)) {
	half := c.colourHalf()
	type sum struct{ r, g, b, nir, n float64 }
	cols := make([]sum, c.w)
	row := func(y int, sign float64) {
		if y < 0 || y >= c.h {
			return
		}
		for x := range cols {
			if t := &c.colour[y*c.w+x]; t.n > 0 {
				s := &cols[x]
				s.r += sign * float64(t.r)
				s.g += sign * float64(t.g)
				s.b += sign * float64(t.b)
				s.nir += sign * float64(t.nir)
				s.n += sign
			}
		}
	}
	for y := y0 - half; y < y0+half; y++ {
		row(y, 1)
	}
	for y := y0; y < y1; y++ {
		row(y+half, 1)
		rows := min(y+half, c.h-1) - max(y-half, 0) + 1
		var s sum
		col := func(x int, sign float64) {
			if x >= 0 && x < c.w {
				k := &cols[x]
				s.r += sign * k.r
				s.g += sign * k.g
				s.b += sign * k.b
				s.nir += sign * k.nir
				s.n += sign * k.n
			}
		}
		for x := -half; x < half; x++ {
			col(x, 1)
		}
		for x := range c.w {
			col(x+half, 1)
			cells := rows * (min(x+half, c.w-1) - max(x-half, 0) + 1)
			k := 1 / s.n
			t := tint{r: float32(s.r * k), g: float32(s.g * k), b: float32(s.b * k), nir: float32(s.nir * k), n: uint32(s.n)}
			fn(x, y, t, s.n >= enoughColour*float64(cells))
			col(x-half, -1)
		}
		row(y-half, -1)
	}
}
