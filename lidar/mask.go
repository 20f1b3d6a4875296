package lidar

import "image"

// Classes of a cell.
const (
	classNo uint8 = iota
	classYes
	classClose // the rules abstain
	classVoid  // nothing known
)

// mask is a class a cell, row by row from the north.
type mask struct {
	w, h int
	v    []uint8
}

// region is a 4-connected set of cells of a mask.
type region struct {
	label int32 // its number in the array of labels
	n     int   // cells
	box   image.Rectangle
}

// label numbers the 4-connected regions of cells that are wanted from 1, top to bottom, then left to right
// by their first cell.
func (m *mask) label(want func(class uint8) bool) ([]int32, []region) {
	labels := make([]int32, len(m.v))
	var out []region
	var stack []int
	for i, v := range m.v {
		if labels[i] != 0 || !want(v) {
			continue
		}
		r := region{label: int32(len(out) + 1), box: image.Rect(i%m.w, i/m.w, i%m.w+1, i/m.w+1)}
		labels[i] = r.label
		stack = append(stack[:0], i)
		for len(stack) > 0 {
			j := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			x, y := j%m.w, j/m.w
			r.n++
			r.box.Min.X, r.box.Max.X = min(r.box.Min.X, x), max(r.box.Max.X, x+1)
			r.box.Max.Y = max(r.box.Max.Y, y+1)
			m.around4(j, func(q int) {
				if labels[q] == 0 && want(m.v[q]) {
					labels[q] = r.label
					stack = append(stack, q)
				}
			})
		}
		out = append(out, r)
	}
	return labels, out
}

func (m *mask) around4(i int, fn func(j int)) {
	x, y := i%m.w, i/m.w
	if x > 0 {
		fn(i - 1)
	}
	if x < m.w-1 {
		fn(i + 1)
	}
	if y > 0 {
		fn(i - m.w)
	}
	if y < m.h-1 {
		fn(i + m.w)
	}
}

// fillHoles turns enclosed holes of at most so many cells into classYes: a field with a tree on it is one
// field.
func (m *mask) fillHoles(limit int) {
	labels, holes := m.label(func(v uint8) bool { return v != classYes })
	whole := image.Rect(1, 1, m.w-1, m.h-1)
	fill := make([]bool, len(holes)+1)
	for _, r := range holes {
		fill[r.label] = r.n <= limit && r.box.In(whole)
	}
	for i, l := range labels {
		if fill[l] {
			m.v[i] = classYes
		}
	}
}

// open takes away what is narrower than three cells (an opening by a 3 x 3 square); it becomes classClose.
func (m *mask) open() {
	core := make([]bool, len(m.v))
	for y := 1; y < m.h-1; y++ {
		for x := 1; x < m.w-1; x++ {
			core[y*m.w+x] = m.square(x, y, func(i int) bool { return m.v[i] != classYes })
		}
	}
	for i, v := range m.v {
		x, y := i%m.w, i/m.w
		if v == classYes && m.square(x, y, func(j int) bool { return core[j] }) {
			m.v[i] = classClose
		}
	}
}

// square reports whether the predicate is false on the whole 3 x 3 square around a cell.
func (m *mask) square(x, y int, is func(i int) bool) bool {
	for yy := max(y-1, 0); yy <= min(y+1, m.h-1); yy++ {
		for xx := max(x-1, 0); xx <= min(x+1, m.w-1); xx++ {
			if is(yy*m.w + xx) {
				return false
			}
		}
	}
	return true
}
