package raster

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"upwind"
	"upwind/raster/region"
)

// A plume by its depth. The rim is the depth from which a pixel counts as smoke: it changes dark ground by 0.03. In a town depths jump from cell to
// cell by half of their mean, because roofs are not foretold by the infrared; smoke over real ground by 0.03 to 0.07 of it.
const (
	plumeSeed      = 5.0  // standard deviations of the smoothed depth where a plume is sure
	plumeSeedLeast = 0.15 // and at least this depth
	plumeRim       = 2.0  // down to which it is followed
	plumeRimLeast  = 0.10
	plumeCells     = 30   // at least
	plumeMaxShare  = 0.25 // of the scene: more is haze
	plumeRatio     = 1.7  // length over width by second moments
	plumeCloud     = 0.70 // change of the short-wave infrared over that of green, from which it is cloud
	plumeRough     = 0.25 // mean step from a cell to the mean of the nine about it, over the mean depth, at most
	plumeMaxCut    = 0.2  // share of the boundary beside the picture's edge or a void
)

func suitsDepth(i Info) error {
	switch {
	case !i.Has(Blue, Green, Red, NIR, SWIR1):
		return fmt.Errorf("needs blue, green, red, nir and swir1; %s has %s", i.Name, roleList(i))
	case i.Radiometry != Reflectance:
		return fmt.Errorf("%s holds unscaled numbers: smoke is told by reflectance", i.Name)
	case min(i.Width, i.Height) < 64:
		return fmt.Errorf("%d x %d pixels are too few to see a plume's shape", i.Width, i.Height)
	}
	return nil
}

func detectDepth(ctx context.Context, s Scene, opt Options, progress func(done, total int)) (Result, error) {
	if err := suitsDepth(s.Info()); err != nil {
		return Result{}, upwind.Refuse(s.Info().Name, "", err.Error(), howToGiveBands)
	}
	info, size := s.Info(), depthSize(s.Info())
	all := image.Rect(0, 0, (info.Width+size-1)/size, (info.Height+size-1)/size)
	var found []plume
	looked, known := 0, false
	for y := 0; y < all.Dy(); y += depthTile {
		for x := 0; x < all.Dx(); x += depthTile {
			core := image.Rect(x, y, x+depthTile, y+depthTile).Intersect(all)
			part := core.Inset(-depthMargin).Intersect(all)
			d, err := depthOf(ctx, s, part, size)
			if err != nil {
				return Result{}, err
			}
			if d == nil {
				continue
			}
			known = true
			plumes, n := d.plumes()
			looked += n
			for _, p := range plumes {
				if p = p.moved(part.Min); image.Pt((p.region.X0+p.region.X1)/2, (p.region.Y0+p.region.Y1)/2).In(core) {
					found = append(found, p)
				}
			}
			d.paintVoid(opt.Mask, core, part.Min, size)
		}
		if progress != nil {
			progress(min(all.Dy(), y+depthTile), all.Dy())
		}
	}
	if !known {
		return Result{}, noData(info.Name)
	}
	slices.SortFunc(found, func(a, b plume) int { return region.ByFirstPixel(a.region, b.region) })
	var res Result
	v := &veil{w: all.Dx(), h: all.Dy(), size: size}
	for _, p := range found {
		res.Objects++
		v.paintCells(opt.Mask, p.region)
		if x, ok := v.detection(s, p); ok {
			res.Detections = append(res.Detections, x)
		}
	}
	if res.Objects == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("no plume: %d places looked at where blue light exceeds what the infrared foretells, none long, smooth and clear in the short-wave infrared", looked))
	}
	return res, nil
}

// paintVoid marks the cells of a core without data.
func (d *depthMap) paintVoid(m *Mask, core image.Rectangle, origin image.Point, size int) {
	v := &veil{size: size}
	for y := core.Min.Y; m != nil && y < core.Max.Y; y++ {
		for x := core.Min.X; x < core.Max.X; x++ {
			if z := d.depth[(y-origin.Y)*d.w+x-origin.X]; z != z {
				v.paintCell(m, x, y, MaskAbstain)
			}
		}
	}
}

// moved is a plume of a part of a scene in the scene's own cells.
func (p plume) moved(by image.Point) plume {
	for i := range p.region.Stretches {
		q := &p.region.Stretches[i]
		q.Y, q.X0, q.X1 = q.Y+int32(by.Y), q.X0+int32(by.X), q.X1+int32(by.X)
	}
	p.region.X0, p.region.X1, p.region.Y0, p.region.Y1 = p.region.X0+by.X, p.region.X1+by.X, p.region.Y0+by.Y, p.region.Y1+by.Y
	p.headX, p.tailX, p.headY, p.tailY = p.headX+float64(by.X), p.tailX+float64(by.X), p.headY+float64(by.Y), p.tailY+float64(by.Y)
	return p
}

