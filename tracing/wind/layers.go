package wind

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"upwind"
)

// Layer is one component of the wind at 10 m at one time, laid out as in [Grid].
type Layer struct {
	North                  bool // v, else u
	Valid, Reference       time.Time
	Lon0, Lat0, DLon, DLat float64
	NX, NY                 int
	Values                 []float32
}

// axisSlack is what the steps of an axis may differ, of a step: single precision of longitudes in old files.
const axisSlack = 0.02

// Lay puts values, row by row along lats and lons in the file's order, into the order of [Grid]: from the
// south-west on, whichever way the file runs. It refuses axes without even steps.
func (l *Layer) Lay(name string, lons, lats []float64, values []float32) error {
	if len(values) != len(lons)*len(lats) {
		return upwind.Refuse(name, "", fmt.Sprintf("%d values on a grid of %d x %d", len(values), len(lons), len(lats)), "the file is damaged; hand it in again")
	}
	var err error
	if l.Lon0, l.DLon, err = evenSteps(name, "longitude", lons); err != nil {
		return err
	}
	if l.Lat0, l.DLat, err = evenSteps(name, "latitude", lats); err != nil {
		return err
	}
	if l.Lat0 < -90-axisSlack || l.Lat0+float64(len(lats)-1)*l.DLat > 90+axisSlack || math.Abs(l.Lon0) > 720 || float64(len(lons))*l.DLon > 360+2*l.DLon {
		return upwind.Refuse(name, "", "its latitudes or longitudes are not on the Earth", "hand in a field on longitudes and latitudes")
	}
	l.NX, l.NY = len(lons), len(lats)
	l.Values = values
	if lons[1] < lons[0] {
		for j := range l.NY {
			slices.Reverse(values[j*l.NX : (j+1)*l.NX])
		}
	}
	if lats[1] < lats[0] {
		for j := 0; j < l.NY/2; j++ {
			a, b := values[j*l.NX:(j+1)*l.NX], values[(l.NY-1-j)*l.NX:(l.NY-j)*l.NX]
			for i := range a {
				a[i], b[i] = b[i], a[i]
			}
		}
	}
	return nil
}

// evenSteps is the lowest value and the step of an axis. A longitude that jumps by a turn is unrolled.
func evenSteps(name, axis string, v []float64) (first, d float64, err error) {
	if len(v) < 2 || !finite(v...) {
		return 0, 0, upwind.Refuse(name, "", "its "+axis+"s are fewer than two, or not finite", "hand in a field that surrounds the place")
	}
	if axis == "longitude" {
		for i := 1; i < len(v); i++ {
			if v[i]-v[i-1] < -180 {
				v[i] += 360
			} else if v[i]-v[i-1] > 180 {
				v[i] -= 360
			}
		}
	}
	d = (v[len(v)-1] - v[0]) / float64(len(v)-1)
	for i := 1; i < len(v); i++ {
		if d == 0 || math.Abs(v[i]-v[i-1]-d) > axisSlack*math.Abs(d) {
			return 0, 0, upwind.Refuse(name, "", fmt.Sprintf("its %ss have no even steps (%g, %g)", axis, v[i-1], v[i]), "regrid it to even longitudes and latitudes (cdo remapbil)")
		}
	}
	return min(v[0], v[len(v)-1]), math.Abs(d), nil
}

// Crop is the part of a layer about a rectangle of longitudes and latitudes, with a cell more on each side; empty
// (NX 0) when they do not meet. An empty rectangle (west == east) keeps all.
func (l Layer) Crop(west, south, east, north float64) Layer {
	if west == east && south == north {
		return l
	}
	g := Grid{Lon0: l.Lon0, Lat0: l.Lat0, DLon: l.DLon, DLat: l.DLat, NX: l.NX, NY: l.NY}
	x, y := g.cell(west, south)
	j0 := max(int(math.Floor(y))-1, 0)
	j1 := min(int(math.Ceil((north-l.Lat0)/l.DLat))+1, l.NY-1)
	i0 := int(math.Floor(x)) - 1
	width := int(math.Ceil(math.Mod(east-west+360, 360)/l.DLon)) + 4
	if g.wraps() == 0 {
		if i0 >= l.NX && x > float64(l.NX)-1+0.5*float64(l.NX) { // the rectangle begins west of the grid
			i0 -= int(math.Round(360 / l.DLon))
		}
		width = min(i0+width, l.NX) - max(i0, 0)
		i0 = max(i0, 0)
	}
	width = min(width, l.NX)
	out := l
	out.NX, out.NY, out.Values = 0, 0, nil
	if j1-j0 < 1 || width < 2 {
		return out
	}
	out.NX, out.NY = width, j1-j0+1
	out.Lon0, out.Lat0 = l.Lon0+float64(i0)*l.DLon, l.Lat0+float64(j0)*l.DLat
	for j := j0; j <= j1; j++ {
		for i := range width {
			out.Values = append(out.Values, l.Values[j*l.NX+(i0+i+l.NX)%l.NX])
		}
	}
	return out
}

