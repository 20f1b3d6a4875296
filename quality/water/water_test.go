package water_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/quality/water"
)

// Each edge of table 1 of GB 3838-2002, written again as it stands in the standard: the limit keeps its class, a little
// beyond it does not.
func TestEveryLimit(t *testing.T) {
	const eps = 1e-9
	for _, c := range []struct {
		species string
		lake    bool
		limits  string
	}{
		{"CODMn", false, "2 4 6 10 15"}, {"COD", false, "15 15 20 30 40"}, {"BOD5", false, "3 3 4 6 10"}, {"NH3-N", false, "0.15 0.5 1.0 1.5 2.0"},
		{"TP", false, "0.02 0.1 0.2 0.3 0.4"}, {"TP", true, "0.01 0.025 0.05 0.1 0.2"}, {"TN", true, "0.2 0.5 1.0 1.5 2.0"},
		{"Cu", false, "0.01 1.0 1.0 1.0 1.0"}, {"Zn", false, "0.05 1.0 1.0 2.0 2.0"}, {"fluoride", false, "1.0 1.0 1.0 1.5 1.5"},
		{"Se", false, "0.01 0.01 0.01 0.02 0.02"}, {"As", false, "0.05 0.05 0.05 0.1 0.1"}, {"Hg", false, "0.00005 0.00005 0.0001 0.001 0.001"},
		{"Cd", false, "0.001 0.005 0.005 0.005 0.01"}, {"CrVI", false, "0.01 0.05 0.05 0.05 0.1"}, {"Pb", false, "0.01 0.01 0.05 0.05 0.1"},
		{"cyanide", false, "0.005 0.05 0.2 0.2 0.2"}, {"volatile_phenol", false, "0.002 0.002 0.005 0.01 0.1"}, {"oil", false, "0.05 0.05 0.05 0.5 1.0"},
		{"anionic_surfactant", false, "0.2 0.2 0.2 0.3 0.3"}, {"sulfide", false, "0.05 0.1 0.2 0.5 1.0"},
	} {
		var l [5]float64
		n, err := fmt.Sscan(c.limits, &l[0], &l[1], &l[2], &l[3], &l[4])
		require.NoError(t, err)
		require.Equal(t, 5, n)
		class := func(v float64) water.Class {
			a := water.Assess(map[string]float64{c.species: v}, water.Options{Lake: c.lake})
			return a.Class
		}
		require.Equal(t, water.I, class(0), c.species)
		for i, limit := range l {
			at, above := i, i+1
			for at > 0 && l[at-1] == limit {
				at-- // classes that share a limit: the best of them is kept
			}
			for above < 5 && l[above] == limit {
				above++
			}
			require.Equal(t, water.Class(at+1), class(limit), "%s at %v", c.species, limit)
			require.Equal(t, water.Class(above+1), class(limit*(1+eps)), "%s above %v", c.species, limit)
		}
	}
}

func TestOxygenAndPH(t *testing.T) {
	warm := 28.0 // holds 7.85 mg/L: 90 % are 7.07
	for _, c := range []struct {
		species string
		v       float64
		temp    *float64
		want    water.Class
	}{
		{"DO", 7.5, nil, water.I}, {"DO", 7.49, nil, water.II}, {"DO", 6, nil, water.II}, {"DO", 5.99, nil, water.III}, {"DO", 5, nil, water.III},
		{"DO", 3, nil, water.IV}, {"DO", 2, nil, water.V}, {"DO", 1.99, nil, water.WorseThanV}, {"DO", 0, nil, water.WorseThanV},
		{"DO", 7.1, &warm, water.I}, {"DO", 7.0, &warm, water.II}, {"DO", 7.1, nil, water.II},
		{"pH", 6, nil, water.I}, {"pH", 9, nil, water.I}, {"pH", 5.99, nil, water.WorseThanV}, {"pH", 9.01, nil, water.WorseThanV},
	} {
		a := water.Assess(map[string]float64{c.species: c.v}, water.Options{TempC: c.temp})
		require.Equal(t, c.want, a.Class, "%+v", c)
	}
	for _, c := range []struct{ temp, want float64 }{{0, 14.62}, {10, 11.29}, {20, 9.09}, {30, 7.56}} {
		require.InEpsilon(t, c.want, water.Saturation(c.temp), 0.02, "solubility of oxygen at %v degrees", c.temp)
	}
}

