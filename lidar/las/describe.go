package las

import "fmt"

// ExtraBytes is how many bytes a record has behind those of its point format.
func (h Header) ExtraBytes() int { return int(h.RecordLength) - baseLength[h.Format] }

// Compression says in words how the points are stored.
func (r *Reader) Compression() string {
	if r.laz == nil {
		return "none"
	}
	how := "one stream of points"
	switch l := r.laz; {
	case l.compressor == chunkedLayered && l.chunkSize == 0:
		how = "layered, chunks of unequal size"
	case l.compressor == chunkedLayered:
		how = fmt.Sprintf("layered, chunks of %d points", l.chunkSize)
	case l.compressor == chunkedPointwise && l.chunkSize == 0:
		how = "pointwise, chunks of unequal size"
	case l.compressor == chunkedPointwise:
		how = fmt.Sprintf("pointwise, chunks of %d points", l.chunkSize)
	}
	return "LAZ, " + how
}
