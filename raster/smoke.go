package raster

import (
	"context"
	"fmt"
	"image"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"upwind"
)

// Smoke in one picture is a veil: I = J t + A (1 - t), the ground J seen through transmission t with the
// light A of the plume itself (Koschmieder; He, Sun and Tang 2011, Single Image Haze Removal Using Dark
// Channel Prior, IEEE TPAMI 33). A veil lifts the darkest of the three colours, takes saturation away and
// turns warm ground cooler, and all this without an edge and whatever the ground is: the yard about the
// stack, the field and the orchard behind it. So it is looked for where it is thick and followed to where it
// is thin, it must differ from the ground on both sides at every stretch of its way, and it must have the
// shape of a plume: long, narrow at one end, and thickest there. Fine contrast is no test: a thin veil keeps
// the furrows of a field visible, and plain ground has none to lose. One picture of a far horizon cannot be
// judged this way, and the detector rather stays silent.
const (
	smokeCells       = 512  // the longer side in cells
	smokeMinLift     = 0.10 // dark channel over the scene's median, share of full scale: colour pictures
	smokeMinLiftRefl = 0.04 // the same for reflectance: visible change of smoke over land is 0.03 and more
	smokeMaxSat      = 0.22
	smokeMinCool     = 0.98 // blue over red: fine particles scatter blue at least as much; concrete, soil and dust are warmer
	smokeThinLift    = 0.60 // share of the lift down to which a plume is followed from where it is thick ...
	smokeThinSat     = 0.26 // ... with the ground's colour showing through, up to this saturation ...
	smokeThinCool    = 0.95 // ... and warmth
	smokeThinReach   = 6    // cells from its thick part: a plume's rim is a small part of its width
	smokeBridge      = 4    // cells: half the width of ground too warm or too bright that a plume is followed across
	smokeBridgeJump  = 1.5  // lifts: brightness may range this much about a bridged cell; the ground's own contrast is damped there, a roof's edge is not
	smokeMajority    = 2    // cells: half the window in which the most of them decide, so that rows of trees do not cut a plume
	smokeMinCells    = 100  // ten by ten: fewer have no profile
	smokeMinShare    = 1e-3 // of the scene: smaller pale spots are roofs, water and cars in any picture
	smokeMaxHole     = 16   // cells; gaps in a veil where a bright or dark thing shines through
	smokeMaxShare    = 0.30 // of the scene; more is haze, cloud or snow
	smokeMinRatio    = 2.5  // length over width by second moments
	smokeMaxHead     = 0.75 // width of the head over the widest part: that of an ellipse is 0.57, of a strip 1
	smokeMinFade     = 1.30 // veil of the head over that of the tail: what a plume carries spreads over its growing width
	smokeSharpJump   = 0.45 // share of the lift that one cell's step may take before the edge counts as sharp
	smokeMaxSharp    = 0.15 // share of the boundary that may be sharp
	smokeMaxCut      = 0.15 // share of the boundary that may lie on the picture's edge: beyond, the shape is unknown
	smokeVeiledShare = 0.70 // of its stretches that must be paler, greyer and cooler than both sides; a white roof may lie along one
	smokeRingNear    = 3    // the sides lie this many cells from the patch ...
	smokeRingFar     = 8    // ... to this many
)

// Probability of a plume that passes every test. No labelled plumes from above are at hand, so this is a
// judgement: even odds, moved by the evidence within 0.35..0.75.
const (
	smokePrior    = 0.5
	smokeMaxProbR = 0.75
)

func suitsSmoke(i Info) error {
	switch {
	case !i.Has(Red, Green, Blue):
		return fmt.Errorf("needs red, green and blue; %s has %s", i.Name, roleList(i))
	case i.Radiometry == DN:
		return fmt.Errorf("%s holds unscaled numbers: whiteness needs bands on one scale", i.Name)
	case min(i.Width, i.Height) < 64:
		return fmt.Errorf("%d x %d pixels are too few to see a plume's shape", i.Width, i.Height)
	}
	return nil
}

func detectSmoke(ctx context.Context, s Scene, _ Options, progress func(done, total int)) (Result, error) {
	info := s.Info()
	if err := suitsSmoke(info); err != nil {
		return Result{}, upwind.Refuse(info.Name, "", err.Error(), "")
	}
	v, err := veilOf(ctx, s, progress)
	if err != nil {
		return Result{}, err
	}
	res := Result{Mask: NewMask(info.Width, info.Height)}
	lift := smokeMinLift
	if info.Radiometry == Reflectance {
		lift = smokeMinLiftRefl
	}
	cand := v.candidates(lift)
	v.paintVoid(res.Mask)
	cells := LabelMask(cand, false, MaskYes)
	for _, r := range cells {
		p, why := v.plume(r, lift)
		if why != "" {
			continue
		}
		res.Objects++
		v.paintCells(res.Mask, r)
		if d, ok := v.detection(s, r, p); ok {
			res.Detections = append(res.Detections, d)
		}
	}
	if res.Objects == 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("no plume: %d pale patches looked at, none long, soft-edged and narrow at its thickest end", len(cells)))
	}
	return res, nil
}

