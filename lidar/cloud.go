package lidar

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sort"
	"time"

	"upwind"
	"upwind/lidar/las"
)

// Gridding.
const (
	pointsPerCell = 2.0  // leaves one cell in seven empty when points fall at random
	minCellM      = 0.25 // finer cells show stones, not piles
	maxCellM      = 3.0  // coarser ones show no flank of a pile a lorry tips
	cellStepM     = 0.05
	maxCells      = 8 << 20 // about 600 MB while piles are sought
	cellsPerPoint = 16      // memory follows the bytes that were handed in
	spareCells    = 4096
	sampleSize    = 100_000
	strayShare    = 0.001 // of the sample at each end, before a margin of a fifth of the width
	strayMargin   = 0.2
	strayHeightM  = 60 // above or below the sample's range: birds and multipath
)

// gpsEpoch is 1980-01-06; adjusted GPS time counts from 1e9 s later. GPS runs ahead of UTC by 18 leap
// seconds since 2017 and by 13 at least since 1999: good to five seconds, which places a flight.
var gpsEpoch = time.Date(1980, 1, 6, 0, 0, 0, 0, time.UTC)

const (
	gpsAdjust   = 1e9
	leapSeconds = 18
)

// Cloud is a gridded point cloud. It does not change after [Grid], and any number of detectors may look at
// it.
type Cloud struct {
	Report Report

	name       string
	w, h       int
	cell       float64
	originX    float64 // file coordinates of the north-west corner
	originY    float64
	ux, uy, uz float64 // metres a unit
	locate     Locate

	z      []float64 // nil when there is no grid
	spread []float32
	within []float32 // estimate of the variance of a cell's points about its slope, m2; NaN for fewer than two
	n      []uint32  // points of a cell
	flags  []uint8   // of its points, or-ed
	colour []tint    // nil without colour
	full   float64   // full scale of the colours
}

// Grid reads a cloud and lays it on a grid. A cloud without points or too sparse gives a Cloud without
// cells whose report says so. Progress may be nil. Errors: a [upwind.Refusal] when the cloud cannot be
// placed, ctx's, or a fault of reading.
func Grid(ctx context.Context, r *las.Reader, locate Locate, o Options, progress func(done, total int)) (*Cloud, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	c := &Cloud{locate: locate, name: r.Name()}
	c.Report.Warnings = r.Warnings()
	if r.Count() == 0 {
		c.note("the file holds no points")
		return c, nil
	}
	if locate == nil {
		return nil, upwind.Refuse(r.Name(), "", "the file states no reference system, so nothing in it has a place on the map", "hand it in with --crs EPSG:n")
	}
	s, err := newStream(r)
	if err != nil {
		return nil, err
	}
	defer s.close()
	half := func(from int) func(done int64) {
		return func(done int64) { progress(from+int(done*gridShare/2/r.Count()), progressTotal) }
	}
	ext, err := survey(ctx, s, half(0))
	if err != nil {
		return nil, err
	}
	c.Report.Points, c.Report.Dropped = r.Count(), s.unusable
	c.Report.Colour, c.Report.NIR, c.Report.ColourBits = ext.colours.seen()
	switch {
	case ext.n == 0:
		c.note("of %d points none is usable: all are noise, withheld or early returns", r.Count())
		return c, nil
	case ext.water == ext.n:
		c.note("every point is water")
	}
	if err := c.measureUnits(r, ext); err != nil {
		return nil, err
	}
	c.Report.Acquired = acquired(r.Header(), s.firstGPS, o)
	if !c.layOut(ext, o) {
		return c, nil
	}
	if err := c.fill(ctx, s, ext, half(gridShare/2)); err != nil {
		return nil, err
	}
	s.kept = nil
	runtime.GC() // the points and sums make room for the search, which would otherwise come on top of them
	return c, nil
}

// acquired is when the sensor looked; zero when neither the points nor the options say.
func acquired(h las.Header, firstGPS float64, o Options) time.Time {
	if o.Acquired != nil {
		return *o.Acquired
	}
	s := firstGPS + gpsAdjust - leapSeconds
	if !h.TimeIsGPS() || !h.HasTime() || !(s > 0 && s < 4e9) {
		return time.Time{}
	}
	return gpsEpoch.Add(time.Duration(s * float64(time.Second))).Truncate(time.Second)
}

