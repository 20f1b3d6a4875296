package format

import (
	"fmt"
	"math"
	"strings"
	"time"

	"upwind/lidar/scan"
)

// SCC raw files are the input of EARLINET's Single Calculus Chain (D'Amico et al. 2015, AMT 8, 4891; SCC
// documentation, "Raw lidar data"): Raw_Lidar_Data(time, channels, points), mV for analog channels and
// counts, summed over the shots, for photon counting ones; DAQ_Range, mV, is missing for the latter. A
// channel's wavelength is known by its channel_ID in the SCC's database, and in the file only where
// Emitted_Wavelength or Detected_Wavelength, or a channel name such as "532.p_an", states it.
func fitsSCC(n *ncFile) bool {
	return n.has("Raw_Lidar_Data", "Raw_Data_Start_Time", "Laser_Shots")
}

func readSCC(n *ncFile, s *scan.Scan) error {
	values, shape, err := n.floats("Raw_Lidar_Data", "time", "channels", "points")
	if err != nil {
		return err
	}
	nt, nc, points := shape[0], shape[1], shape[2]
	s.Instrument = "SCC raw data " + n.attribute("", "Measurement_ID")
	s.Site.Lon, s.Site.Lat, s.Site.AltitudeM = n.attributeNumber("Longitude_degrees_east"), n.attributeNumber("Latitude_degrees_north"), n.attributeNumber("Altitude_meter_asl")
	s.Site.Placed = (s.Site.Lon != 0 || s.Site.Lat != 0) && math.Abs(s.Site.Lat) <= 90 && math.Abs(s.Site.Lon) <= 180
	if err := n.sccChannels(s, nc, points); err != nil {
		return err
	}
	shots, _, err := n.floats("Laser_Shots", "time", "channels")
	if err != nil {
		return err
	}
	starts, stops, err := n.sccTimes(nt)
	if err != nil {
		return err
	}
	zenith, azimuth := n.sccAngles(nt)
	for i := range nt {
		r := scan.Ray{Start: starts[i], Stop: stops[i], AzimuthDeg: azimuth[i], ElevationDeg: 90 - zenith[i], File: fmt.Sprintf("%s, profile %d", n.name, i)}
		if r.Stop.Before(r.Start) {
			return n.refuse("Raw_Data_Stop_Time", fmt.Sprintf("profile %d stops before it starts", i), doCopyAgain)
		}
		for k := range nc {
			r.Values = append(r.Values, row(values, i*nc+k, points))
			r.Shots = append(r.Shots, int(max(0, min(finite(shots[i*nc+k]), maxLicelShots))))
		}
		s.Rays = append(s.Rays, r)
	}
	return nil
}

func (n *ncFile) attributeNumber(name string) float64 {
	v, _ := number(n.attribute("", name))
	return v
}

// perChannel is an optional variable over channels; NaN where it is not there.
func (n *ncFile) perChannel(variable string, channels int) []float64 {
	if n.has(variable) {
		if v, shape, err := n.floats(variable, "channels"); err == nil && shape[0] == channels {
			return v
		}
	}
	return missing(channels)
}

// fillAbove is below the default fill value of netCDF floats, 9.97e36, which files use for "none".
const fillAbove = 1e30

func (n *ncFile) sccChannels(s *scan.Scan, channels, points int) error {
	ids, daq := n.perChannel("channel_ID", channels), n.perChannel("DAQ_Range", channels)
	binM, trigger := n.perChannel("Raw_Data_Range_Resolution", channels), n.perChannel("First_Signal_Rangebin", channels)
	emitted, detected := n.perChannel("Emitted_Wavelength", channels), n.perChannel("Detected_Wavelength", channels)
	names := n.sccNames(channels)
	var dark []string
	for k := range channels {
		c := scan.Channel{ID: names[k], Mode: scan.Analog, Unit: scan.UnitMV, BinM: binM[k], Bins: points, ADCRangeMV: daq[k]}
		if c.ID == "" {
			c.ID = fmt.Sprintf("channel %.0f", ids[k])
		}
		if !(daq[k] > 0 && daq[k] < fillAbove) {
			c.Mode, c.Unit, c.ADCRangeMV = scan.Photon, scan.UnitCounts, 0
		}
		if !(c.BinM > 0) {
			return n.refuse("Raw_Data_Range_Resolution", "is not stated, so that ranges are unknown", "add it to the file")
		}
		c.FirstM = c.BinM / 2
		if b := trigger[k]; b > 0 && b < float64(points) {
			c.FirstM -= b * c.BinM
		}
		c.WavelengthNM, c.Polarization = wavelengthOf(c.ID)
		for _, w := range []float64{emitted[k], detected[k]} {
			if w > 0 && w < 1e5 {
				c.WavelengthNM = w
			}
		}
		if c.WavelengthNM == 0 {
			dark = append(dark, c.ID)
		}
		s.Channels = append(s.Channels, c)
	}
	if len(dark) > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: the file does not state the wavelength of %s: the SCC keeps it in its database", n.name, some(dark)))
	}
	return nil
}

