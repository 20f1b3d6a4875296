package invert

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"upwind"
	"upwind/lidar/scan"
)

// Run inverts one wavelength of a scan; parked rays are left out. The same scan and options give the same
// bytes for any number of threads. Errors: ctx's, or a [upwind.Refusal] when no channel or no ray can be
// inverted. What was left out or assumed is in the field's notes.
func Run(ctx context.Context, s *scan.Scan, o Options) (*scan.Field, error) {
	c, err := newChain(s, o)
	if err != nil {
		return nil, err
	}
	// Every channel's own corrections and its background, and what joins digitised to counted light.
	if err := c.each(ctx, c.correct); err != nil {
		return nil, err
	}
	c.shareBackgrounds()
	if err := c.each(ctx, c.trace); err != nil {
		return nil, err
	}
	c.glueRays()
	// The signal of each ray, and the boundary it shows by itself.
	if err := c.each(ctx, c.look); err != nil {
		return nil, err
	}
	c.shareBoundaries()
	if err := c.each(ctx, c.invert); err != nil {
		return nil, err
	}
	c.conclude()
	return c.field, nil
}

// chain is the work on one wavelength of a scan.
type chain struct {
	o     Options
	scan  *scan.Scan
	mol   Molecular
	parts []component
	gain  float64 // of the perpendicular over the parallel channel; 0 when not known
	work  []*work
	scrap sync.Pool
	field *scan.Field
	notes []string
	most  int // bins of smoothing to each side
}

// work is a ray on its way to a row of the field.
type work struct {
	ray     *scan.Ray
	sight   *sight
	records [][2]*record // by component: analog, photon
	traces  [][2]*trace
	glues   []glue
	total   trace  // of all polarisations
	cross   *trace // perpendicular light in units of the parallel channel, nil without
	along   *trace
	x, v    []float64 // range-corrected
	slope   Slope
	sloped  bool
	bound   boundary
	bounded bool
	guess   bool // the boundary is not of the kind the ray should have
	target  int  // first bin of an opaque target
	limit   int  // first bin blocked by the site
	notes   []string
}

func newChain(s *scan.Scan, o Options) (*chain, error) {
	o = o.withDefaults(s.Site)
	nm, parts, notes, err := choose(s, o)
	if err != nil {
		return nil, err
	}
	mol, err := NewMolecular(nm)
	if err != nil {
		return nil, err
	}
	c := &chain{o: o, scan: s, mol: mol, parts: parts, notes: notes}
	if c.o.DustDepol == 0 && math.Abs(nm-dustWavelengthNM) < sameLineNM {
		c.o.DustDepol = defaultDustDepol
	}
	if o.defaulted {
		c.note("no lidar ratio was stated: %g +- %g sr was taken", o.LidarRatioSr, o.LidarRatioSigmaSr)
	}
	if err := o.check(name(s)); err != nil {
		return nil, err
	}
	if err := checkSite(name(s), s.Site); err != nil {
		return nil, err
	}
	if o.assumedAir {
		c.note("no radiosonde was given: the air is that of the standard atmosphere, good to %.0f %%", 100*o.AirSigma)
	}
	if s.Site.FullOverlapM == 0 && len(s.Site.Overlap) == 0 {
		c.note("the site states no overlap: near ranges are given as if the receiver saw the whole beam")
	}
	if s.Site.DeadTimeNS == 0 && slices.ContainsFunc(parts, func(p component) bool { return p.photon >= 0 && s.Channels[p.photon].Unit == scan.UnitMHz }) {
		c.note("the site states no dead time: counted light is given as if there were none")
	}
	g, err := c.lay()
	if err != nil {
		return nil, err
	}
	c.polarise()
	byElevation := map[float64]*sight{}
	for i := range s.Rays {
		r := &s.Rays[i]
		if r.Parked {
			continue
		}
		if !finite(r.ElevationDeg) || !finite(r.AzimuthDeg) {
			c.note("a ray without a direction was left out (%s)", r.File)
			continue
		}
		if byElevation[r.ElevationDeg] == nil {
			byElevation[r.ElevationDeg] = newSight(g, r.ElevationDeg, s.Site, mol, o)
		}
		c.work = append(c.work, &work{ray: r, sight: byElevation[r.ElevationDeg]})
	}
	if len(c.work) == 0 {
		return nil, upwind.Refuse(name(s), "", "no ray is part of the picture: all are parked or have no direction", "hand in a scan with rays")
	}
	if o.SmoothM > 0 {
		c.most = max(0, (int(math.Min(o.SmoothM/g.bin, float64(g.n))+1e-9)-1)/2)
	}
	c.layField(nm, g)
	return c, nil
}

