package lidar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
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
	readPoints    = 4096
	recentPoints  = 1 << 18 // repeated points are looked for among about this many
)

// gpsEpoch is 1980-01-06; adjusted GPS time counts from 1e9 s later. GPS runs ahead of UTC by 18 leap
// seconds since 2017 and by 13 at least since 1999: good to five seconds, which places a flight.
var gpsEpoch = time.Date(1980, 1, 6, 0, 0, 0, 0, time.UTC)

const (
	gpsAdjust   = 1e9
	leapSeconds = 18
)

// Cloud is a gridded point cloud.
type Cloud struct {
	Report Report

	w, h       int
	cell       float64
	originX    float64 // file coordinates of the north-west corner
	originY    float64
	ux, uy, uz float64 // metres a unit
	locate     Locate

	z      []float64
	spread []float32
	colour [][3]float32 // mean red, green, blue; nil without colour
}

// Grid reads a cloud twice, once for its extent and density, once for its heights. A cloud without points
// or too sparse gives a Cloud without cells whose report says so.
func Grid(ctx context.Context, r *las.Reader, locate Locate, o Options, progress func(done, total int)) (*Cloud, error) {
	c := &Cloud{locate: locate}
	c.Report.Warnings = r.Warnings()
	c.Report.Colour = r.Header().HasColor()
	if r.Count() == 0 {
		c.note("the file holds no points")
		return c, nil
	}
	if locate == nil {
		return nil, upwind.Refuse(r.Name(), "", "the file states no reference system, so nothing in it has a place on the map", "hand it in with --crs EPSG:n")
	}
	ext, err := survey(ctx, r, progress)
	if err != nil {
		return nil, err
	}
	c.Report.Points = r.Count()
	if ext.n == 0 {
		c.note("of %d points none is usable: all are noise, withheld or early returns", r.Count())
		return c, nil
	}
	if err := c.measureUnits(r, ext); err != nil {
		return nil, err
	}
	if o.Acquired != nil {
		c.Report.Acquired = *o.Acquired
	} else if r.Header().TimeIsGPS() && r.Header().HasTime() && ext.firstGPS < math.Inf(1) {
		s := ext.firstGPS + gpsAdjust - leapSeconds
		if s > 0 && s < 4e9 {
			c.Report.Acquired = gpsEpoch.Add(time.Duration(s * float64(time.Second))).Truncate(time.Second)
		}
	}
	if !c.layOut(ext, o) {
		return c, nil
	}
	if err := c.fill(ctx, r, ext, progress); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Cloud) note(format string, a ...any) {
	c.Report.Notes = append(c.Report.Notes, fmt.Sprintf(format, a...))
}

// usable reports whether a point may show the surface.
func usable(p *las.Point) bool {
	return !p.Withheld && p.Class != las.ClassLowNoise && p.Class != las.ClassHighNoise &&
		(p.Returns == 0 || p.Return >= p.Returns)
}

// extent is what the first reading gathers.
type extent struct {
	n        int64
	lo, hi   [3]float64 // without strays, file units
	xy       [][2]float64
	firstGPS float64
}

// survey samples every n-th point for the extent, which strays must not stretch.
func survey(ctx context.Context, r *las.Reader, progress func(done, total int)) (extent, error) {
	e := extent{firstGPS: math.Inf(1)}
	if err := r.Rewind(); err != nil {
		return e, err
	}
	stride := max(1, r.Count()/sampleSize)
	var axis [3][]float64
	lo := [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)}
	hi := [3]float64{math.Inf(-1), math.Inf(-1), math.Inf(-1)}
	err := each(ctx, r, func(done int64) { progress(int(done*gridShare/2/r.Count()), progressTotal) }, func(p *las.Point) {
		if !usable(p) {
			return
		}
		v := [3]float64{p.X, p.Y, p.Z}
		for k := range v {
			lo[k], hi[k] = math.Min(lo[k], v[k]), math.Max(hi[k], v[k])
		}
		if p.GPSTime > 0 && p.GPSTime < e.firstGPS {
			e.firstGPS = p.GPSTime
		}
		if e.n%stride == 0 {
			e.xy = append(e.xy, [2]float64{p.X, p.Y})
			for k := range v {
				axis[k] = append(axis[k], v[k])
			}
		}
		e.n++
	})
	if err != nil || e.n == 0 {
		return e, err
	}
	for k := range axis {
		s := axis[k]
		sort.Float64s(s)
		n := len(s)
		a, b := s[int(strayShare*float64(n))], s[n-1-int(strayShare*float64(n))]
		m := strayMargin * (b - a)
		e.lo[k], e.hi[k] = math.Max(lo[k], a-m), math.Min(hi[k], b+m)
		if k == 2 {
			e.lo[k], e.hi[k] = a, b
		}
	}
	return e, nil
}

// each reads every point.
func each(ctx context.Context, r *las.Reader, progress func(done int64), fn func(p *las.Point)) error {
	buf := make([]las.Point, min(readPoints, r.Count()+1))
	var done int64
	for {
		n, err := r.Read(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range buf[:n] {
			fn(&buf[i])
		}
		if done += int64(n); ctx.Err() != nil {
			return ctx.Err()
		}
		progress(done)
	}
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
