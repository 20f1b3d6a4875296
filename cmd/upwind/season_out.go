package main

import (
	"upwind"
	"upwind/tracing/season"
)

// seasonHead is what the documents of a season have in common.
type seasonHead struct {
	Version   int          `json:"version"`
	Kind      string       `json:"kind"`
	Station   string       `json:"station"`
	Species   string       `json:"species"`
	Unit      string       `json:"unit"`
	Threshold float64      `json:"threshold"`
	Readings  int          `json:"readings"`
	Seed      uint64       `json:"seed"`
	Inputs    []traceInput `json:"inputs"`
	Notes     []string     `json:"notes"`
}

func (in *seasonInput) head(kind string, threshold float64, seed uint64) seasonHead {
	return seasonHead{upwind.SchemaVersion, kind, in.Readings[0].StationID, in.Species, in.Unit, threshold, len(in.samples), seed, in.Inputs, append([]string{}, in.Notes...)}
}

// cpfSector is one sector in the document; share is null with too few readings.
type cpfSector struct {
	FromDeg  float64          `json:"from_deg"`
	SpeedMS  *float64         `json:"speed_ms,omitempty"`
	Readings int              `json:"readings"`
	Bad      int              `json:"bad"`
	Share    *upwind.Estimate `json:"share"`
	Mean     float64          `json:"mean"`
}

type cpfDocument struct {
	seasonHead
	SectorDeg float64     `json:"sector_deg"`
	Peak      *cpfSector  `json:"peak"`
	PeakShare float64     `json:"peak_stability"` // share of resamples with the peak there or one sector beside
	Calm      cpfCalm     `json:"calm"`
	Sectors   []cpfSector `json:"sectors"`
	BySpeed   []cpfSector `json:"by_speed"`
}

type cpfCalm struct {
	Readings int `json:"readings"`
	Bad      int `json:"bad"`
}

func newCPFDocument(in *seasonInput, c *season.CPF, seed uint64) cpfDocument {
	d := cpfDocument{seasonHead: in.head("cpf", c.Threshold, seed), SectorDeg: c.SectorDeg, PeakShare: c.PeakShare, Calm: cpfCalm{c.Calm.N, c.Calm.M}, BySpeed: []cpfSector{}}
	for _, s := range c.Sectors {
		d.Sectors = append(d.Sectors, cpfSector{s.FromDeg, nil, s.N, s.M, s.P, s.Mean})
	}
	for _, s := range c.Polar {
		d.BySpeed = append(d.BySpeed, cpfSector{s.FromDeg, &s.SpeedMS, s.N, s.M, s.P, s.Mean})
	}
	if c.Peak >= 0 {
		d.Peak = &d.Sectors[c.Peak]
	}
	return d
}

// seasonCell is one cell of a map in the document.
type seasonCell struct {
	Lon          float64 `json:"lon"`
	Lat          float64 `json:"lat"`
	Value        float64 `json:"value"`
	Lo95         float64 `json:"lo95"`
	Hi95         float64 `json:"hi95"`
	Points       int     `json:"points"`
	Trajectories int     `json:"trajectories"`
}

type seasonMapDocument struct {
	seasonHead
	Trajectories int          `json:"trajectories"`
	CellDeg      [2]float64   `json:"cell_deg"` // east, north
	Cells        []seasonCell `json:"cells"`    // by value, highest first
}

func newSeasonMapDocument(in *seasonInput, m *season.Map, seed uint64) seasonMapDocument {
	d := seasonMapDocument{seasonHead: in.head(string(m.Statistic), m.Threshold, seed), Trajectories: m.Trajectories, CellDeg: [2]float64{m.DLon, m.DLat}, Cells: []seasonCell{}}
	for _, i := range m.Top {
		lon, lat := m.Centre(i)
		d.Cells = append(d.Cells, seasonCell{lon, lat, m.Value[i], m.Lo95[i], m.Hi95[i], m.Points[i], m.Crossed[i]})
	}
	return d
}