func (c *Cloud) note(format string, a ...any) {
	c.Report.Notes = append(c.Report.Notes, fmt.Sprintf(format, a...))
}

// extent is what the first look gathers.
type extent struct {
	n, water int64
	lo, hi   [3]float64 // without strays, file units
	xy       [][2]float64
	colours  depth
}

// survey samples every n-th point for the extent, which strays must not stretch.
func survey(ctx context.Context, s *stream, progress func(done int64)) (extent, error) {
	var e extent
	h := s.r.Header()
	stride := max(1, s.r.Count()/sampleSize)
	var axis [3][]float64
	lo := [3]int32{math.MaxInt32, math.MaxInt32, math.MaxInt32}
	hi := [3]int32{math.MinInt32, math.MinInt32, math.MinInt32}
	real := func(k int, v int32) float64 { return float64(v)*h.Scale[k] + h.Offset[k] }
	err := s.each(ctx, progress, func(b *echoes) {
		for i := range b.at {
			p := &b.at[i]
			for k, v := range p {
				lo[k], hi[k] = min(lo[k], v), max(hi[k], v)
			}
			if b.flags[i]&echoWater != 0 {
				e.water++
			}
			if e.n%stride == 0 {
				e.xy = append(e.xy, [2]float64{real(0, p[0]), real(1, p[1])})
				for k := range axis {
					axis[k] = append(axis[k], real(k, p[k]))
				}
			}
			e.n++
		}
		e.colours.add(b.colour)
	})
	if err != nil || e.n == 0 {
		return e, err
	}
	for k, v := range axis {
		sort.Float64s(v)
		n := len(v)
		a, b := v[int(strayShare*float64(n))], v[n-1-int(strayShare*float64(n))]
		if k == 2 {
			e.lo[k], e.hi[k] = a, b
			continue
		}
		// A negative scale turns the order round.
		m, v0, v1 := strayMargin*(b-a), real(k, lo[k]), real(k, hi[k])
		e.lo[k], e.hi[k] = math.Max(math.Min(v0, v1), a-m), math.Min(math.Max(v0, v1), b+m)
	}
	return e, nil
}

// layOut chooses the cell and the size of the grid; false when the cloud is too thin.
func (c *Cloud) layOut(e extent, o Options) bool {
	width, height := (e.hi[0]-e.lo[0])*c.ux, (e.hi[1]-e.lo[1])*c.uy
	// Bins of some points each: a scatter of single points is thin, not dense in a small area.
	coarse := int(math.Max(1, math.Min(64, math.Sqrt(float64(len(e.xy))/8))))
	seen := make([]bool, coarse*coarse)
	occupied := 0
	for _, p := range e.xy {
		i := int((p[0] - e.lo[0]) / (e.hi[0] - e.lo[0]) * float64(coarse))
		j := int((p[1] - e.lo[1]) / (e.hi[1] - e.lo[1]) * float64(coarse))
		i, j = min(max(i, 0), coarse-1), min(max(j, 0), coarse-1)
		if !seen[j*coarse+i] {
			seen[j*coarse+i] = true
			occupied++
		}
	}
	area := math.Max(1, width) * math.Max(1, height) * float64(occupied) / float64(coarse*coarse)
	c.Report.AreaM2, c.Report.DensityM2 = area, float64(e.n)/area
	cell := o.CellM
	if !(cell > 0) {
		cell = math.Max(minCellM, math.Ceil(math.Sqrt(pointsPerCell/c.Report.DensityM2)/cellStepM)*cellStepM)
	}
	limit := math.Min(maxCells, cellsPerPoint*float64(e.n)+spareCells)
	for (width/cell+2)*(height/cell+2) > limit {
		cell *= 1.25
	}
	c.Report.CellM = cell
	if cell > maxCellM && !(o.CellM > maxCellM) {
		c.note("%.2f points a square metre allow cells of %.1f m, too coarse to see the flank of a pile (at most %.1f m)", c.Report.DensityM2, cell, maxCellM)
		return false
	}
	c.cell = cell
	c.w, c.h = int(width/cell)+1, int(height/cell)+1
	c.originX, c.originY = e.lo[0], e.lo[1]+float64(c.h)*cell/c.uy
	c.Report.Columns, c.Report.Rows = c.w, c.h
	return true
}
