package raster

// run is a stretch of mask pixels of the labelled class in one row: columns [x0, x1).
type run struct {
	y, x0, x1 int32
	label     int32
}

// Labeler finds the connected regions of a mask row by row. Its memory is proportional to the runs of the
// class, not to the pixels: rows may be thrown away once added.
type Labeler struct {
	In    [256]bool // the mask values that are labelled, as one class
	Eight bool      // 8-connected; otherwise 4-connected, as GDAL polygonises

	y        int32
	runs     []run
	rowStart int // first run of the previous row
	parent   []int32
}

// AddRow adds the next row of the mask.
func (l *Labeler) AddRow(row []uint8) {
	prev, prevEnd := l.rowStart, len(l.runs)
	start := prevEnd
	for x := 0; x < len(row); {
		if !l.In[row[x]] {
			x++
			continue
		}
		x0 := x
		for x < len(row) && l.In[row[x]] {
			x++
		}
		r := run{y: l.y, x0: int32(x0), x1: int32(x), label: -1}
		prev = l.join(&r, prev, prevEnd)
		if r.label < 0 {
			r.label = int32(len(l.parent))
			l.parent = append(l.parent, r.label)
		}
		l.runs = append(l.runs, r)
	}
	l.rowStart = start
	l.y++
}

// join gives r the label of the runs above that touch it, and returns where the search for the next run of
// this row starts.
func (l *Labeler) join(r *run, prev, prevEnd int) int {
	reach := int32(0)
	if l.Eight {
		reach = 1
	}
	for prev < prevEnd && l.runs[prev].x1+reach <= r.x0 {
		prev++
	}
	for i := prev; i < prevEnd && l.runs[i].x0 < r.x1+reach; i++ {
		above := l.find(l.runs[i].label)
		if r.label < 0 {
			r.label = above
			continue
		}
		a, b := l.find(r.label), above
		if a > b {
			a, b = b, a
		}
		l.parent[b] = a // the smaller label wins, so labels do not depend on the order of joins
		r.label = a
	}
	return prev
}

func (l *Labeler) find(a int32) int32 {
	for l.parent[a] != a {
		l.parent[a] = l.parent[l.parent[a]]
		a = l.parent[a]
	}
	return a
}

// Region is one connected region: its runs from top to bottom, left to right, and its bounds.
type Region struct {
	runs           []run
	Pixels         int
	X0, Y0, X1, Y1 int // columns [X0, X1), rows [Y0, Y1)
}

// Each calls fn for each stretch of the region's pixels: columns [x0, x1) of row y.
func (r Region) Each(fn func(y, x0, x1 int)) {
	for _, q := range r.runs {
		fn(int(q.y), int(q.x0), int(q.x1))
	}
}

// Regions returns the regions of the rows added so far by their first pixel, top to bottom, left to right.
func (l *Labeler) Regions() []Region {
	index := make([]int32, len(l.parent))
	count := []int32{}
	for i := range index {
		index[i] = -1
	}
	for i := range l.runs {
		root := l.find(l.runs[i].label)
		if index[root] < 0 {
			index[root] = int32(len(count))
			count = append(count, 0)
		}
		l.runs[i].label = root
		count[index[root]]++
	}
	all := make([]run, len(l.runs))
	out := make([]Region, len(count))
	at := 0
	for k, n := range count {
		out[k] = Region{runs: all[at : at : at+int(n)], X0: int(^uint32(0) >> 1), Y0: int(^uint32(0) >> 1)}
		at += int(n)
	}
	for _, r := range l.runs {
		g := &out[index[r.label]]
		g.runs = append(g.runs, r)
		g.Pixels += int(r.x1 - r.x0)
		g.X0, g.X1 = min(g.X0, int(r.x0)), max(g.X1, int(r.x1))
		g.Y0, g.Y1 = min(g.Y0, int(r.y)), max(g.Y1, int(r.y)+1)
	}
	return out
}

// LabelMask labels the given values of a whole mask as one class.
func LabelMask(m *Mask, eight bool, classes ...uint8) []Region {
	l := Labeler{Eight: eight}
	for _, c := range classes {
		l.In[c] = true
	}
	for y := range m.Height {
		l.AddRow(m.Row(y))
	}
	return l.Regions()
}

// paint gives the region's pixels a class.
func (m *Mask) paint(r Region, class uint8) {
	r.Each(func(y, x0, x1 int) {
		row := m.Row(y)
		for x := x0; x < x1; x++ {
			row[x] = class
		}
	})
}
