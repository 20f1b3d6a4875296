package plume

// Version grows when the same field gives another result; Detector names the rules.
const (
	Version  = 2
	Detector = "lidar-plume"
)

// Defaults of [Options].
const (
	cellM       = 15.0   // of the working grid: two bins of 7.5 m
	stratumM    = 25.0   // of heights in a vertical cut
	windowM     = 3000.0 // air is compared with the air within half of this: plumes are narrower, haze is smoother
	seedSigma   = 5.7    // one bin in 1.7e8 by chance: half a plume in 100 turns of 1.4e5 bins at 5 scales
	growSigma   = 2.5
	minContrast = 0.15    // of the air around: haze is uneven by about a tenth over kilometres
	minExcess   = 0.03e-3 // 1/m: below, the haze itself is not steady enough
	minAreaM2   = 2000.0
	trimShare   = 0.05 // of its peak: where a plume's outline is drawn
	coreShare   = 0.20 // of its peak: what its centre speaks of
)

// Options of [Find].
type Options struct {
	SeedSigma   float64 `json:"seed_sigma,omitempty"`   // a plume's core stands this many sigmas above the air
	GrowSigma   float64 `json:"grow_sigma,omitempty"`   // and is followed down to this many
	MinExcess   float64 `json:"min_excess,omitempty"`   // of the core, 1/m
	MinContrast float64 `json:"min_contrast,omitempty"` // of the core, share of the air around
	MinAreaM2   float64 `json:"min_area_m2,omitempty"`
	// GroundM is the height of the ground above sea level; nil takes the ground as level with the
	// instrument's foot, and the instrument as standing MastM above it.
	GroundM *float64 `json:"ground_m,omitempty"`
	MastM   float64  `json:"mast_m,omitempty"`
	// HeadingSigmaDeg is how well the instrument's north is known.
	HeadingSigmaDeg float64 `json:"heading_sigma_deg,omitempty"`
}

// Pointing at a distant mark with a compass or a known roof edge is good to about half a degree; a
// position from a map or a phone to five metres.
const (
	headingSigmaDeg = 0.5
	siteSigmaM      = 5.0
)

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		v *float64
		d float64
	}{{&o.SeedSigma, seedSigma}, {&o.GrowSigma, growSigma}, {&o.MinExcess, minExcess}, {&o.MinContrast, minContrast},
		{&o.MinAreaM2, minAreaM2}, {&o.HeadingSigmaDeg, headingSigmaDeg}} {
		if !(*d.v > 0) {
			*d.v = d.d
		}
	}
	return o
}
