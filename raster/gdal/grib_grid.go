package gdal

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/airbusgeo/godal"

	"upwind"
	"upwind/tracing/wind"
)

// gribGrid lays the fields of a file on longitudes and latitudes.
type gribGrid struct {
	name       string
	nx, ny     int
	within     [4]float64
	lons, lats []float64 // of a grid that is even already
	geo        *Georef   // else
	along      bool      // components are along the grid's axes
	raw        []rawLayer
}

// rawLayer is a field on its map projection.
type rawLayer struct {
	layer  wind.Layer
	values []float32
}

func (f *gribFile) grid() (*gribGrid, error) {
	s := f.ds.Structure()
	g := &gribGrid{name: f.name, nx: s.SizeX, ny: s.SizeY, within: f.within, along: f.heads[0].along}
	gt, err := f.ds.GeoTransform(godal.ErrLogger(f.faults.handle))
	if err != nil {
		return nil, &upwind.Refusal{File: f.name, What: "it does not say where its grid lies", Do: doNotCompacted, Err: err}
	}
	if f.heads[0].even {
		if gt[2] != 0 || gt[4] != 0 || gt[1] == 0 || gt[5] == 0 {
			return nil, upwind.Refuse(f.name, "", "its grid is turned", "regrid it to even longitudes and latitudes (cdo remapbil)")
		}
		for i := range g.nx {
			g.lons = append(g.lons, gt[0]+(float64(i)+0.5)*gt[1])
		}
		for j := range g.ny {
			g.lats = append(g.lats, gt[3]+(float64(j)+0.5)*gt[5])
		}
		return g, nil
	}
	if !f.heads[0].projected {
		return nil, upwind.Refuse(f.name, "", "its grid is Gaussian, spectral or turned", "regrid it to even longitudes and latitudes (cdo remapbil)")
	}
	sr := f.ds.SpatialRef()
	if sr == nil {
		return nil, upwind.Refuse(f.name, "", "it does not say on which map its grid lies", doNotCompacted)
	}
	defer sr.Close()
	wkt, err := sr.WKT(godal.ErrLogger(f.faults.handle))
	if err != nil {
		return nil, &upwind.Refusal{File: f.name, What: "its map projection cannot be read", Do: doNotCompacted, Err: err}
	}
	if g.geo, err = NewGeoref(gt, wkt); err != nil {
		return nil, &upwind.Refusal{File: f.name, What: "its map projection cannot be read", Do: doNotCompacted, Err: err}
	}
	if g.within[0] == g.within[2] {
		g.close()
		return nil, upwind.Refuse(f.name, "", "its grid is a map projection, and no region is asked for", "name the region")
	}
	return g, nil
}

func (g *gribGrid) close() {
	if g.geo != nil {
		g.geo.Close()
	}
}

// lay places the values of a field; those of a map projection wait for their partner.
func (g *gribGrid) lay(l *wind.Layer, values []float32) error {
	if g.geo != nil {
		g.raw = append(g.raw, rawLayer{*l, values})
		return nil
	}
	if err := l.Lay(g.name, append([]float64(nil), g.lons...), append([]float64(nil), g.lats...), values); err != nil {
		return err
	}
	*l = l.Crop(g.within[0], g.within[1], g.within[2], g.within[3])
	if l.NX == 0 {
		return upwind.Refuse(g.name, "", fmt.Sprintf("its grid does not cover %.2f..%.2f E, %.2f..%.2f N", g.within[0], g.within[2], g.within[1], g.within[3]), "hand in a field that does")
	}
	return nil
}

// finish turns and resamples what lies on a map projection.
func (g *gribGrid) finish(layers []wind.Layer) ([]wind.Layer, error) {
	if g.geo == nil {
		return layers, nil
	}
	type at struct{ valid, ref int64 }
	v := map[at][]float32{}
	for _, r := range g.raw {
		if r.layer.North {
			v[at{r.layer.Valid.Unix(), r.layer.Reference.Unix()}] = r.values
		}
	}
	var out []wind.Layer
	target, err := g.target()
	if err != nil {
		return nil, err
	}
	for _, r := range g.raw {
		if r.layer.North {
			continue
		}
		north := v[at{r.layer.Valid.Unix(), r.layer.Reference.Unix()}]
		if north == nil {
			return nil, upwind.Refuse(g.name, r.layer.Valid.Format(time.RFC3339), "u and v at 10 m do not come in pairs", "hand in both components of each time")
		}
		a, b := target.resample(g, r.values, north)
		u, w := r.layer, r.layer
		w.North = true
		if err := errors.Join(u.Lay(g.name, target.lons(), target.lats(), a), w.Lay(g.name, target.lons(), target.lats(), b)); err != nil {
			return nil, err
		}
		out = append(out, u, w)
	}
	return out, nil
}

