package region

import "encoding/binary"

// Run is a stretch of one class in a row: columns [X0, X1).
type Run struct {
	X0, X1 int32
	Class  uint8
}

// Runs appends the runs of a row of classes to dst, left to right, without a gap.
func Runs(dst []Run, row []uint8) []Run {
	for x := 0; x < len(row); {
		x0, class := x, row[x]
		eight := uint64(class) * 0x0101010101010101
		for x+8 <= len(row) && binary.LittleEndian.Uint64(row[x:]) == eight {
			x += 8
		}
		for x < len(row) && row[x] == class {
			x++
		}
		dst = appendRun(dst, Run{int32(x0), int32(x), class})
	}
	return dst
}

// appendRun adds a run that starts where the last one ends, to it where the class is the same.
func appendRun(dst []Run, r Run) []Run {
	if n := len(dst); n > 0 && dst[n-1].Class == r.Class && dst[n-1].X1 == r.X0 {
		dst[n-1].X1 = r.X1
		return dst
	}
	return append(dst, r)
}

// Renamed gives the runs of one class another, in place, and joins what has become one.
func Renamed(runs []Run, from, to uint8) []Run {
	out := runs[:0]
	for _, r := range runs {
		if r.Class == from {
			r.Class = to
		}
		out = appendRun(out, r)
	}
	return out
}
