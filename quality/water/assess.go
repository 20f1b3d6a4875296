package water

import (
	"math"
	"slices"
)

// Options say what else is known of a water.
type Options struct {
	Lake   bool     // limits of lakes and reservoirs: of phosphorus their own, and total nitrogen counts
	TempC  *float64 // water temperature; where it is known class I of oxygen is also kept by 90 % of saturation
	Target Class    // class that the water is to keep; 0 where none is set
}

// Factor is what one factor says.
type Factor struct {
	Species string  `json:"species"`
	Value   float64 `json:"value"` // mg/L, coliforms 1/L
	Class   Class   `json:"class"`
	// Of a factor that does not keep the target class: the limit, and how far beyond it the value lies in its unit. Times is the excess over the
	// limit as a multiple of it; pH and oxygen have none (Huanban [2011] No. 22).
	Exceeds bool     `json:"exceeds,omitempty"`
	Limit   float64  `json:"limit,omitempty"`
	Beyond  float64  `json:"beyond,omitempty"`
	Times   *float64 `json:"times,omitempty"`
}

// Assessment is what the factors of one water say together.
type Assessment struct {
	Class     Class    `json:"class"` // 0: nothing that counts was measured
	Target    Class    `json:"target,omitempty"`
	Deciding  []string `json:"deciding,omitempty"`  // the factors that have the class; none in class I, where all do
	Exceeding []Factor `json:"exceeding,omitempty"` // those beyond the target class, by times, worst first
	Factors   []Factor `json:"factors"`             // that count, in the order of the table
	Beside    []Factor `json:"beside,omitempty"`    // with a class of their own that does not count: nitrogen and coliforms
}

// Counts reports whether a factor has a say in the class of a river, or of a lake.
func Counts(species string, lake bool) bool {
	return rowOf(species) != nil && species != Coliform && (species != TN || lake)
}

// Assess is the class of a water from the values of one time, or their means over a week or month, by species in the table's units
// ([Value]): the class of the worst factor. Species that the table does not have are left out.
func Assess(values map[string]float64, opt Options) Assessment {
	a := Assessment{Target: opt.Target}
	for i := range table {
		r := &table[i]
		v, ok := values[r.species]
		if !ok || math.IsNaN(v) {
			continue
		}
		f := judge(r, v, opt)
		if !Counts(r.species, opt.Lake) {
			f.Exceeds, f.Limit, f.Beyond, f.Times = false, 0, 0, nil
			a.Beside = append(a.Beside, f)
			continue
		}
		a.Factors = append(a.Factors, f)
		a.Class = max(a.Class, f.Class)
		if f.Exceeds {
			a.Exceeding = append(a.Exceeding, f)
		}
	}
	for _, f := range a.Factors {
		if f.Class == a.Class && a.Class > I {
			a.Deciding = append(a.Deciding, f.Species)
		}
	}
	slices.SortStableFunc(a.Exceeding, func(x, y Factor) int {
		switch tx, ty := times(x), times(y); {
		case tx > ty:
			return -1
		case tx < ty:
			return 1
		}
		return 0
	})
	return a
}

// times orders exceeding factors; pH and oxygen, which have none, come first.
func times(f Factor) float64 {
	if f.Times == nil {
		return math.Inf(1)
	}
	return *f.Times
}

func judge(r *row, v float64, opt Options) Factor {
	f := Factor{Species: r.species, Value: v, Class: classOf(r, v, opt)}
	if opt.Target < I || opt.Target > V || f.Class <= opt.Target {
		return f
	}
	limits := r.of(opt.Lake)
	f.Exceeds = true
	switch f.Limit = limits[opt.Target-1]; r.species {
	case PH:
		if f.Limit = phHigh; v < phLow {
			f.Limit = phLow
		}
		f.Beyond = math.Abs(v - f.Limit)
	case DO:
		f.Beyond = f.Limit - v
	default:
		f.Beyond = v - f.Limit
		t := f.Beyond / f.Limit
		f.Times = &t
	}
	return f
}

// classOf is the best class that a value keeps; the limit itself keeps it.
func classOf(r *row, v float64, opt Options) Class {
	switch r.species {
	case PH:
		if v >= phLow && v <= phHigh {
			return I
		}
		return WorseThanV
	case DO:
		if opt.TempC != nil && *opt.TempC >= 0 && v >= saturated*Saturation(*opt.TempC) {
			return I
		}
		for i, limit := range r.limits {
			if v >= limit {
				return Class(i + 1)
			}
		}
		return WorseThanV
	}
	for i, limit := range r.of(opt.Lake) {
		if v <= limit {
			return Class(i + 1)
		}
	}
	return WorseThanV
}

// Keeps reports whether a value of a factor keeps a class, and the limit that it is held to (of pH the one that it is nearer to). ok is false
// for what has no say: an unknown factor or class, or one that counts for no river.
func Keeps(species string, v float64, class Class, opt Options) (keeps bool, limit float64, ok bool) {
	r := rowOf(species)
	if r == nil || !Counts(species, opt.Lake) || class < I || class > V || math.IsNaN(v) {
		return false, 0, false
	}
	limit = r.of(opt.Lake)[class-1]
	if species == PH {
		if limit = phHigh; v < (phLow+phHigh)/2 {
			limit = phLow
		}
	}
	return classOf(r, v, opt) <= class, limit, true
}
