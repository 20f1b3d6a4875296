package raster

import (
	"context"
	"fmt"
	"image"
	"math"

	"upwind"
)

// Bare soil by its spectrum: dry ground rises from blue to short-wave infrared, plants fall from near
// infrared and water is dark there. Reflectance thresholds: NDVI of bare soil below 0.2 (Sobrino et al.
// 2008, IEEE TGRS 46), MNDWI of water above 0 (Xu 2006), BSI above 0 by its definition (Rikimaru et al.
// 2002), raised to keep senescent grass out; blue above 0.25 or a high HOT is cloud (Zhang et al. 2002).
const (
	soilMinBSI     = 0.05
	soilMaxNDVI    = 0.25
	soilMaxMNDWI   = 0.0
	soilMaxBlue    = 0.25
	soilMinSWIR1   = 0.10 // darker is water, shade or burnt ground
	spectralMargin = 0.05 // abstain band of an index
	soilBandMargin = 0.02 // abstain band of a reflectance
)

// Unscaled numbers carry the gain of each band and the haze of the air, so no index of them has a fixed
// threshold. The haze is taken off band by band (dark object subtraction, Chavez 1988, Remote Sensing of
// Environment 24), and red is compared with near and short-wave infrared relative to the scene's own median,
// which cancels the gains: bare ground must have lost near infrared and gained red against it by these
// ratios. In a scene that is mostly bare this finds nothing, and it says so.
const (
	dnDarkShare   = 0.001 // darkest share of the pixels taken as black
	dnMinRedRise  = 1.6   // (red / near infrared) over the scene's vegetated median
	dnMinSWIRRise = 1.3   // (short-wave / near infrared) over the same
	dnMinNIRShare = 0.35  // near infrared of the median; below is water
	dnMargin      = 0.2
)

func suitsSpectralSoil(i Info) error {
	if !i.Has(Blue, Green, Red, NIR, SWIR1) {
		return fmt.Errorf("needs blue, green, red, nir and swir1; %s has %s", i.Name, roleList(i))
	}
	return nil
}

func detectSpectralSoil(ctx context.Context, s Scene, opt Options, progress func(done, total int)) (Result, error) {
	info := s.Info()
	if err := suitsSpectralSoil(info); err != nil {
		return Result{}, upwind.Refuse(info.Name, "", err.Error(), howToGiveBands)
	}
	classify := reflectanceClass
	skill := soilSkill{detector: "spectral", prior: spectralPrior, reason: "spectrum of bare ground: BSI above 0.05, NDVI below 0.25, MNDWI below 0",
		bright: func(b, g, r float32) float32 { return b + g + r }}
	var notes []string
	if info.Radiometry != Reflectance {
		ref, err := dnReferenceOf(ctx, s)
		if err != nil {
			return Result{}, err
		}
		classify = ref.class
		skill.prior = dnPrior
		skill.bright = nil
		skill.reason = "against the rest of the scene, red and short-wave infrared are up and near infrared is down"
		notes = append(notes, "the numbers are unscaled DN: only ratios of bands against the scene's own median were used, physical thresholds were not, and settlement was not told from soil by its texture")
	}
	search := newSoilSearch(s, opt, skill)
	err := rolesOf(s, Blue, Green, Red, NIR, SWIR1).classes(ctx, 0, progress, nil, func(out []uint8, px [][]float32) {
		for i := range out {
			b, g, r, n, s1 := px[0][i], px[1][i], px[2][i], px[3][i], px[4][i]
			if s := b + g + r + n + s1; s-s != 0 {
				out[i] = MaskAbstain
				continue
			}
			out[i] = classify(b, g, r, n, s1)
		}
	}, search.add)
	if err != nil {
		return Result{}, err
	}
	res, err := search.finish(ctx)
	res.Notes = append(notes, res.Notes...)
	return res, err
}

// reflectanceClass asks each index as a difference, as colourClass does.
func reflectanceClass(b, g, r, n, s1 float32) uint8 {
	if b > soilMaxBlue+soilBandMargin {
		return maskCloud
	}
	worst := atMost(n-r, n+r, soilMaxNDVI, spectralMargin)
	if worst == never {
		return MaskNo
	}
	worst = max(worst, atMost((n+b)-(s1+r), s1+r+n+b, -soilMinBSI, spectralMargin))
	worst = max(worst, atMost(g-s1, g+s1, soilMaxMNDWI, spectralMargin))
	worst = max(worst, atMost(b, 1, soilMaxBlue, soilBandMargin))
	worst = max(worst, atMost(-s1, 1, -soilMinSWIR1, soilBandMargin))
	return worst.class()
}

// dnReference is what a scene of unscaled numbers is compared with.
type dnReference struct {
	dark     [5]float64 // blue, green, red, nir, swir1
	nir      float64    // median of near infrared above dark, of land
	red, swr float64    // median of red/nir and swir1/nir
}

// dnReferenceOf samples the scene on a fixed lattice of at most about 10^5 pixels a strip.
func dnReferenceOf(ctx context.Context, s Scene) (dnReference, error) {
	info := s.Info()
	step := max(1, int(math.Sqrt(float64(info.Width)*float64(info.Height)/1e5)))
	samples := make([][]float32, 5)
	err := rolesOf(s, Blue, Green, Red, NIR, SWIR1).each(ctx, 0, nil, func(core, _ image.Rectangle, px [][]float32) error {
		if px == nil {
			return nil
		}
		for y := (core.Min.Y + step - 1) / step * step; y < core.Max.Y; y += step {
			for x := (core.Min.X + step - 1) / step * step; x < core.Max.X; x += step {
				if i := (y-core.Min.Y)*core.Dx() + x - core.Min.X; finite(px, i) {
					for b := range samples {
						samples[b] = append(samples[b], px[b][i])
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return dnReference{}, err
	}
	if len(samples[0]) == 0 {
		return dnReference{}, upwind.Refuse(info.Name, "", "it holds no data", "")
	}
	var r dnReference
	for b := range samples {
		lo, _ := percentiles(samples[b:b+1], dnDarkShare, 1)
		r.dark[b] = float64(lo)
	}
	_, top := percentiles(samples[3:4], 0, 0.5)
	r.nir = float64(top) - r.dark[3]
	var reds, swirs []float32
	for i, n := range samples[3] {
		if nir := float64(n) - r.dark[3]; nir > dnMinNIRShare*r.nir && nir > 0 {
			reds = append(reds, float32((float64(samples[2][i])-r.dark[2])/nir))
			swirs = append(swirs, float32((float64(samples[4][i])-r.dark[4])/nir))
		}
	}
	_, red := percentiles([][]float32{reds}, 0, 0.5)
	_, swr := percentiles([][]float32{swirs}, 0, 0.5)
	r.red, r.swr = float64(red), float64(swr)
	return r, nil
}

func (r dnReference) class(_, _, red, nir, swir float32) uint8 {
	n := float64(nir) - r.dark[3]
	if n <= 0 || r.nir <= 0 || r.red <= 0 || r.swr <= 0 {
		return MaskNo
	}
	margin := (n/r.nir - dnMinNIRShare) / dnMargin * 2
	margin = math.Min(margin, ((float64(red)-r.dark[2])/n/r.red-dnMinRedRise)/dnMargin)
	margin = math.Min(margin, ((float64(swir)-r.dark[4])/n/r.swr-dnMinSWIRRise)/dnMargin)
	return classOf(margin)
}
