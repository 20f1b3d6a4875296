package footprint

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"upwind/tracing/plane"
)

// Slot holds the images of all receptors for one span of time: some rows of the matrix H, compressed. It is only read
// after [Lay], by any number of goroutines.
type Slot struct {
	Start, End float64 // Unix seconds
	rings      []ring  // receptor by receptor
	values     []float32
	column     *column // of the middle of the span, of the first receptor's height
}

// chunk receptors are laid down by one goroutine at a time; the partition is fixed, so that the bytes are.
const chunk = 16

// Lay computes the images of the mean concentration over [start, end) at each receptor. It fails only when ctx ends.
func Lay(ctx context.Context, w Wind, layer Layer, receptors []Receptor, start, end float64, opt Options) (*Slot, error) {
	opt = opt.withDefaults()
	lines := min(max(int((end-start)/lineEveryS), 1), maxLines)
	columns := opt.columns(layer, receptors, start, end, lines)
	parts := make([][]float32, (len(receptors)+chunk-1)/chunk)
	s := &Slot{Start: start, End: end, rings: make([]ring, len(receptors)*rings)}
	each(len(parts), opt.Threads, func() func(int) {
		g, buf := &polar{lo: 0, hi: rings - 1}, []puff(nil)
		return func(k int) {
			if ctx.Err() != nil {
				return
			}
			var values []float32
			for i := k * chunk; i < min((k+1)*chunk, len(receptors)); i++ {
				buf = opt.lines(buf[:0], w, columns[receptors[i].HeightM], receptors[i], start, end)
				g.reset()
				for _, p := range buf {
					g.add(receptors[i].At, p)
				}
				values = g.pack(s.rings[i*rings:(i+1)*rings], values)
			}
			parts[k] = values
		}
	})
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.join(parts)
	if len(receptors) > 0 {
		s.column = columns[receptors[0].HeightM][lines/2]
	}
	return s, nil
}

func (s *Slot) join(parts [][]float32) {
	total := 0
	for _, p := range parts {
		total += len(p)
	}
	s.values = make([]float32, 0, total)
	for k, p := range parts {
		base := uint32(len(s.values))
		for i := k * chunk * rings; i < min((k+1)*chunk*rings, len(s.rings)); i++ {
			s.rings[i].at += base
		}
		s.values = append(s.values, p...)
	}
}

// columns solves the vertical once for each height of an inlet and each line of the span.
func (o Options) columns(layer Layer, receptors []Receptor, start, end float64, lines int) map[float64][]*column {
	out := map[float64][]*column{}
	for _, r := range receptors {
		if out[r.HeightM] != nil {
			continue
		}
		for i := range lines {
			out[r.HeightM] = append(out[r.HeightM], newColumn(layer, r.HeightM, lineTime(start, end, i, lines), o))
		}
	}
	return out
}

func lineTime(start, end float64, i, lines int) float64 {
	return start + (end-start)*(float64(i)+0.5)/float64(lines)
}

// lines lays the puffs of all centre-lines of one reading.
func (o Options) lines(buf []puff, w Wind, columns []*column, r Receptor, start, end float64) []puff {
	for i, c := range columns {
		buf = o.follow(buf, w, c, r, lineTime(start, end, i, len(columns)), 1/float64(len(columns)))
	}
	return buf
}

// Size is the number of stored values, the non-zeros of these rows.
func (s *Slot) Size() int { return len(s.values) }

// Ray is a place as a receptor sees it: in rings and in spokes.
type Ray struct {
	ring  int32
	w     float32 // of the next ring
	spoke float32
}

