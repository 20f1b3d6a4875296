package near_test

import (
	"context"
	"math"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/fixtures/release"
	"upwind/tracing/near"
)

// sceneOffset keeps clear of scoring seeds that were once looked at.
const sceneOffset = 25

// TestScenes logs how often intervals and regions hold the truth of simulated releases, from scoring seeds; as many
// scenes of each kind as UPWIND_NEAR_SCENES says, on all processors.
func TestScenes(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("UPWIND_NEAR_SCENES"))
	if n <= 0 {
		t.Skip("skipped simulated scenes: set UPWIND_NEAR_SCENES to the number of scenes of each kind")
	}
	var all near.Grade
	kinds := make([]near.Grade, len(release.Kinds))
	for i, g := range gradeScenes(t, n) {
		kinds[i/n].Merge(g)
	}
	for i, kind := range release.Kinds {
		logGrade(t, kind.String(), kinds[i])
		all.Merge(kinds[i])
	}
	logGrade(t, "all", all)
	for _, b := range all.Reliability(near.DefaultSourceOdds) {
		t.Logf("a source is told with %.1f to %.1f: %3d scenes, mean told %.2f, true %.2f", b.Lo, b.Hi, b.N, b.Told, b.True)
	}
	require.Equal(t, n*len(release.Kinds), all.Scenes)
}

// gradeScenes runs n scenes of each kind, one on a processor.
func gradeScenes(t *testing.T, n int) []near.Grade {
	out := make([]near.Grade, n*len(release.Kinds))
	next := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range next {
				s := release.New(uint64(release.ScoreSeed+sceneOffset+i%n), release.Kinds[i/n])
				if err := gradeScene(&out[i], s); err != nil {
					t.Errorf("%s %d: %v", s.Kind, i%n, err)
				}
			}
		})
	}
	for i := range out {
		next <- i
	}
	close(next)
	wg.Wait()
	return out
}

func gradeScene(g *near.Grade, s release.Scene) error {
	p, pl, err := near.Assemble(near.Given{Readings: s.Readings, Wind: s.Wind, From: s.Start, To: s.End, PerUnit: perUnit(s)})
	if err != nil {
		return err
	}
	a, err := near.Run(context.Background(), p, nil)
	if err != nil {
		return err
	}
	var truth []near.Truth
	for _, x := range s.Truth {
		truth = append(truth, near.Truth{At: pl.XY(x.Lon, x.Lat), GramsPerS: x.GramsPerS, Noticed: x.SensorsHit >= 2})
	}
	g.Add(a, truth)
	return nil
}

// perUnit turns the unit of a scene into g/m3.
func perUnit(s release.Scene) float64 {
	if s.Readings[0].Unit == "mg/m3" {
		return 1e-3
	}
	return near.GramsPerPPM(16.043, *s.Wind[0].PressPa, *s.Wind[0].TempC)
}

func logGrade(t *testing.T, name string, g near.Grade) {
	at := func(v []float64, q float64) float64 {
		if len(v) == 0 {
			return math.NaN()
		}
		s := append([]float64(nil), v...)
		sort.Float64s(s)
		return s[int(q*float64(len(s)-1)+0.5)]
	}
	crps := 0.0
	for _, c := range g.CRPS {
		crps += c / float64(len(g.CRPS))
	}
	t.Logf("%-8s %3d scenes, %3d releases noticed: rate 50 %% %.2f 90 %% %.2f (width x%.1f), region 50 %% %.2f 90 %% %.2f (%.0f m2), "+
		"CRPS %.2f, error %.0f m, 90th percentile %.0f m; number right %d of %d; false %d in %d silent", name, g.Scenes, g.Releases,
		g.Share(g.Rate50), g.Share(g.Rate90), at(g.WidthFactors, 0.5), g.Share(g.Region50), g.Share(g.Region90), at(g.AreasM2, 0.5),
		crps, at(g.ErrorsM, 0.5), at(g.ErrorsM, 0.9), g.RightNumber, g.Counted, g.FalseSources, g.Silent)
}