func (l Layer) sameGrid(b Layer) bool {
	return l.NX == b.NX && l.NY == b.NY && l.Lon0 == b.Lon0 && l.Lat0 == b.Lat0 && l.DLon == b.DLon && l.DLat == b.DLat
}

// Assemble pairs layers of one file into a grid by their valid time. Of several forecasts for a time the latest
// counts. A u without its v, or layers on different grids, are refused.
func Assemble(name string, layers []Layer) (Grid, error) {
	if len(layers) == 0 {
		return Grid{}, upwind.Refuse(name, "", "it holds no wind at 10 m above ground about the place", "hand in u and v at 10 m (GRIB2 UGRD, VGRD; netCDF u10, v10)")
	}
	sorted := slices.Clone(layers)
	slices.SortStableFunc(sorted, func(a, b Layer) int {
		return cmp.Or(a.Valid.Compare(b.Valid), b.Reference.Compare(a.Reference))
	})
	first := sorted[0]
	g := Grid{Name: name, Lon0: first.Lon0, Lat0: first.Lat0, DLon: first.DLon, DLat: first.DLat, NX: first.NX, NY: first.NY}
	for i := 0; i < len(sorted); {
		var u, v []float32
		at, ref := sorted[i].Valid, sorted[i].Reference
		for ; i < len(sorted) && sorted[i].Valid.Equal(at); i++ {
			l := sorted[i]
			switch {
			case !l.sameGrid(first):
				return Grid{}, upwind.Refuse(name, at.UTC().Format(time.RFC3339), "its wind lies on more than one grid", "hand in one file a grid")
			case !l.Reference.Equal(ref): // an older forecast
			case l.North && v != nil || !l.North && u != nil:
				return Grid{}, upwind.Refuse(name, at.UTC().Format(time.RFC3339), "it holds this time twice", "keep the right one")
			case l.North:
				v = l.Values
			default:
				u = l.Values
			}
		}
		if u == nil || v == nil {
			return Grid{}, upwind.Refuse(name, at.UTC().Format(time.RFC3339), "u and v at 10 m do not come in pairs", "hand in both components of each time")
		}
		g.Times, g.U, g.V = append(g.Times, at), append(g.U, u), append(g.V, v)
	}
	return g, g.check()
}

// Merge joins grids that lie on the same points, such as one file a forecast hour, into one by time. Two files that
// hold the same time are refused.
func Merge(grids []Grid) ([]Grid, error) {
	var out []Grid
	for _, g := range grids {
		i := slices.IndexFunc(out, func(o Grid) bool { return g.samePoints(o) })
		if i < 0 {
			g.Times, g.U, g.V = slices.Clone(g.Times), slices.Clone(g.U), slices.Clone(g.V)
			out = append(out, g)
			continue
		}
		o := &out[i]
		for k, at := range g.Times {
			j, found := slices.BinarySearchFunc(o.Times, at, time.Time.Compare)
			if found {
				return nil, upwind.Refuse(g.Name, at.UTC().Format(time.RFC3339), "the wind of this time is in "+o.Name+" too", "hand in one of them")
			}
			o.Times, o.U, o.V = slices.Insert(o.Times, j, at), slices.Insert(o.U, j, g.U[k]), slices.Insert(o.V, j, g.V[k])
		}
	}
	return out, nil
}

func (g Grid) samePoints(o Grid) bool {
	return g.NX == o.NX && g.NY == o.NY && g.Lon0 == o.Lon0 && g.Lat0 == o.Lat0 && g.DLon == o.DLon && g.DLat == o.DLat
}
