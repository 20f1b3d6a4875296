package season

import (
	"fmt"
	"math"

	"upwind"
)

// CPFOptions steer [NewCPF]. The zero value of each field means its default.
type CPFOptions struct {
	Quantile  float64 // of all readings, whose value is the threshold; default 0.75
	Threshold float64 // the threshold itself, instead of a quantile
	SectorDeg float64 // width; default 10, or 22.5 where the wind is written in 16 points
	SpeedMS   float64 // width of a class of speed; default 1
	CalmMS    float64 // at or below this the wind has no direction; default 0: only speed 0 is calm
	Least     int     // readings that a sector, or a sector at a speed, needs; default 10
	Bootstrap Bootstrap
}

const (
	defaultQuantile = 0.75
	defaultSector   = 10.0
	pointsSector    = 22.5 // of the 16-point rose
	defaultLeast    = 10
	maxSpeedClass   = 40
)

// Sector is one sector of directions, or one at one class of speed.
type Sector struct {
	FromDeg float64          // middle
	SpeedMS float64          // middle of the class; 0 when speeds are together
	N, M    int              // readings, and those of them at or above the threshold
	P       *upwind.Estimate // M / N; nil with too few readings
	Mean    float64          // of the readings
}

// CPF is the conditional probability function of one station and species.
type CPF struct {
	Threshold  float64
	SectorDeg  float64
	SpeedMS    float64
	Sectors    []Sector // by direction, from north on
	Polar      []Sector // by direction, then speed; with Least readings only
	Calm       Sector   // the calms
	All        Sector
	Peak       int // index of the sector with the highest P; -1 without any
	Speeds     int // classes of speed
	Notes      []string
	PeakShare  float64 // of the resamples in which the peak is the same sector or one beside it
	minSamples int
}

// NewCPF counts the samples that have wind.
func NewCPF(samples []Sample, opt CPFOptions) (*CPF, error) {
	var with []Sample
	var values, times []float64
	for _, s := range samples {
		if s.Wind && finite(s.Value, s.U, s.V) {
			with = append(with, s)
			values, times = append(values, s.Value), append(times, s.Unix)
		}
	}
	if len(with) == 0 {
		return nil, upwind.Refuse("season", "", "no reading has wind at its time", "hand in wind of the same time; are both in UTC?")
	}
	c := &CPF{Threshold: opt.Threshold, SectorDeg: opt.SectorDeg, SpeedMS: opt.SpeedMS, Peak: -1, minSamples: opt.Least}
	if !(opt.Quantile > 0 && opt.Quantile < 1) {
		opt.Quantile = defaultQuantile
	}
	if c.Threshold == 0 {
		c.Threshold = Quantile(values, opt.Quantile)
	}
	if c.minSamples <= 0 {
		c.minSamples = defaultLeast
	}
	if !(c.SpeedMS > 0) {
		c.SpeedMS = 1
	}
	if err := c.settleSectors(with, opt.CalmMS); err != nil {
		return nil, err
	}
	opt.Bootstrap = opt.Bootstrap.withDefaults()
	c.count(with, times, opt)
	return c, nil
}

// settleSectors finds the width; sectors that do not fit a 16-point rose would show its gaps as clean air.
func (c *CPF) settleSectors(with []Sample, calm float64) error {
	points := true
	for _, s := range with {
		if speed, from := s.SpeedFrom(); speed > calm {
			points = points && math.Abs(math.Remainder(from, pointsSector)) < 0.05
		}
	}
	switch {
	case c.SectorDeg == 0 && points:
		c.SectorDeg = pointsSector
		c.Notes = append(c.Notes, "the wind is written in 16 points: sectors of 22.5 degrees")
	case c.SectorDeg == 0:
		c.SectorDeg = defaultSector
	case points && math.Abs(math.Remainder(c.SectorDeg, pointsSector)) > 1e-9:
		return upwind.Refuse("season", "", fmt.Sprintf("the wind is written in 16 points, and sectors of %g degrees would be empty or double", c.SectorDeg), "ask for sectors of 22.5 or 45 degrees")
	}
	if n := 360 / c.SectorDeg; !(c.SectorDeg >= 1 && c.SectorDeg <= 90) || math.Abs(n-math.Round(n)) > 1e-9 {
		return upwind.Refuse("season", "", fmt.Sprintf("sectors of %g degrees do not fill the circle", c.SectorDeg), "ask for 5, 10, 15, 20, 22.5, 30 or 45 degrees")
	}
	return nil
}

// tie is what a direction may lose on its way through u and v, in sectors.
const tie = 1e-9

