package upwind

import (
	"math"
	"time"
)

// Observation is one reading of one factor at one station: a mean over [Start, Start+Duration).
type Observation struct {
	StationID string    `json:"station_id"`
	Start     time.Time `json:"start_utc"`
	DurationS float64   `json:"duration_s"`
	Lon       float64   `json:"lon"`
	Lat       float64   `json:"lat"`
	HeightM   float64   `json:"height_m"` // above ground
	Species   string    `json:"species"`  // PM10, PM2.5, CH4, ...
	Value     float64   `json:"value"`    // in Unit
	Unit      string    `json:"unit"`     // ug/m3, mg/m3, ppm, ...
	Sigma     *float64  `json:"sigma,omitempty"`

	// A path mean between the place above and this one (open-path lasers); nil for a point.
	End *PathEnd `json:"path_end,omitempty"`
}

// PathEnd is the far end of a path-averaging instrument.
type PathEnd struct {
	Lon     float64 `json:"lon"`
	Lat     float64 `json:"lat"`
	HeightM float64 `json:"height_m"`
}

// Wind is one wind reading: a vector mean over [Start, Start+Duration). U is towards east and V towards
// north, in m/s, so a wind "from 270 degrees" has U > 0.
type Wind struct {
	StationID string    `json:"station_id"`
	Start     time.Time `json:"start_utc"`
	DurationS float64   `json:"duration_s"`
	Lon       float64   `json:"lon"`
	Lat       float64   `json:"lat"`
	HeightM   float64   `json:"height_m"`
	U         float64   `json:"u_ms"`
	V         float64   `json:"v_ms"`
	SDDeg     *float64  `json:"sd_deg,omitempty"` // spread of the direction inside the mean
	UStarMS   *float64  `json:"ustar_ms,omitempty"`
	ObukhovM  *float64  `json:"obukhov_m,omitempty"`
	TempC     *float64  `json:"temp_c,omitempty"`
	PressPa   *float64  `json:"pressure_pa,omitempty"`
}

// UV turns a speed in m/s and the direction the wind comes from, in degrees clockwise from north, into
// the vector the program stores.
func UV(speedMS, fromDeg float64) (u, v float64) {
	s, c := math.Sincos(fromDeg * math.Pi / 180)
	return -speedMS * s, -speedMS * c
}

// SpeedFrom is the inverse of [UV]; the direction lies in [0, 360).
func SpeedFrom(u, v float64) (speedMS, fromDeg float64) {
	fromDeg = math.Mod(math.Atan2(-u, -v)*180/math.Pi+360, 360)
	return math.Hypot(u, v), fromDeg
}