// sccNames are the channels' names, "" where the file has only numbers.
func (n *ncFile) sccNames(channels int) []string {
	for _, v := range []string{"channel_string_ID", "channel_string"} {
		if n.vars[v].Text {
			if names, err := n.Strings(v); err == nil && len(names) == channels {
				return names
			}
		}
	}
	return make([]string, channels)
}

// wavelengthOf reads a name such as "355_p_an" or "0532.s".
func wavelengthOf(name string) (nm float64, pol scan.Polarization) {
	digits := strings.TrimLeft(name, "0")
	end := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(digits)
	}
	v, ok := whole(digits[:end], 200, 3000)
	if !ok {
		return 0, scan.Total
	}
	rest := strings.TrimLeft(strings.ToLower(digits[end:]), "._- ")
	switch {
	case strings.HasPrefix(rest, "p") && !strings.HasPrefix(rest, "pc"):
		pol = scan.Parallel
	case strings.HasPrefix(rest, "s"), strings.HasPrefix(rest, "c"):
		pol = scan.Perpendicular
	}
	return float64(v), pol
}

// sccTimes are seconds after the start that the file's attributes state, unless units say otherwise.
func (n *ncFile) sccTimes(nt int) (starts, stops []time.Time, err error) {
	var out [2][]time.Time
	day := n.attribute("", "RawData_Start_Date") + n.attribute("", "RawData_Start_Time_UT")
	epoch, dayErr := time.Parse("20060102150405", day)
	for i, name := range []string{"Raw_Data_Start_Time", "Raw_Data_Stop_Time"} {
		if sinceUnits.MatchString(n.attribute(name, "units")) {
			if out[i], err = n.times(name); err != nil {
				return nil, nil, err
			}
			continue
		}
		if dayErr != nil {
			return nil, nil, n.refuse("", "RawData_Start_Date and RawData_Start_Time_UT, "+quoted(day)+", are no date and time", "correct the attributes")
		}
		v, _, err := n.floats(name, "time")
		if err != nil {
			return nil, nil, err
		}
		for _, sec := range v {
			if !(math.Abs(sec) < 1e8) {
				return nil, nil, n.refuse(name, fmt.Sprintf("%g seconds after the start is no time", sec), doCopyAgain)
			}
			out[i] = append(out[i], utc(epoch, sec))
		}
	}
	if len(out[0]) != nt || len(out[1]) != nt {
		return nil, nil, n.refuse("Raw_Data_Start_Time", "has another length than Raw_Lidar_Data", doCopyAgain)
	}
	return out[0], out[1], nil
}

// sccAngles are the zenith and azimuth of each profile: an index into the scan angles.
func (n *ncFile) sccAngles(nt int) (zenith, azimuth []float64) {
	zenith, azimuth = make([]float64, nt), make([]float64, nt)
	index := make([]float64, nt)
	if v, _, err := n.floats("Laser_Pointing_Angle_of_Profiles", "time"); err == nil && len(v) == nt {
		index = v
	}
	for name, to := range map[string][]float64{"Laser_Pointing_Angle": zenith, "Laser_Pointing_Azimuth_Angle": azimuth} {
		angles, _, err := n.floats(name, "scan_angles")
		if err != nil {
			continue
		}
		for i := range to {
			if k := index[i]; k >= 0 && k < float64(len(angles)) {
				to[i] = finite(angles[int(k)])
			}
		}
	}
	return zenith, azimuth
}