func TestTheWorstFactorDecides(t *testing.T) {
	a := water.Assess(map[string]float64{"pH": 7.8, "DO": 4.2, "CODMn": 5, "NH3-N": 2.5, "TP": 0.5, "TN": 9, "faecal_coliform": 1e6, "turbidity": 30}, water.Options{Target: water.III})
	require.Equal(t, water.WorseThanV, a.Class)
	require.Equal(t, []string{"NH3-N", "TP"}, a.Deciding)
	require.Len(t, a.Factors, 5)
	require.Len(t, a.Beside, 2, "nitrogen and coliforms have no say")
	require.Equal(t, water.WorseThanV, a.Beside[0].Class)
	require.Len(t, a.Exceeding, 3)
	require.Equal(t, "DO", a.Exceeding[0].Species)
	require.Nil(t, a.Exceeding[0].Times)
	require.InDelta(t, 0.8, a.Exceeding[0].Beyond, 1e-12)
	require.Equal(t, "NH3-N", a.Exceeding[1].Species)
	require.InDelta(t, 1.5, *a.Exceeding[1].Times, 1e-12)
	require.InDelta(t, 1.5, *a.Exceeding[2].Times, 1e-12)

	a = water.Assess(map[string]float64{"pH": 9.4, "DO": 8}, water.Options{Target: water.V})
	require.Equal(t, 9.0, a.Exceeding[0].Limit)
	require.InDelta(t, 0.4, a.Exceeding[0].Beyond, 1e-12)
	a = water.Assess(map[string]float64{"DO": 8, "COD": 12}, water.Options{Target: water.III})
	require.Equal(t, water.I, a.Class)
	require.Empty(t, a.Deciding)
	require.Empty(t, a.Exceeding)
	require.Zero(t, water.Assess(map[string]float64{"TN": 1, "COD": math.NaN()}, water.Options{}).Class, "nothing that counts")
	require.Equal(t, "劣Ⅴ类", water.WorseThanV.NameZH())
	require.Equal(t, "III", water.III.String())
}

// Worse water never has a better class; a class is kept exactly when the water's class is that or better.
func TestClassesAreOrdered(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		s := water.Species()[rng.IntN(len(water.Species()))]
		if s == water.PH {
			continue
		}
		opt := water.Options{Lake: rng.IntN(2) == 0}
		a, b := math.Exp(rng.NormFloat64()*4-2), math.Exp(rng.NormFloat64()*4-2)
		if a > b != (s == water.DO) {
			a, b = b, a // b is the worse
		}
		better, worse := one(s, a, opt), one(s, b, opt)
		require.LessOrEqual(t, better, worse, "%s %v %v", s, a, b)
		for c := water.I; c <= water.V; c++ {
			keeps, _, ok := water.Keeps(s, b, c, opt)
			require.Equal(t, water.Counts(s, opt.Lake), ok)
			require.Equal(t, ok && worse <= c, keeps)
		}
	}
}

func one(s string, v float64, opt water.Options) water.Class {
	a := water.Assess(map[string]float64{s: v}, opt)
	if len(a.Beside) > 0 {
		return a.Beside[0].Class
	}
	return a.Class
}

func TestValue(t *testing.T) {
	for _, c := range []struct {
		species string
		v       float64
		unit    string
		want    float64
	}{{"CrVI", 50, "ug/L", 0.05}, {"Hg", 100, "ng/L", 0.0001}, {"COD", 20, "mg/L", 20}, {"pH", 7.5, "1", 7.5}, {"faecal_coliform", 200, "1/L", 200}} {
		got, err := water.Value(c.species, c.v, c.unit)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for _, c := range []struct {
		species string
		v       float64
		unit    string
	}{{"COD", 20, "ug/m3"}, {"COD", -999, "mg/L"}, {"pH", 15, "1"}, {"pH", 7, "mg/L"}, {"turbidity", 3, "NTU"}, {"TP", math.NaN(), "mg/L"}} {
		_, err := water.Value(c.species, c.v, c.unit)
		require.Error(t, err, "%+v", c)
	}
}

func ExampleAssess() {
	a := water.Assess(map[string]float64{"pH": 7.9, "DO": 6.4, "CODMn": 7.2, "NH3-N": 0.6, "TP": 0.18}, water.Options{Target: water.III})
	fmt.Println("class", a.Class, "because of", a.Deciding)
	f := a.Exceeding[0]
	fmt.Printf("%s is %.1f mg/L, %.2f times over the limit of %g\n", f.Species, f.Value, *f.Times, f.Limit)
	// Output:
	// class IV because of [CODMn]
	// CODMn is 7.2 mg/L, 0.20 times over the limit of 6
}
