package pile

// Defaults of [Options].
const (
	DefaultMinHeightM     = 0.8  // lower heaps drown in kerbs, cars and crops
	DefaultMinAreaM2      = 15   // a lorry load tipped at repose covers about 20 m2
	DefaultMaxDiameterM   = 250  // the longest coal-yard windrows
	DefaultMinProbability = 0.50 // below this a target would send officers to the wrong place more often than not
)

// Options bound what counts as a pile. The zero value means the defaults.
type Options struct {
	MinHeightM     float64 `json:"min_height_m,omitempty"`
	MinAreaM2      float64 `json:"min_area_m2,omitempty"`
	MaxDiameterM   float64 `json:"max_diameter_m,omitempty"`
	MinProbability float64 `json:"min_probability,omitempty"`
}

func (o Options) withDefaults() Options {
	set := func(v *float64, d float64) {
		if !(*v > 0) {
			*v = d
		}
	}
	set(&o.MinHeightM, DefaultMinHeightM)
	set(&o.MinAreaM2, DefaultMinAreaM2)
	set(&o.MaxDiameterM, DefaultMaxDiameterM)
	set(&o.MinProbability, DefaultMinProbability)
	return o
}
