package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"upwind"
	"upwind/tracing/invert"
	"upwind/tracing/near"
	"upwind/tracing/plane"
)

// tableRow is a row of a table with a header, as text and, where it reads as one, as number (else NaN).
type tableRow struct {
	text map[string]string
	num  map[string]float64
}

func numberTable(path string) ([]tableRow, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(z); err != nil {
			return nil, err
		}
		raw = b.Bytes()
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff"))).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	var out []tableRow
	for _, r := range rows[1:] {
		t := tableRow{map[string]string{}, map[string]float64{}}
		for i, name := range rows[0] {
			v, err := strconv.ParseFloat(r[i], 64)
			if err != nil {
				v = math.NaN()
			}
			t.text[name], t.num[name] = r[i], v
		}
		out = append(out, t)
	}
	return out, nil
}

// What the Chilbolton files do not say: the air, taken as standard; the anemometer, taken to stand at the beams'
// height over short grass; sigma_w/u*, 1.25 in the neutral surface layer (Panofsky & Dutton 1984).
const (
	chilboltonPa      = 101325.0
	chilboltonC       = 15.0
	chilboltonWindM   = 3.0
	chilboltonRoughM  = 0.03
	chilboltonSourceM = 0.3
	sigmaWOverUStar   = 1.25
	chilboltonEpoch   = 1.5e9 // the minutes have no date
)

// nearChilbolton traces the two releases of the Chilbolton experiment: seven path means a minute.
func nearChilbolton(ctx context.Context, shared string) ([]Figure, error) {
	var out []Figure
	goals := []string{"2.5", "1"}
	for i := range 2 {
		p, truth, rate, err := chilbolton(filepath.Join(shared, "tracing/chilbolton"), i+1)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		a, err := near.Run(ctx, p, nil)
		if err != nil {
			return nil, err
		}
		took := time.Since(began)
		s, ok := freeOf(a)
		if !ok {
			return nil, fmt.Errorf("chilbolton source %d: nothing found", i+1)
		}
		count := 0
		for _, x := range a.Sources {
			if x.Probability >= 0.5 {
				count++
			}
		}
		var t tally
		t.add(s, truth, rate)
		name := fmt.Sprintf("near: Chilbolton source %d ", i+1)
		out = append(out,
			Figure{"real", name + "location error", t.errs[0], "m", goals[i], fmt.Sprintf("number of sources unknown: %d found; %.1f s; in the 90 %% region: %v, of %.0f m2", count, took.Seconds(), t.in90 == 1, t.hpdM2[0])},
			Figure{"real", name + "rate over truth", t.ratios[0], "", "0.5-2", fmt.Sprintf("90 %% interval %.2f to %.2f", s.Rate.Lo90/rate, s.Rate.Hi90/rate)})
	}
	return out, nil
}

func chilbolton(dir string, source int) (p near.Problem, truth plane.Point, gramsPerS float64, err error) {
	var places map[string][3]float64
	var truths map[string]any
	for file, to := range map[string]any{"instruments_xyz_m.json": &places, "truth_sources_kg_per_s.json": &truths} {
		raw, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return p, truth, 0, err
		}
		if err := json.Unmarshal(raw, to); err != nil {
			return p, truth, 0, fmt.Errorf("%s: %w", file, err)
		}
	}
	where := truths[fmt.Sprintf("source_%d_location", source)].([]any)
	truth = plane.Point{X: where[0].(float64), Y: where[1].(float64)}
	gramsPerS = 1e3 * truths[fmt.Sprintf("source_%d_emission_rate", source)].(float64)
	values, err := numberTable(filepath.Join(dir, fmt.Sprintf("source_%d_ch4_ppm_stacked.csv", source)))
	if err != nil {
		return p, truth, 0, err
	}
	wind, err := numberTable(filepath.Join(dir, fmt.Sprintf("source_%d_wind_1min.csv", source)))
	if err != nil {
		return p, truth, 0, err
	}
	n := len(wind)
	var stations []upwind.Wind
	for i, w := range wind {
		speed, to := w.num["Average Speed"], w.num["Average Direction"]*math.Pi/180
		sd := math.Atan(w.num["Average Tan_gamma Horizontal"]) * 180 / math.Pi
		ustar := speed * w.num["Average Tan_gamma Vertical"] / sigmaWOverUStar
		obukhov := 1e5
		stations = append(stations, upwind.Wind{StationID: "mast", Start: time.Unix(chilboltonEpoch+int64(i)*60, 0), DurationS: 60, HeightM: chilboltonWindM,
			U: speed * math.Cos(to), V: speed * math.Sin(to), SDDeg: &sd, UStarMS: &ustar, ObukhovM: &obukhov})
	}
	p.From, p.To = chilboltonEpoch, chilboltonEpoch+float64(n)*60
	p.Wind, _ = near.SiteWind(stations, p.From, p.To, chilboltonRoughM)
	eye := places["line_of_sight_sensor"]
	spot := func(v [3]float64) invert.Spot {
		return invert.Spot{Point: plane.Point{X: v[0], Y: v[1]}, HeightM: v[2]}
	}
	p.Box = plane.Box{X0: eye[0], Y0: eye[1], X1: eye[0], Y1: eye[1]}
	for beam := range len(values) / n {
		far := spot(places[fmt.Sprintf("reflector_%d", beam+1)])
		p.Box = p.Box.Add(far.Point)
		for i := range n {
			start := p.From + float64(i)*60
			p.Readings = append(p.Readings, invert.Reading{Sensor: beam, Start: start, End: start + 60, At: spot(eye), To: &far,
				Value: values[beam*n+i].num["Measurements"] * methanePerPPM(chilboltonPa, chilboltonC)})
		}
	}
	p.Box = p.Box.Grow(25)
	p.Whole = true
	p.Options.HeightM = chilboltonSourceM
	return p, truth, gramsPerS, nil
}

