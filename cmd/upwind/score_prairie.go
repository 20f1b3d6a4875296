package main

import (
	"context"
	"fmt"
	"math"
	"sort"

	"upwind/tracing/air"
	"upwind/tracing/plume"
)

// prairieTuning is what is not measured at the site. The defaults come from the literature; prairieCrossed shows what
// choosing them on half of the runs would give on the other.
type prairieTuning struct {
	uptakeMS float64 // surface transfer velocity of sulphur dioxide into grass
	lateral  float64 // factor on the measured spread of the wind's direction
}

// Grass takes up sulphur dioxide at 0.2 (Horvath et al. 1998) to 1 cm/s (Whelpdale & Shaw 1974).
var prairieLiterature = prairieTuning{uptakeMS: 0.005, lateral: 1}

// tables are for a ground that takes up sulphur dioxide.
func (r prairieRun) tables(receptorM float64, t prairieTuning) *plume.Tables {
	return plume.NewTables(receptorM, r.sourceM).WithUptake(t.uptakeMS / r.air.UStar)
}

// puffs are those of a sampler in the run's steady wind, turned to blow towards the east.
func (r prairieRun) puffs(reachM float64, t prairieTuning) ([]plume.Puff, error) {
	s := r.air
	s.SigmaV *= t.lateral
	m, err := plume.New(plume.Series{StepS: prairieMeanS, U: []float64{s.Speed(air.ReferenceM)}, V: []float64{0}, Air: []air.State{s}},
		r.tables(r.sensorM, t))
	if err != nil {
		return nil, err
	}
	return m.Puffs(nil, 0, 1, plume.Range{ReachM: reachM}, plume.Tweak{}), nil
}

// prairiePair is an arc, measured and computed.
type prairiePair struct {
	run                    int
	distanceM              float64
	seen, said             float64 // arc maximum, g/m3
	seenAcross, saidAcross float64 // integral across the arc, g/m2
}

func prairieForward(runs []prairieRun, t prairieTuning) ([]prairiePair, error) {
	var out []prairiePair
	for _, r := range runs {
		tables := r.tables(r.sensorM, t)
		for _, a := range r.arcs {
			puffs, err := r.puffs(a.distanceM, t)
			if err != nil {
				return nil, err
			}
			p := prairiePair{run: r.number, distanceM: a.distanceM,
				said:       r.gramsPerS * plume.At(puffs, -a.distanceM, 0, 0),
				saidAcross: r.gramsPerS * tables.Crosswind(r.air, a.distanceM)}
			for i, c := range a.gramsM3 {
				p.seen = max(p.seen, c)
				if i > 0 {
					p.seenAcross += (c + a.gramsM3[i-1]) / 2 * math.Abs(a.bearing[i]-a.bearing[i-1]) * a.distanceM
				}
			}
			out = append(out, p)
		}
	}
	return out, nil
}

// dispersionScore is how forecasts of dispersion are judged (Chang & Hanna 2004).
type dispersionScore struct{ fac2, fb, nmse, mg, vg float64 }

func judge(pairs []prairiePair, of func(prairiePair) (seen, said float64)) dispersionScore {
	var n, within, seen, said, sq, logs, logSq float64
	for _, p := range pairs {
		o, c := of(p)
		n++
		if c >= o/2 && c <= 2*o {
			within++
		}
		seen, said, sq = seen+o, said+c, sq+(o-c)*(o-c)
		l := math.Log(o / c)
		logs, logSq = logs+l, logSq+l*l
	}
	return dispersionScore{within / n, 2 * (seen - said) / (seen + said), n * sq / (seen * said), math.Exp(logs / n), math.Exp(logSq / n)}
}

func arcMaximum(p prairiePair) (seen, said float64)  { return p.seen, p.said }
func arcIntegral(p prairiePair) (seen, said float64) { return p.seenAcross, p.saidAcross }

