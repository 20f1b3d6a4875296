package scan

import "time"

// Kind is how the instrument moved.
type Kind string

const (
	Stare Kind = "stare" // one direction, vertical or fixed
	PPI   Kind = "ppi"   // turns in azimuth near the horizon
	Cone  Kind = "cone"  // turns in azimuth at an elevation above 10 deg
	RHI   Kind = "rhi"   // turns in elevation at one or a few azimuths
	Mixed Kind = "mixed"
)

// Mode is how a channel detects light, which decides its noise.
type Mode string

const (
	Analog  Mode = "analog"  // a digitised current; mV
	Photon  Mode = "photon"  // counted photons; MHz, or counts a shot bin
	Derived Mode = "derived" // attenuated backscatter as the instrument's firmware calibrates it; 1/(m sr)
)

// Polarization of a channel relative to the emitted light.
type Polarization string

const (
	Total         Polarization = ""
	Parallel      Polarization = "parallel"
	Perpendicular Polarization = "perpendicular"
)

// Units of a channel's values.
const (
	UnitMV     = "mV"
	UnitMHz    = "MHz"
	UnitCounts = "counts"    // sum over all shots of a bin
	UnitBeta   = "1/(m sr)"  // attenuated backscatter, range corrected and calibrated
	UnitSNR    = "signal+1"  // Doppler lidar intensity: signal to noise ratio + 1
	UnitRCS    = "arbitrary" // range corrected, not calibrated
	UnitMS     = "m/s"       // radial velocity of a Doppler lidar, away from it positive: no signal to invert
)

// Channel is one detector's record along every ray of a scan.
type Channel struct {
	ID           string       `json:"id"` // as the file names it, or its wavelength, polarisation and mode
	WavelengthNM float64      `json:"wavelength_nm"`
	Polarization Polarization `json:"polarization,omitempty"`
	Mode         Mode         `json:"mode"`
	Unit         string       `json:"unit"`
	BinM         float64      `json:"bin_m"`   // length of a bin
	FirstM       float64      `json:"first_m"` // range to the centre of bin 0
	Bins         int          `json:"bins"`
	// ADCBits and ADCRangeMV are the digitiser's resolution and full scale; 0 when not stated. A value
	// within a step of full scale is saturated.
	ADCBits    int     `json:"adc_bits,omitempty"`
	ADCRangeMV float64 `json:"adc_range_mv,omitempty"`
	// RangeCorrected says that values are already multiplied by r^2.
	RangeCorrected bool `json:"range_corrected,omitempty"`
	// BackgroundRemoved says that the instrument has taken the background away already.
	BackgroundRemoved bool `json:"background_removed,omitempty"`
}

// RangeM is the range to the centre of a bin.
func (c Channel) RangeM(bin int) float64 { return c.FirstM + float64(bin)*c.BinM }

// Ray is one direction's returns. Values has one slice a channel of the scan, each Channel.Bins long; NaN
// where a bin is missing. Shots has the laser shots summed, one a channel; 0 when not stated.
type Ray struct {
	Start, Stop  time.Time // UTC
	AzimuthDeg   float64   // from the instrument's own zero; the site's heading is added by Geometry
	ElevationDeg float64   // above the horizon, the site's sign already applied
	Values       [][]float64
	Shots        []int
	// Background is what the instrument itself measured beside the return (before the pulse or far behind
	// it), one a channel in the channel's unit, NaN where not stated; nil when it states none. Values still
	// contain it unless Channel.BackgroundRemoved says otherwise.
	Background []float64
	File       string // the file, or file and record, it came from
	Parked     bool   // taken while the instrument moved or stood aside: not part of the picture
}

// Scan is the rays of one turn of one instrument, in order of time.
type Scan struct {
	Format     string    `json:"format"` // name in the registry of formats
	Instrument string    `json:"instrument"`
	Kind       Kind      `json:"kind"`
	Site       Site      `json:"site"`
	Channels   []Channel `json:"channels"`
	Rays       []Ray     `json:"-"`
	// Notes say in words what was odd and what was still usable: a truncated ray, a repeated channel that
	// was skipped, a gap in azimuth.
	Notes []string `json:"notes,omitempty"`
}
