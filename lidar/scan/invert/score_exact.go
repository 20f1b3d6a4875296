package invert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"upwind"
)

// The exact cases: 532 nm, air that does not thin out along the ray, a plume of 2 per km in a haze of 0.2.
const (
	plumeMolecular      = 1.3e-5 // extinction of air, 1/m
	plumeMolecularRatio = 8.497  // sr
	plumeRatio          = 50.0   // sr
	plumeHaze           = 2e-4   // particle extinction of the haze, 1/m
	plumeBinM           = 7.5
)

// analyticTests are the published results of a trapezoid on the exact cases.
type analyticTests struct {
	SlopeAlpha float64 `json:"A_slope_alpha_total"`
	Exact      struct {
		AlphaRef float64 `json:"alpha_ref"`
		MaxErr   float64 `json:"max_rel_err"`
		ODTrue   float64 `json:"plume_excess_OD_true"`
		ODFound  float64 `json:"plume_excess_OD_ret"`
	} `json:"B_exact"`
	S30  float64 `json:"B_S30_peak_rel"`
	S40  float64 `json:"B_S40_peak_rel"`
	S60  float64 `json:"B_S60_peak_rel"`
	S70  float64 `json:"B_S70_peak_rel"`
	Dead struct {
		True     []float64 `json:"true"`
		Measured []float64 `json:"measured"`
	} `json:"deadtime_nonparalyzable_MHz"`
}

func readAnalytic(path string) (a analyticTests, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return a, &upwind.Refusal{File: path, What: "there is no such file", Do: "hand in the folder that holds reference/", Err: err}
	}
	if err != nil {
		return a, upwind.Passing(err)
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return a, &upwind.Refusal{File: path, What: "it is no JSON of analytic tests", Err: err}
	}
	return a, nil
}

// plumeCase is the exact plume as handed in.
type plumeCase struct{ r, x, truth []float64 }

func readPlume(path string) (plumeCase, error) {
	t, err := readTableFile(path, 3)
	if err != nil {
		return plumeCase{}, err
	}
	p := plumeCase{r: t[0], x: make([]float64, len(t[0])), truth: t[2]}
	for i, r := range p.r {
		p.x[i] = t[1][i] * r * r
	}
	return p, nil
}

// invert takes the haze for known at the far end and gives the extinction of particles.
func (p plumeCase) invert(ratioSr, alphaTotal float64) []float64 {
	n := len(p.x)
	air, ratio := make([]float64, n), make([]float64, n)
	for i := range air {
		air[i], ratio[i] = plumeMolecular/plumeMolecularRatio, ratioSr
	}
	at := n - 1
	beta := Fernald(p.x, air, ratio, plumeMolecularRatio, plumeBinM, at, (alphaTotal-plumeMolecular)/ratioSr+air[at])
	for i := range beta {
		beta[i] = ratioSr * (beta[i] - air[i])
	}
	return beta
}

func scorePlume(dir string) ([]Figure, error) {
	want, err := readAnalytic(filepath.Join(dir, "reference", "analytic_tests.json"))
	if err != nil {
		return nil, err
	}
	p, err := readPlume(filepath.Join(dir, "reference", "analytic_plume_signal.csv"))
	if err != nil {
		return nil, err
	}
	found := p.invert(plumeRatio, want.Exact.AlphaRef)
	worst, depth, peak := 0.0, 0.0, 0
	for i, a := range found {
		worst = math.Max(worst, math.Abs(a/p.truth[i]-1))
		depth += (a - plumeHaze) * plumeBinM
		if p.truth[i] > p.truth[peak] {
			peak = i
		}
	}
	out := []Figure{
		{Name: "exact case A, slope against alpha, relative", Value: slopeError(), Low: -1e-12, High: 1e-12},
		{Name: "exact case B, plume, largest relative error", Value: worst, High: want.Exact.MaxErr},
		{Name: "exact case B, excess optical depth of the plume", Value: depth, Low: want.Exact.ODTrue - 3e-5, High: want.Exact.ODTrue + 3e-5},
	}
	for _, c := range []struct{ ratio, want float64 }{{30, want.S30}, {40, want.S40}, {60, want.S60}, {70, want.S70}} {
		rel := p.invert(c.ratio, want.Exact.AlphaRef)[peak]/p.truth[peak] - 1
		out = append(out, Figure{Name: fmt.Sprintf("exact case B, peak with S = %g sr where 50 is true", c.ratio),
			Value: 100 * rel, Low: 100 * (c.want - 2e-4), High: 100 * (c.want + 2e-4), Unit: "%"})
	}
	dead := 0.0
	const deadNS = 4
	for i, m := range want.Dead.Measured {
		dead = math.Max(dead, math.Abs(DeadTime(m, deadNS)/want.Dead.True[i]-1))
	}
	return append(out, Figure{Name: "dead time 4 ns, 1..100 MHz, largest relative error", Value: dead, High: 1e-12}), nil
}

// slopeError is the relative error of the slope method in homogeneous air: the first exact case.
func slopeError() float64 {
	const alpha, bins = plumeHaze + plumeMolecular, 800
	x := make([]float64, bins)
	for i := range x {
		x[i] = 1e12 * math.Exp(-2*alpha*(float64(i)+0.5)*plumeBinM)
	}
	s, ok := FitSlope(x, make([]float64, bins), plumeBinM/2, plumeBinM)
	if !ok {
		return math.NaN()
	}
	return s.Alpha/alpha - 1
}
