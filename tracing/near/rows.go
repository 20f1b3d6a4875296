package near

import (
	"math"
	"sort"

	"upwind/tracing/invert"
)

// row is the mean of one sensor over one block.
type row struct {
	sensor, slot int
	y            float64 // g/m3
	low          float64 // lowest reading in it
	n            int     // readings in it
	seconds      float64 // covered
	sigma        float64 // stated 1-sigma of the mean, 0 where unknown
	inEvent      bool
}

// sensor is an instrument at one place; its path is sampled at points.
type sensor struct {
	points []invert.Spot
}

// network is the readings, averaged to what the model resolves.
type network struct {
	rows    []row // by slot, then sensor
	sensors []sensor
	blockS  float64
	t0      float64
	slots   int
	dropped int
}

func (n *network) start(slot int) float64 { return n.t0 + float64(slot)*n.blockS }

// blockSteps are the lengths tried, s: the shortest that keeps the rows few.
var blockSteps = []float64{120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, 43200, 86400}

// newNetwork averages the readings over blocks. A mean counts where at least half of the block is covered.
func newNetwork(p *Problem, warmUpS float64) *network {
	n := &network{}
	ids := map[int]int{}
	var used []invert.Reading
	for _, r := range p.Readings {
		if !usable(r) {
			n.dropped++
			continue
		}
		if r.Start < p.From-warmUpS || r.Start >= p.To {
			continue
		}
		used = append(used, r)
	}
	sort.SliceStable(used, func(i, j int) bool { return less(used[i], used[j]) })
	durations := make([]float64, len(used))
	for i, r := range used {
		if _, ok := ids[r.Sensor]; !ok {
			ids[r.Sensor] = 0
		}
		durations[i] = r.End - r.Start
	}
	order := make([]int, 0, len(ids))
	for id := range ids {
		order = append(order, id)
	}
	sort.Ints(order)
	for k, id := range order {
		ids[id] = k
	}
	n.sensors = make([]sensor, len(order))
	n.blockS = blockLength(p, durations, len(order))
	lead := math.Ceil(warmUpS/n.blockS) * n.blockS
	n.t0 = p.From - lead
	n.slots = int(math.Ceil((p.To - n.t0) / n.blockS))
	n.fill(p, used, ids)
	return n
}

// blockLength is the stated length, else the shortest step that holds a reading and leaves few enough rows.
func blockLength(p *Problem, durations []float64, sensors int) float64 {
	if p.Options.BlockS > 0 {
		return p.Options.BlockS
	}
	least := quantile(durations, 0.5)
	for _, b := range blockSteps {
		if b >= least*0.99 && b >= blockSteps[defaultBlock] && (p.To-p.From)/b*float64(sensors) <= maxRows {
			return b
		}
	}
	return blockSteps[len(blockSteps)-1]
}

const defaultBlock = 2 // index of the shortest block taken without being asked

func less(a, b invert.Reading) bool {
	if a.Start != b.Start {
		return a.Start < b.Start
	}
	if a.Sensor != b.Sensor {
		return a.Sensor < b.Sensor
	}
	if a.End != b.End {
		return a.End < b.End
	}
	return a.Value < b.Value
}

func (n *network) fill(p *Problem, used []invert.Reading, ids map[int]int) {
	index := make([]int, n.slots*len(n.sensors))
	for i := range index {
		index[i] = -1
	}
	placed := make([]bool, len(n.sensors))
	for _, r := range used {
		s := ids[r.Sensor]
		slot := int(math.Floor(((r.Start+r.End)/2 - n.t0) / n.blockS))
		if slot < 0 || slot >= n.slots {
			continue
		}
		if !placed[s] {
			placed[s] = true
			n.sensors[s] = newSensor(r)
		}
		at := slot*len(n.sensors) + s
		if index[at] < 0 {
			index[at] = len(n.rows)
			n.rows = append(n.rows, row{sensor: s, slot: slot, low: r.Value, inEvent: n.start(slot)+n.blockS/2 >= p.From})
		}
		w := &n.rows[index[at]]
		w.y += r.Value
		w.low = min(w.low, r.Value)
		w.sigma += r.Sigma * r.Sigma
		w.seconds += r.End - r.Start
		w.n++
	}
	kept := n.rows[:0]
	for _, w := range n.rows {
		if w.seconds < n.blockS/2 && w.seconds < p.To-p.From {
			continue
		}
		w.y /= float64(w.n)
		w.sigma = math.Sqrt(w.sigma) / float64(w.n)
		kept = append(kept, w)
	}
	n.rows = kept
	sort.SliceStable(n.rows, func(i, j int) bool {
		a, b := n.rows[i], n.rows[j]
		return a.slot < b.slot || a.slot == b.slot && a.sensor < b.sensor
	})
}

// pathPoints sample a path: one every 2 m, 64 at most.
const (
	pathStepM  = 2.0
	pathPoints = 64
)

func newSensor(r invert.Reading) sensor {
	if r.To == nil {
		return sensor{points: []invert.Spot{r.At}}
	}
	n := int(min(max(math.Ceil(r.At.To(r.To.Point)/pathStepM), 2), pathPoints))
	s := sensor{points: make([]invert.Spot, n)}
	for i := range s.points {
		f := (float64(i) + 0.5) / float64(n)
		s.points[i].X = r.At.X + f*(r.To.X-r.At.X)
		s.points[i].Y = r.At.Y + f*(r.To.Y-r.At.Y)
		s.points[i].HeightM = r.At.HeightM + f*(r.To.HeightM-r.At.HeightM)
	}
	return s
}

// quantile is the p-quantile with linear interpolation; v is left as it is.
func quantile(v []float64, p float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := append([]float64(nil), v...)
	sort.Float64s(s)
	f := p * float64(len(s)-1)
	i := int(f)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (f-float64(i))*(s[i+1]-s[i])
}
