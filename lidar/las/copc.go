package las

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"upwind"
)

// Records of Cloud Optimized Point Cloud (COPC 1.0).
const (
	copcUser       = "copc"
	recordCOPCInfo = 1
	copcInfoSize   = 160
)

// ErrNotCOPC says that a file is no Cloud Optimized Point Cloud; it can still be read in file order.
var ErrNotCOPC = errors.New("las: the file has no COPC record")

// COPC is the view of a layered LAZ file as an octree, for queries that read only what they need.
//
// The root is a cube. A node of level d is one of the 8^d equal cubes of that level and is one chunk of the
// file. Every point is stored in one node: near the root a thinned sample, about [COPC.Spacing] apart and
// half of that with each level, in the descendants the rest. Reading the nodes of levels 0 to d that touch a
// box gives the box at the spacing of level d.
//
// It is not safe for concurrent use. It keeps no points, and of the hierarchy the pages that queries met.
type COPC struct {
	Centre         [3]float64 // of the root cube, in the file's reference system
	HalfSize       float64    // half an edge of the root cube
	Spacing        float64    // between points at the root
	GPSMin, GPSMax float64    // as stated

	r         *Reader
	root      pageRef
	hierarchy hierarchy
}

// COPC opens the octree of the file. The error is [ErrNotCOPC] when the file has none, and a
// [upwind.Refusal] when what it has cannot be used. Pages of the hierarchy are read when a query needs them.
func (r *Reader) COPC() (*COPC, error) {
	for _, v := range r.vlrs {
		if v.RecordID == recordCOPCInfo && strings.EqualFold(v.UserID, copcUser) {
			return r.openCOPC(v.Data)
		}
	}
	return nil, ErrNotCOPC
}

func (r *Reader) openCOPC(b []byte) (*COPC, error) {
	if len(b) < copcInfoSize {
		return nil, r.refuseCOPC("info record", fmt.Sprintf("it has %d bytes, not %d", len(b), copcInfoSize))
	}
	if r.laz == nil || r.h.Format < 6 || r.h.Format > 8 {
		return nil, r.refuseCOPC("info record", fmt.Sprintf("COPC is layered LAZ of point formats 6 to 8, and this is format %d", r.h.Format))
	}
	le := binary.LittleEndian
	f := func(at int) float64 { return math.Float64frombits(le.Uint64(b[at:])) }
	c := &COPC{Centre: [3]float64{f(0), f(8), f(16)}, HalfSize: f(24), Spacing: f(32), GPSMin: f(56), GPSMax: f(64), r: r}
	for _, v := range append(c.Centre[:], c.HalfSize, c.Spacing) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, r.refuseCOPC("info record", "the cube of the root is not finite")
		}
	}
	if !(c.HalfSize > 0) || !(c.Spacing > 0) {
		return nil, r.refuseCOPC("info record", fmt.Sprintf("half size %v and spacing %v are not positive", c.HalfSize, c.Spacing))
	}
	c.root = pageRef{offset: le.Uint64(b[40:]), size: le.Uint64(b[48:])}
	c.hierarchy = newHierarchy(r, c.root)
	return c, nil
}

func (r *Reader) refuseCOPC(where, what string) error {
	return upwind.Refuse(r.name, "COPC "+where, what, "read the file in order, without its octree, or write it anew")
}

// Cube is the corner with the least coordinates of a node's cube, and its edge.
func (c *COPC) Cube(k Voxel) (corner [3]float64, edge float64) {
	edge = math.Ldexp(2*c.HalfSize, -int(k.Level))
	for i, n := range [3]int32{k.X, k.Y, k.Z} {
		corner[i] = c.Centre[i] - c.HalfSize + float64(n)*edge
	}
	return corner, edge
}

// meets reports whether the cube of k touches the box. Stored coordinates are rounded, so the cube is widened
// by half a step of them.
func (c *COPC) meets(k Voxel, q *Query) bool {
	corner, edge := c.Cube(k)
	for i := range 3 {
		slack := math.Abs(c.r.h.Scale[i]) / 2
		if corner[i]-slack > q.Max[i] || corner[i]+edge+slack < q.Min[i] {
			return false
		}
	}
	return true
}

// depth is the deepest level a query reads: the first whose spacing is at most the resolution.
func (c *COPC) depth(q *Query) int32 {
	d := int32(0)
	for q.Resolution < math.Ldexp(c.Spacing, -int(d)) && d < maxLevel {
		d++
	}
	return d
}
