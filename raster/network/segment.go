package network

import (
	"context"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"

	"upwind"
	"upwind/raster"
)

// closeBand is how far from a network's threshold a probability is too close to call.
const closeBand = 0.1

// Soil finds bare soil by the class of a network.
func Soil(ctx context.Context, s raster.Scene, name string, r Runner, className string, opt raster.Options, progress func(done, total int)) (raster.Result, error) {
	a, err := AboutOf(name, r)
	if err != nil {
		return raster.Result{}, err
	}
	class := slices.Index(a.Classes, className)
	if class < 0 {
		return raster.Result{}, upwind.Refuse(name, "class_names", fmt.Sprintf("it has no class %q", className), "name one of "+strings.Join(a.Classes, ", ")+" with --class")
	}
	if opt.MinAreaM2 == 0 {
		opt.MinAreaM2 = float64(a.SmallSegment) * a.ResolutionM * a.ResolutionM
	}
	info := s.Info()
	var rows []float32
	return raster.SoilByProbability(ctx, s, opt, fmt.Sprintf("the network %s says %s", name, className), a.Threshold-closeBand, a.Threshold+closeBand, func(add func([]float32) error) error {
		return Probability(ctx, s, r, a, class, func(y, width, step int, p []float32) error {
			for ; len(p) > 0; p, y = p[width:], y+1 {
				rows = slices.Grow(rows[:0], info.Width)[:info.Width]
				for x := range rows {
					rows[x] = p[x/step]
				}
				for range min(step, info.Height-y*step) {
					if err := add(rows); err != nil {
						return err
					}
				}
			}
			return nil
		}, progress)
	})
}

// Probability gives each pixel's probability of a class, strip by strip of whole rows at the network's resolution: rows [y, y+len/width) of a grid whose
// pixels are step pixels of the scene. NaN is no data. A tile without any data is not run.
func Probability(ctx context.Context, s raster.Scene, r Runner, a About, class int, add func(y, width, step int, p []float32) error, progress func(done, total int)) error {
	info := s.Info()
	channels, th, tw, classes := r.Shape()
	roles := []raster.Role{raster.Red, raster.Green, raster.Blue, raster.NIR}
	if channels < 3 || channels > len(roles) || !info.Has(roles[:channels]...) {
		return upwind.Refuse(info.Name, "", fmt.Sprintf("the network takes %d bands, red, green, blue and near infrared in this order", channels), "use a network for the picture's bands")
	}
	if info.Radiometry != raster.Colour {
		return upwind.Refuse(info.Name, "", "networks are run on 8-bit pictures", "convert it to 8 bits as the network's training pictures were")
	}
	if info.GSDM <= 0 {
		return upwind.Refuse(info.Name, "", "the size of its pixels is not known, and the network is made for one", "hand in a map")
	}
	step := max(1, int(math.Round(a.ResolutionM/info.GSDM)))
	if info.GSDM > 2*a.ResolutionM {
		return upwind.Refuse(info.Name, "", fmt.Sprintf("its pixels of %.2f m are too coarse for a network of %.2f m", info.GSDM, a.ResolutionM), "use a finer picture")
	}
	w, h := (info.Width+step-1)/step, (info.Height+step-1)/step
	dy, dx := max(1, int(float64(th)*(1-a.Overlap))), max(1, int(float64(tw)*(1-a.Overlap)))
	g := grid{s: s, roles: roles[:channels], step: step, w: w, h: h}
	// Rows under way: sums of weighted probabilities and of weights.
	sum, weight := make([]float32, w*th), make([]float32, w*th)
	window := blend(th, tw)
	for y := 0; ; y += dy {
		last := y+th >= h
		for x := 0; ; x += dx {
			if err := ctx.Err(); err != nil {
				return err
			}
			in, known, err := g.tile(ctx, x, y, tw, th, a)
			if err != nil {
				return err
			}
			if slices.Contains(known, true) {
				out, err := r.Run(in)
				if err != nil {
					return fmt.Errorf("network: tile at column %d, row %d of %s: %w", x*step, y*step, info.Name, err)
				}
				if len(out) != classes*th*tw {
					return fmt.Errorf("network: it answers %d numbers for %d classes of %d x %d pixels", len(out), classes, tw, th)
				}
				p := shareOf(out, class, classes, th*tw)
				for v := range min(th, h-y) {
					for u := range min(tw, w-x) {
						if k := v*tw + u; known[k] {
							sum[v*w+x+u] += window[k] * p[k]
							weight[v*w+x+u] += window[k]
						}
					}
				}
			}
			if x+tw >= w {
				break
			}
		}
		rows := dy
		if last {
			rows = h - y
		}
		out := make([]float32, rows*w)
		for i := range out {
			out[i] = sum[i] / weight[i] // NaN where no tile knew it
		}
		if err := add(y, w, step, out); err != nil {
			return err
		}
		if progress != nil {
			progress(min(h, y+rows), h)
		}
		if last {
			return nil
		}
		copy(sum, sum[dy*w:])
		copy(weight, weight[dy*w:])
		clear(sum[(th-dy)*w:])
		clear(weight[(th-dy)*w:])
	}
}

