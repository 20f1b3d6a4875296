package terrain_test

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/lidar/las"
	"upwind/lidar/terrain"
)

// points is a source in memory.
type points struct {
	name   string
	p      []las.Point
	header las.Header
	next   int
}

func (s *points) Name() string       { return s.name }
func (s *points) Header() las.Header { return s.header }
func (s *points) Count() int64       { return int64(len(s.p)) }
func (s *points) Rewind() error      { s.next = 0; return nil }
func (s *points) Read(dst []las.Point) (int, error) {
	n := copy(dst, s.p[s.next:])
	if s.next += n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// source states honest bounds.
func source(p []las.Point) *points {
	s := &points{name: "test.las", p: p}
	s.header.Scale = [3]float64{0.001, 0.001, 0.001}
	for k := range 3 {
		s.header.Min[k], s.header.Max[k] = math.Inf(1), math.Inf(-1)
	}
	for i := range p {
		for k, v := range [3]float64{p[i].X, p[i].Y, p[i].Z} {
			s.header.Min[k], s.header.Max[k] = math.Min(s.header.Min[k], v), math.Max(s.header.Max[k], v)
		}
	}
	return s
}

// scene scatters n points over a square of side m; height gives z and the truth.
func scene(n int, side float64, seed uint64, height func(x, y float64, r *rand.Rand) (z float64, ground bool)) []las.Point {
	r := rand.New(rand.NewPCG(seed, 11))
	p := make([]las.Point, n)
	for i := range p {
		x, y := r.Float64()*side, r.Float64()*side
		z, g := height(x, y, r)
		p[i] = las.Point{X: 500000 + x, Y: 4000000 + y, Z: z, Return: 1, Returns: 1, Class: 1}
		if g {
			p[i].Class = las.ClassGround
		}
	}
	return p
}

func classify(t testing.TB, o terrain.Options, files ...*points) (*terrain.Model, terrain.Errors) {
	m, err := terrain.Ground(context.Background(), files, o, nil)
	require.NoError(t, err)
	var want, got []bool
	for k, f := range files {
		for i := range f.p {
			want, got = append(want, f.p[i].Class == las.ClassGround), append(got, m.IsGround(k, int64(i)))
		}
	}
	return m, terrain.Score(want, got)
}

// hills is rolling ground with slopes up to a third.
func hills(x, y float64) float64 {
	return 40 + 6*math.Sin(x/35) + 5*math.Cos(y/28+x/60) + 0.1*x
}

// town puts box houses of up to 50 m, trees and cars on ground.
func town(ground func(x, y float64) float64) func(x, y float64, r *rand.Rand) (float64, bool) {
	return func(x, y float64, r *rand.Rand) (float64, bool) {
		g := ground(x, y)
		u, v := math.Mod(x, 80), math.Mod(y, 80)
		cx, cy := x-u+25, y-v+25
		switch {
		case u > 10 && u < 40 && v > 10 && v < 40: // flat roof 8 m above the middle of the house
			return math.Max(ground(cx, cy)+8, g+3), false
		case math.Hypot(u-60, v-60) < 8 && r.IntN(4) > 0: // a crown with gaps
			return g + 2 + 6*r.Float64(), false
		case u > 50 && u < 54 && v > 20 && v < 22:
			return g + 1.5, false
		}
		return g + 0.03*r.NormFloat64(), true
	}
}