// sectorOf is the sector whose middle is nearest; on the border between two the higher one.
func (c *CPF) sectorOf(fromDeg float64) int {
	n := int(math.Round(360 / c.SectorDeg))
	return int(math.Floor(fromDeg/c.SectorDeg+0.5+tie)) % n
}

type tally struct{ n, m []int32 }

// count fills the tables and their intervals.
func (c *CPF) count(with []Sample, times []float64, opt CPFOptions) {
	n := int(math.Round(360 / c.SectorDeg))
	for _, s := range with {
		speed := math.Hypot(s.U, s.V)
		c.Speeds = max(c.Speeds, min(int(speed/c.SpeedMS)+1, maxSpeedClass))
	}
	block, blocks := opt.Bootstrap.blocks(times)
	slots := n * (c.Speeds + 1) // the last class holds all speeds together
	by := make([]tally, blocks)
	for i := range by {
		by[i] = tally{make([]int32, slots), make([]int32, slots)}
	}
	sum := make([]float64, slots)
	for i, s := range with {
		speed, from := s.SpeedFrom()
		bad := int32(0)
		if s.Value >= c.Threshold {
			bad = 1
		}
		c.All.N, c.All.M, c.All.Mean = c.All.N+1, c.All.M+int(bad), c.All.Mean+s.Value
		if speed <= opt.CalmMS {
			c.Calm.N, c.Calm.M, c.Calm.Mean = c.Calm.N+1, c.Calm.M+int(bad), c.Calm.Mean+s.Value
			continue
		}
		k := c.sectorOf(from)
		for _, slot := range []int{k*(c.Speeds+1) + min(int(speed/c.SpeedMS), maxSpeedClass-1), k*(c.Speeds+1) + c.Speeds} {
			by[block[i]].n[slot]++
			by[block[i]].m[slot] += bad
			sum[slot] += s.Value
		}
	}
	c.All.Mean /= float64(max(c.All.N, 1))
	c.Calm.Mean /= float64(max(c.Calm.N, 1))
	c.intervals(by, sum, n, opt.Bootstrap)
}

func (c *CPF) intervals(by []tally, sum []float64, n int, b Bootstrap) {
	slots := n * (c.Speeds + 1)
	total, inBlocks := tally{make([]int32, slots), make([]int32, slots)}, make([]int, slots)
	for _, t := range by {
		for i := range slots {
			if t.n[i] > 0 {
				inBlocks[i]++
			}
			total.n[i] += t.n[i]
			total.m[i] += t.m[i]
		}
	}
	kept := []int{}
	for i, k := range total.n {
		if int(k) >= c.minSamples {
			kept = append(kept, i)
		}
	}
	draws, peaks := c.resample(by, kept, b)
	for i := range slots {
		s := c.sector(i, total, sum)
		if s.N >= c.minSamples {
			e := share(float64(s.M), float64(s.N), inBlocks[i], draws[i])
			s.P = &e
		}
		switch class := i % (c.Speeds + 1); {
		case class == c.Speeds:
			c.Sectors = append(c.Sectors, s)
			if s.P != nil && (c.Peak < 0 || s.P.Value > c.Sectors[c.Peak].P.Value) {
				c.Peak = i / (c.Speeds + 1)
			}
		case s.P != nil:
			s.SpeedMS = (float64(class) + 0.5) * c.SpeedMS
			c.Polar = append(c.Polar, s)
		}
	}
	for _, p := range peaks {
		if d := min((p-c.Peak+n)%n, (c.Peak-p+n)%n); c.Peak >= 0 && d <= 1 {
			c.PeakShare += 1 / float64(len(peaks))
		}
	}
}

func (c *CPF) sector(slot int, total tally, sum []float64) Sector {
	s := Sector{FromDeg: float64(slot/(c.Speeds+1)) * c.SectorDeg, N: int(total.n[slot]), M: int(total.m[slot])}
	if s.N > 0 {
		s.Mean = sum[slot] / float64(s.N)
	}
	return s
}

// resample draws the shares of the slots kept, and the sector with the highest one.
func (c *CPF) resample(by []tally, kept []int, b Bootstrap) (draws [][]float64, peaks []int) {
	draws = make([][]float64, len(by[0].n))
	b.draw(len(by), func(times []int) {
		top, peak := -1.0, -1
		for _, i := range kept {
			nn, mm := 0, 0
			for k, t := range times {
				nn += t * int(by[k].n[i])
				mm += t * int(by[k].m[i])
			}
			if nn == 0 {
				continue
			}
			p := float64(mm) / float64(nn)
			draws[i] = append(draws[i], p)
			if i%(c.Speeds+1) == c.Speeds && p > top {
				top, peak = p, i/(c.Speeds+1)
			}
		}
		peaks = append(peaks, peak)
	})
	return draws, peaks
}
