package plume

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"upwind/lidar/scan"
)

// Echo is the return of something hard in one ray: a wall, a mast, a crane.
type Echo struct {
	Ray          int     // of the scan
	AzimuthDeg   float64 // true
	ElevationDeg float64
	RangeM       float64
	FrontM       float64 // before it the air is free of it
	Bin          int     // of the middle of its peak
	BinM         float64 // length of a bin
	Ratio        float64 // of the peak over the air before it
	Opaque       bool    // nothing comes from behind
	Clipped      bool    // the peak is beyond the digitiser's range: Ratio is a lower bound
	Reason       string
}

// What the return of a hard target looks like. A matt wall sends back albedo/pi of the pulse from one place;
// of the densest plume, at 5 /km, a bin of 7.5 m sends a thousandth of that.
const (
	echoSNR       = 10.0  // of the peak
	echoWidthM    = 60.0  // between its half heights: the pulse, the receiver's response, and a wall met aslant by a beam that turns
	echoFrontM    = 15.0  // before the peak it is ...
	echoFront     = 0.35  // ... below this share of it
	echoBeforeM   = 60.0  // of air that it is compared with
	echoBehindM   = 150.0 // of air looked at behind ...
	echoRingM     = 35.0  // ... beyond the receiver's ringing
	echoAirSNR    = 3.0   // of the air before
	echoDawn      = 0.10  // share of it that is seen 30 to 60 m before already
	echoGone      = 0.10  // share of the air before that may be left behind an opaque target
	opaqueRatio   = 5.0   // of the peak over the air before
	certainRatio  = 60.0  // no aerosol within a bin of clear air
	partRatio     = 3.0   // may be the edge of something hard: it must recur
	recurRays     = 3     // neighbouring rays that see it in one bin, itself counted
	recurNearRays = 3     // rays to each side that are neighbours
	clippedShare  = 0.999 // of the digitiser's range
	tailShare     = 0.1   // of the record, its end, is background
)

// Echoes finds hard targets in the raw signal of a scan: spikes of the pulse's width far above the air before
// them, with nothing behind, or far above any aerosol, or seen by neighbouring rays in one bin, or at a place
// where memory knows one. Sorted by ray and range; memory may be nil.
func Echoes(s *scan.Scan, memory *Memory) []Echo {
	all := candidates(s)
	var out []Echo
	for i, e := range all {
		switch {
		case e.Opaque && e.Ratio >= opaqueRatio:
			e.Reason = fmt.Sprintf("%.0f times the air before it, nothing behind", e.Ratio)
		case e.Clipped:
			e.Reason = fmt.Sprintf("a leap beyond the digitiser's range, more than %.0f times the air before it", e.Ratio)
		case e.Ratio >= certainRatio:
			e.Reason = fmt.Sprintf("%.0f times the air before it", e.Ratio)
		case recurs(all, i):
			e.Reason = fmt.Sprintf("%.0f times the air before it, in the same bin in neighbouring rays", e.Ratio)
		case memory.Knows(e):
			e.Reason = fmt.Sprintf("%.0f times the air before it, where earlier scans saw it", e.Ratio)
		default:
			continue
		}
		out = append(out, e)
	}
	return out
}

// candidates are the spikes of all rays, sorted by ray and range.
func candidates(s *scan.Scan) []Echo {
	var out []Echo
	for i, r := range s.Rays {
		if r.Parked {
			continue
		}
		var of []Echo
		for _, ch := range echoChannels(s) {
			if ch < len(r.Values) {
				of = append(of, rayEchoes(s, ch, i)...)
			}
		}
		slices.SortStableFunc(of, func(a, b Echo) int { return cmp.Compare(a.RangeM, b.RangeM) })
		for _, e := range of {
			// One spike in two records: what either shows.
			if n := len(out); n > 0 && out[n-1].Ray == i && e.RangeM-out[n-1].RangeM < echoFrontM {
				p := &out[n-1]
				if p.Clipped && !e.Clipped { // the middle of a plateau is not where the peak is
					p.Bin, p.RangeM = e.Bin, e.RangeM
				}
				p.FrontM = math.Min(p.FrontM, e.FrontM)
				p.Opaque, p.Clipped, p.Ratio = p.Opaque || e.Opaque, p.Clipped || e.Clipped, math.Max(p.Ratio, e.Ratio)
				continue
			}
			out = append(out, e)
		}
	}
	return out
}

