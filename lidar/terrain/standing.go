package terrain

// A second look at objects. On a slope, a roof that lies below the ground uphill is no narrower than the
// hill, and opening leaves it. Less the trend of the ground it stands out again, but so do the crests of
// terraces. An object stands: the surface falls around most of its rim.
const (
	trendM   = 20  // half-width of the window that smooths the ground, twice, to its trend
	rimSlope = 0.3 // fall over run across the rim
	rimShare = 0.5 // of the rim that falls; what borders on another object does not count
)

// standing adds to the objects what the openings find in the heights less the trend of the ground and what
// stands there.
func standing(filled, ground *layer, object []bool, c float64, o Options) []bool {
	rest := ground.clone()
	half := max(1, int(trendM/c))
	for range 2 {
		rest.smooth(half, o.Threads)
	}
	for i, v := range filled.z {
		rest.z[i] = v - rest.z[i]
	}
	found := opened(rest, c, trendThinning, o)
	next := append([]bool(nil), object...)
	seen := make([]bool, len(found))
	var region []int
	for i := range found {
		if found[i] && !object[i] && !seen[i] {
			var share float64
			region, share = filled.rim(i, found, object, seen, region[:0], float32(rimSlope*c))
			if share >= rimShare {
				for _, j := range region {
					next[j] = true
				}
			}
		}
	}
	return next
}

// rim floods the found cells around seed that are no objects yet and returns them with the share of their rim
// across which the layer falls by more than fall.
func (l *layer) rim(seed int, found, object, seen []bool, region []int, fall float32) ([]int, float64) {
	region = append(region, seed)
	seen[seed] = true
	falls, all := 0, 0
	for k := 0; k < len(region); k++ {
		i := region[k]
		x, y := i%l.w, i/l.w
		for _, d := range [4][2]int{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			X, Y := x+d[0], y+d[1]
			if X < 0 || Y < 0 || X >= l.w || Y >= l.h {
				continue
			}
			switch j := Y*l.w + X; {
			case object[j]:
			case !found[j]:
				all++
				falls += bit(l.z[i]-l.z[j] > fall)
			case !seen[j]:
				seen[j] = true
				region = append(region, j)
			}
		}
	}
	if all == 0 {
		return region, 1
	}
	return region, float64(falls) / float64(all)
}

// smooth takes the mean over 2k+1 by 2k+1 cells, as far as they lie inside.
func (l *layer) smooth(k, threads int) {
	each(l.h, threads, func() func(y int) {
		sum := make([]float64, l.w+1)
		return func(y int) {
			row := l.z[y*l.w : (y+1)*l.w]
			for x, v := range row {
				sum[x+1] = sum[x] + float64(v)
			}
			for x := range row {
				a, b := max(x-k, 0), min(x+k+1, l.w)
				row[x] = float32((sum[b] - sum[a]) / float64(b-a))
			}
		}
	})
	strips := (l.w + lanes - 1) / lanes
	each(strips, threads, func() func(s int) {
		sum := make([]float64, (l.h+1)*lanes)
		return func(s int) {
			x0, x1 := s*lanes, min((s+1)*lanes, l.w)
			for y := range l.h {
				for x := x0; x < x1; x++ {
					sum[(y+1)*lanes+x-x0] = sum[y*lanes+x-x0] + float64(l.z[y*l.w+x])
				}
			}
			for y := range l.h {
				a, b := max(y-k, 0), min(y+k+1, l.h)
				for x := x0; x < x1; x++ {
					l.z[y*l.w+x] = float32((sum[b*lanes+x-x0] - sum[a*lanes+x-x0]) / float64(b-a))
				}
			}
		}
	})
}