// veil is the scene in cells of size pixels.
type veil struct {
	w, h, size           int
	dark, sat, lum, cool []float32 // dark channel and luminance as a share of full scale; NaN where void
	smooth               []float32 // dark over 3 x 3 cells
	medianDark           float32
}

func veilOf(ctx context.Context, s Scene, progress func(done, total int)) (*veil, error) {
	info := s.Info()
	size := max(2, (max(info.Width, info.Height)+smokeCells-1)/smokeCells)
	v := &veil{w: (info.Width + size - 1) / size, h: (info.Height + size - 1) / size, size: size}
	full := 1.0
	if info.Radiometry == Colour {
		full = 255
	}
	n := v.w * v.h
	sums := make([][]float64, 4) // r, g, b, dark
	for i := range sums {
		sums[i] = make([]float64, n)
	}
	count := make([]float64, n)
	err := readStrips(ctx, s, 0, progress, func(core, _ image.Rectangle, px [][]float32) error {
		for y := core.Min.Y; y < core.Max.Y; y++ {
			v.addRow(sums, count, px, (y-core.Min.Y)*info.Width, info.Width, y/size*v.w)
		}
		return nil
	}, Red, Green, Blue)
	if err != nil {
		return nil, err
	}
	v.finish(sums, count, full)
	return v, nil
}

// addRow adds a row of w pixels at a place in px to the cells of the row that starts at cell.
func (v *veil) addRow(sums [][]float64, count []float64, px [][]float32, at, w, cell int) {
	rs, gs, bs := px[0][at:at+w], px[1][at:at+w], px[2][at:at+w]
	for x0 := 0; x0 < w; x0 += v.size {
		var r, g, b, dark, n float32
		for x := x0; x < min(w, x0+v.size); x++ {
			pr, pg, pb := rs[x], gs[x], bs[x]
			if s := pr + pg + pb; s-s != 0 {
				continue
			}
			r, g, b, dark, n = r+pr, g+pg, b+pb, dark+min(pr, pg, pb), n+1
		}
		sums[0][cell] += float64(r)
		sums[1][cell] += float64(g)
		sums[2][cell] += float64(b)
		sums[3][cell] += float64(dark)
		count[cell] += float64(n)
		cell++
	}
}

func (v *veil) finish(sums [][]float64, count []float64, full float64) {
	n := len(count)
	v.dark, v.sat, v.lum, v.cool = make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	for i, c := range count {
		if 2*c < float64(v.size*v.size) {
			v.dark[i], v.sat[i], v.lum[i], v.cool[i] = nan32, nan32, nan32, nan32
			continue
		}
		c *= full
		p := Spectrum{R: sums[0][i] / c, G: sums[1][i] / c, B: sums[2][i] / c}
		v.dark[i] = float32(sums[3][i] / c)
		v.sat[i] = float32(p.Saturation())
		v.cool[i] = float32(ratio(p.B, p.R))
		v.lum[i] = float32((p.R + p.G + p.B) / 3)
	}
	_, v.medianDark = percentiles([][]float32{v.dark}, 0, 0.5)
}

// candidates are cells that a veil may lie over: those of a thick one, and of a thin one near them.
func (v *veil) candidates(lift float64) *Mask {
	v.smooth = BoxMean(v.dark, v.w, v.h, 1)
	sat, cool := BoxMean(v.sat, v.w, v.h, 1), BoxMean(v.cool, v.w, v.h, 1)
	thick, thin := NewMask(v.w, v.h), NewMask(v.w, v.h)
	for i, d := range v.smooth {
		up := float64(d - v.medianDark)
		if up > lift && v.sat[i] < smokeMaxSat && v.cool[i] >= smokeMinCool {
			thick.Pix[i] = MaskYes
		}
		if up > smokeThinLift*lift && sat[i] < smokeThinSat && cool[i] >= smokeThinCool {
			thin.Pix[i] = MaskYes
		}
	}
	m := v.follow(thick, thin, smokeThinReach, smokeSharpJump*lift)
	v.bridge(m, lift)
	m = majority(m, smokeMajority)
	for _, h := range LabelMask(m, true, MaskNo) {
		if h.Pixels <= smokeMaxHole && h.X0 > 0 && h.Y0 > 0 && h.X1 < m.Width && h.Y1 < m.Height {
			m.paint(h, MaskYes)
		}
	}
	return m
}

// follow spreads a thick veil by 4-neighbours into a thin one, so many steps, but not over a sharp edge:
// behind it lies a roof.
func (v *veil) follow(thick, thin *Mask, steps int, maxJump float64) *Mask {
	now := thick
	for range steps {
		next := &Mask{Width: v.w, Height: v.h, Pix: append([]uint8(nil), now.Pix...)}
		for i, c := range thin.Pix {
			x, y := i%v.w, i/v.w
			from := func(ok bool, j int) bool {
				return ok && now.Pix[j] == MaskYes && math.Abs(float64(v.smooth[i]-v.smooth[j])) < maxJump
			}
			if c == MaskYes && (from(x > 0, i-1) || from(x+1 < v.w, i+1) || from(y > 0, i-v.w) || from(y+1 < v.h, i+v.w)) {
				next.Pix[i] = MaskYes
			}
		}
		now = next
	}
	return now
}

