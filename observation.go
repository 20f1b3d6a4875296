package upwind

import (
	"math"
	"time"
)

// Medium is what an observation was made in. What holds of one says nothing of another: 30 mg/m3 in a stack is clean,
// in a street it is not.
type Medium string

const (
	Ambient Medium = ""      // outdoor air, and the noise and weather in it
	InStack Medium = "stack" // flue gas
	InWater Medium = "water" // river water
)

// Stat says which figure of its period a value is.
type Stat string

const (
	StatMean      Stat = ""          // mean over the period, or the value of an instant
	StatMin       Stat = "min"       //
	StatMax       Stat = "max"       //
	StatTotal     Stat = "total"     // what went by in the period
	StatConverted Stat = "converted" // mean, converted to the reference oxygen of a stack

	StatConvertedMin Stat = "converted-min"
	StatConvertedMax Stat = "converted-max"
)

// Flag is the state of the instrument behind a value: the letters of HJ 212-2017, table 8, and one of our own.
type Flag string

const (
	FlagNormal      Flag = ""  // N in the standard
	FlagStopped     Flag = "F" // the source stands still
	FlagMaintenance Flag = "M"
	FlagSet         Flag = "S" // set by hand
	FlagFault       Flag = "D"
	FlagCalibration Flag = "C"
	FlagOverRange   Flag = "T"
	FlagNoLink      Flag = "B"
	FlagQuarantine  Flag = "Q" // ours: its clock or its unit cannot be believed
)

// Usable reports whether a value with this flag is a measurement. Others are kept, and used for nothing.
func (f Flag) Usable() bool { return f == FlagNormal || f == FlagOverRange }

// Observation is one reading of one factor at one station: a mean over [Start, Start+Duration), or the value of an instant
// where the duration is 0.
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
	Medium    Medium    `json:"medium,omitempty"`
	Stat      Stat      `json:"stat,omitempty"`
	Flag      Flag      `json:"flag,omitempty"`

	// Of a live feed: what the device sent, and when that arrived. When it was stored is the stream's own knowledge.
	Raw      *RawValue `json:"raw,omitempty"`
	Received time.Time `json:"received_utc,omitzero"`

	// A path mean between the place above and this one (open-path lasers); nil for a point.
	End *PathEnd `json:"path_end,omitempty"`
}

// RawValue is a value as a device sent it.
type RawValue struct {
	Code  string `json:"code"`  // of the factor, a34004
	Value string `json:"value"` // to the letter
	Unit  string `json:"unit"`  // that the device is taken to mean
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
