package main

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"upwind"
	"upwind/tracing/plane"
	"upwind/tracing/season"
)

// scoreSeason says where eight years at Marylebone Road, London, point to: nitrogen oxides to the street itself, which
// winds from south to west carry to the station across the canyon; sulphur dioxide to the east, where the stacks along
// the Thames stood (Carslaw & Ropkins 2012; Uria-Tellaetxe & Carslaw 2014).
func scoreSeason(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	table, err := readMarylebone(filepath.Join(shared, "tracing/openair/mydata.csv.gz"))
	if err != nil {
		return nil, err
	}
	var out []Figure
	for _, s := range []struct {
		species, goal string
	}{{"nox", "180-270"}, {"so2", "70-130"}} {
		samples, err := table.samples(s.species)
		if err != nil {
			return nil, err
		}
		c, err := season.NewCPF(samples, season.CPFOptions{Quantile: 0.9})
		if err != nil {
			return nil, err
		}
		peak := c.Sectors[c.Peak]
		out = append(out,
			Figure{"real", "season: CPF peak of " + s.species + " at Marylebone Road", peak.FromDeg, "deg from", s.goal,
				fmt.Sprintf("over the 90th percentile: %.0f %% (%.0f-%.0f) of %d hours", 100*peak.P.Value, 100*peak.P.Lo95, 100*peak.P.Hi95, peak.N)},
			Figure{"real", "season: share of resamples with that peak, " + s.species, c.PeakShare, "", "", "blocks of five days"})
	}
	samples, err := table.samples("so2")
	if err != nil {
		return nil, err
	}
	paths, kept, err := season.Paths(ctx, samples, table.wind, marylebone[0], marylebone[1], season.PathOptions{})
	if err != nil {
		return nil, err
	}
	m, err := season.NewMap(season.CWT, paths, kept, season.MapOptions{})
	if err != nil {
		return nil, err
	}
	lon, lat := m.Centre(m.Top[0])
	pl := plane.New(marylebone[0], marylebone[1])
	at := pl.XY(lon, lat)
	return append(out, Figure{"real", "season: CWT of so2, bearing of the highest cell", plane.Point{}.Bearing(at), "deg", "70-130",
		fmt.Sprintf("%.0f km away, of %d trajectories", plane.Point{}.To(at)/1000, len(paths))}), nil
}

// marylebone is longitude and latitude of the station.
var marylebone = [2]float64{-0.1546, 51.5225}

// hourlyTable is an hourly table with wind.
type hourlyTable struct {
	column map[string]int
	rows   [][]string
	wind   []upwind.Wind
}

func readMarylebone(path string) (*hourlyTable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		return nil, err
	}
	t := &hourlyTable{column: map[string]int{}, rows: rows[1:]}
	for i, name := range rows[0] {
		t.column[name] = i
	}
	for _, r := range t.rows {
		speed, err1 := strconv.ParseFloat(r[t.column["ws"]], 64)
		from, err2 := strconv.ParseFloat(r[t.column["wd"]], 64)
		at, err3 := time.Parse("2006-01-02 15:04:05", r[t.column["date"]])
		if err1 != nil || err2 != nil || err3 != nil {
			continue // NA
		}
		u, v := upwind.UV(speed, from)
		t.wind = append(t.wind, upwind.Wind{StationID: "my1", Start: at, DurationS: 3600, Lon: marylebone[0], Lat: marylebone[1], HeightM: 10, U: u, V: v})
	}
	return t, nil
}

func (t *hourlyTable) samples(species string) ([]season.Sample, error) {
	var readings []upwind.Observation
	for _, r := range t.rows {
		v, err := strconv.ParseFloat(r[t.column[species]], 64)
		at, terr := time.Parse("2006-01-02 15:04:05", r[t.column["date"]])
		if err != nil || terr != nil {
			continue // NA
		}
		readings = append(readings, upwind.Observation{StationID: "my1", Start: at, DurationS: 3600, Lon: marylebone[0], Lat: marylebone[1], HeightM: 3, Species: species, Value: v, Unit: "ppb"})
	}
	samples, _, err := season.Join(readings, t.wind)
	return samples, err
}