// echoChannels are the records in which spikes show: digitised ones of all polarisations, since the weaker
// one still follows where the stronger is clipped; without them counted or calibrated ones.
func echoChannels(s *scan.Scan) []int {
	for _, mode := range [...]scan.Mode{scan.Analog, scan.Photon, scan.Derived} {
		var out []int
		for c, ch := range s.Channels {
			if ch.Mode == mode && ch.BinM > 0 && ch.BinM <= echoWidthM {
				out = append(out, c)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// rayEchoes are the candidates of a ray, in order of range; nothing is looked for behind an opaque one.
func rayEchoes(s *scan.Scan, ch, ray int) []Echo {
	c, r := s.Channels[ch], &s.Rays[ray]
	v, noise := light(c, r.Values[ch])
	bins := func(m float64) int { return max(1, int(math.Round(m/c.BinM))) }
	front, before := bins(echoFrontM), bins(echoBeforeM)
	var out []Echo
	var buf []float64
	level := func(from, to int) (float64, int) {
		buf = buf[:0]
		for k := max(0, from); k < min(len(v), to); k++ {
			if v[k] == v[k] {
				buf = append(buf, v[k])
			}
		}
		return median(buf), len(buf)
	}
	for k := front + before; k+1 < len(v); k++ {
		if !(v[k] > echoSNR*noise) || v[k] < v[k-1] || v[k] < v[k+1] || !(v[k-front] < echoFront*v[k]) {
			continue
		}
		lo, hi := halfHeight(v, k)
		width, middle := hi-lo+1, (lo+hi+1)/2
		air, n := level(k-front-before, k-front+1)
		dawn, _ := level(k-front-before, k-front-before/2)
		// Where the beam has only just come into view, everything is a leap.
		if n < 3 || !(air > echoAirSNR*noise && dawn > echoDawn*air) || v[k] < partRatio*air || width > bins(echoWidthM) {
			continue
		}
		e := Echo{Ray: ray, AzimuthDeg: math.Mod(r.AzimuthDeg+s.Site.HeadingDeg+720, 360), ElevationDeg: r.ElevationDeg,
			RangeM: c.RangeM(middle), FrontM: c.RangeM(lo) - echoFrontM, Bin: middle, BinM: c.BinM, Ratio: v[k] / air,
			Clipped: c.ADCRangeMV > 0 && r.Values[ch][k] >= c.ADCRangeMV*clippedShare}
		left, m := level(hi+bins(echoRingM), hi+bins(echoRingM)+bins(echoBehindM))
		// Gone means gone from where there was light.
		err := 3 * noise / math.Sqrt(float64(max(1, m)))
		e.Opaque = m >= 3 && air > 2*err && left < math.Max(echoGone*air, err)
		out = append(out, e)
		if e.Opaque && e.Ratio >= opaqueRatio {
			break
		}
		k = max(k, hi) + front
	}
	return out
}

// light is a record above its background, without r^2, and the noise of its dark end.
func light(c scan.Channel, values []float64) (v []float64, noise float64) {
	v = make([]float64, len(values))
	var tail []float64
	for k, x := range values {
		if c.RangeCorrected || c.Unit == scan.UnitBeta || c.Unit == scan.UnitRCS {
			x /= c.RangeM(k) * c.RangeM(k)
		}
		if math.IsInf(x, 0) {
			x = math.NaN()
		}
		v[k] = x
		if x == x && float64(k) >= (1-tailShare)*float64(len(values)) {
			tail = append(tail, x)
		}
	}
	if len(tail) == 0 {
		return v, math.Inf(1)
	}
	dark := median(tail)
	noise = spread(tail, dark)
	if c.Mode == scan.Photon {
		// Counts: at least one photon's worth, where the dark end has too few to show a spread.
		noise = math.Max(noise, math.Sqrt(math.Max(dark, 0))*1e-3)
	}
	if !c.BackgroundRemoved {
		for k := range v {
			v[k] -= dark
		}
	}
	return v, math.Max(noise, 1e-300)
}

// halfHeight is the first and the last of the bins about a peak that stand above half of it.
func halfHeight(v []float64, k int) (lo, hi int) {
	lo, hi = k, k
	for lo > 0 && v[lo-1] > v[k]/2 {
		lo--
	}
	for hi+1 < len(v) && v[hi+1] > v[k]/2 {
		hi++
	}
	return lo, hi
}

// recurs reports whether enough neighbouring rays show something within a bin of candidate i.
func recurs(all []Echo, i int) bool {
	e, n := all[i], 0
	last := -1
	for j := i; j >= 0 && e.Ray-all[j].Ray <= recurNearRays; j-- {
		if sameBin(e, all[j]) && all[j].Ray != last {
			n, last = n+1, all[j].Ray
		}
	}
	last = e.Ray
	for j := i + 1; j < len(all) && all[j].Ray-e.Ray <= recurNearRays; j++ {
		if sameBin(e, all[j]) && all[j].Ray != last {
			n, last = n+1, all[j].Ray
		}
	}
	return n >= recurRays
}

func sameBin(a, b Echo) bool {
	return a.Bin-b.Bin <= 1 && b.Bin-a.Bin <= 1 && math.Abs(turn(a.AzimuthDeg, b.AzimuthDeg)) < 10
}