// checkSite refuses a site's tables that cannot be meant.
func checkSite(file string, site scan.Site) error {
	for k, p := range site.Overlap {
		if !finite(p.RangeM) || !finite(p.Share) || k > 0 && p.RangeM <= site.Overlap[k-1].RangeM {
			return upwind.Refuse(file, fmt.Sprintf("overlap point %d of the site", k+1), "ranges do not rise or a number is missing", "sort the points by range, each range once")
		}
	}
	if !finite(site.AltitudeM) || !finite(site.HeadingDeg) || !finite(site.DeadTimeNS) || site.DeadTimeNS < 0 || !finite(site.FullOverlapM) {
		return upwind.Refuse(file, "site", "altitude, heading, dead time and full overlap must be numbers", "leave what is not known at 0")
	}
	return nil
}

// lay finds the range axis: that of the first component's first record, as long as the values handed in.
func (c *chain) lay() (grid, error) {
	main := c.scan.Channels[c.parts[0].channels()[0]]
	g := grid{first: main.FirstM + c.o.TriggerM[main.ID], bin: main.BinM}
	for p := range c.parts {
		for _, slot := range []*int{&c.parts[p].analog, &c.parts[p].photon} {
			if *slot < 0 {
				continue
			}
			ch := c.scan.Channels[*slot]
			if math.Abs(ch.BinM-g.bin) > 1e-6*g.bin {
				c.note("channel %s was not used: its bins are %g m long, those of %s %g m", ch.ID, ch.BinM, main.ID, g.bin)
				*slot = -1
				continue
			}
			for r := range c.scan.Rays {
				if *slot < len(c.scan.Rays[r].Values) {
					g.n = max(g.n, min(ch.Bins, len(c.scan.Rays[r].Values[*slot])))
				}
			}
		}
	}
	c.parts = slices.DeleteFunc(c.parts, func(p component) bool { return len(p.channels()) == 0 })
	if g.n < leastTailBins {
		return g, upwind.Refuse(name(c.scan), "", fmt.Sprintf("its rays have %d bins", g.n), fmt.Sprintf("at least %d are needed", leastTailBins))
	}
	return g, nil
}

// polarise settles which components make the total, and whether depolarisation can be had.
func (c *chain) polarise() {
	key := fmt.Sprintf("%.0f", math.Round(c.mol.WavelengthNM))
	c.gain = c.scan.Site.DepolGain[key]
	if len(c.parts) == 1 {
		if p := c.parts[0].polarization; p != scan.Total {
			c.note("only the %s channel at %s nm was seen: it was taken for the total", p, key)
		}
		return
	}
	if !(c.gain > 0) || !finite(c.gain) {
		c.gain = 0
		c.note("the site states no depolarisation gain at %s nm: the %s channel was inverted alone, without depolarisation", key, describe(c.parts[0].polarization))
		c.parts = c.parts[:1]
		return
	}
	if !slices.ContainsFunc(c.parts, func(p component) bool { return p.polarization == scan.Parallel }) {
		c.note("depolarisation needs the parallel channel at %s nm beside the perpendicular one", key)
		c.parts = c.parts[:1]
	}
}

func describe(p scan.Polarization) string {
	if p == scan.Total {
		return "total"
	}
	return string(p)
}

func (c *chain) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

func (c *chain) layField(nm float64, g grid) {
	n := len(c.work) * g.n
	s := c.scan
	f := &scan.Field{Site: s.Site, Kind: s.Kind, Instrument: s.Instrument, WavelengthNM: nm, BinM: g.bin, FirstM: g.first, Bins: g.n,
		Rays: make([]scan.FieldRay, len(c.work)), Extinction: make([]float64, n), ExtinctionSigma: make([]float64, n),
		Backscatter: make([]float64, n), Quality: make([]scan.Quality, n), Light: make([]float64, n), LightSigma: make([]float64, n),
		LidarRatioSr: c.o.LidarRatioSr, LidarRatioSigmaSr: c.o.LidarRatioSigmaSr}
	if len(c.parts) > 1 && c.gain > 0 {
		f.Depol, f.DepolSigma = make([]float64, n), make([]float64, n)
		if c.o.DustDepol > 0 {
			f.DustShare = make([]float64, n)
		} else {
			c.note("no dust share at %.0f nm: the depolarisation of pure dust is known at 532 nm only", nm)
		}
	}
	c.field = f
	c.scrap.New = func() any { return newScratch(g.n, c.most) }
}

// each does something with every ray. Rays are handed out one by one; each writes only what is its own.
func (c *chain) each(ctx context.Context, do func(i int)) error {
	threads := c.o.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(threads, len(c.work)) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(c.work) || ctx.Err() != nil {
					return
				}
				do(i)
			}
		})
	}
	group.Wait()
	return ctx.Err()
}

// conclude gathers notes in order of rays, each once with how often it was said.
func (c *chain) conclude() {
	count := map[string]int{}
	var order []string
	for _, w := range c.work {
		for _, n := range w.notes {
			if count[n]++; count[n] == 1 {
				order = append(order, n)
			}
		}
	}
	for _, n := range order {
		c.note("%s (%d of %d rays)", n, count[n], len(c.work))
	}
	c.field.Notes = c.notes
}
