package format

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"upwind"
	"upwind/lidar/scan"
)

// SigmaMPL writes records without gaps, little-endian: a header of [mplHeaderBytes] whose length the header
// states, then one or two channels of float32 counts a microsecond (Micro Pulse LiDAR System Software
// Manual, SigmaMPL2015R2.3, data file version 5). Offsets of what is used:
const (
	mplUnit       = 0   // uint16
	mplYear       = 4   // uint16 year, month, day, hour, minute, second
	mplShots      = 16  // uint32 shots summed
	mplRate       = 20  // int32 shots a second
	mplBackground = 48  // float32 mean of channel 1's background bins; channel 2's stands at mplBack2
	mplChannels   = 56  // uint16
	mplBins       = 58  // uint32
	mplBinTime    = 62  // float32 s
	mplOffsetM    = 66  // float32 range calibration, m
	mplDataBins   = 70  // uint16 bins after the first data bin
	mplScanFlag   = 72  // uint16 1 while a scan scenario runs
	mplAzimuth    = 76  // float32 deg
	mplElevation  = 80  // float32 deg
	mplWavelength = 94  // uint16 nm, in later versions
	mplLat        = 96  // float32 deg; longitude and altitude follow
	mplBadFlag    = 108 // uint8 1: energy readings out of step
	mplBack2      = 110 // float32
	mplFirstBin   = 119 // uint16 first data bin
	mplHeaderSize = 126 // uint16

	mplHeaderBytes = 163
)

const (
	mplWavelengthNM = 532
	speedOfLightMS  = 299792458.0 // SI
	maxMPLBins      = 1 << 16
)

// mplRecord is what a record's header says.
type mplRecord struct {
	b        []byte
	size     int // of the header
	channels int
	bins     int
	at       time.Time
}

func u16(b []byte, at int) int { return int(binary.LittleEndian.Uint16(b[at:])) }
func u32(b []byte, at int) int { return int(binary.LittleEndian.Uint32(b[at:])) }
func f32(b []byte, at int) float64 {
	return float64(math.Float32frombits(binary.LittleEndian.Uint32(b[at:])))
}

// mplHeader reads a record's header; why says what is implausible.
func mplHeader(b []byte) (r mplRecord, why string) {
	if len(b) < mplHeaderBytes {
		return r, "the file ends in the header of a record"
	}
	r = mplRecord{b: b, size: u16(b, mplHeaderSize), channels: u16(b, mplChannels), bins: u32(b, mplBins)}
	var d [6]int
	for i := range d {
		d[i] = u16(b, mplYear+2*i)
	}
	r.at = time.Date(d[0], time.Month(d[1]), d[2], d[3], d[4], d[5], 0, time.UTC)
	binTime := f32(b, mplBinTime)
	switch {
	case r.size < mplHeaderBytes || r.size > 4096:
		why = fmt.Sprintf("a header of %d bytes; version 5 has %d", r.size, mplHeaderBytes)
	case d[0] < 1990 || d[0] > 2200 || d[1] < 1 || d[1] > 12 || d[2] < 1 || d[2] > 31 || d[3] > 23 || d[4] > 59 || d[5] > 60:
		why = fmt.Sprintf("the time %d-%d-%d %d:%d:%d is none", d[0], d[1], d[2], d[3], d[4], d[5])
	case r.channels < 1 || r.channels > 2:
		why = fmt.Sprintf("%d channels; 1 or 2 are possible", r.channels)
	case r.bins < 1 || r.bins > maxMPLBins:
		why = fmt.Sprintf("%d bins; 1 to %d are possible", r.bins, maxMPLBins)
	case !(binTime >= 1e-9 && binTime <= 1e-5):
		why = fmt.Sprintf("bins of %g s; 5e-8 to 5e-7 are usual", binTime)
	}
	return r, why
}

func sniffMPL(head []byte, _ string) bool {
	_, why := mplHeader(head)
	return why == ""
}

func (r mplRecord) length() int { return r.size + 4*r.bins*r.channels }

// twoWritten reports whether a one-channel record still has room for two channels behind its header, as
// some versions write it: then the next header, or the end of the file, stands there and not before.
func (r mplRecord) twoWritten() bool {
	if r.channels != 1 {
		return false
	}
	one, two := r.length(), r.length()+4*r.bins
	fits := func(at int) bool {
		if at >= len(r.b) {
			return at == len(r.b)
		}
		_, why := mplHeader(r.b[at:])
		return why == ""
	}
	return !fits(one) && fits(two)
}

