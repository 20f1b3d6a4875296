package format

import (
	"fmt"
	"math"
	"slices"

	"upwind/lidar/scan"
)

// What counts as one direction, and as a turn near the horizon.
const (
	sameDeg   = 0.5  // deg; scanners hold a direction to 0.1 or better
	zenithDeg = 89   // deg; above it the azimuth says nothing
	ppiMaxDeg = 10.0 // deg; scan.PPI against scan.Cone
	gapFactor = 1.75 // a step this much longer than the median step misses a ray
)

// kindOf tells how the instrument moved from where its rays point.
func kindOf(rays []scan.Ray) scan.Kind {
	var az, el []float64
	for _, r := range rays {
		if !r.Parked {
			az, el = append(az, mod360(r.AzimuthDeg)), append(el, r.ElevationDeg)
		}
	}
	if len(az) == 0 {
		return scan.Stare
	}
	lo, hi := slices.Min(el), slices.Max(el)
	turns := distinct(az, 360)
	switch {
	case lo >= zenithDeg, len(turns) == 1 && hi-lo <= sameDeg:
		return scan.Stare
	case hi-lo <= 2*sameDeg && (lo+hi)/2 <= ppiMaxDeg:
		return scan.PPI
	case hi-lo <= 2*sameDeg:
		return scan.Cone
	case 3*len(turns) <= len(az):
		return scan.RHI
	}
	return scan.Mixed
}

func mod360(deg float64) float64 {
	if deg = math.Mod(deg, 360); deg < 0 {
		deg += 360
	}
	return deg
}

// distinct are the sorted values with those within [sameDeg] of their forerunner merged; period 0 means
// that the values do not wrap.
func distinct(v []float64, period float64) []float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	var out []float64
	for _, x := range v {
		if len(out) == 0 || x-out[len(out)-1] > sameDeg {
			out = append(out, x)
		}
	}
	if n := len(out); period > 0 && n > 1 && out[0]+period-out[n-1] <= sameDeg {
		out = out[:n-1]
	}
	return out
}

// gaps says where a turn misses rays.
func gaps(kind scan.Kind, rays []scan.Ray) []string {
	switch kind {
	case scan.PPI, scan.Cone:
		return azimuthGaps(rays)
	case scan.RHI:
		return elevationGaps(rays)
	}
	return nil
}

func azimuthGaps(rays []scan.Ray) []string {
	var az []float64
	for _, r := range rays {
		if !r.Parked {
			az = append(az, mod360(r.AzimuthDeg))
		}
	}
	az = distinct(az, 360)
	if len(az) < 4 {
		return nil
	}
	steps := make([]float64, len(az))
	for i := range az {
		steps[i] = mod360(az[(i+1)%len(az)] - az[i])
	}
	step := median(steps)
	widest := slices.Index(steps, slices.Max(steps))
	sector := steps[widest] > 60 && steps[widest] > 5*step // the side a sector scan does not look to
	var out []string
	for i, d := range steps {
		if d > gapFactor*step && !(sector && i == widest) {
			out = append(out, fmt.Sprintf("no rays between azimuths %.1f and %.1f deg, where the step is %.1f", az[i], az[(i+1)%len(az)], step))
		}
	}
	return out
}

// elevationGaps compares the elevations seen at each azimuth with those seen at any.
func elevationGaps(rays []scan.Ray) []string {
	const grid = 20 // 1/deg; elevations are told apart to 0.05 deg
	seen := map[int]map[int]bool{}
	all := map[int]bool{}
	for _, r := range rays {
		if r.Parked {
			continue
		}
		a, e := int(math.Round(mod360(r.AzimuthDeg)/sameDeg)), int(math.Round(r.ElevationDeg*grid))
		if seen[a] == nil {
			seen[a] = map[int]bool{}
		}
		seen[a][e], all[e] = true, true
	}
	var out []string
	for _, a := range sortedKeys(seen) {
		var missing []string
		for _, e := range sortedKeys(all) {
			if !seen[a][e] {
				missing = append(missing, fmt.Sprintf("%.1f", float64(e)/grid))
			}
		}
		if len(missing) > 0 && len(seen) > 1 {
			out = append(out, fmt.Sprintf("azimuth %.1f deg has %d of %d elevations; missing %s", float64(a)*sameDeg, len(seen[a]), len(all), some(missing)))
		}
	}
	return out
}

func sortedKeys[V any](m map[int]V) []int {
	keys := make([]int, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// median of a non-empty slice; the lower one of an even count.
func median(v []float64) float64 {
	v = slices.Clone(v)
	slices.Sort(v)
	return v[(len(v)-1)/2]
}
