package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"upwind"
	"upwind/ingest"
	"upwind/ingest/weather"
	"upwind/raster/gdal"
	"upwind/tracing/plane"
	"upwind/tracing/wind"
)

const (
	// Stations of one table belong to one city or basin; one far from the rest has a wrong digit.
	traceApartKM = 500
	// The wind is wanted where the air came from: 6 h at 7 m/s.
	traceReachDeg = 1.5
)

// traceJob is what a trace looks at, in one unit of mass per volume.
type traceJob struct {
	Readings []upwind.Observation // of one species, in mg/m3
	Unit     string               // in which they were read
	PerMG    float64              // of that unit in one mg/m3
	Species  string
	Wind     []upwind.Wind
	Grids    []wind.Grid
	Sites    []upwind.Site
	Evidence []upwind.Detection
	From, To time.Time // zero: all
	Seed     uint64
	Plane    plane.Plane // about the middle of the stations
	Inputs   []traceInput
	Notes    []string
}

// traceInput is one file that was looked at.
type traceInput struct {
	Role   string `json:"role"`
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// job reads the files.
func (f *traceFlags) job(ctx context.Context, from, to time.Time) (*traceJob, error) {
	j := &traceJob{From: from, To: to, Seed: f.seed}
	rules := weather.Rules{ApartKM: traceApartKM}
	copy(rules.Domain[:], f.domain)
	readings, err := readInput(j, "readings", f.readings, rules.Readings)
	if err != nil {
		return nil, err
	}
	if j.Readings, err = j.oneSpecies(readings, f.species, filepath.Base(f.readings)); err != nil {
		return nil, err
	}
	box := j.settle()
	for _, path := range f.wind {
		if err := j.readWind(ctx, path, box); err != nil {
			return nil, err
		}
	}
	if j.Grids, err = wind.Merge(j.Grids); err != nil {
		return nil, err
	}
	if err := j.toMass(filepath.Base(f.readings), f.elevationM); err != nil {
		return nil, err
	}
	if f.sites != "" {
		if j.Sites, err = readInput(j, "sites", f.sites, func(name string, r io.Reader) ([]upwind.Site, []weather.Finding, error) {
			s, err := ingest.ReadSites(name, r)
			return s, nil, err
		}); err != nil {
			return nil, err
		}
	}
	if f.evidence != "" {
		if j.Evidence, err = readInput(j, "evidence", f.evidence, func(name string, r io.Reader) ([]upwind.Detection, []weather.Finding, error) {
			d, err := readDetections(name, r)
			return d, nil, err
		}); err != nil {
			return nil, err
		}
	}
	for _, s := range wind.Check(j.Wind) {
		j.Notes = append(j.Notes, s.Words)
	}
	return j, nil
}

// readInput reads one file and keeps its hash and what there is to say about it.
func readInput[T any](j *traceJob, role, path string, read func(name string, r io.Reader) ([]T, []weather.Finding, error)) ([]T, error) {
	if err := j.note(role, path); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, notOpened(path, err)
	}
	defer file.Close()
	name := filepath.Base(path)
	rows, found, err := read(name, file)
	for _, x := range found {
		j.Notes = append(j.Notes, name+", "+x.String())
	}
	return rows, err
}

func (j *traceJob) note(role, path string) error {
	id, err := inputID(path)
	if err != nil {
		return err
	}
	j.Inputs = append(j.Inputs, traceInput{role, filepath.Base(path), id})
	return nil
}

// oneSpecies picks the substance; which one is not guessed.
func (j *traceJob) oneSpecies(all []upwind.Observation, species, name string) ([]upwind.Observation, error) {
	var names []string
	for _, o := range all {
		if !slices.Contains(names, o.Species) {
			names = append(names, o.Species)
		}
	}
	slices.Sort(names)
	if species == "" && len(names) > 1 {
		return nil, upwind.Refuse(name, "column species", "it holds "+strings.Join(names, ", "), "pick one with --species")
	}
	if species == "" {
		species = names[0]
	}
	var out []upwind.Observation
	for _, o := range all {
		if strings.EqualFold(o.Species, species) {
			out = append(out, o)
		}
	}
	if len(out) == 0 {
		return nil, upwind.Refuse(name, "column species", fmt.Sprintf("it holds no %s, only %s", species, strings.Join(names, ", ")), "pick one of them with --species")
	}
	j.Species, j.Unit = out[0].Species, out[0].Unit
	for _, o := range out {
		if o.Unit != j.Unit {
			return nil, upwind.Refuse(name, "column unit", fmt.Sprintf("%s comes in %s and in %s", species, j.Unit, o.Unit), "hand in one unit")
		}
	}
	return out, nil
}

// settle lays the plane about the middle of the stations, and gives the rectangle that the wind is wanted in.
func (j *traceJob) settle() (box [4]float64) {
	first := j.Readings[0]
	west, east, south, north := 0.0, 0.0, first.Lat, first.Lat
	for _, o := range j.Readings {
		d := math.Mod(o.Lon-first.Lon+540, 360) - 180
		west, east, south, north = min(west, d), max(east, d), min(south, o.Lat), max(north, o.Lat)
	}
	j.Plane = plane.New(first.Lon+(west+east)/2, (south+north)/2)
	reach := traceReachDeg / max(math.Cos(first.Lat*math.Pi/180), 0.1)
	return [4]float64{first.Lon + west - reach, max(south-traceReachDeg, -90), first.Lon + east + reach, min(north+traceReachDeg, 90)}
}

func (j *traceJob) readWind(ctx context.Context, path string, box [4]float64) error {
	head := make([]byte, 8)
	file, err := os.Open(path)
	if err != nil {
		return notOpened(path, err)
	}
	n, _ := io.ReadFull(file, head) // a short file is no field; its reader says what is wrong
	if err := file.Close(); err != nil {
		return err
	}
	if !weather.IsField(head[:n]) {
		rows, err := readInput(j, "wind", path, weather.Rules{}.Wind)
		j.Wind = append(j.Wind, rows...)
		return err
	}
	if err := j.note("wind field", path); err != nil {
		return err
	}
	g, notes, err := weather.Fields{GRIB: gdal.GRIB{}, NetCDF: gdal.NetCDF{}}.Read(ctx, path, box[0], box[1], box[2], box[3])
	j.Grids, j.Notes = append(j.Grids, g), append(j.Notes, notes...)
	return err
}

// toMass turns the readings into mg/m3.
func (j *traceJob) toMass(name string, elevationM float64) error {
	air, known := weather.AirOf(j.Wind, elevationM)
	if !known && weather.NeedsAir(j.Unit) {
		return upwind.Refuse(name, "column unit", j.Unit+" needs pressure and temperature to become mg/m3, and the wind gives none",
			"add pressure_pa and temp_c to the wind table, or name the place's height with --elevation-m")
	}
	f, err := air.MGPerM3(name, j.Species, j.Unit)
	if err != nil {
		return err
	}
	j.PerMG = 1 / f
	if weather.NeedsAir(j.Unit) {
		j.Notes = append(j.Notes, fmt.Sprintf("1 %s %s is %.4g mg/m3 at %.0f hPa and %.1f degrees Celsius, from %s", j.Unit, j.Species, f, air.PressurePa/100, air.TempC, air.From))
	}
	for i := range j.Readings {
		o := &j.Readings[i]
		o.Value, o.Unit = o.Value*f, "mg/m3"
		if o.Sigma != nil {
			s := *o.Sigma * f
			o.Sigma = &s
		}
	}
	return nil
}
