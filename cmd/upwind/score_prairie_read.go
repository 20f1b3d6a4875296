package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"upwind/tracing/air"
)

// prairieRun is one release of Project Prairie Grass (Barad 1958) with what was measured of the air.
type prairieRun struct {
	number           int
	gramsPerS        float64
	sourceM, sensorM float64
	arcs             []prairieArc
	air              air.State
	fromRad          float64
}

type prairieArc struct {
	distanceM float64
	bearing   []float64 // rad clockwise from north, seen from the source, without a jump at north
	gramsM3   []float64 // corrected for what evaporated from the samples
}

const (
	prairieWindM  = 2.0 // height of the anemometer; the roughness that meets it is 3 to 7 mm in all but two runs, short grass
	prairieLat    = 42.5
	prairieMeanS  = 600.0 // of every sample
	leastEvapLoss = 0.5   // run 12 has 0.09 at 200 m between 0.95 and 0.93: below this a factor is a misprint
)

// readPrairie reads the runs that have a row of meteorology, by number.
func readPrairie(shared string) ([]prairieRun, error) {
	dir := filepath.Join(shared, "tracing/prairie_grass")
	raw, err := os.ReadFile(filepath.Join(dir, "runs.json"))
	if err != nil {
		return nil, err
	}
	var doc map[string]struct {
		Q, Hs, Hr float64
		Arcs      map[string][][2]float64
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, err
	}
	met, err := readRows(filepath.Join(dir, "met.txt"), 10)
	if err != nil {
		return nil, err
	}
	losses, err := readRows(filepath.Join(dir, "PGrassEvapLossTABLE_5_4.txt"), 6)
	if err != nil {
		return nil, err
	}
	var out []prairieRun
	for number, m := range met {
		d, ok := doc[strconv.Itoa(number)]
		loss := losses[number]
		if !ok || loss == nil {
			return nil, fmt.Errorf("%s: run %d of met.txt has no concentrations or no evaporation factors", dir, number)
		}
		r := prairieRun{number: number, gramsPerS: d.Q, sourceM: d.Hs, sensorM: d.Hr, fromRad: m[3] * math.Pi / 180,
			air: air.State{UStar: m[1], InvL: 1 / m[0], Z0: air.Roughness(m[8], prairieWindM, m[1], 1/m[0]), MixingM: m[2], SigmaV: m[8] * m[7] * math.Pi / 180}}
		if r.air.MixingM <= 0 {
			r.air.MixingM = air.Mixing(r.air.UStar, r.air.InvL, prairieLat, 0)
		}
		for i, distance := range []float64{50, 100, 200, 400, 800} {
			a := prairieArc{distanceM: distance}
			for _, s := range d.Arcs[strconv.FormatFloat(distance, 'f', 1, 64)] {
				if s[1] < 0 {
					continue // -9: no sample
				}
				b := s[0] * math.Pi / 180
				if n := len(a.bearing); n > 0 {
					b = a.bearing[n-1] + math.Remainder(b-a.bearing[n-1], 2*math.Pi)
				}
				a.bearing = append(a.bearing, b)
				a.gramsM3 = append(a.gramsM3, s[1]*evaporation(loss, i)/1000)
			}
			r.arcs = append(r.arcs, a)
		}
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].number < out[j].number })
	return out, nil
}

// evaporation is the correction of an arc; a misprint is taken as the mean of its neighbours.
func evaporation(row []float64, arc int) float64 {
	if row[arc] >= leastEvapLoss {
		return row[arc]
	}
	sum, n := 0.0, 0.0
	for _, i := range []int{arc - 1, arc + 1} {
		if i >= 0 && i < len(row) && row[i] >= leastEvapLoss {
			sum, n = sum+row[i], n+1
		}
	}
	return sum / max(n, 1)
}

// readRows reads the lines of exactly n numbers, keyed by the first; other lines are prose.
func readRows(path string, n int) (map[int][]float64, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := map[int][]float64{}
line:
	for line := range strings.Lines(string(raw)) {
		words := strings.Fields(line)
		if len(words) != n {
			continue
		}
		row := make([]float64, n)
		for i, w := range words {
			if row[i], err = strconv.ParseFloat(w, 64); err != nil {
				continue line
			}
		}
		if n == 6 && row[1] > 2 {
			continue // the heading: distances
		}
		out[int(row[0])] = row[1:]
	}
	return out, nil
}

// prairieTower is the concentration by height at 100 m, summed over the towers, in g/m3.
type prairieTower struct{ heightM, gramsM3 []float64 }

// readPrairieTowers reads the towers by run number.
func readPrairieTowers(shared string) (map[int]prairieTower, error) {
	raw, err := os.ReadFile(filepath.Join(shared, "tracing/prairie_grass/PGVertConc.txt"))
	if err != nil {
		return nil, err
	}
	out := map[int]prairieTower{}
	run := 0
	for line := range strings.Lines(string(raw)) {
		words := strings.Fields(line)
		if len(words) > 2 && words[0] == "Run" && words[1] == "No." {
			if n, err := strconv.Atoi(words[2]); err == nil {
				run = n
			}
			continue
		}
		if len(words) < 2 || run == 0 {
			continue
		}
		row := make([]float64, len(words))
		for i, w := range words {
			if row[i], err = strconv.ParseFloat(w, 64); err != nil {
				row = nil
				break
			}
		}
		if row == nil {
			continue
		}
		sum := 0.0
		for _, c := range row[1:] {
			sum += max(c, 0) / 1000 // -9: no sample
		}
		t := out[run]
		t.heightM, t.gramsM3 = append(t.heightM, row[0]), append(t.gramsM3, sum)
		out[run] = t
	}
	return out, nil
}
