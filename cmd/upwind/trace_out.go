package main

import (
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb/geojson"

	"upwind"
	"upwind/raster/gdal"
	"upwind/tracing"
	"upwind/tracing/invert"
	"upwind/tracing/plane"
)

// traceDocument is the answer of `upwind trace` (docs/formats/trace.md).
type traceDocument struct {
	Version     int              `json:"version"`
	Species     string           `json:"species"`
	Start       *time.Time       `json:"start_utc"` // of the event; null when nothing stands out
	End         *time.Time       `json:"end_utc"`
	Sources     []traceSource    `json:"sources"`
	Unknown     float64          `json:"unknown_probability"`
	Background  traceBackground  `json:"background"`
	Wind        traceWind        `json:"wind"`
	Coverage    *traceCoverage   `json:"coverage"` // null where the engine does not say
	Diagnostics traceDiagnostics `json:"diagnostics"`
	Inputs      []traceInput     `json:"inputs"`
	Notes       []string         `json:"notes"`
}

type traceSource struct {
	Rank        int               `json:"rank"`
	SiteID      *string           `json:"site_id"` // null: a place that nobody has listed
	SiteName    string            `json:"site_name,omitempty"`
	Lon         float64           `json:"lon"`
	Lat         float64           `json:"lat"`
	HeightM     float64           `json:"height_m"`
	Probability float64           `json:"probability"`
	Rate        *traceRate        `json:"rate"`
	HPD50       *geojson.Geometry `json:"hpd50"`
	HPD90       *geojson.Geometry `json:"hpd90"` // null for a site
	SigmaM      float64           `json:"sigma_m"`
	DistanceM   float64           `json:"distance_m"`
	BearingDeg  float64           `json:"bearing_deg"`
	Start       *time.Time        `json:"start_utc,omitempty"`
	End         *time.Time        `json:"end_utc,omitempty"`
}

type traceRate struct {
	Median float64 `json:"median"`
	Lo90   float64 `json:"lo90"`
	Hi90   float64 `json:"hi90"`
	Unit   string  `json:"unit"`
}

type traceBackground struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

type traceWind struct {
	RotationDeg float64 `json:"rotation_deg"` // clockwise, that the readings ask for
	SDDeg       float64 `json:"sd_deg"`
	Stations    int     `json:"stations"`
	Fields      int     `json:"fields"`
}

// traceCoverage is what could have been seen: of the box searched, the share in which a typical source would have
// been noticed. The map's second band has it place by place.
type traceCoverage struct {
	Box   [4]float64 `json:"box"` // west, south, east, north
	Share float64    `json:"share"`
}

type traceDiagnostics struct {
	ESS      float64 `json:"ess"`
	Residual float64 `json:"residual"`
	Seed     uint64  `json:"seed"`
	Version  int     `json:"version"`
}

func newTraceDocument(j *traceJob, a *traceAnswer) traceDocument {
	d := traceDocument{
		Version: upwind.SchemaVersion, Species: j.Species, Sources: []traceSource{}, Unknown: a.None,
		Background:  traceBackground{significant(a.Background * 1e3 * j.PerMG), j.Unit},
		Wind:        traceWind{RotationDeg: a.RotationRad * 180 / math.Pi, SDDeg: a.RotationSD * 180 / math.Pi, Stations: stationsOf(j.Wind), Fields: len(j.Grids)},
		Diagnostics: traceDiagnostics{a.ESS, a.Residual, j.Seed, a.Version},
		Inputs:      j.Inputs, Notes: slices.Concat([]string{}, j.Notes, a.Notes),
	}
	if !a.Start.IsZero() {
		start, end := a.Start.UTC(), a.End.UTC()
		d.Start, d.End = &start, &end
	}
	for i, s := range a.Sources {
		d.Sources = append(d.Sources, newTraceSource(i+1, a.Plane, a, s))
	}
	if m := a.Map; m.NX > 0 && len(m.Seen) == m.NX*m.NY {
		c := &traceCoverage{}
		c.Box[0], c.Box[1] = a.Plane.LonLat(plane.Point{X: m.X0 - m.CellM/2, Y: m.Y0 - m.CellM/2})
		c.Box[2], c.Box[3] = a.Plane.LonLat(plane.Point{X: m.X0 + (float64(m.NX)-0.5)*m.CellM, Y: m.Y0 + (float64(m.NY)-0.5)*m.CellM})
		for _, p := range m.Seen {
			c.Share += p / float64(len(m.Seen))
		}
		d.Coverage = c
	}
	return d
}