// prairieCrossed tunes on the even runs and tests on the odd ones and the other way round: what the literature's values
// leave to be gained, and whether a gain carries over.
func prairieCrossed(runs []prairieRun) ([]prairiePair, []prairieTuning, error) {
	var halves [2][]prairieRun
	for i, r := range runs {
		halves[i%2] = append(halves[i%2], r)
	}
	var tested []prairiePair
	var chosen []prairieTuning
	for half := range halves {
		best, least := prairieLiterature, math.Inf(1)
		for _, uptake := range []float64{0, 0.0025, 0.005, 0.0075, 0.01} {
			for _, lateral := range []float64{0.8, 0.9, 1, 1.1, 1.2} {
				t := prairieTuning{uptake, lateral}
				pairs, err := prairieForward(halves[half], t)
				if err != nil {
					return nil, nil, err
				}
				if vg := judge(pairs, arcMaximum).vg; vg < least {
					best, least = t, vg
				}
			}
		}
		pairs, err := prairieForward(halves[1-half], best)
		if err != nil {
			return nil, nil, err
		}
		tested, chosen = append(tested, pairs...), append(chosen, best)
	}
	return tested, chosen, nil
}

// prairieShape compares the towers at 100 m: the mean height of the material between the lowest and the highest sampler,
// computed over measured, as the median over runs, and the share of runs within 25 %.
func prairieShape(runs []prairieRun, towers map[int]prairieTower) (median, within float64, n int) {
	var ratios []float64
	for _, r := range runs {
		t, ok := towers[r.number]
		if !ok {
			continue
		}
		said := make([]float64, len(t.heightM))
		for i, z := range t.heightM {
			said[i] = r.tables(z, prairieLiterature).Crosswind(r.air, 100)
		}
		ratios = append(ratios, meanHeight(t.heightM, said)/meanHeight(t.heightM, t.gramsM3))
	}
	sort.Float64s(ratios)
	for _, q := range ratios {
		if math.Abs(q-1) < 0.25 {
			within++
		}
	}
	return ratios[len(ratios)/2], within / float64(len(ratios)), len(ratios)
}

func meanHeight(z, c []float64) float64 {
	var mass, first float64
	for i := range len(z) - 1 {
		dz := math.Abs(z[i+1] - z[i])
		mass += dz * (c[i] + c[i+1]) / 2
		first += dz * (c[i]*z[i] + c[i+1]*z[i+1]) / 2
	}
	return first / mass
}

// scorePrairie is the near tier on Project Prairie Grass: forwards from the known source, and backwards with it hidden.
// No run and no arc is left out.
func scorePrairie(ctx context.Context, shared string) ([]Figure, error) {
	if shared == "" {
		return nil, nil
	}
	runs, err := readPrairie(shared)
	if err != nil {
		return nil, err
	}
	towers, err := readPrairieTowers(shared)
	if err != nil {
		return nil, err
	}
	pairs, err := prairieForward(runs, prairieLiterature)
	if err != nil {
		return nil, err
	}
	crossed, chosen, err := prairieCrossed(runs)
	if err != nil {
		return nil, err
	}
	figures := prairieFigures("Prairie Grass arc maxima", judge(pairs, arcMaximum), "0.95", "0.10", "1.13",
		fmt.Sprintf("%d runs, %d arcs, parameters from the literature", len(runs), len(pairs)))
	figures = append(figures, prairieFigures("Prairie Grass crosswind integrals", judge(pairs, arcIntegral), "", "", "", "")...)
	note := fmt.Sprintf("uptake %g and %g m/s, lateral factor %g and %g chosen on the other half", chosen[0].uptakeMS, chosen[1].uptakeMS, chosen[0].lateral, chosen[1].lateral)
	figures = append(figures, prairieFigures("Prairie Grass arc maxima, tuned on half", judge(crossed, arcMaximum), "", "", "", note)...)
	median, within, n := prairieShape(runs, towers)
	figures = append(figures,
		Figure{"real", "Prairie Grass mean height at 100 m, computed over measured", median, "", "1", fmt.Sprintf("median of %d runs", n)},
		Figure{"real", "Prairie Grass mean height at 100 m within 25 %", within, "", "", ""})
	back, err := prairieBackward(ctx, runs)
	return append(figures, back...), err
}

func prairieFigures(name string, s dispersionScore, fac2, fb, vg, note string) []Figure {
	return []Figure{
		{"real", name + ": FAC2", s.fac2, "", fac2, note},
		{"real", name + ": FB", s.fb, "", fb, "positive underpredicts"},
		{"real", name + ": NMSE", s.nmse, "", "", ""},
		{"real", name + ": MG", s.mg, "", "", ""},
		{"real", name + ": VG", s.vg, "", vg, ""},
	}
}
