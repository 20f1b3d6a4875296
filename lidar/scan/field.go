package scan

import "time"

// Quality bits of one bin.
type Quality uint16

const (
	BelowOverlap     Quality = 1 << iota // nearer than full overlap
	Saturated                            // the digitiser or the counter was at its limit
	Missing                              // the file has no value here
	LowSNR                               // the signal is below its noise
	BehindTarget                         // a hard target stands at or before this bin
	HardTarget                           // the hard target itself
	BoundaryGuess                        // the boundary value came from neighbouring rays or a default
	OutsideMolecular                     // air density was extrapolated
	Blocked                              // in a blocked sector
)

// Field is what inversion makes of one wavelength of a scan: polar arrays of len(Rays)*Bins values, ray
// after ray, NaN where not known.
type Field struct {
	Site         Site
	Kind         Kind
	Instrument   string
	WavelengthNM float64
	BinM, FirstM float64
	Bins         int
	Rays         []FieldRay

	Extinction      []float64 // of particles, 1/m
	ExtinctionSigma []float64 // 1-sigma, 1/m
	Backscatter     []float64 // of particles, 1/(m sr)
	// Depol, DepolSigma and DustShare are nil when the scan has no depolarisation at this wavelength.
	Depol      []float64 // particle linear depolarisation ratio
	DepolSigma []float64
	DustShare  []float64 // share of backscatter that is dust, 0..1
	Quality    []Quality
	// Light is the range-corrected signal the field was made of, every correction made, not smoothed, and LightSigma the
	// noise of its bins, independent of each other: in a unit of the channel's own, the same for all rays. nil when the
	// field comes from elsewhere.
	Light, LightSigma []float64

	LidarRatioSr      float64 // used to turn backscatter into extinction
	LidarRatioSigmaSr float64
	Notes             []string
}

// FieldRay is the direction and time of a row of a field.
type FieldRay struct {
	Start, Stop  time.Time
	AzimuthDeg   float64 // true, heading applied
	ElevationDeg float64
	// BoundaryAlpha is the particle extinction at the boundary, 1/m, and its sigma, and where it was taken.
	BoundaryAlpha, BoundarySigma float64
	BoundaryM                    float64
	// BackgroundSigma is the sigma of the background that was taken from the ray's light, in the unit of Light a m2: an
	// error of it moves all light of the ray together, by itself times r^2. 0 where not known.
	BackgroundSigma float64
}

// RangeM is the range to the centre of a bin.
func (f *Field) RangeM(bin int) float64 { return f.FirstM + float64(bin)*f.BinM }

// At is the index of a bin of a ray in the field's arrays.
func (f *Field) At(ray, bin int) int { return ray*f.Bins + bin }
