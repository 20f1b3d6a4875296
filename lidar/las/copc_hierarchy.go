package las

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	copcEntrySize = 32
	// maxLevel is the deepest level whose keys fit an int32.
	maxLevel = 31
)

// Voxel is the key of an octree node: X, Y, Z count cubes of its level from the least corner of the root.
type Voxel struct{ Level, X, Y, Z int32 }

func (k Voxel) String() string { return fmt.Sprintf("%d-%d-%d-%d", k.Level, k.X, k.Y, k.Z) }

// valid reports whether the key lies in the root cube.
func (k Voxel) valid() bool {
	if k.Level < 0 || k.Level > maxLevel {
		return false
	}
	n := int64(1) << k.Level
	return k.X >= 0 && k.Y >= 0 && k.Z >= 0 && int64(k.X) < n && int64(k.Y) < n && int64(k.Z) < n
}

// within reports whether the cube of k is that of a, or inside it.
func (k Voxel) within(a Voxel) bool {
	up := k.Level - a.Level
	return up >= 0 && k.X>>up == a.X && k.Y>>up == a.Y && k.Z>>up == a.Z
}

// Node is an octree node with points: one chunk of the file.
type Node struct {
	Voxel
	Points int   // in the chunk
	Bytes  int64 // compressed

	offset int64
}

// pageRef leads to a page of the hierarchy that describes root and what is below it.
type pageRef struct {
	root         Voxel
	offset, size uint64
}

// page is a loaded page.
type page struct {
	nodes []Node
	pages []pageRef
}

// hierarchy holds the pages read so far. A hostile file can lead pages in circles, let them overlap, or state
// a chunk many times over; as no byte of a sound file is in two pages or two chunks and no key has two nodes,
// what it takes is bounded by the bytes of the file.
type hierarchy struct {
	r      *Reader
	broken error            // a refusal, which is that of the whole octree
	known  map[uint64]*page // by offset; nil until loaded
	seen   map[Voxel]seen
	chunks map[int64]bool // offsets

	pending    int // known pages that are not loaded
	pageBytes  uint64
	chunkBytes int64
	points     uint64
	told       bool
}

// seen tells what the entries of a key were.
type seen uint8

const (
	seenNode seen = 1 << iota
	seenPage
)

func newHierarchy(r *Reader, root pageRef) hierarchy {
	return hierarchy{r: r, known: map[uint64]*page{root.offset: nil}, seen: map[Voxel]seen{}, chunks: map[int64]bool{}, pending: 1}
}

// page returns a page, reading it when it is met for the first time.
func (h *hierarchy) page(ref pageRef) (*page, error) {
	if p := h.known[ref.offset]; p != nil || h.broken != nil {
		return p, h.broken
	}
	where := fmt.Sprintf("page of node %v at byte %d", ref.root, ref.offset)
	size := uint64(h.r.size)
	switch {
	case ref.offset > size || ref.size > size-ref.offset:
		return nil, h.r.refuseCOPC(where, fmt.Sprintf("its %d bytes lie outside the file of %d", ref.size, size))
	case ref.size%copcEntrySize != 0:
		return nil, h.r.refuseCOPC(where, fmt.Sprintf("its %d bytes are no multiple of %d", ref.size, copcEntrySize))
	case h.pageBytes+ref.size > size:
		return nil, h.r.refuseCOPC(where, "the pages take more bytes than the file has: they overlap")
	}
	b := make([]byte, ref.size)
	if _, err := io.ReadFull(io.NewSectionReader(h.r.src, int64(ref.offset), int64(ref.size)), b); err != nil {
		return nil, h.r.passing(err)
	}
	p := &page{}
	for ; len(b) > 0; b = b[copcEntrySize:] {
		if h.broken = h.entry(p, ref, b[:copcEntrySize]); h.broken != nil {
			return nil, h.broken
		}
	}
	h.known[ref.offset] = p
	h.pageBytes += ref.size
	if h.pending += len(p.pages) - 1; h.pending == 0 && h.points != h.r.h.StatedPoints && !h.told {
		h.told = true
		h.r.warn("the COPC hierarchy has %d points, the header states %d", h.points, h.r.h.StatedPoints)
	}
	return p, nil
}

// entry checks one entry of a page and adds it.
func (h *hierarchy) entry(p *page, ref pageRef, b []byte) error {
	le := binary.LittleEndian
	k := Voxel{int32(le.Uint32(b)), int32(le.Uint32(b[4:])), int32(le.Uint32(b[8:])), int32(le.Uint32(b[12:]))}
	offset, size, points := le.Uint64(b[16:]), int32(le.Uint32(b[24:])), int32(le.Uint32(b[28:]))
	refuse := func(format string, a ...any) error {
		return h.r.refuseCOPC("node "+k.String(), fmt.Sprintf(format, a...))
	}
	switch {
	case !k.valid():
		return refuse("there is no such node in an octree")
	case !k.within(ref.root):
		return refuse("it stands in the page of node %v and is not below that", ref.root)
	case points < -1:
		return refuse("it states %d points", points)
	case size < 0:
		return refuse("it states %d bytes", size)
	}
	as := seenNode
	if points == -1 {
		as = seenPage
	}
	if h.seen[k]&as != 0 {
		return refuse("it occurs twice")
	}
	h.seen[k] |= as
	switch {
	case points == -1:
		if _, known := h.known[offset]; known {
			return refuse("its page at byte %d is that of another node", offset)
		}
		h.known[offset] = nil
		p.pages = append(p.pages, pageRef{k, offset, uint64(size)})
	case points > 0:
		first := uint64(h.r.h.PointOffset)
		if end := uint64(h.r.size); size == 0 || offset < first || offset > end || uint64(size) > end-offset {
			return refuse("its chunk of %d bytes at byte %d lies outside the points, which take bytes %d to %d", size, offset, first, end)
		}
		if h.chunks[int64(offset)] {
			return refuse("its chunk at byte %d is that of another node", offset)
		}
		h.chunks[int64(offset)] = true
		h.points += uint64(points)
		h.chunkBytes += int64(size)
		if h.points > h.r.h.StatedPoints {
			return refuse("with its %d points there are %d; the header states %d", points, h.points, h.r.h.StatedPoints)
		}
		if h.chunkBytes > h.r.size {
			return refuse("the chunks take more bytes than the file has: they overlap")
		}
		p.nodes = append(p.nodes, Node{Voxel: k, Points: int(points), Bytes: int64(size), offset: int64(offset)})
	}
	return nil
}
