package plume

import (
	"cmp"
	"math"
	"slices"

	"upwind/lidar/scan"
)

// Shade marks in a field what targets are and hide. Rays are matched by direction and time.
func Shade(f *scan.Field, s *scan.Scan, echoes []Echo) {
	type ray struct{ az, el, at int64 }
	key := func(az, el float64, at int64) ray {
		return ray{int64(math.Round(math.Mod(az+720, 360) * 1e3)), int64(math.Round(el * 1e3)), at}
	}
	rows := map[ray]int{}
	for i, r := range f.Rays {
		rows[key(r.AzimuthDeg, r.ElevationDeg, r.Start.UnixNano())] = i
	}
	for _, e := range echoes {
		row, ok := rows[key(e.AzimuthDeg, e.ElevationDeg, s.Rays[e.Ray].Start.UnixNano())]
		if !ok {
			continue
		}
		front := int(math.Floor((e.FrontM - f.FirstM) / f.BinM))
		for k := max(0, front); k < f.Bins; k++ {
			q := &f.Quality[f.At(row, k)]
			if f.RangeM(k) <= e.RangeM+echoRingM {
				*q |= scan.HardTarget
			}
			if f.RangeM(k) >= e.RangeM && e.Opaque {
				*q |= scan.BehindTarget
			}
		}
	}
}

// Cluster is a fixed thing: echoes of neighbouring rays within a bin.
type Cluster struct {
	AzimuthDeg             float64 // mean, true
	FromElevDeg, ToElevDeg float64
	Bin                    int // median
	RangeM                 float64
	Echoes                 int
	Opaque                 int // of them
}

// Clusters groups echoes of neighbouring rays that lie within a bin of the first of them, the greatest first.
func Clusters(echoes []Echo) []Cluster {
	var groups [][]Echo
next:
	for _, e := range echoes {
		for g := len(groups) - 1; g >= 0; g-- {
			last := groups[g][len(groups[g])-1]
			if first := groups[g][0]; e.Ray-last.Ray <= recurNearRays && sameBin(e, first) {
				groups[g] = append(groups[g], e)
				continue next
			}
		}
		groups = append(groups, []Echo{e})
	}
	var out []Cluster
	for _, g := range groups {
		c := Cluster{FromElevDeg: math.Inf(1), ToElevDeg: math.Inf(-1), Echoes: len(g)}
		var bins, ranges []float64
		for _, e := range g {
			c.AzimuthDeg = g[0].AzimuthDeg
			c.FromElevDeg, c.ToElevDeg = math.Min(c.FromElevDeg, e.ElevationDeg), math.Max(c.ToElevDeg, e.ElevationDeg)
			bins, ranges = append(bins, float64(e.Bin)), append(ranges, e.RangeM)
			if e.Opaque {
				c.Opaque++
			}
		}
		c.Bin, c.RangeM = int(median(bins)), median(ranges)
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b Cluster) int { return cmp.Compare(b.Echoes, a.Echoes) })
	return out
}

// blockDeg is half the width of the sector that a ray with a target becomes.
const blockDeg = 0.01

// Block is the scan with each turn's ray that meets a target blocked from there on, so that its inversion
// starts before the target, from its neighbours' boundary value, and not beyond: the spike is no extinction.
// Vertical cuts stay as they are, since sectors speak of azimuths only. The rays are shared with s.
func Block(s *scan.Scan, echoes []Echo) *scan.Scan {
	out := *s
	if s.Kind == scan.RHI || s.Kind == scan.Stare {
		return &out
	}
	out.Site.Blocked = slices.Clone(s.Site.Blocked)
	for _, e := range echoes {
		out.Site.Blocked = append(out.Site.Blocked, scan.Sector{
			FromDeg: math.Mod(e.AzimuthDeg-blockDeg+360, 360), ToDeg: math.Mod(e.AzimuthDeg+blockDeg, 360), MaxRangeM: math.Max(1, e.FrontM),
		})
	}
	return &out
}
