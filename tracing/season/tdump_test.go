package season

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"upwind"
)

func TestTdumpFilesOfHYSPLIT(t *testing.T) {
	for i := 1; i <= 8; i++ {
		path := shared(t, "hysplit_tdump", fmt.Sprintf("tdump_%d.txt", i))
		f, err := os.Open(path)
		require.NoError(t, err)
		got, err := ReadTdump(filepath.Base(path), f)
		require.NoError(t, f.Close())
		require.NoError(t, err)
		require.Len(t, got, 1)
		tr := got[0]
		require.Equal(t, time.Date(2026, 2, 14, 8, 0, 0, 0, time.UTC), tr.Arrival)
		require.Len(t, tr.Points, 9)
		require.Zero(t, tr.Points[0].AgeS)
		require.Equal(t, 8*3600.0, tr.Points[8].AgeS)
		if i == 1 {
			require.Equal(t, Point{0, 139.7, 35.7, 850}, tr.Points[0])
			require.Equal(t, Point{8 * 3600, 139.162, 34.931, 943.9}, tr.Points[8])
		}
	}
}

const tdumpText = `     1     1
    GFSQ    26     2    14     0     0
     1 BACKWARD OMEGA
    26     2    14     8   35.700  139.700   850.0
     1 PRESSURE
     1     1    26     2    14     8     0     8     0.0   35.700  139.700    850.0    915.7
     1     1    26     2    14     7     0     7    -1.0   35.565  139.708    864.1    915.5
`

func TestTdumpRefusesInWords(t *testing.T) {
	for name, c := range map[string]struct{ from, to, want string }{
		"forward": {"BACKWARD", "FORWARD", "line 3: the trajectories run forward"},
		"place":   {"35.565", "95.565", "line 7: number, time or place"},
		"text":    {"35.565", "north", `line 7: "north" is no number`},
		"number":  {"     1     1    26     2    14     7", "     2     1    26     2    14     7", "line 7"},
		"short":   {"139.708    864.1    915.5", "", "at least 12 numbers"},
		"grids":   {"     1     1\n", "     many\n", "line 1: \"many\" is no number of grids"},
		"cut":     {tdumpText[strings.Index(tdumpText, "     1 PRESSURE"):], "", "diagnostics are missing"},
		"no end":  {tdumpText[strings.Index(tdumpText, "     1     1    26"):], "", "has no end points"},
	} {
		_, err := ReadTdump("t", strings.NewReader(strings.Replace(tdumpText, c.from, c.to, 1)))
		require.True(t, upwind.IsRefusal(err), "%s: %v", name, err)
		require.ErrorContains(t, err, c.want, name)
	}
}

func TestMatch(t *testing.T) {
	got, err := ReadTdump("t", strings.NewReader(tdumpText))
	require.NoError(t, err)
	at := got[0].Arrival
	o := func(h int, v float64) upwind.Observation {
		return upwind.Observation{Start: at.Add(time.Duration(h) * time.Hour), DurationS: 3600, Value: v}
	}
	paths, samples, note := Match(got, []upwind.Observation{o(1, 3), o(0, 7), o(-1, 2)})
	require.Len(t, paths, 1)
	require.Equal(t, 7.0, samples[0].Value)
	require.Empty(t, note)
	paths, _, note = Match(got, []upwind.Observation{o(1, 3)})
	require.Empty(t, paths)
	require.Contains(t, note, "1 of 1")
}

func FuzzReadTdump(f *testing.F) {
	f.Add(tdumpText)
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ReadTdump("fuzz", strings.NewReader(s))
		if err != nil {
			if !upwind.IsRefusal(err) {
				t.Fatal(err)
			}
			return
		}
		for _, tr := range got {
			if len(tr.Points) == 0 {
				t.Fatal("an empty trajectory")
			}
		}
	})
}
