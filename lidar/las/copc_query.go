package las

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"
)

// Query says which points of a [COPC] are wanted. [Within] and [Everywhere] make one.
type Query struct {
	// Min and Max are the corners of the box, in the file's reference system; points on its faces belong to
	// it. Infinite values leave a side open.
	Min, Max [3]float64

	// Resolution is the spacing of points that is fine enough, in units of x and y; 0 reads every level.
	Resolution float64

	// Layers is what is decoded besides X and Y, and Z where the box bounds it; 0 is everything.
	Layers Layers
}

// Within is the query of an upright column.
func Within(minX, minY, maxX, maxY float64) Query {
	return Query{Min: [3]float64{minX, minY, math.Inf(-1)}, Max: [3]float64{maxX, maxY, math.Inf(1)}}
}

// Everywhere is the query of the whole file.
func Everywhere() Query { return Within(math.Inf(-1), math.Inf(-1), math.Inf(1), math.Inf(1)) }

func (q *Query) check() error {
	for i := range 3 {
		if !(q.Min[i] <= q.Max[i]) {
			return fmt.Errorf("las: the box of the query goes from %v to %v", q.Min, q.Max)
		}
	}
	if q.Resolution < 0 || math.IsNaN(q.Resolution) {
		return fmt.Errorf("las: a resolution of %v", q.Resolution)
	}
	return nil
}

// layers are those to decode.
func (q *Query) layers() Layers {
	if q.Layers == 0 {
		return AllLayers
	}
	if l := q.Layers | LayerXY; math.IsInf(q.Min[2], -1) && math.IsInf(q.Max[2], 1) {
		return l
	}
	return q.Layers | LayerXY | LayerZ
}

// Nodes are the nodes that a query decodes, in file order. Their points together bound what
// [COPC.Points] yields.
func (c *COPC) Nodes(q Query) ([]Node, error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	var out []Node
	depth := c.depth(&q)
	for todo := []pageRef{c.root}; len(todo) > 0; {
		ref := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		p, err := c.hierarchy.page(ref)
		if err != nil {
			return nil, err
		}
		for _, n := range p.nodes {
			if n.Level <= depth && c.meets(n.Voxel, &q) {
				out = append(out, n)
			}
		}
		for _, s := range p.pages {
			if s.root.Level <= depth && c.meets(s.root, &q) {
				todo = append(todo, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b Node) int { return cmp.Compare(a.offset, b.offset) })
	return out, nil
}

// Points yields the points of a query in file order, the order in which [Reader.Points] has them, for any
// number of [Reader.Threads]. Nothing else of the file is read. The slices in a point stay valid until the
// next one; the pair after a fault carries the error.
func (c *COPC) Points(q Query) iter.Seq2[Point, error] {
	return func(yield func(Point, error) bool) {
		nodes, err := c.Nodes(q)
		if err != nil {
			yield(Point{}, err)
			return
		}
		size := int(c.r.h.RecordLength)
		var p Point
		for b, err := range c.chunks(nodes, q.layers()) {
			if err != nil {
				yield(Point{}, err)
				return
			}
			for ; len(b) >= size; b = b[size:] {
				if !c.r.h.inBox(b, &q) {
					continue
				}
				c.r.h.decode(b[:size:size], &p)
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// inBox looks at the coordinates of a record.
func (h *Header) inBox(b []byte, q *Query) bool {
	for i := range 3 {
		v := float64(int32(binary.LittleEndian.Uint32(b[4*i:])))*h.Scale[i] + h.Offset[i]
		if !(v >= q.Min[i] && v <= q.Max[i]) {
			return false
		}
	}
	return true
}

// Bounds of what one chunk may decode to. Real chunks hold up to some 100,000 points at 3 to 20 times their
// compressed size, so a chunk that goes beyond both is made to fill memory.
const (
	maxSmallChunk = 16 << 20
	maxExpansion  = 1024
	maxChunk      = 1 << 30
)

// decode fills buf with the records of a node.
func (c *COPC) decode(n Node, layers Layers, buf []byte) ([]byte, error) {
	size := int64(n.Points) * int64(c.r.h.RecordLength)
	if size > maxChunk || size > max(maxSmallChunk, maxExpansion*n.Bytes) {
		return nil, c.r.refuseCOPC("node "+n.String(), fmt.Sprintf("a chunk of %d bytes is said to hold %d points", n.Bytes, n.Points))
	}
	buf = slices.Grow(buf[:0], int(size))[:size]
	return buf, c.r.decodeChunk(buf, n.offset, n.Bytes, n.Points, layers)
}

// chunks yields the decoded records of nodes in their order. A chunk stays valid until the next.
func (c *COPC) chunks(nodes []Node, layers Layers) iter.Seq2[[]byte, error] {
	threads := min(c.r.threads, len(nodes))
	if threads < 2 {
		return func(yield func([]byte, error) bool) {
			var buf []byte
			for _, n := range nodes {
				var err error
				if buf, err = c.decode(n, layers, buf); !yield(buf, err) || err != nil {
					return
				}
			}
		}
	}
	return c.chunksAhead(nodes, layers, threads)
}

// chunksAhead decodes as many chunks at a time as there are threads. Buffers go round, so memory is that of
// threads chunks and the one in use.
func (c *COPC) chunksAhead(nodes []Node, layers Layers, threads int) iter.Seq2[[]byte, error] {
	type result struct {
		b   []byte
		err error
	}
	return func(yield func([]byte, error) bool) {
		results := make([]chan result, len(nodes))
		free := make(chan []byte, threads+1)
		start := func(i int) {
			var buf []byte
			select {
			case buf = <-free:
			default:
			}
			results[i] = make(chan result, 1)
			go func() {
				b, err := c.decode(nodes[i], layers, buf)
				results[i] <- result{b, err}
			}()
		}
		begun := 0
		defer func() { // no goroutine outlives the loop
			for i := range begun {
				if results[i] != nil {
					<-results[i]
				}
			}
		}()
		for i := range nodes {
			for ; begun < len(nodes) && begun <= i+threads; begun++ {
				start(begun)
			}
			res := <-results[i]
			results[i] = nil
			if !yield(res.b, res.err) || res.err != nil {
				return
			}
			free <- res.b
		}
	}
}
