package format

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"upwind/lidar/scan"
)

// CfRadial (Dixon et al., CfRadial 1.4/1.5): fields over (time, range), or over n_points where rays differ
// in length; azimuth from true north, elevation above the horizon, seconds since time_coverage_start.
func fitsCfRadial(n *ncFile) bool {
	return n.has("time", "range", "azimuth", "elevation") && len(n.cfFields()) > 0
}

// cfFields are the fields that are lidar returns, by name.
func (n *ncFile) cfFields() (out []scan.Channel) {
	for _, name := range n.names() {
		v := n.vars[name]
		if v.Text || !(slices.Equal(v.Dims, []string{"time", "range"}) || slices.Equal(v.Dims, []string{"n_points"})) {
			continue
		}
		if c, ok := n.cfField(name); ok {
			out = append(out, c)
		}
	}
	return out
}

// cfField says what a field is by its units and names; a field that is no return is none.
func (n *ncFile) cfField(name string) (c scan.Channel, ok bool) {
	units, standard := n.attribute(name, "units"), strings.ToLower(n.attribute(name, "standard_name")+" "+n.attribute(name, "long_name")+" "+name)
	c = scan.Channel{ID: name, Mode: scan.Derived}
	switch {
	case strings.Contains(standard, "extinction"), strings.Contains(standard, "error"), strings.Contains(standard, "uncertaint"), strings.Contains(standard, "ratio") && !strings.Contains(standard, "signal"):
		return c, false
	case strings.Contains(standard, "backscatter"), strings.Contains(standard, "beta"):
		c.Unit, c.RangeCorrected, c.BackgroundRemoved = scan.UnitRCS, true, true
		if _, isBeta := backscatterUnit(units); isBeta {
			c.Unit = scan.UnitBeta
		}
	case strings.Contains(standard, "range_corrected"), strings.Contains(standard, "range corrected"), name == "RCS", name == "rcs":
		c.Unit, c.RangeCorrected, c.BackgroundRemoved = scan.UnitRCS, true, true
	case units == "mV":
		c.Mode, c.Unit = scan.Analog, scan.UnitMV
	case units == "MHz":
		c.Mode, c.Unit = scan.Photon, scan.UnitMHz
	case strings.Contains(standard, "intensity"):
		c.Unit = scan.UnitSNR
	case strings.Contains(standard, "radial_velocity") && (units == "m/s" || units == "m s-1" || units == "meters per second"):
		c.Unit = scan.UnitMS
	default:
		return c, false
	}
	switch {
	case strings.Contains(standard, "cross"), strings.Contains(standard, "perpendicular"):
		c.Polarization = scan.Perpendicular
	case strings.Contains(standard, "parallel"), strings.Contains(standard, "co-pol"), strings.Contains(standard, "copol"):
		c.Polarization = scan.Parallel
	}
	return c, true
}

func readCfRadial(n *ncFile, s *scan.Scan) error {
	n.station(s, []string{"longitude"}, []string{"latitude"}, []string{"altitude"})
	s.Instrument, s.Site.ID = n.attribute("", "instrument_name"), n.attribute("", "site_name")
	centres, _, err := n.floats("range", "range")
	if err != nil {
		return err
	}
	first, step, err := n.evenly("range", centres)
	if err != nil {
		return err
	}
	if err := n.cfRays(s); err != nil {
		return err
	}
	lambda := 0.0
	if hz, ok := n.scalar("frequency"); ok && hz > 0 {
		lambda = speedOfLightMS / hz * 1e9
	}
	if lambda < 200 || lambda > 12000 {
		lambda = 0
		s.Notes = append(s.Notes, n.name+": the file does not state the wavelength (variable frequency)")
	}
	for _, c := range n.cfFields() {
		c.WavelengthNM, c.BinM, c.FirstM, c.Bins = lambda, step, first, len(centres)
		rows, err := n.cfRows(c.ID, len(s.Rays), c.Bins)
		if err != nil {
			return err
		}
		factor, ok := backscatterUnit(n.attribute(c.ID, "units"))
		for i := range s.Rays {
			if ok {
				scaled(rows[i], factor)
			}
			s.Rays[i].Values = append(s.Rays[i].Values, rows[i])
			s.Rays[i].Shots = append(s.Rays[i].Shots, 0)
		}
		s.Channels = append(s.Channels, c)
	}
	return nil
}

// cfRays makes the rays without their values; antenna_transition marks those between sweeps.
func (n *ncFile) cfRays(s *scan.Scan) error {
	at, err := n.times("time")
	if err != nil {
		return err
	}
	az, _, err := n.floats("azimuth", "time")
	if err != nil {
		return err
	}
	el, _, err := n.floats("elevation", "time")
	if err != nil {
		return err
	}
	moving := make([]float64, len(at))
	if v, _, err := n.floats("antenna_transition", "time"); err == nil && len(v) == len(at) {
		moving = v
	}
	if len(az) != len(at) || len(el) != len(at) {
		return n.refuse("azimuth", "has another length than time", doCopyAgain)
	}
	for i := range at {
		if math.IsNaN(az[i]) || math.IsNaN(el[i]) {
			return n.refuse("azimuth", fmt.Sprintf("ray %d has no direction", i), doCopyAgain)
		}
		s.Rays = append(s.Rays, scan.Ray{Start: at[i], Stop: at[i], AzimuthDeg: az[i], ElevationDeg: el[i], Parked: moving[i] == 1, File: fmt.Sprintf("%s, ray %d", n.name, i)})
	}
	return nil
}

// cfRows are the values of a field, a row a ray; rays that are shorter end in NaN.
func (n *ncFile) cfRows(field string, rays, bins int) ([][]float64, error) {
	rows := make([][]float64, rays)
	if slices.Contains(n.vars[field].Dims, "range") {
		values, shape, err := n.floats(field, "time", "range")
		if err != nil {
			return nil, err
		}
		if shape[0] != rays || shape[1] != bins {
			return nil, n.refuse(field, fmt.Sprintf("is %d x %d; %d rays of %d bins were expected", shape[0], shape[1], rays, bins), doCopyAgain)
		}
		for i := range rows {
			rows[i] = row(values, i, bins)
		}
		return rows, nil
	}
	values, _, err := n.floats(field, "n_points")
	if err != nil {
		return nil, err
	}
	count, _, err := n.floats("ray_n_gates", "time")
	if err != nil {
		return nil, err
	}
	start, _, err := n.floats("ray_start_index", "time")
	if err != nil {
		return nil, err
	}
	if len(count) != rays || len(start) != rays {
		return nil, n.refuse("ray_n_gates", "has another length than time", doCopyAgain)
	}
	if err := n.spend(field, rays, bins); err != nil {
		return nil, err
	}
	for i := range rows {
		from, gates := start[i], count[i]
		if !(from >= 0 && gates >= 0 && gates <= float64(bins) && from+gates <= float64(len(values))) {
			return nil, n.refuse("ray_start_index", fmt.Sprintf("ray %d: %g gates from %g are not in the %d points", i, gates, from, len(values)), doCopyAgain)
		}
		rows[i] = missing(bins)
		copy(rows[i], values[int(from):int(from+gates)])
	}
	return rows, nil
}
