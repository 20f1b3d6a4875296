package hj212_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind"
	"upwind/ingest/hj212"
)

// reading is the only one of a packet.
func reading(t *testing.T, st, item string) hj212.Reading {
	t.Helper()
	p, err := hj212.Parse([]byte("ST=" + st + ";CN=2011;MN=A1;CP=&&DataTime=20260304130500;" + item + "&&"))
	require.NoError(t, err)
	rs, _, err := p.Readings(&upwind.Device{})
	require.NoError(t, err)
	require.Len(t, rs, 1)
	return rs[0]
}

func TestDoubt(t *testing.T) {
	for _, c := range []struct{ st, item, unit, want string }{
		{"22", "a34002-Rtd=300", "ug/m3", ""},
		{"22", "a34002-Rtd=75600", "ug/m3", "75600 ug/m3 of PM10 cannot be: it is probably sent in ng/m3; say so in the device's units"},
		{"22", "a34002-Rtd=75600", "ng/m3", ""},
		{"22", "a34002-Rtd=75.6", "mg/m3", "75.6 mg/m3 of PM10 cannot be: it is probably sent in ug/m3; say so in the device's units"},
		{"22", "a05024-Rtd=80", "mg/m3", "80 mg/m3 of O3 cannot be: it is probably sent in ug/m3 or ppb; say so in the device's units"},
		{"22", "a05024-Rtd=80", "ppb", ""},
		{"22", "a01006-Rtd=1002", "kPa", "1002 kPa of pressure cannot be: it is probably sent in hPa; say so in the device's units"},
		{"22", "a01002-Rtd=130", "%", "130 % of humidity cannot be"},
		{"31", "a21026-Rtd=80", "mg/m3", ""},
		{"22", "zz9-Rtd=1e9", "", ""},
	} {
		r := reading(t, c.st, c.item)
		require.Equal(t, c.want, r.Doubt(c.unit), "%s in %s", c.item, c.unit)
	}
}

func TestMarksOfBothStandards(t *testing.T) {
	for sent, want := range map[string]hj212.Mark{"N": hj212.MarkNormal, "d": hj212.MarkFault, "0": hj212.MarkCalibration, "1": hj212.MarkNormal,
		"2": hj212.MarkFault, "3": hj212.MarkNormal, "P": hj212.MarkFault, "X": 'X', "NN": hj212.MarkNormal} {
		require.Equal(t, want, reading(t, "22", "a34002-Rtd=3,a34002-Flag="+sent).Mark, sent)
	}
}

func TestSpeciesAreNamedOnce(t *testing.T) {
	seen := map[string]*hj212.Factor{}
	for f := range hj212.Factors() {
		if f.Species == "" || f.Code == "w00000" { // the flow of water and that of gas have one name
			continue
		}
		if old, twice := seen[f.Species]; twice { // the standard lists metals of waste water and of rivers apart
			require.Equal(t, strings.TrimPrefix(old.NameZH, "总"), strings.TrimPrefix(f.NameZH, "总"), "%s and %s", old.Code, f.Code)
		}
		seen[f.Species] = f
	}
	require.Equal(t, "a34002", seen["PM10"].Code)
	for _, year := range []int{2005, 2017, 2025} {
		v, ok := hj212.VersionOfYear(year)
		require.True(t, ok)
		require.Contains(t, v.String(), "-20")
	}
	_, ok := hj212.VersionOfYear(2016)
	require.False(t, ok)
}