// blend are the weights of a tile's pixels: a raised cosine, which falls to a hundredth at its edge.
func blend(h, w int) []float32 {
	side := func(n int) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = 0.01 + 0.99*math.Pow(math.Sin(math.Pi*(float64(i)+0.5)/float64(n)), 2)
		}
		return out
	}
	rows, cols, out := side(h), side(w), make([]float32, 0, h*w)
	for _, a := range rows {
		for _, b := range cols {
			out = append(out, float32(a*b))
		}
	}
	return out
}

// shareOf is the probability of a class from a network's answer: as it is where the classes of each pixel lie in 0..1 and sum to one, else their softmax;
// of one output its own value, or the logistic of it.
func shareOf(out []float32, class, classes, n int) []float32 {
	p := make([]float32, n)
	if classes == 1 {
		scores := slices.Min(out) < 0 || slices.Max(out) > 1
		for i, v := range out {
			if scores {
				v = float32(1 / (1 + math.Exp(-float64(v))))
			}
			if p[i] = v; class == 0 {
				p[i] = 1 - v
			}
		}
		return p
	}
	for i := range n {
		total, top, whole := 0.0, math.Inf(-1), true
		for c := range classes {
			v := float64(out[c*n+i])
			total, top, whole = total+v, math.Max(top, v), whole && v >= 0 && v <= 1
		}
		if whole && math.Abs(total-1) < 1e-3 {
			p[i] = out[class*n+i]
			continue
		}
		sum := 0.0
		for c := range classes {
			sum += math.Exp(float64(out[c*n+i]) - top)
		}
		p[i] = float32(math.Exp(float64(out[class*n+i])-top) / sum)
	}
	return p
}

// grid reads a scene at a coarser resolution.
type grid struct {
	s          raster.Scene
	roles      []raster.Role
	step, w, h int
}

// tile is a tile's input, averaged, divided by 255 and standardised, 0 where there is no data, and where there is.
func (g *grid) tile(ctx context.Context, x, y, tw, th int, a About) (in []float32, known []bool, err error) {
	in, known = make([]float32, len(g.roles)*tw*th), make([]bool, tw*th)
	win := image.Rect(x*g.step, y*g.step, (x+tw)*g.step, (y+th)*g.step).Intersect(g.s.Info().Bounds())
	px, err := g.s.Read(ctx, win, g.roles...)
	if err != nil {
		return nil, nil, err
	}
	for v := range min(th, g.h-y) {
		for u := range min(tw, g.w-x) {
			n, k := 0, v*tw+u
			var sum [4]float64
			for j := v * g.step; j < min((v+1)*g.step, win.Dy()); j++ {
			pixels:
				for i := u * g.step; i < min((u+1)*g.step, win.Dx()); i++ {
					for _, b := range px {
						if f := b[j*win.Dx()+i]; f != f {
							continue pixels
						}
					}
					n++
					for b := range px {
						sum[b] += float64(px[b][j*win.Dx()+i])
					}
				}
			}
			if n == 0 {
				continue
			}
			known[k] = true
			for b := range px {
				in[b*tw*th+k] = float32((sum[b]/float64(n)/255 - a.Mean[b]) / a.Std[b])
			}
		}
	}
	return in, known, nil
}
