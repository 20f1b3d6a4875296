package photo

import (
	"math"
	"strings"
)

// fullFrameDiagonal is that of 24 x 36 mm film, mm.
const fullFrameDiagonal = 43.2666

// frames32 are models whose sensor is 3:2; a cut of theirs is 3:2 before the cut. All other drone sensors
// of the makers here are 4:3 (makers' data sheets).
var frames32 = []string{"FC6310", "L1D-20C", "ZENMUSEP1", "XT706", "ILCE-", "DSC-RX1"}

// models are lenses whose distortion is known without the file saying so, from the factory calibration of
// one camera of the model, in units of the picture's width: fx, fy, cx, cy, k1, k2, p1, p2, k3.
var models = []struct {
	model string
	lens  Brown
}{
	{"FC6310R", Brown{ // Phantom 4 RTK
		FX: 3657.02 / 5472, FY: 3650.62 / 5472, CX: -4.03 / 5472, CY: 23.1 / 5472,
		K1: -0.267098, K2: 0.111977, P1: 0.000924881, P2: 0.0000882056, K3: -0.0331614,
	}},
}

// sigmaK1Model is the spread of k1 between cameras of one model, a starting value.
const sigmaK1Model = 0.02

// interior is the best lens the metadata give: factory model, calibrated focal length, or the 35 mm
// equivalent, with what is not known in the spread.
func (p Picture) interior() (Brown, spread, bool) {
	s := spread{focal: sigmaFocalKnown, k1: sigmaK1Known}
	if p.Lens.Dewarp != nil {
		b := *p.Lens.Dewarp
		if p.Lens.Flat {
			b.K1, b.K2, b.K3, b.P1, b.P2 = 0, 0, 0, 0, 0
		}
		return b, s, true
	}
	for _, m := range models {
		if m.model == p.Model && !p.Lens.Flat && p.FullW*2 == p.FullH*3 {
			w := float64(p.Width)
			b := m.lens
			b.FX, b.FY, b.CX, b.CY = b.FX*w, b.FY*w, b.CX*w, b.CY*w
			return b, spread{focal: sigmaFocalKnown, k1: sigmaK1Model}, true
		}
	}
	f := p.Lens.FocalPX
	if f == 0 && p.Lens.F35MM > 0 {
		f = p.Lens.F35MM / fullFrameDiagonal * p.nativeDiagonal()
		s.focal = sigmaFocal35
	}
	if s.k1 = sigmaK1Unknown; p.Lens.Flat {
		s.k1 = sigmaK1Known
	}
	return Brown{FX: f, FY: f}, s, f > 0
}

// nativeDiagonal is the diagonal in pixels of the sensor this picture was cut from, at this picture's
// scale: a 35 mm equivalent is stated for the whole sensor. A picture wider than the sensor keeps its
// width, a narrower one its height.
func (p Picture) nativeDiagonal() float64 {
	native := 4.0 / 3
	model := strings.ToUpper(p.Model)
	for _, m := range frames32 {
		if strings.HasPrefix(model, m) {
			native = 1.5
		}
	}
	w, h := float64(p.Width), float64(p.Height)
	switch ratio := w / h; {
	case ratio > 1.45 && ratio < 1.55: // 3:2 as it is, on any model
	case ratio > 1.24 && ratio < 1.26: // 5:4 thermal sensors (640 x 512)
	case ratio > native:
		h = w / native
	case ratio >= 1:
		w = h * native
	}
	return math.Hypot(w, h)
}