// plumes are the regions about sure cells that have the shape of a plume.
func (d *depthMap) plumes() (out []plume, looked int) {
	smooth := BoxMean(d.depth, d.w, d.h, 1)
	sigma := d.sigma / 2 // nine cells whose errors hang together
	seed, rim := float32(math.Max(plumeSeedLeast, plumeSeed*sigma)), float32(math.Max(plumeRimLeast, plumeRim*sigma))
	m := NewMask(d.w, d.h)
	for i, v := range smooth {
		if v > rim {
			m.Pix[i] = MaskYes
		}
	}
	for _, r := range LabelMask(m, true, MaskYes) {
		if r.Pixels < plumeCells {
			continue
		}
		top := float32(0)
		r.Each(func(y, x0, x1 int) {
			for _, v := range smooth[y*d.w+x0 : y*d.w+x1] {
				top = max(top, v)
			}
		})
		if top < seed {
			continue
		}
		looked++
		if p, ok := d.plume(r, smooth); ok {
			out = append(out, p)
		}
	}
	return out, looked
}

// plume tests a region and finds where it begins.
func (d *depthMap) plume(r region.Region, smooth []float32) (p plume, ok bool) {
	if float64(r.Pixels) > plumeMaxShare*float64(d.w*d.h) {
		return p, false
	}
	s := moments(r)
	if s.major/s.minor < plumeRatio {
		return p, false
	}
	var swir, rise, cut, edge float64
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			i := y*d.w + x
			swir, rise = swir+float64(d.swir[i]), rise+float64(d.rise[i])
			if x == 0 || y == 0 || x == d.w-1 || y == d.h-1 {
				cut++
			}
		}
	})
	edge = perimeter(r.Outline()[:1])
	if swir > plumeCloud*rise || cut > plumeMaxCut*edge {
		return p, false
	}
	p = plume{region: r}
	head, tail, width := d.ends(r, s, smooth)
	p.headX, p.headY, p.tailX, p.tailY, p.headWidth = head[0], head[1], tail[0], tail[1], width
	depth, rough := 0.0, 0.0
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			i := y*d.w + x
			depth += float64(d.depth[i])
			rough += math.Abs(float64(d.depth[i] - smooth[i]))
		}
	})
	if rough > plumeRough*depth {
		return p, false
	}
	depth /= float64(r.Pixels)
	p.sigmaDeg = math.Max(axisMinDeg, math.Atan2(s.minor, s.major)*180/math.Pi/2)
	p.class = opacityClass(1 - math.Exp(-depth))
	p.probability = math.Min(smokeMaxProbR, smokePrior+0.05*math.Min(3, s.major/s.minor-plumeRatio)+0.1*math.Min(1, depth/0.3))
	p.reasons = []string{
		fmt.Sprintf("blue light exceeds what the infrared foretells of the ground: mean optical depth %.2f, clear ground %.2f", depth, d.sigma),
		fmt.Sprintf("%.1f times as long as wide; short-wave infrared changes by %.0f %% of what green does, that of cloud by as much", s.major/s.minor, 100*swir/rise),
	}
	return p, true
}

// ends are the ends of a plume: it begins where it is narrow and thick. The mean of the cells within reach of an end, weighted by depth, is the end.
func (d *depthMap) ends(r region.Region, s shape, smooth []float32) (head, tail orb.Point, width float64) {
	lo, hi := s.extent(r)
	ux, uy := math.Cos(s.angle), math.Sin(s.angle)
	third := (hi - lo) / 3
	var mass, spread, n [2]float64
	each := func(fn func(x, y, t, n float64, i int)) {
		r.Each(func(y, x0, x1 int) {
			for x := x0; x < x1; x++ {
				u, v := float64(x)+0.5-s.cx, float64(y)+0.5-s.cy
				fn(float64(x)+0.5, float64(y)+0.5, u*ux+v*uy, v*ux-u*uy, y*d.w+x)
			}
		})
	}
	side := func(t float64) int {
		switch {
		case t < lo+third:
			return 0
		case t > hi-third:
			return 1
		}
		return -1
	}
	each(func(_, _, t, _ float64, i int) {
		if k := side(t); k >= 0 {
			mass[k] += float64(smooth[i])
			n[k]++
		}
	})
	for k := range spread {
		spread[k] = n[k] / third // mean width
		mass[k] /= math.Max(1, n[k])
	}
	first := 0
	if mass[1]/math.Max(spread[1], 1) > mass[0]/math.Max(spread[0], 1) {
		first = 1
	}
	end := func(k int) orb.Point {
		var at orb.Point
		w := 0.0
		each(func(x, y, t, _ float64, i int) {
			if k == 0 && t < lo+2 || k == 1 && t > hi-2 {
				m := math.Max(0, float64(smooth[i]))
				at[0], at[1], w = at[0]+m*x, at[1]+m*y, w+m
			}
		})
		return orb.Point{at[0] / w, at[1] / w}
	}
	return end(first), end(1 - first), spread[first]
}
