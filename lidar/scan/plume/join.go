package plume

import (
	"cmp"
	"math"
	"slices"
)

// joinM is the gap up to which pieces are one plume: a source that rests for half a minute in a wind of 5 m/s
// leaves a gap of 150 m.
const joinM = 150.0

// darkM is how wide a shadow may be that cuts a plume in two: no wider than most plumes are.
const darkM = 600.0

// join makes one region of pieces that lie within joinM of each other. Specks are left as they are.
func (s *sweep) join(regions []region, o Options) []region {
	owner := make([]int32, len(s.excess))
	parent := make([]int, len(regions))
	for k, r := range regions {
		parent[k] = k
		if s.speck(r, o) {
			continue
		}
		for _, i := range r.cells {
			owner[i] = int32(k) + 1
		}
	}
	root := func(k int) int {
		for parent[k] != k {
			parent[k] = parent[parent[k]]
			k = parent[k]
		}
		return k
	}
	for k, r := range regions {
		if s.speck(r, o) {
			continue
		}
		for _, i := range r.cells {
			s.reach(i, joinM, darkM, func(j int32) {
				if m := int(owner[j]) - 1; m >= 0 && m != k {
					a, b := root(k), root(m)
					parent[max(a, b)] = min(a, b)
				}
			})
		}
	}
	groups := map[int][]int{}
	for k := range regions {
		groups[root(k)] = append(groups[root(k)], k)
	}
	var out []region
	for k := range regions {
		if g := groups[k]; len(g) > 0 {
			out = append(out, s.merge(regions, g, o))
		}
	}
	return out
}

func (s *sweep) speck(r region, o Options) bool {
	if len(r.cells) < 3 {
		return true
	}
	area := 0.0
	for _, i := range r.cells {
		area += s.areaM2(i)
	}
	return area < o.MinAreaM2
}

// merge is the regions of a group as one; the first is the strongest. What is thin against it is halo.
func (s *sweep) merge(regions []region, group []int, o Options) region {
	r := regions[group[0]]
	if len(group) == 1 {
		return r
	}
	s.use(r.view)
	least := math.Max(trimShare*r.peak, o.MinExcess/2)
	r.cells, r.halo = slices.Clone(r.cells), slices.Clone(r.halo)
	for _, k := range group[1:] {
		for _, i := range regions[k].cells {
			if s.excess[i] >= least {
				r.cells = append(r.cells, i)
			} else {
				r.halo = append(r.halo, i)
			}
		}
		r.halo = append(r.halo, regions[k].halo...)
		r.peakZ = math.Max(r.peakZ, regions[k].peakZ)
	}
	slices.Sort(r.cells)
	return r
}

// within calls fn for the cells whose middle lies within reachM of a cell's: to its sides along the ring, or
// up and down in a vertical cut, and along the rays.
func (s *sweep) within(i int32, reachM float64, fn func(int32)) { s.reach(i, reachM, 0, fn) }

// reach is within, where up to darkM of what is not seen at that range do not count as a distance to the sides.
func (s *sweep) reach(i int32, reachM, darkM float64, fn func(int32)) {
	ray, cell := int(i)/s.cells, int(i)%s.cells
	n := int(reachM / s.cellM)
	row := func(ray int) {
		for c := max(0, cell-n); c <= min(s.cells-1, cell+n); c++ {
			fn(int32(s.at(ray, c)))
		}
	}
	row(ray)
	for _, side := range [2]int{-1, 1} {
		at, gone, dark := ray, 0.0, 0.0
		for range s.n() {
			to := s.next(at, side)
			if to < 0 {
				break
			}
			step := (s.arcM(at, cell) + s.arcM(to, cell)) / 2
			if v := s.residual[s.at(to, cell)]; v != v && dark+step <= darkM {
				dark += step
			} else if gone += step; gone > reachM {
				break
			}
			row(to)
			at = to
		}
	}
}

// pieces are the joined parts of a region, largest first.
func (s *sweep) pieces(cells []int32) [][]int32 {
	in := make(map[int32]bool, len(cells))
	for _, i := range cells {
		in[i] = true
	}
	var out [][]int32
	for _, from := range cells {
		if !in[from] {
			continue
		}
		queue := []int32{from}
		delete(in, from)
		for head := 0; head < len(queue); head++ {
			ray, cell := int(queue[head])/s.cells, int(queue[head])%s.cells
			for side := -1; side <= 1; side++ {
				to := ray
				if side != 0 {
					if to = s.next(ray, side); to < 0 {
						continue
					}
				}
				for c := max(0, cell-1); c <= min(s.cells-1, cell+1); c++ {
					if j := int32(s.at(to, c)); in[j] {
						delete(in, j)
						queue = append(queue, j)
					}
				}
			}
		}
		slices.Sort(queue)
		out = append(out, queue)
	}
	slices.SortStableFunc(out, func(a, b []int32) int { return cmp.Compare(len(b), len(a)) })
	return out
}
