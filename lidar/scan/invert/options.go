package invert

import (
	"fmt"

	"upwind"
	"upwind/lidar/scan"
)

// BoundaryMethod is where the constant of integration comes from.
type BoundaryMethod string

const (
	// AutoBoundary takes Molecular above [steepDeg] of elevation, Calibrated for calibrated attenuated
	// backscatter and Slope otherwise; Molecular falls back to Slope where no clean air is seen.
	AutoBoundary       BoundaryMethod = ""
	MolecularBoundary  BoundaryMethod = "molecular"
	SlopeBoundary      BoundaryMethod = "slope"
	CalibratedBoundary BoundaryMethod = "calibrated"
)

// Detection is which records are used where a wavelength has both.
type Detection string

const (
	Glued      Detection = ""       // analog near, photon counting far, joined where both are linear
	AnalogOnly Detection = "analog" // never the counter
	PhotonOnly Detection = "photon" // never the digitiser
)

// Defaults of [Options].
const (
	// The mean and scatter of urban and dust aerosol at 355 and 532 nm (Mueller et al. 2007, doi 10.1029/2006JD008292).
	defaultLidarRatioSr      = 50.0
	defaultLidarRatioSigmaSr = 15.0

	defaultSmoothM = 75.0 // widest running mean, m

	// Molecular linear depolarisation at 532 nm seen through a filter narrower than the rotational Raman
	// lines; a wide one gives 0.0143 (Behrendt & Nakamura 2002).
	defaultMolecularDepol = 0.0036
	// Particle depolarisation of pure mineral dust at 532 nm and of everything else (Tesche et al. 2009).
	defaultDustDepol  = 0.31
	defaultOtherDepol = 0.05
	dustWavelengthNM  = 532.0

	// Calibration error of operational attenuated backscatter (Wiegner & Gasteiger 2015, 10 %).
	defaultCalibrationSigma = 0.10

	// Relative errors of the density of air: of a radiosonde (0.3 K, 0.5 hPa) with that of the cross-section
	// (Bodhaine et al. 1999), and of the standard atmosphere through the seasons of the middle latitudes.
	soundedAirSigma  = 0.002
	standardAirSigma = 0.03

	// steepDeg is the elevation above which a ray leaves the boundary layer within its reach.
	steepDeg = 30.0
)

// RatioPoint is the lidar ratio of particles at a height above the instrument.
type RatioPoint struct {
	HeightM float64 `json:"height_m"`
	RatioSr float64 `json:"ratio_sr"`
}

// Options of [Run]. The zero value takes the site's lidar ratio or 50 +- 15 sr, the standard atmosphere and
// the boundary that suits each ray.
type Options struct {
	WavelengthNM float64 `json:"wavelength_nm,omitempty"` // 0: the best elastic one
	Air          *Air    `json:"-"`                       // nil: the standard atmosphere

	AirSigma float64 `json:"air_sigma,omitempty"` // relative, of its density; 0: 0.2 % of a stated profile, 3 % of the standard

	LidarRatioSr      float64      `json:"lidar_ratio_sr,omitempty"`
	LidarRatioSigmaSr float64      `json:"lidar_ratio_sigma_sr,omitempty"` // 0 with a stated ratio: exact
	LidarRatio        []RatioPoint `json:"lidar_ratio,omitempty"`          // over height, linear between points; wins over LidarRatioSr

	Boundary BoundaryMethod `json:"boundary,omitempty"`
	// ReferenceFromM and ReferenceToM, along the ray, hold air without particles but ReferenceRatio (total
	// over molecular backscatter, 0 meaning 1); both 0: it is looked for.
	ReferenceFromM   float64 `json:"reference_from_m,omitempty"`
	ReferenceToM     float64 `json:"reference_to_m,omitempty"`
	ReferenceRatio   float64 `json:"reference_ratio,omitempty"`
	CalibrationSigma float64 `json:"calibration_sigma,omitempty"` // relative, of attenuated backscatter

	Detection Detection `json:"detection,omitempty"`
	// TriggerM is added to the range of a channel, by id: positive where the record starts after the pulse.
	// Channels that are combined are aligned to whole bins.
	TriggerM map[string]float64 `json:"trigger_m,omitempty"`

	SmoothM float64 `json:"smooth_m,omitempty"` // widest running mean; 0: 75 m; negative: none

	MolecularDepol float64 `json:"molecular_depol,omitempty"`
	DustDepol      float64 `json:"dust_depol,omitempty"` // needed for a dust share at other wavelengths than 532 nm
	OtherDepol     float64 `json:"other_depol,omitempty"`

	KeepTargets bool `json:"keep_targets,omitempty"` // do not look for opaque hard targets
	Threads     int  `json:"-"`                      // 0: as many as processors; results do not depend on it

	defaulted  bool // the lidar ratio is nobody's statement
	assumedAir bool
}

