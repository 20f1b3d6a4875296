package region

import (
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
	"github.com/stretchr/testify/require"
)

// regionsOf draws a mask of blocks and specks and returns its regions of class 1.
func regionsOf(rng *rand.Rand, w, h, block int, dense float64) (out []Region) {
	l := Labeler{Class: 1, Done: func(r Region) { out = append(out, r) }}
	blocks := map[[2]int]uint8{}
	row := make([]uint8, w)
	for y := range h {
		for x := range row {
			at := [2]int{x / block, y / block}
			if _, ok := blocks[at]; !ok {
				blocks[at] = 0
				if rng.Float64() < dense {
					blocks[at] = 1
				}
			}
			if row[x] = blocks[at]; rng.IntN(30) == 0 {
				row[x] = 1 - row[x]
			}
		}
		l.Add(Runs(nil, row))
	}
	l.Flush()
	return out
}

// TestSimplifiedOutlinesStayApart lays all simplified outlines of ragged masks over each other: no two segments meet but those that follow each
// other, so every outline is valid and neighbours do not overlap.
func TestSimplifiedOutlinesStayApart(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	before, after := 0, 0
	for trial := range 60 {
		var all []side
		cells := map[[2]int][]int{}
		for _, r := range regionsOf(rng, 60, 50, 1+trial%5, 0.3+0.4*rng.Float64()) {
			exact := r.Outline()
			p := Simplify(exact)
			require.Len(t, p, len(exact))
			corners := 0
			for i, ring := range p {
				require.Equal(t, exact[i].Orientation(), ring.Orientation())
				corners += len(exact[i])
				before, after = before+len(exact[i]), after+len(ring)
				for k := 1; k < len(ring); k++ {
					s := side{ring[k-1], ring[k]}
					b := orb.MultiPoint{s[0], s[1]}.Bound()
					for y := int(b.Min[1]); y <= int(b.Max[1]); y++ {
						for x := int(b.Min[0]); x <= int(b.Max[0]); x++ {
							for _, j := range cells[[2]int{x, y}] {
								require.False(t, meet(s, all[j]), "trial %d: %v and %v", trial, s, all[j])
							}
							cells[[2]int{x, y}] = append(cells[[2]int{x, y}], len(all))
						}
					}
					all = append(all, s)
				}
			}
			require.InDelta(t, r.Pixels, planar.Area(p), 0.5*float64(corners))
		}
	}
	t.Logf("%d corners became %d", before, after)
}

type side [2]orb.Point

// meet reports whether two segments that share no end touch.
func meet(a, b side) bool {
	if a[0] == b[0] || a[0] == b[1] || a[1] == b[0] || a[1] == b[1] {
		return false
	}
	turn := func(p, q, r orb.Point) float64 { return (q[0]-p[0])*(r[1]-p[1]) - (q[1]-p[1])*(r[0]-p[0]) }
	if !(orb.MultiPoint{a[0], a[1]}).Bound().Intersects(orb.MultiPoint{b[0], b[1]}.Bound()) {
		return false // also those on one line
	}
	return turn(a[0], a[1], b[0])*turn(a[0], a[1], b[1]) <= 0 && turn(b[0], b[1], a[0])*turn(b[0], b[1], a[1]) <= 0
}

func TestSimplifyTakesTheStairsOut(t *testing.T) {
	var r Region
	for y := range int32(40) { // a triangle with a slanted side
		r.Stretches = append(r.Stretches, Stretch{Y: y, X0: 0, X1: y + 1})
		r.Pixels += int(y) + 1
	}
	r.X1, r.Y1 = 40, 40
	exact := r.Outline()
	p := Simplify(exact)
	require.Len(t, exact[0], 2*40+3)
	require.LessOrEqual(t, len(p[0]), 8)
	require.InEpsilon(t, float64(r.Pixels), planar.Area(p), 0.01)
}
