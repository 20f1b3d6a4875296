package lidar

import (
	"math/bits"
)

// tint is the mean colour of a cell's points that have one, as stored.
type tint struct {
	r, g, b, nir float32
	n            uint32
}

// add takes a point; black in all bands is a point that was never coloured.
func (t *tint) add(v *[4]uint16) {
	if v[0]|v[1]|v[2] == 0 {
		return
	}
	t.n++
	f := 1 / float32(t.n)
	t.r += (float32(v[0]) - t.r) * f
	t.g += (float32(v[1]) - t.g) * f
	t.b += (float32(v[2]) - t.b) * f
	t.nir += (float32(v[3]) - t.nir) * f
}

func (t tint) sum() float32 { return t.r + t.g + t.b }

// brightness is the mean of red, green and blue as a share of full scale.
func (t tint) brightness(full float64) float64 { return float64(t.sum()) / 3 / full }

// excessGreen is 2g - r - b of the chromaticities (Woebbecke et al., "Color indices for weed identification
// under various soil, residue, and lighting conditions", 1995).
func (t tint) excessGreen() float64 { return float64((2*t.g - t.r - t.b) / t.sum()) }

// excessBlue is its like for blue.
func (t tint) excessBlue() float64 { return float64((2*t.b - t.r - t.g) / t.sum()) }

// redness is (r - g) / (r + g).
func (t tint) redness() float64 { return float64((t.r - t.g) / (t.r + t.g)) }

// saturation is that of the hexcone model.
func (t tint) saturation() float64 {
	top := max(t.r, t.g, t.b)
	return float64((top - min(t.r, t.g, t.b)) / top)
}

// ndvi is (nir - r) / (nir + r). The bands of a coloured cloud come from pictures stretched for the eye, so
// its zero has no physical meaning.
func (t tint) ndvi() float64 { return float64((t.nir - t.r) / (t.nir + t.r)) }

// depth finds how many bits the colours use: the standard asks for 16, and many writers leave 8.
type depth struct {
	byBits [17]int64
	nir    bool
}

// brightShare of the points may exceed a depth by mistake.
const brightShare = 0.001

// colourDepths are those of cameras, below the 16 bits of the format.
var colourDepths = [...]int{8, 10, 12}

func (d *depth) add(colour [][4]uint16) {
	for i := range colour {
		v := &colour[i]
		d.byBits[bits.Len16(v[0]|v[1]|v[2])]++
		d.nir = d.nir || v[3] != 0
	}
}

// seen says whether there is colour and near infrared, and of what depth.
func (d *depth) seen() (colour, nir bool, n int) {
	total := int64(0)
	for _, v := range d.byBits[1:] {
		total += v
	}
	if total == 0 {
		return false, false, 0
	}
	for _, n := range colourDepths {
		over := int64(0)
		for _, v := range d.byBits[n+1:] {
			over += v
		}
		if float64(over) <= brightShare*float64(total) {
			return true, d.nir, n
		}
	}
	return true, d.nir, 16
}
