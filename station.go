package upwind

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
)

// StationKind is what a station watches.
type StationKind string

const (
	StationStandard StationKind = "air-standard" // reference instruments
	StationMicro    StationKind = "air-micro"    // small sensors on poles
	StationDust     StationKind = "dust"         // at the fence of a construction site or a yard
	StationStack    StationKind = "stack"        // continuous emission monitor
	StationRiver    StationKind = "river"        // water quality
	StationWeather  StationKind = "weather"      // wind and weather only
)

// StationKinds are all kinds, in the order of people's lists.
var StationKinds = []StationKind{StationStandard, StationMicro, StationDust, StationStack, StationRiver, StationWeather}

// Medium is what a station of this kind measures in.
func (k StationKind) Medium() Medium {
	switch k {
	case StationStack:
		return InStack
	case StationRiver:
		return InWater
	}
	return Ambient
}

// Station is a place that measures: what the registry knows of it.
type Station struct {
	ID      string      `json:"id"`
	Name    string      `json:"name"`
	Kind    StationKind `json:"kind"`
	Lon     float64     `json:"lon"`
	Lat     float64     `json:"lat"`
	HeightM float64     `json:"height_m"`       // of the inlet above ground; of a stack, its mouth
	Town    string      `json:"town,omitempty"` // nine digits of the division code; its first six are the county
	SiteID  string      `json:"site_id,omitempty"`
	Device  *Device     `json:"device,omitempty"` // nil where nothing speaks HJ 212

	// Limits are what a stack's hourly means must keep to, by species, in mg/m3 at the reference oxygen.
	Limits map[string]float64 `json:"limits,omitempty"`
	// WaterClass is the class of GB 3838 (1 to 5) that a river is to keep to; 0 where none is set.
	WaterClass int `json:"water_class,omitempty"`
}

// County is the county's six digits, empty when the town is not stated.
func (s Station) County() string {
	if len(s.Town) < 6 {
		return ""
	}
	return s.Town[:6]
}

var townCode = regexp.MustCompile(`^[0-9]{9}$`)

// Validate checks what every reader of a station relies on.
func (s Station) Validate() error {
	switch {
	case s.ID == "" || len(s.ID) > 64:
		return fmt.Errorf("upwind: a station's id has 1 to 64 characters, %q has not", s.ID)
	case !slices.Contains(StationKinds, s.Kind):
		return fmt.Errorf("upwind: station %s: kind %q is none of %v", s.ID, s.Kind, StationKinds)
	case !(math.Abs(s.Lon) <= 180 && math.Abs(s.Lat) <= 90):
		return fmt.Errorf("upwind: station %s: %v, %v is no place in WGS84", s.ID, s.Lon, s.Lat)
	case !(s.HeightM >= 0 && s.HeightM <= 1000):
		return fmt.Errorf("upwind: station %s: a height of %v m above ground is not between 0 and 1000", s.ID, s.HeightM)
	case s.Town != "" && !townCode.MatchString(s.Town):
		return fmt.Errorf("upwind: station %s: town %q is not a division code of nine digits", s.ID, s.Town)
	case s.WaterClass < 0 || s.WaterClass > 5:
		return fmt.Errorf("upwind: station %s: water class %d is none of 1 to 5", s.ID, s.WaterClass)
	case s.Device != nil && s.Device.MN == "":
		return fmt.Errorf("upwind: station %s: its device has no number (MN)", s.ID)
	}
	for species, limit := range s.Limits {
		if !(limit > 0) {
			return fmt.Errorf("upwind: station %s: a limit of %v for %s is no limit", s.ID, limit, species)
		}
	}
	return nil
}

// SortStations orders stations by id.
func SortStations(list []Station) {
	slices.SortStableFunc(list, func(a, b Station) int { return cmp.Compare(a.ID, b.ID) })
}
