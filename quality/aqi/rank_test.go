package aqi_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/quality/aqi"
)

// county makes places around given levels, with weather that they share and some of their own, stations that are off, and gaps.
func county(rng *rand.Rand, levels []float64, days, stations int, gaps float64) []aqi.Place {
	weather := make([]float64, days)
	for d := range weather {
		weather[d] = math.Exp(0.5 * rng.NormFloat64())
	}
	places := make([]aqi.Place, len(levels))
	for k, level := range levels {
		p := aqi.Place{Code: fmt.Sprintf("%09d", k), Name: fmt.Sprint("town ", k), Days: map[string][]float64{}}
		gain := make([]float64, 1+rng.IntN(stations))
		for s := range gain {
			gain[s] = 1 + 0.1*rng.NormFloat64()
		}
		for d := range days {
			for s := range gain {
				if rng.Float64() >= gaps {
					day := fmt.Sprintf("2026-03-%02d", d+1)
					p.Days[day] = append(p.Days[day], level*weather[d]*gain[s]*math.Exp(0.1*rng.NormFloat64()))
				}
			}
		}
		places[k] = p
	}
	return places
}

func overlap(a, b aqi.Ranked) bool { return a.Lo95 <= b.Hi95 && b.Lo95 <= a.Hi95 }

// No two places of different rank have intervals that overlap, whatever they measured; ranks count upwards, and the order of the input
// makes no difference to a bit.
func TestRankNeverSeparatesOverlap(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	ranks, pairs := 0, 0
	for try := range 200 {
		levels := make([]float64, rng.IntN(40))
		for i := range levels {
			levels[i] = 20 * math.Exp(rng.Float64()*float64(try%5))
		}
		places := county(rng, levels, 1+rng.IntN(31), 1+rng.IntN(4), []float64{0, 0.1, 0.8}[try%3])
		opt := aqi.RankOptions{Seed: uint64(try), Resamples: 60, MinDays: try % 4}
		rs := aqi.Rank(places, opt)
		require.Len(t, rs, len(places))
		for i, a := range rs {
			require.LessOrEqual(t, a.Lo95, a.Mean)
			require.LessOrEqual(t, a.Mean, a.Hi95)
			require.Equal(t, a.Days > 0 && a.Days >= opt.MinDays, a.Rank > 0)
			equal := 0
			for j, b := range rs {
				if a.Rank == 0 || b.Rank == 0 {
					continue
				}
				if a.Rank == b.Rank {
					equal++
				} else {
					pairs++
					require.False(t, overlap(a, b), "%+v and %+v", a, b)
					require.Equal(t, j > i, b.Rank > a.Rank)
				}
			}
			require.Equal(t, equal, a.Equal)
			if a.Rank > 1 {
				ranks++
			}
		}
		rng.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
		for _, p := range places {
			for _, vs := range p.Days {
				rng.Shuffle(len(vs), func(i, j int) { vs[i], vs[j] = vs[j], vs[i] })
			}
		}
		require.Equal(t, rs, aqi.Rank(places, opt))
	}
	require.Greater(t, ranks, 200, "the inputs do tell places apart")
	require.Greater(t, pairs, 2000)
}

// Towns that are alike but for what their instruments are off are told apart by chance, rarely.
func TestRankSeldomSeparatesEquals(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	levels := make([]float64, 15)
	for i := range levels {
		levels[i] = 60
	}
	apart := 0
	for try := range 60 {
		rs := aqi.Rank(county(rng, levels, 30, 1, 0.05), aqi.RankOptions{Seed: uint64(try), Resamples: 200})
		if rs[len(rs)-1].Rank > 1 {
			apart++
		}
	}
	t.Logf("%d of 60 months of 15 equal towns got more than one rank", apart)
	require.LessOrEqual(t, apart, 3, "5 %% of months")
}

func TestRankTellsTownsApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	places := county(rng, []float64{60, 62, 64, 140, 145}, 30, 3, 0)
	places = append(places, aqi.Place{Code: "9", Name: "no station"},
		aqi.Place{Code: "8", Name: "broken", Days: map[string][]float64{"2026-03-01": {math.NaN(), math.Inf(1)}}},
		aqi.Place{Code: "7", Name: "one day", Days: map[string][]float64{"2026-03-01": {1}}})
	rs := aqi.Rank(places, aqi.RankOptions{Seed: 1, MinDays: 27})
	require.Len(t, rs, 8)
	require.Equal(t, []int{1, 1, 1, 4, 4, 0, 0, 0}, []int{rs[0].Rank, rs[1].Rank, rs[2].Rank, rs[3].Rank, rs[4].Rank, rs[5].Rank, rs[6].Rank, rs[7].Rank})
	require.Equal(t, "one day", rs[5].Name, "measured, but too seldom for a rank")
	require.Equal(t, 1, rs[5].Days)
	require.Zero(t, rs[6].Days)
	require.Empty(t, aqi.Rank(nil, aqi.RankOptions{}))
}

func BenchmarkRank141Towns31Days(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	levels := make([]float64, 141)
	for i := range levels {
		levels[i] = 40 + float64(i)/4
	}
	places := county(rng, levels, 31, 6, 0.05)
	b.ResetTimer()
	for range b.N {
		aqi.Rank(places, aqi.RankOptions{Seed: 1})
	}
}
