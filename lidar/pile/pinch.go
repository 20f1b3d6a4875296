package pile

import "slices"

// pinchM is the half-width of a gap between walls that material does not join heaps through: bays are filled
// one by one, and where a heap reaches the top of the wall behind it the wall's corner does not show.
const pinchM = 1.25

// pinch cuts a component where walls leave only a narrow gap. Its cells away from walls fall into parts; the
// cells between go to the part that reaches them first.
func (f *field) pinch(cells []int) [][]int {
	x0, y0, x1, y1 := f.bounds(cells)
	x0, y0, x1, y1 = max(0, x0-2), max(0, y0-2), min(f.w-1, x1+2), min(f.h-1, y1+2)
	w, h := x1-x0+1, y1-y0+1
	walls := false
	for y := y0; y <= y1 && !walls; y++ {
		walls = slices.Contains(f.state[y*f.w+x0:y*f.w+x1+1], barrier)
	}
	if !walls {
		return [][]int{cells}
	}
	free := make([]bool, w*h)
	for i := range free {
		free[i] = f.state[(y0+i/w)*f.w+x0+i%w] != barrier
	}
	clear := new(room).distance(make([]float64, len(free)), free, w, h, false)
	const outside, waiting = -1, 0
	part := make([]int, w*h)
	for i := range part {
		part[i] = outside
	}
	local := func(i int) int { return (i/f.w-y0)*w + i%f.w - x0 }
	for _, i := range cells {
		part[local(i)] = waiting
	}
	var queue []int
	n := 0
	for i := range part {
		if part[i] != waiting || clear[i]*f.cell <= pinchM {
			continue
		}
		n++
		from := len(queue)
		part[i] = n
		queue = append(queue, i)
		for at := from; at < len(queue); at++ {
			neighbours(queue[at], w, h, func(j int) {
				if part[j] == waiting && clear[j]*f.cell > pinchM {
					part[j] = n
					queue = append(queue, j)
				}
			})
		}
	}
	if n < 2 {
		return [][]int{cells}
	}
	for at := 0; at < len(queue); at++ {
		neighbours(queue[at], w, h, func(j int) {
			if part[j] == waiting {
				part[j] = part[queue[at]]
				queue = append(queue, j)
			}
		})
	}
	out := make([][]int, n)
	for _, i := range cells {
		if k := part[local(i)]; k > 0 {
			out[k-1] = append(out[k-1], i)
		}
	}
	return out
}