// What the Ginninderra file does not say: the height of its wind, taken as that of the sonic anemometers, and the
// unit of its release rates, g/min.
const (
	ginninderraWindM  = 2.5
	ginninderraRoughM = 0.02
	ginninderraStepS  = 300.0
	ginninderraBlock  = 6  // steps of a window that is judged on or off
	ginninderraSpell  = 24 // steps of a spell that is traced
)

// ginninderra is the record: readings with Unix times, the wind, and the rate at each step, g/s.
type ginninderra struct {
	readings []invert.Reading
	wind     []upwind.Wind
	steps    []float64
	rate     map[float64]float64
	source   plane.Point
}

// nearGinninderra judges half-hours as on or off with the place of the release known, and traces long spells with the
// place hidden.
func nearGinninderra(ctx context.Context, shared string) ([]Figure, error) {
	g, err := readGinninderra(filepath.Join(shared, "tracing/ginninderra/GA-inversion-data-1.csv.gz"))
	if err != nil {
		return nil, err
	}
	var on, off []float64
	var t tally
	for lo := 0; lo+ginninderraBlock <= len(g.steps); lo += ginninderraBlock {
		window := g.steps[lo : lo+ginninderraBlock]
		rate, steady := g.steady(window)
		if !steady {
			continue
		}
		p, ok := g.problem(window[0], window[len(window)-1]+ginninderraStepS)
		if !ok {
			continue
		}
		p.Box = plane.Box{X0: g.source.X - 5, Y0: g.source.Y - 5, X1: g.source.X + 5, Y1: g.source.Y + 5}
		p.Options.CellM, p.Options.Unlisted, p.Options.MaxSources = 5, 1e-6, 1
		p.Sites = []invert.Site{{Spot: invert.Spot{Point: g.source, HeightM: 0.3}, Odds: 1}}
		a, err := near.Run(ctx, p, nil)
		if err != nil {
			return nil, err
		}
		chance := 0.0
		for _, s := range a.Sources {
			if s.Site == 0 {
				chance += s.Probability
				if rate > 0 {
					t.rate(s.Rate, rate)
				}
			}
		}
		if rate > 0 {
			on = append(on, chance)
		} else {
			off = append(off, chance)
		}
	}
	where, err := g.spells(ctx)
	if err != nil {
		return nil, err
	}
	n := float64(len(t.ratios))
	return []Figure{
		{"real", "near: Ginninderra on or off, area under the curve", auc(on, off), "", "", fmt.Sprintf("%d half-hours on, %d off, place known", len(on), len(off))},
		{"real", "near: Ginninderra rate over truth, median", at(t.ratios, 0.5), "", "", ""},
		{"real", "near: Ginninderra rate within a factor of 2", float64(t.factor2) / n, "", "", ""},
		{"real", "near: Ginninderra 90 % rate interval holds", float64(t.covered) / n, "", "0.85-0.95", fmt.Sprintf("median width a factor of %.1f", at(t.width, 0.5))},
		{"real", "near: Ginninderra location error, median", at(where.errs, 0.5), "m", "", fmt.Sprintf("%d spells of two hours and more, place hidden", len(where.errs))},
		{"real", "near: Ginninderra location error, 90th percentile", at(where.errs, 0.9), "m", "", fmt.Sprintf("90 %% region holds %d", where.in90)},
	}, nil
}

