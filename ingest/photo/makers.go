package photo

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// fill turns fields into facts. What each maker gives:
//
//	DJI     XMP drone-dji: GpsLatitude, GpsLongitude (old firmware: GpsLongtitude), AbsoluteAltitude,
//	        RelativeAltitude, Gimbal*Degree, Flight*Degree, RtkFlag, RtkStd*, CalibratedFocalLength,
//	        DewarpData, DewarpFlag. Position without XMP from EXIF.
//	Autel   newer firmware: DJI's names under the prefix drone:; older: Camera:Yaw/Pitch/Roll with pitch 0
//	        straight down, position from EXIF.
//	Parrot  drone-parrot: CameraYawDegree, CameraPitchDegree, CameraRollDegree and Drone*Degree; position
//	        from EXIF.
//	Sony    no angles: EXIF time, lens and (with a GPS unit) position; accepted, held off the map.
//
// Fields of other prefixes with the same local names are read the same way.
func (p *Picture) fill(exif, xmp map[string]string, zone *time.Location) {
	p.Make = first(exif["Make"], xmp["Make"])
	p.Model = first(exif["Model"], xmp["Model"])
	p.time(exif, zone)
	p.position(exif, xmp)
	p.angles(xmp)
	p.lens(exif, xmp)
	if o, ok := number(exif, "Orientation"); ok && o != 1 && o != 0 {
		p.Rotated = true
	}
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// exifTime is the layout of EXIF times.
const exifTime = "2006:01:02 15:04:05"

func (p *Picture) time(exif map[string]string, zone *time.Location) {
	if day, err := time.Parse("2006:01:02", exif["GPSDateStamp"]); err == nil {
		if hms, ok := numbers(exif["GPSTimeStamp"]); ok && len(hms) == 3 && inDay(hms) {
			s := hms[0]*3600 + hms[1]*60 + hms[2]
			p.Time, p.TimeSource = day.Add(time.Duration(math.Round(s*1000))*time.Millisecond).UTC(), "gps"
			return
		}
	}
	clock := first(exif["DateTimeOriginal"], exif["DateTime"])
	if offset := first(exif["OffsetTimeOriginal"], exif["OffsetTime"]); offset != "" {
		if t, err := time.Parse(exifTime+"Z07:00", clock+offset); err == nil {
			p.Time, p.TimeSource = t.UTC(), "exif-offset"
			return
		}
	}
	if t, err := time.ParseInLocation(exifTime, clock, zone); err == nil && t.Year() > 1990 {
		p.Time, p.TimeSource = t.UTC(), "exif-assumed-zone"
	}
}

func inDay(hms []float64) bool {
	return hms[0] >= 0 && hms[0] < 24 && hms[1] >= 0 && hms[1] < 60 && hms[2] >= 0 && hms[2] < 61
}

func (p *Picture) position(exif, xmp map[string]string) {
	lat, okLat := number(xmp, "GpsLatitude")
	lon, okLon := number(xmp, "GpsLongitude", "GpsLongtitude")
	if !okLat || !okLon {
		lat, okLat = degrees(exif, "GPSLatitude", 90)
		lon, okLon = degrees(exif, "GPSLongitude", 180)
	}
	// A camera without a fix writes 0, 0, which is in the Gulf of Guinea.
	if !okLat || !okLon || math.Abs(lat) > 90 || math.Abs(lon) > 180 || lat == 0 && lon == 0 {
		return
	}
	pos := &Position{Lon: lon, Lat: lat}
	if h, ok := number(xmp, "AbsoluteAltitude"); ok {
		pos.AbsoluteM = plausibleHeight(h)
	} else if h, ok := number(exif, "GPSAltitude"); ok {
		if ref, ok := number(exif, "GPSAltitudeRef"); ok && ref == 1 {
			h = -h
		}
		pos.AbsoluteM = plausibleHeight(h)
	}
	if h, ok := number(xmp, "RelativeAltitude"); ok {
		pos.RelativeM = plausibleHeight(h)
	}
	// RtkFlag 50 is a fixed solution (16 single point, 34 float).
	if flag, ok := number(xmp, "RtkFlag"); ok && flag == 50 {
		pos.RTKFixed = true
	}
	pos.SigmaE = sigmaField(xmp, "RtkStdLon")
	pos.SigmaN = sigmaField(xmp, "RtkStdLat")
	pos.SigmaUp = sigmaField(xmp, "RtkStdHgt")
	p.Position = pos
}

// plausibleHeight drops heights no drone over land has.
func plausibleHeight(h float64) *float64 {
	if h < -1000 || h > 12000 {
		return nil
	}
	return &h
}

func sigmaField(xmp map[string]string, name string) *float64 {
	if v, ok := number(xmp, name); ok && v > 0 && v < 1000 {
		return &v
	}
	return nil
}

func (p *Picture) angles(xmp map[string]string) {
	p.Gimbal = attitude(xmp, "GimbalYawDegree", "GimbalPitchDegree", "GimbalRollDegree")
	p.Flight = attitude(xmp, "FlightYawDegree", "FlightPitchDegree", "FlightRollDegree")
	if p.Gimbal == nil {
		p.Gimbal = attitude(xmp, "CameraYawDegree", "CameraPitchDegree", "CameraRollDegree")
		p.Flight = attitude(xmp, "DroneYawDegree", "DronePitchDegree", "DroneRollDegree")
	}
	if p.Gimbal == nil && strings.HasPrefix(strings.ToUpper(p.Make), "AUTEL") {
		if p.Gimbal = attitude(xmp, "Yaw", "Pitch", "Roll"); p.Gimbal != nil {
			p.Gimbal.PitchDeg -= 90
		}
	}
}

// attitude needs yaw and pitch; a missing roll is 0, as gimbals hold it.
func attitude(xmp map[string]string, yaw, pitch, roll string) *Attitude {
	y, okY := number(xmp, yaw)
	t, okT := number(xmp, pitch)
	r, _ := number(xmp, roll)
	if !okY || !okT || math.Abs(y) > 360 || math.Abs(t) > 180 || math.Abs(r) > 180 {
		return nil
	}
	return &Attitude{YawDeg: y, PitchDeg: t, RollDeg: r}
}

func (p *Picture) lens(exif, xmp map[string]string) {
	p.FullW, p.FullH = p.Width, p.Height
	w, okW := number(exif, "PixelXDimension")
	h, okH := number(exif, "PixelYDimension")
	if okW && okH && sameShape(w, h, float64(p.Width), float64(p.Height)) {
		p.FullW, p.FullH = int(w), int(h)
	}
	scale := float64(p.Width) / float64(p.FullW)
	if v, ok := number(exif, "FocalLengthIn35mmFilm"); ok && v >= 5 && v <= 2000 {
		p.Lens.F35MM = v
	}
	if v, ok := number(xmp, "CalibratedFocalLength"); ok && v > 0 && v < 1e6 {
		p.Lens.FocalPX = v * scale
	}
	p.Lens.Dewarp = dewarp(xmp["DewarpData"], scale)
	if v, ok := number(xmp, "DewarpFlag"); ok && v == 1 {
		p.Lens.Flat = true
	}
}

// sameShape: a picture made smaller keeps its shape to a pixel; anything else was cut, and then the full
// size says nothing about the scale.
func sameShape(w, h, width, height float64) bool {
	return w >= width && h >= height && w <= maxSide && h <= maxSide &&
		math.Abs(w*height-h*width) <= math.Max(w, h)
}

// dewarp reads "date;fx,fy,cx,cy,k1,k2,p1,p2,k3" in pixels of the full picture, cx and cy from its centre.
func dewarp(s string, scale float64) *Brown {
	_, list, ok := strings.Cut(s, ";")
	if !ok {
		return nil
	}
	parts := strings.Split(list, ",")
	if len(parts) < 9 {
		return nil
	}
	var v [9]float64
	for i := range v {
		f, err := strconv.ParseFloat(strings.TrimSpace(parts[i]), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil
		}
		v[i] = f
	}
	if v[0] <= 0 || v[1] <= 0 {
		return nil
	}
	return &Brown{
		FX: v[0] * scale, FY: v[1] * scale, CX: v[2] * scale, CY: v[3] * scale,
		K1: v[4], K2: v[5], P1: v[6], P2: v[7], K3: v[8],
	}
}