// RayTo is the place of p from a receptor at r; ok is false beyond [ReachM].
func RayTo(r, p plane.Point) (ray Ray, ok bool) {
	dx, dy := p.X-r.X, p.Y-r.Y
	d2 := dx*dx + dy*dy
	if !(d2 < outer*outer) {
		return Ray{}, false
	}
	at := math.Atan2(dx, dy) / SpokeRad
	if at < 0 {
		at += spokes
	}
	x := max(math.Log(d2/(firstRing*firstRing))/(2*ringStep), 0)
	i := min(int(x), rings-2)
	return Ray{int32(i), float32(min(x-float64(i), 1)), float32(at)}, true
}

// Sees reports whether receptor i's image has anything on the rings of the ray within margin spokes of it.
func (s *Slot) Sees(i int, ray Ray, margin float32) bool {
	k := i*rings + int(ray.ring)
	return s.rings[k].near(ray.spoke, margin) || s.rings[k+1].near(ray.spoke, margin)
}

func (r *ring) near(spoke, margin float32) bool {
	if r.n == 0 {
		return false
	}
	d := spoke + margin - float32(r.first) + 1
	if d < 0 {
		d += spokes
	} else if d >= spokes {
		d -= spokes
	}
	return d <= float32(r.n)+2*margin+1
}

// At is h in s/m3, the concentration at receptor i for a unit emission of 1 g/s from the place of the ray at the
// reference height (5 m), when the wind is turned clockwise by turn spokes. It is linear in angle and log distance.
func (s *Slot) At(i int, ray Ray, turn float32) float32 {
	a := s.ringAt(&s.rings[i*rings+int(ray.ring)], ray.spoke-turn)
	b := s.ringAt(&s.rings[i*rings+int(ray.ring)+1], ray.spoke-turn)
	return a + ray.w*(b-a)
}

// AtTurns is At for several turns; it returns the largest h.
func (s *Slot) AtTurns(i int, ray Ray, turns, h []float32) (top float32) {
	near, far := &s.rings[i*rings+int(ray.ring)], &s.rings[i*rings+int(ray.ring)+1]
	v, w := s.values[near.at:near.at+uint32(near.n)], s.values[far.at:far.at+uint32(far.n)]
	for k, t := range turns {
		spoke := ray.spoke - t
		a := valueAt(v, spoke-float32(near.first))
		b := valueAt(w, spoke-float32(far.first))
		h[k] = a + ray.w*(b-a)
		top = max(top, h[k])
	}
	return top
}

func (s *Slot) ringAt(r *ring, spoke float32) float32 {
	return valueAt(s.values[r.at:r.at+uint32(r.n)], spoke-float32(r.first))
}

// valueAt interpolates the values of a ring d spokes after its first; rings are round, and 0 beyond their values.
func valueAt(v []float32, d float32) float32 {
	if len(v) == 0 {
		return 0
	}
	for d < 0 {
		d += spokes
	}
	for d >= spokes {
		d -= spokes
	}
	j := int(d)
	w := d - float32(j)
	var a, b float32
	if j < len(v) {
		a = v[j]
	}
	if j+1 < len(v) {
		b = v[j+1]
	} else if j == spokes-1 {
		b = v[0]
	}
	return a + w*(b-a)
}

// AgeS is how old the air that receptor i got from the ring of the ray was, s; 0 where nothing came.
func (s *Slot) AgeS(i int, ray Ray) float64 {
	a, b := s.rings[i*rings+int(ray.ring)], s.rings[i*rings+int(ray.ring)+1]
	switch {
	case a.n == 0:
		return float64(b.ageS)
	case b.n == 0:
		return float64(a.ageS)
	}
	return float64(a.ageS) + float64(ray.w)*(float64(b.ageS)-float64(a.ageS))
}

// Lift is the factor on h for a release at zM above ground when the air is ageS old.
func (s *Slot) Lift(ageS, zM float64) float64 { return s.column.lift(ageS, zM) }

// each calls work(0..n-1) from a few goroutines; start makes the worker of one of them, with its own scratch.
func each(n, threads int, start func() func(int)) {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	threads = min(threads, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range threads {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work := start()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		}()
	}
	wg.Wait()
}