// evenGrid is longitudes and latitudes about the region asked for.
type evenGrid struct {
	lon0, lat0, d float64
	nx, ny        int
}

// target has the fineness of the map projection at the middle of the region.
func (g *gribGrid) target() (evenGrid, error) {
	lon, lat := (g.within[0]+g.within[2])/2, (g.within[1]+g.within[3])/2
	x, y, ok := g.geo.Pixel(lon, lat)
	_, lat2, _, ok2 := g.geo.Locate(x, y+1)
	lon3, lat3, _, ok3 := g.geo.Locate(x+1, y)
	if !ok || !ok2 || !ok3 || x < 0 || y < 0 || x > float64(g.nx) || y > float64(g.ny) {
		return evenGrid{}, upwind.Refuse(g.name, "", fmt.Sprintf("its grid does not cover %.2f E, %.2f N", lon, lat), "hand in a field that does")
	}
	d := max(math.Abs(lat2-lat), math.Hypot((lon3-lon)*math.Cos(lat*math.Pi/180), lat3-lat))
	e := evenGrid{lon0: g.within[0] - d, lat0: g.within[1] - d, d: d}
	e.nx, e.ny = int((g.within[2]-g.within[0])/d)+4, int((g.within[3]-g.within[1])/d)+4
	if !(d > 1e-4) || e.nx*e.ny > maxGRIBCells {
		return e, upwind.Refuse(g.name, "", "its grid is too fine for the region", "cut the region out of it")
	}
	return e, nil
}

func (e evenGrid) lons() []float64 { return steps(e.lon0, e.d, e.nx) }
func (e evenGrid) lats() []float64 { return steps(e.lat0, e.d, e.ny) }

func steps(first, d float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = first + float64(i)*d
	}
	return out
}

// resample is u and v towards true east and north on the even grid, bilinear; NaN beyond the map.
func (e evenGrid) resample(g *gribGrid, u, v []float32) (eu, ev []float32) {
	eu, ev = make([]float32, e.nx*e.ny), make([]float32, e.nx*e.ny)
	for j := range e.ny {
		for i := range e.nx {
			lon, lat := e.lon0+float64(i)*e.d, e.lat0+float64(j)*e.d
			k := j*e.nx + i
			eu[k], ev[k] = nan, nan
			x, y, ok := g.geo.Pixel(lon, lat)
			if !ok {
				continue
			}
			a, b := bilinear(u, g.nx, g.ny, x-0.5, y-0.5), bilinear(v, g.nx, g.ny, x-0.5, y-0.5)
			if g.along {
				a, b = g.turn(lon, lat, x, y, a, b)
			}
			eu[k], ev[k] = float32(a), float32(b)
		}
	}
	return eu, ev
}

// turn brings components along the columns and rows of a conformal map to true east and north.
func (g *gribGrid) turn(lon, lat, x, y, a, b float64) (u, v float64) {
	const short = 0.01 // pixels
	lon2, lat2, _, ok := g.geo.Locate(x+short, y)
	if !ok {
		return math.NaN(), math.NaN()
	}
	dx, dy := math.Mod(lon2-lon+540, 360)-180, lat2-lat
	s, c := math.Sincos(math.Atan2(dy, dx*math.Cos(lat*math.Pi/180)))
	return a*c - b*s, a*s + b*c
}

func bilinear(f []float32, nx, ny int, x, y float64) float64 {
	i, j := int(math.Floor(x)), int(math.Floor(y))
	if i < 0 || j < 0 || i+1 >= nx || j+1 >= ny {
		return math.NaN()
	}
	wx, wy := x-float64(i), y-float64(j)
	at := func(i, j int) float64 { return float64(f[j*nx+i]) }
	return (at(i, j)*(1-wx)+at(i+1, j)*wx)*(1-wy) + (at(i, j+1)*(1-wx)+at(i+1, j+1)*wx)*wy
}
