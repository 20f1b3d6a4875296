package format

import (
	"fmt"
	"math"
	"strings"

	"upwind/lidar/scan"
)

// Raymetrics delivers its scanners with the position of its own works in Athens, and they keep it.
const (
	factoryLon, factoryLat = 23.7534, 38.0631
	factoryNear            = 0.001 // deg
)

// placeDecimals is how many decimals a position needs to put a plume on a map: three are 110 m.
const placeDecimals = 3

// site is where the header, or the program's ini file beside it, says the instrument stands.
func (t *licelTurn) site(h *licelHeader, besides []File) scan.Site {
	s := scan.Site{ID: h.site, Lon: h.lon, Lat: h.lat, AltitudeM: h.altitudeM}
	digits := h.decimals
	for _, f := range besides {
		if ini := globalINI(f); ini != nil {
			s.ID, s.Lon, s.Lat, s.AltitudeM = ini.ID, ini.Lon, ini.Lat, ini.AltitudeM
			digits = placeDecimals
		}
	}
	if t.opt.Site.Placed {
		return s
	}
	switch {
	case math.Abs(s.Lat) > 90 || math.Abs(s.Lon) > 180 || s.Lat == 0 && s.Lon == 0:
		t.note("the header's position %g, %g is none; state the site", s.Lon, s.Lat)
		s.Lon, s.Lat = 0, 0
	case math.Abs(s.Lon-factoryLon) < factoryNear && math.Abs(s.Lat-factoryLat) < factoryNear:
		t.note("the header's position %.4f E %.4f N is the manufacturer's works in Athens, not a site; state the site", s.Lon, s.Lat)
	case digits < placeDecimals:
		t.note("the header's position %g, %g has %s: too coarse for a map; state the site", s.Lon, s.Lat, plural(digits, "decimal"))
	default:
		s.Placed = true
	}
	return s
}

// globalINI reads site and position of a Raymetrics global_info_scann.ini; nil for other files.
func globalINI(f File) *scan.Site {
	b, err := load(f)
	if err != nil {
		return nil
	}
	s, found := scan.Site{}, 0
	in := false
	for l := (&lines{rest: b}); ; {
		line, ok := l.next()
		if !ok {
			break
		}
		text := strings.TrimSpace(string(line))
		if strings.HasPrefix(text, "[") {
			in = strings.EqualFold(text, "[global_info_scann]")
		}
		key, value, ok := strings.Cut(text, "=")
		if !in || !ok {
			continue
		}
		value = strings.Trim(strings.TrimSpace(value), `"`)
		v, isNumber := number(value)
		switch strings.TrimSpace(key) {
		case "Location":
			s.ID = value
		case "Longitude":
			s.Lon, found = v, found+boolInt(isNumber)
		case "Latitude":
			s.Lat, found = v, found+boolInt(isNumber)
		case "Height_asl":
			s.AltitudeM = v
		}
	}
	if found < 2 {
		return nil
	}
	return &s
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// park points the rays and marks those taken beside the plan.
func (t *licelTurn) park(s *scan.Scan) {
	var parked []string
	for i, r := range t.rays {
		ray, h := &s.Rays[i], r.header
		ray.AzimuthDeg, ray.ElevationDeg = h.direction(t.opt.Site.ElevationSign)
		if h.plan != nil && (h.plan.beside(h.angles) || i == 0 && len(t.rays) > 1 && h.plan.between(h.angles)) {
			ray.Parked = true
			parked = append(parked, r.file)
		}
	}
	h := t.rays[0].header
	switch {
	case t.opt.Site.ElevationSign != 0:
	case h.plan != nil:
		t.note("elevation is minus the header's zenith field, as Raymetrics scanners count; state the site's elevation sign if yours does not")
	case len(h.angles) == 0:
		t.note("the header has no angles; the lidar is taken to look to the zenith")
	}
	if len(parked) == len(t.rays) {
		for i := range s.Rays {
			s.Rays[i].Parked = false
		}
		t.note("no ray points where the header's scan line says; all are used")
		return
	}
	if len(parked) > 0 {
		t.note("%s: points beside the scan line (%v): parked", some(parked), t.rays[0].header.plan)
	}
}

// direction is azimuth and elevation. A Raymetrics header counts its zenith field from the horizon, upward
// negative; a Licel header from the zenith, upward zero. The scan line, or a field below zero, tells them
// apart; a sign that the site states makes the field an elevation times that sign.
func (h *licelHeader) direction(sign float64) (azimuthDeg, elevationDeg float64) {
	zenith := 0.0
	if len(h.angles) > 0 {
		zenith = h.angles[0]
	}
	if len(h.angles) > 1 {
		azimuthDeg = h.angles[1]
	}
	if h.plan != nil {
		azimuthDeg = mod360(azimuthDeg + h.plan.azOffset)
	}
	switch {
	case sign != 0 && len(h.angles) > 0:
		return azimuthDeg, sign * zenith
	case h.plan != nil || zenith < 0:
		return azimuthDeg, 0 - zenith // not minus zero
	}
	return azimuthDeg, 90 - zenith
}

// beside reports a direction outside the plan by more than half a step.
func (p *licelPlan) beside(angles []float64) bool {
	if len(angles) < 2 {
		return false
	}
	return outside(angles[0], p.zenStart, p.zenStop, p.zenStep) || outside(angles[1], p.azStart, p.azStop, p.azStep) && outside(angles[1]-360, p.azStart, p.azStop, p.azStep) && outside(angles[1]+360, p.azStart, p.azStop, p.azStep)
}

// between reports a direction between the steps of the plan: where the scanner stood before its first one.
func (p *licelPlan) between(angles []float64) bool {
	return len(angles) > 1 && (offStep(angles[0], p.zenStart, p.zenStep) || offStep(mod360(angles[1]), p.azStart, p.azStep))
}

func offStep(v, from, step float64) bool {
	if step == 0 {
		return false
	}
	k := (v - from) / step
	return math.Abs(k-math.Round(k)) > 0.25
}

func outside(v, from, to, step float64) bool {
	slack := max(math.Abs(step)/2, sameDeg/5)
	return v < min(from, to)-slack || v > max(from, to)+slack
}

// String is the plan for people.
func (p *licelPlan) String() string {
	return fmt.Sprintf("azimuth %g to %g by %g, zenith %g to %g by %g deg", p.azStart, p.azStop, p.azStep, p.zenStart, p.zenStop, p.zenStep)
}
