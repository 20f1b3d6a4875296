package plume

import "math"

// Image is a square of kernel values in s/m3 over offsets: cell (i, j) stands for a source i-N cells to the east and
// j-N to the north of the receptor.
type Image struct {
	CellM  float64
	N      int       // cells on each side of the middle
	H      []float64 // (2N+1)^2, row by row from the south
	gx, gy []float64
}

// NewImage is an empty image that reaches n cells of cellM metres each way.
func NewImage(cellM float64, n int) *Image {
	side := 2*n + 1
	return &Image{CellM: cellM, N: n, H: make([]float64, side*side), gx: make([]float64, side), gy: make([]float64, side)}
}

// Clear empties the image.
func (im *Image) Clear() { clear(im.H) }

// Add lays puffs on the image, with factor on their weight. A puff should be no narrower than about half a cell.
func (im *Image) Add(puffs []Puff, factor float64) {
	for _, p := range puffs {
		im.add(p, factor)
	}
}

func (im *Image) add(p Puff, factor float64) {
	reach := reachSigmas * math.Sqrt(p.Var)
	i0, i1 := im.span(p.X, reach)
	j0, j1 := im.span(p.Y, reach)
	if !(p.Var > 0) || i0 > i1 || j0 > j1 {
		return
	}
	side := 2*im.N + 1
	c := -0.5 / p.Var
	bend := math.Exp(2 * c * im.CellM * im.CellM)
	gauss(im.gx[i0:i1+1], factor*p.Weight/(2*math.Pi*p.Var), float64(i0-im.N)*im.CellM-p.X, c, im.CellM, bend)
	gauss(im.gy[j0:j1+1], 1, float64(j0-im.N)*im.CellM-p.Y, c, im.CellM, bend)
	x, y, r := p.X/im.CellM+float64(im.N), p.Y/im.CellM+float64(im.N), reach/im.CellM
	for j := j0; j <= j1; j++ {
		dy := float64(j) - y
		half := math.Sqrt(max(r*r-dy*dy, 0))
		a, b := max(i0, int(x-half+1)), min(i1, int(x+half))
		if a > b {
			continue
		}
		gy, gx := im.gy[j], im.gx[a:b+1]
		row := im.H[j*side+a:][:len(gx)]
		for len(gx) >= 4 && len(row) >= 4 {
			row[0] += gx[0] * gy
			row[1] += gx[1] * gy
			row[2] += gx[2] * gy
			row[3] += gx[3] * gy
			row, gx = row[4:], gx[4:]
		}
		for i, g := range gx {
			row[i] += g * gy
		}
	}
}

// span is the range of cells within reach of x, possibly empty.
func (im *Image) span(x, reach float64) (lo, hi int) {
	last := float64(2 * im.N)
	lo = int(math.Ceil(min(max((x-reach)/im.CellM+float64(im.N), 0), last+1)))
	hi = int(math.Floor(max(min((x+reach)/im.CellM+float64(im.N), last), -1)))
	return lo, hi
}

// gauss fills out[i] = a exp(c (d + i step)^2): the ratio of neighbours itself changes by the constant factor
// bend = exp(2 c step^2).
func gauss(out []float64, a, d, c, step, bend float64) {
	v, ratio := a*math.Exp(c*d*d), math.Exp(c*step*(2*d+step))
	for i := range out {
		out[i] = v
		v *= ratio
		ratio *= bend
	}
}

// At is the image at an offset in m, bilinear; 0 outside.
func (im *Image) At(dx, dy float64) float64 {
	x, y := dx/im.CellM+float64(im.N), dy/im.CellM+float64(im.N)
	last := float64(2 * im.N)
	if !(x >= 0 && y >= 0 && x <= last && y <= last) {
		return 0
	}
	i, j := min(int(x), 2*im.N-1), min(int(y), 2*im.N-1)
	fx, fy := x-float64(i), y-float64(j)
	side := 2*im.N + 1
	a, b := im.H[j*side+i:], im.H[(j+1)*side+i:]
	return (1-fy)*(a[0]+fx*(a[1]-a[0])) + fy*(b[0]+fx*(b[1]-b[0]))
}

// At is the kernel in s/m3 of a source dx, dy metres east and north of the receptor, whose area has the given variance
// an axis in m2.
func At(puffs []Puff, dx, dy, variance float64) float64 {
	sum := 0.0
	for _, p := range puffs {
		s2 := p.Var + variance
		x, y := dx-p.X, dy-p.Y
		d2 := x*x + y*y
		if d2 > reachSigmas*reachSigmas*s2 {
			continue
		}
		sum += p.Weight * math.Exp(-0.5*d2/s2) / (2 * math.Pi * s2)
	}
	return sum
}

// Path is the mean kernel in s/m3 over a line that is the receptor, from a to b, both given east and north of the source
// in m. Along each puff the integral is exact. The puffs are those of a receptor at the line's height; a line that
// climbs is the mean of shorter ones.
func Path(puffs []Puff, ax, ay, bx, by, variance float64) float64 {
	// Seen from a receptor on the line the source lies at minus the receptor's offset.
	tx, ty := bx-ax, by-ay
	length := math.Sqrt(tx*tx + ty*ty)
	if length == 0 {
		return At(puffs, -ax, -ay, variance)
	}
	tx, ty = tx/length, ty/length
	sum := 0.0
	for _, p := range puffs {
		s2 := p.Var + variance
		// The puff of receptor r lies at r + p; it covers the source at 0 where r = -p.
		x, y := -p.X-ax, -p.Y-ay
		across := x*ty - y*tx
		if across*across > reachSigmas*reachSigmas*s2 {
			continue
		}
		along := x*tx + y*ty
		s := math.Sqrt(2 * s2)
		part := 0.5 * (math.Erf((length-along)/s) + math.Erf(along/s))
		sum += p.Weight * part * math.Exp(-across*across/(2*s2)) / math.Sqrt(2*math.Pi*s2)
	}
	return sum / length
}
