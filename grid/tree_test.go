package grid

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/stretchr/testify/require"
)

// slow finds a cell by trying all of them with another rule: the winding of the angle.
func slow(t *Tree, p orb.Point) (string, bool) {
	for _, c := range t.Areas(LevelCell) {
		var turn float64
		for _, r := range rings(c.Geometry) {
			for i := 1; i < len(r); i++ {
				a, b := math.Atan2(r[i-1][1]-p[1], r[i-1][0]-p[0]), math.Atan2(r[i][1]-p[1], r[i][0]-p[0])
				turn += math.Remainder(b-a, 2*math.Pi)
			}
		}
		if math.Abs(turn) > math.Pi {
			return c.Code, true
		}
	}
	return "", false
}

func TestCellAgainstBruteForce(t *testing.T) {
	tree := city(t, 16)
	rng := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		p := orb.Point{cityLon - 0.01 + 0.18*rng.Float64(), cityLat - 0.01 + 0.18*rng.Float64()}
		want, ok := slow(tree, p)
		got, found := tree.Cell(p[0], p[1])
		require.Equal(t, ok, found, "%v", p)
		require.Equal(t, want, got.Code, "%v", p)
		code := tree.Code(p[0], p[1])
		require.Equal(t, ok, code.County != Unassigned)
		if ok {
			require.True(t, strings.HasPrefix(code.Cell, code.Town) && strings.HasPrefix(code.Town, code.County))
			require.Equal(t, code.County+"/"+code.Town+"/"+code.Cell, code.String())
		}
	}
}

func TestSharedBorderGoesToTheLowestCode(t *testing.T) {
	tree := city(t, 8)
	cells := tree.Areas(LevelCell)
	for _, c := range cells {
		for _, p := range c.Geometry[0][0] {
			got, ok := tree.Cell(p[0], p[1])
			require.True(t, ok)
			want := ""
			for _, o := range cells {
				for _, q := range o.Geometry[0][0] {
					if p == q && (want == "" || o.Code < want) {
						want = o.Code
					}
				}
			}
			require.Equal(t, want, got.Code)
		}
	}
}

func TestWithinShares(t *testing.T) {
	tree := city(t, 16)
	// A square of 2 x 2 cells' size about a corner of the city: a quarter of it lies in the grid.
	half := orb.Bound{Min: orb.Point{cityLon - cellDeg, cityLat - cellDeg}, Max: orb.Point{cityLon + cellDeg, cityLat + cellDeg}}
	shares := tree.Within(half.ToPolygon())
	var sum float64
	for _, s := range shares {
		sum += s.Part
	}
	require.InDelta(t, 0.25, sum, 0.01)
	inner := orb.Bound{Min: orb.Point{cityLon + 0.03, cityLat + 0.03}, Max: orb.Point{cityLon + 0.08, cityLat + 0.07}}
	sum = 0
	shares = tree.Within(inner.ToPolygon())
	for i, s := range shares {
		sum += s.Part
		require.True(t, i == 0 || shares[i-1].AreaM2 >= s.AreaM2)
	}
	require.InDelta(t, 1, sum, 0.005)
	require.GreaterOrEqual(t, len(shares), 20)
	require.Empty(t, tree.Within(orb.Point{1, 2}))
	flat := orb.Polygon{{{cityLon + 0.005, cityLat + 0.005}, {cityLon + 0.006, cityLat + 0.005}, {cityLon + 0.005, cityLat + 0.005}, {cityLon + 0.005, cityLat + 0.005}}}
	require.Len(t, tree.Within(flat), 1)
}

func TestNilTree(t *testing.T) {
	var tree *Tree
	require.Equal(t, Unassigned, tree.Code(116, 36).County)
	require.Zero(t, tree.Len())
	require.Nil(t, tree.Areas(LevelCell))
	require.Empty(t, tree.FeatureCollection(LevelCell).Features)
	require.Empty(t, tree.Export().Features)
	_, ok := tree.Area("x")
	require.False(t, ok)
	require.Equal(t, [3]string{Unassigned, "-", "50S-409-3984"}, tree.Code(116, 36).Tokens())
}

