package lidar

import (
	"context"
	"errors"
	"io"
	"math"

	"upwind/lidar/las"
)

// Reading.
const (
	readPoints  = 4096
	blockPoints = 1 << 16
	// keptPoints is how many points are kept in memory between the two looks at a cloud, some 250 MB; a
	// larger cloud is read twice.
	keptPoints = 12 << 20
)

// Flags of an echo: what the file says of where it came from.
const (
	echoWater  uint8 = 1 << iota
	echoObject       // a building or a plant taller than grass
	echoLast         // the last of several returns: the pulse met leaves, wires or an edge on its way
)

// echoes is a block of usable points as stored: integer coordinates, colours and flags.
type echoes struct {
	at     [][3]int32
	colour [][4]uint16 // red, green, blue, near infrared; nil without colour
	flags  []uint8
}

// stream yields the usable points of a file block by block, any number of times.
type stream struct {
	r        *las.Reader
	limit    int // of points kept
	kept     []*echoes
	whole    bool  // kept holds everything
	unusable int64 // noise, withheld, earlier returns
	firstGPS float64
}

// newStream prepares a reader to give only what is gridded, on all processors.
func newStream(r *las.Reader) (*stream, error) {
	want := las.LayerXY | las.LayerZ | las.LayerClass | las.LayerFlags | las.LayerTime | las.LayerRGB | las.LayerNIR
	if err := r.Select(want); err != nil {
		return nil, err
	}
	if err := r.Threads(threads()); err != nil {
		return nil, err
	}
	return &stream{r: r, limit: keptPoints, firstGPS: math.Inf(1)}, nil
}

// close ends what decodes ahead.
func (s *stream) close() { s.r.Close() }

// usable reports whether a point may show the surface.
func usable(p *las.Point) bool {
	return !p.Withheld && p.Class != las.ClassLowNoise && p.Class != las.ClassHighNoise &&
		(p.Returns == 0 || p.Return >= p.Returns)
}

// each calls fn for every block in file order; done counts points of the file.
func (s *stream) each(ctx context.Context, progress func(done int64), fn func(*echoes)) error {
	if s.whole {
		var done int64
		for _, b := range s.kept {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			fn(b)
			done += int64(len(b.at))
			progress(done)
		}
		progress(s.r.Count())
		return nil
	}
	return s.read(ctx, progress, fn)
}

func (s *stream) read(ctx context.Context, progress func(done int64), fn func(*echoes)) error {
	if err := s.r.Rewind(); err != nil {
		return err
	}
	s.unusable = 0
	keep, n := true, 0
	block := s.newBlock(nil)
	flush := func() {
		fn(block)
		n += len(block.at)
		if keep = keep && n <= s.limit; keep {
			s.kept = append(s.kept, block)
			block = nil
		} else {
			s.kept = nil
		}
		block = s.newBlock(block)
	}
	buf := make([]las.Point, min(readPoints, s.r.Count()+1))
	var done int64
	for {
		n, err := s.r.Read(buf)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		for i := range buf[:n] {
			s.add(block, &buf[i])
		}
		if len(block.at)+readPoints > blockPoints {
			flush()
		}
		if done += int64(n); ctx.Err() != nil {
			return ctx.Err()
		}
		progress(done)
	}
	if len(block.at) > 0 {
		flush()
	}
	s.whole = keep
	return nil
}

// newBlock empties a block for the next points, or makes one no larger than the file needs.
func (s *stream) newBlock(old *echoes) *echoes {
	if old != nil {
		old.at, old.colour, old.flags = old.at[:0], old.colour[:0], old.flags[:0]
		return old
	}
	n := min(blockPoints, s.r.Count())
	b := &echoes{at: make([][3]int32, 0, n), flags: make([]uint8, 0, n)}
	if s.r.Header().HasColor() {
		b.colour = make([][4]uint16, 0, n)
	}
	return b
}

func (s *stream) add(b *echoes, p *las.Point) {
	if !usable(p) {
		s.unusable++
		return
	}
	if p.GPSTime > 0 && p.GPSTime < s.firstGPS {
		s.firstGPS = p.GPSTime
	}
	b.at = append(b.at, [3]int32{p.XI, p.YI, p.ZI})
	if b.colour != nil {
		b.colour = append(b.colour, [4]uint16{p.R, p.G, p.B, p.NIR})
	}
	var f uint8
	switch p.Class {
	case las.ClassWater:
		f = echoWater
	case las.ClassBuilding, las.ClassMediumVeg, las.ClassHighVeg:
		f = echoObject
	}
	if p.Returns > 1 {
		f |= echoLast
	}
	b.flags = append(b.flags, f)
}
