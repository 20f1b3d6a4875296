package terrain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"

	"upwind"
	"upwind/lidar/las"
)

// Source is a file of points; *las.Reader is one.
type Source interface {
	Name() string
	Header() las.Header
	Count() int64
	Rewind() error
	Read(dst []las.Point) (int, error)
}

var _ Source = (*las.Reader)(nil)

// Extent.
const (
	cellsPerPoint = 16 // memory follows the points that were handed in
	spareCells    = 4096
	sampleSize    = 100_000
	strayShare    = 0.001 // of a sample at each end, before a margin of a fifth of the width
	strayMargin   = 0.2
	maxReliefM    = 20_000    // from the lowest point of the land to anything that flies
	maxGridCells  = 256 << 20 // 2 GB of surface
	readPoints    = 4096
)

// usable reports whether a point may lie on the ground: the last return of its pulse, where returns are
// counted, and neither noise nor withheld.
func usable(p *las.Point) bool {
	return !p.Withheld && p.Class != las.ClassLowNoise && p.Class != las.ClassHighNoise &&
		(p.Returns == 0 || p.Return >= p.Returns)
}

// scan reads every point of a source with its number in the file.
func scan(ctx context.Context, s Source, fn func(i int64, p *las.Point)) error {
	if err := s.Rewind(); err != nil {
		return err
	}
	buf := make([]las.Point, min(readPoints, s.Count()+1))
	var done int64
	for {
		n, err := s.Read(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range buf[:n] {
			fn(done+int64(i), &buf[i])
		}
		if done += int64(n); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// box is an extent in file units.
type box struct{ lo, hi [3]float64 }

var emptyBox = box{
	lo: [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)},
	hi: [3]float64{math.Inf(-1), math.Inf(-1), math.Inf(-1)},
}

func (b box) union(o box) box {
	for k := range b.lo {
		b.lo[k], b.hi[k] = math.Min(b.lo[k], o.lo[k]), math.Max(b.hi[k], o.hi[k])
	}
	return b
}

func (b box) empty() bool { return !(b.lo[0] <= b.hi[0] && b.lo[1] <= b.hi[1] && b.lo[2] <= b.hi[2]) }

// cellsOf is how many cells of c metres the box takes.
func (b box) cellsOf(c, unit float64) float64 {
	return ((b.hi[0]-b.lo[0])*unit/c + 1) * ((b.hi[1]-b.lo[1])*unit/c + 1)
}

// extents are the boxes of the sources: what their headers state where that is credible, or else what a
// reading finds without strays. reread says that a header proved wrong.
func extents[S Source](ctx context.Context, files []S, o Options, reread bool) ([]box, error) {
	boxes, all, points := make([]box, len(files)), emptyBox, 0.0
	for k, f := range files {
		h := f.Header()
		boxes[k] = emptyBox
		if f.Count() > 0 {
			boxes[k] = box{lo: h.Min, hi: h.Max}
			for j, step := range h.Scale { // bounds are rounded
				boxes[k].lo[j] -= math.Abs(step)
				boxes[k].hi[j] += math.Abs(step)
			}
			all = all.union(boxes[k])
			points += float64(f.Count())
			reread = reread || boxes[k].empty()
		}
	}
	size := all.cellsOf(o.CellM, o.UnitM)
	relief := (all.hi[2] - all.lo[2]) * o.ZUnitM
	if !reread && size <= cellsPerPoint*points+spareCells && relief < maxReliefM {
		return boxes, nil
	}
	for k, f := range files {
		b, err := measure(ctx, f)
		if err != nil {
			return nil, err
		}
		boxes[k] = b
	}
	return boxes, nil
}

// measure is the extent of a source without strays.
func measure(ctx context.Context, f Source) (box, error) {
	b, full := emptyBox, emptyBox
	var axis [3][]float64
	stride := max(1, f.Count()/sampleSize)
	var n int64
	err := scan(ctx, f, func(_ int64, p *las.Point) {
		v := [3]float64{p.X, p.Y, p.Z}
		if s := v[0] + v[1] + v[2]; !usable(p) || math.IsNaN(s) || math.IsInf(s, 0) {
			return
		}
		for k := range v {
			full.lo[k], full.hi[k] = math.Min(full.lo[k], v[k]), math.Max(full.hi[k], v[k])
			if n%stride == 0 {
				axis[k] = append(axis[k], v[k])
			}
		}
		n++
	})
	if err != nil || n == 0 {
		return emptyBox, err
	}
	for k, s := range axis {
		sort.Float64s(s)
		cut := int(math.Ceil(strayShare * float64(len(s))))
		if len(s) < 2*cut+1 {
			cut = 0
		}
		lo, hi := s[cut], s[len(s)-1-cut]
		m := strayMargin*(hi-lo) + 1
		b.lo[k], b.hi[k] = math.Max(full.lo[k], lo-m), math.Min(full.hi[k], hi+m)
	}
	return b, nil
}

// layOut places the grid of a survey; cell edges lie at whole multiples of the cell, so that neighbouring
// surveys meet.
func layOut(boxes []box, points int64, o Options) (Frame, box, []string, error) {
	all := emptyBox
	for _, b := range boxes {
		if !b.empty() {
			all = all.union(b)
		}
	}
	var notes []string
	if all.empty() {
		return Frame{}, all, nil, nil
	}
	cell := o.CellM
	limit := math.Min(maxGridCells, cellsPerPoint*float64(points)+spareCells)
	for all.cellsOf(cell, o.UnitM) > limit {
		cell *= 1.25
	}
	if cell > maxCellM && cell > o.CellM {
		return Frame{}, all, nil, upwind.Refuse("point cloud", "extent",
			fmt.Sprintf("%d points lie scattered over %.0f x %.0f km, too thin for a surface", points,
				(all.hi[0]-all.lo[0])*o.UnitM/1000, (all.hi[1]-all.lo[1])*o.UnitM/1000),
			"check the unit and the coordinates, or hand in fewer files at a time")
	}
	if cell > o.CellM {
		notes = append(notes, fmt.Sprintf("cells are %.2f m instead of %.2f m, for the points are thin for the area", cell, o.CellM))
	}
	step := cell / o.UnitM
	x, y := math.Floor(all.lo[0]/step)*step, (math.Floor(all.hi[1]/step)+1)*step
	return Frame{
		W: int((all.hi[0]-x)/step) + 1, H: int((y-all.lo[1])/step) + 1,
		CellM: cell, X: x, Y: y, UnitM: o.UnitM,
	}, all, notes, nil
}

// maxCellM is the coarsest cell a ground filter can work with: a house must cover several.
const maxCellM = 10
