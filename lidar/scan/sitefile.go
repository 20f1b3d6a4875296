package scan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"upwind"
)

// SiteType is what the "type" of a site file says.
const SiteType = "LidarSite"

// maxSiteBytes bounds a site file: an afterpulse record of 16,000 bins takes 300 kB.
const maxSiteBytes = 4 << 20

// IsSite reports whether a JSON document is a site file, by its type.
func IsSite(doc []byte) bool {
	var head struct {
		Type string `json:"type"`
	}
	return json.Unmarshal(doc, &head) == nil && head.Type == SiteType
}

// ParseSite reads a site file: one JSON object with "type": "LidarSite" and the fields of [Site]. A misspelt
// field is refused, because a calibration that is silently not applied is worse than none. Stating lon and
// lat places the instrument.
func ParseSite(name string, r io.Reader) (Site, error) {
	bad := func(where, what, do string) (Site, error) { return Site{}, upwind.Refuse(name, where, what, do) }
	b, err := io.ReadAll(io.LimitReader(r, maxSiteBytes+1))
	if err != nil {
		return Site{}, upwind.Passing(fmt.Errorf("scan: reading %s: %w", name, err))
	}
	if len(b) > maxSiteBytes {
		return bad("", fmt.Sprintf("a site file of more than %d bytes", maxSiteBytes), "state the afterpulse with fewer digits")
	}
	doc := struct {
		Type string   `json:"type"`
		Lon  *float64 `json:"lon"`
		Lat  *float64 `json:"lat"`
		// Placed follows from lon and lat.
		Placed *bool `json:"placed"`
		*Site
	}{Site: &Site{}}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		where := ""
		if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
			where = "line " + strconv.Itoa(1+bytes.Count(b[:min(int64(len(b)), syntax.Offset)], []byte("\n")))
		}
		return Site{}, &upwind.Refusal{File: name, Where: where, What: "this site file cannot be read", Do: "see docs/formats/lidar-site.md", Err: err}
	}
	s := *doc.Site
	switch {
	case doc.Type != SiteType:
		return bad("type", fmt.Sprintf("it says %.20q", doc.Type), `a site file says "type": "`+SiteType+`"`)
	case (doc.Lon == nil) != (doc.Lat == nil):
		return bad("", "it states one of lon and lat", "state both, in degrees of WGS84")
	case doc.Lon != nil:
		s.Lon, s.Lat, s.Placed = *doc.Lon, *doc.Lat, true
	}
	return s, s.check(name)
}

// check refuses what no instrument has.
func (s Site) check(name string) error {
	within := func(field string, v, lo, hi float64) error {
		if v >= lo && v <= hi {
			return nil
		}
		return upwind.Refuse(name, field, fmt.Sprintf("%g is not within %g to %g", v, lo, hi), "see docs/formats/lidar-site.md for its unit")
	}
	checks := []error{
		within("lon", s.Lon, -180, 180), within("lat", s.Lat, -90, 90), within("altitude_m", s.AltitudeM, -500, 9000),
		within("heading_deg", s.HeadingDeg, -360, 360), within("dead_time_ns", s.DeadTimeNS, 0, 1000), within("full_overlap_m", s.FullOverlapM, 0, 5000),
		within("lidar_ratio_sr", s.LidarRatioSr, 0, 200), within("mass_extinction_m2_g", s.MassM2G, 0, 100), within("rh0", s.RH0, 0, 0.99), within("gamma", s.Gamma, 0, 3),
	}
	if s.ElevationSign != 0 && math.Abs(s.ElevationSign) != 1 {
		checks = append(checks, upwind.Refuse(name, "elevation_sign", fmt.Sprintf("%g is neither 1 nor -1", s.ElevationSign), "state how the instrument counts"))
	}
	for i, o := range s.Overlap {
		field := fmt.Sprintf("overlap, point %d", i+1)
		checks = append(checks, within(field, o.Share, 0, 1.5))
		if i > 0 && o.RangeM <= s.Overlap[i-1].RangeM {
			checks = append(checks, upwind.Refuse(name, field, "its range does not grow", "put the points in order of range"))
		}
	}
	for i, b := range s.Blocked {
		field := fmt.Sprintf("blocked, sector %d", i+1)
		checks = append(checks, within(field, b.FromDeg, -360, 360), within(field, b.ToDeg, -360, 360), within(field, b.MaxRangeM, 0, 1e5))
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}
