package format

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"upwind"
	"upwind/lidar/scan"
)

// The polar table is described in docs/formats/polar.md. A JSON object states instrument, site and
// channels; rows follow, one a ray. In the CSV the object stands on the first line behind [polarMark]; in
// JSON lines it is the first line.

// polarVersion is the version of the table that is read and written.
const polarVersion = 1

// polarMark starts a polar CSV.
const polarMark = "#upwind-polar "

// Bounds on a polar table.
const (
	maxPolarChannels = 64
	maxPolarBins     = 1 << 17
	maxPolarHeader   = 4 << 20 // a measured overlap or after-pulse of 131072 bins fits
	maxNumberBytes   = 40      // digits of one value
)

// polarHeader is the object that a polar table starts with.
type polarHeader struct {
	Version    int            `json:"upwind_polar"`
	Instrument string         `json:"instrument"`
	Kind       scan.Kind      `json:"kind,omitempty"`
	Site       scan.Site      `json:"site"`
	Channels   []scan.Channel `json:"channels"`
	Notes      []string       `json:"notes,omitempty"`
}

func sniffPolarCSV(head []byte, _ string) bool {
	return bytes.HasPrefix(head, []byte(polarMark)) || bytes.HasPrefix(head, []byte("\xef\xbb\xbf"+polarMark))
}

func sniffPolarJSON(head []byte, _ string) bool {
	head = bytes.TrimLeft(head, " \t")
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(line, []byte(`"upwind_polar"`))
}

const doPolar = "see docs/formats/polar.md"

