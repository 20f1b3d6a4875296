package city

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// fitHaze solves the knots of each slot given its neighbours in time, a few times to and fro.
func (b *background) fitHaze() {
	n, at, w := b.nx*b.ny, b.at, b.w
	roughness, walk := b.priors()
	a, rhs, x := mat.NewSymDense(n, nil), mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	upper, right := a.RawSymmetric(), rhs.RawVector().Data
	var chol mat.Cholesky
	solve := func(k int) {
		a.Zero()
		rhs.Zero()
		b.smoothness(a, rhs, k, roughness, walk)
		for i, y := range b.t.slots[k].y {
			wt := b.weight[k][i]
			if wt == 0 {
				continue
			}
			g := 1 + b.own[i][1]
			r := y - b.t.slots[k].mean[i] - b.own[i][0] - b.own[i][2]*b.town[k]
			for p := range 4 {
				right[at[i][p]] += wt * g * w[i][p] * r
				for q := range 4 {
					if at[i][q] >= at[i][p] {
						upper.Data[at[i][p]*upper.Stride+at[i][q]] += wt * g * g * w[i][p] * w[i][q]
					}
				}
			}
		}
		if chol.Factorize(a) && chol.SolveVecTo(x, rhs) == nil {
			copy(b.c[k], x.RawVector().Data)
		}
	}
	for range fieldSweeps {
		for k := range b.c {
			solve(k)
		}
		for k := len(b.c) - 2; k >= 0; k-- {
			solve(k)
		}
	}
}

// priors are the sd of the haze from knot to knot and from slot to slot, ug/m3, as the readings themselves show it.
func (b *background) priors() (roughness, walk float64) {
	var spread, medians []float64
	for _, s := range b.t.slots {
		var v []float64
		for i, y := range s.y {
			if y == y {
				v = append(v, y-s.mean[i])
			}
		}
		if len(v) > 0 {
			spread = append(spread, (quantile(v, 0.84)-quantile(v, 0.16))/2)
			medians = append(medians, quantile(v, 0.5))
		}
	}
	steps := []float64{}
	for i := 1; i < len(medians); i++ {
		steps = append(steps, math.Abs(medians[i]-medians[i-1]))
	}
	floor := b.o.NoiseG * micro
	return max(quantile(spread, 0.5)/2, floor/2), max(1.5*quantile(steps, 0.5), floor/2)
}

func (b *background) smoothness(a *mat.SymDense, rhs *mat.VecDense, k int, roughness, walk float64) {
	tie := func(i, j int, p float64) {
		a.SetSym(i, i, a.At(i, i)+p)
		a.SetSym(j, j, a.At(j, j)+p)
		a.SetSym(min(i, j), max(i, j), a.At(i, j)-p)
	}
	p := 1 / (roughness * roughness)
	for j := range b.ny {
		for i := range b.nx {
			m := j*b.nx + i
			if i+1 < b.nx {
				tie(m, m+1, p)
			}
			if j+1 < b.ny {
				tie(m, m+b.nx, p)
			}
		}
	}
	p = 1 / (walk * walk)
	for _, other := range []int{k - 1, k + 1} {
		if other < 0 || other >= len(b.c) {
			continue
		}
		for m, c := range b.c[other] {
			a.SetSym(m, m, a.At(m, m)+p)
			rhs.SetVec(m, rhs.AtVec(m)+p*c)
		}
	}
}
