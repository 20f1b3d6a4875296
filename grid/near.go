package grid

import (
	"cmp"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"upwind"
)

// tileDeg is the side of a square of the book's spatial index, about 1 km: a query for one target's
// surroundings touches a handful, and a candidate of ordinary size lies in one to four.
const tileDeg = 0.01

// maxTiles is how many squares one candidate or query may touch before it is handled by a plain scan; it bounds
// the memory that a polygon as large as a province can claim.
const maxTiles = 256

type tile [2]int32

// tilesOf lists the squares that a bound touches, or false when they are too many.
func tilesOf(bd orb.Bound) ([]tile, bool) {
	x0, x1 := math.Floor(bd.Min[0]/tileDeg), math.Floor(bd.Max[0]/tileDeg)
	y0, y1 := math.Floor(bd.Min[1]/tileDeg), math.Floor(bd.Max[1]/tileDeg)
	n := (x1 - x0 + 1) * (y1 - y0 + 1)
	if !(n >= 1 && n <= maxTiles) {
		return nil, false
	}
	out := make([]tile, 0, int(n))
	for y := y0; y <= y1; y++ {
		for x := x0; x <= x1; x++ {
			out = append(out, tile{int32(x), int32(y)})
		}
	}
	return out, true
}

func (b *Book) place(r *record, bd orb.Bound) {
	if r.keys != nil && r.bound == bd {
		return
	}
	b.unplace(r)
	r.bound = bd
	keys, ok := tilesOf(bd)
	if !ok {
		b.wide = append(b.wide, r)
		return
	}
	r.keys = keys
	for _, k := range keys {
		b.tiles[k] = append(b.tiles[k], r)
	}
}

func (b *Book) unplace(r *record) {
	without := func(rs []*record) []*record {
		return slices.DeleteFunc(rs, func(x *record) bool { return x == r })
	}
	for _, k := range r.keys {
		if b.tiles[k] = without(b.tiles[k]); len(b.tiles[k]) == 0 {
			delete(b.tiles, k)
		}
	}
	if r.keys == nil {
		b.wide = without(b.wide)
	}
	r.keys = nil
}

// within returns the records whose bound touches bd, by id. The caller holds the lock.
func (b *Book) within(bd orb.Bound) []*record {
	var out []*record
	take := func(rs []*record) {
		for _, r := range rs {
			if r.bound.Intersects(bd) {
				out = append(out, r)
			}
		}
	}
	if keys, ok := tilesOf(bd); ok {
		for _, k := range keys {
			take(b.tiles[k])
		}
		take(b.wide)
	} else {
		for _, r := range b.recs {
			if r.st.State != upwind.StateMerged && r.bound.Intersects(bd) {
				out = append(out, r)
			}
		}
	}
	slices.SortFunc(out, func(x, y *record) int { return cmp.Compare(x.c.ID, y.c.ID) })
	return slices.Compact(out)
}

// Near returns the candidates whose geometry comes within radiusM metres of a point, by id.
func (b *Book) Near(lon, lat, radiusM float64) []upwind.Candidate {
	b.read()
	defer b.mu.RUnlock()
	var out []upwind.Candidate
	for _, r := range b.within(padded(orb.Bound{Min: orb.Point{lon, lat}, Max: orb.Point{lon, lat}}, radiusM)) {
		if distanceTo(r.c.Geometry.Geometry(), orb.Point{lon, lat}) <= radiusM {
			out = append(out, r.c)
		}
	}
	return out
}

// In returns the candidates whose geometry's bound touches a box, by id.
func (b *Book) In(box orb.Bound) []upwind.Candidate {
	b.read()
	defer b.mu.RUnlock()
	rs := b.within(box)
	out := make([]upwind.Candidate, len(rs))
	for i, r := range rs {
		out[i] = r.c
	}
	return out
}
