package raster

import (
	"context"
	"fmt"
	"math"

	"upwind"
)

// Bare earth by colour alone: its light rises from blue over green to red, because iron oxides and humus absorb most in blue (Viscarra Rossel et
// al. 2006, Colour space models for soil science, Geoderma 133). Asphalt, concrete and most roofs are grey, plants are green, and water rises to
// green only. The thresholds were chosen on three labelled drone pictures, averaged over half a metre. Brightness keeps deep shadow out. Margins are
// how far below its threshold a value may stay before the pixel counts as not bare: between, it abstains.
const (
	colourMaxExG     = 0.05
	colourMinRI      = 0    // (R-G)/(R+G)
	colourMaxRI      = 0.15 // redder is brick, tile or laterite, which colour alone does not tell apart: abstain
	colourMinGB      = 0.03 // (G-B)/(G+B)
	colourMinBright  = 0.12 // of full scale; below, hue is noise and shade
	colourMarginExG  = 0.010
	colourMarginRI   = 0.005
	colourMarginGB   = 0.010
	colourMarginBrt  = 0.03
	colourSmoothM    = 0.5 // side of the window that is averaged before the rules look, metres
	colourSmoothHalf = 2   // half that window in pixels where the ground sample distance is unknown
	colourMaxHalf    = 12
	colourMaxNDVI    = 0.20 // where there is near infrared: bare soil lies below (Sobrino et al. 2008)
)

// colourMaxGSDM is the coarsest picture the colour rules look at: above it fields, roofs and roads mix in
// one pixel and warm grey means nothing.
const colourMaxGSDM = 10

func suitsColourSoil(i Info) error {
	switch {
	case !i.Has(Red, Green, Blue):
		return fmt.Errorf("needs red, green and blue; %s has %s", i.Name, roleList(i))
	case i.Has(NIR, SWIR1):
		return fmt.Errorf("%s has near and short-wave infrared: the spectral rules see more", i.Name)
	case i.Radiometry == DN:
		return fmt.Errorf("%s holds unscaled numbers: hue needs bands on one scale", i.Name)
	case i.GSDM > colourMaxGSDM:
		return fmt.Errorf("pixels of %.0f m are too coarse to tell soil by colour (at most %d m)", i.GSDM, colourMaxGSDM)
	}
	return nil
}

func roleList(i Info) string {
	s := ""
	for _, r := range Roles {
		if i.Has(r) {
			if s != "" {
				s += ", "
			}
			s += string(r)
		}
	}
	if s == "" {
		return "no known band"
	}
	return s
}

func detectColourSoil(ctx context.Context, s Scene, opt Options, progress func(done, total int)) (Result, error) {
	info := s.Info()
	if err := suitsColourSoil(info); err != nil {
		return Result{}, upwind.Refuse(info.Name, "", err.Error(), "")
	}
	roles := []Role{Red, Green, Blue}
	if info.Has(NIR) {
		roles = append(roles, NIR)
	}
	k := smoothHalf(info.GSDM)
	full := float32(1)
	if info.Radiometry == Colour {
		full = 255
	}
	search := newSoilSearch(s, opt, soilSkill{detector: "colour", prior: colourPrior, reason: "light rises from blue over green to red: red above green, (G-B)/(G+B) above 0.03, excess green below 0.05"})
	means := make([][]float32, len(roles))
	mean := func(px [][]float32, w, h int) {
		for b := range px {
			means[b] = resized(means[b], len(px[b]))
			px[b] = smooth(means[b], px[b], w, h, k)
		}
	}
	err := rolesOf(s, roles...).classes(ctx, k, progress, mean, func(out []uint8, px [][]float32) {
		for i := range out {
			out[i] = colourClass(px, i, full)
		}
	}, search.add)
	if err != nil {
		return Result{}, err
	}
	return search.finish(ctx)
}

// smoothHalf is half the averaging window in pixels.
func smoothHalf(gsdM float64) int {
	if gsdM <= 0 {
		return colourSmoothHalf
	}
	return min(colourMaxHalf, int(math.Round(colourSmoothM/gsdM/2)))
}

// smooth averages into a slice, but leaves pixels without data without data.
func smooth(out, v []float32, w, h, k int) []float32 {
	if k == 0 {
		return v
	}
	if !hasNaN(v) {
		boxMeanWhole(out, v, w, h, k)
		return out
	}
	out = BoxMean(v, w, h, k)
	for i := range v {
		if v[i] != v[i] {
			out[i] = nan32
		}
	}
	return out
}

// colourClass applies the rules to one pixel: yes where all hold, no where one clearly fails, too close to
// call between. The rules are ratios; each is asked as a difference, num <= limit x den, which needs no
// division. A pixel without light has no hue and is no soil.
func colourClass(px [][]float32, i int, full float32) uint8 {
	r, g, b := px[0][i], px[1][i], px[2][i]
	sum, n := r+g+b, float32(0)
	if len(px) > 3 {
		n = px[3][i]
	}
	if s := sum + n; s-s != 0 {
		return MaskAbstain
	}
	worst := atMost(-sum, 3*full, -colourMinBright, colourMarginBrt)
	if worst == never {
		return MaskNo
	}
	worst = max(worst, atMost(g-r, r+g, -colourMinRI, colourMarginRI))
	if r-g > colourMaxRI*(r+g) {
		worst = max(worst, nearly)
	}
	worst = max(worst, atMost(2*g-r-b, sum, colourMaxExG, colourMarginExG))
	worst = max(worst, atMost(b-g, g+b, -colourMinGB, colourMarginGB))
	if len(px) > 3 {
		worst = max(worst, atMost(n-r, n+r, colourMaxNDVI, spectralMargin))
	}
	return worst.class()
}

// verdict is how a rule ends for a pixel; the worst of them decides.
type verdict uint8

const (
	holds verdict = iota
	nearly
	never
)

// atMost is the rule num / den <= limit with an abstain band above it. NaN and a den that is not positive
// are never.
func atMost(num, den, limit, margin float32) verdict {
	d := limit*den - num
	if den > 0 && d >= 0 {
		return holds
	}
	if den > 0 && d > -margin*den {
		return nearly
	}
	return never
}

func (v verdict) class() uint8 {
	switch v {
	case holds:
		return MaskYes
	case nearly:
		return maskClose
	}
	return MaskNo
}

// classOf turns the smallest margin, in units of its abstain band, into a class.
func classOf(margin float64) uint8 {
	switch {
	case margin >= 0:
		return MaskYes
	case margin > -1:
		return maskClose
	default:
		return MaskNo
	}
}
