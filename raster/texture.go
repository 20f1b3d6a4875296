package raster

import (
	"context"
	"image"
	"math"
	"slices"
	"sort"

	"upwind/raster/region"
)

// Settlement is bright, dry and bare to every spectral rule, because tiles and bricks are burnt soil. What
// tells it from a parcel of ground is that roofs, streets, courtyards and trees alternate over a few metres,
// so its brightness jumps from pixel to pixel in every direction, where bare ground is even and its edges and
// furrows run in one. Pesaresi, Gerhardinger and Kayitakire (2008), A Robust Built-Up Area Presence Index by
// Anisotropic Rotation-Invariant Textural Measure, IEEE JSTARS 1, take the least contrast over the
// directions of a grey level co-occurrence matrix for that reason. The measure here is the same idea for an
// object: the mean step between neighbours over the object's inside, relative to its mean brightness,
// as the standard deviation that would cause it, in the direction where it is least.
//
// The scale of the thresholds: two roofs, yards or crowns differ by a third in brightness, and a pixel of 10
// to 30 m mixes some 2 to 10 of them, which leaves 0.1 to 0.25 between pixels; a sensor's noise and gain
// pattern leave 0.01 to 0.02 on even ground (Sentinel-2 and Landsat 8 have a signal to noise ratio above 50),
// tillage and moisture add a few hundredths. For the same reason only some pixels of a settlement pass the
// rules of the spectrum, while a parcel passes but for a tree or a machine. Unscaled numbers have no zero to
// which a step could be relative: there the rule is silent, and says so.
const (
	soilEvenTexture   = 0.06 // relative step, at most: bare ground
	soilBuiltTexture  = 0.09 // at least: settlement; between, the object abstains
	soilParcelShare   = 0.75 // share of an object's inside that is bare, at least: a parcel
	soilMixedShare    = 0.50 // below: settlement; between, the object abstains
	bodyClose         = 2    // pixels: gaps up to twice this wide in an object are part of its inside
	bodyReach         = 2    // pixels: as are gaps this near to it
	soilMinInsidePx   = 4    // pixels measured; fewer have no texture
	soilTextureMinGSD = 5.0  // metres; finer pixels see single roofs and clods, and the measure means something else
)

// texture is what an object's inside looks like.
type texture struct {
	inside int     // pixels measured
	bare   float64 // share of them that are of the class themselves
	spread float64 // relative step between neighbours as a standard deviation; NaN where nothing can be measured
}

// steps are the four directions of a co-occurrence matrix at distance one.
var steps = [4]image.Point{{1, 0}, {0, 1}, {1, 1}, {-1, 1}}

// textureSums collect one region's inside.
type textureSums struct {
	n, bright, bare float64
	pairs, jump     [4]float64
}

func (t *textureSums) measure() texture {
	out := texture{inside: int(t.n), bare: t.bare / math.Max(1, t.n), spread: math.NaN()}
	least := math.Inf(1)
	for d, n := range t.pairs {
		if n > 0 {
			least = math.Min(least, t.jump[d]/n)
		}
	}
	if mean := t.bright / t.n; t.n > 0 && mean > 0 && !math.IsInf(least, 1) {
		out.spread = least * math.Sqrt(math.Pi) / 2 / mean // E|a-b| = 2 sigma / sqrt(pi) for normal a, b
	}
	return out
}

