package invert

import (
	"fmt"
	"math"
	"slices"

	"upwind"
	"upwind/lidar/scan"
)

// Raman shifts of nitrogen and water vapour, 1/cm (Inaba 1976): a channel one shift away from another is not
// elastic. tolerance covers the width of a filter.
var ramanShifts = []float64{2330.7, 3651.7}

const (
	ramanTolerance = 40.0 // 1/cm
	sameLineNM     = 1.0  // channels this close are one wavelength
)

// component is one polarisation of a wavelength and the records of it: indexes into the scan's channels,
// -1 for none.
type component struct {
	polarization   scan.Polarization
	analog, photon int
	// derived records count as analog: they are not counts.
}

func (c component) channels() []int {
	var out []int
	for _, k := range []int{c.analog, c.photon} {
		if k >= 0 {
			out = append(out, k)
		}
	}
	return out
}

// Wavelengths are the elastic wavelengths of a scan, nm, ascending: those of usable channels that are no
// Raman line of another.
func Wavelengths(s *scan.Scan) []float64 {
	var all []float64
	for _, c := range s.Channels {
		if usable(c) == "" {
			all = append(all, c.WavelengthNM)
		}
	}
	slices.Sort(all)
	var out []float64
	for _, nm := range all {
		if isRaman(nm, all) || (len(out) > 0 && nm-out[len(out)-1] < sameLineNM) {
			continue
		}
		out = append(out, nm)
	}
	return out
}

func isRaman(nm float64, all []float64) bool {
	for _, laser := range all {
		shift := 1e7/laser - 1e7/nm
		for _, known := range ramanShifts {
			if math.Abs(shift-known) < ramanTolerance {
				return true
			}
		}
	}
	return false
}

var lightUnits = []string{scan.UnitMV, scan.UnitMHz, scan.UnitCounts, scan.UnitBeta, scan.UnitSNR, scan.UnitRCS}

// Lengths of bins and ranges of any lidar of the atmosphere lie within these, m.
const (
	leastBinM  = 0.01
	mostBinM   = 10000.0
	mostRangeM = 1e6
)

// usable says what keeps a channel from being inverted, or nothing.
func usable(c scan.Channel) string {
	switch {
	case !(c.BinM >= leastBinM && c.BinM <= mostBinM):
		return fmt.Sprintf("its bins are %g m long", c.BinM)
	case !(math.Abs(c.FirstM) <= mostRangeM):
		return fmt.Sprintf("its first range is %g m", c.FirstM)
	case !(c.WavelengthNM >= minWavelengthNM && c.WavelengthNM <= maxWavelengthNM):
		return fmt.Sprintf("its wavelength is %g nm", c.WavelengthNM)
	case c.Bins <= 0:
		return "it has no bins"
	case !slices.Contains(lightUnits, c.Unit):
		return fmt.Sprintf("its unit %q is none of light", c.Unit)
	}
	return ""
}

// preferred are wavelengths in order of what they tell of dust when the user does not choose: at 532 nm the
// depolarisation of dust is known best.
var preferred = []float64{532, 355, 1064, 905, 910}

// choose picks a wavelength's components. Notes say what was left out.
func choose(s *scan.Scan, o Options) (nm float64, parts []component, notes []string, err error) {
	known := Wavelengths(s)
	if len(known) == 0 {
		return 0, nil, nil, upwind.Refuse(name(s), "", "no elastic channel can be inverted", "check wavelengths, bin lengths and numbers of bins")
	}
	nm = known[0]
	for k := len(preferred) - 1; k >= 0; k-- {
		if i := slices.IndexFunc(known, func(w float64) bool { return math.Abs(w-preferred[k]) < sameLineNM }); i >= 0 {
			nm = known[i]
		}
	}
	if o.WavelengthNM > 0 {
		i := slices.IndexFunc(known, func(w float64) bool { return math.Abs(w-o.WavelengthNM) < sameLineNM })
		if i < 0 {
			return 0, nil, nil, upwind.Refuse(name(s), "", fmt.Sprintf("no elastic channel at %g nm", o.WavelengthNM), fmt.Sprintf("ask for one of %v", known))
		}
		nm = known[i]
	}
	for k, c := range s.Channels {
		why := usable(c)
		at := slices.IndexFunc(parts, func(p component) bool { return p.polarization == c.Polarization })
		switch {
		case math.Abs(c.WavelengthNM-nm) >= sameLineNM:
			continue
		case why != "":
		case c.Mode == scan.Photon && o.Detection == AnalogOnly, c.Mode == scan.Analog && o.Detection == PhotonOnly:
			why = fmt.Sprintf("only %s records were asked for", o.Detection)
		case at < 0:
			parts = append(parts, component{polarization: c.Polarization, analog: -1, photon: -1})
			at = len(parts) - 1
			fallthrough
		default:
			slot := &parts[at].analog
			if c.Mode == scan.Photon {
				slot = &parts[at].photon
			}
			if *slot < 0 {
				*slot = k
			} else {
				why = "it repeats " + s.Channels[*slot].ID
			}
		}
		if why != "" {
			notes = append(notes, fmt.Sprintf("channel %s was not used: %s", c.ID, why))
		}
	}
	if len(parts) == 0 {
		return 0, nil, nil, upwind.Refuse(name(s), "", fmt.Sprintf("no %s record at %g nm", o.Detection, nm), "allow both kinds of detection")
	}
	order := map[scan.Polarization]int{scan.Total: 0, scan.Parallel: 1, scan.Perpendicular: 2}
	slices.SortStableFunc(parts, func(a, b component) int { return order[a.polarization] - order[b.polarization] })
	return nm, parts, notes, nil
}

func name(s *scan.Scan) string {
	if len(s.Rays) > 0 && s.Rays[0].File != "" {
		return s.Rays[0].File
	}
	if s.Instrument != "" {
		return s.Instrument
	}
	return "scan"
}