// parsePolarHeader reads the object, which begins at column (1-based) of the line l last gave.
func parsePolarHeader(l *lines, object []byte, column int) (*polarHeader, error) {
	if len(object) > maxPolarHeader {
		return nil, l.refuse(0, fmt.Sprintf("the header is longer than %d bytes", maxPolarHeader), doPolar)
	}
	h := &polarHeader{}
	dec := json.NewDecoder(bytes.NewReader(object))
	dec.DisallowUnknownFields()
	at := func(off int64, what string) error {
		return upwind.Refuse(l.name, fmt.Sprintf("line %d, column %d", l.n, column+int(off)), what, doPolar)
	}
	if err := dec.Decode(h); err != nil {
		return nil, at(jsonOffset(err, dec), "the header is not as described: "+jsonWords(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, at(dec.InputOffset(), "something follows the header object")
	}
	var keys struct {
		Channels []map[string]json.RawMessage `json:"channels"`
	}
	if err := json.Unmarshal(object, &keys); err != nil {
		return nil, at(0, jsonWords(err))
	}
	for i, c := range keys.Channels {
		for _, k := range []string{"id", "wavelength_nm", "mode", "unit", "bin_m", "first_m", "bins"} {
			if _, ok := c[k]; !ok {
				return nil, l.refuse(0, fmt.Sprintf("channel %d does not state %s", i+1, k), doPolar)
			}
		}
	}
	if what := h.fault(); what != "" {
		return nil, l.refuse(0, what, doPolar)
	}
	return h, nil
}

// jsonOffset is where an error stands in what was decoded.
func jsonOffset(err error, dec *json.Decoder) int64 {
	var syntax *json.SyntaxError
	var typed *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return syntax.Offset
	case errors.As(err, &typed):
		return typed.Offset
	}
	return dec.InputOffset()
}

func jsonWords(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the line ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// fault says what is wrong with a header; "" when nothing is.
func (h *polarHeader) fault() string {
	switch {
	case h.Version != polarVersion:
		return fmt.Sprintf("upwind_polar is %d; version %d is read", h.Version, polarVersion)
	case len(h.Channels) == 0 || len(h.Channels) > maxPolarChannels:
		return fmt.Sprintf("%d channels; 1 to %d are read", len(h.Channels), maxPolarChannels)
	case !slices.Contains([]scan.Kind{"", scan.Stare, scan.PPI, scan.Cone, scan.RHI, scan.Mixed}, h.Kind):
		return fmt.Sprintf("kind %s is none of stare, ppi, cone, rhi, mixed", quoted(string(h.Kind)))
	case math.Abs(h.Site.Lat) > 90 || math.Abs(h.Site.Lon) > 180:
		return fmt.Sprintf("site lon %g, lat %g is no place; are they exchanged?", h.Site.Lon, h.Site.Lat)
	}
	used := map[string]bool{}
	for i, c := range h.Channels {
		if what := channelFault(c); what != "" {
			return fmt.Sprintf("channel %d: %s", i+1, what)
		}
		if used[c.ID] {
			return fmt.Sprintf("channel id %s comes twice", quoted(c.ID))
		}
		used[c.ID] = true
	}
	return ""
}

var polarUnits = []string{scan.UnitMV, scan.UnitMHz, scan.UnitCounts, scan.UnitBeta, scan.UnitSNR, scan.UnitRCS, scan.UnitMS}

func channelFault(c scan.Channel) string {
	switch {
	case c.ID == "" || len(c.ID) > 64 || strings.ContainsAny(c.ID, ",\"\r\n") || strings.ToValidUTF8(c.ID, "") != c.ID:
		return "id " + quoted(c.ID) + " must be up to 64 bytes without commas, quotes and line ends"
	case c.WavelengthNM < 0 || c.WavelengthNM > 1e5:
		return fmt.Sprintf("wavelength_nm %g", c.WavelengthNM)
	case !slices.Contains([]scan.Polarization{scan.Total, scan.Parallel, scan.Perpendicular}, c.Polarization):
		return "polarization " + quoted(string(c.Polarization)) + " is neither parallel nor perpendicular"
	case !slices.Contains([]scan.Mode{scan.Analog, scan.Photon, scan.Derived}, c.Mode):
		return "mode " + quoted(string(c.Mode)) + " is none of analog, photon, derived"
	case !slices.Contains(polarUnits, c.Unit):
		return "unit " + quoted(c.Unit) + " is none of " + strings.Join(polarUnits, ", ")
	case !(c.BinM > 0) || c.BinM > 1e5:
		return fmt.Sprintf("bin_m %g", c.BinM)
	case math.Abs(c.FirstM) > 1e6:
		return fmt.Sprintf("first_m %g", c.FirstM)
	case c.Bins < 1 || c.Bins > maxPolarBins:
		return fmt.Sprintf("bins %d; 1 to %d are read", c.Bins, maxPolarBins)
	case c.ADCBits < 0 || c.ADCBits > 32 || c.ADCRangeMV < 0:
		return fmt.Sprintf("adc_bits %d, adc_range_mv %g", c.ADCBits, c.ADCRangeMV)
	}
	return ""
}

// scan is the empty scan that a header describes.
func (h *polarHeader) scan() *scan.Scan {
	return &scan.Scan{Instrument: h.Instrument, Kind: h.Kind, Site: h.Site, Channels: h.Channels, Notes: h.Notes}
}

// polarTime reads a time, which must carry its offset.
func polarTime(s string) (time.Time, string) {
	t, err := time.Parse(time.RFC3339Nano, s)
	switch {
	case err != nil:
		return t, quoted(s) + " is not a time; write 2006-01-02T15:04:05Z"
	case t.Year() > 9998:
		return t, quoted(s) + " is no time of a measurement"
	}
	return t.UTC(), ""
}

// rayFault says what is wrong with a ray's direction and time.
func rayFault(r scan.Ray) (column, what string) {
	switch {
	case r.Stop.Before(r.Start):
		return "stop_utc", "stops before it starts"
	case !(math.Abs(r.AzimuthDeg) <= 360):
		return "azimuth_deg", fmt.Sprintf("%g is outside -360..360", r.AzimuthDeg)
	case !(r.ElevationDeg >= -90 && r.ElevationDeg <= 180):
		return "elevation_deg", fmt.Sprintf("%g is outside -90..180", r.ElevationDeg)
	}
	return "", ""
}

const maxShots = 1 << 40
