package las

import (
	"encoding/binary"
	"fmt"
	"math"
)

// layExtra gives dimensions their places one behind the other, and writes their descriptors.
func layExtra(dims []ExtraDim) (laid []ExtraDim, descriptors []byte, size int, err error) {
	le := binary.LittleEndian
	for _, d := range dims {
		if d.Type == ExtraOpaque || int(d.Type) >= len(extraSizes) || d.Elements > 1 {
			return nil, nil, 0, fmt.Errorf("las: extra dimension %q: only single numbers are written", d.Name)
		}
		if d.Name == "" || len(d.Name) > 32 || len(d.Description) > 32 {
			return nil, nil, 0, fmt.Errorf("las: extra dimension %q: names take 1 to 32 bytes, descriptions up to 32", d.Name)
		}
		b := make([]byte, descriptorSize)
		b[atType] = byte(d.Type)
		copy(b[atName:], d.Name)
		copy(b[atDescription:], d.Description)
		if d.Scale[0] == 0 {
			d.Scale[0] = 1
		}
		if s, o := d.Scale[0], d.Offset[0]; math.IsNaN(s+o) || math.IsInf(s+o, 0) {
			return nil, nil, 0, fmt.Errorf("las: extra dimension %q: scale %v and offset %v", d.Name, s, o)
		}
		if d.Scale[0] != 1 || d.Offset[0] != 0 {
			b[atOptions] = hasScale | hasOffset
			le.PutUint64(b[atScale:], math.Float64bits(d.Scale[0]))
			le.PutUint64(b[atOffset:], math.Float64bits(d.Offset[0]))
		}
		d.Elements, d.Start, d.Size, d.Min, d.Max = 1, size, extraSizes[d.Type], math.NaN(), math.NaN()
		size += d.Size
		laid, descriptors = append(laid, d), append(descriptors, b...)
	}
	if len(descriptors) > math.MaxUint16 {
		return nil, nil, 0, fmt.Errorf("las: %d extra dimensions do not fit a record", len(dims))
	}
	return laid, descriptors, size, nil
}

// Set stores v as the first element, rounded to the scale; Extra grows with zeros as far as needed. It is
// the inverse of [ExtraDim.Value] for points of a [Writer].
func (d *ExtraDim) Set(p *Point, v float64) error {
	if d.Type == ExtraOpaque || d.Size == 0 {
		return fmt.Errorf("las: extra dimension %q has no place or is opaque", d.Name)
	}
	raw := (v - d.Offset[0]) / d.Scale[0]
	var bits uint64
	switch d.Type {
	case ExtraFloat64:
		bits = math.Float64bits(raw)
	case ExtraFloat32:
		bits = uint64(math.Float32bits(float32(raw)))
	default:
		low, high := d.Type.limits()
		if raw = math.Round(raw); !(raw >= low && raw < high) {
			return fmt.Errorf("las: %v does not fit extra dimension %q, which is %v", v, d.Name, d.Type)
		}
		if bits = uint64(raw); low < 0 {
			bits = uint64(int64(raw))
		}
	}
	for len(p.Extra) < d.Start+d.Size {
		p.Extra = append(p.Extra, 0)
	}
	var wide [8]byte
	binary.LittleEndian.PutUint64(wide[:], bits)
	copy(p.Extra[d.Start:d.Start+d.Size], wide[:])
	return nil
}

// limits are the least value of an integer type and the first above its greatest.
func (t ExtraType) limits() (low, high float64) {
	n := 8 * extraSizes[t]
	if t%2 == 0 { // signed
		return -math.Ldexp(1, n-1), math.Ldexp(1, n-1)
	}
	return 0, math.Ldexp(1, n)
}
