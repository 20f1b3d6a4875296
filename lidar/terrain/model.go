package terrain

import "math"

// Model is the ground of a survey: which points lie on it, and its surface.
type Model struct {
	Frame  Frame
	Report Report

	bits [][]uint64 // a bit a point, per file
	z    []float32  // height of the ground in m, filled; empty without ground
	err  []float32  // its standard deviation in m; negative where the cell holds no ground point
}

// Report says what was read and used, in words where something is unusual.
type Report struct {
	Files      int      `json:"files"`
	Points     int64    `json:"points"`
	Ground     int64    `json:"ground"`
	Early      int64    `json:"early_returns"`     // never ground
	Dropped    int64    `json:"dropped"`           // noise classes, withheld, outside the extent
	Cells      int      `json:"cells"`             // of the survey's grid
	Known      int      `json:"cells_with_points"` // that hold a usable point
	GroundCell int      `json:"cells_with_ground"` // that hold a ground point
	CellM      float64  `json:"cell_m"`            //
	SpacingM   float64  `json:"spacing_m"`         // mean distance of lowest points
	Blocks     int      `json:"blocks"`            // the survey was worked in
	WidestGapM float64  `json:"widest_gap_m"`      // from a cell to the nearest ground
	Notes      []string `json:"notes,omitempty"`
}

// IsGround reports whether point i of a file, in file order, lies on the ground.
func (m *Model) IsGround(file int, i int64) bool {
	return m.bits[file][i>>6]>>(i&63)&1 != 0
}

// SurfaceOptions of [Model.DTM] and [DSM].
type SurfaceOptions struct {
	// ReachM is how far in m from the nearest measured cell a surface is carried; beyond, cells are void. 0
	// means 50 for the ground, under the largest halls, and 3 for the surface; negative means no limit.
	ReachM float64
	// SpikeM is how far a single highest return may stand above all others in and around its cell in a DSM
	// before the next one is taken: 5 m; birds and multipath.
	SpikeM float64
}

const (
	dtmReachM = 50
	dsmReachM = 3
	spikeM    = 5
)

// DTM is the surface of the ground: the mean of the ground points of a cell, moved to its centre along the
// slope, and between them the harmonic surface. Sigma grows with the distance to measured ground.
func (m *Model) DTM(o SurfaceOptions) *Grid {
	if o.ReachM == 0 {
		o.ReachM = dtmReachM
	}
	g := NewGrid(m.Frame)
	g.Sigma = make([]float32, len(g.Z))
	known := make([]bool, len(g.Z))
	for i, e := range m.err {
		known[i] = e >= 0
	}
	gap := distances(known, m.Frame.W, m.Frame.H)
	for i := range g.Sigma {
		g.Sigma[i] = nan32
		d := float64(gap[i]) * m.Frame.CellM
		if m.z == nil || isNaN(m.z[i]) || o.ReachM > 0 && d > o.ReachM {
			continue
		}
		g.Z[i], g.Sigma[i] = m.z[i], float32(math.Abs(float64(m.err[i])))
	}
	return g
}

// distances is the Euclidean distance in cells from each cell's centre to the nearest known one, exact
// (Felzenszwalb and Huttenlocher 2012); +Inf when none is known.
func distances(known []bool, w, h int) []float32 {
	d := make([]float32, len(known))
	inf := float32(math.MaxFloat32)
	for x := range w { // down and up the columns
		run := inf
		for y := range h {
			if i := y*w + x; known[i] {
				run = 0
			} else if run < inf {
				run++
			}
			d[y*w+x] = run
		}
		run = inf
		for y := h - 1; y >= 0; y-- {
			if i := y*w + x; known[i] {
				run = 0
			} else if run < inf {
				run++
			}
			d[y*w+x] = min(d[y*w+x], run)
		}
	}
	v, cut := make([]int, w), make([]float64, w+1)
	f := make([]float64, w)
	for y := range h {
		row := d[y*w : (y+1)*w]
		n := 0 // parabolas of the lower envelope
		for x, r := range row {
			if r == inf {
				continue
			}
			f[x] = float64(r) * float64(r)
			for n > 0 {
				p := v[n-1]
				s := (f[x] + float64(x*x) - f[p] - float64(p*p)) / float64(2*(x-p))
				if s > cut[n-1] {
					cut[n] = s
					break
				}
				n--
			}
			if n == 0 {
				cut[0] = math.Inf(-1)
			}
			v[n] = x
			n++
		}
		if n == 0 {
			for x := range row {
				row[x] = inf32
			}
			continue
		}
		k := 0
		for x := range row {
			for k < n-1 && cut[k+1] < float64(x) {
				k++
			}
			dx := float64(x - v[k])
			row[x] = float32(math.Sqrt(dx*dx + f[v[k]]))
		}
	}
	return d
}
