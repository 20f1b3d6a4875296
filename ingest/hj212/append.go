package hj212

import (
	"fmt"
	"strconv"
)

// Append writes a packet as a frame, as HJ 212-2017 has it: fields in the standard's order, PNUM and PNO only when the packet
// is split, items parted by semicolons. It refuses what the standard does not allow, and leaves dst as it was then.
func Append(dst []byte, p *Packet) ([]byte, error) {
	start := len(dst)
	b := append(dst, "##0000"...)
	put := func(name, value string) {
		b = append(append(append(append(b, name...), '='), value...), ';')
	}
	if p.QN != "" {
		put("QN", p.QN)
	}
	put("ST", p.ST)
	put("CN", fmt.Sprintf("%04d", p.CN))
	put("PW", p.PW)
	put("MN", p.MN)
	put("Flag", strconv.Itoa(int(p.Flag)))
	if p.Flag&flagSplit != 0 && p.Parts > 0 {
		put("PNUM", strconv.Itoa(p.Parts))
		put("PNO", strconv.Itoa(p.Part))
	}
	b = append(b, "CP=&&"...)
	for i, f := range p.CP {
		if i > 0 {
			if f.Item == p.CP[i-1].Item {
				b = append(b, ',')
			} else {
				b = append(b, ';')
			}
		}
		b = append(b, f.Name...)
		if f.Sub != "" {
			b = append(append(b, '-'), f.Sub...)
		}
		b = append(append(b, '='), f.Value...)
	}
	b = append(b, "&&"...)
	segment := b[start+headLen:]
	if err := p.check(len(segment)); err != nil {
		return dst, err
	}
	copy(b[start+2:start+headLen], fmt.Sprintf("%04d", len(segment)))
	return append(fmt.Appendf(b, "%04X", Checksum(segment)), '\r', '\n'), nil
}

func (p *Packet) check(segment int) error {
	switch {
	case segment > MaxSegment:
		return &ParseError{"CP", fmt.Sprintf("the segment would have %d bytes, %d is the most: split it", segment, MaxSegment)}
	case p.QN != "" && !digits(p.QN, lenQN):
		return &ParseError{"QN", fmt.Sprintf("%q is not 17 digits", clip(p.QN))}
	case len(p.ST) != 2 || !plain(p.ST):
		return &ParseError{"ST", fmt.Sprintf("%q is not two characters", clip(p.ST))}
	case p.CN < 1 || p.CN > 9999:
		return &ParseError{"CN", fmt.Sprintf("%d is not four digits", p.CN)}
	case !ValidMN(p.MN):
		return &ParseError{"MN", fmt.Sprintf("%q is no device number", clip(p.MN))}
	case len(p.PW) > maxLenPW || !plain(p.PW):
		return &ParseError{"PW", "has characters that a packet cannot carry"}
	case p.Parts > 0 && (p.Part < 1 || p.Part > p.Parts):
		return &ParseError{"PNO", fmt.Sprintf("%d of %d", p.Part, p.Parts)}
	}
	for _, f := range p.CP {
		if f.Name == "" || !plain(f.Name) || f.Sub != "" && !plain(f.Sub) {
			return &ParseError{"CP", fmt.Sprintf("%q is no name", clip(f.Name+"-"+f.Sub))}
		}
		for i := range len(f.Value) {
			if c := f.Value[i]; c == ',' || c == ';' || c == '&' || c < ' ' {
				return &ParseError{"CP", fmt.Sprintf("the value of %s has a character that a packet cannot carry", f.Name)}
			}
		}
	}
	return nil
}
