package grid

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

const (
	// minFindingM2 is the smallest overlap or gap worth a look: below a tenth of a hectare it is the roughness with
	// which one border was drawn twice.
	minFindingM2 = 1000.0
	// minWidthM is how far two drawings of one border may lie apart: open outlines are rounded to 1e-5 degrees or so.
	minWidthM = 3.0
	// maxFindings is how long a list of findings may grow; nobody reads further.
	maxFindings = 500
	// maxListed is how many codes one finding names.
	maxListed = 20
)

// inspect checks the levels of a tree against each other.
func inspect(t *Tree) []Finding {
	var byLevel [LevelCell + 1][]Cell
	for l := LevelCity; l <= LevelCell; l++ {
		byLevel[l] = t.Areas(l)
	}
	out := coarse(byLevel[:])
	for l := LevelCity; l <= LevelCell; l++ {
		out = append(out, orphans(t, byLevel[l], l > LevelCity && len(byLevel[l-1]) > 0)...)
		out = append(out, coverage(t, byLevel[l])...)
	}
	return append(out, officers(byLevel[LevelCell])...)
}

func coarse(byLevel [][]Cell) []Finding {
	var missing []string
	var some Cell
	for l := LevelCell; l >= LevelCity; l-- {
		if len(byLevel[l]) == 0 {
			missing = append([]string{l.String()}, missing...)
		} else if some.Code == "" {
			some = byLevel[l][0]
		}
	}
	if len(missing) == 0 || some.Code == "" {
		return nil
	}
	at := pointIn(rings(some.Geometry))
	return []Finding{{Kind: FindingCoarse, Lon: at[0], Lat: at[1],
		Message: fmt.Sprintf("the file has no areas of level %s: targets are assigned to a %s at the finest, and officers must be named by hand", strings.Join(missing, ", "), some.Level)}}
}

func orphans(t *Tree, cells []Cell, parentsExist bool) []Finding {
	var out []Finding
	for _, c := range cells {
		msg := ""
		switch parent, ok := t.Area(c.Parent); {
		case !parentsExist:
		case c.Parent == "":
			msg = fmt.Sprintf("%s %s names no parent", c.Level, c.Code)
		case !ok:
			msg = fmt.Sprintf("%s %s belongs to %s, which the file does not hold", c.Level, c.Code, c.Parent)
		case parent.Level >= c.Level:
			msg = fmt.Sprintf("%s %s belongs to %s, which is a %s", c.Level, c.Code, c.Parent, parent.Level)
		}
		if msg != "" {
			at := pointIn(rings(c.Geometry))
			out = append(out, Finding{Kind: FindingOrphan, Lon: at[0], Lat: at[1], Codes: []string{c.Code}, Message: msg})
		}
	}
	return out
}

func officers(cells []Cell) []Finding {
	f := Finding{Kind: FindingOfficer}
	n := 0
	for _, c := range cells {
		if c.Officer.ID != "" {
			continue
		}
		if n++; n == 1 {
			at := pointIn(rings(c.Geometry))
			f.Lon, f.Lat = at[0], at[1]
		}
		if n <= maxListed {
			f.Codes = append(f.Codes, c.Code)
		}
	}
	if n == 0 {
		return nil
	}
	f.Message = fmt.Sprintf("%d cells have no officer_id: their targets reach nobody", n)
	return []Finding{f}
}

// coverage looks for overlaps among the areas of one level, and for gaps and protrusions against their parents.
// Siblings are compared with each other: where parents do not overlap, cousins can only overlap where one
// of them also lies outside its parent.
func coverage(t *Tree, cells []Cell) []Finding {
	groups := map[string][]Cell{}
	for _, c := range cells {
		key := ""
		if p, ok := t.Area(c.Parent); ok && p.Level < c.Level && t.valid(p) {
			key = c.Parent
		}
		groups[key] = append(groups[key], c)
	}
	keys := make([]string, 0, len(groups))
	for k := range groups {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var out []Finding
	for _, k := range keys {
		parent, has := t.Area(k)
		w := newSweep(groups[k])
		if has {
			w.addParent(parent)
		}
		w.run()
		out = append(out, w.findings(parent)...)
	}
	return out
}

// patch is ground that is wrong in one way, gathered line by line.
type patch struct {
	areaM2 float64
	widest float64
	at     [2]float64
}

func (p *patch) add(widthM, areaM2, x, y float64) {
	p.areaM2 += areaM2
	if widthM > p.widest {
		p.widest, p.at = widthM, [2]float64{x, y}
	}
}

func (p *patch) matters() bool { return p.areaM2 >= minFindingM2 && p.widest >= minWidthM }

func (w *sweep) findings(parent Cell) []Finding {
	var out []Finding
	for pair, p := range w.overlaps {
		if p.matters() {
			a, b := w.cells[pair[0]].Code, w.cells[pair[1]].Code
			out = append(out, p.finding(FindingOverlap, fmt.Sprintf("%s and %s share about %.2f ha", a, b, p.areaM2/1e4), a, b))
		}
	}
	for i, p := range w.outside {
		if p.matters() {
			c := w.cells[i].Code
			out = append(out, p.finding(FindingOutside, fmt.Sprintf("about %.2f ha of %s lie outside its parent %s", p.areaM2/1e4, c, parent.Code), c, parent.Code))
		}
	}
	for _, p := range w.gaps {
		if p.matters() {
			out = append(out, p.finding(FindingGap, fmt.Sprintf("about %.2f ha of %s belong to no part of it", p.areaM2/1e4, parent.Code), parent.Code))
		}
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.AreaM2, a.AreaM2), slices.Compare(a.Codes, b.Codes), cmp.Compare(a.Lon, b.Lon), cmp.Compare(a.Lat, b.Lat))
	})
	return out
}

func (p *patch) finding(kind, msg string, codes ...string) Finding {
	return Finding{Kind: kind, Lon: round(p.at[0], 6), Lat: round(p.at[1], 6), Codes: codes, AreaM2: math.Round(p.areaM2), Message: msg}
}

func trimmed(fs []Finding) []Finding {
	if len(fs) <= maxFindings {
		return fs
	}
	more := Finding{Kind: FindingMore, Lon: fs[maxFindings].Lon, Lat: fs[maxFindings].Lat,
		Message: fmt.Sprintf("%d more findings are not listed; mend these first and import again", len(fs)-maxFindings)}
	return append(fs[:maxFindings:maxFindings], more)
}
