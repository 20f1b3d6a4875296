package wind

import "math"

// Options steer the wind field. The zero value of each field means its default.
type Options struct {
	RoughnessM float64  // aerodynamic z0 for moving readings to 10 m, default 0.1: open ground with obstacles
	InvL       float64  // 1/m, inverse Obukhov length for the same; default the median of the readings, else neutral
	CorrM      float64  // correlation length L; default from the stations left out
	Grids      []Grid   // gridded fields, the first guess; of two that cover a place the finer counts
	Without    []string // stations that are not used, such as those [Check] names
}

const (
	referenceM        = 10.0 // height of the field, the WMO standard
	defaultRoughnessM = 0.1  // Davenport-Wieringa class 4
	minWindHeightM    = 0.5  // below it the height is taken to be unstated, and the reading to be at 10 m

	reachM    = 150e3      // stations further away say little
	holdS     = 3 * 3600.0 // a station's reading counts that long where there is no other
	maxWindMS = 120.0      // the strongest gust on record is 113 m/s (Barrow Island 1996, WMO)

	maxStations = 400 // kept, those that cover the box
	aboutM      = 20e3
	maxNodes    = 24 // a side of the lattice
	minNodeM    = 1000.0
	maxValues   = 4 << 20 // node-times kept
	maxKnots    = 200_000
)

func (o Options) withDefaults() Options {
	if !(o.RoughnessM > 0) {
		o.RoughnessM = defaultRoughnessM
	}
	o.RoughnessM = min(max(o.RoughnessM, 1e-4), 3)
	if !finite(o.InvL) {
		o.InvL = 0
	}
	if !(o.CorrM > 0) || math.IsInf(o.CorrM, 0) {
		o.CorrM = 0
	}
	return o
}
