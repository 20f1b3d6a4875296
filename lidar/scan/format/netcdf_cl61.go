package format

import (
	"upwind/lidar/scan"
)

// cl61WavelengthNM is that of a Vaisala CL61 (CL61 User Guide M212475EN).
const cl61WavelengthNM = 910.55

// cl61Channels are the CL61's profiles over (time, range), 1/(m sr): the ratio of the cross to the parallel
// polarised one is the linear depolarisation.
var cl61Channels = []struct {
	name string
	pol  scan.Polarization
}{{"beta_att", scan.Total}, {"p_pol", scan.Parallel}, {"x_pol", scan.Perpendicular}}

func fitsCL61(n *ncFile) bool { return n.has("beta_att", "p_pol", "x_pol", "range", "time") }

func readCL61(n *ncFile, s *scan.Scan) error {
	s.Instrument = "Vaisala CL61"
	if id := n.attribute("", "instrument_serial_number"); id != "" {
		s.Instrument += " " + id
	}
	n.station(s, []string{"longitude"}, []string{"latitude"}, []string{"elevation", "altitude"})
	centres, _, err := n.floats("range", "range")
	if err != nil {
		return err
	}
	first, step, err := n.evenly("range", centres)
	if err != nil {
		return err
	}
	for k, ch := range cl61Channels {
		values, _, err := n.floats(ch.name, "time", "range")
		if err != nil {
			return err
		}
		c := scan.Channel{ID: ch.name, WavelengthNM: cl61WavelengthNM, Polarization: ch.pol, Mode: scan.Derived, Unit: scan.UnitBeta,
			BinM: step, FirstM: first, Bins: len(centres), RangeCorrected: true, BackgroundRemoved: true}
		if units := n.attribute(ch.name, "units"); units != "" {
			factor, ok := backscatterUnit(units)
			if !ok {
				return n.refuse(ch.name, "its units "+quoted(units)+" are not those of backscatter", doCopyAgain)
			}
			values = scaled(values, factor)
		}
		s.Channels = append(s.Channels, c)
		if k == 0 {
			if err := n.verticalRays(s, values, c.Bins); err != nil {
				return err
			}
			continue
		}
		for i := range s.Rays {
			s.Rays[i].Values = append(s.Rays[i].Values, row(values, i, c.Bins))
		}
	}
	for i := range s.Rays {
		s.Rays[i].Shots = make([]int, len(s.Channels))
	}
	return nil
}