// bridge closes gaps over cells that are pale enough, whatever their colour: a strip of bare field shows
// warm through the veil.
func (v *veil) bridge(m *Mask, lift float64) {
	in := BoxMean(m.floats(), v.w, v.h, smokeBridge)
	for i, f := range in {
		in[i] = 0
		if f == 0 {
			in[i] = 1
		}
	}
	for i, out := range BoxMean(in, v.w, v.h, smokeBridge) { // what no window without smoke reaches
		if out == 0 && float64(v.smooth[i]-v.medianDark) > smokeThinLift*lift && v.smoothRange(i) < smokeBridgeJump*lift {
			m.Pix[i] = MaskYes
		}
	}
}

// smoothRange is the range of the smoothed dark channel over the 3 x 3 cells about one; NaN beside a void.
func (v *veil) smoothRange(i int) float64 {
	x, y := i%v.w, i/v.w
	lo, hi := v.smooth[i], v.smooth[i]
	for yy := max(0, y-1); yy <= min(v.h-1, y+1); yy++ {
		for xx := max(0, x-1); xx <= min(v.w-1, x+1); xx++ {
			d := v.smooth[yy*v.w+xx]
			lo, hi = min(lo, d), max(hi, d)
		}
	}
	return float64(hi - lo)
}

// majority gives each cell the class that most cells of the (2k+1)-square about it have.
func majority(m *Mask, k int) *Mask {
	out := NewMask(m.Width, m.Height)
	for i, f := range BoxMean(m.floats(), m.Width, m.Height, k) {
		if f > 0.5 {
			out.Pix[i] = MaskYes
		}
	}
	return out
}

// floats is 1 where the mask is MaskYes.
func (m *Mask) floats() []float32 {
	f := make([]float32, len(m.Pix))
	for i, c := range m.Pix {
		if c == MaskYes {
			f[i] = 1
		}
	}
	return f
}

// paintVoid marks what has no data.
func (v *veil) paintVoid(m *Mask) {
	for i, d := range v.dark {
		if d != d {
			v.paintCell(m, i%v.w, i/v.w, MaskAbstain)
		}
	}
}

func (v *veil) paintCells(m *Mask, r Region) {
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			v.paintCell(m, x, y, MaskYes)
		}
	})
}

func (v *veil) paintCell(m *Mask, cx, cy int, class uint8) {
	for y := cy * v.size; y < min(m.Height, (cy+1)*v.size); y++ {
		row := m.Row(y)
		for x := cx * v.size; x < min(m.Width, (cx+1)*v.size); x++ {
			row[x] = class
		}
	}
}

// scaled brings an outline of cells onto pixels.
func (v *veil) scaled(p orb.Polygon) orb.Polygon {
	for _, r := range p {
		for i := range r {
			r[i] = orb.Point{r[i][0] * float64(v.size), r[i][1] * float64(v.size)}
		}
	}
	return p
}

// detection places a plume on the ground.
func (v *veil) detection(s Scene, r Region, p plume) (d upwind.Detection, ok bool) {
	k := float64(v.size)
	outline := r.Outline()
	exact, _, ok := ToGround(s, v.scaled(outline.Clone()))
	if !ok {
		return d, false
	}
	shown, sigmaM, ok := ToGround(s, v.scaled(Simplify(outline)))
	if !ok {
		return d, false
	}
	lon, lat, so, ok := s.Locate(p.headX*k, p.headY*k)
	lon2, lat2, _, ok2 := s.Locate(p.tailX*k, p.tailY*k)
	gx, gy, ok3 := PixelSizeM(s, p.headX*k, p.headY*k)
	if !(ok && ok2 && ok3) {
		return d, false
	}
	kx, ky := metresPerDegree((lat + lat2) / 2)
	de, dn := kx*wrapDeg(lon2-lon), ky*(lat2-lat)
	cellM := k * math.Sqrt(gx*gy)
	area := PolygonAreaM2(exact)
	d = upwind.Detection{Kind: upwind.SmokePlume, Class: p.class, Geometry: geojson.NewGeometry(shown), PositionSigmaM: sigmaM, Probability: p.probability, ObservedAt: s.Info().Acquired}
	d.Measures = map[string]upwind.Estimate{
		upwind.AreaM2:  upwind.NonNegative(area, areaSigma(float64(r.Pixels), perimeter(outline), area/float64(r.Pixels))),
		upwind.LengthM: upwind.NonNegative(math.Hypot(de, dn), 2*cellM),
	}
	d.Axis = &upwind.PlumeAxis{Lon: lon, Lat: lat, SigmaM: math.Hypot(so, math.Hypot(cellM, p.headWidth/2*cellM)),
		TowardDeg: math.Mod(math.Atan2(de, dn)*180/math.Pi+360, 360), SigmaDeg: p.sigmaDeg}
	d.Reasons = p.reasons
	return d, true
}
