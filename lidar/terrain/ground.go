package terrain

import (
	"context"
	"fmt"
	"math"
)

// ProgressTotal is the total that progress counts to.
const ProgressTotal = 1000

// Ground finds the points of a survey that lie on bare ground, and its surface. The files are read twice or,
// when the survey exceeds Options.MaxCells, twice a block by those blocks they touch. Neither the order of
// files and points nor threads change the result; blocks overlap by as far as the filter looks, so it
// changes only beside voids that are wider than that.
//
// A survey without usable points gives a Model without ground whose report says why.
func Ground[S Source](ctx context.Context, files []S, o Options, progress func(done, total int)) (*Model, error) {
	o = o.withDefaults()
	if progress == nil {
		progress = func(int, int) {}
	}
	m := &Model{}
	for _, f := range files {
		m.bits = append(m.bits, make([]uint64, (f.Count()+63)/64))
		m.Report.Points += f.Count()
	}
	if m.Report.Points == 0 {
		m.note("the files hold no points")
		return m, nil
	}
	for _, reread := range []bool{false, true} {
		m.Report = Report{Files: len(files), Points: m.Report.Points}
		again, err := ground(ctx, m, files, o, reread, progress)
		if err != nil {
			return nil, err
		}
		if !again {
			break
		}
	}
	m.say()
	return m, nil
}

func (m *Model) note(format string, a ...any) {
	m.Report.Notes = append(m.Report.Notes, fmt.Sprintf(format, a...))
}

// ground works all blocks; again means that points lie outside what the headers state.
func ground[S Source](ctx context.Context, m *Model, files []S, o Options, reread bool, progress func(done, total int)) (again bool, err error) {
	boxes, err := extents(ctx, files, o, reread)
	if err != nil {
		return false, err
	}
	frame, all, notes, err := layOut(boxes, m.Report.Points, o)
	if err != nil {
		return false, err
	}
	m.Frame = frame
	m.Report.Notes = append(m.Report.Notes, notes...)
	m.Report.Cells, m.Report.CellM = frame.W*frame.H, frame.CellM
	if frame.W == 0 {
		return false, nil
	}
	m.z, m.err = NewGrid(frame).Z, NewGrid(frame).Z
	o.CellM = frame.CellM
	proto := block{model: m, o: o, base: all.lo[2], zLo: all.lo[2], zHi: all.hi[2]}
	whole := rect{0, 0, frame.W, frame.H}
	blocks := []block{proto}
	blocks[0].core, blocks[0].whole = whole, whole
	if frame.W*frame.H > o.MaxCells {
		outside, err := census(ctx, &proto, files)
		if err != nil {
			return false, err
		}
		if outside > 0 && !reread {
			return true, nil
		}
		blocks = proto.split()
	}
	m.Report.Blocks = len(blocks)
	for k := range blocks {
		b := &blocks[k]
		b.progress = func(part float64) {
			progress(int((float64(k)+part)/float64(len(blocks))*ProgressTotal), ProgressTotal)
		}
		outside, err := work(ctx, b, files, boxes, len(blocks) == 1)
		if err != nil {
			return false, err
		}
		if outside > 0 && !reread {
			return true, nil
		}
	}
	return false, nil
}

// say puts what is unusual into words.
func (m *Model) say() {
	r := &m.Report
	usable := r.Points - r.Early - r.Dropped
	switch {
	case m.Frame.W == 0 || usable <= 0:
		m.note("of %d points none is usable: all are noise, withheld, early returns or without a place", r.Points)
		return
	case r.Ground == 0:
		m.note("no ground was found")
		return
	}
	if r.Dropped > 0 {
		m.note("%d points are noise, withheld or far from the others", r.Dropped)
	}
	known := make([]bool, len(m.err))
	for i, e := range m.err {
		known[i] = e >= 0
	}
	for _, d := range distances(known, m.Frame.W, m.Frame.H) {
		r.WidestGapM = math.Max(r.WidestGapM, float64(d)*r.CellM)
	}
	if r.WidestGapM > dtmReachM {
		m.note("up to %.0f m from the nearest ground point nothing shows the ground: water, halls or gaps in the survey", r.WidestGapM)
	}
}
