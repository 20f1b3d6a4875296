package invert

import (
	"context"
	"math"
	"path/filepath"

	"upwind/lidar/scan"
)

// Figure is one measured number of the retrieval beside what it should be: from Low to High.
type Figure struct {
	Name      string  `json:"name"`
	Value     float64 `json:"value"`
	Low, High float64 `json:"-"`
	Unit      string  `json:"unit"`
}

// Met says whether a figure is where it should be.
func (f Figure) Met() bool { return f.Value >= f.Low && f.Value <= f.High }

// Compare gives the bias, sum of differences over sum of truth, and the rms, root mean square difference over
// mean truth, of what is finite in both. n is how many that are.
func Compare(got, truth []float64) (bias, rms float64, n int) {
	var diff, square, sum float64
	for i, g := range got {
		if i >= len(truth) || !finite(g) || !finite(truth[i]) {
			continue
		}
		d := g - truth[i]
		diff, square, sum, n = diff+d, square+d*d, sum+truth[i], n+1
	}
	if n == 0 {
		return math.NaN(), math.NaN(), 0
	}
	return diff / sum, math.Sqrt(square/float64(n)) / math.Abs(sum/float64(n)), n
}

// Coverage is the share of truths within one sigma of what was found.
func Coverage(got, sigma, truth []float64) float64 {
	in, n := 0, 0
	for i, g := range got {
		if !finite(g) || !finite(sigma[i]) || !finite(truth[i]) {
			continue
		}
		n++
		if math.Abs(g-truth[i]) <= sigma[i] {
			in++
		}
	}
	return float64(in) / float64(n)
}

// within is an interval that holds a symmetric goal.
func within(name string, value, goal float64) Figure {
	return Figure{Name: name, Value: 100 * value, Low: -100 * goal, High: 100 * goal, Unit: "%"}
}

// coverageFigure holds what a 68 % interval should, with what correlated errors of one record leave open.
func coverageFigure(name string, value float64) Figure {
	return Figure{Name: name, Value: 100 * value, Low: 60, High: 76, Unit: "%"}
}

// ScoreTruth inverts the simulated signals of a folder and compares with their known answers. The folder is
// the one that holds truth/ and reference/.
func ScoreTruth(dir string) ([]Figure, error) {
	var out []Figure
	for _, score := range []func(string) ([]Figure, error){scorePlume, scoreLALINET, scorePoisson, scoreEARLINET} {
		f, err := score(dir)
		if err != nil {
			return out, err
		}
		out = append(out, f...)
	}
	return out, nil
}

// vertical is a scan of one upward ray of counts.
func vertical(nm float64, rangeM, counts []float64) *scan.Scan {
	return &scan.Scan{Format: "table", Kind: scan.Stare,
		Channels: []scan.Channel{{ID: "counts", WavelengthNM: nm, Mode: scan.Photon, Unit: scan.UnitCounts,
			BinM: rangeM[1] - rangeM[0], FirstM: rangeM[0], Bins: len(rangeM)}},
		Rays: []scan.Ray{{ElevationDeg: 90, Values: [][]float64{counts}}}}
}

// span is the bins of a range axis from one range to another.
func span(rangeM []float64, fromM, toM float64) (lo, hi int) {
	for lo < len(rangeM) && rangeM[lo] < fromM {
		lo++
	}
	for hi = lo; hi < len(rangeM) && rangeM[hi] <= toM; hi++ {
	}
	return lo, hi
}

const celsius = 273.15

func kelvin(c []float64) []float64 {
	out := make([]float64, len(c))
	for i, v := range c {
		out[i] = v + celsius
	}
	return out
}

// scoreLALINET: a boundary layer and a weak cloud, S = 28 sr.
func scoreLALINET(dir string) ([]Figure, error) {
	signal, err := readTableFile(filepath.Join(dir, "truth", "SynthProf_cld6km_abl1500_v2.txt"), 2)
	if err != nil {
		return nil, err
	}
	truth, err := readTableFile(filepath.Join(dir, "truth", "sol_lalinet_weak_cloud.txt"), 7)
	if err != nil {
		return nil, err
	}
	air, err := sonde(filepath.Join(dir, "truth", "sonde_lalinet.txt"), 0, 1, 5)
	if err != nil {
		return nil, err
	}
	f, err := Run(context.Background(), vertical(355, signal[0], signal[1]), Options{Air: air, LidarRatioSr: 28, ReferenceFromM: 7000, ReferenceToM: 12000})
	if err != nil {
		return nil, err
	}
	beta, alpha := make([]float64, len(truth[0])), make([]float64, len(truth[0]))
	for i := range beta {
		beta[i], alpha[i] = truth[1][i]+truth[2][i], truth[4][i]+truth[5][i]
	}
	lo, hi := span(signal[0], 0, 1500)
	bias, rms, _ := Compare(f.Extinction[lo:hi], alpha[lo:hi])
	cloudLo, cloudHi := span(signal[0], 5300, 6700)
	cloud, _, _ := Compare(f.Backscatter[cloudLo:cloudHi], beta[cloudLo:cloudHi])
	in, _ := span(signal[0], 2500, 2500)
	return []Figure{
		within("LALINET extinction 0-1.5 km, bias", bias, 0.003),
		within("LALINET extinction 0-1.5 km, rms", rms, 0.01),
		within("LALINET cloud, integrated backscatter", cloud, 0.02),
		coverageFigure("LALINET 1-sigma intervals, 0-2.5 km", Coverage(f.Extinction[:in], f.ExtinctionSigma[:in], alpha[:in])),
	}, nil
}

