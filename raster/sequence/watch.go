package sequence

import (
	"fmt"
	"image"
	"math"

	"github.com/paulmach/orb"

	"upwind"
	"upwind/raster/region"
)

const (
	memory      = 7    // frames of the background
	sameScene   = 0.7  // share of the windows with structure that must be static for a frame to be judged
	leastCells  = 6    // of a plume
	mostShare   = 0.45 // of the frame: more is fog, or dirt on the lens
	leastBelow  = 2    // cells of a plume below those of the skyline
	patience    = 60   // frames after which what stays in a place becomes background
	groundShare = 0.8  // of the comparisons in which a cell of ground is static
)

// Watcher follows one camera. The zero value is ready.
type Watcher struct {
	size   image.Point
	frames []*frame // of the present light and view, the oldest first
	ground []int    // how often each cell was static
	hidden []int    // for how many frames each cell has been part of a plume
	seen   int      // frames compared
}

// Finding is what a frame shows.
type Finding struct {
	Judged bool   // compared with a background
	Why    string // why not
	Plumes []Plume
}

// Plume is smoke in a frame, in pixels of the picture, y down.
type Plume struct {
	Outline       orb.Polygon
	Origin        orb.Point // where it stands on the ground
	OriginSigmaPx float64
	Opacity       upwind.Estimate // share of the light behind it that it takes away
	Class         string          // light, medium, heavy
	Share         float64         // of the frame
}

// Add judges the next frame.
func (w *Watcher) Add(name string, img image.Image) (Finding, error) {
	size := img.Bounds().Size()
	if size.X < 4*cell || size.Y < 4*cell {
		return Finding{}, upwind.Refuse(name, "", fmt.Sprintf("%d x %d pixels are too few to see smoke", size.X, size.Y), "hand in the camera's own pictures")
	}
	if w.size == (image.Point{}) {
		w.size = size
	}
	if size != w.size {
		return Finding{}, upwind.Refuse(name, "", fmt.Sprintf("it has %d x %d pixels, the frames before it %d x %d", size.X, size.Y, w.size.X, w.size.Y),
			"hand in the pictures of one camera at one setting")
	}
	f := newFrame(img)
	if len(w.frames) == 0 {
		w.begin(f)
		return Finding{Why: "it is the first of its camera"}, nil
	}
	back := median(w.frames)
	dx, dy := f.shift(back)
	f = f.moved(dx, dy)
	cells, across, down, light := compare(f, back)
	if s := staticShare(cells); s < sameScene {
		w.begin(f)
		return Finding{Why: fmt.Sprintf("only %.0f %% of what has structure stayed: another light or another view", 100*s)}, nil
	}
	if w.ground == nil {
		w.ground, w.hidden = make([]int, len(cells)), make([]int, len(cells))
	}
	w.seen++
	for k, c := range cells {
		if c.state == static {
			w.ground[k]++
		}
	}
	out := Finding{Judged: true}
	sky := w.skyline(across, down)
	smoke := make([]bool, len(cells))
	for _, r := range plumes(cells, across, down) {
		if p, ok := plumeOf(r, cells, sky, across, down); ok {
			out.Plumes = append(out.Plumes, p.placed(f.factor, dx, dy))
			r.Each(func(y, x0, x1 int) {
				for x := x0; x < x1; x++ {
					smoke[y*across+x] = true
				}
			})
		}
	}
	f = f.without(w.behind(smoke), back, light, across)
	if w.frames = append(w.frames, f); len(w.frames) > memory {
		w.frames = w.frames[1:]
	}
	return out, nil
}

// behind are the cells of plumes whose background is remembered, and not learnt anew from the frame.
func (w *Watcher) behind(smoke []bool) []bool {
	for k := range smoke {
		if !smoke[k] {
			w.hidden[k] = 0
			continue
		}
		w.hidden[k]++
		smoke[k] = w.hidden[k] <= patience
	}
	return smoke
}

// begin makes a frame the first of a new background. What was ground stays ground.
func (w *Watcher) begin(f *frame) {
	w.frames = append(w.frames[:0], f)
	clear(w.hidden)
}

func staticShare(cells []window) float64 {
	n, all := 0.0, 0.0
	for _, c := range cells {
		switch c.state {
		case static:
			n, all = n+1, all+1
		case changed, veiled:
			all++
		}
	}
	if all == 0 {
		return 0
	}
	return n / all
}

// skyline is, for each column of cells, the row of the highest cell that was static in most of the comparisons; over columns where none was, and
// where a mast or a plume stands out, it is the median of nine columns.
func (w *Watcher) skyline(across, down int) []int {
	top := make([]int, across)
	for i := range top {
		top[i] = down
		for j := range down {
			if float64(w.ground[j*across+i]) >= groundShare*float64(w.seen) {
				top[i] = j
				break
			}
		}
	}
	out := make([]int, across)
	for i := range out {
		out[i] = middle(top[max(0, i-4):min(across, i+5)])
	}
	return out
}

// plumes are the regions of cells that are veiled or changed.
func plumes(cells []window, across, down int) (out []region.Region) {
	l := region.Labeler{Class: 1, Eight: true, Done: func(r region.Region) {
		if r.Pixels >= leastCells {
			out = append(out, r)
		}
	}}
	row := make([]uint8, across)
	for j := range down {
		for i := range row {
			row[i] = 0
			if s := cells[j*across+i].state; s == changed || s == veiled {
				row[i] = 1
			}
		}
		l.Add(region.Runs(nil, row))
	}
	l.Flush()
	return out
}

// plumeOf is the plume that a region of cells is, in cells, where it stands on static ground and reaches below the skyline.
func plumeOf(r region.Region, cells []window, sky []int, across, down int) (Plume, bool) {
	if float64(r.Pixels) > mostShare*float64(len(cells)) {
		return Plume{}, false
	}
	below, foot := 0, []orb.Point{}
	var opacity []float64
	r.Each(func(y, x0, x1 int) {
		for x := x0; x < x1; x++ {
			c := cells[y*across+x]
			a := 1.0 // billows hide what is behind them
			if c.state == veiled {
				a = math.Max(0, math.Min(1, 1-c.kept))
			}
			opacity = append(opacity, a)
			if y > sky[x] {
				below++
			}
			if y+1 < down && cells[(y+1)*across+x].state == static {
				foot = append(foot, orb.Point{float64(x) + 0.5, float64(y) + 1})
			}
		}
	})
	if below < leastBelow || len(foot) == 0 {
		return Plume{}, false
	}
	p := Plume{Outline: region.Simplify(r.Outline()), Share: float64(r.Pixels) / float64(len(cells))}
	p.Origin, p.OriginSigmaPx = lowest(foot)
	m, s := meanOf(opacity)
	p.Opacity = upwind.Estimate{Value: m, Sigma: s, Lo95: math.Max(0, m-1.96*s), Hi95: math.Min(1, m+1.96*s)}
	switch {
	case m < 0.3:
		p.Class = "light"
	case m < 0.7:
		p.Class = "medium"
	default:
		p.Class = "heavy"
	}
	return p, true
}
