package pile

import "sync"

// room is the working memory of one candidate, taken again for the next: surveys look at thousands.
type room struct {
	f64                  arena[float64]
	flags                arena[bool]
	f32                  arena[float32]
	u8                   arena[uint8]
	ring, rest           []ringCell
	stack                []int
	line, lineOut, lineZ []float64
	lineV                []int
}

// arena hands out zeroed slices of one block. What was handed out before keep stays until the room is given
// back, what came after it until free.
type arena[T any] struct {
	block      []T
	used, kept int
}

func (a *arena[T]) take(n int) []T {
	if a.used+n > len(a.block) {
		// Slices of the old block stay valid; the new one serves from here on.
		a.block, a.used, a.kept = make([]T, 2*(a.used+n)), 0, 0
	}
	out := a.block[a.used : a.used+n : a.used+n]
	a.used += n
	clear(out)
	return out
}

func (r *room) floats(n int) []float64   { return r.f64.take(n) }
func (r *room) floats32(n int) []float32 { return r.f32.take(n) }
func (r *room) bools(n int) []bool       { return r.flags.take(n) }
func (r *room) bytes(n int) []uint8      { return r.u8.take(n) }

func (r *room) keep() {
	r.f64.kept, r.f32.kept, r.flags.kept, r.u8.kept = r.f64.used, r.f32.used, r.flags.used, r.u8.used
}

func (r *room) free() {
	r.f64.used, r.f32.used, r.flags.used, r.u8.used = r.f64.kept, r.f32.kept, r.flags.kept, r.u8.kept
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// enter takes a room; leave gives it back.
func enter() *room {
	r := rooms.Get().(*room)
	for _, n := range []*int{&r.f64.used, &r.f64.kept, &r.f32.used, &r.f32.kept, &r.flags.used, &r.flags.kept, &r.u8.used, &r.u8.kept} {
		*n = 0
	}
	return r
}

func (r *room) leave() { rooms.Put(r) }
