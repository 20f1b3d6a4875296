package web

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
)

// The generated grid has the numbers of a real prefecture: 11 counties, 141 towns, 4,598 cells.
const (
	latticeW, latticeH = 66, 70
	testCells          = 4598
	testTowns          = 141
	testCounties       = 11
	testOfficers       = 961
	testLon, testLat   = 115.45, 36.05 // south-west corner
	cellLon, cellLat   = 0.0152, 0.0121
)

// lattice returns the vertex (i, j), bent a little so that borders look like borders.
func lattice(i, j int) orb.Point {
	x, y := float64(i), float64(j)
	x += 0.9*math.Sin(y/7) + 0.28*math.Sin(3.1*x+1.7*y)
	y += 0.8*math.Sin(x/9+1) + 0.28*math.Cos(2.3*x+2.9*y)
	return orb.Point{round6(testLon + x*cellLon), round6(testLat + y*cellLat)}
}

// TestGrid generates a grid of four levels.
func TestGrid() []Cell { return slices.Clone(testGrid()) }

var testGrid = sync.OnceValue(buildTestGrid)

func buildTestGrid() []Cell {
	town := map[[2]int]int{}
	var order [][2]int
	for j := range latticeH {
		for i := range latticeW {
			if len(order) < testCells {
				order = append(order, [2]int{i, j})
				town[[2]int{i, j}] = nearest(i, j, testTowns, 7)
			}
		}
	}
	county := func(t int) int {
		x, y := seed(t, testTowns, 7)
		return nearest(int(x), int(y), testCounties, 3)
	}
	members := map[string]map[[2]int]bool{}
	var cells []Cell
	put := func(level int, code, parent, name string, at [2]int) {
		if members[code] == nil {
			members[code] = map[[2]int]bool{}
			c := Cell{Level: level, Code: code, Parent: parent, Name: name}
			if level == LevelCell {
				n := (at[1]*latticeW + at[0]) % testOfficers
				c.OfficerID, c.Officer, c.Unit = fmt.Sprintf("officer-%04d", n), "网格员"+fmt.Sprint(n), parent+" 网格站"
			}
			cells = append(cells, c)
		}
		members[code][at] = true
	}
	for n, at := range order {
		t := town[at]
		co := county(t)
		cc, tc := fmt.Sprintf("3715%02d", co+1), fmt.Sprintf("3715%02d%03d", co+1, t+1)
		put(LevelCity, "371500", "", "示例市", at)
		put(LevelCounty, cc, "371500", countyNames[co], at)
		put(LevelTown, tc, cc, fmt.Sprintf("%s镇", townName(t)), at)
		put(LevelCell, fmt.Sprintf("%s%03d", tc, n%1000), tc, fmt.Sprintf("%s第%d网格", townName(t), n%1000), at)
	}
	for i := range cells {
		cells[i].Geometry = geojson.NewGeometry(outline(members[cells[i].Code]))
	}
	slices.SortStableFunc(cells, func(a, b Cell) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Code, b.Code)) })
	return cells
}

var countyNames = [testCounties]string{"东城区", "临河县", "沙河县", "高塘县", "阳平县", "莘原县", "冠山县", "清泉市", "茌南区", "开发区", "高新区"}

func townName(t int) string {
	a, b := []rune("王李张刘陈杨赵黄周吴徐孙"), []rune("家庄店集桥屯寨堂湾楼营坡")
	return string(a[t%len(a)]) + string(b[(t/len(a))%len(b)])
}

// seed is the k-th of n points spread over the lattice by a golden-ratio sequence.
func seed(k, n, salt int) (x, y float64) {
	const phi = 0.6180339887498949
	f := math.Mod(float64(k+salt)*phi, 1)
	return f * latticeW, (float64(k) + 0.5) / float64(n) * latticeH
}

func nearest(i, j, n, salt int) int {
	best, at := math.Inf(1), 0
	for k := range n {
		x, y := seed(k, n, salt)
		if d := math.Hypot(float64(i)-x, float64(j)-y); d < best {
			best, at = d, k
		}
	}
	return at
}

// outline traces the border of a set of lattice cells, outer rings counter-clockwise.
func outline(set map[[2]int]bool) orb.MultiPolygon {
	next := map[[2]int][][2]int{}
	var starts [][2]int
	for c := range set {
		i, j := c[0], c[1]
		for _, e := range [4][3][2]int{
			{{i, j}, {i + 1, j}, {i, j - 1}}, {{i + 1, j}, {i + 1, j + 1}, {i + 1, j}},
			{{i + 1, j + 1}, {i, j + 1}, {i, j + 1}}, {{i, j + 1}, {i, j}, {i - 1, j}},
		} {
			if !set[e[2]] {
				next[e[0]] = append(next[e[0]], e[1])
				starts = append(starts, e[0])
			}
		}
	}
	byPlace := func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[1], b[1]), cmp.Compare(a[0], b[0])) }
	slices.SortFunc(starts, byPlace)
	for _, v := range next {
		slices.SortFunc(v, byPlace)
	}
	var out orb.MultiPolygon
	for _, s := range starts {
		var ring orb.Ring
		for at := s; len(next[at]) > 0; {
			ring = append(ring, lattice(at[0], at[1]))
			to := next[at][0]
			next[at] = next[at][1:]
			at = to
		}
		if len(ring) < 3 {
			continue
		}
		ring = append(ring, ring[0])
		if ring.Orientation() == orb.CW && len(out) > 0 {
			out[len(out)-1] = append(out[len(out)-1], ring)
		} else {
			out = append(out, orb.Polygon{ring})
		}
	}
	return out
}
