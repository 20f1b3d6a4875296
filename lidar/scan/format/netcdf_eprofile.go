package format

import (
	"fmt"
	"math"

	"upwind/lidar/scan"
)

// E-PROFILE (EUMETNET) files: level 2 has attenuated backscatter over altitude above the sea, level 1 the
// range corrected signal over range. Data Format Description Document of the ALC hub.
const (
	eProfileL2 = "attenuated_backscatter_0"
	eProfileL1 = "rcs_0"
)

func fitsEProfile(n *ncFile) bool {
	return n.has(eProfileL2, "time") || n.has(eProfileL1, "time", "range")
}

func readEProfile(n *ncFile, s *scan.Scan) error {
	n.station(s, []string{"station_longitude", "longitude"}, []string{"station_latitude", "latitude"}, []string{"station_altitude"})
	s.Site.ID = n.attribute("", "wigos_station_id")
	s.Instrument = n.attribute("", "instrument_type")
	signal, axis := eProfileL1, "range"
	if n.has(eProfileL2) {
		signal, axis = eProfileL2, "altitude"
	}
	centres, _, err := n.floats(axis, axis)
	if err != nil {
		return err
	}
	if axis == "altitude" {
		station, ok := n.scalar("station_altitude")
		if !ok {
			return n.refuse("station_altitude", "is not there, and without it heights above the sea are no ranges", doCopyAgain)
		}
		for i := range centres {
			centres[i] -= station
		}
	}
	c := scan.Channel{ID: signal, Mode: scan.Derived, Unit: scan.UnitRCS, Bins: len(centres), RangeCorrected: true, BackgroundRemoved: true}
	if c.FirstM, c.BinM, err = n.evenly(axis, centres); err != nil {
		return err
	}
	c.WavelengthNM, _ = n.scalar("l0_wavelength")
	values, _, err := n.floats(signal, "time", axis)
	if err != nil {
		return err
	}
	if factor, ok := backscatterUnit(n.attribute(signal, "units")); ok {
		c.Unit, values = scan.UnitBeta, scaled(values, factor)
	}
	s.Channels = []scan.Channel{c}
	if err := n.verticalRays(s, values, c.Bins); err != nil {
		return err
	}
	n.flagged(s)
	return nil
}

// verticalRays makes a ray of every row; start_time and zenith are optional.
func (n *ncFile) verticalRays(s *scan.Scan, values []float64, bins int) error {
	stops, err := n.times("time")
	if err != nil {
		return err
	}
	starts := stops
	if n.has("start_time") {
		if starts, err = n.times("start_time"); err != nil {
			return err
		}
	}
	zenith := 0.0
	for _, name := range []string{"zenith", "tilt_angle"} {
		if z, ok := n.scalar(name); ok && math.Abs(z) < 90 {
			zenith = z
			break
		}
	}
	for i := range stops {
		r := scan.Ray{Start: starts[i], Stop: stops[i], ElevationDeg: 90 - math.Abs(zenith), Shots: make([]int, len(s.Channels)), File: fmt.Sprintf("%s, profile %d", n.name, i)}
		if r.Stop.Before(r.Start) {
			r.Stop = r.Start
		}
		r.Values = append(r.Values, row(values, i, bins))
		s.Rays = append(s.Rays, r)
	}
	return nil
}

// flagged says how many values the network marks as not to be used (quality_flag 1); they stay.
func (n *ncFile) flagged(s *scan.Scan) {
	if !n.has("quality_flag") {
		return
	}
	flags, _, err := n.floats("quality_flag", "time", "altitude|range")
	if err != nil {
		return
	}
	bad := 0
	for _, f := range flags {
		if f == 1 {
			bad++
		}
	}
	if bad > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: the network flags %d of %d values as not to be used (mostly noise); they are kept", n.name, bad, len(flags)))
	}
}
