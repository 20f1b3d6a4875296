package terrain

import (
	"math"
	"sort"

	"upwind"
)

// ChangedObject is a connected region that rose or fell.
type ChangedObject struct {
	Cells    []int           // of the first grid, ascending, without the rim
	AreaM2   float64         // of these cells
	X, Y     float64         // their middle in file coordinates
	VolumeM3 upwind.Estimate // with the rim; negative for what is lost
	MeanM    float64         // change of height over the cells
	MostM    float64         // greatest, with sign
}

const (
	minObjectCells = 9
	rimCells       = 2 // around a region, where change tapers off below detection
)

// objects finds the regions and their volumes. With cell area A, N cells of deviation s_i, correlation area
// a_c in cells and alignment error r_i
//
//	sigma_V^2 = A^2 sum s_i^2 min(N, a_c) + (A sum r_i)^2
//
// A region is an object when its volume is so many deviations from zero that noise alone would show one such
// region in all of the overlap in one of twenty surveys: there are as many chances as correlation areas.
func (c *Changes) objects(reg []float32, area float64, o ChangeOptions) {
	d := c.Difference
	least := minObjectCells
	if o.MinAreaM2 > 0 {
		least = max(1, int(math.Ceil(o.MinAreaM2/d.CellArea())))
	}
	chances := math.Max(1, float64(c.Compared)/area)
	needed := math.Sqrt2 * math.Erfinv(1-falseAlarmRate/chances)
	label := make([]int32, len(d.Z))
	var noise2, regGain, regLoss, gain, loss, gain2, loss2 float64
	for seed := range d.Z {
		if c.Sign[seed] == 0 || label[seed] != 0 {
			continue
		}
		cells := c.region(seed, label)
		if len(cells) < least {
			continue
		}
		v := c.volume(cells, reg, area)
		if math.Abs(v.sum) < needed*v.sigma() {
			continue
		}
		c.Objects = append(c.Objects, c.object(cells, v))
		if v.sum > 0 {
			gain, gain2, regGain = gain+v.sum, gain2+v.noise2, regGain+v.reg
		} else {
			loss, loss2, regLoss = loss-v.sum, loss2+v.noise2, regLoss+v.reg
		}
		noise2 += v.noise2
	}
	sort.SliceStable(c.Objects, func(i, j int) bool {
		return math.Abs(c.Objects[i].VolumeM3.Value) > math.Abs(c.Objects[j].VolumeM3.Value)
	})
	c.GainedM3 = upwind.NonNegative(gain, math.Sqrt(gain2+regGain*regGain))
	c.LostM3 = upwind.NonNegative(loss, math.Sqrt(loss2+regLoss*regLoss))
	c.NetM3 = upwind.Normal(gain-loss, math.Sqrt(noise2+(regGain+regLoss)*(regGain+regLoss)))
}

// region floods the significant cells of one sign from a seed, over corners as well.
func (c *Changes) region(seed int, label []int32) []int {
	w, h := c.Difference.W, c.Difference.H
	cells := []int{seed}
	label[seed] = 1
	for k := 0; k < len(cells); k++ {
		x, y := cells[k]%w, cells[k]/w
		for Y := max(y-1, 0); Y <= min(y+1, h-1); Y++ {
			for X := max(x-1, 0); X <= min(x+1, w-1); X++ {
				if j := Y*w + X; label[j] == 0 && c.Sign[j] == c.Sign[seed] {
					label[j] = 1
					cells = append(cells, j)
				}
			}
		}
	}
	sort.Ints(cells)
	return cells
}

// volume of a region and its variance, apart for noise and alignment.
type volume struct{ sum, noise2, reg float64 }

func (v volume) sigma() float64 { return math.Sqrt(v.noise2 + v.reg*v.reg) }

func (c *Changes) volume(cells []int, reg []float32, area float64) volume {
	d := c.Difference
	inside := make(map[int]bool, 2*len(cells))
	all := append([]int(nil), cells...)
	for _, i := range cells {
		inside[i] = true
	}
	for _, i := range cells {
		x, y := i%d.W, i/d.W
		for Y := max(y-rimCells, 0); Y <= min(y+rimCells, d.H-1); Y++ {
			for X := max(x-rimCells, 0); X <= min(x+rimCells, d.W-1); X++ {
				// What changed the other way is another region.
				if j := Y*d.W + X; !inside[j] && !isNaN(d.Z[j]) && c.Sign[j] == 0 {
					inside[j] = true
					all = append(all, j)
				}
			}
		}
	}
	var v volume
	for _, i := range all {
		v.sum += float64(d.Z[i])
		v.noise2 += float64(d.Sigma[i]) * float64(d.Sigma[i])
		v.reg += float64(reg[i])
	}
	a := d.CellArea()
	v.sum, v.reg = v.sum*a, v.reg*a
	v.noise2 *= a * a * math.Min(float64(len(all)), area)
	return v
}

func (c *Changes) object(cells []int, v volume) ChangedObject {
	d := c.Difference
	o := ChangedObject{Cells: cells, AreaM2: float64(len(cells)) * d.CellArea(), VolumeM3: upwind.Normal(v.sum, v.sigma())}
	var sx, sy float64
	for _, i := range cells {
		z := float64(d.Z[i])
		o.MeanM += z / float64(len(cells))
		if math.Abs(z) > math.Abs(o.MostM) {
			o.MostM = z
		}
		sx, sy = sx+float64(i%d.W)+0.5, sy+float64(i/d.W)+0.5
	}
	o.X, o.Y = d.Place(sx/float64(len(cells)), sy/float64(len(cells)))
	return o
}
