package raster

import (
	"context"
	"image"
	"math"

	"github.com/paulmach/orb"

	"upwind/raster/region"
)

// A roof ends in the air: its rim drops by the height of a wall within a step, where ground goes on and a heap slopes down no steeper than 40 degrees.
// Where a surface model comes with the picture, objects of soil's colour are tested for that.
const (
	rimDropM    = 2.5 // from rimStepM inside the outline to as far outside it
	rimStepM    = 1.5 // beyond what surface models smear an edge over
	rimRaised   = 0.5 // share of the rim that drops, at least: a roof; a house may be built against a slope or another
	rimDoubted  = 0.3 // between, the object abstains
	rimSamples  = 400 // of the rim
	rimLeast    = 12  // samples with heights; fewer do not tell
	rimMaxCells = 4 << 20
)

// rimDrops is the share of an object's rim that drops like a wall; ok is false where the surface model does not tell.
func rimDrops(ctx context.Context, s Scene, dsm Surface, r region.Region) (share float64, ok bool, err error) {
	gx, gy, known := PixelSizeM(s, float64(r.X0+r.X1)/2, float64(r.Y0+r.Y1)/2)
	if !known {
		return 0, false, nil
	}
	var in, out []orb.Point // cells of the surface model
	ring := r.Outline()[0]
	total := perimeter(orb.Polygon{ring})
	every, next := math.Max(1, total/rimSamples), 0.0
	walked := 0.0
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		l := math.Abs(b[0]-a[0]) + math.Abs(b[1]-a[1])
		ux, uy := (b[0]-a[0])/l, (b[1]-a[1])/l
		for ; next < walked+l; next += every {
			x, y := a[0]+ux*(next-walked), a[1]+uy*(next-walked)
			// The outer ring runs clockwise as seen, y down: the region lies on the right hand.
			nx, ny := -uy*rimStepM/gx, ux*rimStepM/gy
			p, pok := onSurface(s, dsm, x+nx, y+ny)
			q, qok := onSurface(s, dsm, x-nx, y-ny)
			if pok && qok {
				in, out = append(in, p), append(out, q)
			}
		}
		walked += l
	}
	if len(in) < rimLeast {
		return 0, false, nil
	}
	b := orb.MultiPoint(append(append([]orb.Point{}, in...), out...)).Bound()
	win := image.Rect(int(b.Min[0]), int(b.Min[1]), int(b.Max[0])+1, int(b.Max[1])+1)
	if win.Dx() > rimMaxCells/win.Dy() {
		return 0, false, nil // as large as no roof
	}
	px := make([][]float32, 1)
	if err := dsm.Source.Read(ctx, win, []int{dsm.Band}, px); err != nil {
		return 0, false, err
	}
	at := func(p orb.Point) float64 {
		return float64(px[0][(int(p[1])-win.Min.Y)*win.Dx()+int(p[0])-win.Min.X])
	}
	drops, n := 0.0, 0.0
	for i := range in {
		d := at(in[i]) - at(out[i])
		if d != d {
			continue
		}
		if n++; d >= rimDropM {
			drops++
		}
	}
	if n < rimLeast {
		return 0, false, nil
	}
	return drops / n, true, nil
}

// onSurface is the cell of a surface model under a pixel of a picture.
func onSurface(s Scene, dsm Surface, x, y float64) (orb.Point, bool) {
	lon, lat, _, ok := s.Locate(x, y)
	if !ok {
		return orb.Point{}, false
	}
	i, j, ok := dsm.Grid.Pixel(lon, lat)
	si := dsm.Source.Info()
	return orb.Point{math.Floor(i), math.Floor(j)}, ok && i >= 0 && j >= 0 && i < float64(si.Width) && j < float64(si.Height)
}

// onGround leaves out what is raised above its surroundings.
func (q *soilSearch) onGround(ctx context.Context, res *Result) error {
	s, ok := q.scene.(Surfaced)
	if !ok || !q.scene.Info().HasDSM {
		return nil
	}
	dsm := s.DSM()
	var keep []soilObject
	roofs, doubted := 0, 0
	for _, o := range q.found {
		share, known, err := rimDrops(ctx, q.scene, dsm, o.region)
		switch {
		case err != nil:
			return err
		case known && share >= rimRaised:
			roofs++
			q.mask.keep(o.region, MaskNo)
		case known && share > rimDoubted:
			doubted++
			q.mask.keep(o.region, MaskAbstain)
		default:
			keep = append(keep, o)
		}
	}
	q.found = keep
	res.count(roofs, "%d object(s) of the colour of soil were left out as roofs or decks: they end in the air")
	res.count(doubted, "%d object(s) of the colour of soil end partly in the air: too close to call")
	return nil
}