// sonde reads air from a table of pressure (hPa), temperature (C) and height (m).
func sonde(path string, pressure, temperature, height int) (*Air, error) {
	t, err := readTableFile(path, max(pressure, temperature, height)+1)
	if err != nil {
		return nil, err
	}
	return NewAir(t[height], t[pressure], kelvin(t[temperature]))
}

// scorePoisson: a haze of 1.1 per km under growing skylight, S = 28 sr.
func scorePoisson(dir string) ([]Figure, error) {
	truth, err := readTableFile(filepath.Join(dir, "truth", "355_lalinet_solution.txt"), 7)
	if err != nil {
		return nil, err
	}
	air, err := NewAir(truth[6], truth[0], kelvin(truth[1]))
	if err != nil {
		return nil, err
	}
	var out []Figure
	var found, sigma, known []float64
	for _, night := range []struct {
		name string
		goal float64
	}{{"1e0", 0.001}, {"1e2", 0.001}, {"1e4", 0.001}, {"1e6", 0.003}} {
		signal, err := readTableFile(filepath.Join(dir, "truth", "holger-poisson-S1k-bg"+night.name+".txt"), 2)
		if err != nil {
			return nil, err
		}
		f, err := Run(context.Background(), vertical(355, signal[0], signal[1]), poissonOptions(air))
		if err != nil {
			return nil, err
		}
		lo, hi := span(signal[0], 300, 1450)
		_, rms, _ := Compare(f.Extinction[lo:hi], truth[3][lo:hi])
		out = append(out, within("Poisson 355 nm, background "+night.name+", 0.3-1.45 km extinction, rms", rms, night.goal))
		found, sigma, known = append(found, f.Extinction[lo:hi]...), append(sigma, f.ExtinctionSigma[lo:hi]...), append(known, truth[3][lo:hi]...)
	}
	return append(out, coverageFigure("Poisson 355 nm, 1-sigma intervals of all four, 0.3-1.45 km", Coverage(found, sigma, known))), nil
}

func poissonOptions(air *Air) Options {
	return Options{Air: air, LidarRatioSr: 28, ReferenceFromM: 2700, ReferenceToM: 4500}
}

// scoreEARLINET: thirty weak profiles of a scene whose lidar ratio varies from 50 to 67, inverted with one.
func scoreEARLINET(dir string) ([]Figure, error) {
	signal, err := readTableFile(filepath.Join(dir, "truth", "earlinet_355_signal.csv"), 2)
	if err != nil {
		return nil, err
	}
	truth, err := readTableFile(filepath.Join(dir, "truth", "earlinet_355_truth.csv"), 4)
	if err != nil {
		return nil, err
	}
	air, err := sonde(filepath.Join(dir, "truth", "earlinet_pres_temp.txt"), 2, 3, 1)
	if err != nil {
		return nil, err
	}
	f, err := Run(context.Background(), vertical(355, signal[0], total(signal[1:])), earlinetOptions(air))
	if err != nil {
		return nil, err
	}
	lo, mid := span(signal[0], 350, 1500)
	_, hi := span(signal[0], 350, 5000)
	bias, rms, _ := Compare(f.Extinction[lo:mid], truth[1][lo:mid])
	biasAll, rmsAll, _ := Compare(f.Extinction[lo:hi], truth[1][lo:hi])
	return []Figure{
		within("EARLINET 355 extinction 0.35-1.5 km, bias", bias, 0.02),
		within("EARLINET 355 extinction 0.35-1.5 km, rms", rms, 0.05),
		within("EARLINET 355 extinction 0.35-5 km, bias", biasAll, 0.05),
		within("EARLINET 355 extinction 0.35-5 km, rms", rmsAll, 0.12),
		coverageFigure("EARLINET 355 1-sigma intervals, 0.35-5 km", Coverage(f.Extinction[lo:hi], f.ExtinctionSigma[lo:hi], truth[1][lo:hi])),
	}, nil
}

// earlinetOptions: the scene's column-weighted lidar ratio and, as its error, a quarter of its range: two sigma to
// each side.
func earlinetOptions(air *Air) Options {
	const least, most, column = 50, 67, 55.5
	return Options{Air: air, LidarRatioSr: column, LidarRatioSigmaSr: (most - least) / 4.0,
		ReferenceFromM: 7300, ReferenceToM: 10000}
}

func total(profiles [][]float64) []float64 {
	out := make([]float64, len(profiles[0]))
	for _, p := range profiles {
		for i, v := range p {
			out[i] += v
		}
	}
	return out
}
