package scan

// Site is where an instrument stands and what is known of it. The file's own statement is overridden by
// the user's site file; the zero value of a field means "not stated".
type Site struct {
	ID         string  `json:"id,omitempty"`
	Lon        float64 `json:"lon"` // WGS84
	Lat        float64 `json:"lat"`
	AltitudeM  float64 `json:"altitude_m"`  // of the instrument above sea level
	Placed     bool    `json:"placed"`      // Lon and Lat are believed
	HeadingDeg float64 `json:"heading_deg"` // true bearing of the instrument's azimuth zero
	// ElevationSign is -1 for an instrument that counts elevation downward; 0 means +1. Readers apply it.
	ElevationSign float64 `json:"elevation_sign,omitempty"`

	DeadTimeNS   float64        `json:"dead_time_ns,omitempty"` // of photon counting, non-paralyzable
	FullOverlapM float64        `json:"full_overlap_m,omitempty"`
	Overlap      []OverlapPoint `json:"overlap,omitempty"`     // measured overlap function; linear between points
	AfterPulse   []float64      `json:"after_pulse,omitempty"` // mean signal of blocked shots, one a bin, the channel's unit
	LidarRatioSr float64        `json:"lidar_ratio_sr,omitempty"`
	// DepolGain is the calibrated ratio of the perpendicular to the parallel channel's sensitivity, by
	// wavelength in nm written as text ("532").
	DepolGain map[string]float64 `json:"depol_gain,omitempty"`
	// MassM2G and Gamma calibrate mass: PM = extinction / (f(RH) MEE), f = ((1-RH)/(1-RH0))^-gamma. Without
	// MassM2G no mass is reported.
	MassM2G float64  `json:"mass_extinction_m2_g,omitempty"`
	RH0     float64  `json:"rh0,omitempty"`
	Gamma   float64  `json:"gamma,omitempty"`
	Blocked []Sector `json:"blocked,omitempty"` // azimuths in which buildings stand in the way
}

// OverlapPoint is the share of the receiver's view that the beam fills at a range.
type OverlapPoint struct {
	RangeM float64 `json:"range_m"`
	Share  float64 `json:"share"` // 0..1
}

// Sector is a span of true azimuths, clockwise from FromDeg to ToDeg, usable out to MaxRangeM.
type Sector struct {
	FromDeg   float64 `json:"from_deg"`
	ToDeg     float64 `json:"to_deg"`
	MaxRangeM float64 `json:"max_range_m"`
}