func TestExportComesBack(t *testing.T) {
	tree := city(t, 16)
	raw, err := tree.Export().MarshalJSON()
	require.NoError(t, err)
	again, findings, err := Parse("again", bytes.NewReader(raw))
	require.NoError(t, err)
	require.Empty(t, findings)
	require.Equal(t, tree.Len(), again.Len())
	for i, c := range again.cells {
		c.Index = tree.cells[i].Index
		require.Equal(t, tree.cells[i], c)
	}
	public, err := tree.FeatureCollection(LevelCell).MarshalJSON()
	require.NoError(t, err)
	require.NotContains(t, string(public), "officer_name")
	require.NotContains(t, string(public), "phone")
}

// TestSimplifiedKeepsCommonBorders: after simplification neighbours still leave no gap and share no ground.
func TestSimplifiedKeepsCommonBorders(t *testing.T) {
	tree := city(t, 8)
	fc := tree.Simplified(LevelCell, cellDeg/5)
	before, after := 0, 0
	for i, f := range fc.Features {
		f.Properties["officer_id"] = "o"
		after += len(rings(f.Geometry)[0])
		before += len(tree.Areas(LevelCell)[i].Geometry[0][0])
	}
	require.Less(t, after, before*2/3)
	whole := tree.Export()
	whole.Features = append(whole.Features[:0:0], fc.Features...)
	raw, err := whole.MarshalJSON()
	require.NoError(t, err)
	_, findings, err := Parse("simple", bytes.NewReader(raw))
	require.NoError(t, err)
	for _, f := range findings {
		require.NotEqual(t, FindingOverlap, f.Kind, f.Message)
	}
	var sum, want float64
	for i, f := range fc.Features {
		sum += areaM2(rings(f.Geometry))
		want += areaM2(rings(tree.Areas(LevelCell)[i].Geometry))
	}
	require.InEpsilon(t, want, sum, 0.01)
	lone := simplifyRing(orb.Ring{{0, 0}, {1, 0}, {1, 1e-9}, {1, 1}, {0.5, 1.0000001}, {0, 1}, {0, 0}}, nil, 0.01)
	require.Len(t, lone, 5)
	require.True(t, lone.Closed())
}

func TestPointInLiesInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for range 300 {
		var r orb.Ring // a star with arms: often its centre is outside
		n := 5 + rng.IntN(40)
		for i := range n {
			s, c := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			d := 0.001 + 0.01*rng.Float64()
			r = append(r, orb.Point{116 + d*c + 0.005*math.Abs(s), 36 + d*s})
		}
		rs := []orb.Ring{append(r, r[0])}
		require.True(t, inside(rs, pointIn(rs)))
	}
	ringHole := []orb.Ring{{{0, 0}, {9, 0}, {9, 9}, {0, 9}, {0, 0}}, {{1, 1}, {8, 1}, {8, 8}, {1, 8}, {1, 1}}}
	require.True(t, inside(ringHole, pointIn(ringHole)))
}

func TestSharedAreaAgainstClosedForm(t *testing.T) {
	sq := func(x, y, s float64) []orb.Ring {
		return rings(orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x + s, y + s}})
	}
	one := areaM2(sq(116, 36, 0.01))
	require.InEpsilon(t, 0.01*kx(36.005)*0.01*metresPerDeg, one, 1e-6)
	require.InEpsilon(t, one/2, sharedM2(sq(116, 36, 0.01), sq(116.005, 36, 0.01)), 1e-6)
	require.Zero(t, sharedM2(sq(116, 36, 0.01), sq(117, 36, 0.01)))
	tri := []orb.Ring{{{116, 36}, {116.01, 36}, {116, 36.01}, {116, 36}}}
	require.InEpsilon(t, one/2, areaM2(tri), 0.01)
	require.InEpsilon(t, one/2, sharedM2(tri, sq(116, 36, 0.01)), 0.01)
}