// steady is the rate of a window without a gap in which it does not change.
func (g *ginninderra) steady(window []float64) (rate float64, ok bool) {
	rate = g.rate[window[0]]
	for i, s := range window {
		if s != window[0]+float64(i)*ginninderraStepS || math.Abs(g.rate[s]-rate) > 0.05*rate {
			return 0, false
		}
	}
	return rate, true
}

// spells traces the longest steady spells of each release, cut to four hours.
func (g *ginninderra) spells(ctx context.Context) (t tally, err error) {
	for lo := 0; lo < len(g.steps); {
		hi := lo + 1
		for hi < len(g.steps) && hi-lo < 2*ginninderraSpell {
			if _, ok := g.steady(g.steps[lo : hi+1]); !ok {
				break
			}
			hi++
		}
		rate := g.rate[g.steps[lo]]
		if p, ok := g.problem(g.steps[lo], g.steps[hi-1]+ginninderraStepS); ok && rate > 0 && hi-lo >= ginninderraSpell {
			p.Options.HeightM = 0.3
			p.Whole = true
			a, err := near.Run(ctx, p, nil)
			if err != nil {
				return t, err
			}
			if s, ok := freeOf(a); ok {
				t.add(s, g.source, rate)
			}
		}
		lo = hi
	}
	return t, nil
}

// problem is the event [from, to) with an hour before it; false without readings.
func (g *ginninderra) problem(from, to float64) (near.Problem, bool) {
	p := near.Problem{From: from, To: to}
	first := true
	for _, r := range g.readings {
		if r.Start < from-3600 || r.Start >= to {
			continue
		}
		p.Readings = append(p.Readings, r)
		if first {
			p.Box, first = plane.Box{X0: r.At.X, Y0: r.At.Y, X1: r.At.X, Y1: r.At.Y}, false
		}
		p.Box = p.Box.Add(r.At.Point)
		if r.To != nil {
			p.Box = p.Box.Add(r.To.Point)
		}
	}
	if first {
		return p, false
	}
	p.Box = p.Box.Grow(20)
	p.Whole = true
	var ok bool
	p.Wind, ok = near.SiteWind(g.wind, from-3600, to, ginninderraRoughM)
	return p, ok
}

func readGinninderra(path string) (*ginninderra, error) {
	rows, err := numberTable(path)
	if err != nil {
		return nil, err
	}
	g := &ginninderra{rate: map[float64]float64{}}
	for _, r := range rows {
		when, err := time.Parse("2006-01-02 15:04:05", r.text["Time"])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		t := float64(when.Unix())
		v, pa, k := r.num["Concentration"], r.num["air_pressure"], r.num["air_temp"]
		if math.IsNaN(v+pa+k) || math.IsNaN(r.num["release_rate"]) {
			continue
		}
		if _, known := g.rate[t]; !known {
			g.rate[t] = r.num["release_rate"] / 60
			g.steps = append(g.steps, t)
			u, w := upwind.UV(r.num["wind_speed"], r.num["wind_dir"])
			l, c := r.num["L"], k-273.15
			g.wind = append(g.wind, upwind.Wind{StationID: "sonic", Start: when, DurationS: ginninderraStepS, HeightM: ginninderraWindM,
				U: u, V: w, ObukhovM: &l, TempC: &c, PressPa: &pa})
		}
		g.source = plane.Point{X: r.num["source_x"], Y: r.num["source_y"]}
		q := invert.Reading{Sensor: int(r.num["inst_no"]), Start: t, End: t + ginninderraStepS, Value: v * methanePerPPM(pa, k-273.15)}
		q.At = invert.Spot{Point: plane.Point{X: r.num["x1"], Y: r.num["y1"]}, HeightM: r.num["z"]}
		if x := r.num["x2"]; !math.IsNaN(x) {
			q.To = &invert.Spot{Point: plane.Point{X: x, Y: r.num["y2"]}, HeightM: r.num["z"]}
		}
		g.readings = append(g.readings, q)
	}
	sort.Float64s(g.steps)
	return g, nil
}

// auc is the chance that one of on exceeds one of off, ties half.
func auc(on, off []float64) float64 {
	sum := 0.0
	for _, a := range on {
		for _, b := range off {
			switch {
			case a > b:
				sum++
			case a == b:
				sum += 0.5
			}
		}
	}
	return sum / float64(len(on)*len(off))
}