// withDefaults fills what was left open, from the site first.
func (o Options) withDefaults(site scan.Site) Options {
	if o.AirSigma == 0 {
		o.AirSigma = soundedAirSigma
		if o.Air == nil {
			o.AirSigma = standardAirSigma
		}
	}
	if o.Air == nil {
		o.Air, o.assumedAir = StandardAir(), true
	}
	if o.LidarRatioSr == 0 && len(o.LidarRatio) == 0 {
		o.LidarRatioSr = site.LidarRatioSr
		if o.LidarRatioSr == 0 {
			o.LidarRatioSr, o.defaulted = defaultLidarRatioSr, true
		}
		if o.LidarRatioSigmaSr == 0 {
			o.LidarRatioSigmaSr = o.LidarRatioSr * defaultLidarRatioSigmaSr / defaultLidarRatioSr
		}
	}
	if o.LidarRatioSr == 0 {
		for _, p := range o.LidarRatio {
			o.LidarRatioSr += p.RatioSr / float64(len(o.LidarRatio))
		}
	}
	for _, d := range []struct {
		field *float64
		value float64
	}{{&o.ReferenceRatio, 1}, {&o.CalibrationSigma, defaultCalibrationSigma}, {&o.SmoothM, defaultSmoothM},
		{&o.MolecularDepol, defaultMolecularDepol}, {&o.OtherDepol, defaultOtherDepol}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return o
}

// Lidar ratios of anything in the air lie between these, sr, with room to spare.
const leastRatioSr, mostRatioSr = 5.0, 200.0

// check refuses options that cannot be meant.
func (o *Options) check(file string) error {
	ratios := append([]RatioPoint{{RatioSr: o.LidarRatioSr}}, o.LidarRatio...)
	for k, p := range ratios {
		if !(p.RatioSr >= leastRatioSr && p.RatioSr <= mostRatioSr) {
			return upwind.Refuse(file, "options", fmt.Sprintf("a lidar ratio of %g sr is none of anything in the air", p.RatioSr), "state one from 5 to 200 sr")
		}
		if !finite(p.HeightM) || k > 1 && p.HeightM <= ratios[k-1].HeightM {
			return upwind.Refuse(file, "options", "the lidar ratio's heights do not rise", "sort the points by height, each height once")
		}
	}
	for _, v := range []float64{o.LidarRatioSigmaSr, o.AirSigma, o.ReferenceFromM, o.ReferenceToM, o.ReferenceRatio, o.CalibrationSigma, o.SmoothM,
		o.MolecularDepol, o.DustDepol, o.OtherDepol} {
		if !finite(v) {
			return upwind.Refuse(file, "options", "a number is not finite", "leave what is not known at 0")
		}
	}
	if o.ReferenceRatio < 1 || o.LidarRatioSigmaSr < 0 || o.CalibrationSigma < 0 || o.AirSigma < 0 {
		return upwind.Refuse(file, "options", "a reference ratio below 1 or a negative error cannot be meant", "state a ratio of total to molecular backscatter and positive errors")
	}
	return nil
}
