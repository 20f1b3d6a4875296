package region

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMemoryFollowsWhatIsOpen sends more and more rows of specks, holes, blocks and two bands from top to bottom through the chain: what it holds
// on to at the end of the tall mask is what it held at the end of the short one.
func TestMemoryFollowsWhatIsOpen(t *testing.T) {
	const width, least = 400, 20
	hold := func(rows int) (parts, waiting int) {
		rng := rand.New(rand.NewPCG(1, 2))
		l := Labeler{Class: 1, Done: func(r Region) { require.GreaterOrEqual(t, r.Pixels, least) }}
		s := Sieve{Min: least, NoData: 255, Row: l.Add}
		row, block := make([]uint8, width), make([]uint8, width)
		for y := range rows {
			for x := range row {
				if y%8 == 0 && x%8 == 0 {
					v := uint8(rng.IntN(2))
					for k := range 8 {
						block[x+k] = v
					}
				}
				if row[x] = block[x]; rng.IntN(20) == 0 {
					row[x] = 1 - row[x]
				}
			}
			if y%8 == 7 {
				for x := range row {
					row[x] = 0 // no block reaches further
				}
			}
			s.Add(Runs(nil, row))
			waiting = max(waiting, len(s.rows))
		}
		s.Flush()
		l.Flush()
		require.Empty(t, s.rows)
		for _, p := range l.parts {
			require.Empty(t, p.stretches, "all regions were handed on")
		}
		return len(l.parts), waiting
	}
	shortParts, shortRows := hold(2000)
	tallParts, tallRows := hold(40000)
	t.Logf("%d and %d regions open at once, %d and %d rows waiting", shortParts, tallParts, shortRows, tallRows)
	require.LessOrEqual(t, tallParts, 2*shortParts)
	require.LessOrEqual(t, tallRows, 2*least)
}

func TestRunsLeaveNoGap(t *testing.T) {
	row := []uint8{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
	runs := Runs(nil, row)
	require.Equal(t, []Run{{0, 10, 1}, {10, 11, 0}, {11, 13, 2}, {13, 23, 0}, {23, 24, 1}}, runs)
	require.Equal(t, []Run{{0, 10, 1}, {10, 23, 0}, {23, 24, 1}}, Renamed(runs, 2, 0))
}