// parseMPL reads the records of an .mpl file.
func parseMPL(ctx context.Context, f File, opt Options) (*scan.Scan, error) {
	b, err := load(f)
	if err != nil {
		return nil, err
	}
	s := &scan.Scan{}
	var first mplRecord
	outOfStep := 0
	for at := 0; at < len(b); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		where := fmt.Sprintf("record %d at byte %d", len(s.Rays)+1, at)
		r, why := mplHeader(b[at:])
		if why != "" {
			return s, upwind.Refuse(f.Name, where, why, doCopyAgain)
		}
		length := r.length()
		if r.twoWritten() {
			length += 4 * r.bins
		}
		if len(b)-at < length {
			return s, upwind.Refuse(f.Name, where, fmt.Sprintf("the file ends %d bytes before the end of the record", length-(len(b)-at)), doCopyAgain)
		}
		if at == 0 {
			if why := r.describe(s); why != "" {
				return nil, upwind.Refuse(f.Name, where, why, doCopyAgain)
			}
			first = r
		} else if why := r.differs(first); why != "" {
			return s, upwind.Refuse(f.Name, where, why, "cut the file where the settings were changed")
		}
		ray := r.ray(s, opt)
		ray.File = fmt.Sprintf("%s, record %d", f.Name, len(s.Rays)+1)
		s.Rays = append(s.Rays, ray)
		outOfStep += boolInt(r.b[mplBadFlag] == 1)
		at += length
	}
	if outOfStep > 0 {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: %s with the laser's energy readings out of step", f.Name, plural(outOfStep, "record")))
	}
	return s, nil
}

func (r mplRecord) differs(first mplRecord) string {
	if r.bins != first.bins || r.channels != first.channels || f32(r.b, mplBinTime) != f32(first.b, mplBinTime) || u16(r.b, mplFirstBin) != u16(first.b, mplFirstBin) || u16(r.b, mplDataBins) != u16(first.b, mplDataBins) {
		return "its channels, bins or bin width are not those of the first record"
	}
	return ""
}

// dataBins is the span of bins behind the laser pulse.
func (r mplRecord) dataBins() (from, n int) {
	from, n = u16(r.b, mplFirstBin), u16(r.b, mplDataBins)
	if n == 0 || from+n > r.bins {
		n = r.bins - from
	}
	return from, n
}

// describe fills the scan from its first record.
func (r mplRecord) describe(s *scan.Scan) string {
	from, n := r.dataBins()
	if n < 1 {
		return fmt.Sprintf("the first data bin %d lies behind the %d bins", from, r.bins)
	}
	binM := speedOfLightMS * f32(r.b, mplBinTime) / 2
	lambda := float64(u16(r.b, mplWavelength))
	if lambda < 300 || lambda > 1600 {
		lambda = mplWavelengthNM
		s.Notes = append(s.Notes, fmt.Sprintf("the file does not state the wavelength; %d nm is taken, as Micro Pulse Lidars have", mplWavelengthNM))
	}
	c := scan.Channel{ID: "channel 1", WavelengthNM: lambda, Mode: scan.Photon, Unit: scan.UnitMHz, BinM: binM, FirstM: binM/2 + f32(r.b, mplOffsetM), Bins: n}
	s.Channels = []scan.Channel{c}
	if r.channels == 2 {
		s.Channels[0].ID, s.Channels[0].Polarization = "cross", scan.Perpendicular
		c.ID, c.Polarization = "co", scan.Parallel
		s.Channels = append(s.Channels, c)
		s.Notes = append(s.Notes, "co and cross are a Micro Pulse Lidar's own states: the linear depolarisation ratio is cross / (co + cross) (Flynn et al. 2007), not cross / co")
	}
	s.Instrument = fmt.Sprintf("SigmaMPL unit %d", u16(r.b, mplUnit))
	lat, lon, alt := f32(r.b, mplLat), f32(r.b, mplLat+4), f32(r.b, mplLat+8)
	if (lat != 0 || lon != 0) && math.Abs(lat) <= 90 && math.Abs(lon) <= 180 {
		s.Site.Lat, s.Site.Lon, s.Site.Placed = lat, lon, true
		if math.Abs(alt) < 1e4 {
			s.Site.AltitudeM = alt
		}
	}
	if u16(r.b, mplScanFlag) == 0 && f32(r.b, mplElevation) == 0 {
		s.Notes = append(s.Notes, "no scan runs and the header's elevation is 0: the lidar is taken to look to the zenith")
	}
	return ""
}

// ray reads the record of one direction.
func (r mplRecord) ray(s *scan.Scan, opt Options) scan.Ray {
	shots := u32(r.b, mplShots)
	out := scan.Ray{Start: r.at, Stop: r.at, AzimuthDeg: finite(f32(r.b, mplAzimuth)), ElevationDeg: finite(f32(r.b, mplElevation))}
	if rate := u32(r.b, mplRate); rate > 0 && rate < 1e6 {
		out.Stop = r.at.Add(time.Duration(float64(shots) / float64(rate) * float64(time.Second)))
	}
	switch {
	case u16(r.b, mplScanFlag) == 0 && out.ElevationDeg == 0:
		out.ElevationDeg = 90
	case opt.Site.ElevationSign != 0:
		out.ElevationDeg *= opt.Site.ElevationSign
	}
	from, n := r.dataBins()
	out.Background = []float64{f32(r.b, mplBackground), f32(r.b, mplBack2)}[:len(s.Channels)]
	for c := range s.Channels {
		at := r.size + 4*(c*r.bins+from)
		v := make([]float64, n)
		for i := range v {
			if v[i] = f32(r.b, at+4*i); math.IsInf(v[i], 0) {
				v[i] = math.NaN()
			}
		}
		out.Values, out.Shots = append(out.Values, v), append(out.Shots, shots)
	}
	return out
}

// finite is v, or 0 where v is no number.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return v
}
