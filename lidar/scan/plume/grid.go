package plume

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"upwind/lidar/scan"
)

// Grid is a horizontal or conical scan on a map: square cells, row 0 in the north, W*H values row after row.
// The place (0, 0) m is the instrument.
type Grid struct {
	W, H          int
	CellM         float64
	WestM, NorthM float64   // outer corner of the first cell, m east and north of the instrument
	Extinction    []float64 // area-weighted mean, 1/m; NaN where nothing is seen
	Sigma         []float64 // of the mean, 1/m
	Coverage      []float64 // share of the cell that was seen, 0..1
	Hull          orb.MultiPolygon
	Site          scan.Site
}

const (
	mapCellM   = 25.0
	maxMapSide = 4000     // cells
	maxMapM    = 60_000.0 // from the instrument: no aerosol lidar sees farther along the ground
	maxCells   = 1200     // of a side when the cell is left open
	cellParts  = 3        // a polar cell is cut until its parts are this much smaller than a cell of the map
)

// ToGrid lays a field on the map as it was inverted. cellM 0 takes 25 m, or what keeps the map within 1200
// cells a side. A sweep that is a vertical cut has no place on a map; a field of nothing else gives an error.
func ToGrid(f *scan.Field, cellM float64) (*Grid, error) {
	sweeps, _ := sweepsOf(f)
	return gridOf(f, sweeps, cellM)
}

// Grid lays the field of a result on the map, its rays brought into line with each other and without what
// cannot be judged. See [ToGrid] for cellM and the error.
func (r *Result) Grid(cellM float64) (*Grid, error) { return gridOf(r.field, r.sweeps, cellM) }

func gridOf(f *scan.Field, sweeps []*sweep, cellM float64) (*Grid, error) {
	reach := 0.0
	var flat []*sweep
	for _, s := range sweeps {
		if !s.upright && s.cells > 0 {
			flat = append(flat, s)
			reach = math.Max(reach, s.rangeM(s.cells-1)+s.cellM)
		}
	}
	if len(flat) == 0 {
		return nil, fmt.Errorf("plume: no turn in azimuth of %d rays or more to lay on a map", minRays)
	}
	reach = math.Min(reach, maxMapM)
	if !(cellM > 0) {
		cellM = mapCellM * math.Ceil(2*reach/maxCells/mapCellM)
	}
	half := int(math.Ceil(reach / cellM))
	if 2*half > maxMapSide {
		return nil, fmt.Errorf("plume: cells of %g m make a map of %d cells a side", cellM, 2*half)
	}
	g := &Grid{W: 2 * half, H: 2 * half, CellM: cellM, WestM: -float64(half) * cellM, NorthM: float64(half) * cellM, Site: f.Site}
	// Two halves of the rays, each on a map of its own, added up in order: the same sums on any number of
	// processors.
	var halves [2]Grid
	each(len(halves), func(h int) {
		half := *g
		half.clear()
		for _, s := range flat {
			for i := h * s.n() / 2; i < (h+1)*s.n()/2; i++ {
				half.add(s, i)
			}
		}
		halves[h] = half
	})
	g.Extinction, g.Sigma, g.Coverage = halves[0].Extinction, halves[0].Sigma, halves[0].Coverage
	for i := range g.Coverage {
		g.Extinction[i] += halves[1].Extinction[i]
		g.Sigma[i] += halves[1].Sigma[i]
		g.Coverage[i] += halves[1].Coverage[i]
	}
	for _, s := range flat {
		g.Hull = append(g.Hull, s.hull())
	}
	for i, a := range g.Coverage {
		if a == 0 {
			g.Extinction[i], g.Sigma[i] = math.NaN(), math.NaN()
			continue
		}
		g.Extinction[i] /= a
		g.Sigma[i] = math.Sqrt(g.Sigma[i]) / a
		g.Coverage[i] = math.Min(1, a/(cellM*cellM))
	}
	return g, nil
}

// clear gives a grid empty arrays of its own.
func (g *Grid) clear() {
	size := g.W * g.H
	g.Extinction, g.Sigma, g.Coverage = make([]float64, size), make([]float64, size), make([]float64, size)
}

// add spreads a ray's cells over the map: into Extinction times area, variance times area squared, and area.
func (g *Grid) add(s *sweep, ray int) {
	cosE := math.Cos(s.el[ray] * math.Pi / 180)
	pieces := max(1, int(math.Ceil(s.cellM*cosE*cellParts/g.CellM)))
	for c := range s.cells {
		alpha, sigma := s.alpha[s.at(ray, c)], s.sigma[s.at(ray, c)]
		if alpha != alpha {
			continue
		}
		width := s.arcM(ray, c)
		beams := max(1, int(math.Ceil(width*cellParts/g.CellM)))
		area := width * s.cellM * cosE / float64(beams*pieces)
		// Parts of one polar cell in one map cell are not independent: so many of them meet there.
		meet := math.Min(float64(beams), math.Max(1, g.CellM/(width/float64(beams)))) *
			math.Min(float64(pieces), math.Max(1, g.CellM*float64(pieces)/s.cellM))
		v := area * area * sigma * sigma * meet
		sin, cos := math.Sincos((s.lo[ray] + s.widthDeg(ray)*0.5/float64(beams)) * math.Pi / 180)
		dSin, dCos := math.Sincos(s.widthDeg(ray) / float64(beams) * math.Pi / 180)
		for range beams {
			for p := range pieces {
				flat := (s.rangeM(c) + s.cellM*((float64(p)+0.5)/float64(pieces)-0.5)) * cosE
				x := int((flat*sin - g.WestM) / g.CellM)
				y := int((g.NorthM - flat*cos) / g.CellM)
				if x < 0 || y < 0 || x >= g.W || y >= g.H {
					continue
				}
				i := y*g.W + x
				g.Extinction[i] += area * alpha
				g.Sigma[i] += v
				g.Coverage[i] += area
			}
			sin, cos = sin*dCos+cos*dSin, cos*dCos-sin*dSin
		}
	}
}

// hull is what the beam sees: out to the last known cell of each ray.
func (s *sweep) hull() orb.Polygon {
	var ring orb.Ring
	if !s.wrap {
		ring = append(ring, orb.Point{0, 0})
	}
	for i := range s.rays {
		last := s.cells
		for last > 0 && math.IsNaN(s.alpha[s.at(i, last-1)]) {
			last--
		}
		for _, az := range [2]float64{s.lo[i], s.hi[i]} {
			e, n, _ := scan.ENU(az, s.el[i], float64(last)*s.cellM)
			ring = append(ring, orb.Point{e, n})
		}
		if !s.wrap && !s.linked[i] {
			ring = append(ring, orb.Point{0, 0})
		}
	}
	ring = append(ring, ring[0])
	if ring.Orientation() != orb.CCW {
		ring.Reverse()
	}
	return orb.Polygon{ring}
}