// textures measures the inside of objects. bright turns the values of the visible bands of one pixel into a brightness whose zero is black. The
// scene is read once more, only where there are objects, and its pixels are classified again for those that are too close to call.
func textures(ctx context.Context, s Scene, found []soilObject, bright func(b, g, r float32) float32) error {
	sums := make([]textureSums, len(found))
	src := rolesOf(s, Blue, Green, Red, NIR, SWIR1)
	halo := 2*bodyClose + 2 // of a body's edge, and one for the neighbours that a pixel is compared with
	if src.large() {
		halo = 0 // few pairs of pixels lie across edges that are so far apart
	}
	px := make([][]float32, src.planes)
	var here []int // objects that reach into a window
	err := src.windows(ctx, halo, func(core, grown image.Rectangle) error {
		here = here[:0]
		for k, o := range found {
			if image.Rect(o.region.X0, o.region.Y0, o.region.X1, o.region.Y1).Overlaps(grown) {
				here = append(here, k)
			}
		}
		if len(here) == 0 {
			return nil
		}
		for b := range px {
			px[b] = resized(px[b], grown.Dx()*grown.Dy())
		}
		if err := src.read(ctx, grown, px); err != nil {
			return err
		}
		w := grown.Dx()
		bare := make([]bool, len(px[0]))
		body := make([]float32, len(px[0]))
		lum := px[0]
		for i := range lum {
			b, g, r, n, s1 := px[0][i], px[1][i], px[2][i], px[3][i], px[4][i]
			if sum := b + g + r + n + s1; sum-sum == 0 && reflectanceClass(b, g, r, n, s1) == maskClose {
				body[i] = 1
			}
			lum[i] = bright(b, g, r)
		}
		for _, k := range here {
			for _, q := range rowsFrom(found[k].region, grown.Min.Y) {
				if int(q.Y) >= grown.Max.Y {
					break
				}
				for x := max(int(q.X0), grown.Min.X); x < min(int(q.X1), grown.Max.X); x++ {
					i := (int(q.Y)-grown.Min.Y)*w + x - grown.Min.X
					bare[i], body[i] = true, 1
				}
			}
		}
		insideOf(body, w, grown.Dy())
		for _, k := range here {
			r := found[k].region
			for y := max(core.Min.Y, r.Y0-bodyReach); y < min(core.Max.Y, r.Y1+bodyReach); y++ {
				reach(r, y, func(x0, x1 int) { sums[k].add(bare, body, lum, grown, y, max(x0, core.Min.X), min(x1, core.Max.X)) })
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for k := range found {
		found[k].look = sums[k].measure()
	}
	return nil
}

// rowsFrom are the stretches of a region in row y and below.
func rowsFrom(r region.Region, y int) []region.Stretch {
	k, _ := slices.BinarySearchFunc(r.Stretches, y, func(q region.Stretch, y int) int { return int(q.Y) - y })
	return r.Stretches[k:]
}

// reach calls fn once for each stretch of row y within bodyReach of the region.
func reach(r region.Region, y int, fn func(x0, x1 int)) {
	var xs [][2]int
	for _, q := range rowsFrom(r, y-bodyReach) {
		if int(q.Y) > y+bodyReach {
			break
		}
		xs = append(xs, [2]int{int(q.X0) - bodyReach, int(q.X1) + bodyReach})
	}
	sort.Slice(xs, func(i, j int) bool { return xs[i][0] < xs[j][0] })
	for i := 0; i < len(xs); {
		x0, x1 := xs[i][0], xs[i][1]
		for i++; i < len(xs) && xs[i][0] <= x1; i++ {
			x1 = max(x1, xs[i][1])
		}
		fn(x0, x1)
	}
}

// add measures one stretch of a row against the neighbours to the right and below.
func (t *textureSums) add(bare []bool, body, lum []float32, win image.Rectangle, y, x0, x1 int) {
	w := win.Dx()
	for x := x0; x < x1; x++ {
		i := (y-win.Min.Y)*w + x - win.Min.X
		if body[i] == 0 || lum[i] != lum[i] {
			continue
		}
		t.n++
		t.bright += float64(lum[i])
		if bare[i] {
			t.bare++
		}
		for d, p := range steps {
			q := i + p.Y*w + p.X
			if q >= len(body) || x+p.X < win.Min.X || x+p.X >= win.Max.X || body[q] == 0 || lum[q] != lum[q] {
				continue
			}
			t.pairs[d]++
			t.jump[d] += math.Abs(float64(lum[i] - lum[q]))
		}
	}
}

// insideOf makes of what objects enclose, 1 in a window, its inside: closed over gaps of up to twice bodyClose pixels, then without its outermost
// pixel, whose light is mixed with the surroundings'.
func insideOf(in []float32, w, h int) {
	for i, f := range BoxMean(in, w, h, bodyClose) {
		in[i] = 0
		if f > 0 {
			in[i] = 1
		}
	}
	for i, f := range BoxMean(in, w, h, bodyClose+1) {
		in[i] = 0
		if f > 1-1e-6 {
			in[i] = 1
		}
	}
}
