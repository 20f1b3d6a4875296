package raster

import (
	"context"
	"fmt"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"upwind"
	"upwind/raster/forest"
)

// A class between these calibrated probabilities is too close to call.
const modelNo, modelYes = 0.4, 0.6

// BandNames are what a file calls its bands, and "band 1" and so on where it does not.
func BandNames(si SourceInfo) []string {
	out := make([]string, len(si.Bands))
	for i, b := range si.Bands {
		if out[i] = b.Description; out[i] == "" {
			out[i] = fmt.Sprintf("band %d", i+1)
		}
	}
	return out
}

// classifyByModel gives the rows of one class of a model over a picture to add, from the picture's bands as they are. The bands must be those that the
// model learnt, by name and order.
func classifyByModel(ctx context.Context, src Source, m *forest.Model, class int, add func(rows []uint8) error, progress func(done, total int)) error {
	si := src.Info()
	if len(si.Bands) != m.Features {
		return upwind.Refuse(si.Name, "", fmt.Sprintf("it has %d bands, the model learnt from %d", len(si.Bands), m.Features), "use a model of this sensor")
	}
	for i, name := range BandNames(si) {
		if want := m.About.Features[i]; name != want {
			return upwind.Refuse(si.Name, "", fmt.Sprintf("its band %d is called %q, the model learnt %q there", i+1, name, want), "use a model of this sensor, or name the bands")
		}
	}
	of := func(out []uint8, px [][]float32) { classify(out, px, m, class) }
	return bandsOf(src).classes(ctx, 0, progress, nil, of, add)
}

// classify sets the classes of pixels; each goroutine has its own stretch, so their number makes no difference.
func classify(out []uint8, px [][]float32, m *forest.Model, class int) {
	var g errgroup.Group
	workers := runtime.GOMAXPROCS(0)
	for k := range workers {
		lo, hi := len(out)*k/workers, len(out)*(k+1)/workers
		g.Go(func() error {
			x, p := make([]float32, m.Features), make([]float64, m.Classes)
			for i := lo; i < hi; i++ {
				known := false
				for b := range x {
					x[b] = px[b][i]
					known = known || x[b] == x[b]
				}
				if !known {
					out[i] = MaskAbstain
					continue
				}
				m.Predict(p, x)
				switch q := m.Probability(p, class); {
				case q >= modelYes:
					out[i] = MaskYes
				case q > modelNo:
					out[i] = maskClose
				default:
					out[i] = MaskNo
				}
			}
			return nil
		})
	}
	_ = g.Wait() // no goroutine fails
}

// modelPrior is the probability of an object that a model found, before its size: a judgement, because how well a model does on other ground
// than that of its labels is not known.
const modelPrior = 0.6

// SoilByModel finds bare soil with a model: objects as of the other detectors of bare soil, their holes filled, specks and roads taken out.
func SoilByModel(ctx context.Context, s Scene, src Source, m *forest.Model, class int, opt Options, progress func(done, total int)) (Result, error) {
	search := newSoilSearch(s, opt, soilSkill{detector: "model", prior: modelPrior,
		reason: fmt.Sprintf("a forest of %d trees, learnt from %d polygons, says %s", m.Trees(), m.About.Groups[class], m.About.Classes[class])})
	if err := classifyByModel(ctx, src, m, class, search.add, progress); err != nil {
		return Result{}, err
	}
	return search.finish(ctx)
}

// SoilByProbability finds bare soil where some other means gives each pixel a probability: objects as of the other detectors of bare soil. tell hands
// whole rows of the scene to add, NaN where there is no data; between no and yes a pixel is too close to call.
func SoilByProbability(ctx context.Context, s Scene, opt Options, reason string, no, yes float64, tell func(add func(rows []float32) error) error) (Result, error) {
	search := newSoilSearch(s, opt, soilSkill{detector: "network", prior: modelPrior, reason: reason})
	var classes []uint8
	err := tell(func(rows []float32) error {
		classes = slices.Grow(classes[:0], len(rows))[:len(rows)]
		for i, p := range rows {
			switch q := float64(p); {
			case q != q:
				classes[i] = MaskAbstain
			case q >= yes:
				classes[i] = MaskYes
			case q > no:
				classes[i] = maskClose
			default:
				classes[i] = MaskNo
			}
		}
		return search.add(classes)
	})
	if err != nil {
		return Result{}, err
	}
	return search.finish(ctx)
}
