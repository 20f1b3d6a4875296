package grid

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"
)

// Level is one of the four levels of a grid.
type Level int

// The levels from the whole to the part. Counties alone are a usable, if coarse, grid.
const (
	LevelCity Level = iota + 1
	LevelCounty
	LevelTown
	LevelCell
)

var levelNames = map[Level]string{LevelCity: "city", LevelCounty: "county", LevelTown: "town", LevelCell: "cell"}

func (l Level) String() string { return levelNames[l] }

// Officer is who looks after a cell.
type Officer struct {
	ID       string `json:"officer_id,omitempty"`
	Name     string `json:"officer_name,omitempty"`
	Unit     string `json:"unit,omitempty"`
	Phone    string `json:"phone,omitempty"`
	BackupID string `json:"backup_id,omitempty"` // officer who stands in
}

// Cell is an area of any level.
type Cell struct {
	Level     Level
	Code      string
	Name      string
	Parent    string // code of the area it belongs to; empty at the top
	Officer   Officer
	ValidFrom time.Time // first day the code is valid; zero: always was
	ValidTo   time.Time // day from which it is valid no more; zero: still is
	Geometry  orb.MultiPolygon
	Index     int // of the feature in its file
}

// Code says in which areas a place lies. Parts below the finest imported level are empty.
type Code struct {
	County, Town, Cell string
}

// String joins the parts that are known: 371502/371502001/371502001003, or unassigned/50S-438-4010.
func (c Code) String() string {
	parts := make([]string, 0, 3)
	for _, p := range []string{c.County, c.Town, c.Cell} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "/")
}

// Tokens are the three parts with a hyphen for an unknown one, so that each can be a token of a message subject.
func (c Code) Tokens() [3]string {
	t := [3]string{c.County, c.Town, c.Cell}
	for i := range t {
		if t[i] == "" {
			t[i] = "-"
		}
	}
	return t
}

// Tree is a checked grid. It does not change once parsed, and any number of goroutines may read it. A nil Tree is
// an empty one: every place in it is unassigned.
type Tree struct {
	cells  []Cell // by level, then code
	byCode map[string]int
	index  [LevelCell + 1]lookup
	valid  func(Cell) bool
}

func newTree(cells []Cell, valid func(Cell) bool) *Tree {
	t := &Tree{cells: cells, byCode: make(map[string]int, len(cells)), valid: valid}
	slices.SortStableFunc(t.cells, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Code, b.Code))
	})
	var members [LevelCell + 1][]int
	for i, c := range t.cells {
		t.byCode[c.Code] = i
		if valid(c) {
			members[c.Level] = append(members[c.Level], i)
		}
	}
	for l := LevelCity; l <= LevelCell; l++ {
		t.index[l] = newLookup(t.cells, members[l])
	}
	return t
}

// At returns the tree as it was on a day: places are looked up among the areas whose codes were valid then. Parse
// returns the tree of the codes without an end.
func (t *Tree) At(day time.Time) *Tree {
	return newTree(slices.Clone(t.cells), func(c Cell) bool {
		return !day.Before(c.ValidFrom) && (c.ValidTo.IsZero() || day.Before(c.ValidTo))
	})
}

// Area returns the area with a code, of any level, also one whose code is no longer valid.
func (t *Tree) Area(code string) (Cell, bool) {
	if t == nil {
		return Cell{}, false
	}
	i, ok := t.byCode[code]
	if !ok {
		return Cell{}, false
	}
	return t.cells[i], true
}

// Areas returns the valid areas of a level by code.
func (t *Tree) Areas(l Level) []Cell {
	if t == nil {
		return nil
	}
	var out []Cell
	for _, c := range t.cells {
		if c.Level == l && t.valid(c) {
			out = append(out, c)
		}
	}
	return out
}

// Len is the number of areas of all levels.
func (t *Tree) Len() int {
	if t == nil {
		return 0
	}
	return len(t.cells)
}

// Cell finds the area of the lowest level, cell, that holds a place. On a shared border the lowest code wins.
func (t *Tree) Cell(lon, lat float64) (Cell, bool) {
	if i := t.find(LevelCell, lon, lat); i >= 0 {
		return t.cells[i], true
	}
	return Cell{}, false
}

func (t *Tree) find(l Level, lon, lat float64) int {
	if t == nil || !onEarth(lon, lat) {
		return -1
	}
	return t.index[l].find(orb.Point{lon, lat})
}

// Code says in which areas a place lies, from the finest level that holds it upward by parents. Outside every county
// it is [Unassigned] with the place's [Square] as cell.
func (t *Tree) Code(lon, lat float64) Code {
	for l := LevelCell; l >= LevelCounty; l-- {
		i := t.find(l, lon, lat)
		if i < 0 {
			continue
		}
		c := t.up(i)
		if c.County == "" { // orphans: the file does not say whose they are
			if j := t.find(LevelCounty, lon, lat); j >= 0 {
				c.County = t.cells[j].Code
			}
		}
		if c.Town == "" && c.Cell != "" {
			if j := t.find(LevelTown, lon, lat); j >= 0 {
				c.Town = t.cells[j].Code
			}
		}
		if c.County != "" {
			return c
		}
	}
	return Code{County: Unassigned, Cell: Square(lon, lat)}
}

func (t *Tree) up(i int) Code {
	var c Code
	for range LevelCell {
		switch a := t.cells[i]; a.Level {
		case LevelCell:
			c.Cell = a.Code
		case LevelTown:
			c.Town = a.Code
		case LevelCounty:
			c.County = a.Code
		}
		next, ok := t.byCode[t.cells[i].Parent]
		if !ok || t.cells[next].Level >= t.cells[i].Level {
			break
		}
		i = next
	}
	return c
}

// Share is a cell that a polygon touches.
type Share struct {
	Cell   Cell
	AreaM2 float64 // of the polygon inside the cell
	Part   float64 // of the polygon's whole area
}

// Within returns the areas of the finest level present that a polygon touches, the largest share first. A surface without area
// gives the area its first vertex lies in.
func (t *Tree) Within(g orb.Geometry) []Share {
	rs := rings(g)
	if t == nil || len(rs) == 0 {
		return nil
	}
	whole := areaM2(rs)
	for l := LevelCell; l >= LevelCity; l-- {
		if len(t.index[l].boxes) == 0 {
			continue
		}
		var out []Share
		for _, i := range t.index[l].touching(boundOf(rs)) {
			if m := sharedM2(rings(t.cells[i].Geometry), rs); m > 0 {
				out = append(out, Share{Cell: t.cells[i], AreaM2: m, Part: math.Min(1, m/whole)})
			}
		}
		if p := pointIn(rs); whole == 0 {
			if i := t.find(l, p[0], p[1]); i >= 0 {
				out = append(out, Share{Cell: t.cells[i], Part: 1})
			}
		}
		slices.SortFunc(out, func(a, b Share) int {
			return cmp.Or(cmp.Compare(b.AreaM2, a.AreaM2), cmp.Compare(a.Cell.Code, b.Cell.Code))
		})
		return out
	}
	return nil
}
