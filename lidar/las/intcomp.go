package las

import "math"

// integer decodes differences to a prediction: first the interval k, 2^(k-1) <= |d| <= 2^k, then the place
// in it, of which the eight upper bits are modelled.
type integer struct {
	k       uint32 // of the last decode
	zero    bitModel
	context []model
	place   [33]model
}

// newInteger is for values of 8, 16 or 32 bits.
func newInteger(bits, contexts int) *integer {
	c := &integer{context: newModels(contexts, bits+1)}
	for k := 1; k < len(c.place); k++ {
		c.place[k] = newModel(1 << min(k, 8))
	}
	return c
}

// decode gives the value in 32 bits; narrower ones are its lower bits.
func (c *integer) decode(d *decoder, prediction int32, context uint32) int32 {
	k := d.symbol(&c.context[context])
	c.k = k
	if k == 0 {
		return prediction + int32(d.bit(&c.zero))
	}
	if k == 32 {
		return prediction + math.MinInt32
	}
	e := d.symbol(&c.place[k])
	if k > 8 {
		e = e<<((k-8)&31) | d.raw(k-8)
	}
	// The lower half of the places are the negative differences.
	negative := 1 - e>>((k-1)&31)
	return prediction + int32(e+1-negative<<(k&31))
}