func newTraceSource(rank int, pl plane.Plane, a *traceAnswer, s invert.Source) traceSource {
	x := traceSource{Rank: rank, HeightM: s.At.HeightM, Probability: s.Probability, SigmaM: s.SigmaM,
		DistanceM: a.Receptor.To(s.At.Point), BearingDeg: a.Receptor.Bearing(s.At.Point),
		HPD50: tracing.CellAreas(pl, s.HPD50, s.CellM), HPD90: tracing.CellAreas(pl, s.HPD90, s.CellM)}
	x.Lon, x.Lat = degreesOf(pl, s.At.Point)
	if s.Site >= 0 && s.Site < len(a.Sites) {
		x.SiteID, x.SiteName = &a.Sites[s.Site].ID, a.Sites[s.Site].Name
	}
	if s.Rate.Median > 0 {
		x.Rate = &traceRate{s.Rate.Median, s.Rate.Lo90, s.Rate.Hi90, "g/s"}
	}
	if s.End > s.Start {
		start, end := time.Unix(int64(s.Start), 0).UTC(), time.Unix(int64(s.End), 0).UTC()
		x.Start, x.End = &start, &end
	}
	return x
}

// degreesOf is a place in degrees, to a centimetre.
func degreesOf(pl plane.Plane, p plane.Point) (lon, lat float64) {
	const digits = 1e7
	lon, lat = pl.LonLat(p)
	return math.Round(lon*digits) / digits, math.Round(lat*digits) / digits
}

func stationsOf(all []upwind.Wind) int {
	seen := map[string]bool{}
	for _, w := range all {
		seen[w.StationID] = true
	}
	return len(seen)
}

// significant keeps six digits, so that a turn of units does not show.
func significant(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	scale := math.Pow(10, 5-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// writeTraceMap writes the map of probability: band 1 the expected number of unlisted sources in a cell, band 2 the
// probability that a typical source there would have been noticed. The plane is even in degrees, so this is exact.
func writeTraceMap(path string, a *traceAnswer) error {
	m := a.Map
	if m.NX == 0 {
		return upwind.Refuse(path, "", "there is no map of probability to write", "leave --map out")
	}
	n := m.NX * m.NY
	p, seen := make([]float32, n), make([]float32, n)
	for y := range m.NY {
		for x := range m.NX {
			to := (m.NY-1-y)*m.NX + x // north first
			p[to] = float32(m.P[y*m.NX+x])
			if len(m.Seen) == n {
				seen[to] = float32(m.Seen[y*m.NX+x])
			}
		}
	}
	west, south := a.Plane.LonLat(plane.Point{X: m.X0 - m.CellM/2, Y: m.Y0 - m.CellM/2})
	east, north := a.Plane.LonLat(plane.Point{X: m.X0 + (float64(m.NX)-0.5)*m.CellM, Y: m.Y0 + (float64(m.NY)-0.5)*m.CellM})
	gt := [6]float64{west, (east - west) / float64(m.NX), 0, north, 0, (south - north) / float64(m.NY)}
	r := gdal.Raster{Width: m.NX, Height: m.NY, Bands: []any{p, seen}, Descriptions: []string{"expected number of unlisted sources", "seen"}, GeoTransform: &gt, CRS: gdal.WGS84}
	return gdal.WriteCOG(path, r)
}
