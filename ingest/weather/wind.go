package weather

import (
	"io"

	"upwind"
)

// WindColumns are the columns a wind table must have.
var WindColumns = []string{"start_utc", "duration_s", "id", "lon", "lat", "height_m", "speed_ms", "from_deg"}

// Ranges of wind columns. The strongest gust on record is 113 m/s (Barrow Island, 1996, WMO archive).
var (
	speedSpan    = Span{0, 120, "speed_ms is metres a second"}
	fromSpan     = Span{0, 360, "from_deg is degrees clockwise from north, where the wind comes from"}
	sdSpan       = Span{0, 180, "sd_deg is the spread of the direction in degrees"}
	ustarSpan    = Span{0, 10, "ustar_ms is the friction velocity in metres a second"}
	obukhovSpan  = Span{-1e9, 1e9, "obukhov_m is metres"}
	tempSpan     = Span{-90, 70, "temp_c is degrees Celsius"}
	pressureSpan = Span{30000, 110000, "pressure_pa is pascals, 100 times the hPa"}
)

// ReadWindCSV reads a wind table: rows sorted by time, then station. The error is an [*upwind.Refusal]
// that names file, line and column, or the reader's own.
func ReadWindCSV(name string, r io.Reader) ([]upwind.Wind, error) {
	w, _, err := Rules{}.Wind(name, r)
	return w, err
}

// Wind is [ReadWindCSV] under rules, with what there is to say about the table.
func (rules Rules) Wind(name string, r io.Reader) ([]upwind.Wind, []Finding, error) {
	t, err := Open(name, r, maxColumns, WindColumns)
	if err != nil {
		return nil, nil, err
	}
	return collect(name, t, func() upwind.Wind { return t.wind(rules) }, func(w upwind.Wind) key {
		return key{start: w.Start, id: w.StationID, duration: w.DurationS, lon: w.Lon, lat: w.Lat}
	}, sameWind, rules)
}

func (t *Table) wind(rules Rules) upwind.Wind {
	w := upwind.Wind{StationID: t.id(), Start: t.start(rules), DurationS: t.Number("duration_s", durationSpan)}
	w.Lon, w.Lat = t.place(rules)
	w.HeightM = t.Number("height_m", heightSpan)
	w.SDDeg, w.UStarMS = t.Optional("sd_deg", sdSpan), t.Optional("ustar_ms", ustarSpan)
	w.ObukhovM, w.TempC = t.Optional("obukhov_m", obukhovSpan), t.Optional("temp_c", tempSpan)
	w.PressPa = t.Optional("pressure_pa", pressureSpan)
	speed := t.Number("speed_ms", speedSpan)
	// A calm has no direction: the field may be empty.
	if from := t.Text("from_deg"); speed != 0 || from != "" {
		w.U, w.V = upwind.UV(speed, t.Number("from_deg", fromSpan))
	}
	if w.ObukhovM != nil && *w.ObukhovM == 0 {
		t.Refuse("obukhov_m", "0 is no length", "leave the field empty where it is not known")
	}
	return w
}

func sameWind(a, b upwind.Wind) bool {
	return a.Lon == b.Lon && a.Lat == b.Lat && a.HeightM == b.HeightM && a.U == b.U && a.V == b.V &&
		sameValue(a.SDDeg, b.SDDeg) && sameValue(a.UStarMS, b.UStarMS) && sameValue(a.ObukhovM, b.ObukhovM) &&
		sameValue(a.TempC, b.TempC) && sameValue(a.PressPa, b.PressPa)
}

func sameValue(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
